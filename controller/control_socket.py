"""``HOME/control.sock``: where the control that holds a home takes orders, one a connection.

One line in, one line out. The file is its owner's alone, the other side is known by what the kernel
says of it, and a client that is slow, silent, talkative or gone costs the loop nothing but a task.
Socket addresses end after 108 bytes, so the home's folder is named by a descriptor.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import socket
import stat
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from controller.home import Home
from controller.inbox import Inbox
from controller.order import (
    MAX_LINE_BYTES,
    Answer,
    Order,
    Refused,
    decode_answer,
    decode_order,
    encode_line,
    giver,
)
from experiments.errors import Invalid, Unreachable

_CLIENT_PATIENCE_S: Final = 5.0
"""For a client to send its line, and again to take its answer."""
_ANSWER_PATIENCE_S: Final = 30.0
_MOST_CLIENTS: Final = 32
_MOST_ANSWER_BYTES: Final = 4 * 1024 * 1024
_CREDENTIALS: Final = struct.Struct("3i")
"""Process, user and group of the other side: unix(7), SO_PEERCRED."""


@contextlib.asynccontextmanager
async def control_socket(home: Home, inbox: Inbox) -> AsyncIterator[None]:
    """Listen while the context lasts. The caller holds the home; what is in the way is stale.

    Raises ``Invalid`` where something that is no socket lies in its place.
    """
    folder = os.open(home.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        listening = _listen(home.socket, folder)
        identity = _identity(home.socket.name, folder)
        clients: set[asyncio.StreamWriter] = set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if len(clients) >= _MOST_CLIENTS:
                writer.transport.abort()
                return
            clients.add(writer)
            try:
                await _serve(reader, writer, inbox)
            finally:
                clients.discard(writer)
                writer.transport.abort()

        server = await asyncio.start_unix_server(serve, sock=listening, limit=MAX_LINE_BYTES)
        try:
            yield
        finally:
            inbox.close()
            server.close()
            await _let_go(clients)
            if identity is not None and _identity(home.socket.name, folder) == identity:
                os.unlink(home.socket.name, dir_fd=folder)
    finally:
        os.close(folder)


def ask_control(home: Home, order: Order, *, patience_s: float = _ANSWER_PATIENCE_S) -> Answer:
    """Give an order to the control that holds the home, and return its answer.

    Raises ``Unreachable`` where nobody listens, or no answer comes.
    """
    where = f"the control of {home.path}"
    try:
        folder = os.open(home.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise Unreachable(f"{home.path}: {error.strerror}") from error
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as talking:
            talking.settimeout(patience_s)
            talking.connect(_address(home.socket.name, folder))
            talking.sendall(encode_line(order))
            with talking.makefile("rb") as lines:
                line = lines.readline(_MOST_ANSWER_BYTES)
    except OSError as error:
        raise Unreachable(f"{where} cannot be reached: {error}") from error
    finally:
        os.close(folder)
    if not line.endswith(b"\n"):
        raise Unreachable(f"{where} hung up without an answer")
    return decode_answer(line)


def user_name(user_id: int) -> str:
    """Return a user's name, or the number where the machine knows no name."""
    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        return f"user {user_id}"


def _listen(path: Path, folder: int) -> socket.socket:
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(os.stat(path.name, dir_fd=folder, follow_symlinks=False).st_mode):
            raise Invalid(f"{path} is in the way: it is no socket; remove it")
        os.unlink(path.name, dir_fd=folder)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        os.fchmod(listening.fileno(), stat.S_IRUSR | stat.S_IWUSR)  # what bind gives to the file
        listening.bind(_address(path.name, folder))
        listening.listen(_MOST_CLIENTS)
        listening.setblocking(False)
    except BaseException:
        listening.close()
        raise
    return listening


def _address(name: str, folder: int) -> str:
    return f"/proc/self/fd/{folder}/{name}"


def _identity(name: str, folder: int) -> tuple[int, int] | None:
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return None
    return found.st_dev, found.st_ino


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, inbox: Inbox) -> None:
    """Take one order and answer it. Whatever the other side does, nothing is raised."""
    with contextlib.suppress(TimeoutError, OSError):
        async with asyncio.timeout(_CLIENT_PATIENCE_S):
            try:
                line = await reader.readline()
            except ValueError:
                line = b"\n" * 2  # over the limit: refused below as no order
        if not line.endswith(b"\n"):
            return
        answer = await _answer(line, writer, inbox)
        writer.write(encode_line(answer))
        async with asyncio.timeout(_CLIENT_PATIENCE_S):
            await writer.drain()
            writer.close()
            await writer.wait_closed()


async def _answer(line: bytes, writer: asyncio.StreamWriter, inbox: Inbox) -> Answer:
    user_id = _user_of(writer)
    if user_id not in (0, os.getuid()):
        return Refused(message=f"{user_name(user_id)} may give no orders here")
    try:
        order = decode_order(line)
    except Invalid as error:
        return Refused(message=error.message)
    return await inbox.ask(order, giver(order, user_name(user_id)))


def _user_of(writer: asyncio.StreamWriter) -> int:
    talking = writer.get_extra_info("socket")
    packed = talking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, user_id, _ = _CREDENTIALS.unpack(packed)
    return int(user_id)


async def _let_go(clients: set[asyncio.StreamWriter]) -> None:
    """Give answers under way a moment to leave, then hang up."""
    for _ in range(10):
        if not clients:
            return
        await asyncio.sleep(0.02)
    for writer in list(clients):
        writer.transport.abort()
