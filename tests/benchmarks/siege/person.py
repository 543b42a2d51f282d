"""The person of a siege: goes into the lab, looks into its book, and says what is the case."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from controller.build_orders import Settle
from controller.home import make_home
from controller.operate import operate
from controller.people.person import Method, Person, Role
from controller.proposals import BuildRecord
from controller.settling import Outcome
from controller.state import State
from experiments.errors import CellwrightError
from tests.benchmarks.siege.cells import Template

PATIENCE = 3
"""How often the lab's book is put right before a build is given up there."""


@dataclass
class Attendant:
    """Settles what only somebody on the spot can."""

    folder: Path
    templates: dict[str, Template]
    dice: Random
    harmed: dict[str, int]
    """Digests of what the lab does wrong → the cell; 0 where it is the coating's measurement."""
    accepted: set[str] = field(default_factory=set)
    """Builds whose result was taken without the harmed cell."""
    given_up: set[str] = field(default_factory=set)
    words: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)
    _restored: Counter[str] = field(default_factory=Counter)
    _mended: set[str] = field(default_factory=set)

    def attend(self, state: State) -> None:
        """See to everything that waits for a person."""
        for build in state.open_builds:
            if not build.needs_person:
                continue
            try:
                if build.stage == "running":
                    self._doubted(state, build)
                else:
                    self._lost(state, build)
            except (CellwrightError, sqlite3.OperationalError) as error:
                self.words[f"again: {type(error).__name__}"] += 1

    def _lost(self, state: State, build: BuildRecord) -> None:
        """Look whether the coating was begun; put the lab's book right where it forgot."""
        build_id = build.build.id
        with self._book() as book:
            coated = book.execute(
                "SELECT count(*) FROM coatings WHERE build_id = ?", (build_id,)
            ).fetchone()[0]
            if not coated:
                self._say(state, build_id, "not_accepted")
                return
            self._restored[build_id] += 1
            if self._restored[build_id] > PATIENCE:
                self._say(state, build_id, "given_up")
                self.given_up.add(build_id)
                return
            book.execute("UPDATE builds SET is_forgotten = 0 WHERE id = ?", (build_id,))
        self._say(state, build_id, "accepted")

    def _doubted(self, state: State, build: BuildRecord) -> None:
        """Put a wrong file right in the lab, or take what there is."""
        build_id = build.build.id
        digest = build.payload.request.digest
        if digest not in self.harmed:
            self.complaints.append(f"{build_id} in doubt without cause: {build.reason}")
            self._say(state, build_id, "accepted")
            return
        right, cell = self.templates[digest].of(build_id), self.harmed[digest]
        if build_id in self._mended:
            return
        if cell and self.dice.random() < 0.3:
            self._say(state, build_id, "accepted")
            self.accepted.add(build_id)
            return
        with self._book() as book:
            (number,) = book.execute(
                "SELECT max(number) FROM builds WHERE id = ?", (build_id,)
            ).fetchone()
            book.execute(
                "UPDATE builds SET made = ? WHERE number = ?",
                (right.coating.model_dump_json(), number),
            )
            if cell:
                content = right.files[cell - 1].content
                book.execute(
                    "UPDATE files SET content = ? WHERE build = ? AND cell = ?",
                    (content, number, cell),
                )
        self._mended.add(build_id)
        self.words["put right"] += 1

    def _say(self, state: State, build_id: str, outcome: Outcome) -> None:
        name = state.campaign.name
        roles = {name: frozenset({Role.approver})}
        by = Person(name="anna", roles=roles, method=Method.token)
        order = Settle(campaign=name, build_id=build_id, outcome=outcome, by=by, text="I looked")
        operate(make_home(self.folder / "home"), order, patience_s=2.0)
        self.words[outcome] += 1

    def _book(self) -> sqlite3.Connection:
        return sqlite3.connect(self.folder / "lab" / "ledger.sqlite")
