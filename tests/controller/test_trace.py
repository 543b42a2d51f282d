from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.cli import exit_status
from controller.home import Home
from controller.journal import JournalReader
from controller.stored_campaign import read_campaign
from controller.trace import find_job, trace
from experiments.errors import Invalid
from tests.controller.synthetic_campaign import write_campaign


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    made, _ = write_campaign(tmp_path_factory.mktemp("trace") / "home", n=9)
    return made


def test_a_job_is_found_by_its_beginning_or_as_the_best(home: Home) -> None:
    state = read_campaign(home.path, None).state
    some = next(iter(state.dispatches))
    assert find_job(state, some[:6]) == some
    assert find_job(state, some) == some
    assert find_job(state, "best") in state.observations
    with pytest.raises(Invalid, match="no job 'zzzz'; give best"):
        find_job(state, "zzzz")
    with pytest.raises(Invalid, match="no job"):
        find_job(state, "")


def test_a_trace_leads_back_to_design_seed_versions_worker_files_and_journal(home: Home) -> None:
    stored = read_campaign(home.path, None)
    job_id = find_job(stored.state, "best")
    observation = stored.state.observations[job_id]
    with JournalReader(home.journal) as journal:
        events = list(journal.read("quickstart"))
        found = trace(stored.state, events, job_id)
    assert found.design == observation.job.design.values
    assert found.seed == observation.job.seed
    assert found.candidate is not None
    assert found.candidate.reason == "sobol start"
    assert found.observed is not None
    assert found.compute_started is not None
    assert found.compute_started.position < found.dispatched.position < found.observed.position
    at = {recorded.position: recorded for recorded in events}
    assert found.observed.hash == at[found.observed.position].hash
    assert [stage.key for stage in found.stages] == [
        record.key for record in observation.provenance.stages
    ]
    assert found.programs == observation.provenance.versions
    assert found.artifacts == observation.provenance.artifacts
    assert found.metrics == {name: one.value for name, one in observation.metrics.items()}


def test_every_observation_can_be_traced(home: Home) -> None:
    stored = read_campaign(home.path, None)
    with JournalReader(home.journal) as journal:
        events = list(journal.read("quickstart"))
    for job_id in stored.state.dispatches:
        found = trace(stored.state, events, job_id)
        assert type(found).model_validate_json(found.model_dump_json()) == found


def test_the_command_prints_words_or_one_document(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["trace", "quickstart", "best", "--home", str(home.path)]
    assert exit_status(words) == 0
    out = capsys.readouterr().out
    for name in ("seed", "design", "chosen", "dispatched", "observed", "programs", "file"):
        assert f"\n{name}" in out
    assert exit_status([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["job_id"] in out
    assert exit_status(["trace", "quickstart", "zzzz", "--home", str(home.path)]) == 2


def test_nothing_is_told_of_a_place_that_is_not_known(home: Home, tmp_path: Path) -> None:
    stored = read_campaign(home.path, None)
    with JournalReader(home.journal) as journal:
        found = trace(stored.state, journal.read("quickstart"), find_job(stored.state, "best"))
    for stage in found.stages:
        assert stage.container is None
        assert (stage.node is None) == (stage.process is None)
