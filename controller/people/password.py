"""Passwords, kept as scrypt hashes that say themselves how they were made."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
from typing import Final, NamedTuple

from experiments.errors import Invalid

MIN_LENGTH: Final = 12
"""NIST SP 800-63B-4, 3.1.1.2 asks for 15 where a password stands alone; 12 is *assumed* enough
beside a limit on how often one may try."""
MAX_LENGTH: Final = 256
"""Of what is hashed; NIST SP 800-63B-4, 3.1.1.2 asks for at least 64."""
_SALT_BYTES: Final = 16
_KEY_BYTES: Final = 32
_one_at_a_time: Final = threading.Lock()
"""Many people signing in at once take one hash's memory, not many."""


class Cost(NamedTuple):
    """The parameters of scrypt (RFC 7914, section 2); it takes 128·n·r bytes."""

    n: int = 2**17
    r: int = 8
    p: int = 1


RECOMMENDED: Final = Cost()
"""OWASP Password Storage Cheat Sheet, "scrypt": at least N = 2^17, r = 8, p = 1 (128 MiB)."""


def checked_password(password: str) -> str:
    """Return a new password that may be used. Raises ``Invalid``."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Invalid(f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters; use a few words")
    return password


def hash_password(password: str, cost: Cost = RECOMMENDED) -> str:
    """Return ``scrypt$n$r$p$salt$key``."""
    salt = secrets.token_bytes(_SALT_BYTES)
    key = _derived(password, salt, cost)
    return "$".join(["scrypt", *map(str, cost), _text(salt), _text(key)])


def no_password(cost: Cost = RECOMMENDED) -> str:
    """Return what no password hashes to, for accounts without one: comparing takes as long."""
    parts = (_text(bytes(_SALT_BYTES)), _text(bytes(_KEY_BYTES)))
    return "$".join(["scrypt", *map(str, cost), *parts])


def is_password(password: str, kept: str) -> bool:
    """Say whether a password is the one that was hashed; takes as long whether or not it is."""
    _, n, r, p, salt, key = kept.split("$")
    found = _derived(password[: MAX_LENGTH + 1], _bytes(salt), Cost(int(n), int(r), int(p)))
    return hmac.compare_digest(found, _bytes(key))


def _derived(password: str, salt: bytes, cost: Cost) -> bytes:
    n, r, p = cost
    room = 128 * r * (n + p + 2)
    with _one_at_a_time:
        return hashlib.scrypt(
            password.encode("utf-8", "surrogatepass"),
            salt=salt,
            n=n,
            r=r,
            p=p,
            maxmem=room,
            dklen=_KEY_BYTES,
        )


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)
