import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from experiments.errors import Invalid
from simulators.microstructure.generative.model_file import read_card, read_model, write_model
from tests.simulators.microstructure.generative.models import card, network


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "tiny.safetensors"
    write_model(path, network(), card())
    return path


def test_what_is_written_is_read_again(written):
    found, its_card = read_model(written)
    assert its_card == card() == read_card(written)
    for name, value in network().state_dict().items():
        assert torch.equal(found.state_dict()[name], value)


def test_a_cut_or_changed_file_is_refused_in_one_line(written):
    content = written.read_bytes()
    for broken in (content[: len(content) // 2], b"", b"\x80\x04pickle", content[:4] + content[8:]):
        written.write_bytes(broken)
        with pytest.raises(Invalid, match=r"tiny\.safetensors: ") as refused:
            read_model(written)
        assert "\n" not in refused.value.message


def test_weights_of_somebody_else_are_refused(tmp_path):
    path = tmp_path / "foreign.safetensors"
    save_file({"layer.weight": torch.zeros(3)}, path)
    with pytest.raises(Invalid, match="without a model card"):
        read_model(path)


def test_weights_that_are_not_the_cards_are_refused(tmp_path):
    path = tmp_path / "odd.safetensors"
    other = card().network.model_copy(update={"flow_layers": 2})
    write_model(path, network(), card(network=other))
    with pytest.raises(Invalid, match="not those of its card"):
        read_model(path)


def test_weights_that_are_no_numbers_are_refused(tmp_path):
    path = tmp_path / "nan.safetensors"
    broken = network()
    broken.decoder.score.weight[0, 0, 0, 0, 0] = np.nan
    write_model(path, broken, card())
    with pytest.raises(Invalid, match="not finite"):
        read_model(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(Invalid, match="no such model file"):
        read_model(tmp_path / "none.safetensors")
