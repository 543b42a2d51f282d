"""The lab without a robot: a technician works from a printed sheet and uploads result files."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from pathlib import Path

from experiments.build import SignedBuild
from experiments.capabilities import Capabilities
from instruments.folder_instrument import FolderInstrument, Layout
from instruments.session_sheet import session_sheet
from instruments.watched_folder import SETTLE_S


def manual_lab(
    name: str,
    secret: bytes,
    folder: Path,
    offer: Capabilities,
    *,
    seconds: Callable[[], float] = time.time,
    settle_s: float = SETTLE_S,
) -> FolderInstrument:
    """Return the manual lab of a folder.

    ``papers/BUILD.html`` is one build's sheet, ``papers/session.html`` that of all open builds;
    files and ``measured.yaml`` go to ``uploads/BUILD/``.
    """

    def papers(build: SignedBuild, open_builds: tuple[SignedBuild, ...]) -> dict[str, bytes]:
        now = datetime.datetime.fromtimestamp(seconds(), datetime.UTC).strftime(
            "%Y-%m-%d %H:%M UTC"
        )
        return {
            f"{build.build.id}.html": session_sheet([build], now).encode(),
            "session.html": session_sheet(open_builds, now).encode(),
        }

    return FolderInstrument(
        name,
        secret,
        folder,
        offer,
        Layout(papers, is_shared=False),
        seconds=seconds,
        settle_s=settle_s,
    )
