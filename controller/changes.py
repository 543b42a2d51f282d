"""What differs between the campaign in the journal and the file it is resumed from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from experiments.campaign import Campaign

MAY_CHANGE: Final = ("approval", "budget", "stopping", "storage")
_ABSENT: Final = "absent"


def changes(old: Campaign, new: Campaign) -> dict[str, tuple[str, str]]:
    """Return key → (old value, new value), keys as a person would write them: ``seed``.

    A baseline image or a BPX file that moved and holds the same bytes is no change.
    """
    before, after = _plain(old), _plain(new)
    keys = [*before, *(key for key in after if key not in before)]
    found = {key: (before.get(key, _ABSENT), after.get(key, _ABSENT)) for key in keys}
    return {key: pair for key, pair in found.items() if pair[0] != pair[1]}


def may_change(key: str) -> bool:
    """Say whether a key may change between a campaign's start and its end."""
    return key.split(".", maxsplit=1)[0] in MAY_CHANGE


def _plain(campaign: Campaign) -> dict[str, str]:
    plain = campaign.model_dump(mode="json")
    baseline = plain.get("baseline")
    if isinstance(baseline, dict) and "image_sha256" in baseline:
        del baseline["image"]
    for known in plain["knowledge"]:
        del known["table"]
    if campaign.cell.parameter_set_sha256 is not None:
        del plain["cell"]["parameter_set"]
    return dict(_leaves("", plain))


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield (path, text) for every leaf; items with a name are known by it."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(f"{path}.{key}" if path else key, item)
    elif isinstance(value, list):
        for n, item in enumerate(value):
            name = item.get("name", n) if isinstance(item, dict) else n
            yield from _leaves(f"{path}[{name}]", item)
    elif value is not None:
        yield path, str(value)
