"""A level of any kind: simulated, or built."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Tag

from experiments.build_fidelity import BuildFidelity
from experiments.fidelity import Fidelity


def _kind(level: Any) -> str:
    """Return which model a level is of; simulated ones say nothing of their kind."""
    is_plain = isinstance(level, dict)
    kind = level.get("kind", "simulated") if is_plain else getattr(level, "kind", "simulated")
    return "build" if kind == "build" else "simulated"


Level = Annotated[
    Annotated[Fidelity, Tag("simulated")] | Annotated[BuildFidelity, Tag("build")],
    Discriminator(_kind),
]
