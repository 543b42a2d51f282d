"""The administrator's file of webhooks: the only place a receiver's address can come from."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final, Literal, get_args
from urllib.parse import urlsplit

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from experiments.errors import Invalid
from experiments.frozen import Frozen

FILE_NAME: Final = "webhooks.yaml"
Kind = Literal["needs_you", "decided", "built", "ended", "alarm"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


class Webhook(Frozen):
    """One receiver of the file."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")
    address: str = Field(max_length=2000)
    secret_file: Path
    """Mode 0600; a relative path is beside the administrator's file."""
    events: tuple[Kind, ...] = Field(default=KINDS, min_length=1)
    allow_private: bool = False
    """The host may be of this machine or its private network, and may be spoken to over HTTP."""

    @property
    def host(self) -> str:
        """Return the host of the address, an IPv6 address without its brackets."""
        return urlsplit(self.address).hostname or ""

    @field_validator("address")
    @classmethod
    def _address_is_plain(cls, address: str) -> str:
        return _plain(address)

    @model_validator(mode="after")
    def _is_encrypted(self) -> Webhook:
        if not self.allow_private and not self.address.lower().startswith("https://"):
            raise ValueError("address: https only; http needs allow_private: true")
        return self


class WebhookFile(Frozen):
    """The whole file."""

    control_room: str = Field(max_length=2000)
    """Where links lead: the address by which people reach ``cellwright serve``."""
    webhooks: tuple[Webhook, ...]

    @field_validator("control_room")
    @classmethod
    def _address_is_plain(cls, address: str) -> str:
        return _plain(address).rstrip("/")

    @model_validator(mode="after")
    def _names_differ(self) -> WebhookFile:
        names = [one.name for one in self.webhooks]
        twins = sorted({name for name in names if names.count(name) > 1})
        if twins:
            raise ValueError(f"two webhooks are named {twins[0]}")
        return self


def read_webhooks(home: Path) -> WebhookFile | None:
    """Return what the home's file says; None where there is no file.

    Raises ``Invalid`` where others can read or write it, or where it is wrong, with the key.
    """
    path = home / FILE_NAME
    try:
        with path.open("rb") as file:
            if mode := stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise Invalid(f"{path}: mode lets others in ({mode:03o}); allowed: 0600")
            document = yaml.safe_load(file.read(2**20))
    except FileNotFoundError:
        return None
    except (yaml.YAMLError, OSError, RecursionError) as error:
        raise Invalid(f"{path}: {str(error).splitlines()[0]}") from error
    try:
        found = WebhookFile.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Invalid(f"{path}: {where}: {first['msg']}".replace(": :", ":")) from error
    beside = path.absolute().parent
    moved = (
        one.model_copy(update={"secret_file": beside / one.secret_file}) for one in found.webhooks
    )
    return found.model_copy(update={"webhooks": tuple(moved)})


def _plain(address: str) -> str:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"no address: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("allowed: https://… or http://…")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("no credentials and no fragment in an address")
    if not address.isascii() or not address.isprintable() or " " in address or "\\" in address:
        raise ValueError("allowed: an address in ASCII, as a browser sends it")
    return address
