import pytest

from experiments.errors import Invalid
from simulators.cell.chemistry import POSITIVE_ACTIVE, load_chemistry
from simulators.cell.parameter_source import chemistry_of


@pytest.mark.parametrize("name", sorted(POSITIVE_ACTIVE))
def test_the_tables_hold_what_pybamm_has(name: str) -> None:
    assert load_chemistry(name) == chemistry_of(name)


def test_an_unknown_parameter_set_names_what_is_allowed() -> None:
    with pytest.raises(Invalid, match=r"'Nobody2099' is not known; allowed: .*Chen2020"):
        load_chemistry("Nobody2099")


def test_a_missing_bpx_file_is_named() -> None:
    with pytest.raises(Invalid, match=r"nowhere\.json does not exist"):
        load_chemistry("nowhere.json")
