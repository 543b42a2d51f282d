from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.decide import Situation
from controller.order import Done, SetPriority
from tests.controller.doubles import FakeCompute
from tests.controller.test_control_orders import Session, Starting, observed


@given(n_slots=st.integers(1, 2000), share_pct=st.integers(1, 99))
def test_a_share_is_a_ceiling_and_never_nothing(n_slots: int, share_pct: int) -> None:
    limit = Situation(n_slots).in_flight_limit(share_pct)
    assert limit >= 1
    assert limit == 1 or limit <= n_slots * share_pct / 100


def test_all_of_the_workers_have_one_job_each_in_hand() -> None:
    assert Situation(4).in_flight_limit() == 8
    assert Situation(0).in_flight_limit(50) == 0


@pytest.mark.parametrize("seed", range(3))
def test_a_campaign_with_half_the_workers_holds_half_of_them_and_ends(
    tmp_path: Path, seed: int
) -> None:
    compute = Starting(seed=seed)
    compute.n_slots = 4
    most = 0

    async def person(session: Session) -> None:
        nonlocal most
        await session.until(observed(2))
        done = await session.order(SetPriority(campaign="small", share_pct=50))
        assert isinstance(done, Done)
        while len(session.compute.jobs) > 2:
            await session.settle(1)
        while session.state.phase != "finished":
            most = max(most, len(session.compute.jobs))
            await session.settle(1)

    outcome = Session(tmp_path / "journal.db", compute).run(person)
    assert outcome.state.reason == "budget"
    assert len(outcome.state.observations) == 11
    assert outcome.state.share_pct == 50
    assert most <= 2


def test_the_share_outlives_the_session(tmp_path: Path) -> None:
    async def person(session: Session) -> None:
        await session.until(observed(1))
        await session.order(SetPriority(campaign="small", share_pct=25, reason="night"))
        raise KeyboardInterrupt

    path = tmp_path / "journal.db"
    with pytest.raises(KeyboardInterrupt):
        Session(path, FakeCompute(is_patient=True)).run(person)
    after = Session(path, FakeCompute())
    assert after.state.share_pct == 25
    after.journal.close()
