"""The answer: the best designs against the baseline in a small table, and in sentences."""

from __future__ import annotations

from dataclasses import dataclass

from controller.front import front, is_feasible, scores
from controller.interval import Interval, difference, measured
from controller.label import Label, metric_label, parameter_label, value_words
from controller.quantity import (
    NO_VALUE,
    change,
    counted,
    percent_change,
    signed,
    signed_interval,
    three,
    with_interval,
    with_unit,
)
from controller.report.advice import advice, prospect_sentence
from controller.report.figure import Grid
from controller.report.material import Material
from experiments.campaign import Campaign, Constraint, Objective
from experiments.observation import Observation

N_SHOWN = 3
_SEEN_IN_AN_IMAGE = frozenset(
    (
        *("active_wt_pct", "binder_wt_pct", "carbon_wt_pct", "porosity", "thickness_um"),
        "particle_d50_um",
    )
)
"""Recipe fields that follow from an image's fractions and particles and from the thickness given;
the rest of its recipe holds defaults that nobody measured."""


@dataclass(frozen=True)
class Answer:
    """Best designs at one level, best first; with several objectives, those on the front."""

    level: str
    best: tuple[Observation, ...]
    baseline: Observation | None


def answer(material: Material) -> Answer:
    """Return the best designs at the target, or at the highest level that has results."""
    levels = [level.name for level in material.campaign.fidelities]
    order = [material.campaign.target, *reversed(levels)]
    for level in order:
        finished = material.finished(level)
        is_single = len(material.campaign.objectives) == 1
        choose = _ranked if is_single else front
        found = choose(material.campaign, finished)
        if found:
            return Answer(level, found, material.baseline_at(level))
    return Answer(material.campaign.target, (), material.baseline_at(material.campaign.target))


def _ranked(campaign: Campaign, observations: tuple[Observation, ...]) -> tuple[Observation, ...]:
    """Return the feasible results, best first objective first."""
    feasible = [one for one in observations if is_feasible(campaign, one)]
    return tuple(sorted(feasible, key=lambda one: scores(campaign, one) or (), reverse=True))


def sentences(material: Material) -> tuple[str, ...]:
    """Return what the campaign found, in words: the gain first, then what to know about it."""
    found = answer(material)
    if not found.best:
        n = len(material.observations)
        return (f"No design within the limits yet; {counted(n, 'evaluation')} finished.",)
    said = [_gain(material, found)]
    if len(material.campaign.objectives) > 1:
        n = len(found.best)
        said.append(_front_sentence(material, n))
    if found.level != material.campaign.target:
        said.append(
            f"This is at the level {found.level}; nothing within the limits is measured at "
            f"{material.campaign.target} yet."
        )
    said += [bounds_sentence(material, found.best[0]), _limits(material, found)]
    said += [advice(material, found.best[0]), prospect_sentence(material)]
    return tuple(text for text in said if text)


def table(material: Material) -> Grid | None:
    """Return parameters and metrics as rows, the baseline and the best designs as columns."""
    found = answer(material)
    shown = found.best[:N_SHOWN]
    if not shown and found.baseline is None:
        return None
    names = ("Best", "Second", "Third")
    if len(material.campaign.objectives) > 1:
        names = ("Front 1", "Front 2", "Front 3")
    columns = (
        "",
        *(["Baseline"] if found.baseline is not None else []),
        *names[: len(shown)],
    )
    everyone = [*([found.baseline] if found.baseline is not None else []), *shown]
    rows: list[tuple[str, ...]] = []
    for objective in material.campaign.objectives:
        rows += _objective_rows(material, objective, found, everyone)
    for constraint in material.campaign.constraints:
        rows.append(_constraint_row(material, constraint, everyone))
    c_rates = [one.value("c_rate_per_h") for one in everyone]
    if any(rate is not None for rate in c_rates):
        powers = material.campaign.powers_W
        name = f"C-rate at {powers[0]:g} W" if powers else "C-rate"
        rows.append((name, *(f"{three(rate)}C" if rate else NO_VALUE for rate in c_rates)))
    for name, label in material.parameters():
        rows.append((label.text, *(parameter_words(one, name) for one in everyone)))
    return Grid(
        id="answer",
        caption=(
            f"Measured at {found.level}. Intervals are 95% and hold the scatter of random volumes "
            "only; mesh and voxel errors stand apart."
        ),
        columns=columns,
        rows=tuple(rows),
        strong_column=len(columns) - len(shown) if shown else None,
    )


def bounds_sentence(material: Material, best: Observation) -> str:
    """Say which variables of the best design sit at a bound, and what that means."""
    space = material.campaign.design
    at = space.at_bounds(best.job.design)
    if not at:
        return "No variable of the best design sits at a bound of its range."
    words = []
    for name, low, high in space.numeric_bounds():
        if name in at:
            side, value = ("upper", high) if at[name] == "max" else ("lower", low)
            text = parameter_label(name).text
            words.append(f"{text[:1].lower()}{text[1:]} ({side} bound, {value_words(name, value)})")
    if len(at) == sum(low < high for _, low, high in space.numeric_bounds()):
        return (
            f"Every variable sits at a bound: {_joined(words)}. The ranges decide this design, not "
            "a trade-off; ask for more power or widen what the line can make."
        )
    verb = "sit at bounds" if len(words) > 1 else "sits at a bound"
    return f"Of the best design, {_joined(words)} {verb}: a wider range may give more."


def _gain(material: Material, found: Answer) -> str:
    key, label = material.metric(material.main)
    best = found.best[0]
    scatter = material.scatter(key, found.level)
    value = measured(best, key, scatter)
    assert value is not None
    start = f"{_conditions(material, best)}the best measured design gives {_with(value, label)}"
    start = start[:1].upper() + start[1:]
    if found.baseline is None or (base := found.baseline.value(key)) is None:
        return f"{start}."
    gap = difference(best, found.baseline, key, scatter)
    assert gap is not None
    over = f"over the baseline's {three(base)}"
    if gap.low is None or gap.high is None:
        text = f"{start}: {change(value.value, base, label.unit)} {over}"
        if found.baseline.is_of_an_image:
            text += ", without an interval, because the scatter of the image itself is not known"
        return f"{text}."
    moved = signed_interval(gap.value, gap.low, gap.high, label.unit)
    text = f"{start}: {moved} or {percent_change(value.value, base)} {over}"
    if gap.low <= 0 <= gap.high:
        return f"{text}; the scatter between volumes is too large to tell them apart."
    return f"{text}."


def _front_sentence(material: Material, n: int) -> str:
    if n == 1:
        return "One design is at least as good as every other in all objectives."
    text = f"{n} designs are on the front: none beats another in every objective at once."
    if n > N_SHOWN:
        text += f" The first {N_SHOWN} by {metric_label(material.main_metric).text.lower()}: below."
    return text


def _conditions(material: Material, best: Observation) -> str:
    power = material.main.at_power_W
    if power is None:
        return ""
    rate = best.value("c_rate_per_h")
    return f"At {power:g} W ({three(rate)}C) " if rate else f"At {power:g} W "


def _limits(material: Material, found: Answer) -> str:
    """Say which limits the best design nearly touches."""
    close = []
    for constraint in material.campaign.constraints:
        key = material.campaign.metric_key(constraint)
        value, label = found.best[0].value(key), metric_label(key)
        for limit in (constraint.min, constraint.max):
            if value is not None and limit and abs(value - limit) <= 0.02 * abs(limit):
                close.append(f"{label.text.lower()} is at its limit of {limit:g} {label.unit}")
    if not close:
        return ""
    text = _joined(close)
    return f"{text[:1].upper()}{text[1:]}: the constraint, not the physics, stops the search there."


def _objective_rows(
    material: Material, objective: Objective, found: Answer, everyone: list[Observation]
) -> list[tuple[str, ...]]:
    key, label = material.metric(objective)
    scatter = material.scatter(key, found.level)
    name = label.text
    if objective.at_power_W and " at " not in name:
        name = f"{name} at {objective.at_power_W:g} W"
    rows: list[tuple[str, ...]] = [
        (name, *(_with(measured(one, key, scatter), label) for one in everyone))
    ]
    base = None if found.baseline is None else found.baseline.value(key)
    if base is not None:
        moved = [_moved(one, found.baseline, key, label) for one in everyone]
        rows.append(("Change", *moved))
    biases = [None if key not in one.metrics else one.metrics[key].bias for one in everyone]
    if any(bias is not None for bias in biases):
        shown = [NO_VALUE if bias is None else f"{signed(bias)} {label.unit}" for bias in biases]
        rows.append(("Mesh and voxel error, estimated", *shown))
    return rows


def _moved(one: Observation, baseline: Observation | None, key: str, label: Label) -> str:
    base = None if baseline is None else baseline.value(key)
    value = one.value(key)
    if one is baseline or base is None or value is None:
        return NO_VALUE
    return f"{signed(value - base)} {label.unit} ({percent_change(value, base)})"


def _constraint_row(
    material: Material, constraint: Constraint, everyone: list[Observation]
) -> tuple[str, ...]:
    key = material.campaign.metric_key(constraint)
    label = metric_label(key)
    limits = [
        f"{word} {limit:g}"
        for word, limit in (("min", constraint.min), ("max", constraint.max))
        if limit is not None
    ]
    return (
        f"{label.text} ({', '.join(limits)})",
        *(with_unit(one.value(key), label.unit) for one in everyone),
    )


def parameter_words(one: Observation, name: str) -> str:
    """Return a parameter's value; for an image, what its fractions and the file tell of it."""
    value = one.job.design.values.get(name)
    side, _, field = name.partition(".")
    if value is None and one.recipe is not None and field in _SEEN_IN_AN_IMAGE:
        in_SI = field.removesuffix("_um") + "_m" if field.endswith("_um") else field
        found = getattr(getattr(one.recipe, side, None), in_SI, None)
        value = found * 1e6 if field.endswith("_um") and found is not None else found
    return NO_VALUE if value is None else value_words(name, value)


def _with(value: Interval | None, label: Label) -> str:
    if value is None:
        return NO_VALUE
    return with_interval(value.value, value.low, value.high, label.unit)


def _joined(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
