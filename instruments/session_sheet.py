"""A session on paper: one HTML sheet for several builds, for the screen and for the printer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import jinja2

from experiments.build import SignedBuild
from instruments.work_order import slurries, work_order

_TEMPLATES = Path(__file__).parent / "templates"


def session_sheet(builds: Sequence[SignedBuild], printed_at: str) -> str:
    """Return the sheet of builds made in one session; loads nothing from outside."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("session_sheet.html").render(
        orders=[work_order(build) for build in builds],
        slurries=slurries(builds),
        printed_at=printed_at,
    )
