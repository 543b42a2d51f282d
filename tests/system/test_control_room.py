"""The control room in a real Chromium, over a real server process, on a desk and on a phone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.controller.proposed_campaign import write_proposed
from tests.controller.synthetic_curves import with_curves
from tests.system.served_room import (
    PASSWORD,
    browsing,
    cellwright,
    is_plotly_s_style,
    service,
    shot,
    sign_in,
)

pytestmark = pytest.mark.browser


@contextlib.contextmanager
def served(folder: Path) -> Iterator[tuple[str, str]]:
    """Serve a home with three proposals; give the address and the campaign's name."""
    home, name = write_proposed(folder / "home", n=None, n_proposals=3, observed=with_curves)
    for who in ("approver", "second"):
        cellwright(home.path, "users", "add", who, "--role", "approver", stdin=PASSWORD + "\n")
    cellwright(home.path, "users", "role", "approver", "operator")
    with service(home.path) as address:
        yield address, name


def test_somebody_signs_in_reads_decides_and_is_heard_on_a_desk_and_on_a_phone(
    tmp_path: Path, chromium: str
) -> None:
    with served(tmp_path) as (address, name), browsing(chromium, tmp_path) as browser:
        campaign = f"{address}/campaigns/{name}"
        browser.resize(1280)
        browser.open(f"{campaign}/proposals/p1")
        assert "/sign-in?next=" in browser.evaluate("location.href")
        shot(browser, "sign-in")
        sign_in(browser, "approver")
        assert browser.evaluate("location.href") == f"{campaign}/proposals/p1"
        assert "Needs you: 3" in browser.evaluate("document.body.innerText")
        browser.wait_for("document.documentElement.dataset.drawn === '3'")
        assert browser.overflow_px() <= 0
        shot(browser, "proposal-1280")
        browser.fill("#approve [name=text]", "fits Tuesday's session")
        browser.submit("#approve button")
        assert "approved by approver" in browser.evaluate("document.body.innerText")
        assert "is queued" in browser.evaluate("document.body.innerText")

        browser.resize(375, 812)
        browser.theme("dark")
        browser.open(f"{campaign}/proposals/p1")
        browser.wait_for("document.documentElement.dataset.drawn === '3'")
        assert browser.overflow_px() <= 0
        shot(browser, "proposal-curves-375")
        browser.open(f"{campaign}/proposals/p2")
        browser.evaluate("document.querySelector('#rejecting').open = true")
        browser.wait_for("document.documentElement.dataset.drawn !== undefined")
        assert browser.overflow_px() <= 0
        shot(browser, "proposal-375")
        browser.evaluate("document.querySelector('#reject [value=not_now]').click()")
        browser.submit("#reject button")
        assert "rejected by approver" in browser.evaluate("document.body.innerText")
        for path in ("", "/builds", "/audit"):
            browser.open(campaign + path)
            if not path:
                browser.wait_for("+document.documentElement.dataset.drawn >= 3")
            assert browser.overflow_px() <= 0, path
            shot(browser, f"{path.strip('/') or 'campaign'}-375")
        assert "the chain holds" in browser.evaluate("document.body.innerText")
        assert "Needs you: 1" in browser.evaluate("document.body.innerText")

        browser.resize(1280)
        browser.theme("light")
        browser.open(campaign)
        browser.wait_for("+document.documentElement.dataset.drawn >= 3")
        shot(browser, "campaign-1280")
        # What a command does elsewhere is on the screen without a reload.
        browser.evaluate("window.isSame = true")
        cellwright(tmp_path / "home", "pause", name, "--reason", "oven free at noon")
        browser.wait_for("document.body.innerText.includes('oven free at noon')", 20)
        assert browser.evaluate("window.isSame")
        assert [one for one in browser.said if not is_plotly_s_style(one)] == []
        outside = [one for one in browser.requested if not one.startswith((address, "data:"))]
        assert outside == ["about:blank"] * len(outside)


def test_everything_is_reached_by_the_keyboard_alone(tmp_path: Path, chromium: str) -> None:
    with served(tmp_path) as (address, name), browsing(chromium, tmp_path) as browser:
        browser.resize(1280)
        browser.open(f"{address}/sign-in")
        sign_in(browser, "approver")
        browser.open(f"{address}/campaigns/{name}/proposals/p1")
        reached = []
        for _ in range(60):
            for kind in ("rawKeyDown", "keyUp"):
                browser.call(
                    "Input.dispatchKeyEvent", type=kind, key="Tab", windowsVirtualKeyCode=9
                )
            reached.append(
                browser.evaluate(
                    "(e => [e.innerText || e.name || e.tagName, getComputedStyle(e).outlineStyle])"
                    "(document.activeElement)"
                )
            )
            if reached[-1][0] == "Reject…":
                break
        words = [one[0] for one in reached]
        assert words[0] == "Skip to the content"
        for one in ("Sign out", "Approve this exact build", "Reject…"):
            assert one in words, words
        assert all(style != "none" for one, style in reached if one != "BODY"), reached
