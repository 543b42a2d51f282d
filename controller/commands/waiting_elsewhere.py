"""What waits for a person at a service elsewhere, in lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

from controller.label import design_words, metric_label
from controller.quantity import three, with_interval
from controller.service_desk import ServiceDesk


def waiting_elsewhere(desk: ServiceDesk, address: str, *, as_json: bool) -> Iterator[str]:
    """Yield the proposals that wait, or all of them as one JSON document."""
    waiting = desk.waiting()
    if as_json:
        yield json.dumps([one.model_dump(mode="json") for one in waiting], indent=2)
        return
    if not waiting:
        yield f"nothing of {desk.campaign} waits for a decision"
    for one in waiting:
        proposal = one.proposal
        name = f"{one.id}@{one.digest[:12]}"
        takes = f"{three(proposal.cost_EUR)} EUR, {three(proposal.channel_days)} channel-days"
        until = datetime.fromisoformat(proposal.expires_at)
        rows = [(one.id, f"{proposal.request.n_cells} cells at {proposal.instrument}, {takes}")]
        rows.append(("design", design_words(proposal.request.design)))
        for key, found in proposal.predicted.items():
            label = metric_label(key)
            words = with_interval(found.mean, found.low, found.high, label.unit)
            rows.append(("predicted", f"{label.text.lower()} {words}"))
        rows.append(("until", f"{until:%A %Y-%m-%d %H:%M %Z}"))
        rows.append(("page", f"{address.rstrip('/')}/campaigns/{desk.campaign}/proposals/{one.id}"))
        rows.append(("decide", f"cellwright approve {name} {desk.campaign} --service {address}"))
        yield from (f"{head:<12}{text}" for head, text in rows)
        yield ""
