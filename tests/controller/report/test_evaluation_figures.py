"""The figures of ``evaluate --figures``: each cell in its colour, each loss in its own."""

from pathlib import Path

import pytest
from matplotlib.colors import same_color
from matplotlib.figure import Figure

from controller.report import evaluation_figures
from controller.report.cell import LOSS_COLOURS, loss_text
from controller.report.evaluation_figures import Shown, write_evaluation
from controller.report.tokens import LIGHT
from experiments.job import new_job
from experiments.observation import Metric, Observation
from experiments.performance import DepthProfiles, DischargeCurve
from tests.agents.tiny_campaign import TODAY, job, tiny_campaign

CAMPAIGN = tiny_campaign()
LOSSES = ("electrolyte ohmic", "positive diffusion")
CURVE = DischargeCurve(
    time_s=(0.0, 60.0, 120.0),
    voltage_V=(4.1, 3.7, 2.5),
    capacity_Ah=(0.0, 1.0, 2.0),
    power_W=100.0,
    losses_V={LOSSES[0]: (0.1, 0.1, 0.2), LOSSES[1]: (0.0, 0.1, 0.3), "contact": (1e-5,) * 3},
)
PROFILES = DepthProfiles(
    time_s=(0.0, 120.0),
    position_m=(20e-6, 60e-6, 85e-6, 100e-6, 140e-6),
    electrolyte_mol_per_m3=((1000.0,) * 5, (1500.0, 1200.0, 1000.0, 700.0, 400.0)),
    negative_position_m=(20e-6, 60e-6),
    negative_stoichiometry=((0.9, 0.9), (0.2, 0.1)),
    positive_position_m=(100e-6, 140e-6),
    positive_stoichiometry=((0.3, 0.3), (0.9, 0.8)),
)


def observation(energy: float, density: float, purpose: str = "search") -> Observation:
    asked = (
        new_job(
            CAMPAIGN.name,
            job(CAMPAIGN).design,
            "coarse",
            campaign_seed=CAMPAIGN.seed,
            purpose="baseline",
        )
        if purpose == "baseline"
        else job(CAMPAIGN, porosity=TODAY["positive.porosity"] + 0.01)
    )
    values = {"specific_energy_Wh_per_kg": energy, "energy_density_Wh_per_L": density}
    return Observation(job=asked, metrics={name: Metric(value=v) for name, v in values.items()})


OURS = Shown("this design", observation(240.0, 660.0), CURVE, PROFILES)
BASELINE = Shown("baseline", observation(230.0, 650.0, "baseline"), CURVE)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, Figure]:
    """Return the figures by file name, as they are about to be written."""
    figures: dict[str, Figure] = {}

    def keep(figure: Figure, path: Path) -> Path:
        figures[path.name] = figure
        return path

    monkeypatch.setattr(evaluation_figures, "write_png", keep)
    return figures


def test_every_figure_is_a_png_of_its_own(tmp_path: Path) -> None:
    written = write_evaluation(tmp_path / "new", CAMPAIGN, OURS, BASELINE, ())
    assert [path.name for path in written] == ["voltage.png", "profiles.png", "energies.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in written)


def test_a_cell_without_a_discharge_has_no_figures(tmp_path: Path) -> None:
    undischarged = Observation(
        job=job(CAMPAIGN),
        metrics={"cell_mass_kg": Metric(value=0.36)},
        termination="not discharged",
    )
    assert write_evaluation(tmp_path, CAMPAIGN, Shown("this design", undischarged), None, ()) == []


def test_the_baseline_has_its_colour_even_alone(tmp_path: Path, drawn: dict[str, Figure]) -> None:
    write_evaluation(tmp_path, CAMPAIGN, BASELINE, None, ())
    (line,) = drawn["voltage.png"].axes[0].get_lines()
    assert same_color(line.get_color(), LIGHT["baseline"])


def test_a_loss_keeps_its_colour_and_one_that_nobody_sees_is_left_out(
    tmp_path: Path, drawn: dict[str, Figure]
) -> None:
    write_evaluation(tmp_path, CAMPAIGN, OURS, BASELINE, ())
    _, ours, baseline = drawn["voltage.png"].axes
    assert ours.get_ylim() == baseline.get_ylim()
    for place in (ours, baseline):
        bands = {str(one.get_label()): one for one in place.collections}
        assert set(bands) == {loss_text(name) for name in LOSSES}
        for name in LOSSES:
            assert same_color(bands[loss_text(name)].get_facecolor(), LOSS_COLOURS[name])


def test_profiles_name_the_three_layers_and_every_moment(
    tmp_path: Path, drawn: dict[str, Figure]
) -> None:
    write_evaluation(tmp_path, CAMPAIGN, OURS, None, ())
    salt, lithium = drawn["profiles.png"].axes
    assert {text.get_text() for text in salt.texts} == {"negative", "separator", "positive"}
    assert [line.get_label() for line in salt.get_lines()] == ["0.0 min", "2.0 min"]
    assert len(lithium.get_lines()) == 4


def test_energies_stand_beside_the_published_cell_and_lines_of_equal_density(
    tmp_path: Path, drawn: dict[str, Figure]
) -> None:
    write_evaluation(tmp_path, CAMPAIGN, OURS, BASELINE, [observation(235.0, 640.0)])
    (place,) = drawn["energies.png"].axes
    points = {str(line.get_label()): line.get_xydata()[0] for line in place.get_lines()}
    assert tuple(points["this design"]) == (240.0, 660.0)
    assert tuple(points["baseline"]) == (230.0, 650.0)
    assert any("Ank" in name for name in points)
    densities = {text.get_text() for text in place.texts if "kg/L" in text.get_text()}
    assert {"2.7 kg/L", "2.8 kg/L"} <= densities
    for line in place.get_lines():
        if line.get_linestyle() == ":":
            (x0, y0), (x1, y1) = line.get_xydata()
            assert y0 / x0 == pytest.approx(y1 / x1)
