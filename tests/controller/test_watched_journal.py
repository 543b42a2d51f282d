from __future__ import annotations

import json
from pathlib import Path

from agents.json_log import json_log
from controller.events import CampaignStarted, Dispatched, Observed, Paused, Recorded
from controller.proposal_events import Signatory, Withdrawn
from controller.watched_journal import WatchedJournal, event_context
from experiments.job import new_job
from experiments.observation import FailureKind
from tests.controller.doubles import ManualClock, fail, small_campaign


def test_every_event_is_a_line_with_its_place_and_every_append_is_timed(tmp_path: Path) -> None:
    timed: list[tuple[float, int]] = []
    campaign = small_campaign()
    job = new_job("small", campaign.design.from_unit([0.5]), "fine", campaign_seed=1)
    with json_log(tmp_path / "x.jsonl"):
        journal = WatchedJournal(
            tmp_path / "journal.db", ManualClock(), lambda s, n: timed.append((s, n))
        )
        journal.append("small", [CampaignStarted(campaign=campaign, source="", text="")])
        observed = Observed(observation=fail(job, FailureKind.timed_out))
        journal.append("small", [Dispatched(job=job), observed, Paused(by="anna")])
        journal.append("small", [])
        journal.close()
    lines = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text().splitlines()]
    assert [line["message"] for line in lines] == [
        "campaign_started",
        "dispatched",
        "observed",
        "paused",
    ]
    assert [line["position"] for line in lines] == [1, 2, 3, 4]
    assert lines[2]["job"] == job.id
    assert lines[2]["failure"] == "timed_out"
    assert lines[3]["by"] == "anna"
    assert [n for _, n in timed] == [1, 3]
    assert all(seconds > 0 for seconds, _ in timed)


def test_who_signed_is_logged_by_name_role_and_method_and_not_as_a_whole(tmp_path: Path) -> None:
    by = Signatory(person="anna", roles=("approver",), sign_in="token", token_id="t0k3n1d")
    withdrawn = Withdrawn(proposal_id="p1", version=1, by=by, at="2026-11-22T00:00:00+00:00")
    context = event_context(Recorded(1, "small", 1, "now", 0.0, withdrawn, "0" * 64))
    assert context["by"] == "anna"
    assert (context["roles"], context["sign_in"]) == (["approver"], "token")
    assert "t0k3n1d" not in json.dumps(context, default=str)
