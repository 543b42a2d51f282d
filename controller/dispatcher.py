"""Carries builds through the lab: order, answer, progress, files, result; each once and for good.

The journal is the outbox. What is about to be sent is stored first, so that a control process that
is killed between the two leaves a build of which nobody knows whether the lab has it. Such a build
is asked for and never sent again, unless a person who went and looked says that it is not there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from controller.build_result import build_result
from controller.events import Event
from controller.lab_link import LabLink
from controller.lab_stops import tell_stops
from controller.proposal_events import (
    BuildRunning,
    FileTaken,
    LabEvent,
    Measured,
    NotSubmitted,
    OutcomeLost,
    ResultInDoubt,
    Submitted,
    Submitting,
)
from controller.proposals import BuildRecord
from controller.result_doubts import doubts_of
from controller.settling import failed_build
from controller.state import State
from experiments.build import signed_build
from experiments.build_status import BuildState, BuildStatus
from experiments.capabilities import Capabilities
from experiments.errors import (
    CellwrightError,
    HomeInUse,
    InternalError,
    OutcomeUnknown,
    Rejected,
    Transient,
    Unsafe,
)

POLL_S: Final = 2.0
"""Between two rounds. A cell takes days, so nothing is lost by it; assumed."""
PATIENCE_ROUNDS: Final = 30
"""Rounds that a build at its end waits for what is missing before a person is asked. Assumed."""

LONGEST_REST: Final = 64
"""Rounds between two orders that the lab was too busy for, at most. Assumed."""


class Dispatcher:
    """One campaign's builds at one instrument."""

    def __init__(
        self,
        link: LabLink,
        *,
        state: Callable[[], State],
        store: Callable[[Sequence[Event]], None],
        learn: Callable[[Capabilities | None], None],
        log: Callable[[str], None],
        poll_s: float = POLL_S,
    ) -> None:
        self._link = link
        self._state = state
        self._store = store
        self._learn = learn
        self._log = log
        self._poll_s = poll_s
        self._said: dict[str, str] = {}
        self._waited: dict[str, int] = {}
        self._n_refused: dict[str, int] = {}
        self._resting: dict[str, int] = {}

    async def run(self) -> None:
        """Go round for ever; cancelled when the session ends, at any point."""
        while True:
            await self.round()
            await asyncio.sleep(self._poll_s)

    async def round(self) -> None:
        """Ask the lab what it can make, then take every build a step on.

        Orders go out one after the other, each held against what the lab has left after the last.
        """
        capabilities = await self._capabilities()
        self._learn(capabilities)
        stages = {build.build.id: build.stage for build in self._state().open_builds}
        under_way = [build_id for build_id, stage in stages.items() if stage != "queued"]
        steps = (self._step(build_id, None) for build_id in under_way)
        await asyncio.gather(self.tell_stops(), *steps)
        for build_id in (build_id for build_id, stage in stages.items() if stage == "queued"):
            await self._step(build_id, capabilities)
            if self._state().builds[build_id].stage != "queued":
                capabilities = await self._capabilities()

    async def tell_stops(self) -> None:
        """Have the lab stop what was ended here."""
        await tell_stops(self._link.instrument, self._state(), self._store, self._say)

    async def _capabilities(self) -> Capabilities | None:
        try:
            return await self._link.instrument.capabilities()
        except CellwrightError as error:
            self._say("the lab", error.message)
            return None

    async def _step(self, build_id: str, capabilities: Capabilities | None) -> None:
        """Take one build a step on; what the lab or the disk refuses is tried again next time."""
        build = self._state().builds[build_id]
        if build.has_ended:
            return
        try:
            match build.stage:
                case "queued":
                    if capabilities is not None and self._state().pause is None:
                        await self._send(build, capabilities)
                case "submitting":
                    reason = "control ended while the order was on its way"
                    self._keep(OutcomeLost(build_id=build_id, reason=reason))
                case "outcome_unknown":
                    if not build.needs_person:
                        await self._query(build)
                case _:
                    await self._follow(build)
        except (HomeInUse, InternalError):
            raise
        except CellwrightError as error:
            self._say(build_id, error.message)

    async def _send(self, build: BuildRecord, capabilities: Capabilities) -> None:
        """Check everything once more, store that it is sent, send it, store what came of it."""
        build_id = build.build.id
        if self._resting.get(build_id, 0) > 0:
            self._resting[build_id] -= 1
            return
        refusal = self._link.refusal(build, self._state(), capabilities)
        if refusal is not None and refusal.is_passing:
            self._say(build_id, f"waits: {refusal.message}")
            return
        if refusal is not None:
            self._fail(build, f"not sent: {refusal.message}")
            return
        epoch = self._state().sessions[-1].epoch
        self._keep(Submitting(build_id=build_id, epoch=epoch))
        order = signed_build(build_id, build.payload, epoch=epoch, secret=self._link.secret)
        came_of_it = await self._submitted(
            build, lambda: self._link.instrument.submit(order, epoch)
        )
        self._keep(came_of_it)
        if isinstance(came_of_it, NotSubmitted):
            self._n_refused[build_id] = self._n_refused.get(build_id, 0) + 1
            self._resting[build_id] = min(2 ** self._n_refused[build_id], LONGEST_REST)
            self._say(build_id, came_of_it.reason)

    async def _submitted(
        self, build: BuildRecord, submit: Callable[[], Awaitable[BuildStatus]]
    ) -> LabEvent:
        """Return what came of an order."""
        build_id = build.build.id
        try:
            await submit()
        except OutcomeUnknown as error:
            return OutcomeLost(build_id=build_id, reason=error.message)
        except Transient as error:
            return NotSubmitted(build_id=build_id, reason=error.message)
        except (Rejected, Unsafe) as error:
            if _may_pass(error):
                return NotSubmitted(build_id=build_id, reason=error.message)
            if error.evidence.get("reason") == "other_payload":
                return OutcomeLost(build_id=build_id, reason=error.message, needs_person=True)
            return failed_build(self._state(), build, f"refused: {error.message}")
        return Submitted(build_id=build_id)

    async def _query(self, build: BuildRecord) -> None:
        """Ask whether the lab has a build; where it knows of none, only a person can tell."""
        build_id = build.build.id
        try:
            status = await self._link.instrument.status(build_id)
        except Rejected as error:
            _require_unknown(error)
            reason = f"{build.reason}; asked, the lab says: {error.message}"
            self._keep(OutcomeLost(build_id=build_id, reason=reason, needs_person=True))
            self._say(build_id, reason)
            return
        if status.payload_sha256 != build.build.payload_sha256:
            reason = "the lab has another build under this id"
            self._keep(OutcomeLost(build_id=build_id, reason=reason, needs_person=True))
            return
        self._keep(Submitted(build_id=build_id))

    async def _follow(self, build: BuildRecord) -> None:
        """Take in how a build fares, its files, and in the end its result."""
        build_id = build.build.id
        try:
            status = await self._link.instrument.status(build_id)
        except Rejected as error:
            _require_unknown(error)
            reason = f"the lab took it and knows it no longer: {error.message}"
            self._keep(OutcomeLost(build_id=build_id, reason=reason, needs_person=True))
            return
        has_begun = status.state != BuildState.queued
        if has_begun and (build.stage == "submitted" or build.station != status.station):
            self._keep(BuildRunning(build_id=build_id, station=status.station))
        await self._take_files(build_id, status)
        if status.is_final:
            self._conclude(build_id, status)

    async def _take_files(self, build_id: str, status: BuildStatus) -> None:
        """Take in every whole file that is not known yet, one after the other."""
        for file in await self._link.instrument.results(build_id):
            known = {(one.sha256, one.cell) for one in self._state().builds[build_id].intakes}
            if file.is_partial or (file.sha256, file.cell) in known:
                continue
            intake = await self._link.take_in(file, self._state(), build_id, status)
            self._keep(FileTaken(build_id=build_id, intake=intake))

    def _conclude(self, build_id: str, status: BuildStatus) -> None:
        """Store the result, once every good cell's file is here or has been waited for."""
        state = self._state()
        build = state.builds[build_id]
        if build.has_ended:
            return
        doubts = "" if build.is_taken_as_is else "; ".join(doubts_of(build, status))
        if doubts:
            self._waited[build_id] = self._waited.get(build_id, 0) + 1
            self._say(build_id, f"no result yet: {doubts}")
            if self._waited[build_id] > PATIENCE_ROUNDS:
                self._doubt(build, doubts)
            return
        job = state.dispatches[build.job_id].job
        try:
            result = build_result(state.campaign, job, build, status)
        except (CellwrightError, ValueError) as error:
            why = f"its result cannot be worked out: {error}"
            if build.is_taken_as_is:
                self._fail(build, why)
            else:
                self._doubt(build, why)
            return
        if result.observation.failure is not None:
            self._fail(build, result.observation.failure.message)
            return
        self._keep(
            Measured(
                build_id=build_id,
                observation=result.observation,
                as_built=result.as_built,
                n_ok=result.n_ok,
            )
        )

    def _doubt(self, build: BuildRecord, why: str) -> None:
        """Have a person look, once for every reason."""
        if not build.needs_person or build.reason != why:
            self._keep(ResultInDoubt(build_id=build.build.id, reason=why))

    def _fail(self, build: BuildRecord, message: str) -> None:
        self._say(build.build.id, message)
        self._keep(failed_build(self._state(), build, message))

    def _keep(self, event: LabEvent) -> None:
        """Store what became of a build, unless it ended while the lab was being asked."""
        build = self._state().builds[event.build_id]
        if build.has_ended:
            self._say(build.build.id, f"is {build.stage} by now: {event.kind} is not stored")
        else:
            self._store([event])

    def _say(self, what: str, message: str) -> None:
        """Log a remark, once while it stays the same."""
        if self._said.get(what) != message:
            self._said[what] = message
            self._log(f"{what}: {message}")


def _may_pass(error: Rejected | Unsafe) -> bool:
    """Say whether the very same order may be taken later: nothing in it is at fault.

    Material comes in, and a secret that was changed on one side is mended by a person.
    """
    limits = [str(one["limit"]) for one in error.evidence.get("refusals", ())]
    if limits:
        return all(limit.startswith("stock.") for limit in limits)
    return error.evidence.get("reason") in ("old_epoch", "no_access", "bad_signature")


def _require_unknown(error: Rejected) -> None:
    """Raise the refusal itself again where it says nothing of whether the lab has the build."""
    if error.evidence.get("reason") != "unknown_build":
        raise error
