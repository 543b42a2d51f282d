"""One control process without machines: real journal, real projection thread, a scripted compute.

Started as a program it takes lines of a folder and a failpoint, forks a control that dies there,
and says how that ended: the imports are paid once.
The projector writes one line for every observation it has not written yet.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from agents.messages import Configure
from controller.campaign_file import LoadedCampaign
from controller.control import Control
from controller.events import Observed
from controller.failpoint import arm
from controller.journal import Journal, JournalReader
from controller.opening import open_campaign
from controller.projection import Projection
from tests.controller.doubles import FakeCompute, ManualClock, Watcher, small_campaign


class Lines:
    """A projector into a text file, found again by the job ids in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: set[str] = set()

    def start(self) -> None:
        self.path.touch()
        self.known = set(self.path.read_text().split())

    def catch_up(self, journal: JournalReader) -> None:
        for recorded in journal.read("small"):
            if isinstance(recorded.event, Observed):
                job_id = recorded.event.observation.job.id
                if job_id not in self.known:
                    with self.path.open("a") as file:
                        file.write(f"{job_id}\n")
                    self.known.add(job_id)

    def close(self) -> None:
        pass


def main(folder: Path) -> None:
    campaign = small_campaign()
    journal = Journal(folder / "journal.db", ManualClock())
    projection = Projection(
        lambda: Lines(folder / "projected"),
        folder / "journal.db",
        lambda text: print(text, file=sys.stderr),
    )
    control = Control(
        open_campaign(journal, LoadedCampaign(campaign, "small.yaml", "")),
        journal=journal,
        compute=FakeCompute(seed=journal.epoch),
        configure=Configure(campaign=campaign, home="/h", artifact_url="file:///h"),
        view=Watcher(),
        clock=ManualClock(),
        when_stored=lambda _: projection.wake(),
    )
    asyncio.run(control.run())
    projection.wake()
    assert projection.close(20)
    journal.close()


def die_on_demand() -> None:
    for line in sys.stdin:
        folder, _, failpoint = line.strip().partition("\t")
        child = os.fork()
        if child == 0:
            arm(failpoint)
            main(Path(folder))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    die_on_demand()
