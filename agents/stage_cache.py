"""Results of stages, found again by the hash of everything they depend on."""

from __future__ import annotations

import hashlib
import json
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from agents.artifact_store import ArtifactStore
from experiments.frozen import Frozen, content_hash

Value = TypeVar("Value", bound=BaseModel)


class _Entry(Frozen):
    """A result as stored; the digest tells a whole file from a damaged one."""

    stage: str
    version: str
    key: str
    elapsed_s: float
    worker: str
    digest: str
    text: str
    """The value as JSON."""


class Cached(Generic[Value]):
    """A result that was computed before."""

    def __init__(self, value: Value, *, elapsed_s: float, worker: str) -> None:
        self.value = value
        self.elapsed_s = elapsed_s
        self.worker = worker


def stage_key(stage: str, version: str, inputs: BaseModel | object) -> str:
    """Return the hash under which a stage's result for these inputs (its seed included) is kept."""
    plain = inputs.model_dump(mode="json") if isinstance(inputs, BaseModel) else inputs
    return content_hash({"stage": stage, "version": version, "inputs": plain})


class StageCache:
    """JSON files in the artifact store, one for every stage and key."""

    def __init__(self, store: ArtifactStore) -> None:
        self._store = store

    def find(self, stage: str, key: str, kind: type[Value]) -> Cached[Value] | None:
        """Return the result, or None where it was never computed or its file is damaged."""
        data = self._store.read_path(self._path(stage, key))
        if data is None:
            return None
        try:
            entry = _Entry.model_validate_json(data)
            if entry.key != key or entry.digest != _digest(entry.text):
                return None
            value = kind.model_validate_json(entry.text)
        except ValidationError:
            return None
        return Cached(value, elapsed_s=entry.elapsed_s, worker=entry.worker)

    def keep(
        self, stage: str, version: str, key: str, value: BaseModel, *, elapsed_s: float, worker: str
    ) -> None:
        """Store a result; a damaged file of the same key is replaced."""
        text = value.model_dump_json()
        entry = {
            "stage": stage,
            "version": version,
            "key": key,
            "elapsed_s": elapsed_s,
            "worker": worker,
            "digest": _digest(text),
            "text": text,
        }
        self._store.replace(self._path(stage, key), json.dumps(entry).encode())

    def _path(self, stage: str, key: str) -> str:
        return self._store.path("stages", stage, key[:2], f"{key}.json")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
