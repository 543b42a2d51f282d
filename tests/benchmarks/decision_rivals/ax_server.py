"""Ax as it comes, behind JSON lines. Requirements: ax-platform==1.3.1 torch==2.13.0."""

from __future__ import annotations

import json
import logging
import os
import sys
import warnings

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # whatever the library prints goes to standard error
warnings.simplefilter("ignore")

import ax  # noqa: E402
from ax.api.client import Client  # noqa: E402
from ax.api.configs import RangeParameterConfig  # noqa: E402

logging.disable(logging.WARNING)


class Server:
    """One experiment."""

    def start(self, m):
        """Configure the experiment; everything is maximised."""
        self.n_objectives, self.n_limits = m["n_objectives"], len(m["at_most"])
        self.client = Client(random_seed=m["seed"])
        self.client.configure_experiment(
            name="rival",
            parameters=[
                RangeParameterConfig(name=f"x{i}", bounds=(0.0, 1.0), parameter_type="float")
                for i in range(m["n_dim"])
            ],
        )
        limits = [f"c{i} <= {limit}" for i, limit in enumerate(m["at_most"])]
        if self.n_objectives > 1:
            limits += [f"f{i} >= {r}" for i, r in enumerate(m["references"])]
        self.client.configure_optimization(
            objective=", ".join(f"f{i}" for i in range(self.n_objectives)),
            outcome_constraints=limits or None,
        )
        return {}

    def ask(self, m):
        """Ask for the next point; recommend what Ax calls best by its model."""
        recommended = None
        if self.n_objectives == 1:
            try:
                best = self.client.get_best_parameterization(use_model_predictions=True)[0]
                recommended = self._point(best)
            except (
                ax.exceptions.core.AxError,
                AssertionError,
            ) as error:  # no data yet, or none kept
                print(repr(error), file=sys.stderr)
        ((self.trial, found),) = self.client.get_next_trials(max_trials=1).items()
        return {"x": self._point(found), "recommended": recommended}

    def tell(self, m):
        """Tell the values of the point asked for last."""
        y, n = m["y"], self.n_objectives
        data = {f"f{i}": v for i, v in enumerate(y[:n])}
        data |= {f"c{i}": v for i, v in enumerate(y[n:])}
        self.client.complete_trial(self.trial, raw_data=data)
        return {}

    def version(self, m):
        """Return the library's version."""
        return {"version": ax.__version__}

    @staticmethod
    def _point(found):
        return [float(found[f"x{i}"]) for i in range(len(found))]


server = Server()
for line in sys.stdin:
    message = json.loads(line)
    answers.write(json.dumps(getattr(server, message["do"])(message)) + "\n")
    answers.flush()
