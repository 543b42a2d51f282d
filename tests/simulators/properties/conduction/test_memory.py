"""Memory that one solve after another uses."""

import numpy as np

from simulators.properties.conduction.memory import SPARING_ABOVE, VALUES_PER_VOXEL, Memory
from simulators.properties.transport import solve_conduction


def test_vectors_are_zero_and_apart_until_they_are_taken_back():
    memory = Memory(10)
    first, second = memory.zeros(30), memory.zeros(40)
    first += 1
    second += 2
    assert (first == 1).all()

    memory.clear()

    again = memory.zeros(30)
    assert np.shares_memory(first, again)
    assert not again.any()


def test_what_does_not_fit_comes_from_the_system():
    memory = Memory(1)
    assert not memory.zeros(VALUES_PER_VOXEL + 1).any()
    assert Memory().zeros(5).size == 5


def test_a_large_volume_gets_no_block():
    memory = Memory(SPARING_ABOVE + 1)
    first, second = memory.zeros(8), memory.zeros(8)
    memory.clear()
    assert not any(np.shares_memory(memory.zeros(8), vector) for vector in (first, second))


def test_a_solve_in_used_memory_gives_the_same_bits():
    rng = np.random.default_rng(0)
    labels = rng.choice(3, (20, 18, 16), p=(0.2, 0.5, 0.3)).astype(np.uint8)
    memory = Memory(labels.size)
    solid, pore = {1: 1.0, 2: 0.01}, {1: 1.0}
    alone = [solve_conduction((labels, phases)) for phases in (solid, pore, solid)]

    shared = [solve_conduction((labels, phases), memory=memory) for phases in (solid, pore, solid)]

    for mine, theirs in zip(alone, shared, strict=True):
        assert (mine.lower, mine.upper, mine.iterations) == (
            theirs.lower,
            theirs.upper,
            theirs.iterations,
        )
