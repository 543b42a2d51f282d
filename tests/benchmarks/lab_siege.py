"""Campaigns of builds under siege: faults on the wire, wrong files, both sides killed at random.

``python -m tests.benchmarks.lab_siege RESULTS.jsonl [--runs 50] [--at-once 3]`` goes on where it
was ended. Every run is a campaign of its own: the real control with journal, lock, socket and
dispatcher in one process, the real simulated lab with its ledger in another, HTTP between them,
twenty kinds of faults in turn. Both are ended by SIGKILL at random moments, control also between
two of its own commits, and started again on what they left. A person goes and looks where somebody
has to. Compute is a stand-in, the cells are made once by the lab's physics, coarse, and lab time
runs a million times faster; nothing else is cut short.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import shutil
import signal
import socket
import tempfile
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from controller.fold import fold
from controller.journal import JournalReader
from controller.state import State
from experiments.build import BuildPayload
from experiments.errors import CellwrightError
from instruments.lab_simulator.faults import KINDS
from instruments.lab_simulator.physics import MadeBuild
from instruments.results.checks import expectation_of
from tests.benchmarks.siege.cells import HARMS, SLIP, Template, campaign, harmed, make_templates
from tests.benchmarks.siege.person import Attendant
from tests.benchmarks.siege.processes import (
    control_process,
    failpoint_of,
    forked,
    import_everything,
    lab_process,
)
from tests.benchmarks.siege.verdict import verdict_on

RATE = 0.2
"""Share of requests that a kind befalls; of what makes the lab forget every build, less."""
RATES = {"amnesia": 0.03, "slow": 0.1, "oversized": 0.1}
LONGEST_S = 600.0
KILLED_WITHIN_S = 3.0
LOOK_S = 0.05


@dataclass
class Siege:
    """One run."""

    kind: str
    number: int
    folder: Path
    templates: dict[str, Template]
    dice: Random
    kills: Counter[str] = field(default_factory=Counter)
    falls: list[str] = field(default_factory=list)
    """Processes that ended by themselves and should not have."""
    _lab: int = 0
    _control: int = 0

    def run(self) -> dict[str, Any]:
        """Go on until the campaign has ended; return what became of it."""
        began_s = time.monotonic()
        harm, digest, cell = self._harm()
        person = Attendant(self.folder, self.templates, self.dice, {digest: cell} if harm else {})
        self._rates = {self.kind: RATES.get(self.kind, RATE)}
        self._port, self._harms = _free_port(), (harm, digest, cell)
        try:
            is_over = self._besieged(person)
            state = self._state()
        finally:
            self._end()
        line: dict[str, Any] = {
            "kind": self.kind, "number": self.number, "harm": harm, "is_over": is_over,
            "kills": dict(self.kills), "falls": self.falls, "person": dict(person.words),
        }  # fmt: skip
        if state is not None:
            found = verdict_on(state, self.folder, self.templates, person, harm)
            line |= found.document()
            line["is_clean"] = found.is_clean and is_over and not self.falls
        return {"is_clean": False, **line, "seconds": round(time.monotonic() - began_s, 2)}

    def _harm(self) -> tuple[str, str, int]:
        """Return what the lab does wrong, with which design, and with which of its cells."""
        if self.dice.random() < 0.5:
            return "", "", 0
        digest = self.dice.choice(sorted(self.templates))
        good = [one.cell for one in self.templates[digest].intakes if one.outcome == "accepted"]
        harm = self.dice.choice([*sorted(HARMS), SLIP])
        return harm, digest, 0 if harm == SLIP else self.dice.choice([c for c in good if c])

    def _besieged(self, person: Attendant) -> bool:
        """Keep both sides alive, and kill them; say whether the campaign came to its end."""
        self._open_lab()
        began_s = time.monotonic()
        self._start_control(failpoint_of(self.dice))
        moments = sorted(
            (self.dice.uniform(0.05, KILLED_WITHIN_S), side)
            for side in ("lab", "control")
            for _ in range(self.dice.randint(1, 2))
        )
        looked_s = began_s
        while (now_s := time.monotonic()) < began_s + LONGEST_S:
            if self._has_ended_well():
                return True
            if moments and now_s - began_s > moments[0][0]:
                self._kill(moments.pop(0)[1])
            if now_s - looked_s > 0.25:
                looked_s = now_s
                state = self._state()
                if state is not None:
                    person.attend(state)
            time.sleep(LOOK_S)
        return False

    def _kill(self, side: str) -> None:
        """End a side as a power cut does, and start it again a little later."""
        self.kills[side] += 1
        victim = self._lab if side == "lab" else self._control
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)
        time.sleep(self.dice.uniform(0.0, 0.3))
        if side == "lab":
            self._open_lab()
        else:
            self._start_control(failpoint_of(self.dice) if self.dice.random() < 0.5 else None)

    def _has_ended_well(self) -> bool:
        """Say whether control ended by itself with all done; start what ended otherwise again."""
        ended, status = os.waitpid(self._control, os.WNOHANG)
        if ended:
            if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
                self._control = 0
                return True
            if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
                self.kills["control at a commit"] += 1
            else:
                self.falls.append(f"control: {status}: {_tail(self.folder / 'control.log')}")
            self._start_control(None)
        ended, status = os.waitpid(self._lab, os.WNOHANG)
        if ended:
            self.falls.append(f"lab: {status}: {_tail(self.folder / 'lab.log')}")
            self._open_lab()
        return len(self.falls) > 5

    def _open_lab(self) -> None:
        templates, (harm, digest, cell) = self.templates, self._harms

        async def make(build_id: str, payload: BuildPayload) -> MadeBuild:
            template = templates[payload.request.digest]
            made = template.of(build_id)
            is_meant = bool(harm) and payload.request.digest == digest
            return harmed(made, cell, harm) if is_meant else made

        seed = self.dice.randrange(2**31)
        self._lab = lab_process(self.folder / "lab", self._port, make, self._rates, seed)

    def _start_control(self, failpoint: str | None) -> None:
        secret = self.folder / "lab" / "secret"
        while not secret.is_file() or secret.stat().st_size < 64:
            time.sleep(0.01)
        self._control, parser = control_process(self.folder, self._port, failpoint)
        self._parsers = [*getattr(self, "_parsers", []), parser]

    def _state(self) -> State | None:
        try:
            with JournalReader(self.folder / "home" / "journal.db") as journal:
                return fold(journal.read(campaign().name))
        except CellwrightError:
            return None

    def _end(self) -> None:
        for process in (self._lab, self._control, *getattr(self, "_parsers", [])):
            if process:
                with contextlib.suppress(ProcessLookupError, ChildProcessError):
                    os.kill(process, signal.SIGKILL)
                    os.waitpid(process, 0)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-600:] if log.is_file() else ""


def _work(
    share: list[tuple[str, int]], templates: dict[str, Template], results: Path, keep: Path | None
) -> None:
    """Do some runs one after the other; each adds its line."""
    for kind, number in share:
        folder = Path(tempfile.mkdtemp(prefix="lab-siege-"))
        dice = Random(f"{kind}:{number}")
        try:
            line = Siege(kind, number, folder, templates, dice).run()
        except Exception:  # noqa: BLE001 - a run that cannot be judged is a finding
            line = {
                "kind": kind,
                "number": number,
                "is_clean": False,
                "error": traceback.format_exc(),
            }
        with results.open("a") as file:
            file.write(json.dumps(line) + "\n")
        if keep is not None and not line["is_clean"]:
            place, sockets = keep / f"{kind}-{number}", shutil.ignore_patterns("*.sock")
            shutil.copytree(folder, place, dirs_exist_ok=True, ignore=sockets)
        shutil.rmtree(folder, ignore_errors=True)


def summary(lines: list[dict[str, Any]]) -> str:
    """Return the table of what became of all runs."""
    text = []
    for kind in KINDS:
        own = [line for line in lines if line["kind"] == kind]
        kills: Counter[str] = sum((Counter(one.get("kills", {})) for one in own), Counter())
        text.append(
            f"{kind}: {len(own)} runs, {sum(one['is_clean'] for one in own)} clean, "
            f"{_sum(own, 'n_measured')} measured, {_sum(own, 'n_given_up')} given up, "
            f"twice {_count(own, 'twice')}, lost {_count(own, 'lost')}, "
            f"bad rows {_count(own, 'bad_rows')}, kills {dict(kills)}"
        )
    reasons: Counter[str] = sum((Counter(one.get("quarantines", {})) for one in lines), Counter())
    unclean = [f"{one['kind']} {one['number']}" for one in lines if not one["is_clean"]]
    text.append(
        f"{len(lines)} runs: built twice {_count(lines, 'twice')}, lost {_count(lines, 'lost')}, "
        f"bad rows {_count(lines, 'bad_rows')}, quarantines without their reason "
        f"{_count(lines, 'unreasoned')} of {sum(reasons.values())} {dict(reasons)}; "
        f"not clean: {unclean}"
    )
    return "\n".join(text)


def _sum(lines: list[dict[str, Any]], name: str) -> int:
    return sum(int(one.get(name, 0)) for one in lines)


def _count(lines: list[dict[str, Any]], name: str) -> int:
    return sum(len(one.get(name, ())) for one in lines)


def main(options: argparse.Namespace) -> None:
    """Do what is missing, then print the table."""
    kept = options.results.read_text().splitlines() if options.results.is_file() else []
    done = {(one["kind"], one["number"]) for one in map(json.loads, kept)}
    kinds = options.kinds.split(",") if options.kinds else list(KINDS)
    wanted = [(kind, n) for n in range(options.runs) for kind in kinds if (kind, n) not in done]
    if wanted:
        spawning = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=spawning) as pool:
            templates = pool.submit(make_templates).result()
        import_everything()
        for template in templates.values():  # what sizing computes once stays computed
            expectation_of("warm", template.payload.request)
        log = options.results.with_suffix(".log")
        shares = [wanted[n :: options.at_once] for n in range(options.at_once)]
        workers = [
            forked(lambda share=share: _work(share, templates, options.results, options.keep), log)
            for share in shares
        ]
        for worker in workers:
            os.waitpid(worker, 0)
    print(summary([json.loads(line) for line in options.results.read_text().splitlines()]))


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("results", type=Path)
    arguments.add_argument("--runs", type=int, default=50, help="of every kind")
    arguments.add_argument("--kinds", default="", help="with commas between; all by default")
    arguments.add_argument("--at-once", type=int, default=3)
    arguments.add_argument("--keep", type=Path, help="where to keep what is not clean")
    main(arguments.parse_args())
