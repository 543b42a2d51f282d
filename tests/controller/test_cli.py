"""The command line's statuses: 0 done, 2 input, 3 failed, 130 interrupted."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from controller import cli
from experiments.errors import CellwrightError, HomeInUse, InternalError, Invalid, Unreachable


def _ending_in(error: BaseException) -> click.Command:
    @click.command()
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Invalid("wrong"), 2),
        (HomeInUse("held"), 2),
        (Unreachable("nobody"), 2),
        (InternalError("ours"), 3),
        (CellwrightError("failed"), 3),
        (KeyboardInterrupt(), 130),
    ],
)
def test_errors_become_one_line_and_a_status(
    error: BaseException,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cli.cellwright, "get_command", lambda _ctx, _name: _ending_in(error))
    assert cli.exit_status(["anything"]) == status
    shown = capsys.readouterr()
    assert shown.out == ""
    assert len(shown.err.strip().splitlines()) == 1


@pytest.mark.parametrize("arguments", [["nonsense"], ["--nonsense"], ["doctor", "--nonsense"]])
def test_wrong_usage_is_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.exit_status(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "no such" in line
    assert line.endswith("--help")


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.exit_status(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in cli.COMMANDS)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_exists_and_explains_itself(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.exit_status([name, "--help"]) == 0
    assert len(capsys.readouterr().out) > 50


def test_the_home_is_found_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = click.Context(cli.cellwright)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CELLWRIGHT_HOME", raising=False)
    assert cli.chosen_home(ctx, None) == tmp_path / "cellwright-home"
    monkeypatch.setenv("CELLWRIGHT_HOME", str(tmp_path / "by-environment"))
    assert cli.chosen_home(ctx, None) == tmp_path / "by-environment"
    ctx.obj = tmp_path / "before"
    assert cli.chosen_home(ctx, None) == tmp_path / "before"
    assert cli.chosen_home(ctx, tmp_path / "after") == tmp_path / "after"


@pytest.mark.parametrize("words", [["--home", "", "status"], ["status", "--home", ""]])
def test_a_home_without_a_name_is_refused(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.exit_status(words) == 2
    assert "needs the name of a folder" in capsys.readouterr().err
