from __future__ import annotations

from pathlib import Path

import pytest

from controller.api import Campaign
from experiments.errors import Invalid
from tests.controller.synthetic_campaign import ENERGY, write_campaign


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    home, name = write_campaign(tmp_path_factory.mktemp("api") / "home")
    return Campaign.load(name, home=home.path)


def test_observations_are_a_frame_with_units(campaign: Campaign) -> None:
    frame = campaign.observations()
    assert len(frame) == 34
    assert frame.attrs["units"][ENERGY] == "Wh/kg"
    assert set(frame["fidelity"]) == {"coarse", "fine"}
    failed = frame[frame["failure"].notna()]
    assert failed[ENERGY].isna().all()


def test_the_best_is_the_best_row_within_the_limits(campaign: Campaign) -> None:
    frame = campaign.observations()
    allowed = frame[
        (frame["purpose"] == "search")
        & (frame["fidelity"] == "fine")
        & (frame["areal_capacity_mAh_per_cm2"] <= 6.0)
    ]
    best = campaign.best()
    assert best is not None
    assert best.comparison.value.value == allowed[ENERGY].max()
    assert best.comparison.change is not None
    assert "Wh/kg" in repr(best)


@pytest.mark.parametrize(
    "name",
    [
        "convergence",
        "held_out",
        "calibration",
        "sensitivity",
        "landscape",
        "parallel_coordinates",
        "discharge",
        "losses",
        "timeline",
    ],
)
def test_every_plot_is_a_plotly_figure_in_plain_colours(campaign: Campaign, name: str) -> None:
    figure = getattr(campaign.plots, name)()
    assert figure.data
    assert "token:" not in figure.to_json()


def test_microstructures_are_pictures_for_the_notebook(campaign: Campaign) -> None:
    html = campaign.plots.microstructures()._repr_html_()
    assert html.count("data:image/png;base64,") == 2


def test_a_plot_without_data_says_so(campaign: Campaign) -> None:
    with pytest.raises(Invalid, match="nothing to draw"):
        campaign.plots.pareto_front()
    with pytest.raises(Invalid, match="no objective 'power'"):
        campaign.plots.convergence("power")


def test_a_campaign_that_never_ran_has_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no Cellwright home"):
        Campaign.load("quickstart", home=tmp_path / "none").observations()


def test_a_run_that_fails_raises_its_last_line(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where a folder should be")
    lines: list[str] = []
    with pytest.raises(Invalid, match=r"invalid value for .--home.*is a file"):
        Campaign.load("quickstart", home=tmp_path / "home").run(show=lines.append)
    assert lines


def test_running_a_finished_campaign_runs_nothing(campaign: Campaign) -> None:
    lines: list[str] = []
    assert campaign.run(show=lines.append) is campaign
    assert any("finished already" in line for line in lines)
    assert len(campaign.observations()) == 34


def test_orders_and_traces_from_python_are_those_of_the_commands(tmp_path: Path) -> None:
    home, name = write_campaign(tmp_path / "home", n=6, is_finished=False)
    campaign = Campaign.load(name, home=home.path)
    assert "is paused" in campaign.pause("oven")
    assert campaign.state().pause is not None
    assert "paused no longer" in campaign.lift()
    assert "nothing to drain" in campaign.drain()
    assert campaign.trace().job_id in campaign.state().observations
    wrong = next(iter(campaign.state().observations))
    key = next(iter(campaign.state().observations[wrong].metrics))
    assert "is 1.5 now" in campaign.correct(wrong, key, 1.5, "wrong unit")
    assert "is taken back" in campaign.retract(wrong, "wrong cell")
    assert wrong not in campaign.state().observations
    assert "is aborted" in campaign.abort("wrong cathode")
    with pytest.raises(Invalid, match="at its end"):
        campaign.pause()
