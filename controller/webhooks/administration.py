"""The administrator's file of webhooks: the only place a receiver's address can come from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, Literal, get_args
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from controller.complaint import strict
from controller.yaml_lines import parse_yaml
from experiments.frozen import Frozen
from instruments.administrators_file import read_administrators_file

FILE_NAME: Final = "webhooks.yaml"
Kind = Literal["needs_you", "decided", "built", "ended", "alarm"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_LONGEST_ADDRESS: Final = 2000


class Webhook(Frozen):
    """One receiver of the file."""

    name: str
    address: str
    secret_file: Path
    """Mode 0600; a relative path is beside the administrator's file."""
    events: tuple[Kind, ...] = Field(default=KINDS, min_length=1)
    allow_private: bool = False
    """The host may be of this machine or its private network, and may be spoken to over HTTP."""

    @property
    def host(self) -> str:
        """Return the host of the address, an IPv6 address without its brackets."""
        return urlsplit(self.address).hostname or ""

    @field_validator("name")
    @classmethod
    def _name_is_a_word(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError(
                "allowed: letters, digits, '_' and '-', at most 64, a letter or digit in front"
            )
        return name

    @field_validator("address")
    @classmethod
    def _address_is_plain(cls, address: str) -> str:
        return _plain(address)

    @field_validator("secret_file")
    @classmethod
    def _file_has_a_name(cls, path: Path) -> Path:
        if not path.name or "\0" in str(path):
            raise ValueError("allowed: the name of a file")
        return path

    @model_validator(mode="after")
    def _is_encrypted(self) -> Webhook:
        if not self.allow_private and not self.address.lower().startswith("https://"):
            raise ValueError("address: https only; http needs allow_private: true")
        return self


class WebhookFile(Frozen):
    """The whole file."""

    control_room: str
    """Where links lead: the address by which people reach ``cellwright serve``."""
    webhooks: tuple[Webhook, ...]

    @field_validator("control_room")
    @classmethod
    def _address_is_plain(cls, address: str) -> str:
        if "?" in address:
            raise ValueError("links are made by adding to it; allowed: an address without '?'")
        return _plain(address).rstrip("/")

    @model_validator(mode="after")
    def _names_differ(self) -> WebhookFile:
        names = [one.name for one in self.webhooks]
        for n, name in enumerate(names):
            if name in names[:n]:
                raise ValueError(f"webhooks[{n}].name: two webhooks are named {name}")
        return self


def read_webhooks(home: Path) -> WebhookFile | None:
    """Return what the home's file says; None where there is no file.

    Raises ``Invalid`` where others can read or write it, or where it is wrong, with line and key.
    """
    path = home / FILE_NAME
    text = read_administrators_file(path, closed_to=0o077, allowed="0600")
    if text is None:
        return None
    document = parse_yaml(text, str(path))
    if not isinstance(document.value, dict):
        raise document.error((), "must be a mapping with control_room and webhooks")
    found = strict(document, WebhookFile, document.value)
    beside = path.absolute().parent
    moved = (
        one.model_copy(update={"secret_file": beside / one.secret_file}) for one in found.webhooks
    )
    return found.model_copy(update={"webhooks": tuple(moved)})


def _plain(address: str) -> str:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"no address: {error}") from error
    if len(address) > _LONGEST_ADDRESS:
        raise ValueError(f"{len(address)} characters; allowed: at most {_LONGEST_ADDRESS}")
    if port == 0:
        raise ValueError("port 0 is none; allowed: 1 to 65535")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("allowed: https://… or http://…")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("no credentials and no fragment in an address")
    if not address.isascii() or not address.isprintable() or " " in address or "\\" in address:
        raise ValueError("allowed: an address in ASCII, as a browser sends it")
    return address
