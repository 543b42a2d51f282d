"""A real Chromium, driven over its DevTools protocol with nothing but the standard library."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import struct
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

PATIENCE_S = 60.0


class WebSocket:
    """The client's side of RFC 6455, as much of it as a local browser needs."""

    def __init__(self, host: str, port: int, path: str) -> None:
        self._socket = socket.create_connection((host, port), timeout=PATIENCE_S)
        self._socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}"
            "\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self._stream = self._socket.makefile("rb")
        while self._stream.readline().strip():
            pass

    def send(self, text: str) -> None:
        payload, mask = text.encode(), os.urandom(4)
        n = len(payload)
        size = bytes([0x80 | n]) if n < 126 else None
        if size is None:
            size = b"\xfe" + struct.pack(">H", n) if n < 1 << 16 else b"\xff" + struct.pack(">Q", n)
        masked = bytes(a ^ b for a, b in zip(payload, mask * (n // 4 + 1), strict=False))
        self._socket.sendall(b"\x81" + size + mask + masked)

    def receive(self) -> str:
        text = b""
        while True:
            first, second = self._stream.read(2)
            n = second & 0x7F
            if n == 126:
                (n,) = struct.unpack(">H", self._stream.read(2))
            elif n == 127:
                (n,) = struct.unpack(">Q", self._stream.read(8))
            payload = self._stream.read(n)
            if first & 0x0F in (0, 1):
                text += payload
                if first & 0x80:
                    return text.decode()

    def close(self) -> None:
        self._stream.close()
        self._socket.close()


class Browser:
    """One page of one headless Chromium."""

    def __init__(self, chromium: str, folder: Path) -> None:
        profile = folder / "profile"
        self._profile = profile
        self._process = subprocess.Popen(
            [
                chromium,
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--no-first-run",
                "--remote-debugging-port=0",
                f"--user-data-dir={profile}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        port = self._port(profile / "DevToolsActivePort")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
            pages = [one for one in json.load(answer) if one["type"] == "page"]
        path = pages[0]["webSocketDebuggerUrl"].partition(f":{port}")[2]
        self._talk = WebSocket("127.0.0.1", port, path)
        self._n = 0
        self.said: list[str] = []
        """What the console and the security policy complained of."""
        self.requested: list[str] = []
        """Every address the page asked for."""
        self.accepts_dialogs = True
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **values: Any) -> dict[str, Any]:
        self._n += 1
        self._talk.send(json.dumps({"id": self._n, "method": method, "params": values}))
        wanted = self._n
        while True:
            message = json.loads(self._talk.receive())
            if message.get("id") == wanted:
                assert "error" not in message, (method, message["error"])
                return message["result"]
            self._note(message)

    def _note(self, message: dict[str, Any]) -> None:
        values = message.get("params", {})
        match message.get("method"):
            case "Log.entryAdded" if values["entry"]["level"] in ("error", "warning"):
                self.said.append(f"{values['entry']['text']} {values['entry'].get('url', '')}")
            case "Runtime.exceptionThrown":
                details = values["exceptionDetails"]
                self.said.append(details.get("exception", {}).get("description", details["text"]))
            case "Network.requestWillBeSent":
                self.requested.append(values["request"]["url"])
            case "Page.javascriptDialogOpening":
                self._n += 1
                handled = {"accept": self.accepts_dialogs}
                self._talk.send(
                    json.dumps(
                        {"id": self._n, "method": "Page.handleJavaScriptDialog", "params": handled}
                    )
                )

    def evaluate(self, text: str) -> Any:
        found = self.call(
            "Runtime.evaluate", expression=text, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait_for(self, text: str, patience_s: float = PATIENCE_S) -> Any:
        """Return the first true value of an expression, over page loads too."""
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            try:
                found = self.evaluate(text)
            except AssertionError:
                found = None  # the page is between two documents
            if found:
                return found
            time.sleep(0.1)
        shown = self.evaluate("document.body && document.body.innerText")
        raise AssertionError(f"never true: {text}; the page shows: {shown}; said: {self.said}")

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)
        self.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'")

    def submit(self, selector: str) -> None:
        """Click on a button that leads to another document, and wait for that."""
        self.evaluate("window.isOld = true")
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")
        self.wait_for("!window.isOld && document.readyState === 'complete'")

    def fill(self, selector: str, value: str) -> None:
        self.evaluate(f"document.querySelector({json.dumps(selector)}).value = {json.dumps(value)}")

    def resize(self, width: int, height: int = 900) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def theme(self, name: str) -> None:
        features = [{"name": "prefers-color-scheme", "value": name}]
        self.call("Emulation.setEmulatedMedia", features=features)

    def screenshot(self, path: Path, *, is_whole: bool = True) -> None:
        found = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=is_whole)
        path.write_bytes(base64.b64decode(found["data"]))

    def overflow_px(self) -> int:
        """Return how far the page is wider than the window."""
        return int(self.evaluate("document.documentElement.scrollWidth - window.innerWidth"))

    def close(self) -> None:
        self._talk.close()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)

    def _port(self, path: Path) -> int:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if path.is_file() and (lines := path.read_text().splitlines()):
                return int(lines[0])
            assert self._process.poll() is None, "Chromium ended"
            time.sleep(0.05)
        raise AssertionError("Chromium does not listen")
