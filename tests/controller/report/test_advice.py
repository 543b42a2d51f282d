"""What the model advises, in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from controller.report.advice import advice, prospect_sentence
from controller.report.answer import answer, sentences
from controller.report.build import read_material
from tests.controller.synthetic_campaign import write_campaign


def test_what_going_on_promises_is_said_with_its_unit(tmp_path: Path) -> None:
    material = read_material(*write_campaign(tmp_path / "home"))
    said = prospect_sentence(material)
    assert said == (
        "One more evaluation at fine is expected to gain 0.430 Wh/kg; by the model, with 95% "
        "probability no design beats the best measured one by more than 1.90 Wh/kg."
    )
    assert said in sentences(material)
    unknown = replace(material, state=replace(material.state, outlooks=()))
    assert prospect_sentence(unknown) == ""


def test_the_design_the_model_would_choose_is_named_unless_it_is_the_best(tmp_path: Path) -> None:
    material = read_material(*write_campaign(tmp_path / "home"))
    best = answer(material).best[0]
    assert advice(material, best).startswith("The model would choose ")
    recommended = material.state.recommended
    assert recommended is not None
    agreed = recommended.model_copy(update={"design": best.job.design})
    material = replace(material, state=replace(material.state, recommended=agreed))
    assert advice(material, best) == ""
