from __future__ import annotations

import subprocess
import sys

import pytest

from agents.in_process_executor import InProcessExecutor
from agents.wiring import (
    DECIDERS,
    decider,
    executor,
    generator,
    names,
    refuse_unknown_cell,
    refuse_unknown_parts,
)
from experiments.campaign import Objective, PartChoice
from experiments.cell_spec import CellSpec
from experiments.design import Design
from experiments.errors import Invalid
from tests.agents.tiny_campaign import tiny_campaign


def test_built_in_parts_are_found_by_name() -> None:
    assert generator(PartChoice(name="stochastic")).name == "stochastic"
    assert decider(PartChoice(name="sobol")).name == "sobol"
    assert decider(PartChoice(name="random")).name == "random"


def test_an_unknown_part_is_refused_with_what_is_allowed() -> None:
    with pytest.raises(Invalid, match="'magic' is not known; allowed: stochastic"):
        generator(PartChoice(name="magic"))
    with pytest.raises(Invalid, match="decider: 'oracle' is not known; allowed: cellwright, sobol"):
        refuse_unknown_parts(tiny_campaign(decider=PartChoice(name="oracle")))


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (CellSpec(parameter_set="Foo"), "cell.parameter_set: 'Foo' is not known; allowed: .*Chen"),
        (CellSpec(format="9999"), "cell.format: '9999' is not known; allowed: .*4680"),
    ],
)
def test_an_unknown_cell_is_refused_with_what_is_allowed(cell: CellSpec, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        refuse_unknown_cell(tiny_campaign(cell=cell))


def test_a_metric_the_chemistry_cannot_give_is_refused() -> None:
    objective = Objective(name="life", metric="cycles_to_end", sense="maximize")
    campaign = tiny_campaign(cell=CellSpec(parameter_set="Chen2020"), objectives=(objective,))
    with pytest.raises(Invalid, match="'Chen2020' holds no ageing parameters for cycles_to_end"):
        refuse_unknown_cell(campaign)


def test_an_unknown_option_of_a_decider_is_refused() -> None:
    with pytest.raises(Invalid, match="decider sobol"):
        decider(PartChoice(name="sobol", options={"depth": 3}))


def test_parts_from_outside_are_named_behind_the_built_in_ones() -> None:
    assert names(DECIDERS)[:3] == ["cellwright", "sobol", "random"]


def test_naming_parts_imports_none_of_them() -> None:
    text = (
        "import sys; from agents.wiring import names, DECIDERS; names(DECIDERS);"
        "print([m for m in ('torch', 'botorch', 'ray', 'numba', 'pybamm') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_in_process_executor_is_chosen_by_name() -> None:
    assert isinstance(executor("in_process"), InProcessExecutor)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"positive.active_material": "Foo"},
            "active_material: 'Foo' is not known; allowed: .*NMC",
        ),
        ({"positive.active_material": "LFP"}, "'LFP' does not belong to .*Chen2020; allowed: 'NMC"),
        ({"electrolyte.correlation": "Foo"}, "correlation: 'Foo' is not known; allowed: .*Nyman"),
    ],
)
def test_an_unknown_material_is_refused_before_anything_runs(
    changed: dict[str, str], message: str
) -> None:
    campaign = tiny_campaign()
    middle = campaign.design.from_unit([0.5] * campaign.design.n_unit)
    with pytest.raises(Invalid, match=message):
        refuse_unknown_cell(campaign, Design(values={**middle.values, **changed}))


def test_a_part_whose_library_is_missing_says_what_to_install(monkeypatch):
    monkeypatch.setattr("agents.wiring.find_spec", lambda name: None)
    with pytest.raises(Invalid, match=r"decider: optuna needs pip install 'cellwright\[optuna\]'"):
        refuse_unknown_parts(tiny_campaign(decider=PartChoice(name="optuna")))
