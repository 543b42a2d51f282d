"""Where a network computes, and with how many threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from experiments.errors import Invalid


@contextmanager
def small_numbers_as_zero() -> Iterator[None]:
    """Count numbers too small to be normal as zero while a network computes.

    On processors they cost many times as much. The setting is the whole thread's, so it does not
    outlive the network: what is measured afterwards keeps IEEE arithmetic.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def prepare(device: str, n_threads: int) -> str:
    """Set the threads and return the device to use: ``auto`` takes a GPU where there is one.

    Raises ``Invalid`` for a device that is not there.
    """
    torch.set_num_threads(n_threads)
    has_gpu = torch.cuda.is_available()
    if device not in ("auto", "cpu", "cuda"):
        raise Invalid(f"--device {device}: must be auto, cpu or cuda")
    if device == "cuda" and not has_gpu:
        raise Invalid("--device cuda: no GPU is found here")
    return "cuda" if has_gpu and device != "cpu" else "cpu"
