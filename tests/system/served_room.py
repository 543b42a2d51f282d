"""The lab service as a process of its own, and somebody's browser in front of it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.system.browser import Browser

PASSWORD = "correct horse battery"
ROOT = Path(__file__).resolve().parents[2]


def cellwright(home: Path, *words: str, stdin: str = "") -> str:
    """Run a command as a user would, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "controller", "--home", str(home), *words],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    return done.stdout


@contextlib.contextmanager
def service(home: Path) -> Iterator[str]:
    """Serve a home until the block ends; give the address."""
    log = (home.parent / "serve.log").open("w+")
    server = subprocess.Popen(
        [sys.executable, "-m", "controller", "--home", str(home), "serve", "--port", "0"],
        stderr=subprocess.PIPE,
        stdout=log,
        text=True,
        cwd=ROOT,
    )
    try:
        assert server.stderr is not None
        said = ""
        while not (found := re.search(r"is at (http://\S+)", said)):
            line = server.stderr.readline()
            assert line, said
            said += line
        yield found[1]
    finally:
        server.send_signal(signal.SIGTERM)
        status = server.wait(30)
        server.stderr.close()
        log.close()
    assert status == 0  # and not killed by the signal before it put things in order


@contextlib.contextmanager
def browsing(chromium: str, folder: Path) -> Iterator[Browser]:
    """Open a browser until the block ends."""
    browser = Browser(chromium, folder)
    try:
        yield browser
    finally:
        browser.close()


def sign_in(browser: Browser, who: str) -> None:
    """Fill the form that is shown, and send it."""
    browser.fill("[name=name]", who)
    browser.fill("[name=password]", PASSWORD)
    browser.submit("button.main")


def shot(browser: Browser, name: str) -> None:
    """Keep a picture where somebody asked for pictures."""
    if folder := os.environ.get("CELLWRIGHT_SCREENSHOTS"):
        browser.screenshot(Path(folder) / f"{name}.png")


def is_plotly_s_style(complaint: str) -> bool:
    """Say whether the policy kept plotly.js from styles it can do without: they stay forbidden."""
    return complaint.startswith("Applying inline style") and "plotly-strict.min.js" in complaint
