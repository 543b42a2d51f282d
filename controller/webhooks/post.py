"""Send one signed notice: to the address that was judged, once, within a time, following nobody."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ssl
from typing import Final
from urllib.parse import urlsplit

import httpx

from controller.webhooks.administration import Webhook
from controller.webhooks.destination import Resolve, destination, system_addresses
from experiments.errors import Transient

PATIENCE_S: Final = 10.0
"""For name, connection and answer together. GitHub gives a receiver 10 s too (docs.github.com,
*Best practices for using webhooks*)."""
_PORTS: Final = {"http": 80, "https": 443}


def signature(body: bytes, at_s: int, secret: bytes) -> str:
    """Return the header: when it was signed, and HMAC-SHA256 over ``TIME.BODY``."""
    mac = hmac.new(secret, b"%d." % at_s + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={mac}"


def post(
    hook: Webhook,
    body: bytes,
    delivery: str,
    *,
    secret: bytes,
    at_s: int,
    resolve: Resolve = system_addresses,
    trust: bool | str = True,
) -> None:
    """Send a notice. Raises ``Transient`` unless it was taken, ``Rejected`` for a bad address.

    Nothing of the answer is read but its status. ``trust`` is a file of certificates to trust
    beside those that are known.
    """
    parts = urlsplit(hook.address)
    port = parts.port or _PORTS[parts.scheme]
    address = destination(
        hook.host, port, allow_private=hook.allow_private, patience_s=PATIENCE_S, resolve=resolve
    )
    literal = f"[{address}]" if ":" in address else address
    path = parts._replace(netloc=f"{literal}:{port}").geturl()
    headers = {
        "Host": parts.netloc,
        "Content-Type": "application/json",
        "Cellwright-Delivery": delivery,
        "Cellwright-Signature": signature(body, at_s, secret),
        "User-Agent": "cellwright-webhook/1",
        "Accept-Encoding": "identity",
    }
    status = asyncio.run(_status(path, body, headers, hook.host, trust))
    if not 200 <= status < 300:
        raise Transient(f"answered {status}", status=status)


async def _status(
    address: str, body: bytes, headers: dict[str, str], host: str, trust: bool | str
) -> int:
    """Return the status of the answer; the certificate has to be the host's, not the address's."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            async with httpx.AsyncClient(
                timeout=PATIENCE_S, follow_redirects=False, trust_env=False, verify=_context(trust)
            ) as client:
                more = {"sni_hostname": host}
                request = client.build_request(
                    "POST", address, content=body, headers=headers, extensions=more
                )
                answer = await client.send(request, stream=True)
                await answer.aclose()
                return answer.status_code
    except TimeoutError:
        raise Transient(f"no answer within {PATIENCE_S:g} s") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise Transient(f"{type(error).__name__}: {error}"[:300]) from error


def _context(trust: bool | str) -> bool | ssl.SSLContext:
    return ssl.create_default_context(cafile=trust) if isinstance(trust, str) else trust
