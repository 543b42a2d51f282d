import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from simulators.microstructure.stochastic.contact import contact
from simulators.microstructure.stochastic.orientation import rotations


def converged(r, q_i, q_j, n=12):
    share, normal, arms = 0.5, np.empty(3), np.empty((2, 3))
    for _ in range(n):
        root, depth, share = contact(r, q_i, q_j, share, normal, arms)
    return root, depth, normal, arms


def shape(axes, rotation):
    return rotation @ np.diag(np.asarray(axes) ** 2) @ rotation.T


def test_spheres_overlap_by_the_sum_of_radii_minus_their_distance():
    root, depth, normal, _ = converged(
        np.asarray([0.0, 2.0, 0.0]), 1.0 * np.eye(3), 2.25 * np.eye(3)
    )
    assert root == pytest.approx(2.0 / 2.5)
    assert depth == pytest.approx(0.5)
    assert normal == pytest.approx([0.0, 1.0, 0.0])


def test_the_factor_to_touching_is_the_maximum_of_perram_and_wertheim():
    random = np.random.default_rng(3)
    for turn_i, turn_j in zip(*(rotations(random, 20, a1=1, a2=1) for _ in range(2)), strict=True):
        q_i, q_j = shape((3, 1.5, 1), turn_i), shape((2, 2, 0.7), turn_j)
        r = random.standard_normal(3) * 2.0

        def lower(lam, r=r, q_i=q_i, q_j=q_j):
            return -lam * (1 - lam) * r @ np.linalg.solve((1 - lam) * q_i + lam * q_j, r)

        best = -minimize_scalar(lower, bounds=(0.001, 0.999), options={"xatol": 1e-9}).fun
        assert converged(r, q_i, q_j)[0] ** 2 == pytest.approx(best, rel=1e-6)


def test_scaled_to_touching_both_surfaces_meet_at_the_contact_point():
    random = np.random.default_rng(4)
    turn_i, turn_j = rotations(random, 2, a1=1, a2=1)
    q_i, q_j = shape((3, 1, 1), turn_i), shape((2, 2, 1), turn_j)
    r = np.asarray([1.0, 2.0, 0.5])
    root, _, _, arms = converged(r, q_i, q_j, n=40)
    assert arms[0] - arms[1] == pytest.approx(r)
    for arm, q in ((arms[0], q_i), (arms[1], q_j)):
        assert arm @ np.linalg.solve(q, arm) == pytest.approx(root**2, rel=1e-5)
