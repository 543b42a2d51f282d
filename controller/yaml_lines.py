"""YAML that remembers on which line every key stands, so that an error can point at it."""

from __future__ import annotations

import re
import reprlib
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from experiments.errors import Invalid

Path = tuple[str | int, ...]
_MAX_DEPTH: Final = 40
_MAX_KEYS: Final = 20_000
_PLAIN_TAGS: Final = {f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null")}
"""Scalars with any other tag (dates, Python objects) stay text."""
_EXPONENT: Final = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+")
"""``1e-3`` and ``1e9``, which YAML 1.1 takes for text and everybody else for numbers."""
_LARGEST_INT: Final = 2**63 - 1


@dataclass(frozen=True)
class YamlDocument:
    """A parsed file: plain values, and the line of every key and item."""

    source: str
    text: str
    value: Any
    lines: dict[Path, int] = field(default_factory=dict)

    def where(self, path: Path) -> str:
        """Return ``file:line`` of a path, or of its nearest parent that is in the file.

        What concerns the file as a whole stands on no line.
        """
        for n in range(len(path), 0, -1):
            if path[:n] in self.lines:
                return f"{self.source}:{self.lines[path[:n]]}"
        return self.source

    def error(self, path: Path, message: str) -> Invalid:
        """Return an ``Invalid`` that names file, line and key."""
        key = dotted(path)
        return Invalid(
            f"{self.where(path)}: {key + ': ' if key else ''}{message}",
            source=self.source,
            key=key,
        )


def dotted(path: Path) -> str:
    """Return a path as people write it: ``fidelities[1].voxels``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def parse_yaml(text: str, source: str) -> YamlDocument:
    """Parse one document; refuse duplicate keys, aliases to nothing, and tags.

    Raises ``Invalid`` with file and line.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        raise Invalid(f"{source}{line}: not valid YAML: {error.problem}") from error
    except RecursionError as error:
        raise Invalid(f"{source}: nested more than {_MAX_DEPTH} deep") from error
    except yaml.YAMLError as error:
        first = str(error).splitlines()[0]
        at = getattr(error, "position", None)
        line = "" if at is None else f":{text.count(chr(10), 0, at) + 1}"
        raise Invalid(f"{source}{line}: not valid YAML: {first}") from error
    document = YamlDocument(source, text, None, {})
    if node is None:
        return document
    value = _plain(node, (), document)
    return YamlDocument(source, text, value, document.lines)


def _plain(node: yaml.Node, path: Path, document: YamlDocument) -> Any:
    document.lines.setdefault(path, node.start_mark.line + 1)
    if len(path) > _MAX_DEPTH:
        raise document.error(path[:3], f"nested more than {_MAX_DEPTH} deep")
    if len(document.lines) > _MAX_KEYS:
        raise document.error((), f"more than {_MAX_KEYS} keys and items, aliases counted")
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                line = key_node.start_mark.line + 1
                raise Invalid(f"{document.source}:{line}: a key is one word, not a list or mapping")
            key = str(key_node.value)
            _refuse_half_characters(key, path, document)
            here = (*path, key)
            document.lines[here] = key_node.start_mark.line + 1
            if key in found:
                raise document.error(here, "given twice")
            found[key] = _plain(value_node, here, document)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, i), document) for i, item in enumerate(node.value)]
    _refuse_half_characters(node.value, path, document)
    if node.tag not in _PLAIN_TAGS:
        is_plain = isinstance(node, yaml.ScalarNode) and node.style is None
        is_number = is_plain and _EXPONENT.fullmatch(node.value)
        return float(node.value) if is_number else str(node.value)
    loader = yaml.SafeLoader("")
    try:
        value = loader.construct_object(node, deep=True)
    except (yaml.YAMLError, ValueError, KeyError) as error:
        raise document.error(path, f"cannot read {reprlib.repr(node.value)}") from error
    finally:
        loader.dispose()
    if isinstance(value, int) and abs(value) > _LARGEST_INT:
        shown = reprlib.repr(node.value)
        raise document.error(path, f"a whole number has at most 64 bits; found {shown}")
    return value


def _refuse_half_characters(text: Any, path: Path, document: YamlDocument) -> None:
    r"""Raise ``Invalid`` for text like ``"\ud800"``, which no file and no JSON can hold."""
    try:
        str(text).encode()
    except UnicodeEncodeError as error:
        raise document.error(path, "half of a surrogate pair; allowed: whole characters") from error
