"""When compute is started again after it was lost, and when that is given up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_WITHOUT_READY: Final = 5
"""Lives in a row that ended before compute could take a job."""
MAX_WITHOUT_RESULT: Final = 12
"""Lives in a row that ended without a single result."""
LONGEST_PAUSE_S: Final = 20.0


@dataclass(frozen=True)
class RestartPolicy:
    """Count lives that came to nothing; every sign of progress starts the count afresh."""

    n_without_ready: int = 0
    n_without_result: int = 0

    def after_loss(self) -> RestartPolicy:
        """Return the policy after compute was lost."""
        return RestartPolicy(self.n_without_ready + 1, self.n_without_result + 1)

    def after_ready(self) -> RestartPolicy:
        """Return the policy after compute could take jobs."""
        return RestartPolicy(0, self.n_without_result)

    def after_result(self) -> RestartPolicy:
        """Return the policy after a job came to an end."""
        return RestartPolicy()

    @property
    def pause_s(self) -> float:
        """Return how long to wait before the next start: nothing at first, then ever longer."""
        if self.n_without_ready <= 1:
            return 0.0
        return min(LONGEST_PAUSE_S, 2.0 ** (self.n_without_ready - 2))

    @property
    def is_hopeless(self) -> bool:
        """Say whether another start would only repeat what happened."""
        return (
            self.n_without_ready >= MAX_WITHOUT_READY or self.n_without_result >= MAX_WITHOUT_RESULT
        )
