from __future__ import annotations

import asyncio
import getpass
import os
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from controller import control_socket as module
from controller.control_socket import ask_control, control_socket
from controller.home import Home, make_home
from controller.inbox import Inbox
from controller.order import Answer, Done, Look, Order, Pause, Refused, encode_line
from experiments.errors import Invalid, Unreachable


class Listener:
    """A control that answers every order with who gave it, on a thread of its own."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.inbox = Inbox()
        self.heard: list[str] = []
        self._ready = threading.Event()
        self._end = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self.turns = 0

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(5)

    def stop(self) -> None:
        self._end.set()
        self._thread.join(10)
        assert not self._thread.is_alive()

    async def _run(self) -> None:
        async with control_socket(self.home, self.inbox):
            self._ready.set()
            while not self._end.is_set():
                self.turns += 1
                for waiting in self.inbox.take():
                    self.heard.append(waiting.order.kind)
                    waiting.answer(Done(message=waiting.by))
                await asyncio.sleep(0.001)


@contextmanager
def listening(home: Home) -> Iterator[Listener]:
    listener = Listener(home)
    listener.start()
    try:
        yield listener
    finally:
        listener.stop()


def raw(home: Home, data: bytes, *, is_ended: bool = True) -> bytes:
    """Send bytes as they are and return everything that comes back."""
    with socket.socket(socket.AF_UNIX) as talking:
        talking.settimeout(5)
        talking.connect(str(home.socket))
        try:
            talking.sendall(data)
            if is_ended:
                talking.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: talking.recv(65536), b""))
        except (BrokenPipeError, ConnectionResetError):
            return b""


def ask_patiently(home: Home, order: Order) -> Answer:
    """Ask again while control turns clients away, as the commands do."""
    for _ in range(200):
        try:
            return ask_control(home, order)
        except Unreachable:
            time.sleep(0.01)
    raise AssertionError("control answers nobody")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def test_an_order_reaches_control_with_the_users_name(home: Home) -> None:
    with listening(home) as listener:
        assert ask_control(home, Pause(campaign="a")) == Done(message=getpass.getuser())
        assert listener.heard == ["pause"]


def test_the_socket_is_its_owners_alone_and_gone_at_the_end(home: Home) -> None:
    with listening(home):
        found = home.socket.stat()
        assert stat.S_ISSOCK(found.st_mode)
        assert stat.S_IMODE(found.st_mode) == 0o600
    assert not home.socket.exists()
    with pytest.raises(Unreachable):
        ask_control(home, Pause(campaign="a"))


def test_a_home_of_any_length_has_a_socket(tmp_path: Path) -> None:
    long = make_home(tmp_path / ("n" * 120) / ("m" * 120))
    with listening(long):
        assert isinstance(ask_control(long, Pause(campaign="a")), Done)
    assert not long.socket.exists()


def test_the_socket_a_killed_control_left_is_replaced(home: Home) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(home.socket))
    with pytest.raises(Unreachable):
        ask_control(home, Pause(campaign="a"))
    with listening(home):
        assert isinstance(ask_control(home, Pause(campaign="a")), Done)


def test_what_is_no_socket_is_left_alone(home: Home) -> None:
    home.socket.write_text("mine")

    async def listen() -> None:
        async with control_socket(home, Inbox()):
            raise AssertionError

    with pytest.raises(Invalid, match="in the way"):
        asyncio.run(listen())
    assert home.socket.read_text() == "mine"


def test_a_control_that_was_taken_over_leaves_the_new_ones_socket(home: Home) -> None:
    old = Listener(home)
    old.start()
    with listening(home):
        old.stop()
        assert isinstance(ask_control(home, Pause(campaign="a")), Done)


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x00\xff" * 50 + b"\n",
        b'{"kind": "pause"}\n',
        b"[" * 60000 + b"\n",
        b"x" * 300_000 + b"\n",
    ],
    ids=["http", "bytes", "half an order", "deep", "long"],
)
def test_garbage_is_refused_and_harms_nobody(home: Home, data: bytes) -> None:
    with listening(home) as listener:
        answer = raw(home, data)
        assert answer == b"" or b"refused" in answer
        assert listener.heard == []
        assert isinstance(ask_control(home, Pause(campaign="a")), Done)


def test_clients_that_leave_early_harm_nobody(home: Home) -> None:
    with listening(home) as listener:
        for _ in range(50):
            with socket.socket(socket.AF_UNIX) as talking:
                talking.connect(str(home.socket))
                talking.sendall(encode_line(Pause(campaign="a")))
        with socket.socket(socket.AF_UNIX) as talking:
            talking.connect(str(home.socket))
            talking.sendall(b'{"kind"')
        assert isinstance(ask_patiently(home, Look(campaign="a")), Done)
        assert set(listener.heard) == {"pause", "look"}


def test_silent_clients_are_hung_up_on_and_hold_nobody_up(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CLIENT_PATIENCE_S", 0.2)
    with listening(home) as listener:
        silent = [socket.socket(socket.AF_UNIX) for _ in range(31)]
        for one in silent:
            one.connect(str(home.socket))
        assert isinstance(ask_control(home, Pause(campaign="a")), Done)
        for one in silent:
            one.settimeout(5)
            assert one.recv(1) == b""
            one.close()
        turns = listener.turns
        assert isinstance(ask_control(home, Pause(campaign="a")), Done)
        assert listener.turns > turns


def test_more_clients_than_allowed_are_turned_away_and_come_back_later(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CLIENT_PATIENCE_S", 0.3)
    with listening(home):
        crowd = [socket.socket(socket.AF_UNIX) for _ in range(60)]
        for one in crowd:
            one.settimeout(5)
            one.connect(str(home.socket))
        for one in crowd:
            with suppress(ConnectionResetError):
                assert one.recv(1) == b""
            one.close()
        assert isinstance(ask_patiently(home, Pause(campaign="a")), Done)


def test_another_users_order_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_user_of", lambda writer: os.getuid() + 4711)
    with listening(home) as listener:
        answer = ask_control(home, Pause(campaign="a"))
        assert isinstance(answer, Refused)
        assert "may give no orders" in answer.message
        assert listener.heard == []


def test_orders_that_wait_at_the_end_are_refused() -> None:
    async def story() -> list[Answer]:
        inbox = Inbox()
        waiting = asyncio.create_task(inbox.ask(Pause(campaign="a"), "anna"))
        await asyncio.sleep(0)
        inbox.close()
        return [await waiting, await inbox.ask(Pause(campaign="a"), "anna")]

    answers = asyncio.run(story())
    assert all(isinstance(answer, Refused) for answer in answers)


def test_an_answer_without_an_end_is_no_answer(home: Home) -> None:
    def hang_up(listener: socket.socket) -> None:
        talking, _ = listener.accept()
        talking.recv(1000)
        talking.sendall(b'{"kind": "done"')
        talking.close()

    act: Callable[[socket.socket], None] = hang_up
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(home.socket))
        listener.listen()
        thread = threading.Thread(target=act, args=(listener,))
        thread.start()
        with pytest.raises(Unreachable, match="hung up"):
            ask_control(home, Pause(campaign="a"))
        thread.join()
