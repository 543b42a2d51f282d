from __future__ import annotations

import io
from pathlib import Path

from controller.snapshot import Best, LevelProgress, Phase, Snapshot
from controller.terminal import (
    LiveBlock,
    PlainLines,
    closing_lines,
    plain_line,
    progress_view,
)
from experiments.design import Design


def moment(**changed: object) -> Snapshot:
    plain: dict[str, object] = {
        "campaign": "nmc-4680",
        "objective": "maximize specific energy (Wh/kg) at 150 W",
        "metric": "specific_energy_Wh_per_kg",
        "phase": Phase.searching,
        "levels": (
            LevelProgress(
                fidelity="coarse", n_done=18, n_failed=2, n_in_flight=1, budget=24, is_target=False
            ),
            LevelProgress(
                fidelity="fine", n_done=3, n_failed=0, n_in_flight=1, budget=8, is_target=True
            ),
        ),
        "best": Best(fidelity="fine", value=287.2, low=279.1, high=295.4, job_id="a"),
        "baseline": Best(fidelity="fine", value=278.1, job_id="b"),
        "n_workers": 2,
        "n_busy": 2,
        "failures": {"not_percolating": 2},
        "last_failure_kind": "not_percolating",
        "last_failure_message": "Pore network does not reach the collector at 18% porosity",
        "elapsed_s": 72.0,
        "left_s": 130.0,
    }
    return Snapshot.model_validate({**plain, **changed})


def test_a_stream_that_is_no_terminal_gets_plain_lines() -> None:
    assert isinstance(progress_view(io.StringIO()), PlainLines)


def test_the_plain_line_says_progress_best_and_failures() -> None:
    line = plain_line(moment())
    assert "coarse 18/24, fine 3/8" in line
    assert "287 Wh/kg (279 to 295) at fine, +9.10 Wh/kg (+3.3%)" in line
    assert "last not_percolating" in line
    assert "\n" not in line
    assert "\x1b" not in line


def test_plain_lines_stay_silent_while_nothing_changes() -> None:
    stream = io.StringIO()
    view = PlainLines(stream)
    for elapsed_s in (1.0, 2.0, 3.0):
        view.update(moment(elapsed_s=elapsed_s))
    view.update(moment(phase=Phase.finishing))
    view.close()
    assert len(stream.getvalue().splitlines()) == 2


def test_the_live_block_shows_every_part_and_leaves_the_last_moment() -> None:
    stream = io.StringIO()
    view = LiveBlock(stream)
    view.update(moment())
    view.update(moment(elapsed_s=99.0))
    view.close()
    view.close()
    shown = stream.getvalue()
    for part in (
        "nmc-4680",
        "18 of 24",
        "3 of 8",
        "1 running",
        "2 failed",
        "2 of 2 busy",
        "does not reach the collector",
        "about 2 min 10 s",
        "1 min 39 s",
    ):
        assert part in shown
    assert "\x1b[?25h" in shown  # the cursor is given back


def test_before_the_first_result_the_block_says_so() -> None:
    stream = io.StringIO()
    view = LiveBlock(stream)
    view.update(moment(best=None, failures={}, n_workers=0, n_busy=0, phase=Phase.starting_compute))
    view.close()
    assert "none yet; baseline 278 Wh/kg" in stream.getvalue()


def test_the_closing_lines_name_design_report_and_the_way_on() -> None:
    design = Design(values={"positive.porosity": 0.29, "positive.thickness_um": 84.0})
    best, report, on = closing_lines(
        moment(phase=Phase.finished),
        best_design=design,
        report=Path("home/report.html"),
        go_on="cellwright run a.yaml",
    )
    assert best.startswith("Best design: porosity 0.290, thickness 84.0 µm: 287 Wh/kg")
    assert report == "Report: home/report.html"
    assert "raise the budget" in on
    assert "cellwright run a.yaml" in on


def test_a_stopped_campaign_says_that_everything_is_saved() -> None:
    lines = closing_lines(moment(best=None), best_design=None, report=None, go_on="again")
    assert lines == (
        "Best design: none yet; no evaluation gave a feasible result.",
        "Report: not written",
        "Stopped before the end, everything is saved. To go on: again",
    )


def test_with_nothing_at_the_target_yet_the_best_so_far_is_named() -> None:
    line = closing_lines(moment(), best_design=None, report=None, go_on="again")[0]
    assert line.startswith("Best design: none at the target yet; best so far ")
    assert "Wh/kg" in line


def test_a_campaign_that_its_rules_ended_says_which_and_how_to_go_on() -> None:
    ended = moment(phase=Phase.finished, ended_by="expected gain of 0.1 Wh/kg, below 0.2")
    line = closing_lines(ended, best_design=None, report=None, go_on="cellwright run a.yaml")[2]
    assert line.startswith("Ended before its budget (expected gain of 0.1 Wh/kg, below 0.2).")
    assert line.endswith("change stopping in the campaign file, then cellwright run a.yaml")


def test_a_campaign_with_nothing_left_to_propose_says_so() -> None:
    ended = moment(phase=Phase.finished, ended_by="no more candidates")
    line = closing_lines(ended, best_design=None, report=None, go_on="again")[2]
    assert "no design is left to propose" in line
