"""Where a webhook may connect to: the public internet, and what the administrator lists.

A name is resolved here, the addresses it stands for are judged, and the connection goes to exactly
one of those: a name that stands for another address a moment later (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable
from typing import Final

from experiments.errors import Rejected, Transient

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[str]]
_TRANSLATED: Final = tuple(
    ipaddress.IPv6Network(one) for one in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96")
)
"""IPv6 addresses that stand for the IPv4 address in their last 32 bits (RFC 6052, 8215, 4291)."""

_SPECIAL: Final = tuple(
    ipaddress.ip_network(one)
    for one in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "5f00::/16", "fec0::/10")
)
"""Of the IANA's special-purpose registries (RFC 6890), what Python 3.11 takes for global."""


def system_addresses(host: str, port: int) -> list[str]:
    """Return what the machine's resolver says. Raises ``OSError``."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def destination(
    host: str,
    port: int,
    *,
    allow_private: bool,
    patience_s: float,
    resolve: Resolve = system_addresses,
) -> str:
    """Return the IP address to connect to.

    Raises ``Transient`` where the name cannot be resolved in time, ``Rejected`` where it stands for
    this machine, its networks, or anything else that is not the public internet.
    """
    addresses = _within(patience_s, host, lambda: resolve(host, port))
    if not allow_private:
        for text in addresses:
            if not is_public(text):
                raise Rejected(
                    f"{host} is {text}, which is not on the public internet; "
                    "allowed only with allow_private: true in webhooks.yaml"
                )
    return addresses[0]


def is_public(text: str) -> bool:
    """Say whether an address is one of the public internet, whatever it is wrapped in."""
    try:
        found: Address = ipaddress.ip_address(text)
    except ValueError:
        return False  # with a zone, or nothing we know
    return all(
        one.is_global and not one.is_multicast and not any(one in network for network in _SPECIAL)
        for one in _meanings(found)
    )


def _meanings(found: Address) -> list[Address]:
    """Return an address and every IPv4 address that it may be turned into on its way."""
    if isinstance(found, ipaddress.IPv4Address):
        return [found]
    if found.ipv4_mapped is not None:
        return [found.ipv4_mapped]  # the same host in another notation
    inner: list[Address] = [found]
    if found.sixtofour is not None:
        inner.append(found.sixtofour)
    if found.teredo is not None:
        inner += found.teredo
    if any(found in network for network in _TRANSLATED):
        inner.append(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF))
    return inner


def _within(patience_s: float, host: str, ask: Callable[[], list[str]]) -> list[str]:
    """Return the answer of a resolver that may hang, on a thread that nobody waits for."""
    answers: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put(ask())
        except (OSError, UnicodeError) as error:
            answers.put(OSError(str(error)))

    threading.Thread(target=work, name="resolver", daemon=True).start()
    try:
        found = answers.get(timeout=patience_s)
    except queue.Empty:
        raise Transient(f"{host}: its address was not found within {patience_s:g} s") from None
    if isinstance(found, OSError) or not found:
        raise Transient(f"{host}: its address was not found: {found or 'no answer'}")
    return found
