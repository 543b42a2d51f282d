"""The question control asks a decider, and the ranking it answers with."""

from __future__ import annotations

from pydantic import Field

from experiments.campaign import Campaign
from experiments.design import Design
from experiments.frozen import Frozen
from experiments.job import Job
from experiments.observation import Observation


class Question(Frozen):
    """Everything a decider may look at; equal questions get equal answers."""

    campaign: Campaign
    observations: tuple[Observation, ...] = ()
    pending: tuple[Job, ...] = ()
    """Dispatched and not finished, builds under way included."""
    proposed: tuple[Job, ...] = ()
    """Builds that people were asked for and have not decided on: they may never come."""
    unmakeable: tuple[Job, ...] = ()
    """Builds that a person said cannot be made; never an objective value."""
    left: dict[str, int] = Field(default_factory=dict)
    """Evaluations that may still be dispatched, by fidelity."""
    n_candidates: int = Field(default=8, ge=1)
    position: int = Field(default=0, ge=0)
    """Journal position the question was asked at."""


class Prediction(Frozen):
    """A predicted metric: mean and standard deviation for a next evaluation at the target."""

    mean: float
    sd: float = Field(ge=0)
    low: float | None = None
    """2.5% quantile; with ``high`` the 95% predictive interval, which need not be symmetric."""
    high: float | None = None
    """97.5% quantile."""


class Nearest(Frozen):
    """The observation closest to a design."""

    job_id: str
    distance: float = Field(ge=0)
    """In the unit cube; different categories lie 1 apart."""


class Candidate(Frozen):
    """A design worth evaluating, with the reason."""

    design: Design
    fidelity: str
    replicate: int = 0
    score: float | None = None
    """Log acquisition value; comparable within one ranking only."""
    predicted: dict[str, Prediction] = Field(default_factory=dict)
    success_probability: float | None = Field(default=None, ge=0, le=1)
    beats_incumbent: float | None = Field(default=None, ge=0, le=1)
    """Probability that its first objective at the target is better than the incumbent's."""
    nearest: Nearest | None = None
    is_inside_data: bool | None = None
    """Every value lies within what was observed so far; False: the model extrapolates."""
    reason: str
    """One phrase, e.g. ``sobol start`` or ``likeliest to improve``."""


class Recommendation(Frozen):
    """The best design by posterior mean at the target; evaluated already or not."""

    design: Design
    predicted: dict[str, Prediction]
    success_probability: float | None = None


class HeldOut(Frozen):
    """A leave-one-out prediction of one observation."""

    job_id: str
    fidelity: str
    metric: str
    observed: float
    predicted: Prediction


class Surface(Frozen):
    """Posterior of the first objective at the target over the two most important parameters.

    The other parameters stand at the recommended design. ``mean[j][i]`` belongs to ``x[i], y[j]``.
    """

    metric: str
    x_name: str
    y_name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    mean: tuple[tuple[float, ...], ...]
    sd: tuple[tuple[float, ...], ...]


class Diagnosis(Frozen):
    """What the model is like after a refit, for the report."""

    held_out: tuple[HeldOut, ...] = ()
    sensitivity: dict[str, dict[str, float]] = Field(default_factory=dict)
    """Metric → parameter → share of the posterior mean's variance (first-order Sobol index)."""
    length_scales: dict[str, dict[str, float]] = Field(default_factory=dict)
    level_correlation: dict[str, dict[str, float]] = Field(default_factory=dict)
    """Metric → ``coarse~fine`` → posterior correlation between levels."""
    noise_sd: dict[str, dict[str, float]] = Field(default_factory=dict)
    """Metric → fidelity → scatter between random volumes, as the model uses it."""
    surface: Surface | None = None


class Prospect(Frozen):
    """What going on promises, in the unit of the only objective."""

    expected_gain: float = Field(ge=0)
    """What the most promising next target evaluation is expected to add to the best measured."""
    regret_bound: float = Field(ge=0)
    """With 95% probability no design beats the best measured one by more."""


class Scores(Frozen):
    """Designs that somebody has in mind, all as the decider sees them under one belief."""

    position: int
    decider: str
    decider_version: str
    n_observed: int = Field(ge=0)
    """Observations that the belief rests on."""
    measured_in: str
    """What the scores are, in words, e.g. ``log of the expected improvement``."""
    is_log_gain: bool
    """A difference of scores is a ratio of expected gains."""
    candidates: tuple[Candidate, ...]
    """In the order of the designs."""
    elapsed_s: float = Field(default=0.0, ge=0)


class Ranking(Frozen):
    """Candidates, best first, with what the model believed when it made them."""

    position: int
    decider: str
    decider_version: str
    candidates: tuple[Candidate, ...]
    recommended: Recommendation | None = None
    diagnosis: Diagnosis | None = None
    fallbacks: tuple[str, ...] = ()
    prospect: Prospect | None = None
    """None without a model, with several objectives, and before the target was measured."""
    demoted: dict[str, float] = Field(default_factory=dict)
    """Levels not trusted at present, with the chance that they still inform."""
    elapsed_s: float = Field(default=0.0, ge=0)
