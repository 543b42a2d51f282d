"""The design a person asks for by a few values: what they leave open is filled in, and said."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from typing import Final

from controller.design_section import PARTS, known_fields
from experiments.baseline import RecipeBaseline
from experiments.campaign import Campaign
from experiments.design import Design
from experiments.design_space import Categorical, Integer, Mixture
from experiments.errors import Invalid

Value = float | int | str
_LIMITS: Final = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
_MASSES = tuple(f"positive.{part}_wt_pct" for part in ("active", "binder", "carbon"))


@dataclass(frozen=True)
class AskedDesign:
    """A complete design, and one sentence for each value that nobody named."""

    design: Design
    notes: tuple[str, ...]


def asked_design(
    campaign: Campaign, named: dict[str, Value], base: Design | None, base_name: str
) -> AskedDesign:
    """Return the design with the named values, the rest from ``base`` or mid-range.

    When a weight percent is named, those not named keep their proportions and fill up to 100.
    Raises ``Invalid`` where a name or value is none of this campaign's.
    """
    known = _known_names(campaign)
    for name in named:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            raise Invalid(f"--at {name}: unknown parameter{hint}; allowed: {', '.join(known)}")
    middle = campaign.design.from_unit([0.5] * campaign.design.n_unit)
    source = base or middle
    values: dict[str, Value] = {**middle.values, **source.values, **named}
    values = _filled_mass(campaign, values, named)
    design = Design(values=values)
    try:
        campaign.recipe(design)
    except ValueError as error:
        raise Invalid(f"--at{_first_line(error, named)}") from error
    origin = base_name if base is not None else "the middle of its range"
    notes = [
        f"{name} = {_shown(value)}: from {origin if name in source.values else 'mid-range'}"
        for name, value in values.items()
        if name not in named
    ]
    notes += _outside(campaign, design)
    return AskedDesign(design, tuple(notes))


def read_value(campaign: Campaign, text: str) -> tuple[str, Value]:
    """Read ``positive.porosity=0.30``. Raises ``Invalid``."""
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        raise Invalid(f"--at {text}: write it as NAME=VALUE, e.g. positive.porosity=0.30")
    for parameter in campaign.design.parameters:
        if isinstance(parameter, Mixture) or parameter.name != name:
            continue
        if isinstance(parameter, Categorical):
            for choice in parameter.choices:
                if str(choice) == value:
                    return name, choice
        if isinstance(parameter, Integer):
            try:
                return name, int(value)
            except ValueError as error:
                raise Invalid(f"--at {name}: must be a whole number; found {value!r}") from error
    try:
        number = float(value)
    except ValueError as error:
        if name in _known_names(campaign) and not _may_be_text(name):
            raise Invalid(f"--at {name}: must be a number; found {value!r}") from error
        return name, value
    if not math.isfinite(number):
        raise Invalid(f"--at {name}: must be a finite number; found {value!r}")
    return name, number


def _known_names(campaign: Campaign) -> list[str]:
    """Return every name a design may hold: the campaign's, and the recipe's other fields."""
    names = [*campaign.design.names, *campaign.design.fixed]
    for part in PARTS:
        names += [f"{part}.{field}" for field in known_fields(part)]
    return list(dict.fromkeys(names))


def _filled_mass(
    campaign: Campaign, values: dict[str, Value], named: dict[str, Value]
) -> dict[str, Value]:
    """Scale the weight percents nobody named so that all sum to 100."""
    open_parts = [name for name in _MASSES if name in values and name not in named]
    if not any(name in named for name in _MASSES) or len(open_parts) < 1:
        return values
    if any(name not in values and name not in campaign.design.fixed for name in _MASSES):
        return values
    fixed = sum(
        float(campaign.design.fixed.get(name, 0.0)) for name in _MASSES if name not in values
    )
    left = 100.0 - fixed - sum(float(values[name]) for name in _MASSES if name in named)
    have = sum(float(values[name]) for name in open_parts)
    if have <= 0 or left < 0:
        return values
    return {**values, **{name: float(values[name]) * left / have for name in open_parts}}


def _outside(campaign: Campaign, design: Design) -> list[str]:
    """Say which values lie outside the campaign's ranges; they are evaluated all the same."""
    return [
        f"{name} = {_shown(design.values[name])} lies outside the campaign's {low:g} to {high:g}"
        for name, low, high in campaign.design.numeric_bounds()
        if not low - 1e-9 <= float(design.values[name]) <= high + 1e-9
    ]


def baseline_design_of(campaign: Campaign) -> Design | None:
    """Return the baseline's design where it is a recipe."""
    return campaign.baseline.design if isinstance(campaign.baseline, RecipeBaseline) else None


def _shown(value: Value) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _may_be_text(name: str) -> bool:
    """Say whether a recipe's field takes text; what is no field of it takes anything."""
    part, _, field = name.partition(".")
    found = known_fields(part).get(field) if part in PARTS else None
    return found is None or "str" in str(found.annotation)


def _first_line(error: ValueError, named: dict[str, Value]) -> str:
    """Return which value is wrong, in the unit it was given in, and what is allowed."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return f": {error}"
    first = error.errors()[0]
    message = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        return f": {message}"
    field = ".".join(str(part) for part in first["loc"])
    in_file = field.removesuffix("_m") + "_um" if field.endswith("_m") else field
    limits = [
        f"{word} {float(limit) * (1.0 if in_file == field else 1e6):g}"
        for sign, word in _LIMITS.items()
        if (limit := first.get("ctx", {}).get(sign)) is not None
    ]
    unit = " µm" if in_file.endswith("_um") else ""
    message = (
        f"must be {' and '.join(limits)}{unit}" if limits else message[0].lower() + message[1:]
    )
    for name, value in named.items():
        if name.partition(".")[2] == in_file:
            return f" {name}: {message}; found {_shown(value)}"
    return f": {in_file}: {message}"
