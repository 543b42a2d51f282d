from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from controller.home import Home
from controller.report.build import compose, read_material, write_report
from experiments.errors import Invalid
from tests.controller.synthetic_campaign import write_campaign

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Addresses(HTMLParser):
    """Collect every address the page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "img", "iframe", "link", "source"):
            self.loaded += [given[key] or "" for key in ("src", "href") if key in given]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, str]:
    return write_campaign(tmp_path_factory.mktemp("finished") / "home")


@pytest.fixture(scope="module")
def page(finished: tuple[Home, str]) -> str:
    return write_report(*finished, now=NOW).read_text("utf-8")


def test_the_report_has_all_seven_parts(page: str) -> None:
    parts = re.findall(r'<section id="section-(\w+)"', page)
    assert parts == ["answer", "picture", "belief", "landscape", "cell", "cost", "provenance"]


def test_nothing_is_loaded_from_outside(page: str) -> None:
    addresses = Addresses()
    addresses.feed(page)
    assert addresses.loaded
    assert all(address.startswith("data:") for address in addresses.loaded)
    assert "@import" not in page.partition("</style>")[0]


def test_the_answer_shows_the_best_against_the_baseline_with_intervals(page: str) -> None:
    answer = page.partition('id="section-answer"')[2].partition("</section>")[0]
    assert re.search(r"gives 23\d\sWh/kg \(23\d\sto\s2[34]\d\)", answer)
    assert "the baseline" in answer
    assert "1.79C" in answer


def test_every_plot_carries_its_data_and_a_description(page: str) -> None:
    plots = re.findall(r'<figure class="card.*?</figure>', page, flags=re.DOTALL)
    assert len(plots) >= 9
    for plot in plots:
        assert "data:text/csv" in plot
        assert re.search(r'role="img" aria-label="[^"]{20,}"', plot)


def test_the_campaign_file_lies_in_the_report(page: str) -> None:
    assert "# A first campaign: which coating gives a 4680" in page


def test_the_file_stays_below_eight_megabytes(page: str) -> None:
    assert len(page.encode()) < 8e6


def test_the_same_moment_gives_the_same_file(finished: tuple[Home, str], page: str) -> None:
    assert write_report(*finished, now=NOW).read_text("utf-8") == page


@pytest.mark.parametrize("n", [0, 1, 3, 9])
def test_a_report_can_be_written_at_any_moment(tmp_path: Path, n: int) -> None:
    home, name = write_campaign(tmp_path / "home", n=n, is_finished=False)
    page = write_report(home, name, now=NOW).read_text("utf-8")
    assert "interrupted" in page


def test_two_objectives_have_a_front(tmp_path: Path) -> None:
    home, name = write_campaign(tmp_path / "home", objectives=2)
    report = compose(read_material(home, name))
    assert "pareto" in [figure.id for figure in report.figures]


def test_a_campaign_without_baseline_is_reported_too(tmp_path: Path) -> None:
    home, name = write_campaign(tmp_path / "home", with_baseline=False)
    report = compose(read_material(home, name))
    assert [portrait.name for portrait in report.portraits] == ["best design"]
    assert "Baseline" not in report.sections[0].grids[0].columns


def test_lost_artifacts_leave_a_report_without_pictures(tmp_path: Path) -> None:
    home, name = write_campaign(tmp_path / "home")
    shutil.rmtree(home.artifacts)
    report = compose(read_material(home, name))
    assert report.portraits == ()
    page = write_report(home, name, now=NOW).read_text("utf-8")
    assert "No voxels are kept" in page


def test_an_unknown_campaign_is_named_with_the_known_ones(finished: tuple[Home, str]) -> None:
    with pytest.raises(Invalid, match="holds no campaign 'other'; it holds: quickstart"):
        write_report(finished[0], "other", now=NOW)


def test_words_of_the_campaign_file_cannot_become_markup(tmp_path: Path) -> None:
    home, name = write_campaign(tmp_path / "home", comment="</pre><script>alert(1)</script>")
    page = write_report(home, name, now=NOW).read_text("utf-8")
    assert "<script>alert(1)" not in page
