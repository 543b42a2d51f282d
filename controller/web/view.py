"""What a campaign's page shows at one moment, in words and figures ready for the template."""

from __future__ import annotations

from dataclasses import dataclass

from controller.event_words import event_words
from controller.label import (
    design_words,
    failure_text,
    metric_label,
    objective_text,
    parameter_label,
    value_words,
)
from controller.progress import Moment, take_snapshot
from controller.proposals import BuildRecord
from controller.quantity import duration, three, with_interval
from controller.results import baseline_at, compare, measured_best, spent
from controller.snapshot import Snapshot
from controller.state import State
from controller.tally import tally
from controller.web.service import Service
from experiments.budget import CURRENCIES
from experiments.observation import FailureKind, Observation

SHAPES = {
    "running": ("running", "▸"),
    "interrupted": ("waiting", "❙❙"),
    "finished": ("done", "✓"),
    "aborted": ("failed", "✕"),
    "paused": ("waiting", "❙❙"),
}
"""State → its colour's token and its shape; the word stands beside them."""
N_QUEUE = 8
N_LOG = 40


@dataclass(frozen=True)
class LogLine:
    """An event of the log."""

    position: int
    at: str
    kind: str
    words: str
    job: str | None


@dataclass(frozen=True)
class CampaignView:
    """One campaign at one moment."""

    state: State
    snapshot: Snapshot
    run_words: str | None
    is_whole: bool = True
    """False while the journal is read for the first time: later events may follow."""

    @property
    def name(self) -> str:
        """Return the campaign's name."""
        return self.state.campaign.name

    @property
    def phase(self) -> str:
        """Return one word for how it stands."""
        if self.state.is_aborted:
            return "aborted"
        if self.state.pause is not None and self.state.phase == "running":
            return "paused"
        return self.state.phase

    @property
    def shape(self) -> tuple[str, str]:
        """Return the phase's colour and sign."""
        return SHAPES[self.phase]

    @property
    def objectives(self) -> str:
        """Return what is wanted."""
        campaign = self.state.campaign
        return "; ".join(objective_text(campaign, one) for one in campaign.objectives)

    @property
    def best(self) -> str | None:
        """Return the best measured value beside the baseline's."""
        found = measured_best(self.state)
        return None if found is None else values_words(self.state, found)

    @property
    def baseline(self) -> str | None:
        """Return the baseline's value at the target."""
        found = baseline_at(self.state, self.state.campaign.target)
        return None if found is None or found.is_failed else values_words(self.state, found)

    @property
    def best_job(self) -> Observation | None:
        """Return the best measured observation."""
        return measured_best(self.state)

    @property
    def n_front(self) -> int:
        """Return how many designs are on the front, where there are two objectives or more."""
        return len(tally(self.state).on_front) if len(self.state.campaign.objectives) > 1 else 0

    @property
    def budgets(self) -> list[tuple[str, str, int]]:
        """Return name, words and percent of everything that is limited."""
        use = spent(self.state)
        found = []
        for name, limit in use.limit.items():
            used = use.used.get(name, 0.0)
            unit = CURRENCIES.get(name, "evaluations" if name != "fine_equivalents" else "")
            words = f"{_number(used)} of {_number(limit)} {unit}".strip()
            share = round(100 * used / limit) if limit else 100
            found.append((name.replace("_", " "), words, min(100, share)))
        return found

    @property
    def failures(self) -> list[tuple[str, int]]:
        """Return what failed, by kind, in the scientist's terms."""
        return [(failure_text(FailureKind(k)), n) for k, n in self.snapshot.failures.items()]

    @property
    def queue(self) -> list[tuple[str, str, str]]:
        """Return the next jobs: level, design, why."""
        waiting = list(self.state.backlog.values())[:N_QUEUE]
        return [
            (one.job.fidelity, design_words(one.job.design), one.candidate.reason)
            for one in waiting
        ]

    @property
    def in_flight(self) -> list[tuple[str, str, str]]:
        """Return what runs: id, level, design."""
        return [
            (one.id, one.fidelity, design_words(one.design) or "the baseline")
            for one in self.state.in_flight.values()
        ]

    @property
    def stations(self) -> dict[str, list[BuildRecord]]:
        """Return the builds under way by where they are, in the order of their approval."""
        found: dict[str, list[BuildRecord]] = {}
        for one in self.state.open_builds:
            found.setdefault(one.station or one.stage.replace("_", " "), []).append(one)
        return found

    @property
    def worked(self) -> str:
        """Return how long it was worked on."""
        return duration(self.snapshot.elapsed_s)

    @property
    def left(self) -> str | None:
        """Return how long it will take."""
        left_s = self.snapshot.left_s
        return None if left_s is None else duration(left_s)


def campaign_view(service: Service, name: str) -> CampaignView:
    """Return a campaign's view; the control at work is asked where there is one."""
    followed = service.campaign(name)
    state = followed.state
    live = service.follower.look(name) if state.phase == "running" else None
    snapshot = live or take_snapshot(state, Moment())
    return CampaignView(state, snapshot, service.runs.words(name), followed.is_whole)


def log_lines(service: Service, name: str, n: int = N_LOG) -> list[LogLine]:
    """Return the last events, the latest first."""
    lines = []
    for one in reversed(service.campaign(name).tail[-n:]):
        event = one.event
        observation = getattr(event, "observation", None)
        job = observation.job.id if isinstance(observation, Observation) else None
        at = one.at[:19].replace("T", " ")
        lines.append(
            LogLine(one.position, at, event.kind.replace("_", " "), event_words(event), job)
        )
    return lines


def values_words(state: State, observation: Observation) -> str:
    """Return an observation's objectives with intervals, and the change against the baseline."""
    words = []
    for objective in state.campaign.objectives:
        key = state.campaign.metric_key(objective)
        found = compare(state, observation, key)
        if found is None:
            continue
        unit = metric_label(key).unit
        text = with_interval(found.value.value, found.value.low, found.value.high, unit)
        if found.change is not None and observation.job.purpose != "baseline":
            sign = "+" if found.change.value >= 0 else "−"
            change = f"{sign}{three(abs(found.change.value))} {unit} against the baseline"
            text += f", {change}"
        words.append(text)
    return "; ".join(words)


def design_rows(observation: Observation) -> list[tuple[str, str]]:
    """Return a design's values by name, or say that it is an image's."""
    return [
        (parameter_label(name).text, value_words(name, value))
        for name, value in observation.job.design.values.items()
    ]


def metric_rows(state: State, observation: Observation) -> list[tuple[str, str, str]]:
    """Return name, value with its interval, and the change against the baseline."""
    rows = []
    for key in observation.metrics:
        label = metric_label(key)
        found = compare(state, observation, key)
        if found is None:
            rows.append((label.text, "undefined", ""))
            continue
        value = with_interval(found.value.value, found.value.low, found.value.high, label.unit)
        change = ""
        if found.change is not None and observation.job.purpose != "baseline":
            change = with_interval(
                found.change.value, found.change.low, found.change.high, label.unit
            )
        rows.append((label.text, value, change))
    return rows


def _number(value: float) -> str:
    """Return a count as it is, and anything else to three figures."""
    return f"{value:.0f}" if float(value).is_integer() else three(value)
