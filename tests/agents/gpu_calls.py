"""Calls on a logical GPU, in a process of their own.

A Ray with GPUs it only believes in: calls are placed and gathered as on real ones, and computed on
the CPU. What came of them is written as JSON.
"""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import ray

from agents import stages
from agents.executor import Kept, Returned
from agents.ray_local import start_local
from agents.worker_environment import device
from experiments.physics import Physics
from experiments.properties import EffectiveProperties
from tests.agents.tiny_campaign import job, tiny_campaign
from tests.contracts.executor_contract import nap, outcomes

_TOGETHER = threading.Barrier(3)


def characterize(what: str) -> tuple[str, int, str]:
    """Stand in for the stage of that name, which is placed by it."""
    if what == "die":
        time.sleep(0.5)
        os._exit(1)
    if what == "meet":
        _TOGETHER.wait(20.0)
    return what, os.getpid(), device()


def main(answer: str) -> None:
    """Write what came of the calls into a file."""
    executor = start_local(2, n_gpus=1)
    met = outcomes(executor, [executor.submit(characterize, "meet") for _ in range(3)])
    mixed = outcomes(executor, [executor.submit(characterize, w) for w in ("a", "die", "b")])
    slow = executor.submit(nap, 60.0)
    waiting = executor.submit(characterize, "never")
    executor.cancel(waiting)
    executor.cancel(slow)
    (off, _) = outcomes(executor, [waiting, slow])
    (plain,) = outcomes(executor, [executor.submit(device)])
    again = outcomes(executor, [executor.submit(characterize, "c")])
    Path(answer).write_text(
        json.dumps(
            {
                "gpus": ray.cluster_resources()["GPU"],
                "met": [one.value for one in met if isinstance(one, Returned)],
                "mixed": [type(one).__name__ for one in mixed],
                "cancelled": type(off).__name__,
                "plain": plain.value if isinstance(plain, Returned) else None,
                "again": [one.value for one in again if isinstance(one, Returned)],
                "equal": are_equal(executor),
            }
        )
    )
    executor.close()


def are_equal(executor: object) -> bool:
    """Say whether volumes measured together give what each gives alone."""
    from agents.ray_executor import RayExecutor
    from agents.stage_call import StageCalls

    assert isinstance(executor, RayExecutor)
    campaign = tiny_campaign()
    calls = StageCalls(campaign, dict.fromkeys(("generate", "characterize"), "1"))
    one = job(campaign, "fine")
    recipe = campaign.recipe(one.design).positive
    made: list[Kept] = []
    for index in range(2):
        call = calls.generate(one, recipe, campaign.fidelity("fine"), index)
        made.append(call.function(*call.arguments))
    handles = [
        executor.submit(stages.characterize, kept.large, kept.value, Physics()) for kept in made
    ]
    together = [found.value for found in outcomes(executor, handles) if isinstance(found, Returned)]
    alone = [stages.characterize(kept.large, kept.value, Physics()) for kept in made]
    return [_timeless(p) for p in together] == [_timeless(p) for p in alone]


def _timeless(properties: EffectiveProperties) -> EffectiveProperties:
    return properties.model_copy(update={"elapsed_s": 0.0})


if __name__ == "__main__":
    main()
