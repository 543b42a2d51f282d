"""Every error of the project: one root, and branches that say whether trying again makes sense."""

from __future__ import annotations

from typing import Any

from experiments.observation import FailureKind


class CellwrightError(Exception):
    """Carry one clear sentence and the evidence behind it, through pickling too.

    ``evidence`` holds plain JSON values by keyword; they are readable as attributes.
    """

    def __init__(self, message: str, **evidence: Any) -> None:
        super().__init__(message)
        self.message = message
        self.evidence = evidence

    def __getattr__(self, name: str) -> Any:
        evidence = self.__dict__.get("evidence", {})
        if name in evidence:
            return evidence[name]
        raise AttributeError(name)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.message, self.evidence))


def _rebuild(kind: type[CellwrightError], message: str, evidence: dict[str, Any]) -> Any:
    return kind(message, **evidence)


class Transient(CellwrightError):
    """The same call may succeed later: something outside was busy, slow or absent."""


class Rejected(CellwrightError):
    """The request was understood and refused; only another request can succeed."""


class Unsafe(CellwrightError):
    """A limit that protects people, cells or instruments would be crossed."""


class Invalid(CellwrightError):
    """The input is wrong; the message says what was found, where, and what is allowed."""


class DesignFailed(Rejected):
    """A stage could not give a number for this design; becomes a failed observation."""

    def __init__(self, message: str, *, kind: FailureKind | str, **evidence: Any) -> None:
        super().__init__(message, kind=FailureKind(kind).value, **evidence)

    @property
    def failure_kind(self) -> FailureKind:
        """Return the kind under which the failure is counted."""
        return FailureKind(self.evidence["kind"])


class Unreachable(Transient):
    """A process or service that must answer did not answer in time."""


class DiskFull(Transient):
    """The disk takes no more; what was to be written can be written when there is room again."""


class NotSignedIn(Rejected):
    """Nobody knows who asks: the token or session is unknown, expired or revoked."""


class NotAllowed(Rejected):
    """It is known who asks, and this is not theirs to do."""


class TooManyAttempts(Transient):
    """Too many wrong passwords came from there or for that name; wait."""


class OutcomeUnknown(CellwrightError):
    """Nobody knows whether the request was carried out: ask, or ask a person; never repeat it."""


class HomeInUse(Transient):
    """Another control process holds this home."""


class InternalError(CellwrightError):
    """A result that cannot be right was stopped before it left; this is our mistake."""
