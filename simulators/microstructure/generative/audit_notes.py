"""What a recorded audit lets a volume say of its model: what was missed, and how much was asked.

A record is no seal of approval: it silences the warning only where the whole audit was asked and
everything in it was kept.
"""

from __future__ import annotations

from typing import Any, Final

from simulators.microstructure.generative.model_file import ModelCard

_WANTED_VOLUMES: Final = 32
_WANTED_VOXELS: Final = 128
"""What the bars are asked at."""
_NAMED: Final = 5
"""Missed quantities that a note names; the record has all."""


def audit_notes(card: ModelCard) -> list[str]:
    """Return what every volume of the model must carry; nothing where all was asked and kept."""
    record: Any = card.audits.get("withheld")
    if record is None:
        steps = card.training.n_steps
        return [f"model {card.name} ({steps} training steps) has no recorded audit"]
    try:
        said = [text for text in (_missed(record), _left_out(record, card)) if text]
    except (KeyError, TypeError, AttributeError):
        said = ["its record cannot be read"]
    return [f"model {card.name}, audit: {'; '.join(said)}"] if said else []


def _missed(record: Any) -> str:
    names = []
    for one in record["withheld"]:
        names += [row["quantity"] for row in one["rows"] if row["is_within"] is False]
        names += [
            f"variance of {row['quantity']}" for row in one["rows"] if row["is_as_varied"] is False
        ]
        names += [limit["quantity"] for limit in one["limits"] if limit["is_kept"] is False]
    for key in ("memorisation", "memorisation_at_training_labels"):
        found = record.get(key)
        if found is not None and found["is_clean"] is False:
            names.append("draws copies of training structures")
    different = list(dict.fromkeys(names))
    if not different:
        return ""
    more = len(different) - _NAMED
    return f"missed: {', '.join(different[:_NAMED])}" + (f" and {more} more" if more > 0 else "")


def _left_out(record: Any, card: ModelCard) -> str:
    size = record["size"]
    few = []
    if size["n_volumes"] < _WANTED_VOLUMES or size["voxels"] < _WANTED_VOXELS:
        few.append(f"audited on {size['n_volumes']} volumes of {size['voxels']}³ a label only")
    if len(record["withheld"]) < len(card.withheld):
        few.append(f"{len(record['withheld'])} of {len(card.withheld)} withheld labels")
    if not size["with_transport"]:
        few.append("no tortuosity")
    if record.get("memorisation_at_training_labels") is None:
        few.append("copies not looked for at the training labels")
    undecided = {
        row["quantity"]
        for one in record["withheld"]
        for row in one["rows"]
        if row["bar"] is not None and row["is_within"] is None
    } | {
        limit["quantity"]
        for one in record["withheld"]
        for limit in one["limits"]
        if limit["is_kept"] is None
    }
    if undecided:
        few.append(f"could not tell: {', '.join(sorted(undecided))}")
    return "; ".join(few)
