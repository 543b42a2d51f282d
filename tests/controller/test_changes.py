from __future__ import annotations

from controller.changes import changes, may_change
from experiments.baseline import ImageBaseline
from experiments.budget import Budget, Stopping
from experiments.cell_spec import CellSpec
from tests.controller.doubles import small_campaign

CAMPAIGN = small_campaign()


def test_an_equal_campaign_has_no_changes() -> None:
    assert changes(CAMPAIGN, small_campaign()) == {}


def test_every_changed_key_is_named_with_both_values() -> None:
    fine = CAMPAIGN.fidelities[1].model_copy(update={"voxels": 48})
    other = CAMPAIGN.model_copy(update={"seed": 4, "fidelities": (CAMPAIGN.fidelities[0], fine)})
    assert changes(CAMPAIGN, other) == {"seed": ("3", "4"), "fidelities[fine].voxels": ("32", "48")}


def test_only_budget_and_stopping_may_change() -> None:
    other = CAMPAIGN.model_copy(
        update={
            "budget": Budget(fine_equivalents=9),
            "stopping": Stopping(plateau_evaluations=5),
            "deadline_s": 60.0,
        }
    )
    found = changes(CAMPAIGN, other)
    assert [key for key in found if not may_change(key)] == ["deadline_s"]
    assert found["budget.evaluations.fine"] == ("3", "absent")
    assert found["stopping.plateau_evaluations"] == ("absent", "5")


def test_an_image_that_moved_and_is_the_same_is_no_change() -> None:
    here, there, other = (
        CAMPAIGN.model_copy(
            update={
                "baseline": ImageBaseline(
                    image=path, image_sha256=sha256, voxel_size_um=0.4, thickness_um=75
                )
            }
        )
        for path, sha256 in (("/a.tif", "1" * 64), ("/b.tif", "1" * 64), ("/a.tif", "2" * 64))
    )
    assert changes(here, there) == {}
    assert list(changes(here, other)) == ["baseline.image_sha256"]


def test_a_bpx_file_that_moved_and_is_the_same_is_no_change() -> None:
    here, there, other = (
        CAMPAIGN.model_copy(
            update={"cell": CellSpec(parameter_set=path, parameter_set_sha256=sha256)}
        )
        for path, sha256 in (("/a.json", "1" * 64), ("/b.json", "1" * 64), ("/a.json", "2" * 64))
    )
    assert changes(here, there) == {}
    assert list(changes(here, other)) == ["cell.parameter_set_sha256"]
