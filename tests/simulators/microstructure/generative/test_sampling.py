import numpy as np
import pytest
import torch

from experiments.errors import Invalid
from simulators.microstructure.generative.network import DECODER_HALO
from simulators.microstructure.generative.sampling import Sampling, draw_margins, most_likely
from tests.simulators.microstructure.generative.models import network

LABELS = (0.1, -0.3, 0.5)


def margins(shape=(64, 64, 64), seed=1, **how):
    return draw_margins(network(), LABELS, shape, seed, Sampling(**how))


def test_blocks_of_any_size_give_the_same_volume():
    whole = most_likely(margins(is_periodic=True))
    for flow, decoder in ((6, 16), (16, 7), (6, 5)):
        blocks = most_likely(margins(is_periodic=True, flow_block=flow, decoder_block=decoder))
        assert np.mean(blocks != whole) < 1e-4  # rounding alone


def test_a_volume_cut_out_of_a_torus_is_the_same_in_blocks_of_flow_and_decoder():
    shape = (50, 64, 41)
    whole = most_likely(margins(shape, flow_block=64, decoder_block=64))
    for flow, decoder in ((6, 5), (7, 16), (5, 7)):
        blocks = most_likely(margins(shape, flow_block=flow, decoder_block=decoder))
        assert np.mean(blocks != whole) < 1e-4  # rounding alone


def test_the_same_seed_gives_the_same_bytes_and_another_another_volume():
    assert margins().tobytes() == margins().tobytes()
    assert np.mean(most_likely(margins(seed=2)) != most_likely(margins())) > 0.1


def test_a_periodic_volume_closes_on_itself():
    """A torus that starts elsewhere is the same structure: no place is special, the faces least."""
    drawn = network()
    torch.manual_seed(3)
    coarse, fine = torch.randn(1, 2, 16, 16, 16), torch.randn(1, 2, 32, 32, 32)
    told = torch.tensor([LABELS])
    here = drawn(coarse, fine, told)
    moved = drawn(coarse.roll((5, 3, 7), (2, 3, 4)), fine.roll((10, 6, 14), (2, 3, 4)), told)
    assert torch.allclose(moved, here.roll((20, 12, 28), (2, 3, 4)), atol=1e-4)


def test_a_block_without_wrapping_is_the_inner_part_of_the_torus():
    drawn = network()
    torch.manual_seed(4)
    field, fine = torch.randn(1, 2, 16, 16, 16), torch.randn(1, 2, 32, 32, 32)
    told = torch.tensor([LABELS])
    inner = drawn.decoder(field, fine, told, wrap=False)
    n = 4 * DECODER_HALO
    assert inner.shape[2:] == (64 - 2 * n,) * 3
    whole = drawn.decoder(field, fine, told, wrap=True)
    assert torch.allclose(inner, whole[:, :, n:-n, n:-n, n:-n], atol=1e-4)


def test_any_shape_can_be_drawn_when_it_need_not_close():
    assert margins(shape=(33, 50, 41)).shape == (2, 33, 50, 41)


def test_a_periodic_shape_of_broken_cells_is_refused():
    with pytest.raises(Invalid, match="multiples of 4"):
        margins(shape=(64, 66, 64), is_periodic=True)
