from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controller.report.build import write_report
from tests.controller.synthetic_campaign import write_campaign

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

PROBE = """
<script>
window.addEventListener("load", () => setTimeout(() => {
  const plots = Array.from(document.querySelectorAll(".plot"));
  const loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
  const result = {
    width: window.innerWidth,
    plots: plots.length,
    drawn: plots.filter((plot) => plot.querySelector("svg, canvas")).length,
    overflow: document.documentElement.scrollWidth - window.innerWidth,
    outside: loaded.filter((name) => !/^(data|blob|file):/.test(name)),
  };
  parent.postMessage(JSON.stringify(result), "*");
}, 500));
</script></body>"""

FRAME = """<!doctype html><body>
<script>
window.addEventListener("message", (event) => {
  document.body.innerHTML = "<pre id=\\"probe\\">" + event.data + "</pre>";
});
</script>
<iframe src="page.html" style="width:WIDTHpx;height:900px;border:0"></iframe></body>"""
"""Headless Chromium makes no window narrower than 500 px; a frame is as narrow as a phone."""


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.parametrize("width", [1280, 375])
def test_every_plot_is_drawn_and_nothing_overflows(tmp_path: Path, width: int) -> None:
    home, name = write_campaign(tmp_path / "home")
    page = write_report(home, name, now=datetime(2026, 3, 2, tzinfo=UTC))
    probed = page.read_text("utf-8").replace("</body>", PROBE)
    (tmp_path / "page.html").write_text(probed, "utf-8")
    framed = tmp_path / "frame.html"
    framed.write_text(FRAME.replace("WIDTH", str(width)), "utf-8")
    assert CHROMIUM is not None
    shown = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--window-size=1400,900",
            "--virtual-time-budget=15000",
            "--dump-dom",
            framed.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout
    result = json.loads(shown.partition('<pre id="probe">')[2].partition("</pre>")[0])
    assert result["width"] == width
    assert result["drawn"] == result["plots"] >= 9
    assert result["overflow"] <= 0
    assert result["outside"] == []
