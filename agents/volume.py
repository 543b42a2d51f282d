"""One volume of a job: made or read, then measured, each only where the cache does not know it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from pydantic import BaseModel

from agents.executor import Reference
from agents.stage_call import StageCall
from experiments.microstructure import Microstructure
from experiments.observation import Artifact
from experiments.properties import EffectiveProperties

Value = TypeVar("Value", bound=BaseModel)


class Find(Protocol):
    """Looks a call's result up in the cache."""

    def __call__(self, call: StageCall, kind: type[Value]) -> Value | None:
        """Return the result, or None where it is not known."""


@dataclass
class Volume:
    """What is known of one volume so far."""

    source: StageCall
    characterisation: StageCall
    record: Microstructure | None = None
    packed: Reference | bytes | None = None
    properties: EffectiveProperties | None = None

    def next_call(self, find: Find, fetch: Callable[[Artifact], bytes | None]) -> StageCall | None:
        """Return the call that brings the volume further, or None once its properties are known.

        The voxels are fetched, or made again where they are gone, only to be measured.
        """
        if self.record is None:
            self.record = find(self.source, Microstructure)
        if self.record is None:
            return self.source
        if self.properties is None:
            self.properties = find(self.characterisation, EffectiveProperties)
        if self.properties is not None:
            self.packed = None
            return None
        if self.packed is None and self.record.artifact is not None:
            self.packed = fetch(self.record.artifact)
        if self.packed is None:
            return self.source
        return replace(
            self.characterisation,
            arguments=(self.packed, self.record, *self.characterisation.arguments),
        )

    def take_in(self, call: StageCall, value: BaseModel, kept: Reference | None) -> None:
        """Take in what a call gave, if it is one of this volume's."""
        if call.name == self.source.name and isinstance(value, Microstructure):
            self.record, self.packed = value, kept
        elif call.name == self.characterisation.name and isinstance(value, EffectiveProperties):
            self.properties, self.packed = value, None
