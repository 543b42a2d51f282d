"""Results are measured where they are right, and quarantined with the reason where they are not."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from instruments.coating_plan import coating_plan
from instruments.lab_simulator.cycler_files import SUFFIX, write_cycler_file
from instruments.result_file import ResultFile
from instruments.results.cell_metrics import cell_metrics
from instruments.results.cells_of_a_build import metric_of_cells
from instruments.results.checks import expectation_of
from instruments.results.cycling_record import CyclingRecord
from instruments.results.intake import Seen, take_in
from instruments.results.parser import Parser
from tests.instruments.a_build import request_of

REQUEST = request_of()
CAPACITY_Ah = coating_plan(REQUEST).cell_capacity_Ah
AREA_m2 = coating_plan(REQUEST).sized.whole.coated_area_m2
RESISTANCE_Ohm = 4.0


def ideal(capacity_Ah: float = CAPACITY_Ah, *, sample: str = "b1-cell1") -> CyclingRecord:
    """Return two cycles of a linear cell with one resistance: every figure is known exactly."""
    columns = []
    begins_s = 0.0
    for number, amperes in enumerate((0.2, -0.2, 0.2, -1.0)):
        current_A = amperes * CAPACITY_Ah
        hours = capacity_Ah / abs(current_A)
        time_s = np.linspace(0.0, 3600.0 * hours, 400)
        share = time_s / time_s[-1] if amperes > 0 else 1.0 - time_s / time_s[-1]
        open_V = 2.6 + 1.5 * share
        voltage_V = open_V + RESISTANCE_Ohm * current_A
        if amperes < 0:
            voltage_V = np.where(time_s == time_s[-1], 2.5, voltage_V)
        rows = [begins_s + time_s, voltage_V, np.full(400, current_A), np.full(400, 2 * number + 1)]
        columns.append(rows)
        begins_s += time_s[-1] + 1.0
        rest_s = np.linspace(0.0, 600.0, 60)
        columns.append(
            [begins_s + rest_s, np.full(60, open_V[-1]), np.zeros(60), np.full(60, 2 * number + 2)]
        )
        begins_s += 601.0
    time_s, voltage_V, current_A, step = (np.concatenate(c) for c in zip(*columns, strict=True))
    return CyclingRecord(time_s, voltage_V, current_A, step.astype(int), None, sample)


@pytest.fixture(scope="module")
def parser():
    with Parser() as parser:
        yield parser


@pytest.fixture
def expected():
    return expectation_of("b1", REQUEST)


@pytest.fixture
def take(parser, expected, tmp_path):
    def take(record, *, cell=1, seen=None, file_format="biologic-mpt", **changes):
        content = record if isinstance(record, bytes) else write_cycler_file(record, file_format)
        path = tmp_path / "kept"
        path.write_bytes(content)
        file = ResultFile(
            name="cell" + SUFFIX[file_format], path=path, size_bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(), build_id="b1", cell=cell,
        )  # fmt: skip
        is_concluded = changes.pop("is_concluded", False)
        return take_in(
            replace(file, **changes), expected, parser, seen=seen or {}, is_concluded=is_concluded
        )

    return take


def test_the_figures_of_an_ideal_cell_are_found() -> None:
    found = cell_metrics(ideal(), area_m2=AREA_m2, minimum_V=2.5)
    gentle, fast = found.discharges
    assert found.capacity_Ah == pytest.approx(CAPACITY_Ah, rel=1e-6)
    assert gentle.current_A == pytest.approx(0.2 * CAPACITY_Ah)
    mean_V = 2.6 + 0.75 - RESISTANCE_Ohm * CAPACITY_Ah
    assert fast.energy_Wh == pytest.approx(mean_V * CAPACITY_Ah, rel=2e-4)
    assert fast.mean_power_W_per_m2 == pytest.approx(mean_V * CAPACITY_Ah / AREA_m2, rel=1e-3)
    assert found.coulombic_efficiency == pytest.approx(1.0, abs=1e-6)
    slope_V_per_s = 1.5 * 0.2 / 3600.0
    from_slope_Ohm = 10.0 * slope_V_per_s / (0.2 * CAPACITY_Ah)
    assert found.resistance_Ohm == pytest.approx(RESISTANCE_Ohm + from_slope_Ohm, rel=1e-3)
    assert found.plating_signs == ()


def test_fade_is_the_slope_over_alike_discharges() -> None:
    parts, begins_s = [], 0.0
    for cycle in range(4):
        for sign in (1, -1):
            time_s = np.linspace(0.0, 3600.0 * (1.0 - 0.01 * cycle), 50)
            voltage_V = np.linspace(2.5, 4.2, 50)[::sign]
            parts.append((begins_s + time_s, voltage_V, np.full(50, sign * 1e-3)))
            begins_s += time_s[-1] + 1.0
    record = CyclingRecord(*(np.concatenate(c) for c in zip(*parts, strict=True)))
    found = cell_metrics(record, area_m2=1.0, minimum_V=2.5)
    assert found.fade_per_cycle == pytest.approx(0.01, rel=1e-6)


def test_a_relaxation_that_speeds_up_again_is_a_sign_of_plating() -> None:
    charge = (np.linspace(0, 100, 30), np.linspace(3.8, 4.2, 30), np.full(30, 1e-3))
    time_s = np.linspace(101, 3700, 400)
    plain_V = 4.1 + 0.1 * np.exp(-(time_s - 101) / 600)
    delayed_V = plain_V - 0.04 / (1 + np.exp(-(time_s - 2400) / 150))
    for voltage_V, n_signs in ((plain_V, 0), (delayed_V, 1)):
        rest = (time_s, voltage_V, np.zeros(400))
        record = CyclingRecord(*(np.concatenate(c) for c in zip(charge, rest, strict=True)))
        found = cell_metrics(record, area_m2=1.0, minimum_V=2.5)
        assert len(found.plating_signs) == n_signs


def test_a_good_file_is_accepted_with_its_figures(take) -> None:
    found = take(ideal())
    assert (found.outcome, found.reason, found.kind) == ("accepted", None, "mpt")
    assert found.metrics is not None
    assert found.metrics.capacity_Ah == pytest.approx(CAPACITY_Ah, rel=1e-4)


def test_the_same_bytes_again_are_a_duplicate_and_elsewhere_a_mistake(take) -> None:
    first = take(ideal())
    seen = {first.sha256: Seen("b1", 1)}
    assert take(ideal(), seen=seen).outcome == "duplicate"
    found = take(ideal(), cell=2, seen=seen)
    assert (found.outcome, found.reason) == ("quarantined", "wrong_build")


def test_a_file_after_the_end_is_late_and_still_measured(take) -> None:
    found = take(ideal(), is_concluded=True)
    assert found.outcome == "late"
    assert found.metrics is not None


def test_a_partial_curve_is_useful_early(take) -> None:
    record = ideal()
    half = record.rows(slice(0, 900))
    found = take(half, is_partial=True)
    assert found.outcome == "partial"
    assert found.metrics is not None
    assert found.metrics.capacity_Ah == pytest.approx(CAPACITY_Ah, rel=1e-3)
    whole = take(half)
    assert (whole.outcome, whole.reason) == ("quarantined", "protocol")


def changed(**columns) -> CyclingRecord:
    return replace(ideal(), **columns)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (changed(voltage_V=1e3 * ideal().voltage_V), "units"),
        (changed(current_A=1e3 * ideal().current_A), "units"),
        (changed(time_s=np.concatenate([ideal().time_s[:500], ideal().time_s[:-500]])), "time"),
        (changed(voltage_V=ideal().voltage_V + 0.4), "protocol"),
        (changed(current_A=-ideal().current_A), "protocol"),
        (ideal(0.1 * CAPACITY_Ah), "capacity"),
        (ideal(1.6 * CAPACITY_Ah), "capacity"),
        (ideal(sample="b2-cell1"), "wrong_build"),
        (ideal(sample="b1-cell3"), "wrong_build"),
        (b"PK\x03\x04 not an archive", "unreadable"),
    ],
)
def test_a_wrong_file_is_quarantined_with_its_reason(take, record, reason) -> None:
    found = take(record)
    assert (found.outcome, found.reason) == ("quarantined", reason), found.message
    assert found.message
    assert found.metrics is None


def test_a_cell_that_is_not_of_the_build_is_quarantined(take) -> None:
    assert take(ideal(), cell=4).reason == "wrong_build"
    assert take(ideal(), build_id="b9").reason == "wrong_build"


def test_the_noise_of_a_build_is_its_batch_and_its_cells_over_n() -> None:
    found = metric_of_cells([1.0, 1.2, 1.1], batch_sd=0.03, cell_sd=0.06)
    assert found.value == pytest.approx(1.1)
    assert found.noise_sd == pytest.approx((0.03**2 + 0.06**2 / 3) ** 0.5)
    assert metric_of_cells([], batch_sd=0.0, cell_sd=0.1).value is None
    own = metric_of_cells([1.0, 1.2, 1.0, 1.2], batch_sd=0.0, cell_sd=9.0)
    assert own.noise_sd == pytest.approx((0.04 / 3 / 4) ** 0.5)


def test_a_file_without_a_cells_number_counts_for_no_cell(take) -> None:
    found = take(ideal(), cell=None)
    assert (found.outcome, found.reason) == ("quarantined", "no_cell")
