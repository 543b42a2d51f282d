"""The one way a shared model is configured: immutable, no unknown keys, no NaN or Infinity."""

from __future__ import annotations

import hashlib
import json

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """Be immutable, refuse unknown keys, and keep NaN and Infinity out of every JSON text."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def content_hash(value: BaseModel | object) -> str:
    """Return the SHA-256 (hex) of a model or plain JSON value in canonical form.

    Canonical means sorted keys, no spaces, UTF-8, so equal content has an equal hash in every
    process. Raises ``ValueError`` where the value holds NaN or Infinity.
    """
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    text = json.dumps(
        plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(text.encode()).hexdigest()
