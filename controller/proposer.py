"""Carries out what ``decide`` says about builds: proposals within the lab's limits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from controller.build_orders import new_build_id
from controller.build_request import build_request
from controller.clock import Clock
from controller.decisions import approve_by_policy, expire_proposal
from controller.edit_limits import unsigned
from controller.events import Dispatched, Event, Observed
from controller.proposal_events import Proposed, Reminded
from controller.proposing import ApproveByPolicy, Expire, LabCommand, LabMoment, Propose, Remind
from controller.state import State
from experiments.build import BuildRequest
from experiments.build_fidelity import BuildFidelity
from experiments.capabilities import Capabilities
from experiments.errors import CellwrightError, DesignFailed, InternalError
from experiments.observation import Failure, FailureKind, Observation
from experiments.proposal import Alternative, Proposal
from instruments.limits import check

_STOCK = "stock."


class Proposer:
    """Turns commands about builds into events."""

    def __init__(
        self,
        clock: Clock,
        *,
        new_id: Callable[[], str] = new_build_id,
        log: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._clock = clock
        self._log = log
        self._new_id = new_id
        self._unmakeable: frozenset[str] = frozenset()
        self._capabilities: Capabilities | None = None

    def learn(self, capabilities: Capabilities | None) -> bool:
        """Take note of what the lab said it can make now; None: it does not answer.

        Returns whether that changed.
        """
        if capabilities == self._capabilities:
            return False
        self._unmakeable = frozenset()
        self._capabilities = capabilities
        return True

    @property
    def capabilities(self) -> Capabilities | None:
        """Return what the lab says it can make; None while it does not answer."""
        return self._capabilities

    def moment(self) -> LabMoment:
        """Return what ``decide`` must know."""
        told = self._capabilities
        return LabMoment(
            now=self._clock.now(),
            is_open=told is not None,
            is_simulated=told is not None and told.is_simulated,
            unmakeable=self._unmakeable,
        )

    def events_of(self, command: LabCommand, state: State) -> list[Event]:
        """Return what is to be stored; nothing where the lab lacks the material just now."""
        now = self._clock.now()
        match command:
            case Expire(proposal_id=proposal_id):
                return list(expire_proposal(state, proposal_id, now=now))
            case Remind(proposal_id=proposal_id, share=share):
                version = state.proposals[proposal_id].proposal.version
                return [Reminded(proposal_id=proposal_id, version=version, share=share)]
            case ApproveByPolicy(proposal_id=proposal_id):
                return list(approve_by_policy(state, proposal_id, now=now, build_id=self._new_id()))
            case Propose():
                return self._propose(command, state, now)

    def _propose(self, command: Propose, state: State, now: datetime) -> list[Event]:
        level = state.campaign.build_level
        if level is None or self._capabilities is None:
            return []
        asked = state.asked
        version = "" if asked is None else f"{asked.decider} {asked.decider_version}"
        try:
            request = build_request(
                state.campaign, level, command.job.design, model_version=version
            )
        except (DesignFailed, ValueError) as error:
            return _unbuildable(command, f"{error}")
        except InternalError:
            raise
        except CellwrightError as error:
            self._log(f"job {command.job.id} is not proposed for now: {error.message}")
            self._unmakeable |= {command.job.id}
            return []
        refusals = check(unsigned(request), self._capabilities)
        lasting = [str(one) for one in refusals if not one.limit.startswith(_STOCK)]
        if lasting:
            return _unbuildable(command, f"{level.instrument}: {'; '.join(lasting)}")
        if refusals:
            self._unmakeable |= {command.job.id}
            return []
        proposal = _proposal(command, state, level, request, now)
        return [Proposed(proposal=proposal.model_copy(update={"told": self._capabilities}))]


def _proposal(
    command: Propose, state: State, level: BuildFidelity, request: BuildRequest, now: datetime
) -> Proposal:
    candidate = command.candidate
    return Proposal(
        id=f"p{len(state.proposals) + 1}",
        job=command.job,
        request=request,
        digest=request.digest,
        instrument=level.instrument,
        predicted=candidate.predicted,
        success_probability=candidate.success_probability,
        beats_incumbent=candidate.beats_incumbent,
        nearest=candidate.nearest,
        is_inside_data=candidate.is_inside_data,
        score=candidate.score,
        reason=candidate.reason,
        alternatives=tuple(
            Alternative(
                design=one.design,
                fidelity=one.fidelity,
                score=one.score,
                predicted=one.predicted,
                reason=one.reason,
            )
            for one in command.alternatives
        ),
        position=command.ranking_position,
        pending=(*state.in_flight, *(build.job_id for build in state.open_builds)),
        proposed=tuple(record.proposal.id for record in state.open_proposals),
        cost_EUR=level.cost_EUR,
        channel_days=level.channel_days,
        proposed_at=now.isoformat(),
        expires_at=state.campaign.approval.expires_at(now).isoformat(),
    )


def _unbuildable(command: Propose, message: str) -> list[Event]:
    """Keep a design that cannot be built as what it is: an infeasible recipe at this level."""
    failure = Failure(kind=FailureKind.infeasible_recipe, message=message, stage="build")
    return [
        Dispatched(
            job=command.job,
            candidate=command.candidate,
            ranking_position=command.ranking_position,
        ),
        Observed(observation=Observation(job=command.job, failure=failure)),
    ]
