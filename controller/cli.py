"""The command line: finds the command, runs it, and turns errors into one line and a status."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any, Final

import click

from experiments.errors import CellwrightError, HomeInUse, Invalid, Unreachable

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "doctor": ("doctor", "Check versions, GPU, Ray, SQLite and disk, and say what to do."),
    "run": ("run", "Start or resume a campaign."),
    "status": ("status", "Show the state of a campaign."),
    "pause": ("pause", "Dispatch nothing more in a campaign; what runs finishes."),
    "resume": ("resume", "Lift a campaign's pause."),
    "drain": ("drain", "End a campaign's session once what runs is done."),
    "abort": ("abort", "End a campaign for good; what it found is kept."),
    "retract": ("retract", "Take a wrong result back."),
    "correct": ("correct", "Put one metric of a result right."),
    "priority": ("priority", "Say which share of the workers a campaign may use."),
    "upgrade": ("upgrade", "Say what becomes of results that earlier versions made."),
    "recycle": ("recycle", "Replace a campaign's compute by a fresh one, in good order."),
    "pending": ("pending", "Show what waits for a person's decision, and the builds under way."),
    "approve": ("approve", "Have a proposed build made, exactly as it was shown."),
    "deputy": ("deputy", "Have somebody decide in an approver's stead for a time."),
    "edit": ("edit", "Ask for other values than a proposal's, or try them first."),
    "reject": ("reject", "Have a proposed build not made, with the reason."),
    "withdraw": ("withdraw", "Take an approval back before anything was sent."),
    "settle": ("settle", "Say what became of a build that nobody knows of."),
    "trace": ("trace", "Trace an observation back to where it came from."),
    "report": ("report", "Write the HTML report of a campaign."),
    "export": ("export", "Write a campaign's data as CSV, Parquet and RO-Crate."),
    "archive": ("archive", "Write a whole campaign into one file, for another machine."),
    "import": ("import_", "Take up a campaign that was archived."),
    "backup": ("backup", "Copy the home while its campaigns run."),
    "verify": ("verify", "Check the whole journal and every artifact against their hashes."),
    "repair": ("repair", "Keep what a damaged journal can still prove."),
    "regenerate": ("regenerate", "Make deleted voxels again from their seeds."),
    "characterize": ("characterize", "Measure the effective properties of an image."),
    "generate": ("generate", "Generate a microstructure from a recipe."),
    "train": ("train", "Train a generator from structures or images."),
    "evaluate": ("evaluate", "Take one design through the chain, once."),
    "lab-simulator": ("lab_simulator", "Open the simulated lab as a real HTTP server."),
    "audit": ("audit", "Show who decided what, or how wrong a generator is."),
    "serve": ("serve", "Open the control room: pages and API for this home."),
    "users": ("users", "People, roles and tokens."),
    "track": ("track", "Bring a campaign's MLflow runs up to date, or make them anew."),
    "rehearse": ("rehearse", "Play a campaign on a simulated cluster and clock."),
}
"""Command → module in ``controller.commands`` and its line of help; science loads when called."""

USAGE: Final = 2
FAILED: Final = 3
INTERRUPTED: Final = 130


class HomeFolder(click.Path):
    """A folder by name; no name at all would quietly mean the current one."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse an empty name."""
        if value == "":
            self.fail("needs the name of a folder; found an empty one", param, ctx)
        return super().convert(value, param, ctx)


class _Lazy(click.Group):
    """Import a command's module only when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"controller.commands.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--home",
    type=HomeFolder(path_type=Path, file_okay=False),
    default=None,
    help="Folder of journal, artifacts and MLflow store. Default: $CELLWRIGHT_HOME, "
    "else ./cellwright-home.",
)
@click.version_option(package_name="cellwright", prog_name="cellwright")
@click.pass_context
def cellwright(ctx: click.Context, home: Path | None) -> None:
    """Run a self-driving laboratory for lithium-ion electrodes."""
    ctx.obj = home


def home_option(command: Any) -> Any:
    """Let a command take ``--home`` after its name too."""
    return click.option(
        "--home",
        "own_home",
        type=HomeFolder(path_type=Path, file_okay=False),
        default=None,
        help="Folder of journal, artifacts and MLflow store.",
    )(command)


def chosen_home(ctx: click.Context, own_home: Path | None) -> Path:
    """Return the home asked for: after the command, before it, by environment, or the default."""
    asked = own_home or ctx.find_root().obj or os.environ.get("CELLWRIGHT_HOME")
    return Path(asked or "cellwright-home").absolute()


def _told(error: click.UsageError) -> str:
    """Return click's complaint as the middle of a sentence, on one line."""
    words = " ".join(error.format_message().split()).rstrip(".")
    return words[:1].lower() + words[1:]


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with 0, 2 (input), 3 (failed) or 130 (interrupted)."""
    sys.exit(exit_status(arguments))


def exit_status(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status; messages go to stderr."""
    try:
        result = cellwright.main(args=arguments, standalone_mode=False, prog_name="cellwright")
        return result if isinstance(result, int) else 0
    except click.UsageError as error:
        called = "cellwright" if error.ctx is None else error.ctx.command_path
        click.echo(f"{called}: {_told(error)}; see {called} --help", err=True)
        return USAGE
    except click.ClickException as error:
        error.show(file=sys.stderr)
        return USAGE
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except (Invalid, HomeInUse, Unreachable) as error:
        click.echo(f"cellwright: {error.message}", err=True)
        return USAGE
    except CellwrightError as error:
        click.echo(f"cellwright: {error.message}", err=True)
        return FAILED
    except BrokenPipeError:
        sys.stderr.close()
        return FAILED
    except OSError as error:
        where = "" if error.filename is None else f"{error.filename}: "
        click.echo(f"cellwright: {where}{error.strerror or error}", err=True)
        return FAILED
