"""Optuna's TPE as it comes, behind JSON lines. Requirements: optuna==5.0.0."""

from __future__ import annotations

import json
import sys

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
CONSTRAINTS = "constraints"


class Server:
    """One study."""

    def start(self, m):
        """Make the study; everything is maximised."""
        self.n_dim, self.n_objectives, self.at_most = m["n_dim"], m["n_objectives"], m["at_most"]

        def constraints(trial):
            return trial.user_attrs[CONSTRAINTS]

        sampler = optuna.samplers.TPESampler(
            seed=m["seed"], constraints_func=constraints if self.at_most else None
        )
        self.study = optuna.create_study(
            directions=["maximize"] * self.n_objectives, sampler=sampler
        )
        return {}

    def ask(self, m):
        """Ask for the next point; recommend the best value seen that keeps the constraints."""
        self.trial = self.study.ask()
        x = [self.trial.suggest_float(f"x{i}", 0.0, 1.0) for i in range(self.n_dim)]
        recommended = None
        if self.n_objectives == 1:
            done = [t for t in self.study.trials if t.state.is_finished()]
            kept = [t for t in done if all(c <= 0 for c in t.user_attrs.get(CONSTRAINTS, []))]
            if kept or done:
                best = max(kept or done, key=lambda t: t.value)
                recommended = [best.params[f"x{i}"] for i in range(self.n_dim)]
        return {"x": x, "recommended": recommended}

    def tell(self, m):
        """Tell the value of the point asked for last."""
        y, n = m["y"], self.n_objectives
        if self.at_most:
            slack = [v - limit for v, limit in zip(y[n:], self.at_most, strict=True)]
            self.trial.set_user_attr(CONSTRAINTS, slack)
        self.study.tell(self.trial, y[:n])
        return {}

    def version(self, m):
        """Return the library's version."""
        return {"version": optuna.__version__}


server = Server()
for line in sys.stdin:
    message = json.loads(line)
    print(json.dumps(getattr(server, message["do"])(message)), flush=True)
