"""Copy a home while its campaigns run: the journal as of one moment, then what it refers to."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from controller.home import Home, make_home
from controller.journal import Anchor, JournalReader
from controller.journal.copy import copy_journal
from controller.journal.head import HeadWriter
from experiments.errors import Invalid


def back_up(home: Home, target: Path) -> Anchor:
    """Make a home of its own at ``target`` and return how far its journal goes.

    Artifacts are written before the events that name them, so copying them after the journal
    leaves none out. MLflow runs and reports are made anew from the journal. Raises ``Invalid``
    where the target is there already, ``Rejected`` where the journal is damaged.
    """
    if target.exists():
        raise Invalid(f"{target} is there already; name a folder that is not")
    half = target.with_name(f".{target.name}.part")
    shutil.rmtree(half, ignore_errors=True)
    try:
        copy = make_home(half)
        copy_journal(home.journal, copy.journal)
        with JournalReader(copy.journal) as journal:
            tip = journal.verify()
        head = HeadWriter(copy.journal)
        head.write(tip)
        head.close()
        _copy_artifacts(home.artifacts, copy.artifacts)
        os.rename(half, target)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise
    return tip


def _copy_artifacts(source: Path, target: Path) -> None:
    """Copy whole files; one that is deleted meanwhile was deleted on purpose."""
    for path in sorted(source.rglob("*")):
        if path.is_file() and not path.name.endswith(".part"):
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copy2(path, place)
            except FileNotFoundError:
                place.unlink(missing_ok=True)
