"""Which addresses a webhook may reach: SSRF by every notation that was thought of."""

from __future__ import annotations

import threading

import pytest

from controller.webhooks.destination import destination, is_public
from experiments.errors import Rejected, Transient


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.5.5",
        "192.168.1.1",
        "100.64.0.1",
        "100.100.100.200",  # a cloud's metadata, in shared address space
        "169.254.169.254",  # the other clouds' metadata
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.0.8",
        "198.18.0.1",
        "203.0.113.7",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:a00:1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "2002:c0a8:101::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "fe80::1",
        "fec0::1",
        "192.88.99.1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
        "localhost",
        "0x7f000001",
        "2130706433",
        "127.1",
        "",
    ],
)
def test_nothing_but_the_public_internet_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111"])
def test_the_public_internet_is(address: str) -> None:
    assert is_public(address)


def found(*addresses: str, allow_private: bool = False) -> str:
    return destination(
        "hooks.example",
        443,
        allow_private=allow_private,
        patience_s=1.0,
        resolve=lambda host, port: list(addresses),
    )


def test_one_bad_address_among_good_ones_refuses_the_name() -> None:
    assert found("8.8.8.8", "9.9.9.9") == "8.8.8.8"
    with pytest.raises(Rejected, match=r"hooks\.example is 10\.0\.0\.1"):
        found("8.8.8.8", "10.0.0.1")


def test_a_private_address_is_reached_only_where_the_administrator_lists_the_host() -> None:
    assert found("10.0.0.1", allow_private=True) == "10.0.0.1"


def test_a_notation_the_resolver_understands_is_judged_by_what_it_stands_for() -> None:
    for host in ("127.1", "0x7f.1", "2130706433", "localhost"):
        with pytest.raises((Rejected, Transient)):
            destination(host, 80, allow_private=False, patience_s=5.0)


def test_a_resolver_that_hangs_is_not_waited_for() -> None:
    never = threading.Event()

    def hang(host: str, port: int) -> list[str]:
        never.wait(20)
        return []

    with pytest.raises(Transient, match=r"within 0\.05 s"):
        destination("x.example", 80, allow_private=True, patience_s=0.05, resolve=hang)
    never.set()


def test_a_name_of_nothing_is_told_of() -> None:
    with pytest.raises(Transient, match="no answer"):
        found()
    with pytest.raises(Transient, match="was not found"):
        destination("a" * 70 + ".example", 80, allow_private=True, patience_s=5.0)
