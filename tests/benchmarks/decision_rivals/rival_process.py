"""A rival decider behind an ask/tell process in an environment of its own (``rival_server``).

The server is ``<name>_server.py`` beside this file.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from experiments.design import Design
from experiments.observation import Observation
from experiments.ranking import Candidate, Question, Ranking, Recommendation
from tests.benchmarks.decision_problems import unit_point
from tests.benchmarks.rival_server import RivalServer, rival_python

HERE = Path(__file__).resolve().parent


def rival_environments() -> dict[str, Path]:
    """Return the Python of every rival whose environment is here."""
    names = (server.stem.removesuffix("_server") for server in sorted(HERE.glob("*_server.py")))
    return {name: python for name in names if (python := rival_python(name)) is not None}


def pinned_version(name: str) -> str:
    """Return the version in the first line of a rival's server, of the library of its name."""
    first = (HERE / f"{name}_server.py").read_text(encoding="utf-8").partition("\n")[0]
    found = re.search(rf"\b{name}[\w\[\]-]*==([\d.]*\d)", first)
    if found is None:
        raise ValueError(f"{name}_server.py pins no version of {name} in its first line")
    return found[1]


class RivalDecider:
    """Keeps the rival's process for one run; tells it what is new, then asks."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._server = RivalServer(rival_environments()[name], HERE / f"{name}_server.py")
        self.version = str(self._server.ask({"do": "version"})["version"])
        self._n_told = 0
        self._has_started = False

    def rank(self, question: Question) -> Ranking:
        """Return the rival's next point; its own recommendation where it has one."""
        campaign = question.campaign
        if not self._has_started:
            self._has_started = True
            self._server.ask(
                {
                    "do": "start",
                    "seed": campaign.seed,
                    "n_dim": campaign.design.n_unit,
                    "n_objectives": len(campaign.objectives),
                    "references": [o.reference for o in campaign.objectives],
                    "at_most": [limit.max for limit in campaign.constraints],
                    "levels": [f.name for f in campaign.fidelities],
                    "costs": [f.cost for f in campaign.fidelities],
                    "target": campaign.target,
                }
            )
        for observation in question.observations[self._n_told :]:
            self._server.ask({"do": "tell", **_told(question, observation)})
        self._n_told = len(question.observations)
        answer = self._server.ask({"do": "ask", "left": question.left})
        recommended = answer.get("recommended")
        return Ranking(
            position=question.position,
            decider=self.name,
            decider_version=self.version,
            candidates=(
                Candidate(
                    design=_design(answer["x"]),
                    fidelity=answer.get("level", campaign.target),
                    reason="rival",
                ),
            ),
            recommended=None
            if recommended is None
            else Recommendation(design=_design(recommended), predicted={}),
        )


def _design(x: list[float]) -> Design:
    return Design(values={f"x{i}": min(max(float(v), 0.0), 1.0) for i, v in enumerate(x)})


def _told(question: Question, observation: Observation) -> dict[str, Any]:
    campaign = question.campaign
    wishes = [*campaign.objectives, *campaign.constraints]
    return {
        "x": np.asarray(unit_point(observation.job.design)).tolist(),
        "level": observation.job.fidelity,
        "y": [observation.value(campaign.metric_key(wish)) for wish in wishes],
    }
