from __future__ import annotations

from typing import Literal

import pytest
from pydantic import Field, model_validator

from controller.complaint import strict
from controller.yaml_lines import parse_yaml
from experiments.errors import Invalid
from experiments.frozen import Frozen


class Wheel(Frozen):
    spokes: int = Field(ge=3)
    colour: Literal["red", "blue"] | float = "red"


class Cart(Frozen):
    owner: str = "nobody"
    wheels: tuple[Wheel, ...] = ()
    load_kg: float = Field(default=0.0, gt=-1)

    @model_validator(mode="after")
    def _can_carry(self) -> Cart:
        if self.load_kg > 100 * len(self.wheels):
            raise ValueError("load_kg: too heavy")
        return self


def refused(text: str) -> str:
    document = parse_yaml(text, "cart.yaml")
    with pytest.raises(Invalid) as caught:
        strict(document, Cart, document.value)
    return caught.value.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("load_kg: heavy", "cart.yaml:1: load_kg: must be a number; found 'heavy'"),
        ("load_kg: -1", "cart.yaml:1: load_kg: must be > -1; found -1"),
        ("owner: 5", "cart.yaml:1: owner: must be text; found 5"),
        ("owner: null", "cart.yaml:1: owner: must be text; found null"),
        ("wheels: 4", "cart.yaml:1: wheels: must be a list; found 4"),
        ("wheels:\n- 4", "cart.yaml:2: wheels[0]: must be a mapping; found 4"),
        ("wheels:\n- {spokes: 3.5}", "wheels[0].spokes: must be a whole number; found 3.5"),
        ("wheels:\n- {colour: red}", "cart.yaml:2: wheels[0]: the key 'spokes' is missing"),
        ("wheels:\n- {spokes: 3, color: 1}", "wheels[0].color: unknown key (did you mean 'colour'"),
        ("wheels:\n- {spokes: 3, colour: [1]}", "wheels[0].colour: must be 'red' or 'blue' or a"),
        ("owner: me\nload_kg: 7", "cart.yaml:2: load_kg: too heavy"),
    ],
)
def test_a_complaint_names_line_key_what_was_found_and_what_is_wanted(
    text: str, message: str
) -> None:
    said = refused(text)
    assert message in said
    assert not {"float", "Wheel", "dictionary", "instance", "input"} & set(said.split())
    assert "\n" not in said


def test_what_fits_is_returned() -> None:
    document = parse_yaml("wheels: [{spokes: 12}]\nload_kg: 40", "cart.yaml")
    assert strict(document, Cart, document.value).wheels == (Wheel(spokes=12),)
