"""Trends of generated electrodes as figures: ``python -m tests.benchmarks.generation_trends WHAT``.

shapes      pore tortuosity factor and active conductivity by shape of particle, randomly placed
exponents   α of τ = ε^-α, spheres without binder and ellipsoids with, by how they lie
alignment   platelets standing, random and lying: τ, conductivity, area through the thickness
pressing    tortuosity through the thickness over in plane, by porosity before the calender
binder      interface areas by adhesion and by weight percent
"""

from __future__ import annotations

import sys

import numpy as np

from tests.simulators.microstructure.ensembles import OVERLAPPING, SHAPES, ensemble

FINE = {"n_voxels": 80, "voxel_size_m": 0.5e-6}


def shapes() -> None:
    """Print means and standard errors over six volumes and three axes."""
    print(
        "| shape | τ at porosity 0.3 | 0.4 | 0.5 | σ at active 0.60 | 0.65 |\n" + "|---" * 6 + "|"
    )
    for name, shape in SHAPES.items():
        cells = []
        for measured, porosities in (("pore", (0.3, 0.4, 0.5)), ("active", (0.4, 0.35))):
            for porosity in porosities:
                found = ensemble(
                    n_seeds=6,
                    porosity=porosity,
                    measured=measured,
                    options=OVERLAPPING,
                    **FINE,
                    **shape,
                )
                values = found.tortuosity if measured == "pore" else found.conductivity
                error = values.std() / len(values) ** 0.5
                cells.append(f"{values.mean():.3f} ± {error:.3f}")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def exponents() -> None:
    """Print α from single porosities, prefactor one, and from the slope between them."""
    rows = {
        "spheres, no binder": {"particle_spread": 0.0},
        "oblates, no binder, random": {"particle_flatness": 3.0},
        "oblates and binder, standing": {"particle_flatness": 3.0, "orientation_a1": 0.1},
        "oblates and binder, random": {"particle_flatness": 3.0},
        "oblates and binder, lying": {"particle_flatness": 3.0, "orientation_a1": 10.0},
    }
    porosities = (0.45, 0.55, 0.65)
    print(f"| particles | α at {' | '.join(map(str, porosities))} | slope |\n" + "|---" * 5 + "|")
    for name, recipe in rows.items():
        has_binder = "and binder" in name
        pores, taus = [], []
        for porosity in porosities:
            found = ensemble(
                n_seeds=3,
                axes=(0,),
                porosity=porosity,
                active_wt_pct=95.0 if has_binder else 100.0,
                n_voxels=96,
                voxel_size_m=0.4e-6,
                **recipe,
            )
            pores.append(found.pore.mean())
            taus.append(found.tortuosity.mean())
        alpha = -np.log(taus) / np.log(pores)
        slope = -np.polyfit(np.log(pores), np.log(taus), 1)[0]
        print(f"| {name} | {' | '.join(f'{a:.2f}' for a in alpha)} | {slope:.2f} |", flush=True)


def alignment() -> None:
    """Print platelets with binder over randomly turned ones."""
    print("| a1 | τ through | σ through | pore–active area, 1/µm |\n" + "|---" * 4 + "|")
    for a1 in (0.1, 1.0, 10.0):
        found = ensemble(
            n_seeds=4,
            axes=(0,),
            measured="pore active",
            active_wt_pct=96.0,
            particle_flatness=3.0,
            orientation_a1=a1,
            **FINE,
        )
        print(
            f"| {a1:g} | {found.tortuosity.mean():.2f} | {found.conductivity.mean():.3f} "
            f"| {found.area_per_m.mean() * 1e-6:.3f} |",
            flush=True,
        )


def pressing() -> None:
    """Print the anisotropy of platelets pressed to a porosity of 0.35."""
    print("| porosity before | τ through | τ in plane | ratio |\n" + "|---" * 4 + "|")
    for loose in (None, 0.5, 0.65):
        found = ensemble(
            n_seeds=4,
            porosity=0.35,
            active_wt_pct=96.0,
            particle_flatness=3.0,
            calender_from_porosity=loose,
            **FINE,
        ).tortuosity.reshape(-1, 3)
        through, plane = found[:, 0].mean(), found[:, 1:].mean()
        print(f"| {loose or 'as coated'} | {through:.2f} | {plane:.2f} | {through / plane:.2f} |")


def binder() -> None:
    """Print areas per µm of coating volume in 1/µm; pores with active, with binder; covered."""
    print("| active wt% | adhesion | pore–active | pore–binder | covered |\n" + "|---" * 5 + "|")
    for active, adhesion in ((94, 0.0), (94, 0.5), (94, 1.0), (97, 0.5), (92, 0.5)):
        found = ensemble(
            n_seeds=3, axes=(), active_wt_pct=float(active), binder_adhesion=adhesion, **FINE
        )
        areas = found.areas_per_m.mean(axis=0) * 1e-6
        covered = areas[1, 2] / (areas[0, 1] + areas[1, 2])
        print(
            f"| {active} | {adhesion:g} | {areas[0, 1]:.3f} | {areas[0, 2]:.3f} | {covered:.0%} |"
        )


if __name__ == "__main__":
    tables = (shapes, exponents, alignment, pressing, binder)
    {table.__name__: table for table in tables}[sys.argv[1]]()
