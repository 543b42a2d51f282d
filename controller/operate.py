"""Have an order carried out: by the control that holds the home, or here where nobody holds it."""

from __future__ import annotations

import os
import time
from typing import Final

from controller import wiring
from controller.anchored_journal import AnchoredJournal
from controller.build_orders import TryEdit, occasion
from controller.control_socket import ask_control, user_name
from controller.fast_start import held_state, kept_before
from controller.home import Home, HomeLock
from controller.kept_state import KeptState
from controller.obey import carry_out
from controller.order import BUSY, Done, Order, Refused, giver
from experiments.errors import HomeInUse, InternalError, Invalid, Rejected, Transient, Unreachable
from experiments.proposal import Proposal

_PATIENCE_S: Final = 10.0
"""For a control that is starting or ending, and holds the home without listening."""
_PAUSE_S: Final = 0.2
BUSY_S: Final = 5
"""From when an order that was refused as too much is worth giving again; what a score of a large
campaign takes. Assumed."""


def operate(
    home: Home,
    order: Order,
    *,
    patience_s: float = _PATIENCE_S,
    known: KeptState | None = None,
) -> str:
    """Have an order carried out and return what to tell the person. Raises as ``carried_out``."""
    return carried_out(home, order, patience_s=patience_s, known=known).message


def tried(home: Home, order: TryEdit, *, known: KeptState | None = None) -> Proposal:
    """Return what an edit would make of a proposal; nothing is stored. Raises ``Rejected``."""
    found = carried_out(home, order, known=known).proposal
    if found is None:
        raise InternalError("control did not say what the edit would come to")
    return found


def carried_out(
    home: Home,
    order: Order,
    *,
    patience_s: float = _PATIENCE_S,
    known: KeptState | None = None,
) -> Done:
    """Have an order carried out and return what came of it.

    ``known`` is the campaign as whoever asks has it in memory already.

    Raises ``Invalid`` or ``Rejected`` where it was refused, ``Transient`` where it was refused only
    because too much is under way, ``HomeInUse`` where a control holds the
    home and does not listen.
    """
    deadline_s = time.monotonic() + patience_s
    while True:
        try:
            answer = ask_control(home, order)
        except Unreachable:
            pass
        else:
            if isinstance(answer, Refused):
                if answer.reason == BUSY:
                    raise Transient(answer.message, after_s=BUSY_S)
                if answer.reason:
                    raise Rejected(answer.message, reason=answer.reason)
                raise Invalid(answer.message)
            if not isinstance(answer, Done):
                raise InternalError(f"control answered {order.kind} with {answer.kind}")
            return answer
        try:
            return _carry_out_here(home, order, known)
        except HomeInUse:
            if time.monotonic() > deadline_s:
                raise
            time.sleep(_PAUSE_S)


def _carry_out_here(home: Home, order: Order, known: KeptState | None) -> Done:
    """Carry it out on a journal whose whole chain is checked first, folding what is not known."""
    lock = HomeLock(home)
    try:
        journal = AnchoredJournal(home.journal, wiring.clock())
        try:
            by = giver(order, user_name(os.getuid()))
            state = held_state(journal, known) or kept_before(home, journal, order.campaign)
            return carry_out(journal, order, by, occasion(wiring.clock()), known=state)
        finally:
            journal.close()
    finally:
        lock.release()
