"""What axe-core finds wrong with a page for people who do not see, hear or point as others do."""

from __future__ import annotations

from typing import Any

from tests.system.browser import Browser

GRAVE = ("serious", "critical")


def grave_findings(browser: Browser, script: str) -> list[str]:
    """Return the serious and critical findings on the page as it stands.

    The script gets a world of its own beside the page's: the page's security policy stays as it
    is, and none of the page's own scripts sees it.
    """
    frame = browser.call("Page.getFrameTree")["frameTree"]["frame"]["id"]
    made = browser.call("Page.createIsolatedWorld", frameId=frame, worldName="axe")
    world = made["executionContextId"]
    _evaluated(browser, world, script + "\n;0")
    found = _evaluated(browser, world, "axe.run(document, {resultTypes: ['violations']})")
    assert len(found["passes"]) >= 10, "axe looked at nothing"
    return [_words(one) for one in found["violations"] if one["impact"] in GRAVE]


def _words(finding: dict[str, Any]) -> str:
    places = "; ".join(
        f"{node['html'][:160]} ({node['failureSummary']})" for node in finding["nodes"][:4]
    )
    return f"{finding['id']} ({finding['impact']}): {finding['help']}: {places}"


def _evaluated(browser: Browser, world: int, text: str) -> Any:
    found = browser.call(
        "Runtime.evaluate",
        expression=text,
        contextId=world,
        awaitPromise=True,
        returnByValue=True,
    )
    assert "exceptionDetails" not in found, found["exceptionDetails"]
    return found["result"].get("value")
