"""A control room over a long campaign: ``control_room.py [N_EVENTS [N_PAGES [HOME]]]``.

Writes a campaign of realistic results (7 kB each), or takes a copy of HOME where one was written
before, and serves it in a process of its own: first without a kept state, as after an upgrade, then
with the one that this left. Tells how long pages take while the journal is read and afterwards, how
long until an event is on N_PAGES open pages, and what the service holds in memory. Times are of the
wall, medians of three where it is not said otherwise; other work on the machine counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx

from controller.clock import SystemClock
from controller.home import Home
from controller.people import Role, open_people
from tests.benchmarks.long_campaign import write_long
from tests.benchmarks.open_pages import watch

NAME = "quickstart"
PASSES = ("without a kept state", "with a kept state")


def token_of(home: Home) -> str:
    people = open_people(home.path, SystemClock())
    people.accounts.add("anna", by="root")
    people.accounts.give_role("anna", Role.operator, "*", by="root")
    people.accounts.give_role("anna", Role.approver, "*", by="root")
    token = people.tokens.make("anna", days=1, by="root").text
    people.close()
    return token


@contextlib.contextmanager
def served(home: Home) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    began_s, said = time.monotonic(), home.path / "said.txt"
    with said.open("w") as errors:
        server = subprocess.Popen(
            [sys.executable, "-m", "controller", "--home", str(home.path), "serve", "--port", "0"],
            stderr=errors,
        )
    try:
        while not (address := re.search(r"http://\S+", said.read_text())):
            assert server.poll() is None, said.read_text()
            time.sleep(0.05)
        print(f"listening after {time.monotonic() - began_s:.1f} s")
        yield server, address[0]
    finally:
        server.terminate()
        server.wait(60)
        for line in said.read_text().splitlines()[1:]:
            print(f"the service said: {line}")


def client_of(address: str, token: str) -> httpx.Client:
    return httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=300)


def memory(server: subprocess.Popen[bytes], what: str) -> None:
    status = Path(f"/proc/{server.pid}/status").read_text()
    peak, now = (
        int(re.search(rf"{key}:\s+(\d+)", status)[1]) / 1000  # type: ignore[index]
        for key in ("VmHWM", "VmRSS")
    )
    print(f"memory {what}: {now:.0f} MB, at most so far {peak:.0f} MB", flush=True)


def took(client: httpx.Client, path: str) -> tuple[float, httpx.Response]:
    began_s = time.monotonic()
    answer = client.get(path)
    return time.monotonic() - began_s, answer


def cpu_s(server: subprocess.Popen[bytes]) -> float:
    """Return the processor time the service took so far."""
    fields = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def read_through(server: subprocess.Popen[bytes], client: httpx.Client) -> None:
    """Ask for the campaign's page again and again while the journal is read."""
    began_s, times, n_shown = time.monotonic(), [], 0
    while True:
        took_s, answer = took(client, f"/campaigns/{NAME}")
        times.append(took_s)
        if answer.status_code == 200:
            n_shown += 1
            if n_shown == 1:
                print(f"something to show after {time.monotonic() - began_s:.1f} s")
            if "still being read" not in answer.text:
                break
        time.sleep(0.5)
    print(
        f"read to its end after {time.monotonic() - began_s:.1f} s and {cpu_s(server):.1f} s of "
        f"processor time since its start; the page meanwhile, "
        f"{len(times)} times: median {statistics.median(times):.2f} s, "
        f"longest {max(times):.2f} s"
    )


def pages(server: subprocess.Popen[bytes], client: httpx.Client, n_events: int) -> None:
    for path in (
        f"/campaigns/{NAME}",
        f"/campaigns/{NAME}/moment",
        "/",
        f"/api/v1/campaigns/{NAME}",
        f"/api/v1/campaigns/{NAME}/events?limit=500",
        f"/api/v1/campaigns/{NAME}/events?limit=500&after={n_events // 2}",
        f"/api/v1/campaigns/{NAME}/observations?limit=500&after={n_events // 5}",
        f"/campaigns/{NAME}/audit",
    ):
        before_s = cpu_s(server)
        found = [took(client, path) for _ in range(3)]
        used_s = (cpu_s(server) - before_s) / 3
        times = [one for one, _ in found]
        answer = found[-1][1]
        print(
            f"{path}: {answer.status_code}, first {times[0]:.2f} s, "
            f"median {statistics.median(times):.2f} s, processor {used_s:.2f} s, "
            f"{len(answer.content) / 1000:.0f} kB",
            flush=True,
        )
    (one,) = client.get(
        f"/api/v1/campaigns/{NAME}/observations?limit=1&after={n_events // 5}"
    ).json()["items"]
    took_s, answer = took(client, f"/campaigns/{NAME}/observations/{one['job']['id']}/trace")
    print(f"trace of an observation: {answer.status_code}, {took_s:.2f} s")


def download(client: httpx.Client) -> None:
    began_s, n_bytes, first_s = time.monotonic(), 0, None
    with client.stream("GET", f"/api/v1/campaigns/{NAME}/dataset") as answer:
        for piece in answer.iter_bytes():
            first_s = first_s or time.monotonic() - began_s
            n_bytes += len(piece)
    print(
        f"dataset: {n_bytes / 1e6:.0f} MB, first byte after {first_s:.2f} s, "
        f"all after {time.monotonic() - began_s:.1f} s"
    )


def event_to_screen(
    server: subprocess.Popen[bytes], home: Home, address: str, token: str, n_pages: int, round_: int
) -> None:
    """Give an order from a process of its own, and say when every open page had its event."""
    words = ("pause", NAME, "--reason", "now") if round_ % 2 == 0 else ("resume", NAME)
    order = (sys.executable, "-m", "controller", "--home", str(home.path), *words)
    before_s = cpu_s(server)
    seen = asyncio.run(watch(address, token, NAME, n_pages, order))
    used_s = cpu_s(server) - before_s
    with client_of(address, token) as client:
        (one,) = client.get("/api/v1/campaigns").json()["items"]
        last = client.get(f"/api/v1/campaigns/{NAME}/events?after={one['position'] - 1}").json()
    stored_s = datetime.fromisoformat(last["items"][0]["at"]).timestamp()
    for what, times in zip(("told", "shown"), zip(*seen, strict=True), strict=True):
        late = sorted(one - stored_s for one in times)
        print(
            f"event {what} on {len(late)} pages: first {late[0]:.2f} s, "
            f"median {statistics.median(late):.2f} s, last {late[-1]:.2f} s after it was stored",
            flush=True,
        )
    print(f"the service took {used_s:.2f} s of processor time; load {os.getloadavg()[0]:.1f}")


def main(n_events: int, n_pages: int, written: Path | None) -> None:
    with tempfile.TemporaryDirectory(dir=written and written.parent) as folder:
        place = Path(folder) / "home"
        if written is None:
            home, _ = write_long(place, n_events)
        else:
            shutil.copytree(written, place)
            home = Home(place)
        token = token_of(home)
        shutil.rmtree(home.path / "states", ignore_errors=True)
        for what in PASSES:
            print(f"{n_events} events, {what}; load {os.getloadavg()[0]:.1f}", flush=True)
            with served(home) as (server, address), client_of(address, token) as client:
                read_through(server, client)
                memory(server, "when the journal was read")
                pages(server, client, n_events)
                memory(server, "after every page")
                for round_ in range(4):
                    event_to_screen(server, home, address, token, n_pages, round_)
                memory(server, f"after {n_pages} pages listened")
                if what == PASSES[-1]:
                    before_s = cpu_s(server)
                    download(client)
                    print(f"dataset: {cpu_s(server) - before_s:.1f} s of processor time")
                    memory(server, "after the dataset")


if __name__ == "__main__":
    words = [*sys.argv[1:], "100000", "50"][:2] if len(sys.argv) < 3 else sys.argv[1:3]
    main(int(words[0]), int(words[1]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
