"""What the technician measured: ``uploads/BUILD/measured.yaml``, in the bench's units."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from experiments.build_status import AsBuilt
from experiments.errors import Invalid
from experiments.frozen import Frozen


class Note(Frozen):
    """One coating or disc, as written on paper."""

    thickness_um: float | None = Field(default=None, gt=1, lt=1000)
    loading_mg_per_cm2: float | None = Field(default=None, gt=0.1, lt=200)
    porosity_pct: float | None = Field(default=None, gt=0, lt=100)

    @property
    def as_built(self) -> AsBuilt:
        """Return the note in SI."""
        return AsBuilt(
            thickness_m=None if self.thickness_um is None else self.thickness_um * 1e-6,
            loading_kg_per_m2=None
            if self.loading_mg_per_cm2 is None
            else self.loading_mg_per_cm2 / 100.0,
            porosity=None if self.porosity_pct is None else self.porosity_pct / 100.0,
        )


class BenchRecord(Frozen):
    """Everything noted of one build."""

    coating: AsBuilt = AsBuilt()
    cells: dict[int, AsBuilt] = Field(default_factory=dict)
    failed: dict[int, str] = Field(default_factory=dict)
    """Cell → why it will give no file."""

    @classmethod
    def from_note(cls, note: Any) -> BenchRecord:
        """Return the record of a YAML note: ``coating``, ``cells``, ``failed``.

        Raises ``Invalid`` or pydantic's ``ValidationError`` naming the wrong line.
        """
        if not isinstance(note, dict) or not set(note) <= {"coating", "cells", "failed"}:
            raise Invalid("allowed: coating, cells, failed")
        cells = note.get("cells") or {}
        if not isinstance(cells, dict):
            raise Invalid("cells: allowed: number: {thickness_um: …, loading_mg_per_cm2: …}")
        return cls(
            coating=Note.model_validate(note.get("coating") or {}).as_built,
            cells={int(n): Note.model_validate(of_cell).as_built for n, of_cell in cells.items()},
            failed=note.get("failed") or {},
        )
