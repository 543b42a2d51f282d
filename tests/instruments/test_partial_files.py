"""Files of running tests are fetched a few times only, and their latest version alone is kept."""

from __future__ import annotations

import asyncio
from typing import Any

from experiments.build import BuildPayload
from instruments.http_lab import HttpLab
from instruments.lab_simulator.ledger import Ledger
from instruments.lab_simulator.physics import MadeBuild
from instruments.lab_simulator.schedule import STATIONS
from instruments.partial_files import PartialFiles
from instruments.result_file import ResultFile
from tests.controller.lab_doubles import make_linear
from tests.instruments.a_build import SECRET, build_of, payload_of, request_of
from tests.instruments.running_lab import running_lab


def test_a_growing_file_is_fetched_again_only_once_it_has_grown(tmp_path) -> None:
    """The lab's clock stands still while it is asked, and is put forward in between."""
    order = build_of("b1", payload_of(request_of(n_cells=1)))
    fetched: list[str] = []

    async def asked(address: str, *, times: int, is_first: bool = False) -> list[ResultFile]:
        lab, found = HttpLab("bench", address, SECRET, tmp_path / "spool"), []
        fetch = lab._fetched

        async def counted(path: str) -> bytes:
            fetched.append(path)
            return await fetch(path)

        lab._fetched = counted
        if is_first:
            await lab.submit(order, 1)
            while not (tmp_path / "made").exists():
                await asyncio.sleep(0.01)
        for _ in range(times):
            found += await lab.results("b1")
        await lab.close()
        return found

    async def make(build_id: str, payload: BuildPayload) -> MadeBuild:
        made = await make_linear(build_id, payload)
        (tmp_path / "made").touch()
        return made

    def at(share: float, **how: Any) -> list[ResultFile]:
        if share:
            ledger = Ledger(tmp_path / "lab" / "ledger.sqlite")
            (test,) = (task for task in ledger.tasks() if task.cell == 1)
            begins_s = test.starts_s + STATIONS[-1].fixed_s
            ledger.keep_number("clock", begins_s + share * (test.ends_s - begins_s))
            ledger.close()
        with running_lab(tmp_path / "lab", make=make, scale=1e-9) as lab:
            return asyncio.run(asked(lab.address, **how))

    assert at(0.0, times=1, is_first=True) == []
    sizes = [file.size_bytes for file in at(0.3, times=4)]
    assert len(set(sizes)) == 1
    assert len(fetched) == 1
    assert [file.size_bytes for file in at(0.33, times=3)] == sizes[:3]
    assert len(fetched) == 1
    grown = at(0.8, times=2)
    assert grown[0].size_bytes > 2 * sizes[0]
    assert grown[0].is_partial
    assert len(fetched) == 2
    whole = at(1.01, times=2)
    assert {file.is_partial for file in whole} == {False}
    assert len(fetched) == 3
    assert not [path for path in (tmp_path / "spool" / "partial").rglob("*") if path.is_file()]


def test_a_version_takes_the_place_of_the_one_before(tmp_path) -> None:
    files = PartialFiles(tmp_path)
    assert files.find("b1", "cell1.csv") is None
    files.keep("b1", "cell1.csv", b"one")
    path = files.keep("b1", "cell1.csv", b"one and more")
    assert path.read_bytes() == b"one and more"
    assert [p.name for p in path.parent.iterdir()] == ["cell1.csv"]
    files.forget("b1", "cell1.csv")
    files.forget("b1", "cell1.csv")
    assert files.find("b1", "cell1.csv") is None
