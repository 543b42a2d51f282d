"""BoFire as it comes, behind JSON lines. Requirements: bofire[optimization]==0.5.0 torch==2.13.0.

Sobol points first, as many as dimensions and one more (with a cheap level twice as many there),
then its strategy for the kind of problem: single, several objectives, or several levels.
"""

from __future__ import annotations

import json
import os
import random
import sys
import warnings

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # whatever the library prints goes to standard error
warnings.simplefilter("ignore")

import bofire  # noqa: E402
import bofire.strategies.api as strategies  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import torch  # noqa: E402
from bofire.data_models.domain.api import Domain, Inputs, Outputs  # noqa: E402
from bofire.data_models.features.api import (  # noqa: E402
    CategoricalTaskInput,
    ContinuousInput,
    ContinuousOutput,
)
from bofire.data_models.objectives.api import (  # noqa: E402
    MaximizeObjective,
    MinimizeSigmoidObjective,
)
from bofire.data_models.strategies.api import (  # noqa: E402
    MoboStrategy,
    MultiFidelityVarianceBasedStrategy,
    SoboStrategy,
)
from scipy.stats import qmc  # noqa: E402

STEEPNESS = 1000.0  # of a constraint's sigmoid: a step, as far as noise goes


class Server:
    """One domain and what was measured in it."""

    def start(self, m):
        """Describe the problem; everything is maximised."""
        self.seed, self.n_dim = m["seed"], m["n_dim"]
        random.seed(self.seed)
        np.random.seed(self.seed)
        torch.manual_seed(self.seed)
        self.target, self.levels = m["target"], m["levels"]
        self.names = [f"x{i}" for i in range(self.n_dim)]
        self.firsts = [f"f{i}" for i in range(m["n_objectives"])]
        self.limits = [f"c{i}" for i in range(len(m["at_most"]))]
        self.at_most, self.references = m["at_most"], m["references"]
        self.rows = []
        points = qmc.Sobol(self.n_dim, seed=self.seed).random(32).tolist()
        n = self.n_dim + 1
        self.start_points = [(self.target, p) for p in points[:n]]
        if len(self.levels) > 1:
            (cheap,) = (level for level in self.levels if level != self.target)
            self.start_points = [(cheap, p) for p in points[: 2 * n]] + self.start_points
        return {}

    def ask(self, m):
        """Ask for the next point; recommend the target's point of the best predicted mean."""
        if self.start_points:
            self.level, self.x = self.start_points.pop(0)
            best = self._best_seen()
        else:
            strategy = strategies.map(self._strategy())
            strategy.tell(pd.DataFrame(self.rows))
            best = self._best_predicted(strategy)
            found = strategy.ask(1).iloc[0]
            self.x = [float(found[name]) for name in self.names]
            self.level = found["task"] if len(self.levels) > 1 else self.target
        if m["left"].get(self.level, 0) < 1:
            self.level = next((name for name, n in m["left"].items() if n > 0), self.level)
        return {"x": self.x, "level": self.level, "recommended": best}

    def tell(self, m):
        """Tell the values of the point asked for last."""
        row = dict(zip(self.names, self.x, strict=True))
        row |= dict(zip([*self.firsts, *self.limits], m["y"], strict=True))
        row |= {f"valid_{key}": 1 for key in (*self.firsts, *self.limits)}
        if len(self.levels) > 1:
            row["task"] = self.level
        self.rows.append(row)
        return {}

    def version(self, m):
        """Return the library's version."""
        return {"version": bofire.__version__}

    def _strategy(self):
        inputs = [ContinuousInput(key=name, bounds=(0, 1)) for name in self.names]
        if len(self.levels) > 1:
            inputs.append(
                CategoricalTaskInput(
                    key="task",
                    categories=[self.target, *(n for n in self.levels if n != self.target)],
                    fidelities=[0, 1],
                )
            )
        outputs = [ContinuousOutput(key=key, objective=MaximizeObjective()) for key in self.firsts]
        outputs += [
            ContinuousOutput(
                key=key, objective=MinimizeSigmoidObjective(tp=limit, steepness=STEEPNESS)
            )
            for key, limit in zip(self.limits, self.at_most, strict=True)
        ]
        domain = Domain(inputs=Inputs(features=inputs), outputs=Outputs(features=outputs))
        seed = self.seed + len(self.rows)
        if len(self.levels) > 1:
            return MultiFidelityVarianceBasedStrategy(domain=domain, seed=seed)
        if len(self.firsts) > 1:
            points = dict(zip(self.firsts, self.references, strict=True))
            return MoboStrategy(domain=domain, seed=seed, ref_point=points)
        return SoboStrategy(domain=domain, seed=seed)

    def _kept(self):
        return [
            row
            for row in self.rows
            if row.get("task", self.target) == self.target
            and all(row[key] <= limit for key, limit in zip(self.limits, self.at_most, strict=True))
        ]

    def _best_seen(self):
        kept = self._kept()
        if len(self.firsts) > 1 or not kept:
            return None
        best = max(kept, key=lambda row: row["f0"])
        return [best[name] for name in self.names]

    def _best_predicted(self, strategy):
        kept = self._kept()
        if len(self.firsts) > 1 or not kept:
            return None
        mean = strategy.predict(pd.DataFrame(kept))["f0_pred"].to_numpy()
        return [kept[int(mean.argmax())][name] for name in self.names]


server = Server()
for line in sys.stdin:
    message = json.loads(line)
    answers.write(json.dumps(getattr(server, message["do"])(message)) + "\n")
    answers.flush()
