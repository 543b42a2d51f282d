"""An MLflow store with a campaign's runs in it: found again, made, written to and deleted.

The one file that speaks MLflow. A run is known by a tag with the journal position of its event, so
that whoever comes after a crash finds it instead of making another.
"""

from __future__ import annotations

import logging
import os
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

from controller.run_record import RunValue
from controller.tracking_address import TrackingAddress

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

Status = Literal["RUNNING", "KILLED", "FAILED", "FINISHED"]


class RunStore:
    """The runs of one campaign in one store."""

    def __init__(self, campaign: str, address: TrackingAddress) -> None:
        self._campaign = campaign
        self._address = address
        self._client: Any = None
        self._experiment = ""
        self._children: dict[int, str] = {}
        self._complete: set[int] = set()
        self.run = ""
        """Id of the campaign's own run; empty before there is one."""
        self.projected = 0
        """Journal position up to which the store says that it has everything."""

    def open(self) -> None:
        """Open the store, making it where there is none, and learn what is in it. Takes seconds."""
        os.environ.update(_QUIET)
        self._address.set_up(os.environ)
        from mlflow import MlflowClient

        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._client = MlflowClient(tracking_uri=self._address.uri)
        found = self._client.get_experiment_by_name(self._campaign)
        if found is None:
            self._experiment = self._client.create_experiment(
                self._campaign, artifact_location=self._address.artifacts
            )
        else:
            self._experiment = found.experiment_id
        self._find_runs()

    def close(self) -> None:
        """Give the store's connections back."""
        store = getattr(getattr(self._client, "_tracking_client", None), "store", None)
        engine = getattr(store, "engine", None)
        if engine is not None:
            engine.dispose()
        self._client = None

    def forget(self) -> int:
        """Delete every run of the campaign; return how many.

        Deleted runs stay in MLflow's bin until somebody empties it.
        """
        runs = [*self._children.values(), *([self.run] if self.run else [])]
        for run in runs:
            self._client.delete_run(run)
        self.run, self.projected = "", 0
        self._children.clear()
        self._complete.clear()
        return len(runs)

    def begin_campaign(self, at: str, tags: dict[str, str]) -> None:
        """Make the campaign's run where there is none yet."""
        if not self.run:
            made = self._client.create_run(
                self._experiment,
                start_time=_milliseconds(at),
                run_name=self._campaign,
                tags={CAMPAIGN_TAG: self._campaign, **tags},
            )
            self.run = made.info.run_id

    def is_complete(self, event: int) -> bool:
        """Say whether the run of an event has everything."""
        return event in self._complete

    def child(self, event: int, job: str, *, name: str, at: str) -> str:
        """Return the event's run, made now or by somebody who did not get to its end."""
        if event not in self._children:
            made = self._client.create_run(
                self._experiment,
                start_time=_milliseconds(at),
                run_name=name,
                tags={
                    JOB_TAG: job,
                    EVENT_TAG: str(event),
                    CAMPAIGN_TAG: self._campaign,
                    PARENT_TAG: self.run,
                },
            )
            self._children[event] = made.info.run_id
        return self._children[event]

    def found(self, event: int) -> str | None:
        """Return the event's run, or None where there is none."""
        return self._children.get(event)

    def complete(self, event: int, *, status: Status, at: str) -> None:
        """End the run of an event, which has everything now."""
        run = self._children[event]
        self._client.set_terminated(run, status=status, end_time=_milliseconds(at))
        self._client.set_tag(run, COMPLETE_TAG, "true")
        self._complete.add(event)

    def set_status(self, status: Status, reason: str, *, ended_at: str | None = None) -> None:
        """Say how the campaign's run stands, and why."""
        if ended_at is None:
            self._client.update_run(self.run, status=status)
        else:
            end = _milliseconds(ended_at)
            self._client.set_terminated(self.run, status=status, end_time=end)
        self._client.set_tag(self.run, "cellwright.reason", reason)

    def tag(self, name: str) -> str | None:
        """Return a tag of the campaign's run; None where there is no run or no such tag."""
        if not self.run:
            return None
        found: str | None = self._client.get_run(self.run).data.tags.get(name)
        return found

    def note_position(self, position: int) -> None:
        """Say in the store that it has everything up to a journal position."""
        self._client.set_tag(self.run, POSITION_TAG, str(position))
        self.projected = position

    def log(
        self,
        run: str,
        *,
        parameters: dict[str, Any] | None = None,
        metrics: list[RunValue] | None = None,
        tags: dict[str, str] | None = None,
        at: str | None = None,
    ) -> None:
        """Write values to a run, together; metrics have the time ``at``."""
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

    def log_text(self, run: str, text: str, name: str) -> None:
        """Write a text as a file of a run."""
        self._client.log_text(run, text, name)

    def log_file(self, run: str, path: Path, folder: str) -> None:
        """Copy a file into a folder of a run's files."""
        self._client.log_artifact(run, str(path), folder)

    def _find_runs(self) -> None:
        """Learn what was made before, oldest first; a second run of an event is deleted.

        There is one where a server died after it had made a run and before it could say so. Of two
        the one that has everything stays, else the older one.
        """
        token = None
        while True:
            page = self._client.search_runs(
                [self._experiment],
                filter_string=f"tags.`{CAMPAIGN_TAG}` = '{self._campaign}'",
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
        known = self._children.get(event) if JOB_TAG in tags else self.run
        is_better = JOB_TAG in tags and COMPLETE_TAG in tags and event not in self._complete
        if known and not is_better:
            self._client.delete_run(run)
            return
        if known:
            self._client.delete_run(known)
        if JOB_TAG not in tags:
            self.run, self.projected = run, int(tags.get(POSITION_TAG, "0"))
        else:
            self._children[event] = run
            if COMPLETE_TAG in tags:
                self._complete.add(event)


def _milliseconds(moment: str) -> int:
    return round(1000 * datetime.fromisoformat(moment).timestamp())
