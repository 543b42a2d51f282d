"""Voxels as one compressed file: what travels between workers and what is kept."""

from __future__ import annotations

import io
import zipfile

import numpy as np

from experiments.errors import Invalid
from simulators.microstructure.voxels import Voxels

SUFFIX = ".npz"


def pack(voxels: Voxels) -> bytes:
    """Return an NPZ file with ``labels`` (uint8, `z y x`) and ``voxel_size_m`` (3 edges).

    Equal voxels give equal bytes. Statistics and fallbacks belong to the record beside the file.
    """
    file = io.BytesIO()
    np.savez_compressed(
        file, labels=voxels.labels, voxel_size_m=np.asarray(voxels.voxel_size_m, dtype=np.float64)
    )
    return file.getvalue()


def unpack(data: bytes) -> Voxels:
    """Return the voxels of a packed file. Raises ``Invalid`` where it is not one."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            labels, size_m = file["labels"], file["voxel_size_m"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise Invalid(f"not a voxel file: {error}") from error
    return Voxels(
        labels=labels, voxel_size_m=(float(size_m[0]), float(size_m[1]), float(size_m[2]))
    )
