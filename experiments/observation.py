"""What a job gave: metrics with their scatter, or a failure with its kind; and its origin."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, JsonValue, model_validator

from experiments.frozen import Frozen
from experiments.job import Job
from experiments.properties import EffectiveProperties
from experiments.recipe import Recipe


class FailureKind(StrEnum):
    """Why a job gave no number; each kind is treated differently by control and by the model."""

    infeasible_recipe = "infeasible_recipe"
    """The masses do not fit: a known constraint, checked before dispatch."""
    packing_failed = "packing_failed"
    """The generator could not reach the asked structure within its bounds."""
    out_of_range = "out_of_range"
    """A learned part was asked beyond what it was trained on."""
    not_percolating = "not_percolating"
    """A phase that must carry ions or electrons does not reach both faces; learned per level."""
    power_too_high = "power_too_high"
    """The cell cannot give the asked power even at the first instant."""
    solver_failed = "solver_failed"
    """The cell model did not converge; says nothing about the design unless it clusters."""
    bad_input = "bad_input"
    """An input file of the job (a baseline image) cannot be used."""
    build_failed = "build_failed"
    """A real build gave no good cell: a rate, until it clusters."""
    timed_out = "timed_out"
    """The job passed its deadline: infrastructure."""
    worker_died = "worker_died"
    """Three workers died of this job: infrastructure, quarantined."""
    internal_error = "internal_error"
    """An exception nobody foresaw; the message is a defect report."""

    @property
    def is_infrastructure(self) -> bool:
        """Say whether the failure tells of machines, and nothing of the design."""
        return self in (
            FailureKind.timed_out,
            FailureKind.worker_died,
            FailureKind.internal_error,
            FailureKind.build_failed,
        )


class Failure(Frozen):
    """Why there is no number, in the scientist's terms."""

    kind: FailureKind
    message: str
    stage: str | None = None
    evidence: dict[str, JsonValue] = Field(default_factory=dict)
    """What the stage knew; of a failed solve, everything that solves it again."""


class Metric(Frozen):
    """One figure of merit of one design at one fidelity.

    ``samples`` holds one value per random volume; their scatter is noise. ``bias`` is the estimated
    systematic error (mesh, discretisation; same unit), never added to the noise.
    """

    value: float | None
    samples: tuple[float, ...] = ()
    noise_sd: float | None = Field(default=None, ge=0)
    """Standard deviation of ``value`` by the variance-against-volume law, where fewer than three
    volumes were measured (same unit)."""
    bias: float | None = None
    reason: str | None = None
    """Why the value is null."""

    @model_validator(mode="after")
    def _null_has_a_reason(self) -> Metric:
        if self.value is None and not self.reason:
            raise ValueError("a metric without a value needs a reason")
        return self


class Artifact(Frozen):
    """A file written by the driver, named by its content hash."""

    url: str
    sha256: str
    size_bytes: int = Field(ge=0)


class StageRecord(Frozen):
    """How one stage of a job went."""

    stage: str
    version: str
    key: str
    """Hash of the stage's inputs, version and seed; the same key is never computed twice."""
    cached: bool
    elapsed_s: float = Field(ge=0)
    """Worker time; 0 where the result came from the cache."""
    worker: str | None = None
    """``host:pid``, and `` in IMAGE`` behind it inside a container."""
    n_cpus: float = Field(default=1.0, ge=0)
    """CPUs the worker held meanwhile."""
    n_gpus: float = Field(default=0.0, ge=0)
    """GPUs the worker held meanwhile; a share of one counts as such."""


class Provenance(Frozen):
    """Enough to trace an observation back to code, seed and machine."""

    stages: tuple[StageRecord, ...] = ()
    versions: dict[str, str] = Field(default_factory=dict)
    artifacts: dict[str, Artifact] = Field(default_factory=dict)
    fallbacks: tuple[str, ...] = ()
    """Every place where a second-best method was used, in words."""
    started_at: str | None = None
    finished_at: str | None = None
    busy_s: float = Field(default=0.0, ge=0)
    """Worker seconds spent on this job, cached stages excluded."""


class Observation(Frozen):
    """The result of a job: metrics, or a failure. Exactly one of both."""

    job: Job
    recipe: Recipe | None = None
    metrics: dict[str, Metric] = Field(default_factory=dict)
    properties: EffectiveProperties | None = None
    """Mean over the job's volumes."""
    termination: str | None = None
    flags: tuple[str, ...] = ()
    """What to know before believing the numbers: a depleted electrolyte, a model beyond the rates
    it ranks designs at."""
    failure: Failure | None = None
    provenance: Provenance = Provenance()

    @model_validator(mode="after")
    def _either_metrics_or_failure(self) -> Observation:
        if (self.failure is None) == (not self.metrics):
            raise ValueError("an observation holds either metrics or a failure")
        return self

    @property
    def is_failed(self) -> bool:
        """Say whether the job gave a failure instead of metrics."""
        return self.failure is not None

    @property
    def is_of_an_image(self) -> bool:
        """Say whether the volume was read from an image instead of generated."""
        return any(record.stage == "read" for record in self.provenance.stages)

    def value(self, metric: str) -> float | None:
        """Return a metric's value, or None where it is absent or undefined."""
        found = self.metrics.get(metric)
        return None if found is None else found.value
