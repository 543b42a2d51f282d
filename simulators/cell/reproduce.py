"""Solve a failed case again: ``python -m simulators.cell.reproduce REPRODUCER.json``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from experiments.errors import DesignFailed, Invalid
from simulators.cell.discharge import Discharge, NamedCase, solve_named


def reproduce(evidence: dict[str, Any]) -> Discharge:
    """Solve the case that a ``solver_failed`` carries as its evidence.

    Raises ``Invalid`` where it holds no case, and what ``solve_named`` raises.
    """
    try:
        case = TypeAdapter(NamedCase).validate_python(evidence.get("case"))
    except ValidationError as error:
        raise Invalid(f"reproducer: {' '.join(str(error).split())[:200]}") from error
    return solve_named(case)


def main(path: str) -> int:
    """Solve the case in a file and say how it ended."""
    evidence = json.loads(Path(path).read_text(encoding="utf-8"))
    try:
        found = reproduce(evidence)
    except (DesignFailed, Invalid) as failed:
        sys.stderr.write(f"{failed.message}\n")
        return 3
    ended = f"{found.termination}, {found.energy_Wh_per_m2:.3f} Wh/m², {found.duration_s:.0f} s"
    sys.stdout.write("; ".join([ended, *found.fallbacks]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
