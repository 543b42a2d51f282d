"""How many evaluations one session may still begin (``run --stop-after``)."""

from __future__ import annotations

from controller.state import State
from controller.tally import tally


class Quota:
    """The search jobs of one session; None is no limit."""

    def __init__(self, state: State, stop_after: int | None) -> None:
        self.stop_after = stop_after
        self._n_before = _n_searched(state)

    def n_more(self, state: State) -> int | None:
        """Return how many search jobs may still be dispatched."""
        if self.stop_after is None:
            return None
        n_done = _n_searched(state) - self._n_before
        n_running = sum(job.purpose == "search" for job in state.in_flight.values())
        return max(0, self.stop_after - n_done - n_running)


def _n_searched(state: State) -> int:
    """Return how many search jobs are observed."""
    return tally(state).n_searched.total()
