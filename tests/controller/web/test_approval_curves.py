"""Who decides sees discharge, charge and plating margin with bands, or what is missing of them."""

from __future__ import annotations

from pathlib import Path

from tests.controller.synthetic_curves import with_curves
from tests.controller.web.room import Room, opened_room

SIMULATED = "p3"
"""The proposal whose very design was simulated at the level that keeps curves."""


def page_of(room: Room, proposal: str = SIMULATED) -> str:
    client = room.signed_in("approver")
    answer = client.get(f"/campaigns/{room.campaign}/proposals/{proposal}")
    assert answer.status_code == 200
    return answer.text.replace("\u00a0", " ")


def test_curves_stand_with_bands_that_say_what_they_are(tmp_path: Path) -> None:
    with opened_room(tmp_path, n_proposals=3, observed=with_curves) as room:
        text = page_of(room)
        for figure in ("discharge", "charge", "plating-margin"):
            assert f'id="{figure}"' in text
        assert text.count("Band: lowest to highest of 2 volumes") >= 3
        assert "12.4 mV (9.1 to 12.4 over 2 volumes) at its lowest" in text
        assert "no band" not in text
        assert "No charge" not in text
        twin = text.split("/figures/plating-margin/data")[0].rsplit("/observations/", 1)[1]
        base = f"/campaigns/{room.campaign}/observations/{twin}"
        client = room.signed_in("viewer")
        lines = client.get(f"{base}/figures/plating-margin/data").text.splitlines()
        assert "Plating margin (mV)" in lines[0]
        assert any(line.startswith("lowest of volumes") for line in lines)
        assert 'id="charge"' in client.get(base).text


def test_what_older_observations_lack_is_said(tmp_path: Path) -> None:
    with opened_room(tmp_path, n_proposals=3) as room:
        text = page_of(room)
    assert 'id="discharge"' in text
    assert 'id="charge"' not in text
    assert "2 volumes were simulated at fine, but their single curves are not kept" in text
    assert text.count("of its simulation no charge is kept: it is older than kept charges") == 2


def test_a_simulation_at_another_level_is_told_to_have_no_charge(tmp_path: Path) -> None:
    with opened_room(tmp_path, n_proposals=3) as room:
        text = page_of(room, "p1")
    assert "charges are simulated at fine, not at coarse" in text
    assert "Simulated at coarse, where no picture and no curve is kept" in text
    assert "very design was not simulated" not in text


def test_a_simulation_without_kept_curves_says_so(tmp_path: Path) -> None:
    with opened_room(tmp_path, n_proposals=3) as room:
        state = room.service.campaign(room.campaign).state
        design = state.proposals[SIMULATED].proposal.request.design
        (twin,) = [one for one in state.observations.values() if one.job.design == design]
        artifact = twin.provenance.artifacts["curve"]
        Path(artifact.url.removeprefix("file://")).unlink()
        text = page_of(room)
    assert 'id="discharge"' not in text
    assert "Its curves are not kept." in text
