"""Accounts, roles, tokens and sessions in a real file, with a clock that a test moves."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from controller.decisions import POLICY
from controller.people import Action, Method, People, Role, may
from controller.people.password import Cost, hash_password, is_password
from controller.people.sessions import PER_ADDRESS, PER_NAME, csrf_token, is_csrf_token
from experiments.errors import Invalid, NotSignedIn, Rejected, TooManyAttempts

QUICK = Cost(n=2**4, r=8, p=1)
"""A hash that costs nothing: what is tested here is not its strength."""
PASSWORD = "correct horse battery"


class MovedClock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def elapsed_s(self) -> float:
        return 0.0


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def people(tmp_path: Path, clock: MovedClock) -> Iterator[People]:
    opened = People(tmp_path / "people.db", clock, cost=QUICK)
    opened.accounts.add("anna", by="root")
    opened.accounts.set_password("anna", PASSWORD, by="root")
    yield opened
    opened.close()


def test_the_file_is_its_owner_s_alone_and_refused_where_others_can_read_it(
    tmp_path: Path, people: People, clock: MovedClock
) -> None:
    path = tmp_path / "people.db"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    os.chmod(path, 0o640)
    with pytest.raises(Invalid, match="may be read by others"):
        People(path, clock)


def test_no_secret_lies_in_the_file(tmp_path: Path, people: People) -> None:
    made = people.tokens.make("anna", days=1, by="root")
    session = people.sessions.sign_in("anna", PASSWORD, address="127.0.0.1")
    people.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for secret in (PASSWORD, session, made.text.rpartition("_")[2]):
        assert secret.encode() not in stored


def test_a_password_is_known_by_its_hash_and_costs_what_owasp_asks() -> None:
    kept = hash_password(PASSWORD)
    assert kept.startswith("scrypt$131072$8$1$")
    assert is_password(PASSWORD, kept)
    assert not is_password(PASSWORD + " ", kept)
    assert hash_password(PASSWORD, QUICK) != hash_password(PASSWORD, QUICK)


@pytest.mark.parametrize("password", ["short", "x" * 257, ""])
def test_a_short_or_endless_password_is_refused(people: People, password: str) -> None:
    with pytest.raises(Invalid, match="12 to 256"):
        people.accounts.set_password("anna", password, by="root")


@pytest.mark.parametrize("name", ["", "Anna", "1a", "a" * 41, "a b", "a\n", "../x", "ä", "'--"])
def test_a_name_that_is_none_is_refused(people: People, name: str) -> None:
    with pytest.raises(Invalid, match="no name"):
        people.accounts.add(name, by="root")


def test_the_journal_s_name_for_nobody_is_no_account(people: People) -> None:
    with pytest.raises(Invalid, match="nobody's name"):
        people.accounts.add(POLICY.person, by="root")


def test_a_token_says_whose_it_is_until_it_expires(people: People, clock: MovedClock) -> None:
    made = people.tokens.make("anna", days=2, by="root", label="laptop")
    person = people.authenticate_token(made.text)
    assert (person.name, person.method) == ("anna", Method.token)
    clock.moment += timedelta(days=2)
    with pytest.raises(NotSignedIn, match="expired on 2026-03-04"):
        people.authenticate_token(made.text)


def test_a_revoked_token_is_worthless_and_others_are_not(people: People) -> None:
    first, second = (people.tokens.make("anna", days=2, by="root") for _ in range(2))
    people.tokens.revoke(first.record.id, by="root")
    with pytest.raises(NotSignedIn, match="revoked"):
        people.authenticate_token(first.text)
    assert people.authenticate_token(second.text).name == "anna"


def test_a_token_with_one_letter_changed_is_not_known(people: People) -> None:
    text = people.tokens.make("anna", days=2, by="root").text
    for place in (5, len(text) - 1):
        other = text[:place] + ("b" if text[place] == "a" else "a") + text[place + 1 :]
        with pytest.raises(NotSignedIn, match="not known"):
            people.authenticate_token(other)


@pytest.mark.parametrize("text", ["", "cwp_", "\ud800", "x" * 10_000, f"cwp_{'0' * 12}_{'a' * 43}"])
def test_what_is_no_token_is_not_known(people: People, text: str) -> None:
    with pytest.raises(NotSignedIn, match="not known"):
        people.authenticate_token(text)


def test_a_service_can_never_decide_whatever_it_was_given(people: People) -> None:
    people.accounts.add("robot", by="root", is_service=True)
    for role in (Role.approver, Role.admin):
        with pytest.raises(Invalid, match="can never be"):
            people.accounts.give_role("robot", role, "*", by="root")
    people.accounts.give_role("robot", Role.operator, "*", by="root")
    robot = people.authenticate_token(people.tokens.make("robot", days=1, by="root").text)
    assert may(robot, "a", Action.operate)
    forced = robot.model_copy(update={"roles": {"*": frozenset(Role)}})
    for action in (Action.decide, Action.edit, Action.settle, Action.manage):
        assert not may(forced, "a", action)


def test_a_disabled_account_loses_its_sessions_and_tokens(people: People) -> None:
    session = people.sessions.sign_in("anna", PASSWORD, address="127.0.0.1")
    token = people.tokens.make("anna", days=1, by="root").text
    people.accounts.disable("anna", by="root")
    with pytest.raises(NotSignedIn):
        people.sessions.authenticate(session)
    with pytest.raises(NotSignedIn, match="disabled"):
        people.authenticate_token(token)
    with pytest.raises(NotSignedIn, match="name or password"):
        people.sessions.sign_in("anna", PASSWORD, address="127.0.0.1")


def test_a_session_ends_when_idle_and_in_any_case_after_a_day_s_work(
    people: People, clock: MovedClock
) -> None:
    session = people.sessions.sign_in("anna", PASSWORD, address="127.0.0.1")
    for _ in range(11):
        clock.moment += timedelta(hours=1, minutes=1)
        assert people.sessions.authenticate(session).method is Method.password
    clock.moment += timedelta(hours=1)
    with pytest.raises(NotSignedIn, match="over"):
        people.sessions.authenticate(session)
    idle = people.sessions.sign_in("anna", PASSWORD, address="127.0.0.1")
    clock.moment += timedelta(hours=2, minutes=1)
    with pytest.raises(NotSignedIn, match="over"):
        people.sessions.authenticate(idle)


def test_a_new_password_and_signing_out_end_sessions(people: People) -> None:
    first, second = (people.sessions.sign_in("anna", PASSWORD, address="a") for _ in range(2))
    people.sessions.sign_out(first)
    with pytest.raises(NotSignedIn):
        people.sessions.authenticate(first)
    people.accounts.set_password("anna", PASSWORD + "!", by="root")
    with pytest.raises(NotSignedIn):
        people.sessions.authenticate(second)


def test_wrong_passwords_for_a_name_are_counted_and_forgotten_in_time(
    people: People, clock: MovedClock
) -> None:
    for _ in range(PER_NAME):
        with pytest.raises(NotSignedIn, match="name or password is wrong"):
            people.sessions.sign_in("anna", "wrong", address="10.0.0.1")
    with pytest.raises(TooManyAttempts, match="15 minutes"):
        people.sessions.sign_in("anna", PASSWORD, address="10.0.0.2")
    clock.moment += timedelta(minutes=16)
    assert people.sessions.sign_in("anna", PASSWORD, address="10.0.0.2")


def test_wrong_names_from_an_address_are_counted_too(people: People) -> None:
    for n in range(PER_ADDRESS):
        with pytest.raises(NotSignedIn, match="name or password is wrong"):
            people.sessions.sign_in(f"nobody{n}", "wrong", address="10.0.0.1")
    with pytest.raises(TooManyAttempts):
        people.sessions.sign_in("anna", PASSWORD, address="10.0.0.1")
    assert people.sessions.sign_in("anna", PASSWORD, address="10.0.0.2")


def test_a_form_s_token_belongs_to_one_session(people: People) -> None:
    first, second = (people.sessions.sign_in("anna", PASSWORD, address="a") for _ in range(2))
    assert is_csrf_token(first, csrf_token(first))
    assert not is_csrf_token(first, csrf_token(second))
    assert not is_csrf_token(first, "\ud800")


def test_who_changed_what_is_kept_and_cannot_be_changed(tmp_path: Path, people: People) -> None:
    people.accounts.give_role("anna", Role.approver, "cells", by="root")
    people.accounts.take_role("anna", Role.approver, "cells", by="bea")
    words = [(one.by, one.words) for one in people.accounts.changes()]
    assert words[-2:] == [
        ("root", "made anna approver of cells"),
        ("bea", "anna is no longer approver of cells"),
    ]
    with sqlite3.connect(tmp_path / "people.db") as other, pytest.raises(sqlite3.IntegrityError):
        other.execute("DELETE FROM changes")
    other.close()


def test_a_file_that_is_no_database_is_refused_in_words(tmp_path: Path, clock: MovedClock) -> None:
    path = tmp_path / "people.db"
    path.write_bytes(b"not a database, and long enough to look at" * 100)
    path.chmod(0o600)
    with pytest.raises(Rejected, match="cannot be read"):
        People(path, clock)
