from __future__ import annotations

import numpy as np
import pytest
import torch

from experiments.errors import Invalid
from simulators.microstructure.generative.device import prepare, small_numbers_as_zero


def least() -> float:
    """Return the smallest number there is, by arithmetic that a mode of the processor changes."""
    return float((np.full(8, np.finfo(float).tiny) * 0.25)[0])


def test_small_numbers_are_zero_for_a_network_and_for_nothing_after_it() -> None:
    assert prepare("cpu", 1) == "cpu"
    assert least() > 0
    with small_numbers_as_zero():
        assert least() == 0
    assert least() > 0


def test_an_error_restores_the_arithmetic_too() -> None:
    with pytest.raises(RuntimeError), small_numbers_as_zero():
        raise RuntimeError
    assert least() > 0


def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(Invalid, match="must be auto, cpu or cuda"):
        prepare("tpu", 1)
    if not torch.cuda.is_available():
        with pytest.raises(Invalid, match="no GPU is found"):
            prepare("cuda", 1)
