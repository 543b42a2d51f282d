"""A control room over a long campaign: ``control_room.py [N_EVENTS [N_PAGES]]``.

Writes a campaign of realistic results (7 kB each), serves it in a process of its own, and tells how
long the campaign's page takes, how long it takes until an event is on N_PAGES listening pages, and
what the service holds in memory. Times are of the wall; other work on the machine counts.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx

from controller.clock import SystemClock
from controller.home import make_home
from controller.operate import operate
from controller.order import Pause
from controller.people import Role, open_people
from tests.benchmarks.journal_start import write


def listen(client: httpx.Client, path: str, seen: list[float], position: int) -> None:
    with client.stream("GET", path) as answer:
        for line in answer.iter_lines():
            found = re.search(r'"position": (\d+)', line)
            if found and int(found[1]) > position:
                seen.append(time.monotonic())
                return


def main(n_events: int, n_pages: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = make_home(Path(folder) / "home")
        write(home, n_events, is_realistic=True)
        people = open_people(home.path, SystemClock())
        people.accounts.add("anna", by="root")
        people.accounts.give_role("anna", Role.operator, "*", by="root")
        token = people.tokens.make("anna", days=1, by="root").text
        people.close()
        began_s = time.monotonic()
        server = subprocess.Popen(
            [sys.executable, "-m", "controller", "--home", str(home.path), "serve", "--port", "0"],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert server.stderr is not None
        said = server.stderr.readline()
        address = re.search(r"http://\S+", said)
        assert address is not None, said
        print(f"{n_events} events: ready after {time.monotonic() - began_s:.1f} s")
        client = httpx.Client(
            base_url=address[0],
            headers={"Authorization": f"Bearer {token}"},
            timeout=120,
            limits=httpx.Limits(max_connections=n_pages + 4),
        )
        (line,) = client.get("/api/v1/campaigns").json()["items"]
        name, position = line["name"], line["position"]
        for path in (f"/campaigns/{name}", f"/campaigns/{name}", f"/campaigns/{name}/moment"):
            began_s = time.monotonic()
            answer = client.get(path)
            took_s = time.monotonic() - began_s
            print(f"{path}: {answer.status_code}, {took_s:.2f} s, {len(answer.content)} bytes")
        seen: list[float] = []
        stream = f"/api/v1/campaigns/{name}/stream"
        pages = [
            threading.Thread(target=listen, args=(client, stream, seen, position))
            for _ in range(n_pages)
        ]
        for page in pages:
            page.start()
        time.sleep(3)
        operate(home, Pause(campaign=name, reason="now", person="anna"))
        stored_s = time.monotonic()
        for page in pages:
            page.join(60)
        late = [one - stored_s for one in seen]
        print(
            f"{len(seen)} of {n_pages} pages heard, the last {max(late):.2f} s after it was stored"
        )
        status = Path(f"/proc/{server.pid}/status").read_text()
        print(re.search(r"VmHWM:.*", status)[0])  # type: ignore[index]
        client.close()
        server.terminate()
        server.wait(60)


if __name__ == "__main__":
    main(*(int(one) for one in [*sys.argv[1:], "100000", "50"][:2]))
