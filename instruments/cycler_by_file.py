"""A cycler that takes protocol files and leaves result files in a folder of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from experiments.build import SignedBuild
from experiments.capabilities import Capabilities
from instruments.coating_plan import coating_plan
from instruments.folder_instrument import FolderInstrument, Layout
from instruments.watched_folder import SETTLE_S

Dialect = Literal["neware", "biologic"]
ENDING: Final[dict[Dialect, str]] = {"neware": ".xml", "biologic": ".mps"}


def cycler_by_file(
    name: str,
    secret: bytes,
    folder: Path,
    offer: Capabilities,
    *,
    dialect: Dialect,
    results_folder: Path | None = None,
    seconds: Callable[[], float] = time.time,
    settle_s: float = SETTLE_S,
) -> FolderInstrument:
    """Return the cycler of a folder.

    ``papers/BUILD-cellN.xml`` (Neware) or ``.mps`` (BioLogic) is what a channel runs; results are
    recognised by the build's id in their names.
    """

    def papers(build: SignedBuild, _: tuple[SignedBuild, ...]) -> dict[str, bytes]:
        return protocol_files(build, dialect)

    return FolderInstrument(
        name,
        secret,
        folder,
        offer,
        Layout(papers, is_shared=True),
        results_folder=results_folder,
        seconds=seconds,
        settle_s=settle_s,
    )


def protocol_files(build: SignedBuild, dialect: Dialect) -> dict[str, bytes]:
    """Return one protocol a cell, with its sample name and the planned capacity for rates."""
    request = build.payload.request
    capacity_mAh = 1e3 * coating_plan(request).cell_capacity_Ah
    found = {}
    for cell in range(1, request.n_cells + 1):
        sample = f"{build.build.id}-cell{cell}"
        if dialect == "neware":
            text = request.protocol.to_neware_xml(sample_name=sample, capacity_mAh=capacity_mAh)
        else:
            text = request.protocol.to_biologic_mps(sample_name=sample, capacity_mAh=capacity_mAh)
        encoding = "utf-8" if dialect == "neware" else "cp1252"
        found[sample + ENDING[dialect]] = text.encode(encoding)
    return found
