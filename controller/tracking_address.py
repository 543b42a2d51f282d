"""Which MLflow store the runs go to, and how its address is told without its password."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

from experiments.errors import Invalid

VARIABLE: Final = "MLFLOW_TRACKING_URI"
_SERVERS: Final = ("http", "https")
_DATABASES: Final = ("sqlite", "postgresql", "mysql", "mssql")
_USER, _PASSWORD = "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"
_SECRET: Final = re.compile(r"(?<=://)[^/@\s]*:[^/@\s]*@")


@dataclass(frozen=True)
class TrackingAddress:
    """An MLflow store; its credentials are never in ``uri`` where MLflow takes them otherwise."""

    uri: str = field(repr=False)
    artifacts: str | None = None
    """Where artifacts go; None leaves that to the server."""
    credentials: tuple[str, str] | None = field(default=None, repr=False)

    def lies_in(self, folder: Path) -> bool:
        """Say whether it is a database file in a folder; what a server writes to is not known."""
        parts = urlsplit(self.uri)
        if parts.scheme.partition("+")[0] != "sqlite":
            return False
        file = Path(parts.path.removeprefix("/").removeprefix("file:"))
        return file.resolve().is_relative_to(folder.resolve())

    def set_up(self, environment: MutableMapping[str, str]) -> None:
        """Hand the credentials over where MLflow's client looks for them, and nowhere else."""
        if self.credentials is not None:
            environment[_USER], environment[_PASSWORD] = self.credentials


def tracking_address(
    asked: str | None, environment: Mapping[str, str], home: Path, campaign: str
) -> TrackingAddress:
    """Return the store asked for, the environment's, or the SQLite file in the home.

    Raises ``Invalid`` for a folder: MLflow's file store loses and slows what a campaign writes.
    """
    folder = (home / "mlflow-artifacts" / campaign).as_uri()
    uri = asked or environment.get(VARIABLE) or f"sqlite:///{home / 'mlflow.db'}"
    parts = urlsplit(uri)
    scheme = parts.scheme.partition("+")[0]
    if scheme in _DATABASES:
        return TrackingAddress(uri, folder)
    if scheme not in _SERVERS or not parts.hostname:
        where = "--mlflow" if asked else VARIABLE
        raise Invalid(
            f"{where} {without_secrets(uri)}: is no MLflow store that can be used; allowed: "
            "http://HOST:PORT, https://…, sqlite:///FILE, postgresql://…, mysql://…, mssql://…"
        )
    if parts.username is None:
        return TrackingAddress(uri)
    host = parts.hostname if parts.port is None else f"{parts.hostname}:{parts.port}"
    credentials = (unquote(parts.username), unquote(parts.password or ""))
    return TrackingAddress(urlunsplit(parts._replace(netloc=host)), None, credentials)


def without_secrets(text: str) -> str:
    """Return a text in which no address shows a user's password."""
    return _SECRET.sub("***@", text)
