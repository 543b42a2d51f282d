"""What the doctor says of webhooks: what keeps one from being sent, and how it fared."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.checks import Check
from controller.webhooks.checks import webhook_checks
from controller.webhooks.progress import Outcome, keep_outcome


def home_with(folder: Path, *, mode: int = 0o600, allow_private: str = "true") -> Path:
    (folder / "chat.secret").write_bytes(b"s" * 40)
    (folder / "chat.secret").chmod(0o600)
    path = folder / "webhooks.yaml"
    path.write_text(
        "control_room: https://lab.example.org\nwebhooks:\n"
        "  - {name: chat, address: 'https://127.0.0.1:9/', secret_file: chat.secret, "
        f"allow_private: {allow_private}}}\n"
    )
    path.chmod(mode)
    return folder


def only(home: Path) -> Check:
    (found,) = webhook_checks(home)
    return found


def test_a_home_without_webhooks_has_nothing_to_check(tmp_path: Path) -> None:
    assert webhook_checks(tmp_path) == []


@pytest.mark.parametrize(
    ("outcome", "verdict", "found"),
    [
        (None, "ok", "nothing sent yet"),
        (Outcome(n_delivered=2), "ok", "2 delivered, 0 given up"),
        (Outcome(n_given_up=1, said="answered 500"), "note", "0 delivered, 1 given up"),
        (
            Outcome(failing_since="2026-11-02T10:00:00+00:00", said="answered 500"),
            "wrong",
            "0 delivered, 0 given up; failing since 2026-11-02 10:00 UTC",
        ),
    ],
)
def test_it_says_how_a_webhook_fared(
    tmp_path: Path, outcome: Outcome | None, verdict: str, found: str
) -> None:
    home = home_with(tmp_path)
    if outcome is not None:
        keep_outcome(home, "chat", outcome)
    assert (only(home).verdict, only(home).found) == (verdict, found)


def test_what_keeps_it_from_being_sent_is_named(tmp_path: Path) -> None:
    assert only(home_with(tmp_path, mode=0o644)).found == "cannot be read"
    refused = only(home_with(tmp_path, allow_private="false"))
    assert (refused.verdict, refused.found) == ("wrong", "cannot be sent")
    home = home_with(tmp_path)
    (home / "chat.secret").unlink()
    assert only(home).found == "cannot be sent"
