"""``cellwright users`` as the owner of a home gives it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from controller.cli import exit_status
from controller.clock import SystemClock
from controller.people import Method, open_people


def give(home: Path, *words: str) -> int:
    return exit_status(["--home", str(home), "users", *words])


def test_a_person_is_added_given_a_token_and_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n"))
    assert give(home, "add", "anna", "--role", "approver", "--campaign", "cells") == 0
    assert give(home, "add", "robot", "--service", "--role", "viewer") == 0
    capsys.readouterr()
    assert give(home, "token", "anna", "--label", "laptop") == 0
    token = capsys.readouterr().out.strip()
    people = open_people(home, SystemClock())
    assert people.authenticate_token(token).method is Method.token
    assert people.sessions.sign_in("anna", "correct horse battery", address="a")
    people.close()
    assert give(home, "list", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in listed] == ["anna", "robot"]
    assert listed[0]["roles"] == {"cells": ["approver"]}
    assert token not in json.dumps(listed)
    assert give(home, "revoke", listed[0]["tokens"][0]["id"]) == 0
    assert give(home, "list") == 0
    assert "revoked  laptop" in capsys.readouterr().out
    assert give(home, "list", "--changes") == 0
    assert "added person anna" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["add", "Anna", "--no-password"], "no name for an account"),
        (["role", "nobody", "viewer"], "there is nobody called 'nobody'"),
        (["add", "robot", "--service", "--role", "approver"], "can never be approver"),
        (["revoke", "123"], "there is no token '123'"),
        (["add", "bea", "--no-password", "--campaign", "a/b"], "no campaign's name"),
    ],
)
def test_wrong_input_gets_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    assert give(tmp_path / "home", *words) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
