"""One notice over real HTTP: signed, to the judged address, bounded, following nobody."""

from __future__ import annotations

import hashlib
import hmac
import ssl
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from controller.webhooks import post as module
from controller.webhooks.administration import Webhook
from controller.webhooks.post import post, signature
from experiments.errors import Rejected, Transient
from tests.controller.webhooks.receiver import Receiver, receiving

SECRET = b"s" * 32
BODY = b'{"event": "needs_you"}'


def hook(address: str, **changes: Any) -> Webhook:
    fields = {"name": "chat", "address": address, "secret_file": "s", "allow_private": True}
    return Webhook.model_validate({**fields, **changes})


def sent(receiver: Receiver, **changes: Any) -> None:
    post(hook(receiver.address), BODY, "d1", secret=SECRET, at_s=1_790_000_000, **changes)


def test_a_notice_is_signed_over_time_and_body() -> None:
    with receiving() as receiver:
        sent(receiver)
    ((path, headers, body),) = receiver.came
    assert (path, body) == ("/hook", BODY)
    assert headers["Cellwright-Delivery"] == "d1"
    when, _, mac = headers["Cellwright-Signature"].partition(",v1=")
    assert when == "t=1790000000"
    wanted = hmac.new(SECRET, b"1790000000." + BODY, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(mac, wanted)
    assert signature(BODY, 1_790_000_001, SECRET).partition(",v1=")[2] != mac
    assert "Authorization" not in headers
    assert "Cookie" not in headers


def test_it_goes_to_the_address_that_was_judged_and_to_no_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name is asked for once: what it stands for a moment later does not matter."""
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    asked = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["127.0.0.1"] if len(asked) == 1 else ["192.0.2.1"]

    with receiving() as receiver:
        one = hook(f"http://rebinding.invalid:{receiver.port}/hook")
        post(one, BODY, "d1", secret=SECRET, at_s=0, resolve=resolve)
    assert asked == [("rebinding.invalid", receiver.port)]
    assert receiver.came[0][1]["Host"] == f"rebinding.invalid:{receiver.port}"


def test_an_address_of_this_machine_is_refused_before_a_connection_is_made() -> None:
    with receiving() as receiver:
        one = hook(f"https://127.0.0.1:{receiver.port}/", allow_private=False)
        with pytest.raises(Rejected, match="not on the public internet"):
            post(one, BODY, "d1", secret=SECRET, at_s=0)
        named = hook(f"https://metadata.example:{receiver.port}/", allow_private=False)
        with pytest.raises(Rejected, match=r"169\.254\.169\.254"):
            post(named, BODY, "d1", secret=SECRET, at_s=0, resolve=lambda *_: ["169.254.169.254"])
    assert receiver.came == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    with receiving() as other, receiving() as receiver:
        receiver.status, receiver.location = status, other.address
        with pytest.raises(Transient, match=f"answered {status}"):
            sent(receiver)
    assert len(receiver.came) == 1
    assert other.came == []


def test_an_endless_answer_is_not_read() -> None:
    with receiving() as receiver:
        receiver.n_bytes = 10**10
        began_s = time.monotonic()
        sent(receiver, resolve=lambda *_: ["127.0.0.1"])
        assert time.monotonic() - began_s < 3.0


def test_an_answer_that_drips_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.4)
    with receiving() as receiver:
        receiver.drips = True
        began_s = time.monotonic()
        with pytest.raises(Transient, match=r"no answer within 0\.4 s"):
            sent(receiver)
        assert time.monotonic() - began_s < 3.0


def test_nobody_there_is_told_of() -> None:
    with pytest.raises(Transient, match="ConnectError"):
        post(hook("http://127.0.0.1:9/"), BODY, "d1", secret=SECRET, at_s=0)


def test_over_tls_the_certificate_is_of_the_name_and_not_of_the_address(tmp_path: Path) -> None:
    names = {"right": "lab.invalid", "wrong": "other.invalid"}
    for one, name in names.items():
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext",
             f"subjectAltName=DNS:{name}", "-keyout", str(tmp_path / f"{one}.key"), "-out",
             str(tmp_path / f"{one}.pem")],
            check=True, capture_output=True,
        )  # fmt: skip
    for one, is_taken in (("right", True), ("wrong", False)):
        answered, port = tls_receiver(tmp_path / f"{one}.pem", tmp_path / f"{one}.key")
        secure = hook(f"https://lab.invalid:{port}/")

        def send(secure: Webhook = secure, one: str = one) -> None:
            post(
                secure, BODY, "d1", secret=SECRET, at_s=0,
                resolve=lambda *_: ["127.0.0.1"], trust=str(tmp_path / f"{one}.pem"),
            )  # fmt: skip

        if is_taken:
            send()
        else:
            with pytest.raises(Transient, match="certificate"):
                send()
        answered.join(5)


def tls_receiver(certificate: Path, key: Path) -> tuple[threading.Thread, int]:
    """Answer one request over TLS, or fail to."""
    import socket

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listening = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        with listening, listening.accept()[0] as plain:
            try:
                with context.wrap_socket(plain, server_side=True) as secure:
                    came = b""
                    while BODY not in came:
                        came += secure.recv(65536)
                    secure.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            except OSError:
                return

    thread = threading.Thread(target=answer)
    thread.start()
    return thread, listening.getsockname()[1]
