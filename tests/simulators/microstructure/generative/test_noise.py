import numpy as np

from simulators.microstructure.generative.noise import normal_noise

PERIOD = (20, 24, 28)


def test_a_block_holds_the_numbers_of_the_whole_field():
    whole = normal_noise(5, 0, 2, (0, 0, 0), PERIOD, PERIOD)
    block = normal_noise(5, 0, 2, (3, 4, 5), (6, 7, 8), PERIOD)
    assert np.array_equal(block, whole[:, 3:9, 4:11, 5:13])


def test_the_field_starts_again_after_its_period():
    whole = normal_noise(5, 0, 1, (0, 0, 0), PERIOD, PERIOD)
    around = normal_noise(5, 0, 1, (-2, -2, -2), (4, 4, 4), PERIOD)
    assert np.array_equal(around, np.roll(whole, (2, 2, 2), (1, 2, 3))[:, :4, :4, :4])


def test_the_numbers_are_normal_and_independent():
    noise = normal_noise(7, 1, 2, (0, 0, 0), (64, 64, 64), (64, 64, 64))
    assert abs(noise.mean()) < 0.01
    assert abs(noise.std() - 1.0) < 0.01
    assert abs(np.mean(np.abs(noise) > 1.96) - 0.05) < 0.003
    for axis in (1, 2, 3):
        assert abs(np.mean(noise * np.roll(noise, 1, axis))) < 0.01
    assert abs(np.mean(noise[0] * noise[1])) < 0.01


def test_another_seed_or_field_gives_other_numbers():
    one, other_seed, other_field = (
        normal_noise(seed, field, 1, (0, 0, 0), (16, 16, 16), (16, 16, 16))
        for seed, field in ((1, 0), (2, 0), (1, 1))
    )
    for other in (other_seed, other_field):
        assert abs(np.mean(one * other)) < 0.08
        assert not np.any(one == other)
