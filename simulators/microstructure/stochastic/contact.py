"""How deep two ellipsoids overlap, and along which normal.

This is the contact function of Perram and Wertheim (1985, J. Comput. Phys. 58, 409). With r the
line of centres and Q = R diag(a²) Rᵀ, F = max over λ of λ(1−λ) rᵀ[(1−λ)Qᵢ + λQⱼ]⁻¹r is the square
of the factor by which both must be scaled to touch; below 1 they overlap. Along the normal
m = [(1−λ)Qᵢ + λQⱼ]⁻¹r the overlap is, to first order, (1−√F)·√F/(λ(1−λ)|m|), which is exact for
spheres.
"""

from __future__ import annotations

import numba
import numpy as np

from simulators.microstructure.stochastic.box import Array


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def contact(
    r: Array, q_i: Array, q_j: Array, share: float, normal: Array, arms: Array
) -> tuple[float, float, float]:
    """Return (√F, overlap depth, better λ) of ellipsoids with shape matrices Q.

    Writes the unit normal from i to j, and into ``arms`` the way from either centre to the contact
    point; `2 x 3`. ``share`` is a guess of λ; any value gives a bound (F from below), and one
    Newton step a call brings repeated calls to the maximum.
    """
    lam = share
    c_00 = (1.0 - lam) * q_i[0, 0] + lam * q_j[0, 0]
    c_01 = (1.0 - lam) * q_i[0, 1] + lam * q_j[0, 1]
    c_02 = (1.0 - lam) * q_i[0, 2] + lam * q_j[0, 2]
    c_11 = (1.0 - lam) * q_i[1, 1] + lam * q_j[1, 1]
    c_12 = (1.0 - lam) * q_i[1, 2] + lam * q_j[1, 2]
    c_22 = (1.0 - lam) * q_i[2, 2] + lam * q_j[2, 2]
    k_00 = c_11 * c_22 - c_12 * c_12
    k_01 = c_02 * c_12 - c_01 * c_22
    k_02 = c_01 * c_12 - c_02 * c_11
    k_11 = c_00 * c_22 - c_02 * c_02
    k_12 = c_01 * c_02 - c_00 * c_12
    k_22 = c_00 * c_11 - c_01 * c_01
    scale = 1.0 / (c_00 * k_00 + c_01 * k_01 + c_02 * k_02)
    m_0 = (k_00 * r[0] + k_01 * r[1] + k_02 * r[2]) * scale
    m_1 = (k_01 * r[0] + k_11 * r[1] + k_12 * r[2]) * scale
    m_2 = (k_02 * r[0] + k_12 * r[1] + k_22 * r[2]) * scale
    inner = r[0] * m_0 + r[1] * m_1 + r[2] * m_2
    weight = lam * (1.0 - lam)
    root = np.sqrt(max(weight * inner, 1e-12))
    length = np.sqrt(m_0 * m_0 + m_1 * m_1 + m_2 * m_2)
    depth = (1.0 - root) * root / (weight * length)
    normal[0], normal[1], normal[2] = m_0 / length, m_1 / length, m_2 / length
    for k in range(3):
        arms[0, k] = (1.0 - lam) * (q_i[k, 0] * m_0 + q_i[k, 1] * m_1 + q_i[k, 2] * m_2)
        arms[1, k] = -lam * (q_j[k, 0] * m_0 + q_j[k, 1] * m_1 + q_j[k, 2] * m_2)

    d_00, d_01, d_02 = q_j[0, 0] - q_i[0, 0], q_j[0, 1] - q_i[0, 1], q_j[0, 2] - q_i[0, 2]
    d_11, d_12, d_22 = q_j[1, 1] - q_i[1, 1], q_j[1, 2] - q_i[1, 2], q_j[2, 2] - q_i[2, 2]
    v_0 = d_00 * m_0 + d_01 * m_1 + d_02 * m_2
    v_1 = d_01 * m_0 + d_11 * m_1 + d_12 * m_2
    v_2 = d_02 * m_0 + d_12 * m_1 + d_22 * m_2
    slope_inner = -(m_0 * v_0 + m_1 * v_1 + m_2 * v_2)
    bend_inner = (
        2.0
        * scale
        * (
            v_0 * (k_00 * v_0 + k_01 * v_1 + k_02 * v_2)
            + v_1 * (k_01 * v_0 + k_11 * v_1 + k_12 * v_2)
            + v_2 * (k_02 * v_0 + k_12 * v_1 + k_22 * v_2)
        )
    )
    slope = (1.0 - 2.0 * lam) * inner + weight * slope_inner
    bend = -2.0 * inner + 2.0 * (1.0 - 2.0 * lam) * slope_inner + weight * bend_inner
    better = lam - slope / bend if bend < 0.0 else lam
    return root, depth, min(max(better, 0.02), 0.98)
