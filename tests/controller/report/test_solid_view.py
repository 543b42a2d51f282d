from __future__ import annotations

import numpy as np
import pytest

from controller.report.figure import FONT
from controller.report.solid_view import write_solid_view
from simulators.microstructure.voxels import Voxels
from tests.simulators.properties.shapes import ball


def test_a_phase_of_lone_voxels_is_drawn_too(tmp_path):
    labels = ball(24, (12, 12, 12), 6).astype(np.uint8)
    labels[2, 2, 2] = 2
    write_solid_view(tmp_path / "view.html", Voxels(labels, (4e-7,) * 3), font=FONT)
    assert '"name":"binder"' in (tmp_path / "view.html").read_text("utf-8")


@pytest.mark.parametrize(("n", "words"), [(24, "The whole image"), (80, "Middle of the image")])
def test_the_page_says_which_part_it_shows_and_fits_a_phone(tmp_path, n, words):
    labels = ball(n, (n / 2,) * 3, n / 4).astype(np.uint8)
    write_solid_view(tmp_path / "view.html", Voxels(labels, (4e-7, 2e-7, 2e-7)), font=FONT)
    page = (tmp_path / "view.html").read_text("utf-8")
    edge = min(n, 72)
    assert f"{words} in 3D: z × y × x = {edge * 0.4:.3g} × {edge * 0.2:.3g}" in page
    assert 'name="viewport"' in page
    assert 'lang="en"' in page
    assert 'src="http' not in page
