"""What a run under siege has to have come to: nothing built twice, nothing lost, nothing wrong."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from controller.proposals import BuildRecord
from controller.state import State
from experiments.observation import Observation
from tests.benchmarks.siege.cells import HARMS, Template
from tests.benchmarks.siege.person import Attendant


@dataclass
class Verdict:
    """One run; every list holds what must not be."""

    n_builds: int = 0
    n_measured: int = 0
    n_given_up: int = 0
    twice: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    bad_rows: list[str] = field(default_factory=list)
    unreasoned: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    quarantines: Counter[str] = field(default_factory=Counter)

    @property
    def is_clean(self) -> bool:
        """Say whether nothing is wrong."""
        return not (self.twice or self.lost or self.bad_rows or self.unreasoned or self.complaints)

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {**vars(self), "quarantines": dict(self.quarantines)}


def verdict_on(
    state: State, folder: Path, templates: dict[str, Template], person: Attendant, harm: str
) -> Verdict:
    """Return what became of a campaign that came to its end."""
    found = Verdict(complaints=list(person.complaints))
    with sqlite3.connect(folder / "lab" / "ledger.sqlite") as book:
        coatings = Counter(one for (one,) in book.execute("SELECT build_id FROM coatings"))
        payloads = Counter(one for (one,) in book.execute("SELECT payload_sha256 FROM coatings"))
    found.twice = [f"{key} ×{n}" for key, n in {**coatings, **payloads}.items() if n > 1]
    found.lost = [f"{one} was never heard of" for one in coatings if one not in state.builds]
    for build in state.builds.values():
        found.n_builds += 1
        is_coated = bool(coatings[build.build.id])
        _judge(found, state, build, templates, person, harm, is_coated=is_coated)
    n_rows = sum(one.job.fidelity == "cell" for one in state.observations.values())
    if n_rows != len(state.builds):
        found.bad_rows.append(f"{n_rows} observations of {len(state.builds)} builds")
    return found


def _judge(
    found: Verdict,
    state: State,
    build: BuildRecord,
    templates: dict[str, Template],
    person: Attendant,
    harm: str,
    *,
    is_coated: bool,
) -> None:
    build_id, digest = build.build.id, build.payload.request.digest
    for intake in build.intakes:
        if intake.outcome != "quarantined":
            continue
        found.quarantines[f"{intake.reason}"] += 1
        expected = HARMS[harm][0] if harm in HARMS else frozenset()
        if intake.reason not in expected or not intake.message or digest not in person.harmed:
            found.unreasoned.append(f"{intake.name}: {intake.reason}: {intake.message}")
    if build_id in person.given_up:
        found.n_given_up += 1
        if build.stage != "failed":
            found.lost.append(f"{build_id} was given up and is {build.stage}")
        return
    if build.stage != "measured" or not is_coated:
        found.lost.append(f"{build_id} is {build.stage}, coated: {is_coated}: {build.reason}")
        return
    found.n_measured += 1
    template = templates[digest]
    cells = {one.cell for one in template.intakes if one.outcome == "accepted"}
    if build_id in person.accepted:
        cells -= {person.harmed[digest]}
    _hold(found, state, build, template, frozenset(cells))


def _hold(
    found: Verdict, state: State, build: BuildRecord, template: Template, cells: frozenset[Any]
) -> None:
    observation: Observation = state.observations[build.job_id]
    truth = template.truth(state, build, cells)
    if dict(observation.metrics) != truth:
        found.bad_rows.append(f"{build.build.id}: {observation.metrics} instead of {truth}")
    if build.n_ok != len(cells):
        found.bad_rows.append(f"{build.build.id}: {build.n_ok} cells instead of {len(cells)}")
