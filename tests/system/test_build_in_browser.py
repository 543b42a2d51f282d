"""A build from the proposal to the measured cell, by people who have nothing but a browser.

Real Chromium, service, campaign and simulated lab; once on a desk with a pointer, and once on a
phone's width by the keyboard alone. Every page they come to is checked by axe-core.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.fold import fold
from controller.journal import JournalReader
from experiments.errors import CellwrightError
from tests.system.axe import grave_findings
from tests.system.browser import Browser
from tests.system.keyboard import Keyboard
from tests.system.live_room import LiveRoom, live_room
from tests.system.pointer import Pointer
from tests.system.served_room import PASSWORD, browsing, is_plotly_s_style, shot

pytestmark = pytest.mark.browser
SHOWN = "document.body.innerText"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveRoom]:
    with live_room(tmp_path_factory.mktemp("live")) as opened:
        yield opened


class Visitor:
    """Somebody in front of a browser, who notes what is wrong with every page they come to."""

    def __init__(self, browser: Browser, hands: Pointer | Keyboard, axe: str, name: str) -> None:
        self.browser, self.hands, self.axe, self.name = browser, hands, axe, name
        self.wrong: list[str] = []

    def sign_in(self, who: str) -> None:
        self.look("sign-in")
        self.hands.write("[name=name]", who)
        self.hands.write("[name=password]", PASSWORD)
        self.hands.send("Sign in")

    def look(self, page: str, *words: str) -> str:
        """Look at a page as it is now; return its text."""
        for one in words:
            self.browser.wait_for(f"{SHOWN}.includes({one!r})")
        if self.browser.evaluate("Boolean(document.querySelector('.plot'))"):
            self.browser.wait_for("document.documentElement.dataset.drawn !== undefined")
        too_wide_px = self.browser.overflow_px()
        self.wrong += [f"{page}: {too_wide_px} px too wide"] if too_wide_px > 0 else []
        self.wrong += [f"{page}: {one}" for one in grave_findings(self.browser, self.axe)]
        shot(self.browser, f"{page}-{self.name}")
        return str(self.browser.evaluate(SHOWN))


def is_expected(complaint: str) -> bool:
    """Say whether the console repeats a refusal that the test provokes, or plotly's styles."""
    is_refusal = "status of 403" in complaint and complaint.endswith("/decision")
    is_absence = "status of 404" in complaint and complaint.endswith("/campaigns/none")
    return is_refusal or is_absence or is_plotly_s_style(complaint)


def two_proposals(live: LiveRoom) -> tuple[str, str]:
    """Return the proposals that wait, once there are two."""
    deadline = time.monotonic() + 90.0
    while time.monotonic() < deadline:
        with contextlib.suppress(CellwrightError), JournalReader(live.home.journal) as reader:
            state = fold(reader.read("cells"))
            if state is not None and len(state.open_proposals) == 2:
                first, second = state.open_proposals
                return first.proposal.id, second.proposal.id
        time.sleep(0.2)
    raise AssertionError((live.home.path.parent / "run.log").read_text()[-2000:])


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("width", "theme", "kind", "thickness_um"),
    [(1280, "light", Pointer, "58"), (375, "dark", Keyboard, "62")],
)
def test_people_edit_approve_and_see_a_cell_built_and_reject_another(
    live: LiveRoom,
    tmp_path: Path,
    chromium: str,
    axe_core: str,
    width: int,
    theme: str,
    kind: type[Pointer] | type[Keyboard],
    thickness_um: str,
) -> None:
    with browsing(chromium, tmp_path) as browser:
        browser.resize(width, 812)
        browser.theme(theme)
        visitor = Visitor(browser, kind(browser), axe_core, str(width))
        first, second = two_proposals(live)
        build = edited_and_approved(visitor, live, first, thickness_um)
        seen_built(visitor, build)
        told = [json.loads(body) for _, _, body in live.receiver.came]
        there = [(one["event"], one["link"].rpartition("/cells/")[2]) for one in told]
        assert ("needs_you", f"proposals/{first}") in there
        assert ("decided", f"proposals/{first}") in there
        assert ("built", "builds") in there
        rejected(visitor, second)
        other_pages(visitor, live)
        assert not visitor.wrong, "\n".join(visitor.wrong)
        assert [one for one in browser.said if not is_expected(one)] == []
        outside = [u for u in browser.requested if not u.startswith((live.address, "data:"))]
        assert outside == ["about:blank"] * len(outside)


def edited_and_approved(visitor: Visitor, live: LiveRoom, proposal: str, thickness_um: str) -> str:
    """Have anna edit a proposal, which she cannot approve then, and bo approve it."""
    browser, hands = visitor.browser, visitor.hands
    browser.open(f"{live.campaign}/proposals/{proposal}")
    visitor.sign_in("anna")
    assert browser.evaluate("location.href") == f"{live.campaign}/proposals/{proposal}"
    text = visitor.look("proposal", "Approve this exact build", "Needs you: 2")
    assert "thickness" in text
    assert "Safety" in text
    hands.unfold("Edit…")
    hands.write("#edit [name='positive.thickness_um']", thickness_um)
    hands.write("#edit [name=text]", "the blade sticks")
    visitor.look("proposal-edit")
    hands.send("Ask for this instead")
    assert "Version 2: edited by anna" in visitor.look("proposal-edited", thickness_um)
    hands.send("Approve this exact build")
    visitor.look("refused", "another approves")
    hands.follow_link("Back to the campaigns")
    assert "approved" not in visitor.look("campaigns", "cells")
    hands.send("Sign out")
    visitor.sign_in("bo")
    hands.follow_link("Needs you: 2")
    visitor.look("needs-you")
    hands.follow(proposal)
    hands.write("#approve [name=text]", "fits Tuesday's session")
    hands.send("Approve this exact build")
    text = visitor.look("proposal-approved", "approved by bo")
    found = re.search(r"build (b\S+) is", text)
    assert found is not None, text
    return found[1]


def seen_built(visitor: Visitor, build: str) -> None:
    """Watch the campaign's page, which is never loaded again, until the cell is measured."""
    browser, hands = visitor.browser, visitor.hands
    hands.follow_link("cells")
    browser.evaluate("window.isSame = true")
    visitor.look("campaign", f"{build}: 1 good cell")
    assert "No build is under way" in str(browser.evaluate(SHOWN))
    assert browser.evaluate("window.isSame")
    hands.follow_link("Proposals and builds")
    assert "measured" in visitor.look("builds", build)


def rejected(visitor: Visitor, proposal: str) -> None:
    """Reject a proposal with a reason of the list, and words."""
    browser, hands = visitor.browser, visitor.hands
    hands.follow_link(proposal)
    hands.unfold("Reject…")
    hands.choose("#reject [value=cannot_make]")
    hands.write("#reject [name=text]", "the collector wrinkles")
    visitor.look("proposal-reject")
    hands.send("Reject this build")
    visitor.look("proposal-rejected", "rejected by bo", "the collector wrinkles")
    assert browser.evaluate("document.querySelector('#approve') === null")


def other_pages(visitor: Visitor, live: LiveRoom) -> None:
    """Look at whatever else there is."""
    browser, hands = visitor.browser, visitor.hands
    browser.open(f"{live.campaign}/audit")
    assert "approved" in visitor.look("audit", "the chain holds")
    browser.open(f"{live.address}/new")
    hands.send("Make the campaign file")
    visitor.look("new", "my-campaign", "checked")
    browser.open(live.campaign)
    job = browser.evaluate("document.querySelector('#moment a[href*=\"/observations/\"]').href")
    browser.open(job)
    visitor.look("observation", "Where it came from", "journal position")
    browser.open(f"{live.address}/campaigns/none")
    visitor.look("error")
