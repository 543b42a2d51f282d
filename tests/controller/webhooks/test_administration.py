"""The administrator's file: what is wrong in it is told before anything is sent."""

from __future__ import annotations

import os
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
        ("https://hooks.example:0/", "allowed: 1 to 65535"),
        (f"https://hooks.example/{'x' * 2000}", "allowed: at most 2000"),
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


MISTAKES = [
    ("- a", r"webhooks\.yaml: must be a mapping with control_room and webhooks"),
    ("", r"webhooks\.yaml: must be a mapping with control_room and webhooks"),
    (
        GOOD + GOOD.split("webhooks:")[1],
        r"yaml:6: webhooks\[1\]\.name: two webhooks are named chat",
    ),
    (
        GOOD.replace("secret_file", "secret"),
        r"yaml:4: webhooks\[0\]\.secret: unknown key \(did you mean 'secret_file'\?\); "
        "allowed: name, address, secret_file, events, allow_private",
    ),
    (GOOD.replace(", secret_file: chat.secret", ""), "the key 'secret_file' is missing"),
    (
        GOOD.replace("name: chat", "name: ../chat"),
        r"yaml:4: webhooks\[0\]\.name: allowed: letters, digits, '_' and '-', at most 64",
    ),
    (GOOD.replace("}", ", events: [approve]}"), r"yaml:4: webhooks\[0\]\.events\[0\]: must be"),
    (GOOD.replace("}", ", events: []}"), r"webhooks\[0\]\.events: must be a list that is not"),
    (GOOD.replace("https://hooks", "http://hooks"), r"yaml:4: webhooks\[0\]\.address: https only"),
    ("a: [", r"webhooks\.yaml:1: not valid YAML"),
    (GOOD + "\tx: 1\n", r"webhooks\.yaml:5: not valid YAML"),
    (GOOD + "# \x01\n", r"webhooks\.yaml:5: not valid YAML"),
    (GOOD + "control_room: https://other.example\n", r"yaml:5: control_room: given twice"),
    (GOOD.replace("{name", "{name: other, name"), r"yaml:4: webhooks\[0\]\.name: given twice"),
    *(
        (GOOD.replace("}", f", allow_private: {wrong}}}"), r"allow_private: must be true or false")
        for wrong in ("'yes'", "'true'", "1", "on_", "null")
    ),
    *(
        (GOOD.replace("https://lab.example.org/", wrong), rf"yaml:2: control_room: {words}")
        for wrong, words in (
            ("2026-13-45", "allowed: https"),
            ("2026-11-22T99:99:99", "allowed: https"),
            ("2026-11-22", "allowed: https"),
            ("9" * 5000, "cannot read|must be text"),
            ("12", "must be text; found 12"),
            ("https://lab.example/?a=b", "links are made by adding to it"),
            ("https://lab.example/?", "links are made by adding to it"),
            ("https://lab.example:0", "port 0"),
            (r'"\ud800"', "half of a surrogate pair"),
        )
    ),
    *(
        (GOOD.replace("chat.secret", wrong), rf"yaml:4: webhooks\[0\]\.secret_file: {words}")
        for wrong, words in (
            (r'"a\0b"', "allowed: the name of a file"),
            ("''", "allowed: the name of a file"),
        )
    ),
]


@pytest.mark.parametrize(("text", "words"), MISTAKES)
def test_a_mistake_is_named_in_one_line_with_its_place(
    tmp_path: Path, text: str, words: str
) -> None:
    written(tmp_path, text)
    with pytest.raises(Invalid, match=words) as caught:
        read_webhooks(tmp_path)
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 500
    (check,) = webhook_checks(tmp_path)
    assert (check.verdict, check.advice) == ("wrong", caught.value.message)


def test_what_is_no_file_of_text_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "webhooks.yaml"
    os.mkfifo(path, 0o600)
    with pytest.raises(Invalid, match="not a plain file"):
        read_webhooks(tmp_path)
    path.unlink()
    path.write_bytes(GOOD.encode() + b"# \xff\n")
    path.chmod(0o600)
    with pytest.raises(Invalid, match=r"webhooks\.yaml:5: not UTF-8 text"):
        read_webhooks(tmp_path)
    path.write_text(GOOD + "#" * 2**20)  # what lies past the end must not count as absent
    with pytest.raises(Invalid, match="longer than 1048576 bytes"):
        read_webhooks(tmp_path)


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
