"""The one place where control chooses its classes: view, compute, projector, report."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from controller.clock import Clock, SystemClock
from controller.compute import Compute
from controller.compute_link import compute_environment
from controller.home import Home
from controller.journal import Anchor
from controller.lab import Lab
from controller.lab_opening import open_lab
from controller.projection import Projector
from controller.snapshot import ProgressView
from controller.supervised_compute import SupervisedCompute
from controller.tracking_address import TrackingAddress
from experiments.campaign import Campaign
from experiments.observation import Artifact


def clock() -> Clock:
    """Return the machine's clock."""
    return SystemClock()


def view() -> ProgressView:
    """Return what shows progress on stderr."""
    from controller.terminal import progress_view

    return progress_view(sys.stderr)


def compute(home: Home) -> Compute:
    """Return compute as a watched process of its own."""
    environment = compute_environment(os.environ, Path.cwd())
    return SupervisedCompute(home.compute, home.logs / "compute.log", environment)


def delete_artifacts(home: Home, artifacts: Sequence[Artifact]) -> None:
    """Delete files of the home's artifact store; what cannot be deleted stays."""
    from agents.artifact_store import ArtifactStore

    store = ArtifactStore(home.artifacts.as_uri())
    for artifact in artifacts:
        with contextlib.suppress(OSError):
            store.delete(artifact)


def lab(home: Home, campaign: Campaign, clock: Clock, log: Callable[[str], None]) -> Lab | None:
    """Return the lab where the campaign's cells are built; None where none are."""
    return open_lab(home, campaign, clock, log)


def projector(home: Home, campaign: str, address: TrackingAddress) -> Projector:
    """Return the projector of the MLflow runs; imports mlflow."""
    from controller.tracking import Tracker

    made: Projector = Tracker(home, campaign, address)
    return made


def tracked_anchor(campaign: str, address: TrackingAddress) -> Anchor | None:
    """Return the audit's anchor in the MLflow run, as the projector finds it; imports mlflow."""
    from controller.tracking import stored_anchor

    return stored_anchor(campaign, address)


def report(home: Home, campaign: str, now: datetime) -> Path:
    """Write the campaign's report and return where it is; imports plotly."""
    from controller.report.build import write_report

    return write_report(home, campaign, now=now)
