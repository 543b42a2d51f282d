"""What a microstructure generator is: the seam that outside packages fill too."""

from __future__ import annotations

from typing import Protocol

from experiments.generation import VolumeRequest
from simulators.microstructure.voxels import Voxels


class Generator(Protocol):
    """Turn a request into voxels; the same request gives the same bytes.

    Raises ``DesignFailed`` where the recipe cannot be made and ``Invalid`` where the request makes
    no sense. The contract suite is ``tests/contracts/generator_contract.py``.
    """

    @property
    def name(self) -> str:
        """Return the name campaigns use."""

    @property
    def version(self) -> str:
        """Return the version; it changes whenever the bytes of any request change."""

    def generate(self, request: VolumeRequest) -> Voxels:
        """Return one random volume of the request's coating."""
