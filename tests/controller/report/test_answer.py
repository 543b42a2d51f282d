"""The table of the best designs beside the baseline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from controller.quantity import NO_VALUE
from controller.report.answer import parameter_words, sentences
from controller.report.build import read_material
from experiments.design import Design
from experiments.observation import Provenance, StageRecord
from experiments.recipe import ElectrodeRecipe, Recipe
from tests.controller.synthetic_campaign import write_campaign


def test_what_an_image_cannot_show_is_not_given_a_value(tmp_path: Path) -> None:
    known = read_material(*write_campaign(tmp_path / "home")).baseline[0]
    positive = ElectrodeRecipe(
        active_wt_pct=94.0,
        binder_wt_pct=3.0,
        carbon_wt_pct=3.0,
        porosity=0.333,
        thickness_m=75e-6,
        particle_d50_m=6e-6,
        binder_adhesion=0.5,
    )
    image = known.model_copy(
        update={
            "job": known.job.model_copy(update={"design": Design(values={})}),
            "recipe": Recipe(positive=positive),
        }
    )
    assert parameter_words(image, "positive.porosity") == "0.333"
    assert parameter_words(image, "positive.thickness_um") == "75.0 µm"
    assert parameter_words(image, "positive.binder_adhesion") == NO_VALUE


def test_a_gain_over_an_image_says_that_its_scatter_is_not_known(tmp_path: Path) -> None:
    material = read_material(*write_campaign(tmp_path / "home"))
    assert " to " in sentences(material)[0]
    read = StageRecord(stage="read", version="1", key="k", cached=False, elapsed_s=1.0)
    seen = {
        key: one.model_copy(update={"provenance": Provenance(stages=(read,))})
        if one.job.purpose == "baseline"
        else one
        for key, one in material.state.observations.items()
    }
    material = replace(material, state=replace(material.state, observations=seen))
    assert "the scatter of the image itself is not known" in sentences(material)[0]
