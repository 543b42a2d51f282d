"""The loop: hear compute, store, decide, store, and only then send.

Nothing counts before it is in the journal, and nothing is sent before its decision is. A process
killed at any point leaves a journal from which the next one goes on: what was decided and not
sent is sent again under the same job id, and what compute finished and could not tell is asked for
again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from agents.messages import Configure
from controller.build_orders import Occasion
from controller.clock import Clock
from controller.command_events import events_of
from controller.compute import Compute, Happening
from controller.conversation import Conversation
from controller.decide import (
    AskRanking,
    Command,
    Dispatch,
    Fail,
    Quarantine,
    Send,
    Situation,
    Withdraw,
    decide,
)
from controller.edit_trials import EditTrials
from controller.events import Event, Interrupted, Recorded, UpgradeChoice, UpgradeSettled
from controller.failpoint import pass_failpoint
from controller.fold import fold
from controller.inbox import Inbox
from controller.journal import Journal
from controller.lab import Lab
from controller.lookout import Lookout
from controller.obey import carry_out, obey
from controller.one_order import OF_THE_HOME, attempted
from controller.order import Answer, Done, Look, Order, Recycle, Refused, Seen, refused
from controller.outcome import Ending, Outcome
from controller.progress import Moment, take_snapshot
from controller.proposing import LabCommand, waiting_words
from controller.quota import Quota
from controller.retention import voxels_to_drop
from controller.room import Room
from controller.snapshot import ProgressView, Snapshot
from controller.state import State
from experiments.errors import CellwrightError, DiskFull
from experiments.observation import Artifact

_TURN_S: Final = 0.25
_REDRAW_S: Final = 0.5


class Control:
    """One session of one campaign."""

    def __init__(
        self,
        state: State,
        *,
        journal: Journal,
        compute: Compute,
        configure: Configure,
        view: ProgressView,
        clock: Clock,
        turn_s: float = _TURN_S,
        redraw_s: float = _REDRAW_S,
        inbox: Inbox | None = None,
        after_upgrade: UpgradeChoice | None = None,
        user: str = "",
        lab: Lab | None = None,
        stop_after: int | None = None,
        when_stored: Callable[[State], None] = lambda _: None,
        delete: Callable[[Sequence[Artifact]], None] = lambda _: None,
        log: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._state = state
        self._journal = journal
        self._compute = compute
        self._configure = configure
        self._talk = Conversation(compute, log)
        self._room = Room(clock, log)
        self._held: list[Happening] = []
        self._unstored: list[Event] = []
        self._view = view
        self._clock = clock
        self._turn_s = turn_s
        self._redraw_s = redraw_s
        self._inbox = inbox or Inbox()
        self._lookout = Lookout()
        self._after_upgrade = after_upgrade
        self._user = user
        self._lab = lab
        self._trials = EditTrials(compute, clock, lab)
        self._quota = Quota(state, stop_after)
        self._when_stored = when_stored
        self._delete = delete
        self._stop_reason: str | None = None
        self._drawn_s = float("-inf")
        self._stored_s = clock.elapsed_s()

    def ask_to_stop(self, reason: str) -> None:
        """Let the loop end at its next turn."""
        self._stop_reason = self._stop_reason or reason

    def ask_to_recycle(self, reason: str) -> None:
        """Have compute replaced by a fresh one, in good order and with nothing lost."""
        self._compute.recycle(reason)

    async def run(self) -> Outcome:
        """Go on until the campaign is finished, or something stops it.

        Raises what made going on impossible, with everything before it stored.
        """
        self._go_on()
        if self._state.phase == "finished":
            return Outcome(self._state, "finished")
        self._compute.start(self._configure)
        if self._lab is not None:
            self._lab.begin(lambda: self._state, self._store)
        try:
            while (ending := self._ending()) is None:
                self._draw()
                self._answer_orders()
                has_more = self._talk.is_teaching and not self._room.note
                self._take(await self._compute.next(0 if has_more else self._turn_s))
            self._draw(is_last=True)
            return Outcome(self._state, ending)
        finally:
            self._trials.close()
            try:
                if self._lab is not None:
                    await self._lab.end()
            finally:
                await self._compute.stop()

    def _answer_orders(self) -> None:
        """Carry out what people ordered since the last turn."""
        for waiting, at in self._trials.ready(self._inbox.take(), self._state, self._talk.n_slots):
            waiting.answer(self._obey(waiting.order, waiting.by, at))

    def _obey(self, order: Order, by: str, at: Occasion) -> Answer:
        if order.campaign != self._state.campaign.name:
            at = at._replace(capabilities=None)
            return attempted(order, lambda: carry_out(self._journal, order, by, at))
        if isinstance(order, Look):
            return attempted(order, lambda: Seen(snapshot=self._snapshot()))
        try:
            self._store_heard()
        except DiskFull as error:
            return refused(error)
        obeyed = attempted(order, lambda: obey(order, self._state, by, has_session=True, at=at))
        if isinstance(obeyed, Refused):
            return obeyed
        if no := attempted(order, lambda: self._store(obeyed.events), of_the_home=OF_THE_HOME):
            return no
        if isinstance(order, Recycle):
            self.ask_to_recycle(f"{by}: {order.reason}" if order.reason else by)
        self._go_on()
        return Done(message=obeyed.words, proposal=obeyed.proposal)

    def _take(self, happenings: Sequence[Happening]) -> None:
        """Store what happened and do what follows; without room, keep it and try again later."""
        self._held.extend(self._trials.hear(happenings))
        has_news = self._lab is not None and self._lab.take_news()
        has_more = self._held or self._room.note or self._talk.is_teaching or has_news
        if has_more and self._room.may_try:
            self._go_on()

    def _go_on(self) -> None:
        """Do everything there is to do, as far as the disk takes it."""
        try:
            self._store_heard()
            self._settle_upgrade()
            self._follow_decisions()
            self._keep_within_storage()
        except DiskFull as error:
            self._room.refused(error)
        else:
            self._room.granted()

    def _store_heard(self) -> None:
        """Store what compute told, in the order of its telling."""
        while self._unstored or self._held:
            if not self._unstored:
                self._unstored = self._talk.hear(self._held, self._state)
                self._held = []
            pass_failpoint("control before receive")
            self._store(self._unstored)
            self._unstored = []
            pass_failpoint("control after receive")
        if self._talk.hopeless is not None:
            self._store([Interrupted(reason=self._talk.hopeless.message)])
            raise self._talk.hopeless
        self._talk.teach(self._state)

    def _settle_upgrade(self) -> None:
        """Decide about results of earlier versions as whoever started the session said."""
        if self._state.outdated is not None and self._after_upgrade is not None:
            event = UpgradeSettled(choice=self._after_upgrade, by=self._user)
            self._store([event])
            self._talk.teach(self._state)

    def _follow_decisions(self) -> None:
        """Decide and act until nothing is left to decide."""
        while commands := decide(self._state, self._situation()):
            self._store([event for command in commands for event in self._events_of(command)])
            for command in commands:
                pass_failpoint("control before send")
                self._act(command)
                pass_failpoint("control after send")

    def _events_of(self, command: Command) -> list[Event]:
        if self._lab is not None and isinstance(command, LabCommand):
            return self._lab.events_of(command, self._state)
        return events_of(command)

    def _situation(self) -> Situation:
        lab = None if self._lab is None else self._lab.moment()
        n_more = self._quota.n_more(self._state)
        return self._talk.situation(n_more, self._clock.elapsed_s(), lab)

    def _keep_within_storage(self) -> None:
        """Delete voxels beyond the disk budget, once the journal says so."""
        if (drop := voxels_to_drop(self._state)) is not None:
            self._store([drop])
            self._delete(drop.artifacts)

    def _act(self, command: Command) -> None:
        match command:
            case Dispatch(job=job) | Send(job=job):
                self._talk.run(job)
            case Withdraw(job=job):
                self._talk.withdraw(job)
            case AskRanking():
                self._talk.ask(command, self._state)
            case Quarantine():
                self._talk.teach(self._state)
            case Fail(reason=reason):
                raise CellwrightError(f"campaign {self._state.campaign.name}: {reason}")

    def _store(self, events: Sequence[Event]) -> None:
        """Put events into the journal, together, and only then into the state."""
        if not events:
            return
        after = self._state

        def accept(recorded: Sequence[Recorded]) -> None:
            nonlocal after
            after = fold(recorded, after) or after

        self._journal.append(self._state.campaign.name, events, accept=accept)
        self._state = after
        self._stored_s = self._clock.elapsed_s()
        self._when_stored(after)

    def _ending(self) -> Ending | None:
        """Return how the session ends now, that stored; stopping waits for no room on the disk."""
        try:
            return self._stored_ending()
        except DiskFull as error:
            self._room.refused(error)
            return None if self._stop_reason is None else "interrupted"

    def _stored_ending(self) -> Ending | None:
        if self._state.phase in ("finished", "interrupted"):  # interrupted: by an order
            return "finished" if self._state.phase == "finished" else "stopped as asked"
        if self._stop_reason is not None:
            self._store([Interrupted(reason=self._stop_reason)])
            return "interrupted"
        if (pause := self._state.pause) is not None and pause.is_drain and not self._talk.n_sent:
            self._store([Interrupted(reason=f"drained {pause.words}")])
            return "stopped as asked"
        if self._quota.n_more(self._state) == 0 and not self._state.in_flight:
            self._store([Interrupted(reason=f"stopped after {self._quota.stop_after} evaluations")])
            return "stopped as asked"
        return None

    def _draw(self, *, is_last: bool = False) -> None:
        now_s = self._clock.elapsed_s()
        if not is_last and now_s - self._drawn_s < self._redraw_s:
            return
        self._drawn_s = now_s
        is_full = self._room.note is not None
        self._lookout.look(self._state, self._situation(), now_s=now_s, is_disk_full=is_full)
        self._view.update(self._snapshot())

    def _snapshot(self) -> Snapshot:
        moment = Moment(
            n_workers=self._talk.n_slots,
            n_busy=self._talk.n_busy,
            since_last_event_s=self._clock.elapsed_s() - self._stored_s,
            is_stopping=self._stop_reason is not None,
            note=self._room.note or self._talk.note or waiting_words(self._state),
            alarm=self._lookout.alarm,
        )
        return take_snapshot(self._state, moment)
