"""The token without which no Ray of ours answers: a file of its owner's, in the home.

Ray reads the mode once, when it is imported, and hands it on to its processes by environment.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from ray._raylet import AuthenticationTokenLoader, Config  # type: ignore[attr-defined]

from experiments.errors import Invalid

NAME: Final = "ray-token"
_MODE: Final = "RAY_AUTH_MODE"
_VALUE: Final = "RAY_AUTH_TOKEN"
_PATH: Final = "RAY_AUTH_TOKEN_PATH"
_BYTES: Final = 32


def own_token(folder: Path) -> Path:
    """Return the folder's token file, made where there is none.

    Raises ``Invalid`` where others can read it.
    """
    path = folder / NAME
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if path.stat().st_mode & 0o077:
            raise Invalid(
                f"{path}: others than its owner can read it; remove it, and a new one is made"
            ) from None
        if path.stat().st_size:
            return path
        descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(secrets.token_hex(_BYTES))
    return path


def require_token(path: Path) -> None:
    """Have every process of the Ray that this one starts ask for the token in the file."""
    os.environ.pop(_VALUE, None)
    os.environ.update({_MODE: "token", _PATH: str(path)})
    _read_again()


def offer_token(folder: Path | None) -> bool:
    """Show a cluster the user's token, or else the folder's; return whether there is one."""
    given = os.environ.get(_PATH)
    if os.environ.get(_VALUE) or (given and Path(given).is_file()):
        pass
    elif (Path.home() / ".ray" / "auth_token").is_file():
        os.environ.pop(_PATH, None)
    elif folder is not None and (folder / NAME).is_file():
        os.environ[_PATH] = str(own_token(folder))
    else:
        return False
    os.environ[_MODE] = "token"
    _read_again()
    return True


def _read_again() -> None:
    """Make this process's Ray forget what it read at import; the order is Ray's own."""
    Config.initialize("")
    AuthenticationTokenLoader.instance().reset_cache()
