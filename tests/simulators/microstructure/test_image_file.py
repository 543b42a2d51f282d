from __future__ import annotations

import struct
import sys
from contextlib import suppress
from functools import partial

import numpy as np
import pytest
import tifffile
from PIL import Image

from experiments.errors import Invalid
from simulators.microstructure.image_file import read_labels, write_labels
from simulators.microstructure.voxels import Voxels

UM = 1e-6


@pytest.fixture
def stack():
    return np.random.default_rng(3).integers(0, 3, (6, 7, 8)).astype(np.uint8)


@pytest.fixture
def tif(tmp_path, stack):
    path = tmp_path / "electrode.tif"
    tifffile.imwrite(path, stack)
    return path


def refusal(path, *arguments):
    with pytest.raises(Invalid) as caught:
        read_labels(path, *arguments)
    assert "\n" not in caught.value.message
    return caught.value.message


def test_our_own_labels_need_no_names(tif, stack):
    voxels = read_labels(tif, None, 0.4 * UM)
    assert np.array_equal(voxels.labels, stack)
    assert voxels.voxel_size_m == pytest.approx((0.4 * UM,) * 3)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "float32", "float64"])
def test_foreign_values_are_mapped_by_name_whatever_their_type(tmp_path, stack, dtype):
    path = tmp_path / "other.tif"
    tifffile.imwrite(path, (stack * 85).astype(dtype))
    voxels = read_labels(path, {"pore": 0, "active": 85, "binder": 170}, UM)
    assert np.array_equal(voxels.labels, stack)
    assert voxels.labels.dtype == np.uint8


def test_a_folder_of_pages_is_read_in_the_order_of_its_numbers(tmp_path, stack):
    for i, page in enumerate(np.concatenate([stack, stack])):
        tifffile.imwrite(tmp_path / f"slice_{i}.tif", page)
    (tmp_path / "notes.txt").write_text("not an image")
    assert np.array_equal(read_labels(tmp_path, None, UM).labels, np.concatenate([stack, stack]))


def test_a_folder_with_a_page_missing_is_refused(tmp_path, stack):
    for i in (0, 2, 4, 8, 10):
        tifffile.imwrite(tmp_path / f"scan7_{i:03d}.tif", stack[0])
    assert "between scan7_004.tif and number 8" in refusal(tmp_path, None, UM)
    tifffile.imwrite(tmp_path / "scan7_006.tif", stack[1])
    assert read_labels(tmp_path, None, UM).labels.shape == (6, 7, 8)


def test_npy_is_read(tmp_path, stack):
    np.save(tmp_path / "a.npy", stack)
    assert np.array_equal(read_labels(tmp_path / "a.npy", None, UM).labels, stack)


def test_a_written_image_comes_back_with_its_voxel_size(tmp_path, stack):
    path = tmp_path / "out.tif"
    write_labels(path, Voxels(stack, (0.5 * UM, 0.4 * UM, 0.3 * UM)))
    voxels = read_labels(path)
    assert np.array_equal(voxels.labels, stack)
    assert voxels.voxel_size_m == pytest.approx((0.5 * UM, 0.4 * UM, 0.3 * UM), rel=1e-5)


def test_ome_metadata_gives_the_voxel_size(tmp_path, stack):
    path = tmp_path / "a.ome.tif"
    size = {"PhysicalSizeX": 398.0, "PhysicalSizeXUnit": "nm", "PhysicalSizeY": 398.0}
    tifffile.imwrite(
        path, stack, metadata={"axes": "ZYX", **size, "PhysicalSizeYUnit": "nm"}, ome=True
    )
    voxels = read_labels(path)
    assert voxels.voxel_size_m == pytest.approx((0.398 * UM,) * 3)
    assert "between pages" in voxels.fallbacks[0]


def test_a_given_voxel_size_wins_over_the_file(tmp_path, stack):
    path = tmp_path / "out.tif"
    write_labels(path, Voxels(stack, (UM, UM, UM)))
    assert read_labels(path, None, (2 * UM, 3 * UM, 4 * UM)).voxel_size_m == (
        2 * UM,
        3 * UM,
        4 * UM,
    )


def test_a_print_resolution_is_no_voxel_size(tmp_path, stack):
    path = tmp_path / "dpi.tif"
    tifffile.imwrite(path, stack, resolution=(72, 72), resolutionunit="INCH")
    assert "--voxel-size-um" in refusal(path)


def test_values_nobody_named_are_refused_with_an_example(tmp_path, stack):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, stack * 85)
    assert "pore=0,active=85,binder=170" in refusal(path, None, UM)


def test_a_value_left_unnamed_is_refused_with_its_share(tif):
    message = refusal(tif, {"pore": 0, "active": 1}, UM)
    assert "value 2" in message
    assert "%" in message


def test_a_named_value_that_is_absent_is_refused(tif):
    message = refusal(tif, {"pore": 0, "active": 1, "binder": 2, "second_active": 7}, UM)
    assert "second_active=7" in message


@pytest.mark.parametrize(
    ("labels", "word"),
    [({"pores": 0}, "pores"), ({"pore": 0, "active": 0}, "two phases"), ({}, "at least two")],
)
def test_wrong_names_are_refused(tif, labels, word):
    assert word in refusal(tif, labels, UM)


def test_a_greyscale_image_is_refused_with_advice(tmp_path):
    grey = np.random.default_rng(0).integers(0, 255, (5, 6, 7)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "grey.tif", grey)
    tifffile.imwrite(tmp_path / "float.tif", grey.astype(np.float32) / 255)
    assert "segment" in refusal(tmp_path / "grey.tif", None, UM)
    assert "segment" in refusal(tmp_path / "float.tif", None, UM)


def test_not_a_number_is_refused(tmp_path):
    volume = np.zeros((3, 3, 3), np.float32)
    volume[1, 1, 1] = np.nan
    np.save(tmp_path / "a.npy", volume)
    assert "NaN" in refusal(tmp_path / "a.npy", None, UM)


@pytest.mark.parametrize("shape", [(5, 6), (1, 5, 6), (5, 1, 6)])
def test_a_flat_image_is_refused(tmp_path, shape):
    tifffile.imwrite(tmp_path / "flat.tif", np.ones(shape, np.uint8))
    assert "2D" in refusal(tmp_path / "flat.tif", None, UM)


def test_a_colour_image_is_refused(tmp_path):
    tifffile.imwrite(tmp_path / "rgb.tif", np.zeros((5, 6, 3), np.uint8), photometric="rgb")
    assert "colour" in refusal(tmp_path / "rgb.tif", None, UM)


def test_a_single_phase_is_refused(tmp_path):
    tifffile.imwrite(tmp_path / "one.tif", np.zeros((5, 6, 7), np.uint8))
    assert "two phases" in refusal(tmp_path / "one.tif", None, UM)


def test_empty_missing_and_foreign_files_are_refused(tmp_path):
    (tmp_path / "empty.tif").touch()
    (tmp_path / "text.tif").write_text("this is no image at all")
    (tmp_path / "image.jpg").write_bytes(b"\xff\xd8")
    (tmp_path / "bad.npy").write_bytes(b"nonsense")
    (tmp_path / "folder").mkdir()
    assert "empty" in refusal(tmp_path / "empty.tif", None, UM)
    assert "TIFF" in refusal(tmp_path / "text.tif", None, UM)
    assert ".jpg" in refusal(tmp_path / "image.jpg", None, UM)
    assert "NPY" in refusal(tmp_path / "bad.npy", None, UM)
    assert "no such file" in refusal(tmp_path / "absent.tif", None, UM)
    assert "0 pages" in refusal(tmp_path / "folder", None, UM)


def one_by_one(path, stack):
    with tifffile.TiffWriter(path) as writer:
        for page in stack:
            writer.write(page, contiguous=False)


def by_pillow(path, stack):
    pages = [Image.fromarray(page) for page in stack]
    pages[0].save(path, save_all=True, append_images=pages[1:])


WRITERS = {
    "shaped": tifffile.imwrite,
    "deflated": partial(tifffile.imwrite, compression="zlib"),
    "plain": partial(tifffile.imwrite, metadata=None),
    "big": partial(tifffile.imwrite, metadata=None, bigtiff=True),
    "big-endian": partial(tifffile.imwrite, metadata=None, byteorder=">"),
    "imagej": partial(tifffile.imwrite, imagej=True),
    "ome": partial(tifffile.imwrite, ome=True, metadata={"axes": "ZYX"}),
    "one by one": one_by_one,
    "pillow": by_pillow,
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_a_truncated_stack_is_refused_as_truncated_wherever_it_ends(tmp_path, write):
    stack = np.random.default_rng(1).integers(0, 3, (12, 40, 40)).astype(np.uint8)
    whole, cut = tmp_path / "whole.tif", tmp_path / "cut.tif"
    write(whole, stack)
    assert np.array_equal(read_labels(whole, None, UM).labels, stack)
    content = whole.read_bytes()
    for share in (0.02, 0.1, 0.167, 0.3, 0.6, 0.834, 0.9):  # 0.1: one whole page is left
        cut.write_bytes(content[: int(len(content) * share)])
        assert "cut.tif: truncated" in refusal(cut, None, UM)
    for missing in (1, 30, 200):  # what is left may hold every voxel, or not
        cut.write_bytes(content[:-missing])
        with suppress(Invalid):
            assert np.array_equal(read_labels(cut, None, UM).labels, stack)


def test_a_chain_of_pages_that_bites_its_tail_ends(tmp_path, stack):
    path = tmp_path / "loop.tif"
    tifffile.imwrite(path, stack[:2], metadata=None)
    content = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as tif:
        first, second = (page.offset for page in tif.pages)
    n_entries = struct.unpack_from("<H", content, second)[0]
    struct.pack_into("<I", content, second + 2 + 12 * n_entries, first)
    path.write_bytes(content)
    assert "truncated, 2 whole pages" in refusal(path, None, UM)


def test_pages_of_different_sizes_are_refused(tmp_path):
    for i, side in enumerate((5, 5, 6)):
        tifffile.imwrite(tmp_path / f"{i}.tif", np.zeros((side, 5), np.uint8))
    assert "2.tif" in refusal(tmp_path, None, UM)


@pytest.mark.parametrize("size", [0.0, -1e-6, float("nan"), 1e-3, 1.0])
def test_impossible_voxel_sizes_are_refused(tif, size):
    assert "µm" in refusal(tif, None, size)


@pytest.mark.parametrize(("name", "library"), [("a.h5", "h5py"), ("a.zarr", "zarr")])
def test_a_format_whose_library_is_absent_says_which_one(tmp_path, monkeypatch, name, library):
    monkeypatch.setitem(sys.modules, library, None)
    (tmp_path / name).touch()
    message = refusal(tmp_path / name, None, UM)
    assert f"pip install {library}" in message
    assert "TIFF or NPY" in message


def test_hdf5_is_read_by_path_with_its_voxel_size(tmp_path, stack):
    h5py = pytest.importorskip("h5py", reason="the extra formats is not installed")
    path = tmp_path / "scan.h5"
    with h5py.File(path, "w") as file:
        file["run/labels"] = stack
        file["run/labels"].attrs["element_size_um"] = (0.5, 0.4, 0.4)
        file["grey"] = stack.astype(float) / 3
        file["curve"] = np.zeros(7)
    voxels = read_labels(f"{path}:/run/labels")
    assert np.array_equal(voxels.labels, stack)
    assert voxels.voxel_size_m == pytest.approx((0.5 * UM, 0.4 * UM, 0.4 * UM))
    message = refusal(path, None, UM)
    assert "scan.h5:/NAME" in message
    assert "grey, run/labels" in message
    assert "no dataset 'curve'" in refusal(f"{path}:/curve", None, UM)
    path.write_bytes(path.read_bytes()[:100])
    assert "cannot be read as HDF5" in refusal(path, None, UM)


def test_zarr_is_read_by_path_with_its_voxel_size(tmp_path, stack):
    zarr = pytest.importorskip("zarr", reason="the extra formats is not installed")
    path = tmp_path / "scan.zarr"
    group = zarr.open_group(str(path), mode="w", zarr_format=2)
    group.create_array("0", data=stack)
    group.create_array("1", data=stack[::2])
    axes = [{"name": name, "type": "space", "unit": "micrometer"} for name in "zyx"]
    scale = {"type": "scale", "scale": [0.5, 0.4, 0.4]}
    datasets = [{"path": "0", "coordinateTransformations": [scale]}]
    group.attrs["multiscales"] = [{"axes": axes, "datasets": datasets}]
    voxels = read_labels(f"{path}:/0")
    assert np.array_equal(voxels.labels, stack)
    assert voxels.voxel_size_m == pytest.approx((0.5 * UM, 0.4 * UM, 0.4 * UM))
    assert "choose one as scan.zarr:/NAME" in refusal(path, None, UM)
    (tmp_path / "empty.zarr").mkdir()
    assert "cannot be read as zarr" in refusal(tmp_path / "empty.zarr", None, UM)


def test_the_real_images_are_read(shared_data):
    ct = read_labels(shared_data / "nmc_cathode_ct.tif", None, 0.398 * UM)
    assert ct.labels.shape == (251, 301, 301)
    assert ct.volume_fraction["pore"] == pytest.approx(0.4005, abs=5e-5)
    names = {"pore": 0, "active": 85, "binder": 170}
    generated = read_labels(shared_data / "nmc_cathode_generated.tif", names, UM)
    assert generated.volume_fraction["binder"] == pytest.approx(0.1496, abs=5e-5)
    assert "2D" in refusal(shared_data / "nmc_cathode_sem.tif", None, UM)
