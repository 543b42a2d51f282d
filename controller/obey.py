"""An order as events: pure, and the same for a running control and for a command without one."""

from __future__ import annotations

from controller.build_orders import BuildOrder, Obeyed, Occasion, events_of
from controller.events import (
    Aborted,
    Corrected,
    Interrupted,
    Paused,
    Prioritised,
    Retracted,
    Unpaused,
    UpgradeSettled,
)
from controller.fold import fold
from controller.journal import Journal
from controller.order import (
    Abort,
    Correct,
    Done,
    Drain,
    Look,
    Order,
    Pause,
    Recycle,
    Resume,
    Retract,
    SetPriority,
    SettleUpgrade,
)
from controller.state import State
from experiments.errors import InternalError, Invalid


def obey(
    order: Order, state: State, by: str, *, has_session: bool, at: Occasion | None = None
) -> Obeyed:
    """Return what an order of this person comes to. Raises ``Invalid`` where it cannot be.

    ``has_session`` says whether a control works on the campaign now; ``at`` is needed by orders
    about builds, which raise ``Rejected``.
    """
    name = state.campaign.name
    if isinstance(order, Look):
        raise Invalid(f"nobody works on campaign {name} now")
    if isinstance(order, BuildOrder):
        return _about_builds(order, state, at)
    if isinstance(order, Retract | Correct):
        return _mend(order, state, by)
    if state.phase == "finished":
        raise Invalid(f"campaign {name} is at its end ({state.reason}); nothing to {order.kind}")
    match order:
        case Pause():
            return _pause(order, state, by, has_session=has_session)
        case Resume():
            return _resume(order, state, by, has_session=has_session)
        case Drain():
            return _drain(order, name, by, has_session=has_session)
        case Abort():
            return _abort(order, state, by, has_session=has_session)
        case SettleUpgrade():
            return _settle(order, state, by, has_session=has_session)
        case SetPriority(share_pct=share_pct):
            ranked = Prioritised(share_pct=share_pct, by=by, reason=order.reason)
            return Obeyed((ranked,), f"campaign {name} uses at most {share_pct}% of its workers")
        case Recycle():
            if not has_session:
                raise Invalid(f"nobody works on campaign {name} now; there is nothing to recycle")
            return Obeyed((), "compute is replaced by a fresh one as soon as what runs allows it")


def carry_out(
    journal: Journal,
    order: Order,
    by: str,
    at: Occasion | None = None,
    *,
    known: State | None = None,
) -> Done:
    """Carry an order out on a campaign that nobody works on.

    ``known`` is an earlier state of it, to fold later events into. Raises ``Invalid``, and
    ``Rejected`` for what the rules of proposals and builds forbid.
    """
    after = 0 if known is None else known.position
    state = fold(journal.read(order.campaign, after=after), known, packs=True)
    if state is None:
        listed = ", ".join(journal.campaigns()) or "none"
        raise Invalid(f"this home holds no campaign {order.campaign!r}; it holds: {listed}")
    obeyed = obey(order, state, by, has_session=False, at=at)
    journal.append(order.campaign, obeyed.events, accept=lambda recorded: fold(recorded, state))
    return Done(message=obeyed.words, proposal=obeyed.proposal)


def _about_builds(order: BuildOrder, state: State, at: Occasion | None) -> Obeyed:
    if at is None:
        raise InternalError(f"{order.kind} needs a time and an id")
    return events_of(order, state, at)


def _resume(order: Resume, state: State, by: str, *, has_session: bool) -> Obeyed:
    name = state.campaign.name
    if state.pause is None:
        return Obeyed((), f"campaign {name} is not paused")
    lifted = Unpaused(by=by, reason=order.reason)
    go_on = "it goes on" if has_session else "the next cellwright run goes on"
    return Obeyed((lifted,), f"campaign {name} is paused no longer; {go_on}")


def _drain(order: Drain, name: str, by: str, *, has_session: bool) -> Obeyed:
    """Return a pause that ends the session, where there is one."""
    if not has_session:
        return Obeyed((), f"nobody works on campaign {name} now; nothing to drain")
    drained = Paused(by=by, reason=order.reason, is_drain=True)
    return Obeyed((drained,), f"campaign {name} ends this session when what runs is done")


def _abort(order: Abort, state: State, by: str, *, has_session: bool) -> Obeyed:
    name = state.campaign.name
    words = f"campaign {name} is aborted; what it found is kept"
    sent = [build.build.id for build in state.open_builds if build.epoch is not None]
    if sent and not has_session:
        words += f"; cellwright run {name} has the lab stop {', '.join(sent)}"
    return Obeyed((Aborted(by=by, reason=order.reason),), words)


def _settle(order: SettleUpgrade, state: State, by: str, *, has_session: bool) -> Obeyed:
    """Return the decision about results of earlier versions; going back ends the session."""
    name = state.campaign.name
    if state.outdated is None:
        raise Invalid(f"campaign {name} waits for no decision about an upgrade")
    settled = UpgradeSettled(choice=order.choice, by=by, reason=order.reason)
    if order.choice == "back":
        way = f"to go back, {state.outdated.way_back}; then cellwright run"
        ended = (Interrupted(reason=way),) if has_session else ()
        return Obeyed((settled, *ended), way)
    n = state.outdated.n
    done = "are a source of their own now" if order.choice == "keep" else "are made again"
    return Obeyed((settled,), f"campaign {name} goes on; the {n} results of before {done}")


def _mend(order: Retract | Correct, state: State, by: str) -> Obeyed:
    """Return a result taken back or put right; also in a campaign that is at its end."""
    name = state.campaign.name
    found = state.observations.get(order.job_id)
    if found is None:
        known = "was taken back" if order.job_id in state.set_aside else "has no result"
        raise Invalid(f"job {order.job_id} of campaign {name} {known}; nothing to {order.kind}")
    go_on = f"; cellwright run {name} asks the decider again" if state.phase == "finished" else ""
    if isinstance(order, Retract):
        taken = Retracted(job_id=order.job_id, by=by, reason=order.reason)
        return Obeyed((taken,), f"the result of job {order.job_id} is taken back{go_on}")
    if order.metric not in found.metrics:
        why = f"it failed ({found.failure.kind.value})" if found.failure is not None else ""
        listed = why or f"it has {', '.join(sorted(found.metrics))}"
        raise Invalid(f"job {order.job_id} has no metric {order.metric!r}; {listed}")
    mended = Corrected(
        job_id=order.job_id, metric=order.metric, value=order.value, by=by, reason=order.reason
    )
    before = found.metrics[order.metric].value
    was = "undefined" if before is None else f"{before:.6g}"
    words = f"{order.metric} of job {order.job_id} is {order.value:.6g} now, was {was}{go_on}"
    return Obeyed((mended,), words)


def _pause(order: Pause, state: State, by: str, *, has_session: bool) -> Obeyed:
    name, now = state.campaign.name, state.pause
    if now is not None and not now.is_drain and order.reason in ("", now.reason):
        return Obeyed((), f"campaign {name} is paused already, {now.words}")
    n = len(state.in_flight)
    after = "; what runs finishes" if has_session and n else ""
    how = f"cellwright resume {name}"
    event = Paused(by=by, reason=order.reason)
    return Obeyed((event,), f"campaign {name} is paused{after}; to lift it: {how}")
