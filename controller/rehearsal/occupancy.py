"""How long simulated workers worked, and for how long they could have."""

from __future__ import annotations


class Occupancy:
    """Worker seconds of stage calls, lost ones included, against those offered.

    While one life takes over from another, both work, and what the first one finishes is counted.
    """

    def __init__(self, n_workers: int, from_s: float = 0.0) -> None:
        """Count from a moment on."""
        self._from_s = from_s
        self._n_workers = n_workers
        self._began: dict[tuple[int, int], float] = {}
        self._n_lives = 0
        self._first_s: float | None = None
        self.busy_s = 0.0

    def new_life(self) -> int:
        """Return a number for a life of compute, which numbers its calls afresh."""
        self._n_lives += 1
        return self._n_lives

    def begin(self, life: int, number: int, now_s: float) -> None:
        """Count a worker as busy."""
        if self._first_s is None:
            self._first_s = max(now_s, self._from_s)
        self._began[life, number] = now_s

    def end(self, life: int, number: int, now_s: float) -> None:
        """Count it as free, where it was busy with a stage."""
        began_s = self._began.pop((life, number), None)
        if began_s is not None:
            self.busy_s += max(0.0, now_s - max(began_s, self._from_s))

    def share(self, until_s: float) -> float | None:
        """Return busy over offered worker time, from the first call to a moment; None without."""
        if self._first_s is None or until_s <= self._first_s:
            return None
        running_s = sum(until_s - max(began_s, self._from_s) for began_s in self._began.values())
        offered_s = self._n_workers * (until_s - self._first_s)
        return (self.busy_s + running_s) / offered_s
