"""Hands that have a pointer: they hit what is on the screen at a place, or nothing."""

from __future__ import annotations

import json

from tests.system.browser import Browser


class Pointer:
    """Clicks on what a person sees; writes in the field that a click gave the focus."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    def click(self, find: str) -> None:
        """Click in the middle of an element, which has to be on top there."""
        x, y = self._settled(find)
        for kind in ("mousePressed", "mouseReleased"):
            self._browser.call(
                "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1
            )

    def _settled(self, find: str) -> tuple[float, float]:
        """Return where an element is once it stays there: plots that are drawn push it away."""
        before = None
        for _ in range(100):
            place = self._browser.evaluate(
                f"(it => {{ it.scrollIntoView({{block: 'center'}});"
                "const r = it.getClientRects()[0];"
                "const [x, y] = [r.x + r.width / 2, r.y + r.height / 2];"
                "const top = document.elementFromPoint(x, y);"
                "const isOnTop = it === top || it.contains(top);"
                "return new Promise(done => setTimeout(() => done([x, y, isOnTop]), 50)); })"
                f"({find})"
            )
            if place == before:
                assert place[2], f"{find} is covered"
                return place[0], place[1]
            before = place
        raise AssertionError(f"{find} never stays where it is")

    def follow_link(self, words: str) -> None:
        """Follow the link with these words."""
        self._follow(_with_words("a", words))

    def send(self, words: str) -> None:
        """Press the button with these words, which sends its form."""
        self._follow(_with_words("button", words))

    def unfold(self, words: str) -> None:
        """Unfold the part with these words."""
        self.click(_with_words("summary", words))

    def write(self, selector: str, text: str) -> None:
        """Write in a field instead of what is there."""
        self.click(f"document.querySelector({json.dumps(selector)})")
        self._browser.evaluate("document.activeElement.select()")
        self._browser.call("Input.insertText", text=text)

    def choose(self, selector: str) -> None:
        """Choose one of several."""
        self.click(f"document.querySelector({json.dumps(selector)})")

    def follow(self, address: str) -> None:
        """Follow the link to an address that ends so."""
        self._follow(f"document.querySelector('main a[href$={json.dumps(address)}]')")

    def _follow(self, find: str) -> None:
        self._browser.evaluate("window.isOld = true")
        self.click(find)
        self._browser.wait_for("!window.isOld && document.readyState === 'complete'")


def _with_words(tag: str, words: str) -> str:
    return (
        f"[...document.querySelectorAll({json.dumps(tag)})]"
        f".find(it => it.innerText.includes({json.dumps(words)}))"
    )
