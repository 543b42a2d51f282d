from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from experiments.image_hash import image_sha256


def test_a_file_has_the_hash_that_everybody_computes(tmp_path: Path) -> None:
    image = tmp_path / "cathode.tif"
    image.write_bytes(bytes(range(256)) * 5000)
    printed = subprocess.run(["sha256sum", image], capture_output=True, text=True, check=True)
    assert image_sha256(image) == printed.stdout.split()[0]


def test_a_folder_is_known_by_the_bytes_and_the_order_of_its_pages(tmp_path: Path) -> None:
    for name, pages in {"a": ["12", "3"], "b": ["12", "3"], "c": ["1", "23"]}.items():
        (tmp_path / name).mkdir()
        for n, page in enumerate(pages):
            (tmp_path / name / f"{n}.tif").write_text(page)
    first = image_sha256(tmp_path / "a")
    assert image_sha256(tmp_path / "b") == first
    assert image_sha256(tmp_path / "c") != first
    (tmp_path / "b" / "1.tif").rename(tmp_path / "b" / "9.tif")
    assert image_sha256(tmp_path / "b") != first


def test_two_datasets_of_one_file_are_two_images(tmp_path: Path) -> None:
    file = tmp_path / "scan.h5"
    file.write_bytes(b"both")
    hashes = {image_sha256(file), image_sha256(f"{file}:/a"), image_sha256(f"{file}:/b")}
    assert len(hashes) == 3


def test_an_image_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        image_sha256(tmp_path / "none.tif")
