"""Doctor's checks say what is there and what to do; the whole of it runs in system/test_wheel."""

from __future__ import annotations

from pathlib import Path

from controller import health
from controller.checks import Verdict


def test_a_home_that_is_a_file_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    check = health._home(tmp_path / "file")
    assert check.verdict is Verdict.wrong
    assert check.advice


def test_a_missing_distribution_says_how_to_get_it() -> None:
    check = health._distribution("no-such-distribution")
    assert check.verdict is Verdict.wrong
    assert check.advice == "pip install no-such-distribution"
