"""What is known of a campaign at a journal position; ``fold`` makes it from the events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from controller.backlog import Planned
from controller.proposals import BuildRecord, Deputy, ProposalRecord
from controller.stored_artifacts import StoredArtifacts
from controller.usage import Usage
from experiments.campaign import Campaign
from experiments.job import Job
from experiments.observation import Observation
from experiments.ranking import Candidate, Diagnosis, Prospect, Recommendation


@dataclass(frozen=True)
class Dispatch:
    """A job that was chosen, and how it went so far."""

    job: Job
    candidate: Candidate | None
    position: int
    at: str
    n_lost: int = 0
    """Workers that died under it."""
    last_loss: str = ""


@dataclass(frozen=True)
class Asked:
    """How much was known when the latest ranking was asked for."""

    n_observed: int
    n_dispatched: int
    position: int
    decider: str
    decider_version: str
    n_meanwhile: int = 0
    """Observations that came while the decider thought; of the last such times the most, older
    ones counting half each."""
    elapsed_s: float = 0.0
    """What the decider took."""
    is_budget_old: bool = False
    """The campaign was amended since."""
    n_proposal_steps: int = 0
    """Steps of all proposals until then."""
    could_build: bool = False
    """It allowed builds."""


@dataclass(frozen=True)
class Outlook:
    """What a ranking said that going on promises."""

    n_observed: int
    """Observations it rested on."""
    prospect: Prospect


@dataclass(frozen=True)
class Pause:
    """Why nothing is dispatched: who said so, and when."""

    by: str
    reason: str
    at: str
    """Wall-clock time, ISO 8601 in UTC."""
    is_drain: bool = False

    @property
    def words(self) -> str:
        """Return it for people: ``since 2026-03-02 09:00 UTC by anna: oven free at noon``."""
        since = self.at[:16].replace("T", " ")
        return f"since {since} UTC by {self.by}" + (f": {self.reason}" if self.reason else "")


@dataclass(frozen=True)
class Outdated:
    """Results that earlier versions made, about which a person has to decide."""

    changed: Mapping[str, tuple[str, str]]
    """Stage → (versions before, version now)."""
    programs: Mapping[str, tuple[str, str]]
    """Program → (version before, version now), where they differ."""
    n: int
    """Results concerned."""
    at: str

    @property
    def words(self) -> str:
        """Return what changed, for people: ``generate 1 → 2, under 12 results``."""
        stages = (f"{stage} {old} → {now}" for stage, (old, now) in self.changed.items())
        return f"{', '.join(stages)}, under {self.n} results"

    @property
    def way_back(self) -> str:
        """Return what to install to go back."""
        programs = [f"{name}=={old}" for name, (old, _) in self.programs.items()]
        stages = [f"{stage} {old}" for stage, (old, _) in self.changed.items()]
        return f"install {', '.join(programs) or 'the code'} that gave {', '.join(stages)}"


@dataclass(frozen=True)
class Session:
    """One control process's part of the campaign, on its own monotonic clock."""

    epoch: int
    began_at: str
    first_job_s: float | None = None
    last_observed_s: float | None = None
    last_event_s: float = 0.0
    n_slots: int = 0


@dataclass(frozen=True, repr=False)
class State:
    """Everything known of one campaign at a journal position. Mappings are never changed."""

    campaign: Campaign
    source: str
    text: str
    started_at: str
    position: int = 0
    phase: Literal["running", "interrupted", "finished"] = "running"
    reason: str = ""
    """Why the campaign is interrupted or finished."""
    pause: Pause | None = None
    share_pct: int = 100
    """Of the workers, that jobs of this campaign may hold at once."""
    is_aborted: bool = False
    """Finished by a person, for good."""
    dispatches: Mapping[str, Dispatch] = field(default_factory=dict)
    """By job id, in order of dispatch."""
    observations: Mapping[str, Observation] = field(default_factory=dict)
    """By job id, in order of arrival."""
    observed_at: Mapping[str, str] = field(default_factory=dict)
    in_flight: Mapping[str, Job] = field(default_factory=dict)
    """Dispatched and not observed, oldest first."""
    lost: Mapping[str, int] = field(default_factory=dict)
    """Workers that died under jobs in flight, by job id; none is not in it."""
    proposals: Mapping[str, ProposalRecord] = field(default_factory=dict)
    """By id, in the order they were made."""
    deputies: Mapping[str, Deputy] = field(default_factory=dict)
    """By the approver who is away; some of them over."""
    builds: Mapping[str, BuildRecord] = field(default_factory=dict)
    """By id, in the order of their approval."""
    stored: StoredArtifacts = field(default_factory=StoredArtifacts)
    usage: Mapping[str, Usage] = field(default_factory=dict)
    """By fidelity; the baseline's jobs are counted too."""
    n_dispatched: Mapping[str, int] = field(default_factory=dict)
    """Search jobs by fidelity; the baseline's are not counted."""
    backlog: Mapping[str, Planned] = field(default_factory=dict)
    """The latest ranking's candidates that are not dispatched, best first, by job id."""
    asked: Asked | None = None
    recommended: Recommendation | None = None
    outlooks: tuple[Outlook, ...] = ()
    """The last two, each with more observations than the one before."""
    diagnosis: Diagnosis | None = None
    n_observed_at_diagnosis: int = 0
    stage_versions: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    seen_versions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Stage → versions that the results of today rest on."""
    outdated: Outdated | None = None
    """Nothing is dispatched until a person has decided about it."""
    n_upgrades: int = 0
    """Decided about so far."""
    kept_apart: frozenset[str] = frozenset()
    """Job ids of results of earlier versions that are levels of their own."""
    set_aside: Mapping[str, Observation] = field(default_factory=dict)
    """By job id, what earlier versions gave and was made again, or is being, and what a person took
    back."""
    retracted: frozenset[str] = frozenset()
    """Job ids of results that a person took back; their designs may be measured anew."""
    n_corrections: int = 0
    """Results that a person took back or put right."""
    n_compute_lost: int = 0
    sessions: tuple[Session, ...] = ()

    @property
    def open_proposals(self) -> tuple[ProposalRecord, ...]:
        """Return the proposals that wait for a decision, oldest first."""
        return tuple(one for one in self.proposals.values() if one.status == "proposed")

    @property
    def open_builds(self) -> tuple[BuildRecord, ...]:
        """Return the builds under way, oldest first."""
        return tuple(one for one in self.builds.values() if not one.has_ended)

    @property
    def n_proposal_steps(self) -> int:
        """Return how many things happened to proposals."""
        return sum(len(one.steps) for one in self.proposals.values())

    def __repr__(self) -> str:
        """Name it: in full it would be megabytes, and asyncio writes out what its tasks return."""
        return f"<State of {self.campaign.name} at position {self.position}>"
