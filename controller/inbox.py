"""Orders that wait for the loop's next turn, so that everything is written in one place."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from controller.order import Answer, Order, Refused


@dataclass(frozen=True)
class Waiting:
    """An order, who gave it, and where its answer goes."""

    order: Order
    by: str
    reply: asyncio.Future[Answer]

    def answer(self, answer: Answer) -> None:
        """Give the answer, unless nobody waits for it any more."""
        if not self.reply.done():
            self.reply.set_result(answer)


class Inbox:
    """Orders in the order they came."""

    def __init__(self) -> None:
        self._waiting: deque[Waiting] = deque()
        self._is_closed = False

    async def ask(self, order: Order, by: str) -> Answer:
        """Hand an order over and wait for its answer."""
        waiting = Waiting(order, by, asyncio.get_running_loop().create_future())
        if self._is_closed:
            waiting.answer(Refused(message="control is ending; give the order again in a moment"))
        else:
            self._waiting.append(waiting)
        return await waiting.reply

    def take(self) -> list[Waiting]:
        """Return what waits, once."""
        taken = list(self._waiting)
        self._waiting.clear()
        return taken

    def close(self) -> None:
        """Refuse what waits and what still comes."""
        self._is_closed = True
        for waiting in self.take():
            waiting.answer(Refused(message="control ended before the order was carried out"))
