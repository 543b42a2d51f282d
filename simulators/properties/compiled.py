"""The one way in which this folder's solver compiles its kernels, and the arrays they take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Reals = NDArray[np.float64]
Codes = NDArray[np.uint8]
Labels = NDArray[np.unsignedinteger[Any]]
Flags = NDArray[np.bool_]
Integers = NDArray[np.signedinteger[Any]]
Scalar = float | np.floating[Any]
Index = int | np.integer[Any]

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

RELAXED_SUMS = {"reassoc", "contract", "nsz", "arcp"}
"""Sums may be reordered so that loops vectorise; infinities keep their meaning (ρ = ∞ blocks)."""


def kernel(function: Kernel) -> Kernel:
    """Compile without the interpreter lock, cached on disk, with IEEE division.

    Inside hot loops an index is cast to ``np.uintp``: numba then skips the test for negative
    indices, which would keep the loop from being vectorised.
    """
    compiled: Kernel = numba.njit(
        nogil=True, cache=True, fastmath=RELAXED_SUMS, error_model="numpy"
    )(function)
    return compiled


def inlined(function: Kernel) -> Kernel:
    """Compile into the kernel that calls it: for steps too small to be worth a call."""
    compiled: Kernel = numba.njit(
        nogil=True, fastmath=RELAXED_SUMS, error_model="numpy", inline="always"
    )(function)
    return compiled
