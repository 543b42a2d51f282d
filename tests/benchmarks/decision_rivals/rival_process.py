"""A rival behind an ask/tell process in an environment of its own: JSON lines both ways.

An environment is a virtual environment ``<CELLWRIGHT_RIVALS>/<name>`` (default ``build/rivals``),
made with the pinned ``requirements`` named in the server's first lines. The server is
``<name>_server.py`` beside this file and imports nothing of ours.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from experiments.design import Design
from experiments.observation import Observation
from experiments.ranking import Candidate, Question, Ranking, Recommendation
from tests.benchmarks.decision_problems import unit_point

HERE = Path(__file__).resolve().parent


def rival_environments() -> dict[str, Path]:
    """Return the Python of every rival whose environment is here."""
    root = Path(os.environ.get("CELLWRIGHT_RIVALS", HERE.parents[2] / "build" / "rivals"))
    found = {}
    for server in sorted(HERE.glob("*_server.py")):
        name = server.stem.removesuffix("_server")
        python = root / name / "bin" / "python"
        if python.is_file():
            found[name] = python
    return found


class RivalDecider:
    """Keeps the rival's process for one run; tells it what is new, then asks."""

    def __init__(self, name: str) -> None:
        self.name = name
        environment = dict(os.environ, OMP_NUM_THREADS="1")
        self._process = subprocess.Popen(
            [str(rival_environments()[name]), str(HERE / f"{name}_server.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.version = str(self._say({"do": "version"})["version"])
        self._n_told = 0
        self._has_started = False

    def rank(self, question: Question) -> Ranking:
        """Return the rival's next point; its own recommendation where it has one."""
        campaign = question.campaign
        if not self._has_started:
            self._has_started = True
            self._say(
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
            self._say({"do": "tell", **_told(question, observation)})
        self._n_told = len(question.observations)
        answer = self._say({"do": "ask", "left": question.left})
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

    def _say(self, message: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the rival {self.name} ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __del__(self) -> None:
        self._process.terminate()
        self._process.wait()


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
