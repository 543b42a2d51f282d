"""What is told of plating and of bands is what was simulated, and what is missing is said."""

from __future__ import annotations

from controller.curve_words import band_words, plating_words
from experiments.observation import Metric, Observation, Provenance
from experiments.performance import NO_CHARGE, VolumeCurves
from tests.agents.tiny_campaign import job
from tests.controller.build_doubles import CAMPAIGN
from tests.controller.synthetic_curves import charge

NOTHING = VolumeCurves()


def twin(n_volumes: int, level: str = "fine", note: str = "a note") -> Observation:
    energy = Metric(value=240.0, samples=(240.0,) * n_volumes)
    return Observation(
        job=job(CAMPAIGN, level),
        metrics={"specific_energy_Wh_per_kg": energy},
        provenance=Provenance(started_at="2026-03-02", finished_at="2026-03-02", fallbacks=(note,)),
    )


def of_volumes(*lowest_V: float) -> VolumeCurves:
    return VolumeCurves(charges=tuple(charge(one) for one in lowest_V))


def test_the_lowest_margin_stands_with_its_range_over_the_volumes() -> None:
    words = plating_words(CAMPAIGN, twin(3), charge(0.018), of_volumes(0.018, 0.0061, 0.042))
    assert words.startswith("18 mV (6.1 to 42 over 3 volumes) at its lowest")
    assert "10% to 80% in 15.0 min (15.0 to 15.0) at 4C or less" in words
    assert "keep the negative 0 mV or more" in words
    assert "current or voltage limits it" in words
    assert "at the build's own charge it was not simulated" in words
    assert "▲" not in words


def test_where_the_charge_runs_at_its_margin_plating_is_the_limit() -> None:
    words = plating_words(CAMPAIGN, twin(1), charge(2e-5))
    assert words.startswith("0 mV at its lowest")
    assert "plating is what limits it" in words


def test_below_zero_is_marked_only_where_a_simulated_volume_fell_below() -> None:
    words = plating_words(CAMPAIGN, twin(3), charge(0.002), of_volumes(0.002, -0.006, 0.01))
    assert "▲ below 0 in 1 of 3 volumes" in words
    assert "−6 to 10" in words
    alone = plating_words(CAMPAIGN, twin(1), charge(-0.02))
    assert alone.startswith("−20 mV ▲ below 0")
    rounding = plating_words(CAMPAIGN, twin(2), charge(0.0), of_volumes(0.0, -1e-5))
    assert "▲" not in rounding


def test_a_charge_that_is_missing_is_told_with_its_cause() -> None:
    assert plating_words(CAMPAIGN) == "not known; this very design was not simulated"
    assert "simulated at fine, not at coarse" in plating_words(CAMPAIGN, twin(1, "coarse"))
    assert "older than kept charges" in plating_words(CAMPAIGN, twin(2))
    failed = twin(2, note=f"{NO_CHARGE}the charge to 80% did not finish")
    assert plating_words(CAMPAIGN, failed).endswith("failed: the charge to 80% did not finish")
    levels = (
        one.model_copy(update={"model": "SPM"}) if one.name == "fine" else one
        for one in CAMPAIGN.fidelities
    )
    shallow = CAMPAIGN.model_copy(update={"fidelities": tuple(levels)})
    assert "no cell by DFN" in plating_words(shallow, twin(2))


def test_curves_without_a_band_say_why() -> None:
    assert band_words(twin(1), NOTHING).startswith("One volume at fine")
    assert "2 volumes were simulated at fine" in band_words(twin(2), NOTHING)
    assert band_words(twin(2), of_volumes(0.01, 0.02)) == ""
