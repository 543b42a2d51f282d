"""What lies in Ray's object store: never more than is needed, and never lost where it is full."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from ray._private.worker import global_worker

from agents.artifact_store import ArtifactStore
from agents.clock import SYSTEM_CLOCK
from agents.job_runner import JobRunner
from agents.messages import JobFinished
from agents.ray_executor import RayExecutor
from agents.stages import stage_versions
from tests.agents.tiny_campaign import job, tiny_campaign

ROOT = Path(__file__).resolve().parents[2]
CROWD = """
import json, sys, time
import numpy as np
from pathlib import Path
from agents.ray_local import start_local
from tests.contracts.executor_contract import keep_large, outcomes, sum_of
executor = start_local(2, home=Path(sys.argv[1]), object_store_bytes=80_000_000)
n = 2_500_000  # 20 MB each: three fit, twelve are held
kept = [one.kept for one in outcomes(executor, [executor.submit(keep_large, n) for _ in range(12)])]
sums = [one.value for one in outcomes(executor, [executor.submit(sum_of, one) for one in kept])]
fetched = [float(executor.get(one).sum()) for one in kept]
beside = executor.put(np.ones(n))
sums += [outcomes(executor, [executor.submit(sum_of, beside)])[0].value]
print(json.dumps({"sums": sums, "fetched": fetched}))
executor.close()
"""


def test_a_store_too_small_for_what_is_under_way_neither_loses_nor_hangs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CROWD, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["sums"] == [2_500_000.0] * 13
    assert found["fetched"] == [2_500_000.0] * 12


def test_a_finished_job_leaves_nothing_in_the_store(
    ray_executor: RayExecutor, tmp_path: Path
) -> None:
    campaign = tiny_campaign()
    before = references()
    runner = JobRunner(
        ray_executor,
        campaign,
        ArtifactStore(str(tmp_path)),
        SYSTEM_CLOCK,
        stage_versions=stage_versions(campaign.generator),
        versions={},
    )
    runner.add(job(campaign, "fine"))
    told = runner.step()
    n_most = 0
    end_s = time.monotonic() + 120
    while not runner.is_idle:
        assert time.monotonic() < end_s
        for finished in ray_executor.wait(1.0):
            assert runner.accept(finished)
            del finished
        n_most = max(n_most, len(references() - before))
        told += runner.step()
    assert any(isinstance(one, JobFinished) and one.observation.metrics for one in told)
    assert n_most >= 1
    gc.collect()
    while references() - before:
        assert time.monotonic() < end_s, "objects of a finished job are still held"
        time.sleep(0.05)


def references() -> set[bytes]:
    """Return the ids of the objects that this process holds in the store."""
    return set(global_worker.core_worker.get_all_reference_counts())
