"""The journal as MLflow runs: a campaign's run, and under it one run an observation.

A projection and nothing more: it can be deleted and rebuilt, and nothing is ever decided from it.
The campaign's run keeps the journal position it has seen; an observation's run is found by its
event before it is made, so that a crash at any point makes nothing twice.
"""

from __future__ import annotations

import math
from typing import Final

from controller.audit_anchor import last_decision
from controller.events import (
    Amended,
    CampaignStarted,
    Corrected,
    Finished,
    Interrupted,
    Observed,
    Recorded,
    Resumed,
    Retracted,
)
from controller.home import Home
from controller.journal import Anchor, JournalReader
from controller.label import objective_text
from controller.projection_lock import ProjectionLock
from controller.proposal_events import BuildFailed, Measured
from controller.report.attachments import discharge_curves, first_volume, reader
from controller.report.curve_svg import curve_svg
from controller.report.picture import slice_png
from controller.run_record import RunValue, run_key, run_tags, run_values
from controller.run_store import RunStore
from controller.tracked_results import TrackedResults
from controller.tracking_address import TrackingAddress, tracking_address
from experiments.campaign import Campaign
from experiments.observation import Observation

ANCHOR_TAG: Final = "cellwright.audit_anchor"
"""Position and hash of the last decision, for ``cellwright audit --mlflow``."""


class Tracker:
    """Projects one campaign's events into an MLflow store, by default the one in its home."""

    def __init__(self, home: Home, campaign: str, address: TrackingAddress | None = None) -> None:
        address = address or tracking_address(None, {}, home.path, campaign)
        self._store = RunStore(campaign, address)
        self._address = address
        self._lock: ProjectionLock | None = None
        self._home = home
        self._name = campaign
        self._read = reader(home.artifacts)
        self._seen = 0
        self._noted = 0
        self._projected = 0
        self._campaign: Campaign | None = None
        self._results: TrackedResults | None = None
        self._has_best = False

    def start(self) -> None:
        """Open the store, making it where there is none. Takes seconds.

        Raises ``Transient`` while another process writes the campaign's runs there.
        """
        self._lock = ProjectionLock(self._home, self._name, self._address)
        try:
            self._store.open()
        except BaseException:
            self.close()
            raise
        self._projected = self._store.projected

    def catch_up(self, journal: JournalReader) -> None:
        """Project the events past those already projected."""
        before, decided = self._projected, None
        for recorded in journal.read(self._name, after=self._seen):
            if recorded.position > self._noted:
                self._note(recorded, journal)
                self._noted = recorded.position
            if recorded.position > self._projected:
                self._project(recorded, journal)
                if last_decision([recorded]) is not None:
                    decided = recorded
                self._projected = recorded.position
            self._seen = recorded.position
        if decided is not None:
            self._anchor(decided, journal)
        if self._store.run and self._projected > before:
            self._store.note_position(self._projected)

    def _anchor(self, decided: Recorded, journal: JournalReader) -> None:
        """Keep where the chain stands; a journal that is another one keeps no older word out."""
        before = _anchor_in(self._store)
        if before is None or journal.holds(before):
            tags = {ANCHOR_TAG: f"{decided.position} {decided.hash}"}
            self._store.log(self._store.run, tags=tags)

    def close(self) -> None:
        """Give the store's connections back, and the right to write to it."""
        self._store.close()
        if self._lock is not None:
            self._lock.release()

    def forget(self) -> int:
        """Delete every run of the campaign, to project it from nothing; return how many."""
        self._projected = 0
        return self._store.forget()

    def _note(self, recorded: Recorded, journal: JournalReader) -> None:
        """Keep what later events need, whether or not this one was projected before."""
        if isinstance(recorded.event, CampaignStarted):
            self._campaign = recorded.event.campaign
            self._results = TrackedResults(self._campaign)
        elif self._results is not None:
            self._results.note(recorded, journal)
            self._has_best |= self._results.best is not None

    def _project(self, recorded: Recorded, journal: JournalReader) -> None:
        store = self._store
        match recorded.event:
            case CampaignStarted() as event:
                self._start_campaign(event, recorded)
            case (
                Observed(observation=observation)
                | Measured(observation=observation)
                | BuildFailed(observation=observation)
            ):
                if not store.is_complete(recorded.position):
                    self._log_observation(observation, recorded)
                self._log_progress(recorded)
            case Retracted() | Corrected() as event:
                self._log_change(event, recorded, journal)
                self._log_progress(recorded)
            case Amended() as event:
                store.log_text(store.run, event.text, "campaign.yaml")
                store.log(store.run, tags=_limits(event))
                store.set_status("RUNNING", "")
            case Resumed():
                store.set_status("RUNNING", "")
            case Interrupted(reason=reason):
                store.set_status("KILLED", reason, ended_at=recorded.at)
            case Finished(reason=reason):
                store.set_status("FINISHED", reason, ended_at=recorded.at)
            case _:
                pass

    def _start_campaign(self, event: CampaignStarted, recorded: Recorded) -> None:
        campaign, store = event.campaign, self._store
        store.begin_campaign(recorded.at, {"cellwright.source": event.source})
        parameters = {
            "objectives": "; ".join(objective_text(campaign, one) for one in campaign.objectives),
            "target": campaign.target,
            "seed": campaign.seed,
            "decider": campaign.decider.name,
            "generator": campaign.generator.name,
            "cell": f"{campaign.cell.format}, {campaign.cell.parameter_set}",
        }
        store.log(store.run, parameters=parameters, tags=_limits(event.campaign))
        store.log_text(store.run, event.text, "campaign.yaml")

    def _log_observation(self, observation: Observation, recorded: Recorded) -> None:
        job, record = observation.job, observation.provenance
        what = " baseline" if job.purpose == "baseline" else ""
        run = self._store.child(
            recorded.position,
            job.id,
            name=f"{job.fidelity} {job.id[:8]}{what}",
            at=record.started_at or recorded.at,
        )
        parameters = {"fidelity": job.fidelity, "purpose": job.purpose, "seed": job.seed}
        self._store.log(
            run,
            parameters={**job.design.values, **parameters},
            metrics=run_values(observation),
            at=recorded.at,
            tags=run_tags(observation),
        )
        self._log_files(run, observation)
        self._store.complete(
            recorded.position,
            status="FAILED" if observation.is_failed else "FINISHED",
            at=record.finished_at or recorded.at,
        )

    def _log_files(self, run: str, observation: Observation) -> None:
        """Write the figures and the whole observation beside the run."""
        store = self._store
        store.log_text(run, observation.model_dump_json(indent=1), "observation.json")
        for curve in discharge_curves(observation, self._read):
            title = f"Discharge at {curve.power_W:g} W"
            store.log_text(run, curve_svg(curve, title), f"discharge_{curve.power_W:g}W.svg")
        volume = first_volume(observation, self._read)
        if volume is not None:
            path = self._home.path / "mlflow-artifacts" / f"{observation.job.id}-slice.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(slice_png(volume[0]))
            store.log_file(run, path, "slice")
            path.unlink()

    def _log_change(
        self, event: Retracted | Corrected, recorded: Recorded, journal: JournalReader
    ) -> None:
        """Say on a result's run that a person took it back, or rewrite what was put right.

        MLflow keeps earlier values in a metric's history: the valid one has the highest step.
        """
        results, store = self._results, self._store
        run = None if results is None else store.found(results.position(event.job_id))
        if results is None or run is None:
            return
        if isinstance(event, Retracted):
            store.log(run, tags={"cellwright.retracted": f"by {event.by}: {event.reason}"})
            return
        n = results.n_corrections(event.job_id)
        observation = results.put_right(event.job_id, journal)
        store.log(
            run,
            metrics=[RunValue(run_key(event.metric), event.value, n)],
            tags={"cellwright.corrected": "; ".join(observation.flags[-n:])},
            at=recorded.at,
        )
        store.log_text(run, observation.model_dump_json(indent=1), "observation.json")

    def _log_progress(self, recorded: Recorded) -> None:
        """Log the best of what is left against the number of results and of their changes."""
        campaign, results = self._campaign, self._results
        if campaign is None or results is None or not self._has_best:
            return
        key = f"best/{run_key(campaign.metric_key(campaign.objectives[0]))}"
        value = RunValue(key, math.nan if results.best is None else results.best, results.n)
        self._store.log(self._store.run, metrics=[value], at=recorded.at)


def _limits(of: Campaign | Amended) -> dict[str, str]:
    """Return budget and stopping as tags: an amendment changes them, a parameter stays for ever."""
    return {
        "cellwright.budget": of.budget.model_dump_json(exclude_defaults=True),
        "cellwright.stopping": of.stopping.model_dump_json(exclude_defaults=True),
    }


def stored_anchor(campaign: str, address: TrackingAddress) -> Anchor | None:
    """Return where the chain stood at the last decision that a store was told of."""
    store = RunStore(campaign, address)
    store.open()
    try:
        return _anchor_in(store)
    finally:
        store.close()


def _anchor_in(store: RunStore) -> Anchor | None:
    position, _, digest = (store.tag(ANCHOR_TAG) or "").partition(" ")
    return Anchor(int(position), digest) if position.isdigit() else None
