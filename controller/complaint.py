"""What pydantic complains of in a file, as one line in the words of those who write the file."""

from __future__ import annotations

import difflib
import json
import reprlib
from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from controller.yaml_lines import Path, YamlDocument, dotted
from experiments.errors import Invalid

Model = TypeVar("Model", bound=BaseModel)
_WANTED: Final = {
    "int": "a whole number",
    "float": "a number",
    "finite": "a finite number",
    "string": "text",
    "bool": "true or false",
    "model": "a mapping",
    "dict": "a mapping",
    "tuple": "a list",
    "list": "a list",
    "date": "a day, as 2026-12-24",
}
"""By the first word of the complaint's type."""
_SHORT: Final = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxlong = _SHORT.maxother = 200
"""Characters of a found value that still belong in one line."""
_LIMITS: Final = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}


def strict(
    document: YamlDocument, model: type[Model], values: dict[str, Any], *, at: Path = ()
) -> Model:
    """Return the model of the values, none of them bent to fit: true is no 1, and "7" no number.

    Raises ``Invalid`` with the first complaint about what stands at the path ``at``.
    """
    try:
        return model.model_validate_json(json.dumps(values), strict=True)
    except ValidationError as error:
        raise _complaint(document, error, model, at) from error


def _complaint(
    document: YamlDocument, error: ValidationError, model: type[BaseModel], at: Path
) -> Invalid:
    """Return the first complaint, unknown keys before all others."""
    complaints = error.errors()
    unknown = [item for item in complaints if item["type"] == "extra_forbidden"]
    first = (unknown or complaints)[0]
    path = _in_the_file(document, (*at, *first["loc"]))
    if first["type"] == "missing":
        return document.error(path[:-1], f"the key {path[-1]!r} is missing")
    if first["type"] == "extra_forbidden":
        return document.error(path, unknown_key(path[-1], _fields(model, path[len(at) : -1])))
    if first["type"] == "value_error":
        return _placed(document, path, first["msg"].removeprefix("Value error, "))
    alike = [one for one in complaints if _in_the_file(document, (*at, *one["loc"])) == path]
    wanted = " or ".join(dict.fromkeys(_wanted(one) for one in alike))
    return document.error(path, f"must be {wanted}{_found(first['input'])}")


def unknown_key(found: Any, allowed: Iterable[Any]) -> str:
    """Say that a key is not known, which one may be meant, and which ones there are."""
    names = [str(name) for name in allowed]
    return f"unknown key{hint(found, names)}; allowed: {', '.join(names)}"


def hint(found: Any, allowed: Iterable[str]) -> str:
    """Return the nearest of the allowed words in brackets, or nothing where none is near."""
    near = difflib.get_close_matches(str(found), list(allowed), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _found(value: Any) -> str:
    """Say what stands there, as YAML spells it; lists and mappings are too long to repeat."""
    if isinstance(value, (dict, list)):
        return ""
    is_word = value is None or isinstance(value, bool)
    spelt = json.dumps(value) if is_word else _SHORT.repr(value)
    return f"; found {spelt}"


def _fields(model: type[BaseModel] | None, path: Path) -> list[str]:
    """Return the keys of the mapping that stands at a path below a model."""
    for part in path:
        if model is not None and isinstance(part, str):
            field = model.model_fields.get(part)
            model = None if field is None else next(_models_in(field.annotation), None)
    return [] if model is None else list(model.model_fields)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _wanted(complaint: Any) -> str:
    """Say what should have been there."""
    kind, limits = complaint["type"], complaint.get("ctx", {})
    for key, sign in _LIMITS.items():
        if key in limits:
            return f"{sign} {limits[key]:g}"
    if kind == "literal_error":
        return str(limits["expected"])
    if kind == "string_pattern_mismatch":
        return "letters, digits, '.', '_' and '-', at most 100, with a letter or digit in front"
    if kind == "too_short":
        return "a list that is not empty"
    return _WANTED.get(kind.partition("_")[0]) or str(complaint["msg"])


def _in_the_file(document: YamlDocument, loc: Path) -> Path:
    """Return the part of a location that a person sees, without the names of our types."""
    value: Any = document.value
    path: Path = ()
    for i, part in enumerate(loc):
        is_key = isinstance(value, dict) and part in value
        if is_key or (isinstance(value, list) and isinstance(part, int)):
            value, path = value[part], (*path, part)
        elif isinstance(value, dict) and i == len(loc) - 1:
            return (*path, part)
    return path


def _placed(document: YamlDocument, path: Path, message: str) -> Invalid:
    """Put a message at the key it begins with, if the file has that key there or as a whole."""
    where, colon, rest = message.partition(": ")
    for known in document.lines:
        is_below = known[: len(path)] == path
        if colon and is_below and where in (dotted(known), dotted(known[len(path) :])):
            return document.error(known, rest)
    return document.error(path, message)
