"""What the model is like after a refit: how it predicts, what matters, how levels agree."""

from __future__ import annotations

import numpy as np
from scipy.stats import qmc

from agents.surrogates.belief import Belief
from agents.surrogates.process import Process
from experiments.design import Design
from experiments.design_space import Mixture
from experiments.ranking import Diagnosis, HeldOut, Prediction, Surface

N_SENSITIVITY = 256
N_GRID = 25
N_HELD_OUT = 300
"""Left-out predictions told of, the newest."""


def diagnose(belief: Belief, at: Design) -> Diagnosis:
    """Return the diagnosis; the surface runs through the design ``at``."""
    sensitivity = {key: _first_order(belief, p) for key, p in belief.processes.items()}
    first = belief.campaign.metric_key(belief.campaign.objectives[0])
    return Diagnosis(
        held_out=tuple(held for key in belief.processes for held in _held_out(belief, key)),
        sensitivity=sensitivity,
        length_scales={
            key: dict(zip(belief.encoding.names, p.lengths(), strict=True))
            for key, p in belief.processes.items()
        },
        level_correlation={
            key: {
                f"{name}~{belief.levels[0]}": p.correlation(k)
                for k, name in enumerate(belief.levels)
                if k > 0
            }
            for key, p in belief.processes.items()
        },
        noise_sd={
            key: {name: p.noise_variance(k) ** 0.5 for k, name in enumerate(belief.levels)}
            for key, p in belief.processes.items()
        },
        surface=_surface(belief, first, sensitivity[first], at),
    )


def _held_out(belief: Belief, key: str) -> list[HeldOut]:
    process, data = belief.processes[key], belief.data[key]
    mean, sd = process.left_out()
    return [
        HeldOut(
            job_id=data.job_ids[i],
            fidelity=belief.levels[data.level[i]],
            metric=key,
            observed=float(data.y[i]),
            predicted=Prediction(mean=float(mean[i]), sd=float(sd[i])),
        )
        for i in range(max(0, data.n - N_HELD_OUT), data.n)
    ]


def _first_order(belief: Belief, process: Process) -> dict[str, float]:
    """Return first-order Sobol indices of the target's mean (Saltelli et al. 2010, eq. b)."""
    space = belief.campaign.design
    n = space.n_unit
    units = qmc.Sobol(2 * n, scramble=True, rng=np.random.default_rng(0)).random(N_SENSITIVITY)
    a, b = units[:, :n], units[:, n:]

    def mean(points: np.ndarray) -> np.ndarray:
        rows = belief.encoding.encode([space.from_unit(point) for point in points])
        return process.moments(*process.mean_and_sd(rows), np.zeros(len(rows), int))[0]

    at_a, at_b = mean(a), mean(b)
    variance = float(np.concatenate([at_a, at_b]).var())
    found: dict[str, float] = {}
    for i, name in enumerate(belief.encoding.names):
        mixed = a.copy()
        mixed[:, i] = b[:, i]
        share = float((at_b * (mean(mixed) - at_a)).mean()) / variance if variance > 0 else 0.0
        found[name] = min(max(share, 0.0), 1.0)
    return found


def _surface(belief: Belief, key: str, importance: dict[str, float], at: Design) -> Surface | None:
    """Return the objective over the two most important numbers; None with fewer than two."""
    space = belief.campaign.design
    mixed = {
        name
        for parameter in space.parameters
        for name in (parameter.names if isinstance(parameter, Mixture) else ())
    }
    drawable = {
        name: (low, high) for name, low, high in space.numeric_bounds() if name not in mixed
    }
    names = sorted(drawable, key=lambda name: -importance.get(name, 0.0))[:2]
    if len(names) < 2:
        return None
    x_name, y_name = names
    x = np.linspace(*drawable[x_name], N_GRID)
    y = np.linspace(*drawable[y_name], N_GRID)
    designs = [
        Design(values={**at.values, x_name: float(u), y_name: float(v)}) for v in y for u in x
    ]
    rows = belief.encoding.encode(designs)
    process = belief.processes[key]
    mean, sd = process.moments(*process.mean_and_sd(rows), np.zeros(len(rows), int))
    return Surface(
        metric=key,
        x_name=x_name,
        y_name=y_name,
        x=tuple(x.tolist()),
        y=tuple(y.tolist()),
        mean=tuple(map(tuple, mean.reshape(N_GRID, N_GRID).tolist())),
        sd=tuple(map(tuple, sd.reshape(N_GRID, N_GRID).tolist())),
    )
