"""When compute is started again after it was lost, and when that is given up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

MAX_WITHOUT_READY: Final = 5
"""Lives in a row that ended before compute could take a job, where it never could."""
MAX_WITHOUT_READY_AGAIN: Final = 40
"""The same where it could before: what is missing (a head, memory, processor time) has been there,
and may come back. Assumed: a quarter of an hour covers a machine that starts again."""
MAX_WITHOUT_RESULT: Final = 12
"""Lives that could take jobs and ended without a result, in a row."""
LONGEST_PAUSE_S: Final = 20.0


@dataclass(frozen=True)
class RestartPolicy:
    """Count lives that came to nothing; every sign of progress starts the count afresh."""

    n_without_ready: int = 0
    n_without_result: int = 0
    was_ready: bool = False
    """Compute could take jobs once."""

    def after_loss(self) -> RestartPolicy:
        """Return the policy after compute was lost."""
        return replace(
            self,
            n_without_ready=self.n_without_ready + 1,
            n_without_result=self.n_without_result + self._ended_ready,
        )

    def after_ready(self) -> RestartPolicy:
        """Return the policy after compute could take jobs."""
        return RestartPolicy(0, self.n_without_result, was_ready=True)

    def after_result(self) -> RestartPolicy:
        """Return the policy after a job came to an end."""
        return RestartPolicy(was_ready=True)

    @property
    def pause_s(self) -> float:
        """Return how long to wait before the next start: nothing at first, then ever longer."""
        if self.n_without_ready <= 1:
            return 0.0
        return min(LONGEST_PAUSE_S, 2.0 ** (self.n_without_ready - 2))

    @property
    def is_hopeless(self) -> bool:
        """Say whether another start would only repeat what happened."""
        most = MAX_WITHOUT_READY_AGAIN if self.was_ready else MAX_WITHOUT_READY
        return self.n_without_ready >= most or self.n_without_result >= MAX_WITHOUT_RESULT

    @property
    def _ended_ready(self) -> bool:
        """Say whether the life that was lost now could take jobs."""
        return self.was_ready and self.n_without_ready == 0
