"""What a decision sees of the bench: stock beside what is taken, every limit beside its figure."""

from __future__ import annotations

from controller.bench_view import bench_view
from tests.instruments.a_build import CAPABILITIES, protocol_of, recipe_of, request_of

STOCKED = CAPABILITIES.model_copy(update={"stock": {"NMC811": 0.31, "cells": 40.0}})


def rows(view) -> dict[str, object]:
    return {row.name: row for row in view.safety}


def test_what_it_takes_stands_beside_the_stock_that_was_told() -> None:
    takes = dict(bench_view(request_of(), STOCKED).takes)
    assert takes["NMC811"].endswith(" g (have 310 g)")
    assert "have" not in takes["binder"]  # nobody told its stock
    assert takes["cells"] == "3 of format coin (have 40)"
    assert "have" not in dict(bench_view(request_of()).takes)["NMC811"]


def test_every_figure_stands_beside_its_limit() -> None:
    view = bench_view(request_of(), STOCKED)
    found = rows(view)
    assert not view.refusals
    assert found["voltage window"].allowed == "2 to 4.3 V"
    assert found["loading"].allowed == "5 to 40 mg/cm²"
    assert found["thickness"].words == "75.0 µm"
    assert all(row.is_within for row in view.safety)


def test_what_crosses_a_limit_is_marked_and_named() -> None:
    view = bench_view(request_of(protocol=protocol_of(maximum_V=4.4)), STOCKED)
    assert rows(view)["voltage window"].is_within is False
    assert any("limits.voltage_V" in line for line in view.refusals)
    thick = bench_view(request_of(recipe=recipe_of(thickness_m=160e-6)), STOCKED)
    assert rows(thick)["thickness"].is_within is False


def test_without_the_instrument_s_word_no_limit_is_called_kept() -> None:
    found = rows(bench_view(request_of()))
    assert found.pop("N/P").is_within is True
    assert all(row.is_within is None for row in found.values())


def test_a_negative_smaller_than_the_positive_is_marked() -> None:
    recipe = request_of().recipe
    small = recipe.negative.model_copy(update={"n_to_p_ratio": 0.95})
    request = request_of(recipe=recipe.model_copy(update={"negative": small}))
    assert rows(bench_view(request))["N/P"].is_within is False


def test_what_the_build_holds_follows_from_its_cells() -> None:
    few, many = (bench_view(request_of(n_cells=n)).hazards[0] for n in (3, 6))
    energies = [float(one.split()[0]) for one in (few, many)]
    assert energies[1] / energies[0] > 1.9
