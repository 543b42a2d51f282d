import pytest

from experiments.errors import Invalid
from simulators.microstructure.stochastic.options import read_options


def test_penetration_follows_the_placement_where_it_is_not_given():
    assert read_options({}).allowed_penetration == 0.0
    assert read_options({"placement": "overlapping"}).allowed_penetration == 0.3
    assert read_options({"placement": "overlapping", "penetration": 1.0}).allowed_penetration == 1.0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"placment": "dense"}, "options.placment: .*allowed: .*placement"),
        ({"max_overlap": 1.5}, "options.max_overlap: .*less than or equal to 1"),
        ({"boundary": "open"}, "options.boundary: .*'periodic', 'walled' or 'boxed'"),
    ],
)
def test_wrong_options_are_refused_by_name(options, words):
    with pytest.raises(Invalid, match=words):
        read_options(options)
