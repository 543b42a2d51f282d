"""The journal as MLflow runs: a campaign's run, and under it one run an observation.

A projection and nothing more: it can be deleted and rebuilt, and nothing is ever decided from it.
The campaign's run keeps the journal position it has seen; an observation's run is found by its
event before it is made, so that a crash at any point makes nothing twice.
"""

from __future__ import annotations

import logging
import os
from datetime import datetime
from typing import Any, Final

from controller.events import (
    Amended,
    CampaignStarted,
    Event,
    Finished,
    Interrupted,
    Observed,
    Recorded,
    Resumed,
)
from controller.home import Home
from controller.journal import JournalReader
from controller.label import objective_text
from controller.report.attachments import discharge_curves, first_volume, reader
from controller.report.curve_svg import curve_svg
from controller.report.picture import slice_png
from controller.run_record import RunValue, better_of, run_key, run_tags, run_values
from controller.tracking_address import TrackingAddress, tracking_address
from experiments.campaign import Campaign
from experiments.observation import Observation

CAMPAIGN_TAG: Final = "cellwright.campaign"
JOB_TAG: Final = "cellwright.job"
EVENT_TAG: Final = "cellwright.event"
"""The journal position of the observation: a job that is done again has a run for each result."""
POSITION_TAG: Final = "cellwright.position"
COMPLETE_TAG: Final = "cellwright.complete"
PARENT_TAG: Final = "mlflow.parentRunId"
_MAX_VALUE: Final = 5000
"""MLflow refuses parameters and tags beyond 6,000 and 8,000 characters."""
_QUIET: Final = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_DISABLE_AGENT_HINT": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",  # a request whose answer was lost would be done twice
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}


class Tracker:
    """Projects one campaign's events into an MLflow store, by default the one in its home."""

    def __init__(self, home: Home, campaign: str, address: TrackingAddress | None = None) -> None:
        self._address = address or tracking_address(None, {}, home.path, campaign)
        self._home = home
        self._name = campaign
        self._read = reader(home.artifacts)
        self._client: Any = None
        self._experiment = ""
        self._run = ""
        self._seen = 0
        self._noted = 0
        self._projected = 0
        self._children: dict[int, str] = {}
        self._complete: set[int] = set()
        self._campaign: Campaign | None = None
        self._best: float | None = None
        self._n_observed = 0

    def start(self) -> None:
        """Open the store, making it where there is none. Takes seconds."""
        os.environ.update(_QUIET)
        self._address.set_up(os.environ)
        from mlflow import MlflowClient

        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._client = MlflowClient(tracking_uri=self._address.uri)
        found = self._client.get_experiment_by_name(self._name)
        if found is None:
            self._experiment = self._client.create_experiment(
                self._name, artifact_location=self._address.artifacts
            )
        else:
            self._experiment = found.experiment_id
        self._find_runs()

    def catch_up(self, journal: JournalReader) -> None:
        """Project the events past those already projected."""
        before = self._projected
        for recorded in journal.read(self._name, after=self._seen):
            if recorded.position > self._noted:
                self._note(recorded.event)
                self._noted = recorded.position
            if recorded.position > self._projected:
                self._project(recorded)
                self._projected = recorded.position
            self._seen = recorded.position
        if self._run and self._projected > before:
            self._client.set_tag(self._run, POSITION_TAG, str(self._projected))

    def close(self) -> None:
        """Give the store's connections back."""
        store = getattr(getattr(self._client, "_tracking_client", None), "store", None)
        engine = getattr(store, "engine", None)
        if engine is not None:
            engine.dispose()
        self._client = None

    def forget(self) -> int:
        """Delete every run of the campaign, to project it from nothing; return how many.

        Deleted runs stay in MLflow's bin until somebody empties it.
        """
        runs = [*self._children.values(), *([self._run] if self._run else [])]
        for run in runs:
            self._client.delete_run(run)
        self._run, self._projected = "", 0
        self._children.clear()
        self._complete.clear()
        return len(runs)

    def _find_runs(self) -> None:
        """Learn what an earlier tracker made, oldest first; a second run of a job is deleted.

        There is one where a server died after it had made a run and before it could say so.
        """
        token = None
        while True:
            page = self._client.search_runs(
                [self._experiment],
                filter_string=f"tags.`{CAMPAIGN_TAG}` = '{self._name}'",
                max_results=1000,
                order_by=["attributes.start_time ASC", "attributes.run_id ASC"],
                page_token=token,
            )
            for run in page:
                self._learn_of(run.info.run_id, run.data.tags)
            token = page.token
            if not token:
                return

    def _learn_of(self, run: str, tags: dict[str, str]) -> None:
        event = int(tags.get(EVENT_TAG, "0"))
        known = self._children.get(event) if JOB_TAG in tags else self._run
        if known:
            self._client.delete_run(run)
        elif JOB_TAG not in tags:
            self._run, self._projected = run, int(tags.get(POSITION_TAG, "0"))
        else:
            self._children[event] = run
            if COMPLETE_TAG in tags:
                self._complete.add(event)

    def _note(self, event: Event) -> None:
        """Keep what later events need, whether or not this one was projected before."""
        if isinstance(event, CampaignStarted):
            self._campaign = event.campaign
        elif isinstance(event, Observed) and self._campaign is not None:
            observation = event.observation
            if observation.job.purpose == "search":
                self._n_observed += 1
                self._best = better_of(self._campaign, observation, self._best)

    def _project(self, recorded: Recorded) -> None:
        event = recorded.event
        match event:
            case CampaignStarted():
                self._start_campaign(event, recorded)
            case Observed():
                self._log_observation(event.observation, recorded)
            case Amended():
                self._client.log_text(self._run, event.text, "campaign.yaml")
                self._log(self._run, tags=_limits(event))
                self._set_status("RUNNING", "")
            case Resumed():
                self._set_status("RUNNING", "")
            case Interrupted():
                self._set_status("KILLED", event.reason, ended=recorded)
            case Finished():
                self._set_status("FINISHED", event.reason, ended=recorded)
            case _:
                pass

    def _start_campaign(self, event: CampaignStarted, recorded: Recorded) -> None:
        campaign = event.campaign
        if not self._run:
            made = self._client.create_run(
                self._experiment,
                start_time=_milliseconds(recorded.at),
                run_name=campaign.name,
                tags={CAMPAIGN_TAG: campaign.name, "cellwright.source": event.source},
            )
            self._run = made.info.run_id
        parameters = {
            "objectives": "; ".join(objective_text(campaign, one) for one in campaign.objectives),
            "target": campaign.target,
            "seed": campaign.seed,
            "decider": campaign.decider.name,
            "generator": campaign.generator.name,
            "cell": f"{campaign.cell.format}, {campaign.cell.parameter_set}",
        }
        self._log(self._run, parameters=parameters, tags=_limits(event.campaign))
        self._client.log_text(self._run, event.text, "campaign.yaml")

    def _log_observation(self, observation: Observation, recorded: Recorded) -> None:
        job = observation.job
        if recorded.position not in self._complete:
            run = self._child(observation, recorded)
            self._log(
                run,
                parameters={
                    **job.design.values,
                    "fidelity": job.fidelity,
                    "purpose": job.purpose,
                    "seed": job.seed,
                },
                metrics=run_values(observation),
                at=recorded.at,
                tags=run_tags(observation),
            )
            self._log_files(run, observation)
            self._client.set_terminated(
                run,
                status="FAILED" if observation.is_failed else "FINISHED",
                end_time=_milliseconds(observation.provenance.finished_at or recorded.at),
            )
            self._client.set_tag(run, COMPLETE_TAG, "true")
            self._complete.add(recorded.position)
        self._log_progress(recorded)

    def _child(self, observation: Observation, recorded: Recorded) -> str:
        """Return the observation's run, made now or by a tracker that did not get to its end."""
        job = observation.job
        if recorded.position not in self._children:
            made = self._client.create_run(
                self._experiment,
                start_time=_milliseconds(observation.provenance.started_at or recorded.at),
                run_name=f"{job.fidelity} {job.id[:8]}"
                + (" baseline" if job.purpose == "baseline" else ""),
                tags={
                    JOB_TAG: job.id,
                    EVENT_TAG: str(recorded.position),
                    CAMPAIGN_TAG: self._name,
                    PARENT_TAG: self._run,
                },
            )
            self._children[recorded.position] = made.info.run_id
        return self._children[recorded.position]

    def _log_files(self, run: str, observation: Observation) -> None:
        """Write the figures and the whole observation beside the run."""
        self._client.log_text(run, observation.model_dump_json(indent=1), "observation.json")
        for curve in discharge_curves(observation, self._read):
            title = f"Discharge at {curve.power_W:g} W"
            self._client.log_text(run, curve_svg(curve, title), f"discharge_{curve.power_W:g}W.svg")
        volume = first_volume(observation, self._read)
        if volume is not None:
            path = self._home.path / "mlflow-artifacts" / f"{observation.job.id}-slice.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(slice_png(volume[0]))
            self._client.log_artifact(run, str(path), "slice")
            path.unlink()

    def _log_progress(self, recorded: Recorded) -> None:
        """Log the campaign's best so far against the number of results."""
        campaign = self._campaign
        if campaign is None or self._best is None:
            return
        key = f"best/{run_key(campaign.metric_key(campaign.objectives[0]))}"
        value = RunValue(key, self._best, self._n_observed)
        self._log(self._run, metrics=[value], at=recorded.at)

    def _set_status(self, status: str, reason: str, *, ended: Recorded | None = None) -> None:
        if ended is None:
            self._client.update_run(self._run, status=status)
        else:
            self._client.set_terminated(self._run, status=status, end_time=_milliseconds(ended.at))
        self._client.set_tag(self._run, "cellwright.reason", reason)

    def _log(
        self,
        run: str,
        *,
        parameters: dict[str, Any] | None = None,
        metrics: list[RunValue] | None = None,
        tags: dict[str, str] | None = None,
        at: str | None = None,
    ) -> None:
        from mlflow.entities import Metric, Param, RunTag

        self._client.log_batch(
            run,
            metrics=[
                Metric(one.key, one.value, _milliseconds(at or ""), one.step)
                for one in metrics or []
            ],
            params=[
                Param(key, str(value)[:_MAX_VALUE]) for key, value in (parameters or {}).items()
            ],
            tags=[RunTag(key, value[:_MAX_VALUE]) for key, value in (tags or {}).items()],
            synchronous=True,
        )


def _limits(of: Campaign | Amended) -> dict[str, str]:
    """Return budget and stopping as tags: an amendment changes them, a parameter stays for ever."""
    return {
        "cellwright.budget": of.budget.model_dump_json(exclude_defaults=True),
        "cellwright.stopping": of.stopping.model_dump_json(exclude_defaults=True),
    }


def _milliseconds(moment: str) -> int:
    return round(1000 * datetime.fromisoformat(moment).timestamp())
