"""``cellwright trace``: where one observation came from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from controller.cli import chosen_home, home_option
from controller.journal import JournalReader
from controller.label import design_words
from controller.quantity import counted, three
from controller.stored_campaign import read_campaign
from controller.trace import JournalPlace, Trace, find_job, read_trace
from experiments.design import Design


@click.command()
@click.argument("campaign")
@click.argument("observation")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@home_option
@click.pass_context
def command(
    ctx: click.Context, campaign: str, observation: str, as_json: bool, own_home: Path | None
) -> int:
    """Trace OBSERVATION of CAMPAIGN back to where it came from.

    OBSERVATION is best, a job id, or its first digits. Told are design, seed, why it was chosen,
    code, stages and their versions, node and container, files with their hashes, and places in the
    journal.
    """
    stored = read_campaign(chosen_home(ctx, own_home), campaign)
    job_id = find_job(stored.state, observation)
    with JournalReader(stored.home.journal) as journal:
        found = read_trace(stored.state, journal, job_id)
    if as_json:
        click.echo(found.model_dump_json(indent=2))
    else:
        for name, text in _lines(found):
            click.echo(f"{name:<14}{text}")
    return 0


def _lines(found: Trace) -> Iterator[tuple[str, str]]:
    """Yield the trace as words beside values, from the design to the files."""
    yield "job", f"{found.job_id} ({found.purpose} of {found.campaign})"
    level = found.fidelity + (f", kept as {found.source}" if found.source else "")
    why = "taken back by a person" if found.is_retracted else "set aside after an upgrade"
    yield "fidelity", level + (f", {why}" if found.is_set_aside else "")
    yield "design", design_words(Design(values=found.design)) or "the image's"
    yield "seed", str(found.seed)
    if found.candidate is not None:
        yield "chosen", f"{found.candidate.reason}, by {found.decider or 'a decider'}"
        for metric, predicted in found.candidate.predicted.items():
            yield "predicted", f"{metric} {three(predicted.mean)} ± {three(predicted.sd)}"
    yield from _journal_lines(found)
    for stage in found.stages:
        where = f"{stage.node}:{stage.process}" if stage.node else "an unknown worker"
        inside = f" in {stage.container}" if stage.container else ""
        took = "from the cache" if stage.cached else f"{three(stage.elapsed_s)} s"
        yield stage.stage, f"{stage.version}, {took}, {where}{inside}, key {stage.key[:16]}"
    if found.started_at and found.finished_at:
        yield (
            "ran",
            f"{found.started_at} to {found.finished_at}, {three(found.busy_s)} s of workers",
        )
    if found.programs:
        yield "programs", ", ".join(f"{name} {text}" for name, text in found.programs.items())
    for name, file in found.artifacts.items():
        yield "file", f"{name}: sha256 {file.sha256}, {file.size_bytes:,} bytes"
    for text in found.fallbacks:
        yield "fallback", text
    if found.failure is not None:
        yield "failure", f"{found.failure.kind.value}: {found.failure.message}"
    for name, value in found.metrics.items():
        yield "result", f"{name} {'undefined' if value is None else three(value)}"


def _journal_lines(found: Trace) -> Iterator[tuple[str, str]]:
    places: tuple[tuple[str, JournalPlace | None], ...] = (
        ("ranked", found.ranked),
        ("dispatched", found.dispatched),
        ("compute began", found.compute_started),
        ("observed", found.observed),
    )
    for name, place in places:
        if place is not None:
            yield name, f"position {place.position}, {place.at}, hash {place.hash[:16]}"
    if found.n_attempts_lost:
        yield "lost", counted(found.n_attempts_lost, "attempt")
