"""What every decider keeps, on easy and on awkward questions; subclass and give a ``decider``."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

import pytest

from agents.acquisition.decider import Decider
from experiments.budget import Budget
from experiments.campaign import Campaign, Constraint, Objective
from experiments.design import Design
from experiments.design_space import Categorical, Continuous, DesignSpace, Integer, Mixture
from experiments.errors import Invalid
from experiments.fidelity import Fidelity
from experiments.job import Job, new_job
from experiments.observation import Failure, FailureKind, Metric, Observation, Provenance
from experiments.ranking import Question

Screen = Callable[[Campaign, Design], str | None]
MakeDecider = Callable[[Screen], Decider]

ENERGY = "specific_energy_Wh_per_kg"
MASS = "cell_mass_kg"
DURATION = "duration_s"
COARSE = Fidelity(name="coarse", voxels=32, voxel_size_um=1.0)
FINE = Fidelity(name="fine", voxels=64, volumes=2, voxel_size_um=0.5)
PLAIN = (Continuous(name="a", low=0, high=1), Continuous(name="b", low=-5, high=5))
MIXED = (
    Continuous(name="a", low=0, high=1),
    Integer(name="n", low=1, high=4),
    Categorical(name="kind", choices=("round", "flat", "long")),
    Mixture(names=("p", "q", "r"), lows=(80, 1, 1), highs=(98, 12, 12)),
)


def campaign_of(
    parameters: tuple[object, ...] = PLAIN,
    *,
    objectives: tuple[Objective, ...] | None = None,
    constraints: tuple[Constraint, ...] = (),
    fidelities: tuple[Fidelity, ...] = (COARSE, FINE),
    seed: int = 3,
) -> Campaign:
    """Return a campaign over parameters, 24 evaluations a level."""
    return Campaign(
        name="contract",
        design=DesignSpace(parameters=parameters),
        objectives=objectives
        or (Objective(name="energy", metric=ENERGY, sense="maximize", at_power_W=100),),
        constraints=constraints,
        fidelities=fidelities,
        target="fine",
        budget=Budget(evaluations={f.name: 24 for f in fidelities}),
        seed=seed,
    )


def roundness(design: Design) -> float:
    """Return a smooth number of any design."""
    numbers = [float(v) for v in design.values.values() if not isinstance(v, str)]
    words = [len(v) for v in design.values.values() if isinstance(v, str)]
    return math.fsum(math.sin(1 + i + 0.7 * v) for i, v in enumerate(numbers)) + 0.1 * sum(words)


def observed(
    campaign: Campaign,
    n: int,
    *,
    value: Callable[[Design], float] = roundness,
    failure: FailureKind | None = None,
    from_point: Callable[[int], list[float]] | None = None,
) -> tuple[Observation, ...]:
    """Return ``n`` observations, every third at the target."""
    found = []
    for i in range(n):
        point = [((i + 1) * (0.6180339 + 0.17 * k)) % 1.0 for k in range(campaign.design.n_unit)]
        design = campaign.design.from_unit(from_point(i) if from_point else point)
        levels = [f.name for f in campaign.fidelities]
        level = "fine" if i % 3 == 2 or len(levels) == 1 else levels[0]
        job = new_job(campaign.name, design, level, campaign_seed=campaign.seed)
        if failure is not None:
            result = Observation(job=job, failure=Failure(kind=failure, message="no number"))
        else:
            number = value(design)
            samples = (number - 1e-3, number + 1e-3) if level == "fine" else (number,)
            result = Observation(
                job=job,
                metrics={
                    ENERGY: Metric(value=number, samples=samples),
                    MASS: Metric(value=0.3 + 1e-7 * number),
                    DURATION: Metric(value=1e6 * (2 + math.cos(number))),
                },
                provenance=Provenance(busy_s=5.0 if level == "fine" else 1.0),
            )
        found.append(result)
    return tuple(found)


def question_of(
    campaign: Campaign,
    observations: tuple[Observation, ...] = (),
    *,
    pending: tuple[Job, ...] = (),
    left: dict[str, int] | None = None,
    n_candidates: int = 6,
) -> Question:
    """Return a question with eight evaluations left a level."""
    return Question(
        campaign=campaign,
        observations=observations,
        pending=pending,
        left={f.name: 8 for f in campaign.fidelities} if left is None else left,
        n_candidates=n_candidates,
        position=len(observations) + len(pending),
    )


def nothing_known(campaign: Campaign, design: Design) -> str | None:
    """Screen nothing."""
    return None


def check(decider: Decider, question: Question, screen: Screen = nothing_known) -> None:
    """Assert everything a ranking must keep."""
    campaign = question.campaign
    ranking = decider.rank(question)
    assert ranking.decider == decider.name
    assert ranking.decider_version == decider.version
    assert ranking.position == question.position
    assert len(ranking.candidates) <= question.n_candidates
    asked = Counter(candidate.fidelity for candidate in ranking.candidates)
    for fidelity, n in asked.items():
        assert n <= question.left.get(fidelity, 0), f"{n} of {fidelity}"
    jobs = [o.job for o in question.observations] + list(question.pending)
    taken = {(job.design.key, job.fidelity): 0 for job in jobs if job.purpose == "search"}
    ids = {job.id for job in jobs}
    for candidate in ranking.candidates:
        assert campaign.design.contains(candidate.design), candidate.design
        assert screen(campaign, candidate.design) is None
        job = new_job(
            campaign.name,
            candidate.design,
            candidate.fidelity,
            campaign_seed=campaign.seed,
            replicate=candidate.replicate,
        )
        assert job.id not in ids, "a job asked for twice"
        ids.add(job.id)
        assert candidate.replicate > 0 or (candidate.design.key, candidate.fidelity) not in taken
        assert candidate.reason
    if any(question.left.values()) and question.campaign.design.parameters[0].kind == "continuous":
        assert ranking.candidates, "budget is left and nothing is proposed"
    if ranking.recommended is not None:
        assert campaign.design.contains(ranking.recommended.design)
    again = decider.rank(question)
    untimed = {"elapsed_s": 0.0}
    assert again.model_copy(update=untimed) == ranking.model_copy(update=untimed)
    ranking.model_dump_json()


class DeciderContract:
    """Subclass with a fixture ``make``: screen → decider."""

    @pytest.fixture
    def make(self) -> MakeDecider:
        raise NotImplementedError

    @pytest.mark.parametrize("n", [0, 1, 2, 5, 14])
    def test_keeps_the_rules_at_any_number_of_observations(self, make, n):
        campaign = campaign_of()
        check(make(nothing_known), question_of(campaign, observed(campaign, n)))

    @pytest.mark.parametrize("n", [0, 9])
    def test_keeps_the_rules_in_a_mixed_space(self, make, n):
        campaign = campaign_of(MIXED)
        check(make(nothing_known), question_of(campaign, observed(campaign, n)))

    def test_keeps_known_constraints(self, make):
        def screen(campaign, design):
            return "a is too large" if design.values["a"] > 0.2 else None

        campaign = campaign_of()
        few = observed(campaign, 6, from_point=lambda i: [0.03 * i, 0.15 * i])
        check(make(screen), question_of(campaign, few), screen)
        check(make(screen), question_of(campaign), screen)

    def test_says_so_where_no_design_is_feasible(self, make):
        decider = make(lambda campaign, design: "too thick")
        with pytest.raises(Invalid, match="too thick"):
            decider.rank(question_of(campaign_of()))

    def test_accounts_for_pending_jobs(self, make):
        campaign = campaign_of()
        decider = make(nothing_known)
        first = decider.rank(question_of(campaign, observed(campaign, 8)))
        pending = tuple(
            new_job(campaign.name, c.design, c.fidelity, campaign_seed=campaign.seed)
            for c in first.candidates[:3]
        )
        check(decider, question_of(campaign, observed(campaign, 8), pending=pending))

    @pytest.mark.parametrize("left", [{"coarse": 0, "fine": 2}, {"coarse": 1, "fine": 0}, {}])
    def test_stays_within_what_is_left(self, make, left):
        campaign = campaign_of()
        check(make(nothing_known), question_of(campaign, observed(campaign, 7), left=left))

    @pytest.mark.parametrize("kind", list(FailureKind))
    def test_goes_on_when_everything_failed(self, make, kind):
        campaign = campaign_of()
        few = observed(campaign, 6, failure=kind)
        check(make(nothing_known), question_of(campaign, few))

    @pytest.mark.parametrize("constant", [0.0, 1.0, -1e6, 1e-9])
    def test_goes_on_when_outputs_are_constant(self, make, constant):
        campaign = campaign_of()
        few = observed(campaign, 7, value=lambda design: constant)
        check(make(nothing_known), question_of(campaign, few))

    def test_goes_on_with_duplicated_observations(self, make):
        campaign = campaign_of()
        few = observed(campaign, 5)
        check(make(nothing_known), question_of(campaign, few + few[:3]))

    def test_goes_on_with_one_design_replicated(self, make):
        campaign = campaign_of()
        same = observed(campaign, 6, from_point=lambda i: [0.4, 0.4])
        check(make(nothing_known), question_of(campaign, same))

    def test_goes_on_where_the_metric_is_undefined(self, make):
        campaign = campaign_of()
        few = tuple(
            o.model_copy(update={"metrics": {ENERGY: Metric(value=None, reason="no discharge")}})
            for o in observed(campaign, 4)
        )
        check(make(nothing_known), question_of(campaign, few))

    def test_handles_metrics_on_very_different_scales(self, make):
        campaign = campaign_of(
            objectives=(
                Objective(name="mass", metric=MASS, sense="minimize"),
                Objective(name="time", metric=DURATION, sense="maximize", at_power_W=100),
            )
        )
        check(make(nothing_known), question_of(campaign, observed(campaign, 8)))

    def test_handles_a_modelled_constraint_nothing_keeps(self, make):
        limit = Constraint(metric=DURATION, max=1.0, at_power_W=100)
        campaign = campaign_of(constraints=(limit,))
        check(make(nothing_known), question_of(campaign, observed(campaign, 8)))

    def test_handles_a_single_level(self, make):
        campaign = campaign_of(fidelities=(FINE,))
        check(make(nothing_known), question_of(campaign, observed(campaign, 7)))

    def test_leaves_an_image_baseline_out_of_the_model(self, make):
        campaign = campaign_of()
        few = observed(campaign, 4)
        job = Job(
            id="0" * 16,
            campaign=campaign.name,
            design=Design(),
            fidelity="fine",
            seed=1,
            purpose="baseline",
        )
        baseline = Observation(job=job, metrics={ENERGY: Metric(value=1.0)})
        check(make(nothing_known), question_of(campaign, (*few, baseline)))

    def test_exhausts_a_small_space_without_repeating_a_job(self, make):
        campaign = campaign_of((Integer(name="n", low=1, high=3),))
        check(make(nothing_known), question_of(campaign, observed(campaign, 3)))

    def test_depends_on_the_campaigns_seed(self, make):
        decider = make(nothing_known)
        rankings = [decider.rank(question_of(campaign_of(seed=seed))) for seed in (1, 2)]
        assert rankings[0].candidates != rankings[1].candidates
