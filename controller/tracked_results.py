"""What the MLflow projection keeps of a campaign's results, people's changes to them included.

Small numbers only: which event gave a job's result, which values may be the best, and what people
put right. A whole observation is read from the journal again when somebody corrects it.
"""

from __future__ import annotations

from controller.corrections import corrected
from controller.events import Corrected, Event, Observed, Recorded, Retracted
from controller.journal import JournalReader
from controller.proposal_events import BuildFailed, Measured
from controller.run_record import better_of
from experiments.campaign import Campaign
from experiments.errors import InternalError
from experiments.observation import Observation

RESULTS = (Observed, Measured, BuildFailed)
"""What brings an observation."""


class TrackedResults:
    """The results of one campaign, as far as its events were noted."""

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign
        self._positions: dict[str, int] = {}
        self._candidates: dict[str, float] = {}
        self._corrections: dict[str, tuple[Corrected, ...]] = {}
        self.best: float | None = None
        """Of what is left; None where nothing is."""
        self.n = 0
        """Search results, and changes of any result: it only grows."""

    def note(self, recorded: Recorded, journal: JournalReader) -> None:
        """Take note of an event, once each."""
        match recorded.event:
            case (
                Observed(observation=observation)
                | Measured(observation=observation)
                | BuildFailed(observation=observation)
            ):
                job = observation.job
                self._positions[job.id] = recorded.position
                self._corrections.pop(job.id, None)
                if job.purpose == "search":
                    self.n += 1
                    self._consider(observation)
            case Retracted(job_id=job_id):
                self._candidates.pop(job_id, None)
                self._changed()
            case Corrected(job_id=job_id) as event if job_id in self._positions:
                earlier = self._corrections.get(job_id, ())
                observation = self._read(job_id, (*earlier, event), journal)
                self._corrections[job_id] = (*earlier, event)
                if observation.job.purpose == "search":
                    self._consider(observation)
                self._changed()
            case _:
                pass

    def position(self, job_id: str) -> int:
        """Return the event that gave a job's latest result; 0 where none did."""
        return self._positions.get(job_id, 0)

    def n_corrections(self, job_id: str) -> int:
        """Return how often a job's latest result was put right."""
        return len(self._corrections.get(job_id, ()))

    def put_right(self, job_id: str, journal: JournalReader) -> Observation:
        """Return a job's latest result as people left it."""
        return self._read(job_id, self._corrections.get(job_id, ()), journal)

    def _consider(self, observation: Observation) -> None:
        """Let a result, or what became of one, be the best or not."""
        job_id = observation.job.id
        was = self._candidates.pop(job_id, None)
        value = better_of(self._campaign, observation, None)
        if value is not None:
            self._candidates[job_id] = value
            self.best = better_of(self._campaign, observation, self.best)
        if was is not None:
            self._find_best()

    def _changed(self) -> None:
        self.n += 1
        self._find_best()

    def _find_best(self) -> None:
        choose = max if self._campaign.objectives[0].sense == "maximize" else min
        self.best = choose(self._candidates.values(), default=None)

    def _read(
        self, job_id: str, corrections: tuple[Corrected, ...], journal: JournalReader
    ) -> Observation:
        position = self._positions[job_id]
        event: Event = next(journal.read(self._campaign.name, after=position - 1)).event
        if not isinstance(event, RESULTS):
            raise InternalError(f"the event at position {position} is no result of job {job_id}")
        observation = event.observation
        for one in corrections:
            observation = corrected(observation, one)
        return observation
