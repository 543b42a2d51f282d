"""Start a campaign in a journal, or take up the one that is there under its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from controller.campaign_file import LoadedCampaign
from controller.changes import changes, may_change
from controller.events import Amended, CampaignStarted, Event, Resumed, Taught
from controller.fold import fold
from controller.journal import Journal
from controller.state import State
from experiments.errors import Invalid
from experiments.source import without_sources

_TAUGHT_AT_ONCE: Final = 500


def open_campaign(
    journal: Journal,
    loaded: LoadedCampaign,
    kept: State | None = None,
    *,
    when_over: Callable[[State], None] = lambda _: None,
) -> State:
    """Return the campaign's state, with its start, amendment or resumption stored.

    ``kept`` is an earlier state to fold later events into. A finished campaign without an amendment
    is returned as it is; ``when_over`` is told of it, and of one that was aborted, before. Raises
    ``Invalid`` with every changed key where others changed than may; nothing is stored then.
    """
    campaign = loaded.campaign
    after = 0 if kept is None else kept.position
    before = fold(journal.read(campaign.name, after=after), kept, packs=True)
    if before is None:
        started = CampaignStarted(campaign=campaign, source=loaded.source, text=loaded.text)
        return _stored(journal, [started, *_taught(loaded)], None, campaign.name)
    if before.is_aborted:
        when_over(before)
        raise Invalid(
            f"{loaded.source}: campaign {campaign.name} was {before.reason}; it stays so: give the "
            "campaign a new name"
        )
    changed = changes(without_sources(before.campaign), without_sources(campaign))
    refused = {key: pair for key, pair in changed.items() if not may_change(key)}
    if refused:
        listed = "; ".join(f"{key}: {old} → {new}" for key, (old, new) in refused.items())
        raise Invalid(
            f"{loaded.source}: campaign {campaign.name} was started with other values: {listed}; "
            "only approval, budget, stopping and storage may change: undo this, or give the "
            "campaign a new name",
            changed=sorted(refused),
        )
    if before.phase == "finished" and not changed:
        when_over(before)
        return before
    events: list[Event] = [Resumed()]
    if changed:
        amended = Amended(
            budget=campaign.budget,
            stopping=campaign.stopping,
            approval=campaign.approval,
            storage=campaign.storage,
            text=loaded.text,
        )
        events.append(amended)
    return _stored(journal, events, before, campaign.name)


def _taught(loaded: LoadedCampaign) -> Iterator[Taught]:
    """Yield what the campaign knows from the start, in events of limited size."""
    for table in loaded.knowledge:
        rows = iter(table.observations)
        while some := tuple(islice(rows, _TAUGHT_AT_ONCE)):
            yield Taught(name=table.name, observations=some)


def _stored(journal: Journal, events: list[Event], before: State | None, name: str) -> State:
    after = fold(journal.append(name, events), before, packs=True)
    assert after is not None
    return after
