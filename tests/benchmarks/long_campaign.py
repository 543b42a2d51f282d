"""A long campaign in a real journal: two objectives, two levels, results of 7 kB each.

A short synthetic campaign is gone on with. Ids, hashes and numbers are drawn at random, so that
they compress no better than real ones. Nothing here is a result.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from controller.events import ComputeStarted, Dispatched, Event, Interrupted, Observed, Ranked
from controller.events import Resumed as WentOn
from controller.home import Home
from controller.journal import Journal, JournalReader
from experiments.campaign import Campaign
from experiments.job import Job, new_job
from experiments.observation import (
    Artifact,
    Failure,
    FailureKind,
    Metric,
    Observation,
    Provenance,
    StageRecord,
)
from experiments.ranking import Candidate, Prediction, Ranking
from tests.controller.synthetic_campaign import ENERGY, SteppingClock, energy, write_campaign

_N_STAGES: Final = 12
_N_METRICS: Final = 20
_N_ARTIFACTS: Final = 3
_RANK_EVERY: Final = 20
_N_CANDIDATES: Final = 8
_PER_APPEND: Final = 400
_BUDGET: Final = "budget: {evaluations: {coarse: 24, fine: 8}}"


def write_long(path: Path, n_events: int, *, seed: int = 7) -> tuple[Home, str]:
    """Write a campaign of so many events; return the home and the campaign's name."""
    home, name = write_campaign(
        path, n=8, is_finished=False, objectives=2, edge=16, edit=_with_budget
    )
    with JournalReader(home.journal) as reader:
        first = next(reader.read(name)).event
    campaign: Campaign = first.campaign  # type: ignore[union-attr]
    clock = SteppingClock()
    clock.s = 1000.0
    with closing(Journal(home.journal, clock)) as journal:
        journal.append(name, [WentOn(), ComputeStarted(slots=64, versions={}, stage_versions={})])
        some: list[Event] = []
        n_more = n_events - journal.tip.position - 1
        for event in itertools.islice(_events(campaign, random.Random(seed)), n_more):
            some.append(event)
            clock.s += 1.0
            if len(some) == _PER_APPEND:
                journal.append(name, some)
                some = []
        journal.append(name, [*some, Interrupted(reason="Ctrl-C")])
    return home, name


def _with_budget(text: str) -> str:
    assert _BUDGET in text
    return text.replace(_BUDGET, "budget: {evaluations: {coarse: 60000, fine: 20000}}")


def _events(campaign: Campaign, rng: random.Random) -> Iterator[Event]:
    """Yield dispatches, their results and now and then a ranking, without an end."""
    for n in itertools.count():
        if n % _RANK_EVERY == 0:
            yield Ranked(ranking=_ranking(campaign, rng), n_observed=8 + n, n_dispatched=8 + n)
        candidate = _candidate(campaign, rng)
        job = new_job(
            campaign.name, candidate.design, candidate.fidelity, campaign_seed=campaign.seed
        )
        yield Dispatched(job=job, candidate=candidate, ranking_position=5)
        yield Observed(observation=_observation(campaign, job, n, rng))


def _candidate(campaign: Campaign, rng: random.Random) -> Candidate:
    design = campaign.design.from_unit([rng.random() for _ in range(campaign.design.n_unit)])
    level = "fine" if rng.random() < 0.25 else "coarse"
    mean = energy(design, level)
    return Candidate(
        design=design,
        fidelity=level,
        reason="expected improvement",
        predicted={ENERGY: Prediction(mean=mean, sd=rng.random())},
    )


def _ranking(campaign: Campaign, rng: random.Random) -> Ranking:
    return Ranking(
        position=5,
        decider="cellwright",
        decider_version="1",
        candidates=tuple(_candidate(campaign, rng) for _ in range(_N_CANDIDATES)),
        elapsed_s=3.0,
    )


def _observation(campaign: Campaign, job: Job, n: int, rng: random.Random) -> Observation:
    """Return a result, or one time in fifty a failure."""
    began = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(seconds=12.0 * n)
    busy_s = rng.uniform(400.0, 900.0)
    provenance = Provenance(
        stages=tuple(_stage(n, busy_s, rng) for n in range(_N_STAGES)),
        versions={"cellwright": "0.1.0", "pybamm": "26.10", "numpy": "2.2.0"},
        artifacts=dict(_artifact(f"volume_{n}", rng) for n in range(_N_ARTIFACTS)),
        fallbacks=("the interface area is from the coarser volume",) * 2,
        started_at=began.isoformat(),
        finished_at=(began + timedelta(seconds=busy_s)).isoformat(),
        busy_s=busy_s,
    )
    recipe = campaign.recipe(job.design)
    if rng.random() < 0.02:
        failure = Failure(
            kind=FailureKind.not_percolating,
            message=f"Pore network does not reach the collector, share {rng.random():.3f}",
            stage="characterize",
        )
        return Observation(job=job, recipe=recipe, failure=failure, provenance=provenance)
    truth = energy(job.design, job.fidelity)
    porosity = float(job.design.values["positive.porosity"])
    metrics = {
        ENERGY: _metric(truth, rng),
        "energy_density_Wh_per_L": _metric(560 + 300 * (0.4 - porosity), rng),
        "areal_capacity_mAh_per_cm2": _metric(5.0, rng),
    }
    metrics |= {f"metric_{n}_W_per_kg": _metric(100.0, rng) for n in range(_N_METRICS - 3)}
    return Observation(
        job=job,
        recipe=recipe,
        metrics=metrics,
        termination="minimum voltage",
        provenance=provenance,
    )


def _metric(mean: float, rng: random.Random) -> Metric:
    samples = (mean + rng.gauss(0, 1), mean + rng.gauss(0, 1))
    return Metric(value=sum(samples) / 2, samples=samples, bias=rng.gauss(0, 0.3))


def _stage(n: int, busy_s: float, rng: random.Random) -> StageRecord:
    return StageRecord(
        stage=("generate", "characterize", "evaluate")[n % 3],
        version="1",
        key=rng.randbytes(32).hex(),
        cached=False,
        elapsed_s=busy_s / _N_STAGES,
        worker=f"node-{rng.randrange(8)}:{rng.randrange(99999)}",
    )


def _artifact(name: str, rng: random.Random) -> tuple[str, Artifact]:
    digest = rng.randbytes(32).hex()
    url = f"file:///home/lab/artifacts/files/{digest[:2]}/{digest}.npz"
    return name, Artifact(url=url, sha256=digest, size_bytes=rng.randrange(10**6))
