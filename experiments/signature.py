"""A keyed signature over a small message: HMAC-SHA256 (RFC 2104) of its canonical JSON."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

from pydantic import Field

from experiments.frozen import Frozen, content_hash

SHORTEST_SECRET: Final = 32
"""Bytes; RFC 2104 advises a key no shorter than the hash's output."""


class Signature(Frozen):
    """Who knows the secret says this, in this epoch of control."""

    epoch: int = Field(ge=0)
    mac: str = Field(pattern=r"^[0-9a-f]{64}$")


def sign(message: Mapping[str, str], *, epoch: int, secret: bytes) -> Signature:
    """Return the signature of a message in an epoch. Raises ``ValueError`` for a short secret."""
    if len(secret) < SHORTEST_SECRET:
        raise ValueError(f"a secret needs {SHORTEST_SECRET} bytes; this one has {len(secret)}")
    return Signature(epoch=epoch, mac=_mac(message, epoch, secret))


def verifies(signature: Signature, message: Mapping[str, str], secret: bytes) -> bool:
    """Say whether the signature is of this message and its own epoch; takes constant time."""
    return hmac.compare_digest(signature.mac, _mac(message, signature.epoch, secret))


def access_token(secret: bytes) -> str:
    """Return what lets a caller read from an instrument and abort there, but not build."""
    return hmac.new(secret, b"cellwright instrument access", hashlib.sha256).hexdigest()


def _mac(message: Mapping[str, str], epoch: int, secret: bytes) -> str:
    digest = content_hash({**message, "epoch": epoch})
    return hmac.new(secret, digest.encode(), hashlib.sha256).hexdigest()
