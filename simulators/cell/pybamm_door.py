"""The one place PyBaMM is imported, with its telemetry off before it can ask or send anything."""

from __future__ import annotations

import os

os.environ.setdefault("PYBAMM_DISABLE_TELEMETRY", "true")

import pybamm

__all__ = ["pybamm"]
