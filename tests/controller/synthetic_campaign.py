"""A campaign written into a real journal without computing anything: closed forms stand for cells.

The numbers are shaped like a cell's (an optimum inside the space, scatter between volumes, a level
with an offset), so that everything downstream has something to show. Nothing here is a result.
"""

from __future__ import annotations

import functools
import hashlib
import io
import itertools
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from controller.campaign_file import load_campaign, parse_campaign
from controller.events import (
    CampaignStarted,
    ComputeStarted,
    Dispatched,
    Event,
    Finished,
    Interrupted,
    Observed,
    Ranked,
)
from controller.home import Home, make_home
from controller.journal import Journal
from experiments.baseline import RecipeBaseline
from experiments.campaign import Campaign
from experiments.design import Design
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
from experiments.performance import DischargeCurve
from experiments.ranking import (
    Candidate,
    Diagnosis,
    HeldOut,
    Prediction,
    Prospect,
    Ranking,
    Recommendation,
    Surface,
)

ENERGY = "specific_energy_Wh_per_kg"
LOSSES = ("positive kinetic", "positive diffusion", "electrolyte diffusion", "electrolyte ohmic")

TWO_OBJECTIVES = """
  - {name: density, maximize: energy_density_Wh_per_L, at_power_W: 150, reference: baseline}
"""


class SteppingClock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.s = 0.0

    def now(self) -> datetime:
        return datetime(2026, 3, 2, 9, 0, tzinfo=UTC) + timedelta(seconds=self.s)

    def elapsed_s(self) -> float:
        return self.s


def write_campaign(
    path: Path,
    *,
    n: int | None = None,
    is_finished: bool = True,
    objectives: int = 1,
    with_baseline: bool = True,
    name: str = "quickstart",
    edge: int = 20,
    comment: str = "",
    edit: Callable[[str], str] = str,
    observed: Callable[[Home, Observation], Observation] = lambda _, one: one,
) -> tuple[Home, str]:
    """Write a campaign's events and artifacts into a home; return the home and the name.

    ``observed`` changes every observation before it is written.
    """
    home = make_home(path)
    loaded = load_campaign("quickstart")
    text = loaded.text.replace("name: quickstart", f"name: {name}")
    if comment:
        text = f"# {comment}\n{text}"
    if objectives == 2:
        text = text.replace("constraints:", TWO_OBJECTIVES.strip("\n") + "\nconstraints:")
    if not with_baseline:
        head, _, tail = text.partition("baseline:")
        text = head + "objectives:" + tail.partition("objectives:")[2]
        text = text.replace(", reference: baseline", "")
    text = edit(text)
    campaign = parse_campaign(text, "quickstart.yaml", Path.cwd())
    clock = SteppingClock()
    journal = Journal(home.journal, clock)
    start = CampaignStarted(campaign=campaign, source="quickstart.yaml", text=text)
    journal.append(campaign.name, [start])
    clock.s = 9.0
    versions = {"cellwright": "0.1.0", "python": "3.11.9", "pybamm": "26.10"}
    stages = {"generate": "1", "characterize": "1", "evaluate": "1"}
    compute = ComputeStarted(slots=2, versions=versions, stage_versions=stages)
    journal.append(campaign.name, [compute])
    made = functools.partial(_observe, home, campaign, edge=edge)
    observations = _run(
        campaign, journal, clock, lambda job, at_s: observed(home, made(job, started_s=at_s)), n=n
    )
    ranked = Ranked(
        ranking=_ranking(campaign, observations),
        n_observed=len(observations),
        n_dispatched=len(observations),
    )
    last: Event = Finished(reason="budget") if is_finished else Interrupted(reason="Ctrl-C")
    journal.append(campaign.name, [ranked, last])
    journal.close()
    return home, campaign.name


def _run(
    campaign: Campaign,
    journal: Journal,
    clock: SteppingClock,
    make: Callable[[Job, float], Observation],
    *,
    n: int | None,
) -> list[Observation]:
    """Write dispatches and observations as two workers would have made them."""
    jobs = _jobs(campaign)
    jobs = jobs if n is None else jobs[:n]
    free = [clock.s, clock.s]
    found = []
    for job in jobs:
        worker = free.index(min(free))
        started = free[worker]
        observation = make(job, started)
        free[worker] = started + observation.provenance.busy_s + 0.2
        clock.s = max(clock.s, started)
        candidate = Candidate(design=job.design, fidelity=job.fidelity, reason="sobol start")
        is_search = job.purpose == "search"
        event = Dispatched(job=job, candidate=candidate if is_search else None)
        journal.append(campaign.name, [event])
        clock.s = max(clock.s, free[worker])
        journal.append(campaign.name, [Observed(observation=observation)])
        found.append(observation)
    return found


def _jobs(campaign: Campaign) -> list[Job]:
    rng = np.random.default_rng(11)
    jobs = []
    if isinstance(campaign.baseline, RecipeBaseline):
        jobs = [
            new_job(
                campaign.name,
                campaign.baseline.design,
                level.name,
                campaign_seed=campaign.seed,
                purpose="baseline",
            )
            for level in campaign.simulated
        ]
    counts = campaign.budget.evaluations
    coarse = [campaign.design.from_unit(u.tolist()) for u in rng.random((counts["coarse"], 3))]
    fine = [
        campaign.design.from_unit(np.clip(u, 0, 1).tolist())
        for u in np.array([0.6, 0.28, 0.62]) + 0.12 * rng.standard_normal((counts["fine"] - 1, 3))
    ]
    fine.append(campaign.design.from_unit([1.0, 0.3, 0.55]))
    mixed = itertools.chain.from_iterable(
        (*((one, "coarse") for one in coarse[3 * n : 3 * n + 3]), (fine[n], "fine"))
        for n in range(len(fine))
    )
    jobs += [
        new_job(campaign.name, design, level, campaign_seed=campaign.seed)
        for design, level in mixed
    ]
    return jobs


def energy(design: Design, level: str) -> float:
    """Return a smooth stand-in with an optimum near porosity 0.28 and 88 µm."""
    active = float(design.values["positive.active_wt_pct"])
    porosity = float(design.values["positive.porosity"])
    thickness = float(design.values["positive.thickness_um"])
    value = 236 + 0.9 * (active - 94) - 900 * (porosity - 0.28) ** 2
    value -= 0.012 * (thickness - 88) ** 2 + 0.6 * max(0.0, thickness - 88) * (0.35 - porosity)
    return value + (2.5 if level == "coarse" else 0.0)


def _observe(
    home: Home, campaign: Campaign, job: Job, *, started_s: float, edge: int
) -> Observation:
    rng = np.random.default_rng(job.seed)
    level = campaign.fidelity(job.fidelity)
    busy = (2.2 if level.volumes == 1 else 9.5) * rng.uniform(0.8, 1.3)
    began = datetime(2026, 3, 2, 9, 0, tzinfo=UTC) + timedelta(seconds=started_s)
    stages = tuple(
        StageRecord(
            stage=stage,
            version="1",
            key=hashlib.sha256(f"{stage}{job.id}".encode()).hexdigest()[:16],
            cached=stage == "generate" and job.seed % 9 == 0,
            elapsed_s=busy * share,
        )
        for stage, share in (("generate", 0.2), ("characterize", 0.7), ("evaluate", 0.1))
    )
    record = {
        "stages": stages,
        "versions": {"cellwright": "0.1.0", "pybamm": "26.10"},
        "started_at": began.isoformat(),
        "finished_at": (began + timedelta(seconds=busy)).isoformat(),
        "busy_s": busy,
    }
    porosity = float(job.design.values["positive.porosity"])
    recipe = campaign.recipe(job.design)
    if porosity < 0.215 and job.purpose == "search":
        message = f"Pore network does not reach the collector at {100 * porosity:.0f}% porosity"
        return Observation(
            job=job,
            recipe=recipe,
            failure=Failure(
                kind=FailureKind.not_percolating, message=message, stage="characterize"
            ),
            provenance=Provenance(**record),
        )
    truth = energy(job.design, job.fidelity)
    samples = tuple(float(truth + 1.1 * rng.standard_normal()) for _ in range(level.volumes))
    value = math.fsum(samples) / len(samples)
    loading = float(job.design.values["positive.thickness_um"]) * (1 - porosity) * 0.078
    metrics = {
        ENERGY: Metric(value=value, samples=samples, bias=-0.4 if level.volumes > 1 else -1.3),
        "energy_density_Wh_per_L": Metric(value=560 + 300 * (0.4 - porosity) + 1.5 * loading),
        "areal_capacity_mAh_per_cm2": Metric(value=loading),
        "c_rate_per_h": Metric(value=150 / 84),
        "pore_tortuosity_factor": Metric(value=None, reason="not measured here"),
    }
    artifacts = {}
    if job.fidelity == campaign.target or job.purpose == "baseline":
        artifacts = {
            "voxels": stored(home, _voxel_bytes(porosity, edge, job.seed), "npz"),
            "curve": stored(home, _curve_bytes(value), "json"),
        }
    return Observation(
        job=job,
        recipe=recipe,
        metrics=metrics,
        termination="minimum voltage",
        provenance=Provenance(artifacts=artifacts, **record),
    )


def _voxel_bytes(porosity: float, edge: int, seed: int) -> bytes:
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(seed)
    field = gaussian_filter(rng.standard_normal((edge,) * 3), edge / 14, mode="wrap")
    low, high = np.quantile(field, [porosity, porosity + 0.12])
    labels = np.where(field < low, 0, np.where(field < high, 2, 1)).astype(np.uint8)
    stream = io.BytesIO()
    np.savez_compressed(stream, labels=labels, voxel_size_m=np.full(3, 4e-7))
    return stream.getvalue()


def _curve_bytes(value: float) -> bytes:
    share = np.linspace(0, 1, 120)
    voltage = 4.1 - 0.75 * share - 0.9 * share**14
    losses = {
        name: tuple(((n + 1) * 0.012 * (1 + share**3)).tolist()) for n, name in enumerate(LOSSES)
    }
    curve = DischargeCurve(
        time_s=tuple((1900 * share).tolist()),
        voltage_V=tuple(voltage.tolist()),
        capacity_Ah=tuple((value / 11 * share).tolist()),
        power_W=150.0,
        losses_V=losses,
    )
    return curve.model_dump_json().encode()


def stored(home: Home, content: bytes, ending: str) -> Artifact:
    """Write a file where compute would have, and return what an observation says of it."""
    digest = hashlib.sha256(content).hexdigest()
    path = home.artifacts / "files" / digest[:2] / f"{digest}.{ending}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return Artifact(url=path.as_uri(), sha256=digest, size_bytes=len(content))


def _ranking(campaign: Campaign, observations: list[Observation]) -> Ranking:
    """Return what a well-behaved model would say of the stand-in function."""
    rng = np.random.default_rng(2)
    best = campaign.design.from_unit([1.0, 0.32, 0.58])
    held = []
    for one in observations:
        value = one.value(ENERGY)
        if value is not None and one.job.purpose == "search":
            sd = 1.3 if one.job.fidelity == "fine" else 2.0
            mean = value + sd * float(rng.standard_normal())
            prediction = Prediction(mean=mean, sd=sd)
            held.append(
                HeldOut(
                    job_id=one.job.id,
                    fidelity=one.job.fidelity,
                    metric=ENERGY,
                    observed=value,
                    predicted=prediction,
                )
            )
    x, y = np.linspace(40, 120, 25), np.linspace(0.20, 0.45, 25)
    mean = [
        [
            energy(
                Design(
                    values={
                        "positive.active_wt_pct": 97.0,
                        "positive.porosity": float(b),
                        "positive.thickness_um": float(a),
                    }
                ),
                "fine",
            )
            for a in x
        ]
        for b in y
    ]
    surface = Surface(
        metric=ENERGY,
        x_name="positive.thickness_um",
        y_name="positive.porosity",
        x=tuple(x.tolist()),
        y=tuple(y.tolist()),
        mean=tuple(tuple(row) for row in mean),
        sd=tuple(tuple(1.2 for _ in x) for _ in y),
    )
    diagnosis = Diagnosis(
        held_out=tuple(held),
        sensitivity={
            ENERGY: {
                "positive.thickness_um": 0.58,
                "positive.porosity": 0.31,
                "positive.active_wt_pct": 0.07,
            }
        },
        level_correlation={ENERGY: {"coarse~fine": 0.973}},
        noise_sd={ENERGY: {"coarse": 1.1, "fine": 0.8}},
        surface=surface,
    )
    prediction = Prediction(mean=energy(best, "fine"), sd=1.2)
    return Ranking(
        position=5,
        decider="cellwright",
        decider_version="1",
        candidates=(),
        recommended=Recommendation(design=best, predicted={ENERGY: prediction}),
        diagnosis=diagnosis,
        prospect=Prospect(expected_gain=0.43, regret_bound=1.9),
    )
