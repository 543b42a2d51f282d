"""A campaign: what is varied, what is wanted, what may be spent, and when to stop."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from experiments.approval import Approval
from experiments.baseline import Baseline
from experiments.budget import Budget, Stopping
from experiments.build_fidelity import BuildFidelity
from experiments.cell_spec import CellSpec
from experiments.design import Design
from experiments.design_space import DesignSpace
from experiments.fidelity import Fidelity
from experiments.frozen import Frozen
from experiments.knowledge import Knowledge
from experiments.level import Level
from experiments.metrics import METRICS, can_be_built
from experiments.physics import Physics
from experiments.recipe import Recipe
from experiments.recipe_values import recipe_of
from experiments.storage import Storage

Watts = Annotated[float, Field(gt=0, le=1e5)]


class Objective(Frozen):
    """One thing wanted; several objectives make a front."""

    name: str
    metric: str
    sense: Literal["maximize", "minimize"]
    at_power_W: Watts | None = None
    reference: float | Literal["baseline"] | None = None
    """What counts as no gain: the baseline's value, a number, or None (the worst seen)."""


class Constraint(Frozen):
    """A limit on a metric, kept with the stated probability under the model."""

    metric: str
    min: float | None = None
    max: float | None = None
    at_power_W: Watts | None = None
    confidence: float = Field(default=0.95, gt=0.5, lt=1)

    @model_validator(mode="after")
    def _has_a_limit(self) -> Constraint:
        if self.min is None and self.max is None:
            raise ValueError(f"the constraint on {self.metric} needs a min or a max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"{self.metric}: min {self.min:g} is above max {self.max:g}")
        return self


class PartChoice(Frozen):
    """A built-in or entry-point part by name, with its options."""

    name: str
    options: dict[str, float | int | str | bool] = Field(default_factory=dict)


class Campaign(Frozen):
    """A whole campaign, as validated from its file."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
    cell: CellSpec = CellSpec()
    design: DesignSpace
    baseline: Baseline | None = None
    objectives: tuple[Objective, ...] = Field(min_length=1)
    constraints: tuple[Constraint, ...] = ()
    fidelities: tuple[Level, ...] = Field(min_length=1)
    target: str
    budget: Budget
    stopping: Stopping = Stopping()
    approval: Approval = Approval()
    storage: Storage = Storage()
    physics: Physics = Physics()
    generator: PartChoice = PartChoice(name="stochastic")
    decider: PartChoice = PartChoice(name="cellwright")
    deadline_s: float = Field(default=900.0, gt=0)
    """How long any job may take from the start of its first call, however short the others are; a
    job past its deadline is killed and recorded as timed_out. Levels whose jobs took longer, and
    large ones that were not measured yet, are allowed more. Assumed: many times what the levels
    of the examples take, and a hung worker costs no more than a quarter of an hour."""
    knowledge: tuple[Knowledge, ...] = ()
    """What was measured before; every table is a level of its own."""
    seed: int = Field(default=0, ge=0, lt=2**48)

    @model_validator(mode="after")
    def _names_agree(self) -> Campaign:
        names = [fidelity.name for fidelity in self.fidelities]
        if len(set(names)) != len(names):
            raise ValueError(f"fidelities: two levels share a name in {', '.join(names)}")
        if self.target not in names:
            allowed = ", ".join(names)
            raise ValueError(f"target: {self.target!r} is not a fidelity; allowed: {allowed}")
        for key, counts in (
            ("budget.evaluations", self.budget.evaluations),
            ("budget.at_least", self.budget.at_least),
        ):
            for name in counts:
                if name not in names:
                    allowed = ", ".join(names)
                    raise ValueError(f"{key}.{name}: not a fidelity; allowed: {allowed}")
        wishes: tuple[Objective | Constraint, ...] = (*self.objectives, *self.constraints)
        for wish in wishes:
            if wish.metric not in METRICS:
                allowed = ", ".join(METRICS)
                raise ValueError(f"{wish.metric!r} is not a metric; allowed: {allowed}")
            if METRICS[wish.metric].needs_power and not self.powers_W:
                raise ValueError(f"{wish.metric} needs at_power_W")
        for objective in self.objectives:
            if objective.reference == "baseline" and self.baseline is None:
                raise ValueError(
                    f"objectives: {objective.name}: reference: baseline needs a baseline"
                )
        return self

    @model_validator(mode="after")
    def _powers_have_names_of_their_own(self) -> Campaign:
        labels = [f"{power_W:g}" for power_W in self.powers_W]
        for label in labels:
            if labels.count(label) > 1:
                raise ValueError(
                    f"objectives: two powers are both {label} W to six digits; give one of them"
                )
        return self

    @model_validator(mode="after")
    def _models_can_run_what_is_wanted(self) -> Campaign:
        shallow = [level.name for level in self.simulated if level.model != "DFN"]
        for name in self.wanted:
            if METRICS[name].protocol is not None and shallow:
                raise ValueError(
                    f"fidelities: {name} needs model DFN at every one; another have: "
                    f"{', '.join(shallow)}"
                )
        return self

    @model_validator(mode="after")
    def _builds_fit_in(self) -> Campaign:
        builds = [level for level in self.fidelities if isinstance(level, BuildFidelity)]
        if not builds:
            return self
        if len(builds) > 1:
            names = " and ".join(level.name for level in builds)
            raise ValueError(f"fidelities: at most one level is built; found {names}")
        if not self.simulated:
            raise ValueError("fidelities: beside the level that is built, one must be simulated")
        for name in self.wanted_metrics:
            if not can_be_built(name):
                raise ValueError(f"fidelities: {builds[0].name}: {name} is not measured on a build")
        costs = [level.cost is not None for level in self.own_fidelities]
        if self.budget.fine_equivalents is not None and not all(costs):
            raise ValueError("budget.fine_equivalents: with builds, every level needs its cost")
        two = self.approval.two_approvers
        is_priced = "cost_EUR" in builds[0].model_fields_set
        if two is not None and two.cost_EUR_above is not None and not is_priced:
            raise ValueError(
                "approval.two_approvers.cost_EUR_above: the price of a build is not stated; "
                f"allowed with fidelities: {builds[0].name}: cost_EUR"
            )
        return self

    @property
    def powers_W(self) -> tuple[float, ...]:
        """Return the powers to discharge at; the first is the one plain metric names refer to."""
        wishes: tuple[Objective | Constraint, ...] = (*self.objectives, *self.constraints)
        asked = [wish.at_power_W for wish in wishes if wish.at_power_W]
        return tuple(dict.fromkeys(asked))

    @property
    def wanted(self) -> tuple[str, ...]:
        """Return the metrics asked for that are computed only where somebody asks."""
        return tuple(
            name
            for name in self.wanted_metrics
            if METRICS[name].protocol is not None or METRICS[name].is_outside
        )

    @property
    def wanted_metrics(self) -> tuple[str, ...]:
        """Return all metrics that objectives and constraints name, each once."""
        wishes: tuple[Objective | Constraint, ...] = (*self.objectives, *self.constraints)
        return tuple(dict.fromkeys(wish.metric for wish in wishes))

    def metric_key(self, wish: Objective | Constraint) -> str:
        """Return the name under which observations hold a wish's metric.

        Discharges at any but the first power carry it: ``specific_energy_Wh_per_kg@200W``.
        """
        if not METRICS[wish.metric].needs_power or wish.at_power_W in (None, self.powers_W[0]):
            return wish.metric
        return metric_at(wish.metric, wish.at_power_W)

    @property
    def own_fidelities(self) -> tuple[Level, ...]:
        """Return the levels at which designs are evaluated: all but results of earlier versions."""
        return tuple(level for level in self.fidelities if level.source_of is None)

    @property
    def simulated(self) -> tuple[Fidelity, ...]:
        """Return the levels that are simulated."""
        return tuple(level for level in self.fidelities if isinstance(level, Fidelity))

    @property
    def build_level(self) -> BuildFidelity | None:
        """Return the level that is built, where there is one."""
        return next((one for one in self.fidelities if isinstance(one, BuildFidelity)), None)

    @property
    def finest_simulated(self) -> Fidelity:
        """Return the target, or else the simulated level with the most voxels in all."""
        by_size = {level.name: level.voxels**3 * level.volumes for level in self.simulated}
        is_target = {level.name: level.name == self.target for level in self.simulated}
        return max(self.simulated, key=lambda one: (is_target[one.name], by_size[one.name]))

    @property
    def charged_level(self) -> str | None:
        """Return the level that simulates a fast charge for whoever approves builds: the finest.

        None where nothing is built, or that level's model has no depth for lithium to plate in.
        """
        is_shown = self.build_level is not None and self.powers_W
        finest = self.finest_simulated
        return finest.name if is_shown and finest.model == "DFN" else None

    def level(self, name: str) -> Level:
        """Return the level of that name. Raises ``KeyError``."""
        for level in self.fidelities:
            if level.name == name:
                return level
        raise KeyError(name)

    def fidelity(self, name: str) -> Fidelity:
        """Return the simulated level of that name. Raises ``KeyError``."""
        level = self.level(name)
        if not isinstance(level, Fidelity):
            raise KeyError(name)
        return level

    def recipe(self, design: Design) -> Recipe:
        """Return the fully resolved recipe, in SI, of a design of this campaign.

        Binder and carbon share equally what active leaves, unless one of them is given (assumed:
        a 1:1 binder to carbon ratio is usual in laboratory coatings). Raises ``ValueError`` where
        the values make no recipe.
        """
        return recipe_of({**self.design.fixed, **design.values})


def metric_at(metric: str, power_W: float) -> str:
    """Return a metric's name at a power that is not the campaign's first."""
    return f"{metric}@{power_W:g}W"
