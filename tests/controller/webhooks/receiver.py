"""A receiver of webhooks: a real HTTP server on this machine that answers as it is told."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """What came in, and what is answered."""

    port: int = 0
    status: int = 204
    location: str | None = None
    drips: bool = False
    n_bytes: int = 0
    came: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    """Receive until the block ends."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.came.append((self.path, dict(self.headers), body))
            with contextlib.suppress(OSError):
                self._answer()

        def _answer(self) -> None:
            if receiver.drips:
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                for n in range(200):
                    self.wfile.write(b"X-%d: y\r\n" % n)
                    self.wfile.flush()
                    time.sleep(0.05)
            self.send_response(receiver.status)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.send_header("Content-Length", str(receiver.n_bytes))
            self.end_headers()
            for _ in range(receiver.n_bytes // 65536):
                self.wfile.write(bytes(65536))

        do_GET = do_POST

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
