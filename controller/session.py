"""One session of ``run``: take the home, run the loop, hand everything back in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agents.json_log import json_log
from agents.messages import Configure
from agents.wiring import refuse_unknown_cell, refuse_unknown_parts
from controller import wiring
from controller.campaign_file import LoadedCampaign
from controller.cli import INTERRUPTED
from controller.clock import Clock
from controller.compute import Compute
from controller.control import Control
from controller.control_socket import control_socket, user_name
from controller.events import Event, UpgradeChoice
from controller.fast_start import BackgroundCheck, StateKeeper, open_journal
from controller.home import Home, HomeLock, make_home
from controller.inbox import Inbox
from controller.journal import Journal
from controller.lab_opening import require_instrument
from controller.lab_stops import owed_stops
from controller.metrics import MeasuredView, Metrics, served
from controller.opening import open_campaign
from controller.outcome import Outcome
from controller.projection_process import ProjectionProcess, keep_alive
from controller.retention import dropped_voxels
from controller.snapshot import ProgressView
from controller.state import State
from controller.tracking_address import tracking_address
from controller.watched_journal import WatchedJournal
from controller.webhooks import Webhooks, open_webhooks
from experiments.errors import Invalid

_PROJECTION_PATIENCE_S: Final = 30.0
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class SessionOptions:
    """How to run, as far as it changes no result."""

    ray_address: str | None = None
    n_workers: int | None = None
    stop_after: int | None = None
    take_over: bool = False
    metrics_port: int | None = None
    """Where scrapes are answered, on the loopback address; None nowhere."""
    after_upgrade: UpgradeChoice | None = None
    """What becomes of results of earlier versions; None asks."""
    mlflow_uri: str | None = None
    """Where the MLflow runs go; None is the environment's choice, or the home's own store."""


@dataclass(frozen=True)
class SessionResult:
    """What a session left behind."""

    home: Home
    outcome: Outcome
    was_finished: bool
    """The campaign was at its end already, and nothing was run."""


def run_session(
    loaded: LoadedCampaign,
    home_path: Path,
    options: SessionOptions,
    announce: Callable[[str], None],
) -> SessionResult:
    """Start or resume a campaign and go on until it ends or is stopped.

    Raises ``Invalid`` and ``HomeInUse`` before anything is run, and whatever made going on
    impossible; everything acknowledged is stored then too.
    """
    address = options.ray_address
    if address is not None and address.startswith("ray://"):
        raise Invalid(
            f"--ray {address}: Ray client addresses are not supported; start on a node of the "
            "cluster with --ray auto or --ray HOST:6379"
        )
    refuse_unknown_parts(loaded.campaign)
    refuse_unknown_cell(loaded.campaign)
    require_instrument(loaded.campaign, home_path)
    name = loaded.campaign.name
    tracking = tracking_address(options.mlflow_uri, os.environ, home_path, name)
    home = make_home(home_path)
    with contextlib.ExitStack() as held:
        lock = HomeLock(home, take_over=options.take_over)
        held.callback(lock.release)
        held.enter_context(json_log(home.logs / "control.jsonl"))
        log = logging.getLogger("cellwright.control").warning
        clock = wiring.clock()
        projection = ProjectionProcess(home, name, tracking, os.environ, log)
        webhooks = open_webhooks(home, clock, log, announce)
        metrics = Metrics(
            home,
            is_projection_behind=lambda: projection.is_behind,
            webhooks=webhooks.outcomes,
        )
        held.enter_context(served(metrics, options.metrics_port))
        journal, kept = open_journal(
            home,
            loaded.campaign.name,
            lambda trusted: WatchedJournal(home.journal, clock, metrics.appended, trusted=trusted),
        )
        held.callback(journal.close)
        state = open_campaign(
            journal,
            loaded,
            kept,
            when_over=lambda over: _stop_builds(over, home, journal, clock, announce),
        )
        if state.phase == "finished":
            return SessionResult(home, Outcome(state, "finished"), was_finished=True)
        if gone := dropped_voxels(state):
            wiring.delete_artifacts(home, gone)
        held.callback(webhooks.close)
        held.callback(_catch_up, projection, announce)
        keeper = StateKeeper(home, journal, log)
        keeper.begin(state, is_kept=kept is not None)
        held.callback(keeper.close)
        view = MeasuredView(wiring.view(), metrics)
        held.callback(view.close)
        compute = wiring.compute(home)
        inbox = Inbox()
        control = Control(
            state,
            journal=journal,
            compute=compute,
            configure=_configure(loaded, home, options),
            view=view,
            clock=clock,
            inbox=inbox,
            after_upgrade=options.after_upgrade,
            user=user_name(os.getuid()),
            lab=wiring.lab(home, state.campaign, clock, log),
            stop_after=options.stop_after,
            when_stored=lambda state: _follow(projection, keeper, webhooks, state),
            delete=lambda artifacts: wiring.delete_artifacts(home, artifacts),
            log=log,
        )
        if state.pause is not None:
            announce(f"paused {state.pause.words}; to lift it: cellwright resume {name}")
        check = None
        if kept is not None:  # what its position lies beyond was not looked at yet
            check = BackgroundCheck(home.journal, lambda fault: control.ask_to_stop(fault.message))
            held.callback(check.close)
        work = _listen(home, inbox, lambda: _run(control, compute, view, announce))
        outcome = asyncio.run(_beside(keep_alive(projection), work))
        if check is not None and check.fault is not None:
            raise check.fault
        return SessionResult(home, outcome, was_finished=False)


def _stop_builds(
    over: State, home: Home, journal: Journal, clock: Clock, announce: Callable[[str], None]
) -> None:
    """Have the lab stop what a campaign that is over still owes it."""
    if not owed_stops(over):
        return

    def store(events: Sequence[Event]) -> None:
        journal.append(over.campaign.name, events)

    lab = wiring.lab(home, over.campaign, clock, announce)
    if lab is not None:
        asyncio.run(lab.only_stop(over, store))


def _configure(loaded: LoadedCampaign, home: Home, options: SessionOptions) -> Configure:
    return Configure(
        campaign=loaded.campaign,
        home=str(home.path),
        artifact_url=home.artifacts.as_uri(),
        ray_address=options.ray_address,
        n_workers=options.n_workers,
    )


async def _listen(
    home: Home, inbox: Inbox, work: Callable[[], Coroutine[None, None, Outcome]]
) -> Outcome:
    """Take orders while the work goes on."""
    async with control_socket(home, inbox):
        return await work()


async def _beside(
    care: Coroutine[None, None, None], work: Coroutine[None, None, Outcome]
) -> Outcome:
    """Do the work, with something that has no end going on beside it."""
    caring = asyncio.create_task(care)
    try:
        return await work
    finally:
        caring.cancel()


async def _run(
    control: Control, compute: Compute, view: ProgressView, announce: Callable[[str], None]
) -> Outcome:
    """Run the loop with the first signal stopping it in order and the second one at once."""
    signals = 0

    def stop(number: signal.Signals) -> None:
        nonlocal signals
        signals += 1
        if signals > 1:
            compute.kill()
            view.close()
            os._exit(INTERRUPTED)
        control.ask_to_stop(number.name)
        announce("stopping; everything is being saved (once more: stop at once)")

    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop, number)
    try:
        return await control.run()
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


def _follow(
    projection: ProjectionProcess, keeper: StateKeeper, webhooks: Webhooks, state: State
) -> None:
    """Tell those who follow the journal of news.

    The projection starts with the first observation, so that it delays nothing before: it takes
    seconds of processor time that the first jobs need on a small machine, and has little to show
    without an observation.
    """
    keeper.note(state)
    webhooks.wake()
    if state.observations:
        projection.wake()


def _catch_up(projection: ProjectionProcess, announce: Callable[[str], None]) -> None:
    if not projection.close(_PROJECTION_PATIENCE_S):
        announce("the MLflow runs are behind the journal; the next run brings them up to date")
