import json

import pytest

from experiments.errors import Invalid
from simulators.microstructure.generative import LearnedGenerator, audit
from simulators.microstructure.generative.audit import AuditSize, audit_model, record_audit
from simulators.microstructure.generative.learned_model import Drawn, LearnedModel, load_model
from simulators.microstructure.generative.memorisation import TrainingIndex
from simulators.microstructure.generative.model_file import read_card, write_model
from simulators.microstructure.generative.real_structures import shown_volumes
from simulators.microstructure.generative.samples import load_samples
from simulators.microstructure.generative.training_file import TrainingFile
from tests.simulators.microstructure.generative.models import NAMES, POINTS, RECIPE, card, network
from tests.simulators.microstructure.generative.test_generator import small

TRAINING = TrainingFile(
    name="tiny",
    kind="recipes",
    voxel_size_um=0.4,
    label_names=NAMES,
    recipe=RECIPE,
    train=POINTS,
    voxels=64,
    volumes_per_label=1,
    course={"crop": 64},
)
SIZE = AuditSize(n_volumes=3, voxels=64, n_near=1)


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    return load_samples(TRAINING, tmp_path_factory.mktemp("none"))


def trained(shown, **changes):
    record = card().training.model_copy(
        update={"data_sha256": tuple(one.sha256 for one in shown), **changes}
    )
    return card(training=record)


@pytest.fixture(scope="module")
def audited(shown, tmp_path_factory):
    path = tmp_path_factory.mktemp("audited") / "tiny.safetensors"
    write_model(path, network(), trained(shown))
    loaded = load_model(str(path))
    return path, loaded, audit_model(loaded, SIZE)


def test_the_structures_that_training_showed_are_made_anew(shown):
    again = list(shown_volumes(trained(shown), 1))
    assert [one.tobytes() for one in again] == [one.labels.tobytes() for one in shown]


def test_structures_that_training_never_showed_are_not_searched_for_copies(shown):
    with pytest.raises(Invalid, match="none of those that training showed"):
        list(shown_volumes(trained(shown, voxels=72), 1))
    with pytest.raises(Invalid, match="none of those that training showed"):
        list(shown_volumes(trained(shown, volumes_per_label=2), 1))
    with pytest.raises(Invalid, match="does not say how large"):
        list(shown_volumes(trained(shown, voxels=None), 1))


def test_the_shipped_card_says_what_its_model_was_shown():
    shipped = load_model("nmc21").card
    assert (shipped.training.voxels, shipped.training.volumes_per_label) == (128, 4)
    assert len(shipped.training.data_sha256) == 4 * len(shipped.labels.points)
    next(shown_volumes(shipped, 1))


def test_an_audit_asks_everything_and_its_record_changes_no_structure(audited):
    path, loaded, found = audited
    (one,) = found.by_label
    assert {"pore_fraction", "tortuosity_2"} <= {row.quantity for row in one.rows}
    assert len(one.limits) == 5
    assert found.memorisation.n_generated == 3
    assert found.near.n_generated == SIZE.n_near * len(POINTS)
    version = LearnedGenerator(str(path)).version
    record_audit(path, found, loaded.sha256)
    assert read_card(path).audits["withheld"] == json.loads(json.dumps(found.document()))
    assert LearnedGenerator(str(path)).version == version
    (note,) = LearnedGenerator(str(path)).generate(small()).fallbacks
    assert note.startswith("model tiny, audit: missed: ")
    assert "audited on 3 volumes of 64³ a label only" in note


def test_a_network_that_learnt_by_heart_is_found_at_its_training_labels(shown, monkeypatch):
    """A model that draws, at a training label, the structure it was shown there."""

    def by_heart(_model, labels, _real, _seed):
        known = shown[POINTS.index(tuple(labels.values()))].labels
        return Drawn(known, raw_fractions=(), changed_share=0.0)

    monkeypatch.setattr(audit, "_drawn_like", by_heart)
    model = LearnedModel(network(), trained(shown), sha256="")
    index = TrainingIndex([one.labels for one in shown], 3)
    found = audit._ask_near(model, index, SIZE.model_copy(update={"n_near": 2}), 1)
    assert found.is_clean is False


def test_a_file_that_changed_since_is_not_given_the_record(audited, tmp_path):
    _, loaded, found = audited
    other = tmp_path / "tiny.safetensors"
    write_model(other, network(seed=2), loaded.card)
    before = other.read_bytes()
    with pytest.raises(Invalid, match="has changed since it was audited"):
        record_audit(other, found, loaded.sha256)
    assert other.read_bytes() == before


def test_a_record_that_cannot_be_written_is_one_clear_line(audited, tmp_path):
    _, loaded, found = audited
    path = tmp_path / "tiny.safetensors"
    write_model(path, network(), loaded.card)
    # where the new file would be made there is a folder, so that root cannot write it either
    path.with_name("tiny.safetensors.part").mkdir()
    with pytest.raises(
        Invalid, match=r"cannot be written .*; the result is not recorded"
    ) as refused:
        record_audit(path, found, load_model(str(path)).sha256)
    assert "\n" not in refused.value.message
