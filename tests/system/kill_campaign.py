"""Two hundred SIGKILLs, and a table of what they cost.

``python -m tests.system.kill_campaign`` runs the full set from the repository's root;
``--control 3 --compute 3 --worker 3 --ray 2 --mlflow 0`` a small one. Rounds of one campaign, each
in a home of its own, are disturbed until all kills are spent; every round must end with the
observations of the same campaign undisturbed. Exit status 1 where anything was lost, doubled or
changed, or a bar is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tests.system.kills import Disturbance, Found, Kill, check, observed
from tests.system.mlflow_server import MlflowServer
from tests.system.tiny_session import CAMPAIGN, finish, start

KINDS: Final = {"control": 60, "compute": 60, "worker": 40, "ray": 20, "mlflow": 20}
SHARE_IN_RECOVERY: Final = 0.25
CALM_S: Final = 1.0
"""Longest wait between a result and the next kill that is not in recovery."""
CONTROL_BACK_S: Final = 5.0
EVALUATING_S: Final = 40.0
TRACKING: Final = "MLFLOW_TRACKING_URI"
TEXT: Final = (
    CAMPAIGN.replace("voxels: 16", "voxels: 24")
    .replace("voxels: 20", "voxels: 28")
    .replace("{coarse: 12, fine: 3}", "{coarse: 60, fine: 8}")
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill, compare, print; return the exit status."""
    options = _options(arguments)
    for number in (signal.SIGTERM, signal.SIGHUP):  # ends what it started, as an interrupt does
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    kinds = [kind for kind in KINDS for _ in range(getattr(options, kind))]
    dice = random.Random(options.seed)
    dice.shuffle(kinds)
    folder = Path(options.folder or tempfile.mkdtemp(prefix="kills-"))
    began_s = time.monotonic()
    undisturbed = _undisturbed(folder / "undisturbed", options.workers)
    _say(f"undisturbed: {len(undisturbed)} observations, {time.monotonic() - began_s:.0f} s")
    kills: list[Kill] = []
    n_round = 0
    while kinds:
        n_round += 1
        place = _folder(folder / f"round-{n_round}")
        with _mlflow(folder / f"mlflow-{n_round}", is_wanted="mlflow" in kinds) as server:
            disturbance = Disturbance(place, dice, n_workers=options.workers, mlflow=server)
            n_done = disturbance.run(kinds, share_in_recovery=SHARE_IN_RECOVERY, calm_s=CALM_S)
        check(disturbance.record, undisturbed)
        kills += disturbance.record.kills
        del kinds[:n_done]
        (folder / "kills.json").write_text(json.dumps([vars(kill) for kill in kills], indent=1))
        _say(
            f"round {n_round}: {len(disturbance.record.kills)} kills, "
            f"{disturbance.record.n_computes} lives of compute, the same "
            f"{len(undisturbed)} observations; {len(kinds)} kills left, "
            f"{time.monotonic() - began_s:.0f} s"
        )
    print(table(kills))
    print(f"{n_round} rounds of {len(undisturbed)} observations: none lost, none doubled")
    print(f"{time.monotonic() - began_s:.0f} s in all; every kill in {folder / 'kills.json'}")
    return 0 if _keeps_the_bars(kills) else 1


def table(kills: Sequence[Kill]) -> str:
    """Return the kills by kind, and how long it took until things went on, in seconds."""
    rows = [
        "| killed | times | in recovery | control back: median / p95 / max | "
        "next result: median / p95 / max |",
        "|---|---|---|---|---|",
    ]
    for kind in [*KINDS, "all"]:
        those = [kill for kill in kills if kind in (kill.kind, "all")]
        if those:
            back = _spread([k.control_back_s for k in those if k.control_back_s is not None])
            again = _spread([k.evaluating_s for k in those if k.evaluating_s is not None])
            n_in_recovery = sum(kill.in_recovery for kill in those)
            rows.append(f"| {kind} | {len(those)} | {n_in_recovery} | {back} | {again} |")
    return "\n".join(rows)


def _keeps_the_bars(kills: Sequence[Kill]) -> bool:
    back = [k.control_back_s for k in kills if k.control_back_s is not None]
    again = [k.evaluating_s for k in kills if k.evaluating_s is not None]
    return (not back or _p95(back) <= CONTROL_BACK_S) and (not again or max(again) <= EVALUATING_S)


def _spread(values_s: Sequence[float]) -> str:
    if not values_s:
        return "–"
    return f"{statistics.median(values_s):.1f} / {_p95(values_s):.1f} / {max(values_s):.1f}"


def _p95(values: Sequence[float]) -> float:
    """Return the value that 95% are not above."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * 95 // 100) - 1)]


def _undisturbed(folder: Path, n_workers: int) -> Found:
    done = finish(_folder(folder), start(folder, "--workers", str(n_workers)))
    if done.status:
        raise SystemExit(done.err)
    return observed(done.home)


@contextlib.contextmanager
def _mlflow(folder: Path, *, is_wanted: bool) -> Iterator[MlflowServer | None]:
    """Run an MLflow server to which the campaign's runs go, where one is to be killed."""
    if not is_wanted:
        yield None
        return
    server = MlflowServer(folder)
    server.start()
    server.wait()
    os.environ[TRACKING] = server.uri
    try:
        yield server
    finally:
        del os.environ[TRACKING]
        server.kill()


def _folder(path: Path) -> Path:
    path.mkdir(parents=True)
    (path / "tiny.yaml").write_text(TEXT)
    return path


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for kind, n in KINDS.items():
        parser.add_argument(f"--{kind}", type=int, default=n, help=f"kills of {kind} ({n})")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", help="where the homes go; a temporary one where not named")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
