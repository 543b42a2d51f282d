from __future__ import annotations

import hashlib
import itertools
import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from controller.cli import exit_status
from controller.events import Amended, Observed, Recorded, Resumed
from controller.home import Home, make_home
from controller.journal import Journal, JournalReader
from controller.run_store import CAMPAIGN_TAG, EVENT_TAG, JOB_TAG, PARENT_TAG, POSITION_TAG
from controller.tracking import Tracker
from experiments.budget import Budget, Stopping
from tests.controller.doubles import ManualClock
from tests.controller.synthetic_campaign import ENERGY, write_campaign

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own, on import


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store without runs: making one takes MLflow seconds of migrations."""
    from mlflow import MlflowClient

    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    client = MlflowClient(tracking_uri=f"sqlite:///{path}")
    client.search_experiments()
    client._tracking_client.store.engine.dispose()
    return path


def project(home: Home, name: str) -> None:
    tracker = Tracker(home, name)
    tracker.start()
    with JournalReader(home.journal) as journal:
        tracker.catch_up(journal)
    tracker.close()


def runs_of(home: Home, name: str) -> list[Any]:
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{home.path / 'mlflow.db'}")
    experiment = client.get_experiment_by_name(name)
    assert experiment is not None
    return list(client.search_runs([experiment.experiment_id], max_results=1000))


def tree(home: Home, name: str) -> list[tuple[Any, ...]]:
    """Return everything but the run ids, which MLflow draws."""
    runs = runs_of(home, name)
    names = {run.info.run_id: run.info.run_name for run in runs}
    return sorted(
        (
            run.info.run_name,
            run.info.status,
            run.info.start_time,
            run.info.end_time,
            names.get(run.data.tags.get(PARENT_TAG, ""), ""),
            sorted(run.data.params.items()),
            sorted(run.data.metrics.items()),
            sorted(
                (key, value)
                for key, value in run.data.tags.items()
                if not key.startswith("mlflow.") and not key.startswith("artifact.")
            ),
        )
        for run in runs
    )


@pytest.fixture(scope="module")
def projected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, str]:
    home, name = write_campaign(tmp_path_factory.mktemp("tracked") / "home", n=20)
    project(home, name)
    return home, name


def test_every_observation_is_a_run_under_the_campaigns(projected: tuple[Home, str]) -> None:
    runs = runs_of(*projected)
    (campaign,) = [run for run in runs if JOB_TAG not in run.data.tags]
    children = [run for run in runs if JOB_TAG in run.data.tags]
    assert len(children) == 20
    assert {run.data.tags[PARENT_TAG] for run in children} == {campaign.info.run_id}
    assert campaign.info.status == "FINISHED"
    assert campaign.data.metrics[f"best/{ENERGY}"] > 200


def test_a_run_holds_design_metrics_seed_versions_hashes_and_figures(
    projected: tuple[Home, str],
) -> None:
    from mlflow import MlflowClient

    home, name = projected
    child = next(run for run in runs_of(home, name) if run.data.params.get("fidelity") == "fine")
    assert float(child.data.params["positive.porosity"]) == pytest.approx(0.32, abs=0.13)
    assert child.data.params["seed"].isdigit()
    assert child.data.metrics[ENERGY] > 200
    assert child.data.tags["version.pybamm"] == "26.10"
    assert len(child.data.tags["sha256.voxels"]) == 64
    client = MlflowClient(tracking_uri=f"sqlite:///{home.path / 'mlflow.db'}")
    files = {item.path for item in client.list_artifacts(child.info.run_id)}
    assert {"observation.json", "discharge_150W.svg", "slice"} <= files
    samples = client.get_metric_history(child.info.run_id, f"{ENERGY}/samples")
    assert [sample.step for sample in samples] == [0, 1]


def test_the_times_are_the_events_and_not_the_projections(projected: tuple[Home, str]) -> None:
    for run in runs_of(*projected):
        assert 1772442000000 <= run.info.start_time < run.info.end_time < 1772445600000


def test_projecting_again_changes_nothing(projected: tuple[Home, str]) -> None:
    before = tree(*projected)
    project(*projected)
    assert tree(*projected) == before


def test_a_lost_cursor_and_a_half_made_run_make_nothing_twice(projected: tuple[Home, str]) -> None:
    from mlflow import MlflowClient

    home, name = projected
    before = tree(home, name)
    client = MlflowClient(tracking_uri=f"sqlite:///{home.path / 'mlflow.db'}")
    for run in runs_of(home, name):
        if JOB_TAG not in run.data.tags:
            client.set_tag(run.info.run_id, POSITION_TAG, "3")
    half = next(run for run in runs_of(home, name) if JOB_TAG in run.data.tags)
    client.delete_tag(half.info.run_id, "cellwright.complete")
    project(home, name)
    assert tree(home, name) == before


def copied(home: Home, folder: Path, empty_store: Path) -> Home:
    """Return another home with the same journal, and nothing projected."""
    again = make_home(folder / "again")
    shutil.copy(home.journal, again.journal)
    shutil.copy(empty_store, again.path / "mlflow.db")
    return again


class Until(JournalReader):
    """A journal that ends early, as it did a moment ago."""

    def __init__(self, path: Path, last: int) -> None:
        super().__init__(path)
        self._last_position = last

    def read(self, campaign: str, *, after: int = 0) -> Iterator[Recorded]:
        return itertools.takewhile(
            lambda recorded: recorded.position <= self._last_position,
            super().read(campaign, after=after),
        )


def test_a_store_rebuilt_from_nothing_in_two_goes_holds_the_same_tree(
    projected: tuple[Home, str], empty_store: Path, tmp_path: Path
) -> None:
    home, name = projected
    again = copied(home, tmp_path, empty_store)
    first = Tracker(again, name)
    first.start()
    with Until(again.journal, 21) as journal:
        first.catch_up(journal)
    first.close()
    (campaign,) = [run for run in runs_of(again, name) if JOB_TAG not in run.data.tags]
    assert campaign.info.status == "RUNNING"
    project(again, name)
    assert tree(again, name) == tree(home, name)


def test_an_event_that_is_projected_at_the_second_try_is_counted_once(
    projected: tuple[Home, str],
    empty_store: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home, name = projected
    again = copied(home, tmp_path, empty_store)
    tracker = Tracker(again, name)
    tracker.start()
    with JournalReader(again.journal) as journal:
        end_run, calls = tracker._store._client.set_terminated, itertools.count(1)

        def end_run_until_the_disk_is_full(*run: Any, **how: Any) -> None:
            if next(calls) == 9:
                raise OSError("the disk is full")
            end_run(*run, **how)

        with monkeypatch.context() as broken:
            broken.setattr(tracker._store._client, "set_terminated", end_run_until_the_disk_is_full)
            with pytest.raises(OSError, match="disk"):
                tracker.catch_up(journal)
        tracker.catch_up(journal)
    assert tracker._results is not None
    assert tracker._results.n == _n_searched(again, name)
    tracker.close()


def _n_searched(home: Home, name: str) -> int:
    with JournalReader(home.journal) as journal:
        events = [recorded.event for recorded in journal.read(name)]
    return sum(isinstance(e, Observed) and e.observation.job.purpose == "search" for e in events)


def test_failures_are_failed_runs_with_their_kind(projected: tuple[Home, str]) -> None:
    failed = [run for run in runs_of(*projected) if run.info.status == "FAILED"]
    assert failed
    assert {run.data.tags["cellwright.failure"] for run in failed} == {"not_percolating"}


def test_the_campaigns_run_says_why_it_ended(projected: tuple[Home, str]) -> None:
    (campaign,) = [run for run in runs_of(*projected) if JOB_TAG not in run.data.tags]
    assert campaign.info.status == "FINISHED"
    assert campaign.data.tags["cellwright.reason"] == "budget"


def test_an_amended_budget_is_the_one_the_run_shows(
    projected: tuple[Home, str], empty_store: Path, tmp_path: Path
) -> None:
    home, name = projected
    again = copied(home, tmp_path, empty_store)
    project(again, name)
    assert shown_budget(again, name) == {"evaluations": {"coarse": 24, "fine": 8}}
    with closing(Journal(again.journal, ManualClock())) as journal:
        budget = Budget(evaluations={"coarse": 30, "fine": 9})
        journal.append(name, [Resumed(), Amended(budget=budget, stopping=Stopping(), text="")])
    project(again, name)
    assert shown_budget(again, name) == {"evaluations": {"coarse": 30, "fine": 9}}


def shown_budget(home: Home, name: str) -> dict[str, Any]:
    (campaign,) = [run for run in runs_of(home, name) if JOB_TAG not in run.data.tags]
    assert "budget" not in campaign.data.params
    found: dict[str, Any] = json.loads(campaign.data.tags["cellwright.budget"])
    return found


def artifacts(home: Home, name: str) -> dict[str, dict[str, str]]:
    """Return the hashes of all files by run name and path."""
    folder, found = home.path / "mlflow-artifacts" / name, {}
    for run in runs_of(home, name):
        below = folder / run.info.run_id / "artifacts"
        found[run.info.run_name] = {
            str(path.relative_to(below)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(below.rglob("*"))
            if path.is_file()
        }
    return found


def test_rebuilt_from_nothing_by_the_command_it_is_the_same_tree_of_runs_and_files(
    projected: tuple[Home, str], capsys: pytest.CaptureFixture[str]
) -> None:
    home, name = projected
    before, files, ids = tree(home, name), artifacts(home, name), run_ids(home, name)
    assert sum(len(one) for one in files.values()) > 30
    assert exit_status(["track", name, "--home", str(home.path), "--rebuild"]) == 0
    assert "21 older ones deleted" in capsys.readouterr().err
    assert tree(home, name) == before
    assert artifacts(home, name) == files
    assert not ids & run_ids(home, name)


def test_a_second_run_of_an_event_is_found_and_deleted(projected: tuple[Home, str]) -> None:
    """As it is made where a server dies after it made a run and before it said so."""
    from mlflow import MlflowClient

    home, name = projected
    before = tree(home, name)
    client = MlflowClient(tracking_uri=f"sqlite:///{home.path / 'mlflow.db'}")
    one = next(run for run in runs_of(home, name) if JOB_TAG in run.data.tags)
    tags = {key: one.data.tags[key] for key in (JOB_TAG, EVENT_TAG, CAMPAIGN_TAG, PARENT_TAG)}
    late = one.info.start_time + 60_000
    client.create_run(one.info.experiment_id, start_time=late, tags=tags)
    assert len(runs_of(home, name)) == len(before) + 1
    project(home, name)
    assert tree(home, name) == before


def test_of_two_runs_of_an_event_the_complete_one_stays(projected: tuple[Home, str]) -> None:
    from mlflow import MlflowClient

    home, name = projected
    before = tree(home, name)
    client = MlflowClient(tracking_uri=f"sqlite:///{home.path / 'mlflow.db'}")
    one = next(run for run in runs_of(home, name) if JOB_TAG in run.data.tags)
    tags = {key: one.data.tags[key] for key in (JOB_TAG, EVENT_TAG, CAMPAIGN_TAG, PARENT_TAG)}
    early = one.info.start_time - 1000
    client.create_run(one.info.experiment_id, start_time=early, tags=tags)
    project(home, name)
    assert one.info.run_id in run_ids(home, name)
    assert tree(home, name) == before


def test_a_campaign_that_is_not_there_is_refused(
    projected: tuple[Home, str], capsys: pytest.CaptureFixture[str]
) -> None:
    home, name = projected
    assert exit_status(["track", "other", "--home", str(home.path)]) == 2
    assert f"it holds: {name}" in capsys.readouterr().err


def run_ids(home: Home, name: str) -> set[str]:
    return {run.info.run_id for run in runs_of(home, name)}
