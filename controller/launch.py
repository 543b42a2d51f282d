"""Take a campaign's text from outside and have it run: checked, kept in the home, started."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from controller.campaign_file import LoadedCampaign, load_campaign, parse_campaign
from controller.follower import Followed
from controller.home import Home
from controller.runs import Runs
from controller.yaml_lines import parse_yaml
from experiments.errors import Invalid

SOURCE: Final = "campaign.yaml"
MAX_TEXT: Final = 100_000
_MOST_BRACKETS: Final = 2000
"""The parser's time grows with the square of their depth: 90,000 of them took nine seconds."""


def checked_text(text: str) -> LoadedCampaign:
    """Return the campaign that a text from outside describes. Raises ``Invalid``.

    It may name no file of this machine: who writes it need not be allowed to read them.
    """
    if len(text) > MAX_TEXT:
        raise Invalid(f"{SOURCE}: at most {MAX_TEXT} characters are read")
    if text.count("[") + text.count("{") > _MOST_BRACKETS:
        raise Invalid(f"{SOURCE}: more than {_MOST_BRACKETS} brackets; is this a campaign file?")
    document = parse_yaml(text, SOURCE)
    if isinstance(document.value, dict):
        for part, key in (("baseline", "image"), ("cell", "parameter_set")):
            section = document.value.get(part)
            value = section.get(key) if isinstance(section, dict) else None
            if value is not None and (key == "image" or "/" in str(value) or "." in str(value)):
                raise document.error(
                    (part, key),
                    "a campaign from outside names no files of this machine; somebody who works on "
                    "it starts this one with cellwright run",
                )
        if document.value.get("knowledge"):
            raise document.error(
                ("knowledge",),
                "a campaign from outside names no files of this machine; somebody who works on it "
                "starts one that learns from tables with cellwright run",
            )
    return LoadedCampaign(parse_campaign(text, SOURCE, Path("/nonexistent")), SOURCE, text)


def launch(home: Home, runs: Runs, loaded: LoadedCampaign) -> str:
    """Keep the campaign's text in the home and start it; return what to tell the person.

    Raises ``HomeInUse`` while a campaign runs there.
    """
    name = loaded.campaign.name
    runs.start(name, _kept(home, name, loaded.text))
    return f"campaign {name} starts"


def go_on(home: Home, runs: Runs, followed: Followed) -> str:
    """Resume a campaign that nobody works on. Raises ``Invalid`` and ``HomeInUse``."""
    state = followed.state
    name = state.campaign.name
    if state.phase == "finished":
        raise Invalid(f"campaign {name} is at its end ({state.reason})")
    if state.phase == "running":
        raise Invalid(f"campaign {name} is being worked on")
    try:
        file = _kept(home, name, checked_text(state.text).text)
    except Invalid:
        file = Path(state.source)
        if not file.is_absolute() or load_campaign(file).campaign.name != name:
            raise Invalid(
                f"campaign {name} names files beside its own; resume it with cellwright run FILE"
            ) from None
    runs.start(name, file)
    return f"campaign {name} goes on"


def _kept(home: Home, name: str, text: str) -> Path:
    folder = home.path / "campaigns"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{name}.yaml"
    half = path.with_name(f".{name}.{os.getpid()}.part")
    half.write_text(text, "utf-8")
    os.replace(half, path)
    return path
