"""A parsed file knows the line of every key and item."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.yaml_lines import dotted, parse_yaml
from experiments.errors import Invalid

TEXT = "a: 1\nb:\n  - x: 2\n  - {y: 3, z: 4}\n"


def test_keys_and_items_have_their_line() -> None:
    document = parse_yaml(TEXT, "f.yaml")
    assert document.value == {"a": 1, "b": [{"x": 2}, {"y": 3, "z": 4}]}
    assert document.where(("b", 0, "x")) == "f.yaml:3"
    assert document.where(("b", 1, "z")) == "f.yaml:4"
    assert document.where(("b", 1, "absent")) == "f.yaml:4"


def test_an_error_names_place_and_key() -> None:
    error = parse_yaml(TEXT, "f.yaml").error(("b", 1, "y"), "must be 5")
    assert error.message == "f.yaml:4: b[1].y: must be 5"


def test_paths_are_written_as_people_write_them() -> None:
    assert dotted(("fidelities", 1, "voxels")) == "fidelities[1].voxels"


@pytest.mark.parametrize(
    "text",
    ["a: [", "a: 1\na: 2", "{" * 200, "a: *nowhere", "a: b: c", "- \t- x", "\0", "a: &x [*x]"],
)
def test_what_is_not_yaml_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_yaml(text, "f.yaml")
    assert caught.value.message.startswith("f.yaml")
    assert "\n" not in caught.value.message


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(Invalid):
        parse_yaml(text, "f.yaml")


def test_dates_and_tags_stay_text() -> None:
    document = parse_yaml("a: 2026-11-21\nb: !!python/object:os.system x\n", "f.yaml")
    assert document.value["a"] == "2026-11-21"


def test_aliases_cannot_swell_a_small_file() -> None:
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for i in range(1, 9):
        text += f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n"
    with pytest.raises(Invalid, match="aliases counted"):
        parse_yaml(text, "f.yaml")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a: " + "[" * 5000, "nested"),
        ("a: !!bool x", "cannot read 'x'"),
        ("a: " + "9" * 400, "64 bits"),
        ("a: 1\n? [b]\n: 3", "f.yaml:2: a key is one word"),
    ],
)
def test_hostile_values_are_refused_in_one_short_line(text: str, word: str) -> None:
    with pytest.raises(Invalid, match=word) as caught:
        parse_yaml(text, "f.yaml")
    assert len(caught.value.message) < 120


def test_exponents_without_a_point_are_numbers() -> None:
    assert parse_yaml("[1e-3, '1e-3', 1e9x]", "f.yaml").value == [1e-3, "1e-3", "1e9x"]
