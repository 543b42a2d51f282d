"""Hands that have a keyboard and no pointer."""

from __future__ import annotations

import json

from tests.system.browser import Browser

_MOST_STEPS = 150
_KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), " ": (32, " "), "ArrowDown": (40, "")}


class Keyboard:
    """Moves the focus with Tab, and does what a page offers with Enter, Space and letters."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    def press(self, key: str) -> None:
        code, text = _KEYS[key]
        down = "keyDown" if text else "rawKeyDown"
        for kind, more in ((down, {"text": text} if text else {}), ("keyUp", {})):
            self._browser.call(
                "Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **more
            )

    def go_to(self, condition: str) -> None:
        """Press Tab until ``it``, the element with the focus, fulfils a condition of JavaScript."""
        seen = []
        for _ in range(_MOST_STEPS):
            self.press("Tab")
            is_there, name, outline = self._browser.evaluate(
                f"(it => [Boolean({condition}), it === document.body ? 'BODY' : "
                "it.innerText || it.name || it.tagName, "
                "getComputedStyle(it).outlineStyle])(document.activeElement)"
            )
            seen.append(name)
            assert name == "BODY" or outline != "none", f"no outline on {name}"
            if is_there:
                return
        raise AssertionError(f"Tab never reaches {condition}; it reaches {seen}")

    def follow_link(self, words: str) -> None:
        """Follow the link with these words."""
        self._follow(_has_words("A", words))

    def send(self, words: str) -> None:
        """Press the button with these words, which sends its form."""
        self._follow(_has_words("BUTTON", words))

    def unfold(self, words: str) -> None:
        """Unfold the part with these words."""
        self.go_to(_has_words("SUMMARY", words))
        self.press("Enter")

    def write(self, selector: str, text: str) -> None:
        """Write in a field instead of what is there."""
        self.go_to(f"it.matches({json.dumps(selector)})")
        self._browser.evaluate("document.activeElement.select()")
        self._browser.call("Input.insertText", text=text)

    def choose(self, selector: str) -> None:
        """Choose one of several: Tab leads to the first, the arrows from one to the next."""
        group = self._browser.evaluate(f"document.querySelector({json.dumps(selector)}).name")
        self.go_to(f"it.type === 'radio' && it.name === {json.dumps(group)}")
        for _ in range(_MOST_STEPS):
            if self._browser.evaluate(f"document.activeElement.matches({json.dumps(selector)})"):
                self.press(" ")
                return
            self.press("ArrowDown")
        raise AssertionError(f"no arrow leads to {selector}")

    def follow(self, address: str) -> None:
        """Follow the link to an address that ends so."""
        self._follow(f"it.matches('main a[href$={json.dumps(address)}]')")

    def _follow(self, condition: str) -> None:
        self.go_to(condition)
        self._browser.evaluate("window.isOld = true")
        self.press("Enter")
        self._browser.wait_for("!window.isOld && document.readyState === 'complete'")


def _has_words(tag: str, words: str) -> str:
    return f"it.tagName === {json.dumps(tag)} && it.innerText.includes({json.dumps(words)})"
