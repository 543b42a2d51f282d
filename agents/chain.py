"""The chain of one job: which stage calls can run now, and what their results come to.

A small state machine that starts nothing itself. Results found in the cache never become calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel

from agents.artifact_store import ArtifactStore
from agents.executor import Held, Reference
from agents.image_recipe import image_recipe
from agents.observing import Outcome, observe
from agents.stage_cache import StageCache
from agents.stage_call import StageCall, StageCalls, is_graded
from agents.stage_results import CellResult
from agents.volume import Value, Volume
from agents.voxel_file import SUFFIX
from experiments.baseline import ImageBaseline
from experiments.campaign import Campaign
from experiments.errors import CellwrightError, InternalError, Invalid
from experiments.job import Job
from experiments.microstructure import Microstructure
from experiments.observation import Failure, FailureKind, Observation, StageRecord
from experiments.recipe import Recipe

_ALONE: Final = Held()


class Chain:
    """One job on its way from design to observation."""

    def __init__(
        self,
        campaign: Campaign,
        job: Job,
        *,
        versions: Mapping[str, str],
        cache: StageCache,
        store: ArtifactStore,
    ) -> None:
        self.job = job
        self._campaign = campaign
        self._fidelity = campaign.fidelity(job.fidelity)
        self._calls = StageCalls(campaign, versions)
        self._cache = cache
        self._store = store
        self._recipe: Recipe | None = None
        self._volumes: list[Volume] = []
        self._powers_W: tuple[float | None, ...] = campaign.powers_W or (None,)
        self._evaluations: dict[str, float | None] = {}
        self._results: dict[float | None, CellResult] = {}
        self._records: dict[str, StageRecord] = {}
        self._failures: dict[str, Failure] = {}
        self._under_way: set[str] = set()
        try:
            self._plan()
        except _NoJob as error:
            self._failures[""] = error.failure

    @property
    def is_finished(self) -> bool:
        """Say whether the observation is known; a failed job waits for its calls under way."""
        return not self._under_way and (
            bool(self._failures) or len(self._results) == len(self._powers_W)
        )

    def ready(self) -> list[StageCall]:
        """Return the calls that can run now; each is returned once."""
        if self._failures:
            return []
        calls = []
        for volume in self._volumes:
            if not self._under_way & {volume.source.name, volume.characterisation.name}:
                call = volume.next_call(self._find, self._store.read)
                calls += [call] if call else []
        is_asked = len(self._evaluations) == len(self._powers_W)
        if not calls and not is_asked and all(volume.properties for volume in self._volumes):
            calls = self._evaluate()
        self._under_way |= {call.name for call in calls}
        return calls

    def accept(
        self,
        call: StageCall,
        value: BaseModel,
        *,
        kept: Reference | None = None,
        packed: bytes | None = None,
        elapsed_s: float,
        worker: str,
        held: Held = _ALONE,
    ) -> None:
        """Take a call's result in and keep it; volumes come with a reference and their bytes."""
        self._under_way.discard(call.name)
        if isinstance(value, Microstructure) and packed is not None:
            value = value.model_copy(update={"artifact": self._store.write(packed, SUFFIX)})
        self._cache.keep(
            call.stage, call.version, call.key, value, elapsed_s=elapsed_s, worker=worker
        )
        self._note(call, cached=False, elapsed_s=elapsed_s, worker=worker, held=held)
        self._take_in(call, value, kept)

    def refuse(
        self,
        call: StageCall,
        error: CellwrightError,
        *,
        elapsed_s: float,
        worker: str,
        held: Held = _ALONE,
    ) -> None:
        """Take a call's error in; it becomes the job's failure."""
        self._under_way.discard(call.name)
        self._note(call, cached=False, elapsed_s=elapsed_s, worker=worker, held=held)
        self._failures[call.name] = failure_of(error, call.stage)

    def observation(
        self,
        *,
        failure: Failure | None = None,
        started_at: str,
        finished_at: str,
        versions: Mapping[str, str],
        unfinished_s: float = 0.0,
    ) -> Observation:
        """Return what the job gave; a failure from outside (a time-out) goes before its own.

        ``unfinished_s`` is worker time spent on calls that were cut off.
        """
        first = self._failures[min(self._failures)] if self._failures else None
        return observe(
            Outcome(
                job=self.job,
                recipe=self._recipe,
                volumes=self._volumes,
                results={p: self._results[p] for p in self._powers_W if p in self._results},
                records=tuple(self._records.values()),
                failure=failure or first,
                unfinished_s=unfinished_s,
            ),
            self._store,
            started_at=started_at,
            finished_at=finished_at,
            versions=versions,
        )

    def _plan(self) -> None:
        """Name the job's volumes. Raises ``_NoJob`` where its design is unusable."""
        baseline = self._campaign.baseline
        if self.job.purpose == "baseline" and isinstance(baseline, ImageBaseline):
            sources = [self._calls.read(baseline)]
        else:
            try:
                self._recipe = self._campaign.recipe(self.job.design)
            except (ValueError, KeyError) as error:
                raise _NoJob(FailureKind.infeasible_recipe, str(error)) from error
            sources = [
                self._calls.generate(self.job, self._recipe.positive, self._fidelity, index)
                for index in range(self._fidelity.volumes)
            ]
        by_depth = self._recipe is not None and is_graded(self._recipe.positive)
        self._volumes = [
            Volume(
                source,
                self._calls.characterize(source, index, n_volumes=len(sources), by_depth=by_depth),
            )
            for index, source in enumerate(sources)
        ]

    def _evaluate(self) -> list[StageCall]:
        """Return the cell calls that are neither cached nor asked for before."""
        try:
            recipe = self._known_recipe()
        except (CellwrightError, ValueError) as error:
            message = f"baseline image: {error}"
            self._failures[""] = Failure(kind=FailureKind.bad_input, message=message)
            return []
        measured = [(v.characterisation, v.properties) for v in self._volumes if v.properties]
        calls = []
        for power_W in self._powers_W:
            call = self._calls.evaluate(recipe, self._fidelity, measured, power_W)
            if call.name not in self._evaluations:
                self._evaluations[call.name] = power_W
                found = self._find(call, CellResult)
                if found is None:
                    calls.append(call)
                else:
                    self._take_in(call, found, None)
        return calls

    def _known_recipe(self) -> Recipe:
        """Return the design's recipe, or the one the image shows. Raises ``Invalid``."""
        if self._recipe is None:
            baseline, volume = self._campaign.baseline, self._volumes[0]
            if not isinstance(baseline, ImageBaseline) or not volume.record:
                raise InternalError("a job without a recipe was evaluated")
            self._recipe = image_recipe(self._campaign, baseline, volume.record, volume.properties)
        return self._recipe

    def _find(self, call: StageCall, kind: type[Value]) -> Value | None:
        cached = self._cache.find(call.stage, call.key, kind)
        if cached is None:
            return None
        self._note(call, cached=True, elapsed_s=0.0, worker=cached.worker)
        return cached.value

    def _take_in(self, call: StageCall, value: BaseModel, kept: Reference | None) -> None:
        for volume in self._volumes:
            volume.take_in(call, value, kept)
        if isinstance(value, CellResult):
            self._results[self._evaluations[call.name]] = value
            if value.failure is not None:
                self._failures[call.name] = value.failure

    def _note(
        self,
        call: StageCall,
        *,
        cached: bool,
        elapsed_s: float,
        worker: str,
        held: Held = _ALONE,
    ) -> None:
        self._records[call.name] = StageRecord(
            stage=call.stage,
            version=call.version,
            key=call.key,
            cached=cached,
            elapsed_s=elapsed_s,
            worker=worker,
            n_cpus=held.n_cpus,
            n_gpus=held.n_gpus,
        )


def failure_of(error: CellwrightError, stage: str) -> Failure:
    """Return the failure that an error of a stage is in an observation."""
    kind = FailureKind.internal_error
    if isinstance(error, Invalid):
        kind = FailureKind.bad_input
    elif "kind" in error.evidence:
        kind = FailureKind(error.evidence["kind"])
    evidence = error.evidence if kind is FailureKind.solver_failed else {}
    return Failure(kind=kind, message=error.message, stage=stage, evidence=evidence)


class _NoJob(Exception):
    """A job cannot even be planned."""

    def __init__(self, kind: FailureKind, message: str) -> None:
        super().__init__(message)
        self.failure = Failure(kind=kind, message=message)
