"""What the API's description says of the bodies that its routes read for themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pydantic import BaseModel

from controller.web import deputising, editing, orders, proposals
from controller.web.deputising import DeputyBody
from controller.web.editing import EditBody
from controller.web.orders import CampaignBody, OrderBody
from controller.web.proposals import DecisionBody, SettleBody, TextBody

_BODIES: Final[dict[Callable[..., Any], type[BaseModel]]] = {
    orders.start_campaign: CampaignBody,
    orders.check_campaign: CampaignBody,
    orders.give_order: OrderBody,
    proposals.decide: DecisionBody,
    editing.api_edit: EditBody,
    editing.api_trial: EditBody,
    proposals.withdraw: TextBody,
    proposals.settle: SettleBody,
    deputising.api_deputise: DeputyBody,
}
_NAMES_WHAT_WAS_SEEN: Final = (
    proposals.decide,
    proposals.withdraw,
    editing.api_edit,
    editing.api_trial,
)


def described(endpoint: Callable[..., Any]) -> dict[str, Any]:
    """Return the part of an OpenAPI operation that FastAPI cannot know; empty for most."""
    model = _BODIES.get(endpoint)
    if model is None:
        return {}
    headers = [
        _header("Idempotency-Key", "8 to 64 characters; answered as before when it comes again")
    ]
    if endpoint in _NAMES_WHAT_WAS_SEEN:
        words = 'the proposal\'s ETag: "DIGEST" of the version that was looked at'
        headers.append(_header("If-Match", words, is_needed=True))
    content = {"application/json": {"schema": model.model_json_schema()}}
    return {"requestBody": {"required": True, "content": content}, "parameters": headers}


def _header(name: str, words: str, *, is_needed: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": is_needed,
        "description": words,
        "schema": {"type": "string"},
    }
