"""Has the lab stop what was ended here; owed, by the journal, until the lab has answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from controller.events import Event
from controller.proposal_events import StopTold
from controller.proposals import BuildRecord
from controller.state import State
from experiments.errors import CellwrightError, HomeInUse, InternalError, Rejected
from instruments.instrument import Instrument


def owed_stops(state: State) -> tuple[BuildRecord, ...]:
    """Return the builds that were ended here and may go on in the lab, oldest first."""
    return tuple(build for build in state.builds.values() if build.owes_stop)


async def tell_stops(
    instrument: Instrument,
    state: State,
    store: Callable[[Sequence[Event]], None],
    say: Callable[[str, str], None],
) -> None:
    """Tell the lab of every stop that is owed, and store its answers.

    What cannot be told now is said, by the build's id, and stays owed. An abort may be repeated.
    """
    for build in owed_stops(state):
        build_id = build.build.id
        try:
            answer = await _stopped(instrument, build_id, build.reason)
            store([StopTold(build_id=build_id, answer=answer)])
        except (HomeInUse, InternalError):
            raise
        except CellwrightError as error:
            say(build_id, f"could not be stopped in the lab yet: {error.message}")
        else:
            say(build_id, f"told to stop; in the lab it is {answer}")


async def _stopped(instrument: Instrument, build_id: str, reason: str) -> str:
    try:
        status = await instrument.abort(build_id, reason)
    except Rejected as error:
        if error.evidence.get("reason") != "unknown_build":
            raise
        return "not known"
    return str(status.state)
