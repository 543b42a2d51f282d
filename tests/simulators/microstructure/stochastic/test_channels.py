import numpy as np
import pytest

from experiments.architecture import Architecture
from experiments.errors import Invalid
from simulators.microstructure.stochastic.box import Box
from simulators.microstructure.stochastic.channels import cut_channels

BOX = Box((40, 96, 96), 0.5e-6)


def cut(**values):
    labels = np.zeros(BOX.shape, dtype=np.uint8)
    asked = Architecture(channel_diameter_m=12e-6, channel_pitch_m=24e-6, **values)
    share, note = cut_channels(labels, asked, BOX, mark=9)
    return labels == 9, share, note


def test_straight_channels_take_the_share_of_their_circles():
    open_, share, note = cut()
    assert share == pytest.approx(np.pi / 4 * 12**2 / 24**2, rel=0.02)
    assert note is None
    assert np.ptp(np.count_nonzero(open_, axis=(1, 2))) == 0


def test_tapered_channels_narrow_and_end_at_their_depth():
    open_, _, _ = cut(channel_taper=0.5, channel_depth=0.75)
    areas = np.count_nonzero(open_, axis=(1, 2))
    assert areas[0] > 2.5 * areas[29] > 0
    assert areas[30:].max() == 0


def test_branches_part_in_four_and_keep_the_open_area():
    from scipy.ndimage import label

    open_, _, _ = cut(channel_branchings=1)
    assert label(open_[0])[1] == 4
    assert label(open_[-1])[1] == 16
    assert open_[-1].mean() == pytest.approx(open_[0].mean(), rel=0.05)
    assert label(open_)[1] == 4


def test_a_pitch_wider_than_the_volume_is_refused_by_name():
    with pytest.raises(Invalid, match=r"architecture\.channel_pitch_m: 100 µm"):
        cut_channels(
            np.zeros(BOX.shape, dtype=np.uint8),
            Architecture(channel_diameter_m=12e-6, channel_pitch_m=100e-6),
            BOX,
            mark=9,
        )


def test_a_pitch_that_does_not_fit_is_changed_and_said_so():
    labels = np.zeros(BOX.shape, dtype=np.uint8)
    asked = Architecture(channel_diameter_m=10e-6, channel_pitch_m=20e-6)
    assert "20%" in (cut_channels(labels, asked, BOX, mark=9)[1] or "")
