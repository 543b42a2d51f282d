"""What ``cellwright doctor`` says of the webhooks: whether they may be sent, and how they fared."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from controller.checks import Check, Verdict
from controller.webhooks.administration import Webhook, read_webhooks
from controller.webhooks.destination import destination
from controller.webhooks.post import PATIENCE_S
from controller.webhooks.progress import read_outcome
from experiments.errors import CellwrightError, Invalid
from instruments.secret_file import read_secret


def webhook_checks(home: Path) -> list[Check]:
    """Return one check a webhook; none raises, and nothing is sent."""
    try:
        file = read_webhooks(home)
    except Invalid as error:
        return [Check("webhooks", Verdict.wrong, "cannot be read", error.message)]
    return [] if file is None else [_check(home, one) for one in file.webhooks]


def _check(home: Path, hook: Webhook) -> Check:
    name = f"webhook {hook.name}"
    parts = urlsplit(hook.address)
    try:
        read_secret(hook.secret_file)
        destination(
            hook.host,
            parts.port or (443 if parts.scheme == "https" else 80),
            allow_private=hook.allow_private,
            patience_s=PATIENCE_S,
        )
    except CellwrightError as error:
        return Check(name, Verdict.wrong, "cannot be sent", error.message)
    found = read_outcome(home, hook.name)
    if found is None:
        return Check(name, Verdict.ok, "nothing sent yet")
    told = f"{found.n_delivered} delivered, {found.n_given_up} given up"
    if found.failing_since is not None:
        since = found.failing_since[:16].replace("T", " ")
        return Check(name, Verdict.wrong, f"{told}; failing since {since} UTC", found.said)
    if found.n_given_up:
        return Check(name, Verdict.note, told, f"last: {found.said}")
    return Check(name, Verdict.ok, told)
