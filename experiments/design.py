"""A design: one point of a design space, in the words and units of the campaign file."""

from __future__ import annotations

from pydantic import Field

from experiments.frozen import Frozen, content_hash


class Design(Frozen):
    """Values by dotted name (``positive.porosity``); every dimensional name carries its unit.

    A design stays in the user's units because people name, compare and edit it; ``Recipe`` is the
    same thing in SI, fully resolved.
    """

    values: dict[str, float | int | str] = Field(default_factory=dict)

    @property
    def key(self) -> str:
        """Return a short content hash, equal for equal designs."""
        return content_hash(self)[:16]
