"""Campaigns from Python: the same engine as the command line, for notebooks and scripts.

``run`` starts the command as a process of its own and shows its progress, so that a notebook's
kernel imports no Ray and can be restarted without harm; everything else reads the journal.

    from controller.api import Campaign

    campaign = Campaign.load("quickstart", home="cellwright-home")
    campaign.run()
    campaign.observations()
    campaign.plots.convergence()
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from controller.campaign_file import LoadedCampaign, load_campaign
from controller.cli import INTERRUPTED, USAGE
from controller.compute_link import compute_environment
from controller.home import Home
from controller.journal import JournalReader
from controller.label import design_words, metric_label
from controller.observation_table import observation_table
from controller.operate import operate
from controller.order import Abort, Correct, Drain, Pause, Resume, Retract
from controller.quantity import signed_interval, with_interval
from controller.replay import AnsweredQuestion, answered_questions
from controller.results import Comparison, compare, measured_best, pareto
from controller.state import State
from controller.status_document import StatusDocument, status_document
from controller.stored_campaign import read_campaign
from controller.trace import Trace, find_job, read_trace
from experiments.campaign import Campaign as CampaignModel
from experiments.design import Design
from experiments.errors import CellwrightError, Invalid
from experiments.observation import Observation

if TYPE_CHECKING:
    import pandas as pd

    from controller.report.gallery import Gallery

_STOP_PATIENCE_S: Final = 60.0


@dataclass(frozen=True)
class Best:
    """The best measured design, beside the baseline."""

    design: Design
    observation: Observation
    comparison: Comparison
    unit: str

    def __repr__(self) -> str:
        value, change = self.comparison.value, self.comparison.change
        text = with_interval(value.value, value.low, value.high, self.unit)
        if change is not None and change.low is not None and change.high is not None:
            moved = signed_interval(change.value, change.low, change.high, self.unit)
            text += f", {moved} against the baseline"
        return f"Best at {self.observation.job.fidelity}: {text}; {design_words(self.design)}"


class Campaign:
    """One campaign in one home."""

    def __init__(self, loaded: LoadedCampaign, asked: str, home: Path) -> None:
        self._loaded = loaded
        self._asked = asked
        self.home = home

    @classmethod
    def load(cls, campaign: str | Path, *, home: str | Path | None = None) -> Campaign:
        """Read a campaign's file, or a built-in one by name. Raises ``Invalid``.

        ``home`` defaults as for the command: ``$CELLWRIGHT_HOME``, else ``./cellwright-home``.
        """
        chosen = home or os.environ.get("CELLWRIGHT_HOME") or "cellwright-home"
        return cls(load_campaign(campaign), str(campaign), Path(chosen).absolute())

    @property
    def model(self) -> CampaignModel:
        """Return the campaign as validated from its file."""
        return self._loaded.campaign

    @property
    def name(self) -> str:
        """Return the campaign's name."""
        return self.model.name

    def run(
        self,
        *,
        ray: str | None = None,
        workers: int | None = None,
        stop_after: int | None = None,
        show: Callable[[str], None] | None = None,
    ) -> Campaign:
        """Start the campaign, or resume it, and return when it ends.

        Every line of progress goes to ``show`` (to stderr by default). Interrupting the kernel
        stops the campaign in good order. Raises ``Invalid`` for wrong input and
        ``CellwrightError`` where the work failed, with the command's last line.
        """
        words = [sys.executable, "-P", "-m", "controller", "run", self._asked]
        words += ["--home", str(self.home)]
        words += [] if ray is None else ["--ray", ray]
        words += [] if workers is None else ["--workers", str(workers)]
        words += [] if stop_after is None else ["--stop-after", str(stop_after)]
        status, last = _follow(words, show or _to_stderr)
        if status == INTERRUPTED:
            raise KeyboardInterrupt
        if status != 0:
            kind = Invalid if status == USAGE else CellwrightError
            message = last.removeprefix("cellwright: ").removeprefix("Error: ")
            raise kind(message or "the run failed", status=status)
        return self

    resume = run
    """Resuming is running again: what is stored is never made twice."""

    def pause(self, reason: str = "") -> str:
        """Dispatch nothing more until ``lift``; what runs finishes. Return what came of it.

        This and the four below work on a campaign that another process runs, and on a stopped one.
        Raise ``Invalid`` where the campaign is at its end.
        """
        return operate(self._stored_home(), Pause(campaign=self.name, reason=reason))

    def lift(self, reason: str = "") -> str:
        """Lift a pause, as ``cellwright resume`` does."""
        return operate(self._stored_home(), Resume(campaign=self.name, reason=reason))

    def retract(self, observation: str, reason: str) -> str:
        """Take a result back: nothing learns from it any more; also of a campaign at its end.

        ``observation`` is ``best``, a job id, or its first digits. Raises ``Invalid``.
        """
        stored = read_campaign(self.home, self.name)
        job_id = find_job(stored.state, observation)
        return operate(stored.home, Retract(campaign=self.name, job_id=job_id, reason=reason))

    def correct(self, observation: str, metric: str, value: float, reason: str) -> str:
        """Put one metric of a result right, in the metric's own unit. Raises ``Invalid``."""
        stored = read_campaign(self.home, self.name)
        job_id = find_job(stored.state, observation)
        order = Correct(
            campaign=self.name, job_id=job_id, metric=metric, value=value, reason=reason
        )
        return operate(stored.home, order)

    def drain(self, reason: str = "") -> str:
        """End the running session in good order once what runs is done."""
        return operate(self._stored_home(), Drain(campaign=self.name, reason=reason))

    def abort(self, reason: str = "") -> str:
        """End the campaign for good; what it found is kept. Asks nothing."""
        return operate(self._stored_home(), Abort(campaign=self.name, reason=reason))

    def trace(self, observation: str = "best") -> Trace:
        """Return where an observation came from: the best, or a job by its id's first digits."""
        stored = read_campaign(self.home, self.name)
        job_id = find_job(stored.state, observation)
        with JournalReader(stored.home.journal) as journal:
            return read_trace(stored.state, journal, job_id)

    def _stored_home(self) -> Home:
        return read_campaign(self.home, self.name).home

    def state(self) -> State:
        """Return everything the journal knows. Raises ``Invalid`` before the first run."""
        return read_campaign(self.home, self.name).state

    def status(self) -> StatusDocument:
        """Return what ``cellwright status --json`` prints."""
        stored = read_campaign(self.home, self.name)
        return status_document(stored.state)

    def observations(self) -> pd.DataFrame:
        """Return all observations, one row each; ``frame.attrs["units"]`` holds the units."""
        import pandas as pd

        columns = observation_table(self.state())
        frame = pd.DataFrame({column.name: list(column.values) for column in columns})
        frame.attrs["units"] = {column.name: column.unit for column in columns if column.unit}
        frame.attrs["meaning"] = {column.name: column.meaning for column in columns}
        return frame

    def best(self) -> Best | None:
        """Return the best measured design within all limits at the target, or None so far."""
        state = self.state()
        found = measured_best(state)
        return None if found is None else _best(state, found)

    def front(self) -> list[Best]:
        """Return the designs at the target that no other beats in every objective."""
        state = self.state()
        found = (_best(state, one) for one in pareto(state))
        return [one for one in found if one is not None]

    def answered_questions(self) -> Iterator[AnsweredQuestion]:
        """Yield every ranking with the question it answers, to be asked again elsewhere.

        Each is a model: its ``model_dump_json()`` is a bundle of its own. Rankings stored before
        their questions were kept whole are left out.
        """
        stored = read_campaign(self.home, self.name)
        with JournalReader(stored.home.journal) as journal:
            yield from answered_questions(journal.read(self.name))

    @property
    def plots(self) -> Gallery:
        """Return the report's plots, drawn from the journal as it is at that moment."""
        from controller.report.build import read_material
        from controller.report.gallery import Gallery

        return Gallery(lambda: read_material(read_campaign(self.home, self.name).home, self.name))

    def report(self, path: str | Path | None = None) -> Path:
        """Write the HTML report and return where it is."""
        from controller import wiring
        from controller.report.build import write_report

        stored = read_campaign(self.home, self.name)
        now = wiring.clock().now()
        return write_report(stored.home, self.name, now=now, path=Path(path) if path else None)

    def __repr__(self) -> str:
        return f"Campaign({self.name!r}, home={str(self.home)!r})"


def _best(state: State, observation: Observation) -> Best | None:
    metric = state.campaign.metric_key(state.campaign.objectives[0])
    found = compare(state, observation, metric)
    if found is None:
        return None
    return Best(observation.job.design, observation, found, metric_label(metric).unit)


def _follow(words: list[str], show: Callable[[str], None]) -> tuple[int, str]:
    """Run a command, show its lines as they come, and return its status and its last line."""
    environment = compute_environment(os.environ, Path.cwd())
    process = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )
    last = ""
    assert process.stdout is not None
    try:
        for line in process.stdout:
            last = line.rstrip("\n")
            show(last)
    except BaseException:
        process.send_signal(signal.SIGINT)
        process.wait(_STOP_PATIENCE_S)
        raise
    finally:
        process.stdout.close()
    return process.wait(), last


def _to_stderr(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
