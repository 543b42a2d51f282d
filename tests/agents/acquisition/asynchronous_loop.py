"""The asynchronous loop in miniature: workers that finish at their own times, no processes."""

from __future__ import annotations

import heapq
from collections.abc import Callable

from agents.acquisition.decider import Decider
from experiments.campaign import Campaign
from experiments.job import Job, new_job
from experiments.observation import Observation
from experiments.ranking import Question, Ranking


def run_loop(
    decider: Decider,
    campaign: Campaign,
    evaluate: Callable[[Job], Observation],
    *,
    n_workers: int = 2,
    cost: Callable[[Job], float] | None = None,
    n_candidates: int = 1,
) -> tuple[list[Observation], list[Ranking]]:
    """Return the observations in the order they finished, and every ranking asked for."""
    left = dict(campaign.budget.evaluations)
    observations: list[Observation] = []
    running: list[tuple[float, int, Job, Observation]] = []
    rankings: list[Ranking] = []
    now_s, n_started = 0.0, 0
    while any(left.values()) or running:
        while len(running) < n_workers and any(left.values()):
            ranking = decider.rank(
                Question(
                    campaign=campaign,
                    observations=tuple(observations),
                    pending=tuple(job for _, _, job, _ in sorted(running, key=lambda r: r[1])),
                    left=left,
                    n_candidates=n_candidates,
                    position=n_started,
                )
            )
            rankings.append(ranking)
            if not ranking.candidates:
                left = dict.fromkeys(left, 0)
                break
            best = ranking.candidates[0]
            job = new_job(
                campaign.name,
                best.design,
                best.fidelity,
                campaign_seed=campaign.seed,
                replicate=best.replicate,
            )
            left[best.fidelity] -= 1
            observation = evaluate(job)
            took_s = observation.provenance.busy_s if cost is None else cost(job)
            heapq.heappush(running, (now_s + took_s, n_started, job, observation))
            n_started += 1
        if running:
            now_s, _, _, observation = heapq.heappop(running)
            observations.append(observation)
    return observations, rankings
