"""A campaign run on a cluster and a clock that are simulated, by the code that runs real ones."""

from controller.rehearsal.faults import Faults
from controller.rehearsal.invariants import broken_invariants
from controller.rehearsal.rehearse import Rehearsed, rehearse
from controller.rehearsal.settings import Settings

__all__ = ["Faults", "Rehearsed", "Settings", "broken_invariants", "rehearse"]
