"""Where a network computes, and with how many threads."""

from __future__ import annotations

import torch

from experiments.errors import Invalid


def prepare(device: str, n_threads: int) -> str:
    """Set the threads and return the device to use: ``auto`` takes a GPU where there is one.

    Numbers too small to be normal count as zero: on processors they cost many times as much.
    Raises ``Invalid`` for a device that is not there.
    """
    torch.set_num_threads(n_threads)
    torch.set_flush_denormal(True)
    has_gpu = torch.cuda.is_available()
    if device not in ("auto", "cpu", "cuda"):
        raise Invalid(f"--device {device}: must be auto, cpu or cuda")
    if device == "cuda" and not has_gpu:
        raise Invalid("--device cuda: no GPU is found here")
    return "cuda" if has_gpu and device != "cpu" else "cpu"
