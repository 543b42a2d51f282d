"""One volume: made, measured, and made again only where its voxels are gone and wanted."""

from __future__ import annotations

from pydantic import BaseModel

from agents.executor import Reference
from agents.stage_call import StageCall
from agents.volume import Volume
from experiments.microstructure import Microstructure
from experiments.observation import Artifact
from tests.agents.test_observing import MEAN

SOURCE = StageCall("generate 0", "generate", "1", "s" * 64, print, ("recipe",))
MEASURE = StageCall("characterize 0", "characterize", "1", "m" * 64, print, ("physics",))
ARTIFACT = Artifact(url="aa.npz", sha256="a" * 64, size_bytes=3)
RECORD = Microstructure(
    shape=(8, 8, 8),
    voxel_size_m=(1e-6, 1e-6, 1e-6),
    volume_fraction={"pore": 0.3, "active": 0.7},
    generator="stochastic",
    generator_version="1",
    seed=1,
)
KEPT = Reference("voxels")


class Cache:
    """Finds what it holds, by key."""

    def __init__(self, **held: BaseModel) -> None:
        self.held = held

    def __call__(self, call: StageCall, kind: type) -> BaseModel | None:
        found = self.held.get(call.key[0])
        return found if isinstance(found, kind) else None


def nothing(artifact: Artifact) -> bytes | None:
    return None


def test_what_is_not_known_is_made_then_measured_with_its_voxels():
    volume = Volume(SOURCE, MEASURE)
    assert volume.next_call(Cache(), nothing) is SOURCE
    volume.take_in(SOURCE, RECORD, KEPT)
    call = volume.next_call(Cache(), nothing)
    assert call is not None
    assert (call.key, call.arguments) == (MEASURE.key, (KEPT, RECORD, "physics"))
    volume.take_in(MEASURE, MEAN, None)
    assert volume.next_call(Cache(), nothing) is None
    assert volume.packed is None


def test_a_volume_measured_before_fetches_no_voxels():
    def fetch(artifact: Artifact) -> bytes:
        raise AssertionError("voxels are not needed")

    volume = Volume(SOURCE, MEASURE)
    record = RECORD.model_copy(update={"artifact": ARTIFACT})
    assert volume.next_call(Cache(s=record, m=MEAN), fetch) is None
    assert volume.properties == MEAN


def test_stored_voxels_are_fetched_to_be_measured():
    volume = Volume(SOURCE, MEASURE)
    record = RECORD.model_copy(update={"artifact": ARTIFACT})
    call = volume.next_call(Cache(s=record), lambda artifact: b"voxels")
    assert call is not None
    assert call.arguments[0] == b"voxels"


def test_voxels_that_are_gone_are_made_again():
    volume = Volume(SOURCE, MEASURE)
    record = RECORD.model_copy(update={"artifact": ARTIFACT})
    assert volume.next_call(Cache(s=record), nothing) is SOURCE


def test_what_another_volume_gave_is_not_taken_in():
    volume = Volume(SOURCE, MEASURE)
    volume.take_in(StageCall("generate 1", "generate", "1", "t" * 64, print, ()), RECORD, KEPT)
    assert volume.record is None
