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


def kernel(function: Kernel) -> Kernel:
    """Compile without the interpreter lock, cached on disk, with IEEE arithmetic throughout.

    No sum is reordered and no product fused: what the compiler inlines differs between a kernel
    compiled afresh and one from the cache, and with relaxed arithmetic so would the last bits.
    Loops that sum keep one sum a slot (``sum_slots``), which vectorises as it stands. Inside hot
    loops an index is cast to ``np.uintp``: numba then skips the test for negative indices, which
    would keep the loop from being vectorised.
    """
    compiled: Kernel = numba.njit(nogil=True, cache=True, error_model="numpy")(function)
    return compiled


def inlined(function: Kernel) -> Kernel:
    """Compile into the kernel that calls it: for steps too small to be worth a call."""
    compiled: Kernel = numba.njit(nogil=True, error_model="numpy", inline="always")(function)
    return compiled
