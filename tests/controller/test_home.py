from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from controller.home import HomeLock, existing_home, make_home
from experiments.errors import HomeInUse, Invalid


def test_a_new_home_is_for_its_owner_alone(tmp_path: Path) -> None:
    home = make_home(tmp_path / "deep" / "home")
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700
    for folder in (home.artifacts, home.compute, home.logs, home.reports):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_making_a_home_twice_keeps_what_is_there(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    (home.artifacts / "kept").write_text("x")
    assert (make_home(tmp_path / "home").artifacts / "kept").read_text() == "x"


@pytest.mark.parametrize("place", ["/proc/home", "/dev/null/home"])
def test_a_home_that_cannot_be_written_is_one_clear_line(place: str) -> None:
    with pytest.raises(Invalid, match=r"home /\S+ cannot be written: .*--home DIR") as caught:
        make_home(Path(place))
    assert "\n" not in caught.value.message


def test_a_folder_without_a_journal_is_no_home(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"no Cellwright home"):
        existing_home(tmp_path)


def test_a_second_holder_is_refused_by_pid_and_admitted_after_release(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    first = HomeLock(home)
    with pytest.raises(HomeInUse, match=f"process {os.getpid()}") as caught:
        HomeLock(home)
    assert caught.value.pid == os.getpid()
    first.release()
    HomeLock(home).release()


def test_a_reader_sees_who_holds_the_home(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    assert home.holder() is None
    lock = HomeLock(home)
    assert home.holder() == os.getpid()
    lock.release()
    assert home.holder() is None


def test_the_lock_goes_with_its_process(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    text = (
        "import os, signal\nfrom pathlib import Path\nfrom controller.home import *\n"
        f"HomeLock(make_home(Path({str(home.path)!r})))\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", text], check=False).returncode == -9
    HomeLock(home).release()


def test_taking_over_locks_out_everybody_who_comes_later(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    first = HomeLock(home)
    second = HomeLock(home, take_over=True)
    first.release()
    with pytest.raises(HomeInUse):
        HomeLock(home)
    second.release()
    HomeLock(home).release()


def test_a_home_that_was_put_into_what_was_left_in_its_place_is_found(tmp_path: Path) -> None:
    inner = make_home(tmp_path / "home" / "moved")
    inner.journal.touch()
    with pytest.raises(Invalid, match=r"has no journal, but .*moved has one"):
        make_home(tmp_path / "home")
