"""``cellwright characterize RECIPE.yaml --volumes``: how many volumes of what size."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from rich.console import Console

from controller.announcement import Announcement
from controller.quantity import duration
from controller.recipe_file import read_volume_request
from controller.report.volumes_table import offers_table, run_table

if TYPE_CHECKING:
    from experiments.generation import VolumeRequest
    from simulators.microstructure.voxels import Voxels
    from simulators.properties.volume_run import KnownMean, Offer, Pilot

DEFAULT_TARGET: Final = 0.01


def characterize_recipe(
    recipe: Path,
    *,
    voxel_size_um: float,
    target: float,
    is_run: bool,
    max_volumes: int,
    seed: int,
    binder_ion_diffusivity: float,
    as_json: bool,
) -> int:
    """Print what the target takes; with ``is_run`` say what the run will cost, and run it."""
    request = read_volume_request(recipe, "64", voxel_size_um, seed)

    from simulators.properties.slabs import available_cores
    from simulators.properties.volume_run import run_offer, run_pilot

    draw = _Draw(request, available_cores())
    console = Console()
    known = None
    with Announcement() as announce:
        pilot = run_pilot(
            draw,
            median_diameter_voxels=request.recipe.particle_d50_m / request.voxel_size_m,
            binder_ion_diffusivity=binder_ion_diffusivity,
            target=target,
            clock=time.perf_counter,
            progress=announce,
        )
        if not as_json:
            console.print(offers_table(pilot.offers, target), "")
        chosen = pilot.offers[0]
        if is_run:
            _say_cost(chosen, max_volumes, target)
            known = run_offer(
                draw,
                pilot,
                chosen,
                binder_ion_diffusivity=binder_ion_diffusivity,
                target=target,
                max_volumes=max_volumes,
                progress=announce,
            )
    if as_json:
        click.echo(json.dumps(_document(request, pilot, chosen, known, target), indent=2))
        return 0
    if known is None:
        console.print("nothing was run; --run takes the first line", highlight=False)
    else:
        console.print(run_table(known, chosen), "")
    return 0


class _Draw:
    """Generate volumes of one coating; edge, number and seed say which."""

    def __init__(self, request: VolumeRequest, n_threads: int) -> None:
        from simulators.microstructure.stochastic import StochasticGenerator

        self._request = request
        self._generator = StochasticGenerator(n_threads=n_threads)

    def __call__(self, edge: int, i: int) -> Voxels:
        import numpy as np

        mixed = np.random.SeedSequence([self._request.seed, edge, i]).generate_state(1)
        asked = {"shape": (edge,) * 3, "seed": int(mixed[0])}
        return self._generator.generate(self._request.model_copy(update=asked))


def _say_cost(offer: Offer, max_volumes: int, target: float) -> None:
    """Say before anything is spent what the run will cost, and where it will stop short."""
    short = ""
    if offer.n_volumes > max_volumes:
        short = f", of which --max-volumes lets {max_volumes} run: the target will not be reached"
    click.echo(
        f"running about {offer.n_volumes} volumes of {offer.edge}³ voxels for "
        f"±{100 * target:.3g}%, {duration(offer.seconds)} in all{short}",
        err=True,
    )


def _document(
    request: VolumeRequest,
    pilot: Pilot,
    chosen: Offer,
    known: dict[str, KnownMean] | None,
    target: float,
) -> dict[str, Any]:
    return {
        "target": target,
        "request": request.model_dump(mode="json", exclude={"shape"}),
        "offers": [asdict(offer) for offer in pilot.offers],
        "laws": {name: asdict(study.law) for name, study in pilot.studies.items()},
        "run": None
        if known is None
        else {"edge": chosen.edge, "means": {name: asdict(one) for name, one in known.items()}},
    }
