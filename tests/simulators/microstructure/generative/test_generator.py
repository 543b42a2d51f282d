import pytest

from experiments.errors import DesignFailed, Invalid
from experiments.observation import FailureKind
from simulators.microstructure.generative import LearnedGenerator
from simulators.microstructure.generative.audit_notes import audit_notes
from simulators.microstructure.generative.model_file import write_model
from tests.contracts.generator_contract import RECIPE, GeneratorContract, request
from tests.simulators.microstructure.generative.models import card, network

OUTSIDE = RECIPE.model_copy(
    update={"active_wt_pct": 91.0, "binder_wt_pct": 4.5, "carbon_wt_pct": 4.5}
)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "tiny.safetensors"
    write_model(path, network(), card())
    return str(path)


def small(recipe=RECIPE, **options):
    return request(recipe=recipe).model_copy(
        update={"shape": (24, 24, 24), "voxel_size_m": 0.4e-6, "options": options}
    )


class TestLearnedGenerator(GeneratorContract):
    @pytest.fixture(scope="class")
    @classmethod
    def generator(cls, model):
        return LearnedGenerator(model)


def test_labels_outside_the_hull_are_out_of_range(model):
    with pytest.raises(DesignFailed, match="active_wt_pct 91") as failed:
        LearnedGenerator(model).generate(small(OUTSIDE))
    assert failed.value.failure_kind is FailureKind.out_of_range


def test_what_is_drawn_out_of_range_says_so(model):
    voxels = LearnedGenerator(model).generate(small(OUTSIDE, allow_out_of_range=True))
    assert voxels.fallbacks[0].startswith("out_of_range: active_wt_pct 91")


def test_a_recipe_the_model_never_saw_the_like_of_is_out_of_range(model):
    long = RECIPE.model_copy(update={"particle_elongation": 2.0})
    with pytest.raises(DesignFailed, match="particle_elongation") as failed:
        LearnedGenerator(model).generate(small(long))
    assert failed.value.failure_kind is FailureKind.out_of_range


def test_larger_particles_in_larger_voxels_are_the_same_structure(model):
    double = RECIPE.model_copy(update={"particle_d50_m": 12e-6})
    scaled = small(double).model_copy(update={"voxel_size_m": 0.8e-6})
    generate = LearnedGenerator(model).generate
    assert generate(scaled).labels.tobytes() == generate(small()).labels.tobytes()


def test_voxels_too_fine_for_the_model_are_refused(model):
    fine = small().model_copy(update={"voxel_size_m": 0.1e-6})
    with pytest.raises(Invalid, match=r"can give 0\.2 to 0\.8 µm"):
        LearnedGenerator(model).generate(fine)


def test_the_version_follows_the_models_content(model, tmp_path):
    other = tmp_path / "tiny.safetensors"
    write_model(other, network(seed=2), card())
    chosen = LearnedGenerator.from_options({"model": str(other)})
    assert chosen.version != LearnedGenerator(model).version


def test_an_unknown_model_or_option_is_one_clear_line(model):
    with pytest.raises(Invalid, match="model nothing: not known; shipped: "):
        LearnedGenerator("nothing").generate(small())
    with pytest.raises(Invalid, match=r"options\.speed: unknown name; allowed: allow_out"):
        LearnedGenerator(model).generate(small(speed=1))


def test_a_model_nobody_audited_says_so_on_every_volume(model):
    assert "no recorded audit" in LearnedGenerator(model).generate(small()).fallbacks[0]


def recorded(is_within=True, n_volumes=32, is_kept=True):
    row = {"quantity": "tortuosity_0", "bar": 0.05, "is_within": is_within, "is_as_varied": True}
    copies = {"is_clean": True}
    record = {
        "size": {"n_volumes": n_volumes, "voxels": 128, "with_transport": True},
        "withheld": [{"rows": [row], "limits": [{"quantity": "tiling_peak", "is_kept": is_kept}]}],
        "memorisation": copies,
        "memorisation_at_training_labels": copies,
    }
    return audit_notes(card(audits={"withheld": record}))


def test_a_recorded_audit_is_silent_only_where_all_was_asked_and_kept():
    assert recorded() == []
    assert recorded(is_within=False) == ["model tiny, audit: missed: tortuosity_0"]
    assert recorded(is_kept=False) == ["model tiny, audit: missed: tiling_peak"]
    (few,) = recorded(n_volumes=4, is_kept=None)
    assert "audited on 4 volumes of 128³ a label only; could not tell: tiling_peak" in few
    odd = card(audits={"withheld": {"passed": True}})
    assert audit_notes(odd) == ["model tiny, audit: its record cannot be read"]


def test_a_recorded_audit_leaves_the_version_as_it_was(model, tmp_path):
    other = tmp_path / "tiny.safetensors"
    write_model(other, network(), card(audits={"withheld": {"passed": True}}))
    assert LearnedGenerator(str(other)).version == LearnedGenerator(model).version
    write_model(other, network(), card(voxel_size_m=0.5e-6))
    assert LearnedGenerator(str(other)).version != LearnedGenerator(model).version
