"""The file of a test that still runs: what its cycler has written so far."""

from __future__ import annotations

from dataclasses import replace

from instruments.lab_simulator.ledger import MadeFile

_HEADER_LINES = 12
"""More than any header of the text formats here has."""


def cut_short(made: MadeFile, share: float) -> MadeFile:
    """Return the file as it is when a share of its rows is written; whole lines of text only.

    A binary file is whole or not there, as with cyclers that write it at the end.
    """
    if made.name.endswith(".parquet"):
        return replace(made, content=b"")
    lines = made.content.splitlines(keepends=True)
    n = _HEADER_LINES + int(max(len(lines) - _HEADER_LINES, 0) * min(max(share, 0.0), 1.0))
    return replace(made, content=b"".join(lines[:n]))
