"""Twenty kinds of faults between a careful caller and the lab: nothing built twice, nothing lost.

``python -m tests.benchmarks.lab_faults 50`` runs every kind so many times. The caller keeps one
rule: an order is sent again only where it certainly was not accepted; all else is asked for, and
what nobody can answer goes to a person.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from experiments.build import BuildPayload, SignedBuild
from experiments.build_status import AsBuilt
from experiments.errors import CellwrightError, OutcomeUnknown, Rejected, Transient
from instruments.http_lab import HttpLab
from instruments.lab_simulator.faults import KINDS
from instruments.lab_simulator.ledger import MadeFile
from instruments.lab_simulator.physics import MadeBuild
from tests.instruments.a_build import SECRET, build_of
from tests.instruments.running_lab import running_lab

RATE = 0.25
"""Share of requests that a kind befalls."""
LONGEST_S = 120.0
TIMEOUT_S = 2.0
AT_ONCE = 10
"""Builds under way together; more would wait for each other on a small machine."""


def content_of(build_id: str, cell: int) -> bytes:
    """Return a file whose bytes name their cell."""
    rows = "".join(f"{t},3.7,0.001\n" for t in range(200))
    return f"time/s,voltage/V,current/A,{build_id}-cell{cell}\n{rows}".encode()


async def make(build_id: str, payload: BuildPayload) -> MadeBuild:
    """Make cells at once."""
    files = tuple(
        MadeFile(n, f"{build_id}-cell{n}.csv", content_of(build_id, n), True, None, AsBuilt())
        for n in range(1, payload.request.n_cells + 1)
    )
    return MadeBuild(AsBuilt(), files)


async def carry_out(lab: HttpLab, build: SignedBuild) -> str:
    """Take one build to its end; return ``done``, ``person`` or ``wrong``."""
    build_id, until = build.build.id, time.monotonic() + LONGEST_S
    is_accepted = False
    while time.monotonic() < until and not is_accepted:
        try:
            await lab.submit(build, 1)
            is_accepted = True
        except OutcomeUnknown:
            is_accepted = await _asked(lab, build_id, until)
            if not is_accepted:
                return "person"
        except Transient:
            await asyncio.sleep(0.02)
    while time.monotonic() < until:
        try:
            status = await lab.status(build_id)
            files = await lab.results(build_id) if status.is_final else ()
        except Transient:
            await asyncio.sleep(0.02)
            continue
        except Rejected:
            return "person"
        if status.is_final:
            found = {file.cell: file.sha256 for file in files}
            numbers = range(1, build.build.n_cells + 1)
            wanted = {n: hashlib.sha256(content_of(build_id, n)).hexdigest() for n in numbers}
            return "done" if found == wanted else "wrong"
        await asyncio.sleep(0.02)
    return "late"


async def _asked(lab: HttpLab, build_id: str, until: float) -> bool:
    """Return whether the lab has the build; a lab that does not know it means asking a person."""
    while time.monotonic() < until:
        try:
            await lab.status(build_id)
        except Rejected:
            return False
        except CellwrightError:
            await asyncio.sleep(0.02)
        else:
            return True
    return False


def run_kind(kind: str, n: int, folder: Path) -> tuple[Counter[str], int]:
    """Return what became of n builds under a kind of fault, and how many were built twice."""

    async def whole(address: str) -> Counter[str]:
        lab = HttpLab("bench", address, SECRET, folder / "spool", timeout_s=TIMEOUT_S)
        places = asyncio.Semaphore(AT_ONCE)

        async def one(number: int) -> str:
            async with places:
                return await carry_out(lab, build_of(f"b{number}"))

        found = await asyncio.gather(*(one(number) for number in range(n)))
        await lab.close()
        return Counter(found)

    with running_lab(folder / "lab", rates={kind: RATE}, seed=n, make=make, scale=1e6) as lab:
        outcomes = asyncio.run(whole(lab.address))
        coatings = Counter(lab.coatings())
    return outcomes, sum(count - 1 for count in coatings.values())


def main(n: int) -> None:
    """Print a line for every kind."""
    twice = 0
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            outcomes, duplicates = run_kind(kind, n, Path(folder))
        twice += duplicates
        print(f"{kind}: {dict(outcomes)}, built twice: {duplicates}", flush=True)
    print(f"{len(KINDS)} kinds x {n} builds, built twice: {twice}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
