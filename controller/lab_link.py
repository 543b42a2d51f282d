"""One instrument as control holds it: adapter, secret, result parser, and the last check before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from controller.decisions import POLICY
from controller.dispatch_budget import over_budget
from controller.four_eyes import reasons_for_two
from controller.may_approve import lack_of_two
from controller.proposals import BuildRecord, ProposalRecord
from controller.state import State
from experiments.build_status import BuildStatus
from experiments.capabilities import Capabilities
from experiments.cycling_metrics import Intake
from instruments.instrument import Instrument
from instruments.limits import check
from instruments.result_file import ResultFile
from instruments.results.checks import expectation_of
from instruments.results.columns import ColumnMapping
from instruments.results.intake import Seen, take_in
from instruments.results.parser import Parser


@dataclass(frozen=True)
class NotNow:
    """Why a build is not sent."""

    message: str
    is_passing: bool = False
    """It may be sent later; otherwise never."""


@dataclass
class LabLink:
    """What the dispatcher needs of an instrument."""

    instrument: Instrument
    secret: bytes = field(repr=False)
    mapping: ColumnMapping | None = None
    may_still: Callable[[str, str], bool] = lambda _person, _campaign: True
    """Whether a person, by name, may still decide about a campaign."""
    parser: Parser = field(default_factory=Parser)
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    def refusal(
        self, build: BuildRecord, state: State, capabilities: Capabilities
    ) -> NotNow | None:
        """Return why an approved build is not sent after all: everything is checked once more."""
        decision, request = build.payload.decision, build.payload.request
        record = state.proposals[decision.proposal_id]
        if record.status != "approved":
            return NotNow(f"proposal {decision.proposal_id} is {record.status}")
        digests = {request.digest, decision.digest, record.last.digest, record.proposal.digest}
        if len(digests) != 1 or build.build.payload_sha256 != build.payload.sha256:
            return NotNow("what would be built is not what was approved")
        if decision.person == POLICY.person:
            if not capabilities.is_simulated:
                return NotNow("approved by policy, and the instrument is not simulated")
        else:
            lost = self._lost_approval(decision.person, record, state)
            if lost is not None:
                return NotNow(lost)
        overrun = over_budget(state, build)
        if overrun is not None:
            return NotNow(overrun, is_passing=True)
        refusals = check(build.payload, capabilities)
        if refusals:
            message = "; ".join(str(one) for one in refusals)
            return NotNow(message, all(one.limit.startswith("stock.") for one in refusals))
        return None

    def _lost_approval(self, person: str, record: ProposalRecord, state: State) -> str | None:
        """Return why what was approved does not count any more; None where it does."""
        steps = (record.first_approval, record.last)
        signed = [step.by for step in steps if step is not None and step.by is not None]
        if person not in {one.person for one in signed}:
            return f"{person} did not approve it"
        for one in signed:
            is_named = one.voice in state.campaign.approval.approvers
            if not is_named or not self.may_still(one.person, state.campaign.name):
                return f"{one.person} may no longer approve here"
        because = reasons_for_two(state.campaign, record.proposal)
        if because and (lack := lack_of_two(record, signed)):
            return f"two approvers are needed, because {'; '.join(because)}: {lack}"
        return None

    async def take_in(
        self, file: ResultFile, state: State, build_id: str, status: BuildStatus
    ) -> Intake:
        """Return what became of a file; one is read at a time, beside the event loop."""
        build = state.builds[build_id]
        seen = {
            intake.sha256: Seen(one.build.id, intake.cell)
            for one in state.builds.values()
            for intake in one.intakes
            if intake.outcome == "accepted" and intake.cell is not None
        }
        bad = {
            cell.cell: cell.reason or "no reason given"
            for cell in status.cells
            if cell.is_ok is False
        }
        expected = expectation_of(build_id, build.payload.request)
        async with self._reading:
            return await asyncio.to_thread(
                take_in,
                file,
                expected,
                self.parser,
                seen=seen,
                is_concluded=build.has_ended,
                mapping=self.mapping,
                failed_because=None if file.cell is None else bad.get(file.cell),
            )

    async def close(self) -> None:
        """Let go of connections and the parser's process."""
        self.parser.close()
        close = getattr(self.instrument, "close", None)
        if close is not None:
            await close()
