"""Where the service can be reached, and so which Host and Origin a request may name."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from experiments.errors import Invalid

_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


@dataclass(frozen=True)
class Address:
    """One way in: ``https://lab.example.org``, or HTTP on the loopback address."""

    is_secure: bool
    hosts: frozenset[str]
    """What a request's Host may be, with the port where it is not the scheme's own."""

    @property
    def origins(self) -> frozenset[str]:
        """Return what a request's Origin may be."""
        scheme = "https" if self.is_secure else "http"
        return frozenset(f"{scheme}://{host}" for host in self.hosts)


def is_loopback(host: str) -> bool:
    """Say whether a host to bind to is this machine's own."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def service_address(
    host: str,
    port: int,
    *,
    has_tls: bool,
    public: str | None = None,
    names: Sequence[str] = (),
) -> Address:
    """Return where a service bound to host and port is reached.

    ``public`` is its address behind a proxy on this machine that speaks TLS; ``names`` are host
    names or addresses that it is reached by, of which a service bound to every address of the
    machine needs one. Raises ``Invalid`` where passwords would cross a network in clear text.
    """
    if public is not None:
        return _behind_a_proxy(host, public, names)
    if not has_tls and not is_loopback(host):
        raise Invalid(
            f"--host {host}: passwords would cross the network in clear text; give --certificate "
            "and --key, or bind to 127.0.0.1 behind a proxy with --public-address https://HOST"
        )
    if is_every_address(host) and not names:
        raise Invalid(
            f"--host {host} binds to every address of this machine and is no name to be reached "
            "by; give --public-name HOST, as the certificate and the browsers have it"
        )
    own = () if is_every_address(host) else (in_url(host),)
    known = {*own, *(_LOOPBACK if is_loopback(host) else ()), *map(_public_name, names)}
    own_port = 443 if has_tls else 80
    hosts = {f"{name}:{port}".lower() for name in known}
    hosts |= {name.lower() for name in known} if port == own_port else set()
    return Address(is_secure=has_tls, hosts=frozenset(hosts))


def is_every_address(host: str) -> bool:
    """Say whether a host to bind to stands for all addresses of the machine."""
    try:
        return not host or ipaddress.ip_address(host.strip("[]")).is_unspecified
    except ValueError:
        return False


def in_url(host: str) -> str:
    """Return a host as a URL and a Host header have it: IPv6 shortened, in brackets (RFC 3986)."""
    try:
        found = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return host
    return f"[{found.compressed}]" if found.version == 6 else found.compressed


def _behind_a_proxy(host: str, public: str, names: Sequence[str]) -> Address:
    parts = urlsplit(public)
    if parts.scheme != "https" or not parts.netloc or parts.path not in ("", "/"):
        raise Invalid(f"--public-address {public}: allowed: https://HOST or https://HOST:PORT")
    if not is_loopback(host):
        raise Invalid("--public-address: the proxy is on this machine; bind to 127.0.0.1")
    if names:
        raise Invalid("--public-name: --public-address says already how the service is reached")
    return Address(is_secure=True, hosts=frozenset({parts.netloc.lower()}))


def _public_name(name: str) -> str:
    found = in_url(name)
    if found == name and not _NAME.fullmatch(name):
        raise Invalid(f"--public-name {name}: allowed: a host's name or address, without a port")
    if is_every_address(name):
        raise Invalid(f"--public-name {name}: nobody is reached by that address")
    return found
