"""Values of volumes that follow the laws of size."""

from __future__ import annotations

import numpy as np


def drawn(rng, edges, number, *, limit=2.0, bias=1.5, variance=30.0, exponent=1.0):
    """Draw values that follow both laws."""
    return {
        edge: rng.normal(
            limit * (1 + bias / edge),
            limit * np.sqrt(variance * edge ** (-3.0 * exponent)),
            number,
        )
        for edge in edges
    }
