"""The stages as workers run them, on volumes of a fraction of a second."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agents.stage_results import CellRequest, VolumePerformance
from agents.stages import characterize, evaluate, generate, read, stage_versions
from agents.voxel_file import pack, unpack
from experiments.campaign import PartChoice
from experiments.errors import Invalid
from experiments.image_hash import image_sha256
from experiments.observation import FailureKind
from simulators.cell.evaluate import VERSION as CELL_VERSION
from simulators.microstructure.image_file import write_labels
from simulators.properties.size_study import SMALLEST_PART
from tests.agents.test_stage_call import CAMPAIGN, COARSE, calls, positive, recipe
from tests.agents.tiny_campaign import job

STOCHASTIC = PartChoice(name="stochastic")


def test_every_stage_names_the_versions_its_results_rest_on():
    versions = stage_versions(STOCHASTIC)
    assert set(versions) == {"generate", "read", "characterize", "evaluate"}
    assert "stochastic" in versions["generate"]
    assert "pybamm" in versions["evaluate"]


def test_equal_requests_make_equal_volumes_and_the_record_says_what_they_hold():
    request = calls().generate(job(CAMPAIGN), positive(), COARSE, 0).arguments[1]
    one, two = generate(STOCHASTIC, request), generate(STOCHASTIC, request)
    assert one.large == two.large
    voxels = unpack(one.large)
    assert voxels.labels.shape == one.value.shape == (COARSE.voxels,) * 3
    assert one.value.volume_fraction == voxels.volume_fraction
    assert one.value.seed == request.seed


def test_an_image_that_changed_since_the_campaign_began_is_refused(tmp_path: Path):
    request = calls().generate(job(CAMPAIGN), positive(), COARSE, 0).arguments[1]
    image = tmp_path / "a.tif"
    write_labels(image, unpack(generate(STOCHASTIC, request).large))
    known = image_sha256(str(image))
    assert read(str(image), known, None, 4e-7).value.shape == (COARSE.voxels,) * 3
    with pytest.raises(Invalid, match="it changed since the campaign file was read"):
        read(str(image), "0" * 64, None, 4e-7)
    with pytest.raises(Invalid, match="No such file"):
        read(str(tmp_path / "b.tif"), known, None, 4e-7)


def test_one_of_few_volumes_is_measured_with_its_own_scatter():
    level = COARSE.model_copy(update={"voxels": 2 * SMALLEST_PART})
    request = calls().generate(job(CAMPAIGN), positive(porosity=0.5), level, 0).arguments[1]
    made = generate(STOCHASTIC, request)
    plain = characterize(made.large, made.value, CAMPAIGN.physics)
    few = characterize(made.large, made.value, CAMPAIGN.physics, is_one_of_few=True)
    assert not plain.relative_scatter
    assert few.relative_scatter
    assert few.pore_transport == plain.pore_transport


def test_several_volumes_keep_the_curves_that_their_metrics_come_from():
    measured = []
    for index in range(2):
        asked = calls().generate(job(CAMPAIGN), positive(), COARSE, index).arguments[1]
        made = generate(STOCHASTIC, asked)
        measured.append(characterize(made.large, made.value, CAMPAIGN.physics))
    request = CellRequest(
        cell=CAMPAIGN.cell, recipe=recipe(), volumes=tuple(measured), power_W=100.0,
        model="DFN", mesh_points=8, physics=CAMPAIGN.physics, wanted=("fast_charge_min",),
    )  # fmt: skip
    found = evaluate(request)
    assert found.at_mean is not None
    assert found.at_mean.charge is not None
    for volume in found.by_volume:
        assert volume.curve is not None
        assert volume.charge is not None
        energy_Wh = np.trapezoid(volume.curve.voltage_V, volume.curve.capacity_Ah)
        assert energy_Wh == pytest.approx(volume.metrics["energy_Wh"], rel=1e-3)
        minutes = volume.charge.time_s[-1] / 60.0
        assert minutes == pytest.approx(volume.metrics["fast_charge_min"], rel=1e-5)
    size = sum(
        len(curve.model_dump_json())
        for volume in found.by_volume
        for curve in (volume.curve, volume.charge)
        if curve is not None
    )
    assert size < 6000 * len(found.by_volume)
    alone = evaluate(request.model_copy(update={"volumes": tuple(measured[:1]), "wanted": ()}))
    assert alone.by_volume[0].curve is None  # it would be the mean's again


def test_a_result_from_before_curves_were_kept_is_read():
    assert VolumePerformance.model_validate_json(b'{"metrics": {"energy_Wh": 80.0}}').curve is None


def test_the_cell_stage_s_version_is_part_of_its_own():
    assert f"+{CELL_VERSION}+pybamm" in stage_versions(STOCHASTIC)["evaluate"]
    assert int(CELL_VERSION) >= 6  # with which charges are kept: what is older has none


def test_a_volume_without_a_path_fails_at_the_measurement_and_not_at_the_cell():
    request = calls().generate(job(CAMPAIGN), positive(), COARSE, 0).arguments[1]
    made = generate(STOCHASTIC, request)
    voxels = unpack(made.large)
    labels = voxels.labels.copy()
    labels[12] = 1
    blocked = characterize(pack(replace(voxels, labels=labels)), made.value, CAMPAIGN.physics)
    found = evaluate(
        CellRequest(
            cell=CAMPAIGN.cell, recipe=recipe(), volumes=(blocked,), power_W=100.0,
            model="SPM", mesh_points=5, physics=CAMPAIGN.physics,
        )
    )  # fmt: skip
    assert found.failure is not None
    assert found.failure.kind is FailureKind.not_percolating
    assert found.failure.stage == "characterize"
