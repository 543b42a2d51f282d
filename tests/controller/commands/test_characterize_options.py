"""What the options of characterize say, without measuring anything."""

from __future__ import annotations

import pytest

from controller.commands.characterize_options import (
    ACTIVE_PER_BINDER,
    check_number,
    is_recipe,
    named_conductivities,
    named_labels,
    one_voxel_size_um,
    solid_conductivities,
    voxel_sizes_m,
)
from experiments.errors import Invalid


def test_pairs_are_read_with_any_spaces() -> None:
    assert named_labels("pore=0, active = 85,binder=170") == {
        "pore": 0,
        "active": 85,
        "binder": 170,
    }
    assert named_conductivities("active=1e-3,binder=1") == {"active": 1e-3, "binder": 1.0}
    assert named_labels(None) is None
    assert named_conductivities(None) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pore", "--labels: 'pore' is not name=number"),
        ("pore=", "--labels: 'pore=' is not name=number"),
        ("=1", "--labels: '=1' is not name=number"),
        ("pore=nan", "--labels: 'pore=nan' is not name=number"),
        ("pore=0,pore=1", "--labels: pore is given twice"),
        ("pore=0.5", "--labels: pore=0.5; a label is a whole number"),
    ],
)
def test_wrong_labels_are_told_with_the_part_that_is_wrong(text: str, message: str) -> None:
    with pytest.raises(Invalid) as caught:
        named_labels(text)
    assert caught.value.message.startswith(message)


def test_the_default_conductivities_depend_on_what_is_there() -> None:
    both = solid_conductivities(None, ["pore", "active", "binder"], "a.tif")
    assert both["binder"] == 1.0
    assert both["active"] == ACTIVE_PER_BINDER
    assert solid_conductivities(None, ["pore", "active"], "a.tif")["active"] == 1.0
    with pytest.raises(Invalid, match=r"binder=2, but a\.tif holds pore, active"):
        solid_conductivities({"binder": 2.0}, ["pore", "active"], "a.tif")


def test_voxel_sizes_are_one_or_three() -> None:
    assert voxel_sizes_m("0.4") == pytest.approx([4e-7] * 3)
    assert voxel_sizes_m("1,0.4,0.4") == pytest.approx([1e-6, 4e-7, 4e-7])
    assert voxel_sizes_m(None) is None
    assert one_voxel_size_um("0.4") == pytest.approx(0.4)
    for text in ("1,0.4,0.4", None):
        with pytest.raises(Invalid, match="give one size"):
            one_voxel_size_um(text)
    with pytest.raises(Invalid, match="'wide' is no number of µm"):
        voxel_sizes_m("wide")


def test_a_recipe_is_known_by_its_name_and_numbers_by_their_range() -> None:
    assert is_recipe("a.YAML")
    assert not is_recipe("a.tif")
    check_number("--tolerance", 0.5, 0.1, 1.0)
    for value in (0.0, 2.0, float("nan")):
        with pytest.raises(Invalid, match=r"--tolerance: .* between 0\.1 and 1"):
            check_number("--tolerance", value, 0.1, 1.0)
