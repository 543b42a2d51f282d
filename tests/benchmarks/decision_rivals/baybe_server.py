"""BayBE as it comes, behind JSON lines. Requirements: baybe==0.15.0 torch==2.13.0."""

from __future__ import annotations

import json
import os
import random
import sys
import warnings

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # whatever the library prints goes to standard error
warnings.simplefilter("ignore")

import baybe  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import torch  # noqa: E402
from baybe import Campaign  # noqa: E402
from baybe.objectives import ParetoObjective, SingleTargetObjective  # noqa: E402
from baybe.parameters import NumericalContinuousParameter  # noqa: E402
from baybe.searchspace import SearchSpace  # noqa: E402
from baybe.targets import NumericalTarget  # noqa: E402


class Server:
    """One campaign."""

    def start(self, m):
        """Make the campaign; everything is maximised."""
        random.seed(m["seed"])
        np.random.seed(m["seed"])
        torch.manual_seed(m["seed"])
        self.names = [f"x{i}" for i in range(m["n_dim"])]
        self.targets = [f"f{i}" for i in range(m["n_objectives"])]
        space = SearchSpace.from_product(
            [NumericalContinuousParameter(name=name, bounds=(0.0, 1.0)) for name in self.names]
        )
        targets = [NumericalTarget(name=name) for name in self.targets]
        objective = (
            SingleTargetObjective(targets[0]) if len(targets) == 1 else ParetoObjective(targets)
        )
        self.campaign = Campaign(space, objective)
        return {}

    def ask(self, m):
        """Ask for the next point; recommend the measured point of the best posterior mean."""
        recommended = None
        measured = self.campaign.measurements
        if len(self.targets) == 1 and len(measured):
            points = measured[self.names]
            if len(measured) > 1:
                mean = self.campaign.posterior_stats(points, stats=["mean"])["f0_mean"]
            else:
                mean = measured["f0"]
            recommended = [float(v) for v in points.iloc[int(np.argmax(np.asarray(mean)))]]
        self.found = self.campaign.recommend(batch_size=1)
        return {
            "x": [float(self.found.iloc[0][name]) for name in self.names],
            "recommended": recommended,
        }

    def tell(self, m):
        """Tell the values of the point asked for last."""
        told = pd.DataFrame(self.found.copy())
        for name, value in zip(self.targets, m["y"], strict=True):
            told[name] = value
        self.campaign.add_measurements(told)
        return {}

    def version(self, m):
        """Return the library's version."""
        return {"version": baybe.__version__}


server = Server()
for line in sys.stdin:
    message = json.loads(line)
    answers.write(json.dumps(getattr(server, message["do"])(message)) + "\n")
    answers.flush()
