import itertools
import threading

import numpy as np
import pytest
import torch

from experiments.errors import Invalid
from simulators.properties.batch import solve_batch
from simulators.properties.conduction import tensor_grid
from simulators.properties.transport import solve_conduction
from tests.simulators.properties.shapes import gaussian_field


def members(sizes):
    fields = [gaussian_field((n, n + 1, n), 2, seed) for seed, n in enumerate(sizes)]
    return [((field > -0.3).astype(np.uint8), {1: 1.0}) for field in fields]


def test_a_batch_gives_what_each_member_gives_alone_in_order():
    batch = members((16, 24, 12, 20))
    counts = []

    together = solve_batch(batch, axis=1, n_threads=2, progress=counts.append)

    alone = [solve_conduction(member, axis=1) for member in batch]
    assert [found.relative for found in together] == pytest.approx(
        [found.relative for found in alone], rel=1e-6
    )
    assert max(counts) == 4


def test_members_stop_by_themselves():
    easy = (np.ones((20, 20, 20), np.uint8), {1: 1.0})
    blocked = (np.zeros((20, 20, 20), np.uint8), {0: 1.0})
    blocked[0][10] = 1

    found = solve_batch([easy, *members((24,)), blocked])

    assert found[0].iterations < found[1].iterations
    assert found[2].tortuosity_factor is None
    assert solve_batch([]) == []


def test_large_members_take_all_threads_and_agree(monkeypatch):
    monkeypatch.setattr("simulators.properties.batch.LARGE", 5000)
    batch = members((12, 24))

    found = solve_batch(batch, n_threads=2)

    assert found[1].relative == pytest.approx(solve_conduction(batch[1]).relative, rel=1e-6)


def test_a_wrong_member_is_named():
    good = members((12,))[0]
    with pytest.raises(Invalid, match="member 1: label 7 has a conductivity but no voxel"):
        solve_batch([good, (good[0], {7: 1.0})])


def test_a_device_without_memory_gets_half_as_many_members_and_the_batch_says_so(monkeypatch):
    room = threading.Semaphore(2)
    lay_out = tensor_grid.lay_out_tensors
    everyone = threading.Barrier(4)
    tries = itertools.count()

    def lay_out_where_there_is_room(*arguments):
        if next(tries) < 4:
            everyone.wait(60)
            if not room.acquire(blocking=False):
                raise torch.OutOfMemoryError("out of memory")
        return lay_out(*arguments)

    monkeypatch.setattr(tensor_grid, "lay_out_tensors", lay_out_where_there_is_room)
    batch = members((12, 13, 14, 15))

    found = solve_batch(batch, device="torch")

    assert [one.device for one in found] == ["torch"] * 4
    assert {one.remark for one in found} == {
        "the device ran out of memory, so 2 members at once were solved"
    }
    assert [one.relative for one in found] == pytest.approx(
        [one.relative for one in solve_batch(batch)], rel=1e-3
    )


def test_a_member_too_large_for_the_device_goes_to_the_cpu(monkeypatch):
    def too_large(*_):
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(tensor_grid, "lay_out_tensors", too_large)

    found = solve_batch(members((12, 13, 14)), device="torch")

    assert [one.device for one in found] == ["cpu"] * 3
    assert {one.remark for one in found} == {
        "the CUDA device ran out of memory, so the CPU solved it"
    }
