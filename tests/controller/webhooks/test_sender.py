"""Notices of a real journal to a real receiver: in order, once, and at no cost to the campaign."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest

from controller.clock import SystemClock
from controller.commands.doctor import _document
from controller.events import ComputeLost, Finished, Paused, Unpaused
from controller.fold import fold
from controller.home import Home
from controller.journal import Journal, JournalReader
from controller.metrics import Metrics
from controller.progress import Moment, take_snapshot
from controller.webhooks import open_webhooks
from controller.webhooks.checks import webhook_checks
from controller.webhooks.progress import read_outcome
from controller.webhooks.sender import MOST_REFUSALS, Sender, Webhooks
from experiments.errors import Rejected, Transient
from tests.controller.proposed_campaign import write_proposed
from tests.controller.synthetic_campaign import write_campaign
from tests.controller.webhooks.receiver import Receiver, receiving

LOST = ComputeLost(reason="silent")


class MovingClock(SystemClock):
    ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


def set_up(home: Home, receiver: Receiver, more: str = "") -> None:
    (home.path / "chat.secret").write_bytes(b"s" * 40)
    (home.path / "chat.secret").chmod(0o600)
    path = home.path / "webhooks.yaml"
    path.write_text(
        "control_room: https://lab.example.org\nwebhooks:\n"
        f"  - {{name: chat, address: '{receiver.address}', secret_file: chat.secret, "
        f"allow_private: true{more}}}\n"
    )
    path.chmod(0o600)


def sender(home: Home, said: list[str], clock: Any = None, **changes: Any) -> Sender:
    (one,) = open_webhooks(home, clock or SystemClock(), said.append)._senders
    return Sender(
        one.hook, b"s" * 40, "https://lab.example.org", home, one._clock, said.append, **changes
    )


def waited(condition: Any, patience_s: float = 10.0) -> None:
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def append(home: Home, name: str, *events: Any) -> None:
    journal = Journal(home.journal, SystemClock())
    journal.append(name, list(events))
    journal.close()


def told(receiver: Receiver) -> list[tuple[str, int]]:
    found = [json.loads(body) for _, _, body in receiver.came]
    return [(one["event"], one["position"]) for one in found]


def test_a_notice_is_a_link_to_a_page_that_asks_who_is_there(tmp_path: Path) -> None:
    with receiving() as receiver:
        (tmp_path / "home").mkdir()
        set_up(Home(tmp_path / "home"), receiver)
        before = open_webhooks(Home(tmp_path / "home"), SystemClock(), print)
        _, name = write_proposed(tmp_path / "home", n=2, n_proposals=2)
        before.wake()
        waited(lambda: len(receiver.came) == 2)
        before.close()
    first, second = (json.loads(body) for _, _, body in receiver.came)
    assert set(first) == {"delivery", "event", "campaign", "position", "at", "link"}
    assert first["event"] == "needs_you"
    assert first["link"] == f"https://lab.example.org/campaigns/{name}/proposals/p1"
    assert second["link"].endswith("/proposals/p2")
    assert first["delivery"] != second["delivery"]
    assert first["delivery"] == receiver.came[0][1]["Cellwright-Delivery"]


def test_what_was_before_it_was_set_up_is_no_news_and_what_nobody_asked_for_none(
    tmp_path: Path,
) -> None:
    home, name = write_campaign(tmp_path / "home", n=3, is_finished=False)
    with receiving() as receiver:
        set_up(home, receiver, ", events: [alarm, ended]")
        hooks = open_webhooks(home, SystemClock(), print)
        append(home, name, Paused(by="anna"), LOST, Unpaused(by="anna"))
        hooks.wake()
        waited(lambda: len(receiver.came) == 1)
        append(home, name, Finished(reason="budget"))
        hooks.wake()
        hooks.close()  # what is new goes out before the session ends
    assert [kind for kind, _ in told(receiver)] == ["alarm", "ended"]
    outcome = read_outcome(home.path, "chat")
    assert outcome is not None
    assert (outcome.n_delivered, outcome.position) == (2, told(receiver)[1][1])


def test_a_notice_that_was_not_taken_is_sent_again_with_the_same_id_and_in_order(
    tmp_path: Path,
) -> None:
    home, name = write_campaign(tmp_path / "home", n=2, is_finished=False)
    said: list[str] = []
    with receiving() as receiver:
        set_up(home, receiver)
        receiver.status = 500
        one = sender(home, said, first_wait_s=0.01)
        append(home, name, LOST, Finished(reason="budget"))
        one.wake()
        waited(lambda: len(receiver.came) >= 3)
        assert {kind for kind, _ in told(receiver)} == {"alarm"}
        receiver.status = 200
        waited(lambda: one.outcome.n_delivered == 2)
        one.ask_to_close()
        one.join(5)
    ids = [headers["Cellwright-Delivery"] for _, headers, _ in receiver.came]
    assert len(set(ids[:-1])) == 1
    assert told(receiver)[-1][0] == "ended"
    assert len([words for words in said if "answered 500" in words]) == 1


def test_what_a_session_left_is_sent_by_the_next_one(tmp_path: Path) -> None:
    home, name = write_campaign(tmp_path / "home", n=2, is_finished=False)
    with receiving() as receiver:
        set_up(home, receiver)
        receiver.status = 503
        first = sender(home, [], first_wait_s=30.0)
        append(home, name, LOST)
        first.wake()
        waited(lambda: first.outcome.n_failed == 1)
        first.ask_to_close()
        assert first.join(25)  # before its wait of 30 s is over: who is down delays no end
        receiver.status = 200
        second = sender(home, [])
        second.wake()
        waited(lambda: second.outcome.n_delivered == 1)
        second.ask_to_close()
        second.join(5)
    ids = [headers["Cellwright-Delivery"] for _, headers, _ in receiver.came]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_after_a_day_a_notice_is_given_up_and_everybody_can_see_it(tmp_path: Path) -> None:
    home, name = write_campaign(tmp_path / "home", n=2, is_finished=False)
    said: list[str] = []
    clock = MovingClock()
    with receiving() as receiver:
        set_up(home, receiver)
        receiver.status = 500
        one = sender(home, said, clock, first_wait_s=0.01)
        append(home, name, LOST)
        one.wake()
        waited(lambda: one.outcome.n_failed >= 2)
        (check,) = webhook_checks(home.path)
        assert check.verdict == "wrong"
        assert "failing since" in check.found
        clock.ahead = timedelta(hours=25)
        waited(lambda: one.outcome.n_given_up == 1)
        one.ask_to_close()
        one.join(5)
    assert any("given up (answered 500)" in words for words in said)
    (check,) = webhook_checks(home.path)
    assert (check.verdict, check.found) == ("note", "0 delivered, 1 given up")
    assert _document([check])["ok"]
    metrics = Metrics(
        home, is_projection_behind=lambda: False, webhooks=lambda: {"chat": one.outcome}
    )
    with JournalReader(home.journal) as reader:
        state = fold(reader.read(name))
    assert state is not None
    metrics.update(take_snapshot(state, Moment()))
    text = generate_latest(metrics.registry).decode()
    assert 'cellwright_webhook_notices_total{outcome="given_up",webhook="chat"} 1.0' in text


def test_a_refused_address_is_given_up_at_once_and_told_of_once(tmp_path: Path) -> None:
    home, name = write_campaign(tmp_path / "home", n=2, is_finished=False)
    said: list[str] = []
    screen: list[str] = []
    with receiving() as receiver:
        set_up(home, receiver)

    def refuse(*words: object, **more: object) -> None:
        raise Rejected("lab is 10.0.0.7, which is not on the public internet")

    one = sender(home, said, send=refuse, first_wait_s=30.0, tell=screen.append)
    append(home, name, LOST, LOST)
    one.wake()
    waited(lambda: one.outcome.n_given_up == 2)
    one.ask_to_close()
    one.join(5)
    assert one.outcome.n_failed == 2  # one attempt each
    assert one.outcome.failing_since is None
    assert len([words for words in said if "given up (lab is 10.0.0.7" in words]) == 2
    assert len(screen) == 1
    assert "see cellwright doctor" in screen[0]
    (check,) = webhook_checks(home.path)
    assert (check.verdict, check.found) == ("note", "0 delivered, 2 given up")
    assert "not on the public internet" in str(check.advice)


@pytest.mark.parametrize(("status", "is_skipped"), [(400, True), (404, True), (429, False)])
def test_one_notice_that_is_refused_for_good_holds_up_no_other(
    tmp_path: Path, status: int, *, is_skipped: bool
) -> None:
    home, name = write_campaign(tmp_path / "home", n=2, is_finished=False)
    said: list[str] = []
    tried: list[str] = []

    def send(hook: object, body: bytes, delivery: str, **more: object) -> None:
        tried.append(delivery)
        if delivery == tried[0]:
            raise Transient(f"answered {status}", status=status)

    with receiving() as receiver:
        set_up(home, receiver)
    one = sender(home, said, send=send, first_wait_s=0.0)
    append(home, name, LOST, Finished(reason="budget"))
    one.wake()
    waited(lambda: one.outcome.n_delivered == 1 or len(tried) > MOST_REFUSALS + 1)
    one.ask_to_close()
    one.join(5)
    assert (one.outcome.n_given_up, one.outcome.n_delivered) == ((1, 1) if is_skipped else (0, 0))
    assert (tried.count(tried[0]) == MOST_REFUSALS) is is_skipped


def test_a_receiver_that_is_down_keeps_no_reader_open(tmp_path: Path) -> None:
    """An open reader keeps SQLite's log from being emptied: it would grow for a day."""
    home, name = write_campaign(tmp_path / "home", n=2, is_finished=False)
    with receiving() as receiver:
        set_up(home, receiver)

    def refuse(*words: object, **more: object) -> None:
        raise Transient("down")

    one = sender(home, [], send=refuse, first_wait_s=30.0)
    journal = Journal(home.journal, SystemClock())
    journal.append(name, [LOST])
    one.wake()
    waited(lambda: one.outcome.n_failed == 1)
    journal.close()  # the last connection to close takes the log away
    assert not home.journal.with_name("journal.db-wal").exists()
    one.ask_to_close()
    one.join(5)


def test_a_webhook_s_own_fault_ends_nothing(tmp_path: Path) -> None:
    home, name = write_campaign(tmp_path / "home", n=2, is_finished=False)
    said: list[str] = []
    with receiving() as receiver:
        set_up(home, receiver)

    def break_down(*words: object, **more: object) -> None:
        raise RuntimeError("a defect of ours")

    one = sender(home, said, send=break_down)
    append(home, name, LOST)
    one.wake()
    waited(lambda: said)
    assert "a defect of ours" in said[0]
    one.ask_to_close()
    one.join(5)


def test_receivers_that_hang_are_waited_for_together(tmp_path: Path) -> None:
    home, name = write_campaign(tmp_path / "home", n=2, is_finished=False)
    with receiving() as receiver:
        set_up(home, receiver)
    is_over, n_hanging = threading.Event(), 3
    waits_s: list[float] = []

    def hang(*words: object, **more: object) -> None:
        is_over.wait(60)
        raise Transient("down")

    class Noting(Sender):
        def join(self, patience_s: float) -> bool:
            waits_s.append(patience_s)
            return super().join(patience_s)

    (one,) = open_webhooks(home, SystemClock(), print)._senders
    hanging = [
        Noting(
            one.hook.model_copy(update={"name": f"chat{n}"}),
            b"s" * 40,
            "https://lab.example.org",
            home,
            SystemClock(),
            print,
            send=hang,
            first_wait_s=0.01,
        )
        for n in range(n_hanging)
    ]
    append(home, name, LOST)
    hooks = Webhooks(tuple(hanging))
    hooks.wake()
    hooks.close(0.2)
    assert waits_s[1:] == [0.0] * (n_hanging - 1)  # the first took all the time there is
    is_over.set()
    assert all(sender.join(20) for sender in hanging)


@pytest.mark.parametrize("text", ["", "{", '{"position": -1}', '{"position": 10000000}'])
def test_a_damaged_cursor_sends_nothing_old(tmp_path: Path, text: str) -> None:
    home, name = write_campaign(tmp_path / "home", n=2, is_finished=False)
    with receiving() as receiver:
        set_up(home, receiver)
        (home.path / "webhooks").mkdir()
        (home.path / "webhooks" / "chat.json").write_text(text)
        said: list[str] = []
        hooks = open_webhooks(home, SystemClock(), said.append)
        hooks.wake()
        waited(lambda: hooks.outcomes()["chat"].position < 10**6)
        append(home, name, LOST)
        hooks.wake()
        waited(lambda: len(receiver.came) == 1)
        hooks.close()
    assert [kind for kind, _ in told(receiver)] == ["alarm"]
    place = told(receiver)[0][1]
    (words,) = said
    assert "the cursor was damaged" in words
    assert f"notices before position {place} that were not sent" in words
