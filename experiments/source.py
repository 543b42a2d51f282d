"""Results of earlier versions as levels of their own: related to today's, and never the same."""

from __future__ import annotations

from collections.abc import Iterable

from experiments.campaign import Campaign

_MARK = "_before_"


def source_name(fidelity: str, upgrade: int) -> str:
    """Return the name of a level's results from before the n-th upgrade: ``fine_before_1``."""
    return f"{fidelity}{_MARK}{upgrade}"


def with_sources(campaign: Campaign, names: Iterable[str]) -> Campaign:
    """Return the campaign with those of the named levels that are sources, behind its own.

    A source has everything of its level but the name; its results inform, and none is ever made.
    """
    known = {level.name: level for level in campaign.fidelities}
    added = []
    for name in dict.fromkeys(names):
        base = known.get(name.rpartition(_MARK)[0])
        if name not in known and base is not None:
            added.append(base.model_copy(update={"name": name, "source_of": base.name}))
    if not added:
        return campaign
    return campaign.model_copy(update={"fidelities": (*campaign.fidelities, *added)})


def without_sources(campaign: Campaign) -> Campaign:
    """Return the campaign with the levels of its file alone."""
    return campaign.model_copy(update={"fidelities": campaign.own_fidelities})
