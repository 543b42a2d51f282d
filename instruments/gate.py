"""The gate every build passes at an instrument: signature, epoch, identity, hard limits."""

from __future__ import annotations

from experiments.build import SignedBuild
from experiments.capabilities import Capabilities
from experiments.errors import Rejected, Unsafe
from instruments.limits import require_within


def require_authentic(build: SignedBuild, epoch: int, *, secret: bytes, newest_epoch: int) -> None:
    """Raise ``Unsafe`` unless somebody with the secret signed exactly this, in this epoch."""
    signed_in = build.signature.epoch
    if not build.is_signed_with(secret):
        raise Unsafe(
            f"build {build.build.id}: the signature is not of this build and this instrument",
            reason="bad_signature",
        )
    if signed_in != epoch:
        raise Unsafe(
            f"build {build.build.id}: signed in epoch {signed_in}, submitted in {epoch}",
            reason="bad_signature",
        )
    if epoch < newest_epoch:
        raise Rejected(
            f"build {build.build.id}: epoch {epoch} is over; {newest_epoch} was seen here",
            reason="old_epoch",
            newest_epoch=newest_epoch,
        )


def is_known(build: SignedBuild, known_sha256: str | None) -> bool:
    """Say whether the very same build was accepted before.

    Raises ``Rejected`` where the id belongs to another payload.
    """
    if known_sha256 is None:
        return False
    if known_sha256 != build.build.payload_sha256:
        raise Rejected(
            f"build {build.build.id} is known here with another payload "
            f"({known_sha256[:12]}…, not {build.build.payload_sha256[:12]}…)",
            reason="other_payload",
        )
    return True


def require_allowed(
    build: SignedBuild,
    epoch: int,
    *,
    secret: bytes,
    newest_epoch: int,
    known_sha256: str | None,
    capabilities: Capabilities,
) -> bool:
    """Let a build in or raise; return whether it was in already, and nothing is to be done.

    Limits are not asked again of a known build: stock it has used is no longer there.
    """
    require_authentic(build, epoch, secret=secret, newest_epoch=newest_epoch)
    if is_known(build, known_sha256):
        return True
    require_within(build.payload, capabilities)
    return False
