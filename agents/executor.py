"""The seam between deciding which pure function runs next and the machines it runs on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from experiments.errors import CellwrightError


@dataclass(frozen=True)
class Handle:
    """One submitted call."""

    number: int
    label: str


@dataclass(frozen=True)
class Reference:
    """A value that stays with the executor; given as an argument, it arrives as the value.

    The value is freed when its last reference is dropped.
    """

    token: Any


@dataclass(frozen=True)
class Kept:
    """Returned by a function whose large part shall stay with the executor."""

    value: Any
    large: Any


@dataclass(frozen=True)
class Held:
    """What a call held of its machine; calls that ran side by side divide it."""

    n_cpus: float = 1.0
    n_gpus: float = 0.0


@dataclass(frozen=True)
class Returned:
    """The call gave a value."""

    handle: Handle
    value: Any
    kept: Reference | None
    elapsed_s: float
    """Time in the function, as its worker measured it."""
    worker: str
    """``host:pid``, and `` in IMAGE`` behind it inside a container."""
    held: Held = Held()


@dataclass(frozen=True)
class Raised:
    """The call raised; what is not of our own errors arrives as an ``InternalError``."""

    handle: Handle
    error: CellwrightError
    elapsed_s: float
    worker: str
    held: Held = Held()


@dataclass(frozen=True)
class Died:
    """The worker, its node or a value it needed is gone; nothing was tried again."""

    handle: Handle
    reason: str


@dataclass(frozen=True)
class Cancelled:
    """The call was cancelled, and its slot is free again."""

    handle: Handle


Finished = Returned | Raised | Died | Cancelled


class Executor(Protocol):
    """Runs pure functions of importable modules; the suite is tests/contracts/executor_contract.py.

    Nothing is ever tried again, and every handle is reported exactly once by ``wait``.
    """

    @property
    def slots(self) -> int:
        """Return how many calls may run at once now; it may change where machines are shared."""

    @property
    def capacity(self) -> int:
        """Return how many calls would run at once if nobody else used the machines."""
        return self.slots

    @property
    def nodes(self) -> tuple[str, ...]:
        """Return the names of the machines."""

    @property
    def dashboard(self) -> str | None:
        """Return the address of a page about the machines, where there is one."""

    def submit(
        self, function: Callable[..., Any], *arguments: Any, lane: str | None = None
    ) -> Handle:
        """Start a call; references among the arguments arrive as their values.

        A call without a lane takes a slot. A lane is one worker beside the slots that keeps its
        process, and what it imported, for the calls of that name; they run one after another.
        """

    def pulse(self) -> Handle:
        """Start a trivial call that needs everything a real one needs but a free slot."""

    def wait(self, timeout_s: float) -> list[Finished]:
        """Return what has finished since the last call, waiting at most so long for the first.

        Return at once where nothing is under way.
        """

    def cancel(self, handle: Handle) -> None:
        """End a call, with its worker if it runs; ``wait`` reports it as ``Cancelled``.

        A call that was faster than its cancellation is reported as it ended.
        """

    def put(self, value: Any) -> Reference:
        """Hand a value over, to be an argument of any number of calls."""

    def get(self, reference: Reference) -> Any:
        """Fetch a value. Raises ``Unreachable`` where it was lost."""

    def close(self) -> None:
        """End all workers and remove everything temporary."""
