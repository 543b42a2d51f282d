"""The cells of a siege: made once by the lab's own physics, and the harm that is done to files.

A template's build id stands in its files; a build gets the same bytes with its own id. What an
undisturbed reading shows of every cell is kept beside them: the truth that results are held to.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from controller.build_request import build_request
from controller.build_result import build_result
from controller.proposals import BuildRecord
from controller.state import State
from experiments.approval import Approval
from experiments.budget import Budget
from experiments.build import BuildPayload, DecisionReference, signed_build
from experiments.build_status import AsBuilt, BuildState, BuildStatus, CellStatus
from experiments.campaign import Campaign
from experiments.cycling_metrics import Intake
from experiments.observation import Metric
from instruments.lab_simulator.physics import MadeBuild, make_build
from instruments.lab_simulator.reality import Reality
from instruments.result_file import ResultFile
from instruments.results.checks import expectation_of
from instruments.results.intake import take_in
from instruments.results.parser import Parser
from instruments.spool import Spool
from tests.controller.build_doubles import building_campaign

TEMPLATE = "template"
COARSE = Reality(seed=4, voxels=24, mesh_points=8, failure_rate=0.2)
N_BUILDS = 2
UNITS = (0.5, 0.118034)
"""Where the fixed sequence of the stand-in decider puts its first two designs."""


def campaign() -> Campaign:
    """Return the campaign of every run: one simulation, two builds of three cells."""
    budget = Budget(evaluations={"coarse": 1, "cell": N_BUILDS})
    return building_campaign(budget=budget, approval=Approval(policy="approve_simulated"))


@dataclass(frozen=True)
class Template:
    """One design as built, and what its files show when nothing disturbs them."""

    payload: BuildPayload
    made: MadeBuild
    intakes: tuple[Intake, ...]

    def of(self, build_id: str) -> MadeBuild:
        """Return the same cells under a build's own id."""
        files = tuple(
            dataclasses.replace(
                one,
                name=one.name.replace(TEMPLATE, build_id),
                content=one.content.replace(TEMPLATE.encode(), build_id.encode()),
            )
            for one in self.made.files
        )
        return MadeBuild(self.made.coating, files)

    def truth(self, state: State, build: BuildRecord, cells: frozenset[int]) -> dict[str, Metric]:
        """Return the metrics a build has to have where these of its cells' files count."""
        kept = tuple(one for one in self.intakes if one.cell in cells)
        told = tuple(
            CellStatus(cell=f.cell, is_ok=f.is_ok, reason=f.reason) for f in self.made.files
        )
        status = BuildStatus(
            build_id=build.build.id, payload_sha256=build.build.payload_sha256,
            state=BuildState.finished, cells=told, as_built=self.made.coating, told_at="",
        )  # fmt: skip
        record = dataclasses.replace(build, intakes=kept)
        job = state.dispatches[build.job_id].job
        return dict(build_result(state.campaign, job, record, status).observation.metrics)


def make_templates() -> dict[str, Template]:
    """Return the templates by the request's digest; takes about a minute."""
    asked, found = campaign(), {}
    level = asked.build_level
    assert level is not None
    for unit in UNITS:
        design = asked.design.from_unit([unit])
        request = build_request(asked, level, design, model_version="sequence 1")
        decision = DecisionReference(proposal_id="p1", digest=request.digest, person="policy")
        payload = BuildPayload(request=request, decision=decision)
        made = make_build(TEMPLATE, payload, COARSE, "biologic-mpt")
        with Parser() as parser:
            intakes = read_template(made, payload, parser)
        found[request.digest] = Template(payload, made, intakes)
    return found


def read_template(made: MadeBuild, payload: BuildPayload, parser: Parser) -> tuple[Intake, ...]:
    """Return what reading a template's files comes to."""
    build = signed_build(TEMPLATE, payload, epoch=0, secret=bytes(32)).build
    expected = expectation_of(build.id, payload.request)
    intakes = []
    with tempfile.TemporaryDirectory() as folder:
        for one in made.files:
            path, sha256 = Spool(Path(folder)).keep(one.content)
            file = ResultFile(one.name, path, sha256, len(one.content), build.id, one.cell)
            bad = None if one.is_ok else one.reason
            intakes.append(take_in(file, expected, parser, seen={}, failed_because=bad))
    return tuple(intakes)


def _rows(change: Callable[[list[str]], list[str]]) -> Callable[[MadeBuild, int], bytes]:
    def changed(made: MadeBuild, cell: int) -> bytes:
        lines = made.files[cell - 1].content.decode("latin-1").splitlines(keepends=True)
        return "".join([*lines[:6], *change(lines[6:])]).encode("latin-1")

    return changed


def _current(factor: float) -> Callable[[list[str]], list[str]]:
    def scaled(rows: list[str]) -> list[str]:
        parts = [row.rstrip("\r\n").split("\t") for row in rows]
        return ["\t".join([*p[:3], f"{factor * float(p[3]):.7E}"]) + "\r\n" for p in parts]

    return scaled


HARMS: dict[str, tuple[frozenset[str], Callable[[MadeBuild, int], bytes]]] = {
    "noise": (frozenset({"unreadable"}), lambda made, cell: Random(cell).randbytes(4000)),
    "empty": (frozenset({"unreadable", "empty"}), lambda made, cell: b""),
    "thousandfold current": (frozenset({"units"}), _rows(_current(1000.0))),
    "tenth of the current": (frozenset({"capacity"}), _rows(_current(0.1))),
    "time runs back": (frozenset({"time"}), _rows(lambda rows: [*rows[40:80], *rows])),
    "broken off": (frozenset({"protocol"}), _rows(lambda rows: rows[: len(rows) // 3])),
    "another cell's": (
        frozenset({"wrong_build"}),
        lambda made, cell: made.files[cell % len(made.files)].content,
    ),
}
"""What a lab does wrong with a file → the reasons it may be kept back for."""
SLIP = "thickness in the wrong unit"


def harmed(made: MadeBuild, cell: int, harm: str) -> MadeBuild:
    """Return a build with one cell's file, or the coating's thickness, gone wrong."""
    if harm == SLIP:
        thickness_m = 10.0 * (made.coating.thickness_m or 0.0)
        return dataclasses.replace(made, coating=AsBuilt(thickness_m=thickness_m))
    files = list(made.files)
    files[cell - 1] = dataclasses.replace(files[cell - 1], content=HARMS[harm][1](made, cell))
    return dataclasses.replace(made, files=tuple(files))
