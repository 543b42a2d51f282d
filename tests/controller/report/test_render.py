from __future__ import annotations

import io

import numpy as np
import pytest

from controller.report.picture import Volume, palette, portraits
from controller.report.png import encode_palette, encode_rgb
from controller.report.render import View, render


def ball(n: int = 32, radius: float = 11.0) -> np.ndarray:
    z, y, x = np.indices((n, n, n)) + 0.5 - n / 2
    return (z**2 + y**2 + x**2 <= radius**2).astype(np.uint8)


def test_a_ball_is_seen_as_a_disc_of_its_own_area() -> None:
    n, radius, height = 32, 11.0, 200
    picture = render(ball(n, radius), palette(), View(height_px=height))
    right, up, _ = View().axes()
    corners = np.array(np.meshgrid(*[(0, n)] * 3, indexing="ij")).reshape(3, -1).T
    pixel = np.ptp(corners @ up) / height
    assert picture[..., 3].astype(bool).sum() * pixel**2 == pytest.approx(
        np.pi * radius**2, rel=0.04
    )
    assert right @ up == pytest.approx(0, abs=1e-6)


def test_the_separator_side_is_up() -> None:
    labels = np.zeros((24, 24, 24), dtype=np.uint8)
    labels[:4] = 1
    picture = render(labels, palette(), View(height_px=120))
    rows = np.flatnonzero(picture[..., 3].any(axis=1))
    assert rows.mean() < 60


def test_void_is_clear_and_phases_keep_their_hue() -> None:
    labels = np.ones((16, 16, 16), dtype=np.uint8)
    labels[:, :, 8:] = 2
    picture = render(labels, palette(), View(height_px=100)).astype(float)
    seen = picture[picture[..., 3] > 0][:, :3]
    amber = seen[seen[:, 0] > seen[:, 2]]
    green = seen[seen[:, 0] < seen[:, 2]]
    assert len(amber) > 100
    assert len(green) > 100
    assert amber[:, 0].mean() / amber[:, 2].mean() == pytest.approx(0xE0 / 0x30, rel=0.15)
    empty = render(np.zeros((16, 16, 16), dtype=np.uint8), palette(), View(height_px=60))
    assert not empty.any()


def test_light_falls_from_above() -> None:
    picture = render(np.ones((20, 20, 20), dtype=np.uint8), palette(), View(height_px=120))
    top, side = picture[20, picture.shape[1] // 2], picture[100, picture.shape[1] // 2]
    assert top[0] > side[0]


def test_written_pictures_read_back_unchanged() -> None:
    from PIL import Image

    rng = np.random.default_rng(4)
    colour = rng.integers(0, 256, (13, 17, 4), dtype=np.uint8)
    labels = rng.integers(0, 3, (9, 11), dtype=np.uint8)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(encode_rgb(colour)))), colour)
    read = Image.open(io.BytesIO(encode_palette(labels, palette()))).convert("RGB")
    assert np.array_equal(np.asarray(read), palette()[labels])


def test_electrodes_are_shown_at_one_scale() -> None:
    fine = Volume("best", np.ones((20, 20, 20), dtype=np.uint8), 0.4e-6)
    image = Volume("baseline", np.ones((30, 50, 50), dtype=np.uint8), 0.4e-6)
    shown = portraits([fine, image])
    assert [one.edge for one in shown] == ["8.00 × 8.00 × 8.00 µm"] * 2
    assert shown[0].slices[0].width_px == 20
