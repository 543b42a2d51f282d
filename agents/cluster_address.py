"""The address of a cluster, refused before Ray sees it: Ray waits long and explains little."""

from __future__ import annotations

import ipaddress
import socket
from typing import Final

from experiments.errors import Invalid

ANSWER_S: Final = 5.0


def refuse_unanswered(address: str) -> None:
    """Raise ``Invalid`` where the address cannot be that of a cluster in reach."""
    if address.startswith("ray://"):
        raise Invalid(
            f"--ray {address}: Ray Client loses running work when its connection breaks; start "
            "cellwright on a node of the cluster and give the head's HOST:PORT (usually port 6379)"
        )
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise Invalid(f"--ray {address}: must be HOST:PORT of a cluster's head, or auto")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_S).close()
    except (OSError, OverflowError) as error:
        raise Invalid(f"--ray {address}: nobody answers there ({error})") from error


def is_loopback(address: str) -> bool:
    """Say whether HOST:PORT is this machine seen from inside; ``auto`` may be anything."""
    host = address.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
