"""What was measured before a campaign began, by others or elsewhere: tables as levels.

Such results inform and are never made again; how far they speak for today's target is learned, as
for any other level.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pydantic import Field

from experiments.frozen import Frozen

if TYPE_CHECKING:
    from experiments.campaign import Campaign
    from experiments.fidelity import Fidelity


class Knowledge(Frozen):
    """One table of earlier results."""

    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")
    """Of the level its results make up."""
    table: str
    """A CSV file; relative paths start at the campaign file's folder."""
    table_sha256: str = ""
    like: str | None = None
    """The simulated level whose settings stand for those of the table; None: the finest one."""
    columns: dict[str, str] = Field(default_factory=dict)
    """Our name of a parameter or metric → the table's column, where they differ."""
    where: dict[str, str] = Field(default_factory=dict)
    """Column → the only value that counts, such as ``fidelity: fine`` of an exported campaign."""


def with_knowledge(campaign: Campaign) -> Campaign:
    """Return the campaign with a level for every table, behind its own.

    Raises ``ValueError`` where a level that a table is like is not simulated here.
    """
    if not campaign.knowledge:
        return campaign
    simulated = {level.name: level for level in campaign.simulated if level.source_of is None}
    added: list[Fidelity] = []
    for i, known in enumerate(campaign.knowledge):
        like = known.like or campaign.finest_simulated.name
        if like not in simulated:
            allowed = ", ".join(simulated)
            raise ValueError(f"knowledge[{i}].like: {like!r} is not simulated; allowed: {allowed}")
        if known.name in _names(campaign, added_before=(one.name for one in added)):
            raise ValueError(f"knowledge[{i}].name: {known.name!r} is another level's name")
        added.append(simulated[like].model_copy(update={"name": known.name, "source_of": like}))
    return campaign.model_copy(update={"fidelities": (*campaign.fidelities, *added)})


def _names(campaign: Campaign, added_before: Iterable[str]) -> set[str]:
    return {level.name for level in campaign.fidelities} | set(added_before)
