import numpy as np

from simulators.microstructure.generative.coarse_field import coarse_field


def test_a_ball_has_its_signed_distance():
    z, y, x = np.indices((32, 32, 32)) + 0.5
    distance = np.sqrt((z - 16) ** 2 + (y - 16) ** 2 + (x - 16) ** 2)
    field = coarse_field((distance < 9).astype(np.uint8), 2)
    centres = 4 * np.indices((8, 8, 8)) + 2.0
    true = 9 - np.sqrt(((centres - 16) ** 2).sum(axis=0))
    near = np.abs(true) < 4
    assert field.shape == (1, 8, 8, 8)
    # channel 0 is the phase 0 outside the ball
    assert np.abs(-field[0] - true)[near].max() < 0.8
    assert field.max() == 6.0  # far outside, where a distance says no more


def test_mirroring_the_structure_mirrors_the_field():
    labels = np.random.default_rng(1).integers(0, 3, (16, 16, 16)).astype(np.uint8)
    field = coarse_field(labels, 3)
    assert np.allclose(coarse_field(labels[:, ::-1], 3), field[:, :, ::-1])
