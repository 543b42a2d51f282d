"""Read the ``design`` section of a campaign file: what varies, and what stays fixed."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Annotated, Any, Final, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from controller.yaml_lines import Path, YamlDocument
from experiments.architecture import Architecture
from experiments.design import Design
from experiments.design_space import Categorical, Continuous, DesignSpace, Integer, Mixture
from experiments.recipe import ElectrodeRecipe, ElectrolyteRecipe, NegativeRecipe
from experiments.recipe_values import whole_mass

PARTS: Final[dict[str, type[BaseModel]]] = {
    "positive": ElectrodeRecipe,
    "negative": NegativeRecipe,
    "electrolyte": ElectrolyteRecipe,
}
_ARCHITECTURE: Final = "architecture"
_MASS: Final = ("active_wt_pct", "binder_wt_pct", "carbon_wt_pct")
Value = float | int | str


def read_design_space(document: YamlDocument) -> DesignSpace:
    """Return the design space of a parsed campaign file. Raises ``Invalid`` with the line."""
    section = document.value["design"]
    if not isinstance(section, dict):
        raise document.error(("design",), f"must be a mapping; found {section!r}")
    parameters: list[Any] = []
    fixed: dict[str, Value] = {}
    for electrode, values in section.items():
        path: Path = ("design", electrode)
        if electrode not in PARTS:
            raise document.error(path, f"unknown part; allowed: {', '.join(PARTS)}")
        if not isinstance(values, dict):
            raise document.error(path, f"must be a mapping of parameters; found {values!r}")
        for here, key, spec in _items(document, path, values):
            if key == "mixture":
                parameters.append(_mixture(document, here, electrode, spec))
                continue
            _known(document, here, electrode, key)
            name = f"{electrode}.{key}"
            if isinstance(spec, dict):
                parameters.append(_varied(document, here, name, spec))
            else:
                fixed[name] = _checked(document, here, name, spec)
    if not parameters:
        raise document.error(
            ("design",), "nothing varies; give at least one parameter as {min: …, max: …}"
        )
    space: DesignSpace = _built(
        document, ("design",), DesignSpace, parameters=tuple(parameters), fixed=fixed
    )
    _refuse_overfull(document, space)
    _require(document, ("design", "positive"), {*space.names, *space.fixed})
    return space


def baseline_design(document: YamlDocument, space: DesignSpace) -> Design:
    """Return the baseline recipe as a design with every varied name given. Raises ``Invalid``."""
    section = document.value["baseline"]
    values: dict[str, Value] = {}
    for electrode, given in section.items():
        path: Path = ("baseline", electrode)
        if electrode not in PARTS:
            allowed = "image, voxel_size_um, thickness_um, … or positive, negative"
            raise document.error(path, f"unknown key; allowed: {allowed}")
        if not isinstance(given, dict):
            raise document.error(path, f"must be a mapping of values; found {given!r}")
        for here, key, value in _items(document, path, given):
            _known(document, here, electrode, key)
            name = f"{electrode}.{key}"
            values[name] = _checked(document, here, name, value)
    try:
        complete = whole_mass({**space.fixed, **values})
    except ValueError as error:
        raise document.error(("baseline", "positive"), str(error)) from error
    for name in space.names:
        if name not in complete:
            raise document.error(("baseline",), f"{name} varies in this campaign: give its value")
    kept = {name: complete[name] for name in complete if name in space.names or name in values}
    return Design(values=kept)


def _items(
    document: YamlDocument, path: Path, values: dict[str, Any]
) -> Iterator[tuple[Path, str, Any]]:
    """Yield (path, key, value), those of ``architecture`` under dotted keys."""
    for key, value in values.items():
        if key != _ARCHITECTURE or path[-1] != "positive":
            yield (*path, key), str(key), value
        elif not isinstance(value, dict):
            raise document.error((*path, key), f"must be a mapping of parameters; found {value!r}")
        else:
            for inner, its in value.items():
                yield (*path, key, inner), f"{key}.{inner}", its


def known_fields(electrode: str) -> dict[str, FieldInfo]:
    """Return name in the file → field of the recipe; of an architecture, what is one number."""
    fields = dict(PARTS[electrode].model_fields)
    if fields.pop(_ARCHITECTURE, None) is not None:
        fields |= {
            f"{_ARCHITECTURE}.{name}": field
            for name, field in Architecture.model_fields.items()
            if not name.endswith("_knots")
        }
    return {
        (name.removesuffix("_m") + "_um" if name.endswith("_m") else name): field
        for name, field in fields.items()
    }


def _known(document: YamlDocument, path: Path, electrode: str, key: str) -> None:
    allowed = list(known_fields(electrode))
    if key not in allowed:
        near = difflib.get_close_matches(key, allowed, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise document.error(path, f"unknown parameter{hint}; allowed: {', '.join(allowed)}")


def _checked(document: YamlDocument, path: Path, name: str, value: Any) -> Value:
    """Return a value that the recipe's own field accepts. Raises ``Invalid``."""
    electrode, key = name.split(".", 1)
    field = known_fields(electrode)[key]
    scale = 1e-6 if key.endswith("_um") else 1.0
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number and any(
        t in get_args(field.annotation) or t is field.annotation for t in (float, int)
    ):
        raise document.error(path, f"must be a number; found {value!r}")
    annotated: Any = (
        Annotated[field.annotation, *field.metadata] if field.metadata else (field.annotation)
    )
    try:
        TypeAdapter(annotated).validate_python(value * scale if is_number else value)
    except ValidationError as error:
        limits = [
            f"{_sign(item)} {_limit(item) / scale:g}" for item in field.metadata if _sign(item)
        ]
        unit = " µm" if key.endswith("_um") else ""
        what = f"must be {' and '.join(limits)}{unit}" if limits else error.errors()[0]["msg"]
        raise document.error(path, f"{what}; found {value!r}") from error
    if is_number and int not in (field.annotation, *get_args(field.annotation)):
        return float(value)
    checked: Value = value
    return checked


def _sign(item: Any) -> str:
    """Return a bound's comparison sign, or nothing for other metadata."""
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    return next((sign for name, sign in signs.items() if hasattr(item, name)), "")


def _limit(item: Any) -> float:
    return next(float(getattr(item, n)) for n in ("gt", "ge", "lt", "le") if hasattr(item, n))


def _varied(document: YamlDocument, path: Path, name: str, spec: dict[str, Any]) -> Any:
    if "choices" in spec:
        _only(document, path, spec, ("choices",))
        choices = spec["choices"]
        if not isinstance(choices, list) or len(choices) < 2:
            raise document.error((*path, "choices"), f"needs two values or more; found {choices!r}")
        for i, choice in enumerate(choices):
            _checked(document, (*path, "choices", i), name, choice)
            if choice in choices[:i]:
                raise document.error((*path, "choices", i), f"{choice!r} is given twice")
        return _built(document, path, Categorical, name=name, choices=tuple(choices))
    _only(document, path, spec, ("min", "max", "integer"))
    for key in ("min", "max"):
        if key not in spec:
            raise document.error(path, f"the key {key!r} is missing")
        _checked(document, (*path, key), name, spec[key])
    kind = Integer if spec.get("integer") else Continuous
    return _built(document, path, kind, name=name, low=spec["min"], high=spec["max"])


def _mixture(document: YamlDocument, path: Path, electrode: str, spec: Any) -> Any:
    if not isinstance(spec, dict):
        raise document.error(path, f"must be a mapping; found {spec!r}")
    if electrode != "positive":
        raise document.error(path, "only the positive electrode has a mixture")
    _only(document, path, spec, ("sum", *_MASS))
    parts = [part for part in _MASS if part in spec]
    if len(parts) < len(_MASS):
        raise document.error(path, f"needs all of {', '.join(_MASS)}")
    if spec.get("sum", 100) != 100:
        raise document.error((*path, "sum"), f"weight percents sum to 100; found {spec['sum']!r}")
    lows, highs = [], []
    for part in parts:
        bounds = spec[part]
        if isinstance(bounds, (int, float)) and not isinstance(bounds, bool):
            bounds = {"min": bounds, "max": bounds}
        if not isinstance(bounds, dict) or set(bounds) != {"min", "max"}:
            raise document.error((*path, part), f"must be {{min, max}}; found {bounds!r}")
        for key in ("min", "max"):
            _checked(document, (*path, part, key), f"{electrode}.{part}", bounds[key])
        lows.append(bounds["min"])
        highs.append(bounds["max"])
    names = tuple(f"{electrode}.{part}" for part in parts)
    return _built(document, path, Mixture, names=names, lows=tuple(lows), highs=tuple(highs))


def _only(document: YamlDocument, path: Path, spec: dict[str, Any], allowed: Any) -> None:
    for key in spec:
        if key not in allowed:
            raise document.error((*path, key), f"unknown key; allowed: {', '.join(allowed)}")


def _built(document: YamlDocument, path: Path, model: type[BaseModel], **values: Any) -> Any:
    """Build a model; its complaint becomes one line."""
    try:
        return model(**values)
    except ValidationError as error:
        first = error.errors()[0]
        message = first["msg"].removeprefix("Value error, ")
        message = message.removeprefix(f"{values.get('name')}: ")
        raise document.error(path, message) from error


def _refuse_overfull(document: YamlDocument, space: DesignSpace) -> None:
    """Refuse parameters given twice and masses that can never sum to 100."""
    names = [*space.names, *space.fixed]
    for name in names:
        if names.count(name) > 1:
            raise document.error(("design",), f"{name} is given twice")
    lows = {name: low for name, low, _ in space.numeric_bounds()}
    masses = [f"positive.{part}" for part in _MASS]
    least = sum(float(lows.get(name, space.fixed.get(name, 0.0))) for name in masses)
    if least > 100:
        raise document.error(
            ("design", "positive"), f"the least weight percents sum to {least:g}; at most 100"
        )
    mixed = any(isinstance(parameter, Mixture) for parameter in space.parameters)
    if not mixed and all(name in names for name in masses):
        raise document.error(
            ("design", "positive"),
            "active, binder and carbon wt% must sum to 100: leave one out, or use a mixture",
        )


def _require(document: YamlDocument, path: Path, names: set[str]) -> None:
    needed = ("active_wt_pct", "porosity", "thickness_um", "particle_d50_um")
    for key in needed:
        if f"positive.{key}" not in names:
            raise document.error(path, f"the key {key!r} is missing")
