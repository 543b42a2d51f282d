"""What an instrument is: the seam that outside packages fill too.

Every call ends within the adapter's own time-out. An adapter enforces its hard limits and the
signature itself, whatever the caller checked before. The contract suite is
``tests/contracts/instrument_contract.py``.
"""

from __future__ import annotations

from typing import Protocol

from experiments.build import SignedBuild
from experiments.build_status import BuildStatus, Health
from experiments.capabilities import Capabilities
from instruments.result_file import ResultFile


class Instrument(Protocol):
    """One lab, or one device of it. All methods raise ``CellwrightError`` and nothing else.

    ``Transient``: nothing happened, the same call may succeed later. ``Rejected`` and ``Unsafe``:
    understood and refused; the message names every limit. ``OutcomeUnknown``: a build may or may
    not have been accepted; ask by ``status``, never submit again blindly.
    """

    @property
    def name(self) -> str:
        """Return the name the administrator gave it."""

    async def capabilities(self) -> Capabilities:
        """Return what can be made here and what is in stock now."""

    async def submit(self, build: SignedBuild, epoch: int) -> BuildStatus:
        """Hand a build over; a second time with the same payload only tells its status.

        Refuses a signature that is not of ``epoch``, an epoch older than one seen before, and a
        known id with another payload.
        """

    async def status(self, build_id: str) -> BuildStatus:
        """Return how a build fares. Raises ``Rejected`` (reason ``unknown_build``)."""

    async def results(self, build_id: str) -> tuple[ResultFile, ...]:
        """Return the result files there are; none is not an error.

        What a running test still writes may be left out; control takes in whole files alone.
        """

    async def abort(self, build_id: str, reason: str) -> BuildStatus:
        """Stop a build; always works, also twice. A finished build stays finished."""

    async def health(self) -> Health:
        """Return whether the instrument can work now; raises nothing."""
