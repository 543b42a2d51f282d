"""Refuse campaigns that are well formed and ask for what cannot be.

This looks at files, not at journals: a rule that is new today keeps nobody from reading a campaign
that was started yesterday.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from controller.people.accounts import ACCOUNT_NAME, RESERVED
from controller.yaml_lines import YamlDocument
from experiments.approval import zone
from experiments.campaign import Campaign, Constraint
from experiments.errors import Invalid

MODELLESS: Final = ("random", "sobol")
"""Built-in deciders that expect nothing."""


def refuse_contradictions(document: YamlDocument, campaign: Campaign) -> None:
    """Raise ``Invalid`` with file, line and key of the first thing that cannot be."""
    _refuse_sources(document, campaign)
    _refuse_undecided_builds(document, campaign)
    _refuse_empty_budgets(document, campaign)
    _refuse_twin_objectives(document, campaign)
    _refuse_exclusive_constraints(document, campaign)
    _refuse_unanswered_stopping(document, campaign)


def _refuse_empty_budgets(document: YamlDocument, campaign: Campaign) -> None:
    evaluations = campaign.budget.evaluations
    for name, n in evaluations.items():
        if n == 0:
            raise document.error(
                ("budget", "evaluations", name),
                "must be 1 or more; found 0; a level without a budget is left out",
            )
    if evaluations and campaign.target not in evaluations:
        raise document.error(
            ("budget", "evaluations"), f"the target {campaign.target} has no evaluations"
        )


def _refuse_sources(document: YamlDocument, campaign: Campaign) -> None:
    for i, level in enumerate(campaign.fidelities):
        if level.source_of is not None:
            raise document.error(
                ("fidelities", i, "source_of"), "no key of a campaign file: control sets it"
            )


def _refuse_undecided_builds(document: YamlDocument, campaign: Campaign) -> None:
    """Refuse builds that nobody may approve, or by no calendar."""
    if campaign.build_level is None:
        if "approval" in document.value:
            raise document.error(("approval",), "no level of this campaign is built")
        return
    try:
        zone(campaign.approval.time_zone)
    except Invalid as error:
        raise document.error(("approval", "time_zone"), error.message) from None
    _refuse_names(document, campaign)
    if campaign.approval.policy != "person" and campaign.approval.two_approvers is not None:
        raise document.error(
            ("approval", "two_approvers"),
            f"policy {campaign.approval.policy} asks nobody, and two_approvers asks two: "
            "leave out one of them",
        )
    is_left_to_people = campaign.approval.policy == "person"
    if is_left_to_people and not campaign.approval.approvers:
        where = ("approval",) if "approval" in document.value else ()
        raise document.error(where, "approval.approvers: name at least one who may approve builds")


def _refuse_names(document: YamlDocument, campaign: Campaign) -> None:
    """Refuse approvers that no account can be called, and one that is named twice."""
    names = campaign.approval.approvers
    for i, name in enumerate(names):
        where = ("approval", "approvers", i)
        if not ACCOUNT_NAME.fullmatch(name) or name in RESERVED:
            allowed = "a letter, then up to 39 of a-z 0-9 . _ -"
            raise document.error(where, f"{name[:60]!r} is no name of an account: {allowed}")
        if name in names[:i]:
            raise document.error(where, f"{name} is named already; each approver once")


def _refuse_twin_objectives(document: YamlDocument, campaign: Campaign) -> None:
    for i, one in enumerate(campaign.objectives):
        for before, other in enumerate(campaign.objectives[:i]):
            if one.name == other.name:
                raise document.error(
                    ("objectives", i), f"objectives[{before}] has the name {one.name!r} too"
                )
            if campaign.metric_key(one) == campaign.metric_key(other):
                raise document.error(
                    ("objectives", i),
                    f"objectives[{before}] asks for {campaign.metric_key(one)} already",
                )


def _refuse_unanswered_stopping(document: YamlDocument, campaign: Campaign) -> None:
    """Refuse rules on what a model expects where there is no model, or no single objective."""
    for key in ("expected_gain_below", "regret_below"):
        if getattr(campaign.stopping, key) is None:
            continue
        if len(campaign.objectives) > 1:
            raise document.error(
                ("stopping", key),
                f"needs a single objective; found {len(campaign.objectives)}; "
                "plateau_evaluations works with several",
            )
        if campaign.decider.name in MODELLESS:
            raise document.error(
                ("stopping", key),
                f"needs a model, and the decider {campaign.decider.name} has none",
            )


def _refuse_exclusive_constraints(document: YamlDocument, campaign: Campaign) -> None:
    """Refuse two limits of one metric that leave nothing between them."""
    limits = campaign.constraints
    for i, one in enumerate(limits):
        for before, other in enumerate(limits[:i]):
            if campaign.metric_key(one) == campaign.metric_key(other):
                low, high = _range((one, other))
                if low > high:
                    raise document.error(
                        ("constraints", i),
                        f"{one.metric} cannot be at least {low:g} and at most {high:g}: "
                        f"constraints[{before}] asks for the other",
                    )


def _range(constraints: Sequence[Constraint]) -> tuple[float, float]:
    """Return the largest lower and the smallest upper limit."""
    lows = [one.min for one in constraints if one.min is not None]
    highs = [one.max for one in constraints if one.max is not None]
    return max(lows, default=-math.inf), min(highs, default=math.inf)
