from __future__ import annotations

from pathlib import Path

from controller.cli import exit_status
from controller.events import Finished, Resumed
from controller.journal import Journal
from controller.snapshot import Phase
from controller.watch import watch
from tests.controller.doubles import ManualClock, Watcher
from tests.controller.synthetic_campaign import write_campaign


def test_watching_ends_by_itself_when_the_campaign_does(tmp_path: Path) -> None:
    home, name = write_campaign(tmp_path / "home", n=4, is_finished=False)
    view, naps = Watcher(), 0

    def nap(seconds: float) -> None:
        nonlocal naps
        naps += 1
        if naps == 3:
            journal = Journal(home.journal, ManualClock())
            journal.append(name, [Resumed(), Finished(reason="budget")])
            journal.close()
        assert naps < 10

    watch(home, name, view, sleep=nap)
    phases = [snapshot.phase for snapshot in view.snapshots]
    assert phases == [Phase.interrupted] * 3 + [Phase.finished]


def test_without_a_terminal_watching_writes_plain_lines(tmp_path: Path, capsys) -> None:
    home, name = write_campaign(tmp_path / "home", n=4)
    assert exit_status(["status", name, "--watch", "--home", str(home.path)]) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert "finished" in out
    assert "\x1b" not in out
    assert exit_status(["status", name, "--watch", "--json", "--home", str(home.path)]) == 2
