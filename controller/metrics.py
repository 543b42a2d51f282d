"""A running campaign in numbers for Prometheus: a file in the home, and on request a local port.

The file is for node_exporter's textfile collector; the port listens on the loopback address alone.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from prometheus_client import CollectorRegistry, Histogram, generate_latest, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from controller.home import Home
from controller.snapshot import ProgressView, Snapshot
from controller.webhooks.progress import Outcome
from experiments.errors import Invalid

_EVERY_S: Final = 15.0
_APPEND_BUCKETS_S: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


class Metrics(Collector):
    """What a scrape gets: the latest snapshot, and how long the journal takes."""

    def __init__(
        self,
        home: Home,
        *,
        is_projection_behind: Callable[[], bool],
        webhooks: Callable[[], Mapping[str, Outcome]] = dict,
    ) -> None:
        self._home = home
        self._is_projection_behind = is_projection_behind
        self._webhooks = webhooks
        self._snapshot: Snapshot | None = None
        self._wrote_s = float("-inf")
        self.registry = CollectorRegistry()
        self.registry.register(self)
        self._append = Histogram(
            "cellwright_journal_append_seconds",
            "Time until events are on the disk.",
            buckets=_APPEND_BUCKETS_S,
            registry=self.registry,
        )

    def appended(self, seconds: float, n_events: int) -> None:
        """Take note of an append to the journal."""
        self._append.observe(seconds)

    def update(self, snapshot: Snapshot, *, is_last: bool = False) -> None:
        """Take a newer moment, and now and then write the file."""
        self._snapshot = snapshot
        now_s = time.monotonic()
        if is_last or now_s - self._wrote_s >= _EVERY_S:
            self._wrote_s = now_s
            with contextlib.suppress(OSError):  # a full disk is told elsewhere
                self._write()

    def close(self) -> None:
        """Write the last moment."""
        if self._snapshot is not None:
            self.update(self._snapshot, is_last=True)

    def collect(self) -> Iterator[Metric]:
        """Yield the numbers of the latest moment."""
        shown = self._snapshot
        if shown is None:
            return
        yield from _jobs(shown)
        yield from _machines(shown)
        yield _gauge("disk_free_bytes", "Room on the home's disk.", self._free_bytes())
        behind = float(self._is_projection_behind())
        yield _gauge("projection_behind", "1 while MLflow lags behind the journal.", behind)
        yield from _notices(self._webhooks())

    def _free_bytes(self) -> float:
        try:
            return float(shutil.disk_usage(self._home.path).free)
        except OSError:
            return float("nan")

    def _write(self) -> None:
        new = self._home.metrics.with_suffix(".new")
        new.write_bytes(generate_latest(self.registry))
        os.replace(new, self._home.metrics)


class MeasuredView:
    """A view whose moments become metrics too."""

    def __init__(self, view: ProgressView, metrics: Metrics) -> None:
        self._view = view
        self._metrics = metrics

    def update(self, snapshot: Snapshot) -> None:
        """Show a newer moment."""
        self._metrics.update(snapshot)
        self._view.update(snapshot)

    def close(self) -> None:
        """Leave the last moment on the screen and in the file."""
        self._metrics.close()
        self._view.close()


@contextlib.contextmanager
def served(metrics: Metrics, port: int | None) -> Iterator[None]:
    """Answer scrapes on a port of the loopback address while the context lasts; None on none.

    Raises ``Invalid`` where the port cannot be had.
    """
    if port is None:
        yield
        return
    try:
        server, thread = start_http_server(port, addr="127.0.0.1", registry=metrics.registry)
    except OSError as error:
        raise Invalid(f"--metrics {port}: cannot listen there: {error.strerror}") from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _jobs(shown: Snapshot) -> Iterator[Metric]:
    jobs = GaugeMetricFamily(
        "cellwright_jobs", "Search jobs by level and state.", labels=["fidelity", "state"]
    )
    for level in shown.levels:
        jobs.add_metric([level.fidelity, "done"], level.n_done - level.n_failed)
        jobs.add_metric([level.fidelity, "failed"], level.n_failed)
        jobs.add_metric([level.fidelity, "in_flight"], level.n_in_flight)
    yield jobs
    failures = CounterMetricFamily(
        "cellwright_failures", "Failed jobs by kind, the baseline's included.", labels=["kind"]
    )
    for kind, n in shown.failures.items():
        failures.add_metric([kind], n)
    yield failures
    yield _gauge("backlog", "Candidates that wait for a free worker.", shown.n_backlog)
    yield _gauge("journal_position", "Of the campaign's last event.", shown.position)
    if shown.refit_s is not None:
        yield _gauge("refit_seconds", "Time the last ranking took.", shown.refit_s)
    info = GaugeMetricFamily(
        "cellwright_campaign", "1 for the present phase.", labels=["campaign", "phase"]
    )
    info.add_metric([shown.campaign, str(shown.phase)], 1.0)
    yield info


def _machines(shown: Snapshot) -> Iterator[Metric]:
    yield _gauge("slots", "Jobs that can run at once.", shown.n_workers)
    yield _gauge("slots_busy", "Jobs that run.", shown.n_busy)
    restarts = CounterMetricFamily("cellwright_compute_restarts", "Lives of compute that ended.")
    restarts.add_metric([], shown.n_compute_lost)
    yield restarts
    yield _gauge("stuck_seconds", "How long nothing finished; 0 as usual.", shown.stuck_s)
    yield _gauge("paused", "1 while nothing is dispatched.", float(shown.paused is not None))


def _notices(outcomes: Mapping[str, Outcome]) -> Iterator[Metric]:
    notices = CounterMetricFamily(
        "cellwright_webhook_notices",
        "Notices by webhook: delivered or given up; failed counts attempts.",
        labels=["webhook", "outcome"],
    )
    for name, one in outcomes.items():
        notices.add_metric([name, "delivered"], one.n_delivered)
        notices.add_metric([name, "failed"], one.n_failed)
        notices.add_metric([name, "given_up"], one.n_given_up)
    if outcomes:
        yield notices


def _gauge(name: str, meaning: str, value: Any) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"cellwright_{name}", meaning, value=value)
