"""Secrets that programs carry: tokens and session keys, 256 random bits each, stored as hashes.

A plain SHA-256 is enough for them: unlike a password, nothing that random can be guessed (OWASP
Password Storage Cheat Sheet is about what people choose).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime
from typing import Final, NamedTuple

from experiments.frozen import Frozen

_SECRET_BYTES: Final = 32
_TOKEN: Final = re.compile(r"(cwp|cws)_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
PERSONAL: Final = "cwp"
SERVICE: Final = "cws"


class TokenRecord(Frozen):
    """A token as it is kept: everything but the secret."""

    id: str
    owner: str
    label: str
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None


class NewToken(NamedTuple):
    """A token at the only moment it can be read."""

    record: TokenRecord
    text: str


class Parts(NamedTuple):
    """What a token's text says."""

    prefix: str
    id: str
    secret: str


def new_id() -> str:
    """Return what a token is known by."""
    return secrets.token_hex(6)


def new_secret() -> str:
    """Return 256 random bits as text."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def token_text(*, is_service: bool, token_id: str, secret: str) -> str:
    """Return what the owner keeps; its beginning lets a scanner of repositories recognise it."""
    return f"{SERVICE if is_service else PERSONAL}_{token_id}_{secret}"


def token_parts(text: str) -> Parts | None:
    """Return the parts of a token's text, or None where it is no token."""
    found = _TOKEN.fullmatch(text.strip()) if len(text) <= 200 else None
    return None if found is None else Parts(found[1], found[2], found[3])


def digest(secret: str) -> str:
    """Return what is stored of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def is_same(secret: str, kept: str) -> bool:
    """Compare a secret with what is stored, in a time that tells nothing."""
    return hmac.compare_digest(digest(secret), kept)
