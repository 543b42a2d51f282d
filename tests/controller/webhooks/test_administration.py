"""The administrator's file: what is wrong in it is told before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.webhooks import read_webhooks
from controller.webhooks.checks import webhook_checks
from experiments.errors import Invalid

GOOD = """
control_room: https://lab.example.org/
webhooks:
  - {name: chat, address: "https://hooks.example/x?room=7", secret_file: chat.secret}
"""


def written(home: Path, text: str, mode: int = 0o600) -> Path:
    path = home / "webhooks.yaml"
    path.write_text(text)
    path.chmod(mode)
    return home


def test_a_file_names_receivers_and_where_links_lead(tmp_path: Path) -> None:
    found = read_webhooks(written(tmp_path, GOOD))
    assert found is not None
    assert found.control_room == "https://lab.example.org"
    (one,) = found.webhooks
    assert one.secret_file == tmp_path / "chat.secret"
    assert one.events == ("needs_you", "decided", "built", "ended", "alarm")
    assert not one.allow_private


def test_without_a_file_there_are_none(tmp_path: Path) -> None:
    assert read_webhooks(tmp_path) is None
    assert webhook_checks(tmp_path) == []


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(Invalid, match="allowed: 0600"):
        read_webhooks(written(tmp_path, GOOD, mode))


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://hooks.example/", "allow_private"),
        ("ftp://hooks.example/", "allowed: https"),
        ("file:///etc/passwd", "allowed: https"),
        ("gopher://hooks.example/", "allowed: https"),
        ("https://user:word@hooks.example/", "no credentials"),
        ("https://@hooks.example/", "no credentials"),
        ("https://hooks.example/#x", "no fragment"),
        ("https:///x", "allowed: https"),
        ("https://hooks.example:99999/", "no address"),
        ("https://hooks.example/\\\\r\\\\nHost: x", "ASCII"),
        ("https://hooks.exämple/", "ASCII"),
        ("", "allowed: https"),
    ],
)
def test_an_address_that_is_no_receiver_is_refused(
    tmp_path: Path, address: str, words: str
) -> None:
    text = GOOD.replace("https://hooks.example/x?room=7", address)
    with pytest.raises(Invalid, match=words):
        read_webhooks(written(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a", "valid dictionary"),
        (GOOD + GOOD.split("webhooks:")[1], "two webhooks are named chat"),
        (GOOD.replace("secret_file", "secret"), r"webhooks\.0\.secret_file"),
        (GOOD.replace("name: chat", "name: ../chat"), r"webhooks\.0\.name"),
        (GOOD.replace("}", ", events: [approve]}"), r"webhooks\.0\.events"),
        ("a: [", "webhooks.yaml"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        read_webhooks(written(tmp_path, text))


def test_doctor_says_what_keeps_a_webhook_from_being_sent(tmp_path: Path) -> None:
    text = GOOD.replace("hooks.example/x?room=7", "127.0.0.1/")
    written(tmp_path, text)
    (check,) = webhook_checks(tmp_path)
    assert "secret file" in str(check.advice)
    (tmp_path / "chat.secret").write_bytes(b"s" * 32)
    (tmp_path / "chat.secret").chmod(0o600)
    (check,) = webhook_checks(tmp_path)
    assert check.verdict == "wrong"
    assert "not on the public internet" in str(check.advice)
    written(tmp_path, text.replace("}", ", allow_private: true}"))
    (check,) = webhook_checks(tmp_path)
    assert (check.verdict, check.found) == ("ok", "nothing sent yet")
