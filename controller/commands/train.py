"""``cellwright train``: teach a generator from structures or images."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from controller.quantity import duration
from controller.yaml_lines import parse_yaml
from experiments.errors import Invalid

if TYPE_CHECKING:
    from simulators.microstructure.generative.model_file import ModelCard
    from simulators.microstructure.generative.network import VolumeNetwork
    from simulators.microstructure.generative.trainer import Progress
    from simulators.microstructure.generative.training_file import TrainingFile

_INTERRUPTED: Final = 130


@click.group()
def command() -> None:
    """Teach a learned part from data."""


@command.command()
@click.argument("data", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "-o",
    "--output",
    metavar="MODEL.safetensors",
    type=click.Path(path_type=Path),
    help="The model file; checkpoint, events and pictures lie beside it. Default: NAME.safetensors "
    "in the current folder.",
)
@click.option("--threads", type=click.IntRange(1), help="Processor threads. Default: all.")
@click.option("--device", default="auto", show_default=True, help="cpu, cuda, or auto.")
@click.option(
    "--cache",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of structures made once. Default: a folder beside the model file.",
)
@click.option("--minutes", type=float, help="Stop after so long; the same command goes on later.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def generator(
    data: Path,
    output: Path | None,
    threads: int | None,
    device: str,
    cache: Path | None,
    minutes: float | None,
    as_json: bool,
) -> int:
    """Train the generator that DATA describes, or go on where it was interrupted."""
    training = read_training(data)
    output = output or Path(f"{training.name}.safetensors")
    if output.suffix != ".safetensors":
        raise Invalid(f"-o {output}: must end in .safetensors")
    if not output.absolute().parent.is_dir():
        raise Invalid(f"-o {output}: there is no folder {output.parent}")

    from simulators.microstructure.generative.device import prepare
    from simulators.microstructure.generative.training import train_model

    chosen = prepare(device, threads or len(os.sched_getaffinity(0)))
    events = _Events(output.with_suffix(".events.jsonl"))
    ends = None if minutes is None else time.monotonic() + 60.0 * minutes
    stop = _Stop(ends)
    done, card = train_model(
        training,
        data,
        output,
        cache=cache or output.with_suffix(".structures"),
        device=chosen,
        say=lambda text: click.echo(text, err=True),
        report=events.progress,
        on_checkpoint=lambda network, described: events.checkpoint(network, described, output),
        is_stopped=stop,
    )
    document = {
        "model": str(output),
        "name": card.name,
        "steps": done.n_steps,
        "is_done": done.is_done,
        "busy_s": done.busy_s,
        "device": chosen,
    }
    if as_json:
        click.echo(json.dumps(document, indent=2))
    else:
        state = "trained" if done.is_done else "stopped; the same command goes on"
        click.echo(f"{state}: {done.n_steps} steps, {duration(done.busy_s)} busy", err=True)
        click.echo(str(output))
    return _INTERRUPTED if stop.is_interrupted else 0


def read_training(path: Path) -> TrainingFile:
    """Return the checked training file. Raises ``Invalid`` with the line that is wrong."""
    from simulators.microstructure.generative.training_file import parse_training

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{path}: cannot be read: {error}") from error
    document = parse_yaml(text, str(path))
    try:
        return parse_training(document.value, str(path))
    except Invalid as error:
        key = tuple(
            int(part) if part.isdecimal() else part
            for part in str(error.evidence.get("key", "")).split(".")
        )
        raise Invalid(error.message.replace(str(path), document.where(key), 1)) from error


class _Stop:
    """Says when to stop: at a time, or after Ctrl-C, which then ends at the next step."""

    def __init__(self, ends: float | None) -> None:
        self._ends = ends
        self.is_interrupted = False
        signal.signal(signal.SIGINT, self._interrupt)
        signal.signal(signal.SIGTERM, self._interrupt)

    def __call__(self) -> bool:
        return self.is_interrupted or (self._ends is not None and time.monotonic() > self._ends)

    def _interrupt(self, *_: Any) -> None:
        self.is_interrupted = True


class _Events:
    """Progress as JSON lines beside the model, in words on stderr, and in pictures."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def progress(self, progress: Progress) -> None:
        """Write one report."""
        self._write({"event": "training_progress", **vars(progress)})
        losses = " · ".join(f"{name} {value:.4f}" for name, value in progress.losses.items())
        click.echo(
            f"step {progress.step} of {progress.n_steps}: {losses} ({duration(progress.busy_s)})",
            err=True,
        )

    def checkpoint(self, network: VolumeNetwork, card: ModelCard, output: Path) -> None:
        """Draw sections of the training's middle label."""
        from controller.report.sample_pictures import draw_samples

        picture = output.with_suffix(".png")
        picture.write_bytes(draw_samples(network, card))
        step = card.training.n_steps
        self._write({"event": "training_checkpoint", "step": step, "picture": str(picture)})

    def _write(self, event: dict[str, Any]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")
