"""A whole campaign against the simulated lab, beside cells built by a Sobol sequence.

``python -m tests.benchmarks.lab_campaign RESULTS.jsonl [--seeds 20] [--first 0] [--builds 10]``
goes on where it was ended: a seed whose line is in RESULTS is not run again. Every seed is real:
``cellwright lab-simulator`` and ``cellwright run`` as processes of their own, orders over HTTP,
cycler files read back, approvals by policy, because the administrator's file calls the lab
simulated. The value of a design is what the same reality gives without scatter and failures, which
no part of a campaign can see.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from agents.acquisition.fixed_sequence import feasible_designs
from agents.acquisition.known_constraints import violation
from agents.acquisition.sobol import sobol_blocks
from controller.build_request import build_request
from controller.build_result import build_result
from controller.campaign_file import parse_campaign
from controller.fold import fold
from controller.journal import JournalReader
from controller.proposals import BuildRecord
from controller.reality_check import reality_check
from controller.state import State
from experiments.build import BuildPayload, DecisionReference, signed_build
from experiments.build_status import BuildState, BuildStatus, CellStatus
from experiments.campaign import Campaign
from experiments.cycling_metrics import Intake
from experiments.design import Design
from experiments.job import new_job
from instruments.lab_simulator.physics import MadeBuild, make_build
from instruments.lab_simulator.reality import Reality
from instruments.result_file import ResultFile
from instruments.results.checks import expectation_of
from instruments.results.intake import take_in
from instruments.results.parser import Parser
from instruments.spool import Spool

CAMPAIGN = """\
name: lab-{seed}
cell: {{format: "4680", parameter_set: Chen2020}}
design:
  positive:
    active_wt_pct: 95
    porosity: {{min: 0.22, max: 0.45}}
    thickness_um: {{min: 40, max: 120}}
    particle_d50_um: 6
objectives:
  - {{name: energy, maximize: specific_energy_Wh_per_kg, at_power_W: 150}}
fidelities:
  - {{name: coarse, voxels: {voxels}, voxel_size_um: {voxel_um}, mesh_points: 10}}
  - {{name: cell, kind: build, instrument: lab, n_cells: 3, at_once: 3, cost_EUR: 90,
     channel_days: 6}}
target: cell
budget: {{evaluations: {{coarse: {n_coarse}, cell: {n_builds}}}}}
approval: {{policy: approve_simulated}}
seed: {seed}
"""
METRIC = "specific_energy_Wh_per_kg"
START_S = 120.0


def campaign_text(seed: int, *, n_builds: int, n_coarse: int, voxels: int) -> str:
    """Return the campaign file of a seed; the simulated box is as wide whatever its voxels."""
    return CAMPAIGN.format(
        seed=seed, n_builds=n_builds, n_coarse=n_coarse, voxels=voxels, voxel_um=38.4 / voxels
    )


def run_campaign(text: str, folder: Path, *, seed: int, lab_voxels: int, limit_s: float) -> State:
    """Run a campaign from its start to its end; raises where it does not end in time."""
    home, lab_folder = folder / "home", folder / "lab"
    home.mkdir(parents=True)
    (folder / "campaign.yaml").write_text(text)
    words = ["--folder", str(lab_folder), "--port", "0", "--time-scale", "10000"]
    words += ["--seed", str(seed), "--voxels", str(lab_voxels), "--file-format", "biologic-mpt"]
    lab = _started("lab-simulator", *words, log=folder / "lab.log")
    try:
        address = lab.stdout.readline().strip()  # type: ignore[union-attr]
        (home / "instruments.yaml").write_text(
            "instruments:\n"
            f"  - {{name: lab, kind: http-lab, address: '{address}', simulated: true,\n"
            f"     secret_file: '{lab_folder / 'secret'}'}}\n"
        )
        (home / "instruments.yaml").chmod(0o600)
        command = [sys.executable, "-m", "controller", "run", str(folder / "campaign.yaml")]
        with (folder / "run.log").open("w") as log:
            subprocess.run(
                [*command, "--home", str(home), "--workers", "1"],
                stdout=log, stderr=log, timeout=limit_s, check=True,
            )  # fmt: skip
    except subprocess.SubprocessError:
        print((folder / "run.log").read_text()[-2000:], file=sys.stderr)
        raise
    finally:
        lab.terminate()
        lab.wait(60)
    with JournalReader(home / "journal.db") as journal:
        state = fold(journal.read(f"lab-{seed}"))
    assert state is not None
    return state


def _started(*words: str, log: Path) -> subprocess.Popen[str]:
    with log.open("w") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", "controller", *words],
            stdout=subprocess.PIPE, stderr=errors, text=True, env=os.environ,
        )  # fmt: skip


def sobol_designs(campaign: Campaign, n: int) -> list[Design]:
    """Return the first n designs of the campaign's Sobol sequence that make a recipe."""
    designs = feasible_designs(campaign, sobol_blocks(campaign), violation)
    return [next(designs) for _ in range(n)]


def built_value(campaign: Campaign, design: Design, reality: Reality, parser: Parser) -> float:
    """Return what a build of this reality is measured as, through files and all checks."""
    level = campaign.build_level
    assert level is not None
    request = build_request(campaign, level, design)
    decision = DecisionReference(proposal_id="p1", digest=request.digest, person="benchmark")
    payload = BuildPayload(request=request, decision=decision)
    build = signed_build("b", payload, epoch=0, secret=bytes(32)).build
    made = make_build("b", payload, reality, "biologic-mpt")
    record = BuildRecord(build, payload, "lab", "j", level.name)
    status, intakes = _taken_in(made, payload, parser)
    job = new_job(campaign.name, design, level.name, campaign_seed=campaign.seed)
    result = build_result(campaign, job, _with(record, intakes), status)
    value = result.observation.value(METRIC)
    return float("nan") if value is None else value


def _taken_in(
    made: MadeBuild, payload: BuildPayload, parser: Parser
) -> tuple[BuildStatus, tuple[Intake, ...]]:
    cells = tuple(
        CellStatus(cell=one.cell, is_ok=one.is_ok, reason=one.reason) for one in made.files
    )
    status = BuildStatus(
        build_id="b", payload_sha256=payload.sha256, state=BuildState.finished, cells=cells,
        as_built=made.coating, told_at="2026-01-01T00:00:00+00:00",
    )  # fmt: skip
    intakes = []
    with tempfile.TemporaryDirectory() as folder:
        spool = Spool(Path(folder))
        for one in made.files:
            path, sha256 = spool.keep(one.content)
            file = ResultFile(one.name, path, sha256, len(one.content), "b", one.cell)
            expected = expectation_of("b", payload.request)
            bad = None if one.is_ok else one.reason
            intakes.append(take_in(file, expected, parser, seen={}, failed_because=bad))
    return status, tuple(intakes)


def _with(record: BuildRecord, intakes: tuple[Intake, ...]) -> BuildRecord:
    return replace(record, intakes=intakes)


def noise_free(seed: int, lab_voxels: int) -> Reality:
    """Return the same reality without scatter and failures."""
    return Reality(
        seed=seed, voxels=lab_voxels, thickness_sd=0.0, porosity_sd=0.0, cell_sd=0.0,
        failure_rate=0.0,
    )  # fmt: skip


def run_seed(seed: int, options: argparse.Namespace) -> dict[str, object]:
    """Return one seed's line."""
    began_s = time.monotonic()
    text = campaign_text(
        seed, n_builds=options.builds, n_coarse=options.coarse, voxels=options.voxels
    )
    with tempfile.TemporaryDirectory(prefix="lab-campaign-") as name, Parser() as parser:
        state = run_campaign(
            text, Path(name), seed=seed, lab_voxels=options.lab_voxels, limit_s=options.limit_s
        )
        campaign = parse_campaign(text, "campaign.yaml", Path())
        truth, noisy = (
            noise_free(seed, options.lab_voxels),
            Reality(seed=seed, voxels=options.lab_voxels),
        )
        assert state.recommended is not None
        ours = built_value(campaign, state.recommended.design, truth, parser)
        measured = [
            (built_value(campaign, design, noisy, parser), design)
            for design in sobol_designs(campaign, options.builds)
        ]
        best = max(((v, n) for n, (v, _) in enumerate(measured) if np.isfinite(v)))
        sobol = built_value(campaign, measured[best[1]][1], truth, parser)
    check = reality_check(state)
    ended = [build for build in state.builds.values() if build.has_ended]
    return {
        "seed": seed,
        "settings": {
            k: v for k, v in vars(options).items() if k not in ("results", "seeds", "first")
        },
        "state": state.phase,
        "reason": state.reason,
        "builds": len(ended),
        "good_cells": sum(build.n_ok for build in ended),
        "ours": ours,
        "sobol": sobol,
        "bias_before": _bias(check.residuals[: len(check.residuals) // 2]),
        "bias_after": _bias(check.residuals[len(check.residuals) // 2 :]),
        "inside": [check.n_inside, check.n_with_interval],
        "seconds": round(time.monotonic() - began_s),
    }


def _bias(residuals: tuple[object, ...]) -> float | None:
    found = [one.measured - one.predicted for one in residuals]  # type: ignore[attr-defined]
    return float(np.mean(found)) if found else None


def main() -> None:
    """Run what is missing, then print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("results", type=Path)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="seed to begin with")
    parser.add_argument("--builds", type=int, default=10, help="of three cells each")
    parser.add_argument("--coarse", type=int, default=24)
    parser.add_argument("--voxels", type=int, default=64)
    parser.add_argument("--lab-voxels", type=int, default=96)
    parser.add_argument("--limit-s", type=float, default=7200.0)
    options = parser.parse_args()
    lines = options.results.read_text().splitlines() if options.results.is_file() else []
    done = {line["seed"]: line for line in map(json.loads, lines)}
    for seed in range(options.first, options.seeds):
        if seed not in done:
            done[seed] = run_seed(seed, options)
            with options.results.open("a") as file:
                file.write(json.dumps(done[seed]) + "\n")
            print(json.dumps(done[seed]), flush=True)
    n_better = sum(line["ours"] > line["sobol"] for line in done.values())
    print(f"better than Sobol in {n_better} of {len(done)} seeds")


if __name__ == "__main__":
    main()
