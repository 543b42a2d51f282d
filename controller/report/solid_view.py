"""A page with the solid phases in 3D, to turn and zoom; it loads nothing from outside."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Final

import numpy as np
import plotly.graph_objects as go
from scipy.ndimage import gaussian_filter
from skimage.measure import marching_cubes

from controller.report.tokens import LIGHT, PHASES
from experiments.microstructure import PHASE_LABEL, PhaseName
from simulators.microstructure.voxels import Voxels

MAX_EDGE: Final = 72
"""Longest edge drawn, in voxels: the middle is cut out of a larger image, at full resolution."""

_SOLIDS: Final[tuple[PhaseName, ...]] = ("active", "binder", "second_active")
_SMOOTHING_VOXELS: Final = 0.7
"""Takes the staircase off and keeps films of one voxel; wires of one voxel and lone voxels go,
unless a phase is nothing else."""

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
html, body {{ height: 100%; margin: 0; }}
body {{ display: flex; flex-direction: column; background: {page}; color: {ink};
  font-family: {font}; }}
header {{ padding: 16px 16px 8px; }}
h1 {{ font-size: 1.1rem; font-weight: 600; margin: 0 0 8px; }}
p {{ margin: 0; color: {soft}; }}
main {{ flex: 1; min-height: 0; max-height: 105vw; overflow: hidden; }}
</style>
</head>
<body>
<header><h1>{title}</h1><p>{subtitle}</p></header>
<main>{plot}</main>
</body>
</html>
"""

_WALL: Final = {"backgroundcolor": LIGHT["page"], "gridcolor": LIGHT["grid"], "showspikes": False}


def write_solid_view(path: Path, voxels: Voxels, *, font: str) -> None:
    """Write the page."""
    starts = [max(0, (n - MAX_EDGE) // 2) for n in voxels.labels.shape]
    labels = voxels.labels[tuple(slice(start, start + MAX_EDGE) for start in starts)]
    size_um = tuple(size * 1e6 for size in voxels.voxel_size_m)
    corner_um = tuple(start * s for start, s in zip(starts, size_um, strict=True))
    meshes = [
        mesh
        for phase in _SOLIDS
        if np.any(labels == PHASE_LABEL[phase])
        for mesh in (_mesh(labels == PHASE_LABEL[phase], size_um, corner_um, phase),)
    ]
    edges = " × ".join(f"{n * s:.3g}" for n, s in zip(labels.shape, size_um, strict=True))
    figure = go.Figure(
        data=meshes,
        layout={
            "font": {"family": font, "color": LIGHT["ink"]},
            "paper_bgcolor": LIGHT["page"],
            "scene": {
                "xaxis": {"title": "x / µm", **_WALL},
                "yaxis": {"title": "y / µm", **_WALL},
                "zaxis": {"title": "z / µm, separator at 0", "autorange": "reversed", **_WALL},
                "aspectmode": "data",
                "camera": {"eye": {"x": 1.5, "y": 1.5, "z": 1.0}, "center": {"z": -0.1}},
            },
            "legend": {"orientation": "h", "y": 0.0},
            "margin": {"l": 0, "r": 0, "t": 32, "b": 16},
        },
    )
    part = "Middle of the image" if any(starts) else "The whole image"
    page = _PAGE.format(
        title=f"{part} in 3D: z × y × x = {edges} µm",
        subtitle="Solid phases; pores are empty. Drag to turn, scroll or pinch to zoom; a click on "
        "a name hides its phase.",
        plot=figure.to_html(
            full_html=False,
            include_plotlyjs=True,
            default_width="100%",
            default_height="100%",
            config={"displaylogo": False, "responsive": True},
        ),
        font=escape(font, quote=False),
        page=LIGHT["page"],
        ink=LIGHT["ink"],
        soft=LIGHT["soft"],
    )
    path.write_text(page, "utf-8")


def _mesh(
    mask: np.ndarray, size_um: tuple[float, ...], corner_um: tuple[float, ...], phase: PhaseName
) -> go.Mesh3d:
    padded = np.pad(mask.astype(np.float32), 2)
    smooth = gaussian_filter(padded, _SMOOTHING_VOXELS)
    if smooth.max() <= 0.5:
        smooth = padded
    corner, triangle, _, _ = marching_cubes(smooth, 0.5, spacing=size_um)
    corner += np.array(corner_um) - 1.5 * np.array(size_um)
    return go.Mesh3d(
        x=corner[:, 2].astype(np.float32),
        y=corner[:, 1].astype(np.float32),
        z=corner[:, 0].astype(np.float32),
        i=triangle[:, 0].astype(np.int32),
        j=triangle[:, 1].astype(np.int32),
        k=triangle[:, 2].astype(np.int32),
        color=PHASES[phase],
        name=phase.replace("_", " "),
        showlegend=True,
        flatshading=False,
        lighting={"ambient": 0.55, "diffuse": 0.7, "specular": 0.15, "roughness": 0.7},
        hoverinfo="name",
    )
