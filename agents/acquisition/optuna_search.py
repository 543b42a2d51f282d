"""Another brain by one line: Optuna's tree-structured Parzen estimator at the target level.

``decider: optuna`` in a campaign file, with the extra ``optuna`` installed. The sampler is
Watanabe's multivariate-capable TPE (arXiv 2304.11127) as Optuna ships it. It knows neither levels
nor costs: it proposes for the target alone, and cheap levels, where a campaign has them, are filled
by the Sobol sequence once nothing is left at the target.

Optuna keeps nothing between questions: the study is made anew from the observations each time, so
equal questions get equal answers. Designs that failed by themselves are pruned trials, which the
sampler ranks below every measured one; infrastructure failures are left out; pending and
proposed jobs are running trials, which it avoids.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from agents.acquisition.dispatched import Dispatched
from agents.acquisition.fixed_sequence import feasible_designs, in_fixed_order
from agents.acquisition.known_constraints import Screen, violation
from agents.acquisition.measured_best import measured_best
from agents.acquisition.sobol import sobol_blocks
from experiments.campaign import Campaign
from experiments.design import Design
from experiments.design_space import Categorical
from experiments.errors import Invalid
from experiments.observation import FailureKind, Observation
from experiments.ranking import Candidate, Question, Ranking

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution

MOST_REFUSED: Final = 64
"""Suggestions in a row that break a known constraint, or repeat a job, before it is given up."""


class OptunaDecider:
    """Asks Optuna for designs at the target."""

    name = "optuna"

    def __init__(
        self,
        *,
        n_startup: int = 10,
        screen: Screen = violation,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        try:
            import optuna
        except ImportError as error:
            raise Invalid(
                "decider optuna: the library is not installed; pip install 'cellwright[optuna]'"
            ) from error
        if n_startup < 1:
            raise Invalid(f"decider optuna: n_startup must be at least 1, not {n_startup}")
        self.version = f"1+optuna-{optuna.__version__}"
        self._n_startup = n_startup
        self._screen = screen
        self._clock = clock

    def rank(self, question: Question) -> Ranking:
        """Return Optuna's suggestions for the target; Sobol designs where it has none."""
        started = self._clock()
        campaign = question.campaign
        designs = feasible_designs(campaign, sobol_blocks(campaign), self._screen)
        first = next(designs)  # raises where no design is feasible
        candidates = list(self._suggestions(question))
        fallbacks: tuple[str, ...] = ()
        if not candidates:
            if question.left.get(campaign.target, 0) > 0:
                fallbacks = (f"sobol sequence: optuna broke constraints {MOST_REFUSED} times",)
            candidates = in_fixed_order(question, _chained(first, designs), "sobol sequence")
        return Ranking(
            position=question.position,
            decider=self.name,
            decider_version=self.version,
            candidates=tuple(candidates),
            recommended=measured_best(question),
            fallbacks=fallbacks,
            elapsed_s=self._clock() - started,
        )

    def _suggestions(self, question: Question) -> Iterator[Candidate]:
        campaign, target = question.campaign, question.campaign.target
        wanted = min(question.n_candidates, question.left.get(target, 0))
        if wanted == 0:
            return
        space = _Space(campaign)
        study = self._study(question, space)
        done = Dispatched(question)
        n_found = n_refused = 0
        while n_found < wanted and n_refused < MOST_REFUSED:
            trial = study.ask(space.distributions)
            design = space.design(trial.params)
            if done.has(design, target) or self._screen(campaign, design) is not None:
                study.tell(trial, state=_state("FAIL"))
                n_refused += 1
                continue
            n_refused, n_found = 0, n_found + 1
            done.add(design, target)
            yield Candidate(design=design, fidelity=target, reason="suggested by optuna")

    def _study(self, question: Question, space: _Space) -> optuna.Study:
        """Return a study that knows everything of the question at the target."""
        import optuna

        campaign = question.campaign
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        seed = int(np.random.default_rng([campaign.seed, question.position]).integers(2**31))
        study = optuna.create_study(
            directions=[objective.sense for objective in campaign.objectives],
            sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=self._n_startup),
        )
        at_target = [o for o in question.observations if o.job.fidelity == campaign.target]
        for observation in at_target:
            trial = _trial(campaign, observation, space)
            if trial is not None:
                study.add_trial(trial)
        for job in (*question.pending, *question.proposed):
            if job.fidelity == campaign.target and campaign.design.contains(job.design):
                study.add_trial(space.trial(job.design, state=_state("RUNNING")))
        return study


class _Space:
    """The design space as Optuna sees it: unit coordinates, and choices by name."""

    def __init__(self, campaign: Campaign) -> None:
        from optuna.distributions import CategoricalDistribution, FloatDistribution

        self._design = campaign.design
        self.distributions: dict[str, BaseDistribution] = {}
        for i, choices in enumerate(_choices(campaign)):
            self.distributions[f"u{i}"] = (
                FloatDistribution(0.0, 1.0) if choices is None else CategoricalDistribution(choices)
            )

    def design(self, params: dict[str, Any]) -> Design:
        """Return the design of a suggestion."""
        unit = []
        for name, distribution in self.distributions.items():
            found = getattr(distribution, "choices", None)
            value = params[name]
            unit.append(value if found is None else (found.index(value) + 0.5) / len(found))
        return self._design.from_unit(unit)

    def trial(self, design: Design, **told: Any) -> optuna.trial.FrozenTrial:
        """Return a trial of a design, with what is told of it."""
        import optuna

        params: dict[str, Any] = {}
        unit = self._design.to_unit(design)
        for (name, distribution), u in zip(self.distributions.items(), unit, strict=True):
            found = getattr(distribution, "choices", None)
            params[name] = min(max(u, 0.0), 1.0)
            if found is not None:
                params[name] = found[min(int(u * len(found)), len(found) - 1)]
        with warnings.catch_warnings():  # constraints are new in this release
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            return optuna.trial.create_trial(
                params=params, distributions=self.distributions, **told
            )


def _choices(campaign: Campaign) -> Iterator[tuple[str | float, ...] | None]:
    """Yield for every unit coordinate the choices it stands for, or None for a number."""
    for parameter in campaign.design.parameters:
        if isinstance(parameter, Categorical):
            yield parameter.choices
        else:
            yield from [None] * parameter.n_unit


def _trial(
    campaign: Campaign, observation: Observation, space: _Space
) -> optuna.trial.FrozenTrial | None:
    """Return what Optuna learns of an observation; None where it says nothing of a design."""
    design, failure = observation.job.design, observation.failure
    if not campaign.design.contains(design):
        return None
    if failure is not None and _is_not_the_designs(failure.kind):
        return None
    values = [observation.value(campaign.metric_key(o)) for o in campaign.objectives]
    excess = _excess(campaign, observation)
    if failure is not None or excess is None or any(value is None for value in values):
        return space.trial(design, state=_state("PRUNED"))
    return space.trial(design, values=values, constraints=excess)


def _is_not_the_designs(kind: FailureKind) -> bool:
    return kind.is_infrastructure or kind is FailureKind.solver_failed


def _excess(campaign: Campaign, observation: Observation) -> dict[str, float] | None:
    """Return by how much each limit is broken (above 0) or kept; None where a value is missing."""
    found: dict[str, float] = {}
    for i, limit in enumerate(campaign.constraints):
        value = observation.value(campaign.metric_key(limit))
        if value is None:
            return None
        if limit.max is not None:
            found[f"max{i}"] = value - limit.max
        if limit.min is not None:
            found[f"min{i}"] = limit.min - value
    return found


def _state(name: str) -> optuna.trial.TrialState:
    import optuna

    found: optuna.trial.TrialState = optuna.trial.TrialState[name]
    return found


def _chained(first: Design, rest: Iterator[Design]) -> Iterator[Design]:
    yield first
    yield from rest
