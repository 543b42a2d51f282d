"""Write the tables of the built-in parameter sets: ``python -m simulators.cell.tabulate``."""

from __future__ import annotations

from pathlib import Path

from simulators.cell.chemistry import POSITIVE_ACTIVE
from simulators.cell.parameter_source import chemistry_of


def tabulate(folder: Path) -> None:
    """Write one JSON table per built-in set, as PyBaMM has it today."""
    folder.mkdir(exist_ok=True)
    for name in POSITIVE_ACTIVE:
        text = chemistry_of(name).model_dump_json()
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    tabulate(Path(__file__).parent / "parameter_sets")
