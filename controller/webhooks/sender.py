"""Carries notices out of control: one thread a webhook, which nothing waits for.

The journal is the outbox. A cursor in the home says how far a webhook got, so a notice is sent
again after a crash, by the same delivery id. Notices go out in order; one that is not taken is
tried again for a day, and then given up. A cursor that was damaged begins anew at the journal's
end, and the log says so.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from controller.clock import Clock
from controller.home import Home
from controller.journal import Anchor, JournalReader
from controller.journal.head import read_head
from controller.webhooks.administration import Webhook, read_webhooks
from controller.webhooks.notice import delivery_id, event_word, notice
from controller.webhooks.post import post
from controller.webhooks.progress import Outcome, keep_outcome, outcome_path, read_outcome
from experiments.errors import CellwrightError, Rejected
from instruments.secret_file import read_secret

GIVE_UP_AFTER: Final = timedelta(hours=24)
"""From the first attempt of a notice. *Assumed*: a receiver that is down over night is back by
then, and older news is better read in the control room."""
MOST_REFUSALS: Final = 8
"""Answers of 4xx to one notice before the next one's turn: with the waits between them 4 min, in
which a receiver that is being set up anew has come back; *assumed*."""
_PASSING: Final = frozenset({408, 425, 429})
"""Of 4xx, what asks to try again: time-out, too early, too many (RFC 9110, 8470, 6585)."""
_FIRST_WAIT_S: Final = 2.0
_LONGEST_WAIT_S: Final = 300.0
"""Between two attempts, doubled each time; *assumed*."""
_CLOSING_S: Final = 5.0
"""For the last notices of a session, of all receivers together."""


class Sender:
    """One webhook's thread."""

    def __init__(
        self,
        hook: Webhook,
        secret: bytes,
        control_room: str,
        home: Home,
        clock: Clock,
        log: Callable[[str], None],
        *,
        tell: Callable[[str], None] = lambda _: None,
        send: Callable[..., None] = post,
        first_wait_s: float = _FIRST_WAIT_S,
    ) -> None:
        """Begin nothing yet. ``tell`` is told once when notices are refused for good."""
        self.hook: Final = hook
        self._secret = secret
        self._control_room = control_room
        self._home = home
        self._clock = clock
        self._log = log
        self._tell = tell
        self._has_told = False
        self._send = send
        self._first_wait_s = first_wait_s
        self._n_waits = 0
        self._news = threading.Event()
        self._is_closing = threading.Event()
        kept = read_outcome(home.path, hook.name)
        # What was before it was set up is no news.
        self.outcome = kept or Outcome().at(read_head(home.journal) or Anchor())
        if kept is None and outcome_path(home.path, hook.name).exists():
            self._say_that_it_begins_anew(self.outcome.anchor)
        self._thread = threading.Thread(target=self._follow, name=f"webhook {hook.name}")
        self._thread.daemon = True
        if kept is None:
            keep_outcome(home.path, hook.name, self.outcome)

    def wake(self) -> None:
        """Say that there is news. Returns at once."""
        self._news.set()
        if self._thread.ident is None:
            self._thread.start()

    def ask_to_close(self) -> None:
        """Let it send what it can at once, and end."""
        self._is_closing.set()
        self._news.set()

    def join(self, patience_s: float) -> bool:
        """Wait for its end for so long, and then no longer: the rest goes out next time.

        Return whether it ended.
        """
        if self._thread.ident is not None:
            self._thread.join(patience_s)
        return not self._thread.is_alive()

    def _follow(self) -> None:
        is_last = False
        while not is_last:
            self._news.wait()
            self._news.clear()
            is_last = self._is_closing.is_set()
            try:
                self._catch_up()
            except Exception as error:  # noqa: BLE001 - a webhook must never end a campaign
                self._log(f"webhook {self.hook.name}: {type(error).__name__}: {error}")
                self._is_closing.wait(_LONGEST_WAIT_S)
                self._news.set()

    def _catch_up(self) -> None:
        """Send everything that is new; return early where the session ends meanwhile."""
        is_down = self._is_closing.is_set() and self.outcome.failing_since is not None
        if is_down or not self._home.journal.is_file():
            return
        waiting, tip = self._waiting()
        for anchor, delivery, body in waiting:
            if not self._is_done_with(delivery, body):
                return
            self._note(position=anchor.position, hash=anchor.hash)
        if tip != self.outcome.anchor:
            self._note(position=tip.position, hash=tip.hash)

    def _waiting(self) -> tuple[list[tuple[Anchor, str, bytes]], Anchor]:
        """Return the notices past the cursor, and the place up to which there are no others.

        The journal is closed again before anything is sent: a receiver that is down for a day
        would keep the writer from tidying its log away.
        """
        found = []
        with JournalReader(self._home.journal, trusted=self.outcome.anchor) as journal:
            if not journal.holds(self.outcome.anchor):  # damaged, or of another journal
                self._say_that_it_begins_anew(journal.verified)
                return [], journal.verified
            tip = self.outcome.anchor
            for recorded in journal.read_all(after=tip.position):
                tip = Anchor(recorded.position, recorded.hash)
                kind = event_word(recorded.event)
                if kind is not None and kind in self.hook.events:
                    delivery = delivery_id(self.hook.name, recorded)
                    body = notice(recorded, kind, delivery, self._control_room)
                    found.append((tip, delivery, body))
        return found, tip

    def _is_done_with(self, delivery: str, body: bytes) -> bool:
        """Deliver a notice or give it up; False where the session ends before."""
        n_refusals = 0
        while (fault := self._fault(body, delivery)) is not None:
            n_refusals += _is_refusal(fault)
            if isinstance(fault, Rejected) or n_refusals >= MOST_REFUSALS:
                words = f"notice {delivery} is given up ({fault.message})"
                self._give_up(words, is_for_good=True)
                return True
            if self._is_a_day_over():
                since = f"{self.outcome.failing_since:.16}"
                words = f"notice {delivery} was not taken since {since}; it is given up"
                self._give_up(f"{words} ({fault.message})")
                return True
            wait_s = self._first_wait_s * 2.0 ** min(self._n_waits, 20)
            self._n_waits += 1
            if self._is_closing.wait(min(wait_s, _LONGEST_WAIT_S)):
                return False
        self._n_waits = 0
        self._note(
            n_delivered=self.outcome.n_delivered + 1,
            failing_since=None,
            delivered_at=self._clock.now().isoformat(),
        )
        return True

    def _fault(self, body: bytes, delivery: str) -> CellwrightError | None:
        """Try once; return why it was not taken, or None where it was."""
        now = self._clock.now()
        try:
            self._send(self.hook, body, delivery, secret=self._secret, at_s=int(now.timestamp()))
        except CellwrightError as error:
            if self.outcome.failing_since is None and not isinstance(error, Rejected):
                self._log(f"webhook {self.hook.name}: {error.message}; it is tried again")
            since = self.outcome.failing_since or now.astimezone(UTC).isoformat()
            self._note(
                n_failed=self.outcome.n_failed + 1, failing_since=since, said=error.message[:300]
            )
            return error
        return None

    def _is_a_day_over(self) -> bool:
        since = self.outcome.failing_since
        assert since is not None
        return self._clock.now() - datetime.fromisoformat(since) >= GIVE_UP_AFTER

    def _give_up(self, words: str, *, is_for_good: bool = False) -> None:
        """Go on with the next notice; somebody has to mend what is refused for good."""
        self._log(f"webhook {self.hook.name}: {words}")
        if is_for_good:
            self._n_waits = 0
            if not self._has_told:
                self._has_told = True
                self._tell(
                    f"webhook {self.hook.name}: notices are given up: {self.outcome.said}; "
                    "see cellwright doctor"
                )
        self._note(n_given_up=self.outcome.n_given_up + 1, failing_since=None)

    def _say_that_it_begins_anew(self, place: Anchor) -> None:
        self._log(
            f"webhook {self.hook.name}: the cursor was damaged, or is of another journal; notices "
            f"before position {place.position + 1} that were not sent yet are not sent"
        )

    def _note(self, **changes: object) -> None:
        self.outcome = self.outcome.model_copy(update=changes)
        keep_outcome(self._home.path, self.hook.name, self.outcome)


def _is_refusal(fault: CellwrightError) -> bool:
    """Say whether a receiver answered that this very notice will not do."""
    status = fault.evidence.get("status")
    return isinstance(status, int) and 400 <= status < 500 and status not in _PASSING


class Webhooks:
    """All webhooks of a session."""

    def __init__(self, senders: tuple[Sender, ...]) -> None:
        self._senders = senders

    def wake(self) -> None:
        """Say that there is news. Returns at once."""
        for one in self._senders:
            one.wake()

    def outcomes(self) -> dict[str, Outcome]:
        """Return where each webhook stands."""
        return {one.hook.name: one.outcome for one in self._senders}

    def close(self, patience_s: float = _CLOSING_S) -> None:
        """Send the last notices where receivers answer; wait so long at most, for all together."""
        for one in self._senders:
            one.ask_to_close()
        deadline_s = time.monotonic() + patience_s
        for one in self._senders:
            one.join(max(0.0, deadline_s - time.monotonic()))


def open_webhooks(
    home: Home,
    clock: Clock,
    log: Callable[[str], None],
    tell: Callable[[str], None] = lambda _: None,
) -> Webhooks:
    """Return the webhooks of the administrator's file; none of them has begun.

    ``tell`` reaches whoever watches the session.

    Raises ``Invalid`` where the file or a secret cannot be used.
    """
    file = read_webhooks(home.path)
    if file is None:
        return Webhooks(())
    return Webhooks(
        tuple(
            Sender(
                one, read_secret(one.secret_file), file.control_room, home, clock, log, tell=tell
            )
            for one in file.webhooks
        )
    )
