"""A stuck campaign, said in words: how long nothing finished, and what is waited for."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from controller.quantity import counted, duration
from controller.state import State
from controller.tally import tally
from experiments.job import Job

PATIENCE_S: Final = 300.0
"""No alarm sooner. Assumed: longer than compute takes to start and a first refit takes to think."""
TIMES_USUAL: Final = 3.0
"""Jobs of one level spread; the slowest of many takes about three medians (assumed: two decades of
a log-normal spread of 0.5)."""


@dataclass(frozen=True)
class Standstill:
    """What is true of this moment only."""

    now_s: float
    """Monotonic seconds since the session began, as all times here."""
    n_slots: int = 0
    began_s: Mapping[str, float] = field(default_factory=dict)
    """Job id → when a worker took it up, of the jobs that run."""
    n_waiting: int = 0
    """Jobs that compute has and no worker took up."""
    asked_s: float | None = None
    """When the question under way was asked."""
    is_disk_full: bool = False


@dataclass(frozen=True)
class Alarm:
    """Nothing finished for too long."""

    since_s: float
    """How long nothing finished."""
    waits_for: tuple[str, ...]

    @property
    def words(self) -> str:
        """Return it for people, in one line."""
        return f"nothing finished for {duration(self.since_s)}: {'; '.join(self.waits_for)}"


def alarm(state: State, moment: Standstill) -> Alarm | None:
    """Return the alarm, or None while all is as usual. Pure."""
    if state.phase == "finished" or not state.sessions:
        return None
    last_s = state.sessions[-1].last_observed_s
    since_s = moment.now_s - (0.0 if last_s is None else last_s)
    if since_s < PATIENCE_S:
        return None
    usual = usual_s(state)
    running = [state.in_flight[one] for one in moment.began_s if one in state.in_flight]
    slow_s = max((_usual_of(usual, job, state) for job in running), default=0.0)
    if since_s < TIMES_USUAL * slow_s:
        return None
    return Alarm(since_s, tuple(_causes(state, moment, running, usual)))


def usual_s(state: State) -> dict[str, float]:
    """Return the median worker time by level, of the latest results that tell of a design."""
    latest = tally(state).latest_s
    return {level: statistics.median(times) for level, times in latest.items()}


def _usual_of(usual: Mapping[str, float], job: Job, state: State) -> float:
    """Return what a job usually takes; where no one of its level is known, its deadline."""
    return usual.get(job.fidelity, state.campaign.deadline_s / TIMES_USUAL)


def _causes(
    state: State, moment: Standstill, running: list[Job], usual: Mapping[str, float]
) -> list[str]:
    """Name everything that is waited for; the first is what a person can do something about."""
    name = state.campaign.name
    causes = []
    if moment.is_disk_full:
        causes.append("waiting for room on the disk")
    if state.outdated is not None:
        causes.append(
            f"waiting for a decision: cellwright upgrade {name} keep, redo or back "
            f"({state.outdated.words})"
        )
    if state.pause is not None:
        causes.append(f"paused {state.pause.words}; waiting for cellwright resume {name}")
    if not moment.n_slots:
        causes.append("waiting for compute to start")
    if running:
        causes.append(_jobs_words(moment, running, usual))
    elif moment.n_waiting:
        jobs = counted(moment.n_waiting, "job")
        causes.append(f"waiting for a worker to take up {jobs}; all are busy elsewhere or gone")
    if moment.asked_s is not None:
        asked = duration(moment.now_s - moment.asked_s)
        causes.append(f"waiting for a refit, asked for {asked} ago")
    return causes or ["waiting for nothing that is known; this is a defect worth reporting"]


def _jobs_words(moment: Standstill, running: list[Job], usual: Mapping[str, float]) -> str:
    """Return ``2 jobs running, the longest for 24 min at fine, where 3 min are usual``."""
    longest = min(running, key=lambda job: moment.began_s[job.id])
    for_s = moment.now_s - moment.began_s[longest.id]
    words = f"{counted(len(running), 'job')} running, the longest for {duration(for_s)} at "
    words += f"{longest.fidelity} ({longest.id})"
    if longest.fidelity in usual:
        words += f", where {duration(usual[longest.fidelity])} is usual"
    return words
