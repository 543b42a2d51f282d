"""Where calls run: names of real stages, and shares that fill a GPU."""

from __future__ import annotations

from agents import stages
from agents.placement import AT_ONCE, GPU_SHARE, ON_GPU


def test_stages_for_a_gpu_exist_by_name():
    assert all(callable(getattr(stages, name)) for name in ON_GPU)


def test_the_calls_of_one_gpu_fill_it_and_no_more():
    assert AT_ONCE * GPU_SHARE <= 1.0 < (AT_ONCE + 1) * GPU_SHARE
