"""``cellwright audit generator`` as people run it."""

from __future__ import annotations

import json

import pytest

from controller.cli import exit_status
from simulators.microstructure.generative.model_file import read_card, write_model
from tests.simulators.microstructure.generative.models import card, network

SMALL = ("--volumes", "3", "--voxels", "64", "--no-transport", "--no-memorisation")


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "tiny.safetensors"
    write_model(path, network(), card())
    return path


def audited(model, *options):
    pictures = str(model.with_name("tiny.png"))
    said = ["audit", "generator", str(model), *SMALL, "--pictures", pictures, "--threads", "1"]
    return exit_status([*said, *options])


def test_a_result_that_cannot_be_recorded_is_printed_all_the_same(model, capsys):
    # a folder where the new file would be made: nobody can write it, root neither
    model.with_name("tiny.safetensors.part").mkdir()
    assert audited(model, "--record", "--json") != 0
    told = capsys.readouterr()
    assert json.loads(told.out)["model"] == "tiny"
    assert "the result is not recorded" in told.err
    assert "Traceback" not in told.err


def test_a_recorded_result_is_in_the_card_and_in_the_table(model, capsys):
    assert audited(model, "--record") == 0
    assert "too few" in capsys.readouterr().out
    assert read_card(model).audits["withheld"]["size"]["n_volumes"] == 3
