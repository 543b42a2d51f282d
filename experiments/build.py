"""What the lab is asked to make: a request, the decision it stands on, and the signed build."""

from __future__ import annotations

from typing import Annotated, Any

from aurora_unicycler import CyclingProtocol
from pydantic import Field, PlainSerializer, model_validator

from experiments.cell_spec import CellSpec
from experiments.design import Design
from experiments.frozen import Frozen, content_hash
from experiments.recipe import Recipe
from experiments.signature import Signature, sign, verifies

BuildId = str
BUILD_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
"""Ids become parts of addresses and file names: nothing else is let in."""


def _plain(protocol: CyclingProtocol) -> dict[str, Any]:
    """Return a protocol without the library's version, which it puts in anew when it is read."""
    plain: dict[str, Any] = protocol.model_dump(
        mode="json", exclude={"unicycler"}, exclude_none=True
    )
    return plain


CyclerProtocol = Annotated[CyclingProtocol, PlainSerializer(_plain)]
"""Has the same JSON, and so the same hash, after an update of the library."""


class BuildRequest(Frozen):
    """Exactly what a person is asked to decide on; nothing else reaches the instrument."""

    campaign: str
    design: Design
    recipe: Recipe
    cell: CellSpec
    """A laboratory format: one coated disc or layer of each electrode."""
    protocol: CyclerProtocol
    """The same object runs in the cell model and on the cycler."""
    n_cells: int = Field(default=3, ge=1, le=96)
    """Cells assembled from the one coating."""
    model_version: str = ""
    """What the prediction shown to the person was made with."""

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the canonical JSON: what a decision refers to."""
        return content_hash(self)


class DecisionReference(Frozen):
    """The approval a build stands on, as the instrument sees it."""

    proposal_id: str
    digest: str
    person: str


class BuildPayload(Frozen):
    """What is sent to the instrument: the request and the decision that names its digest."""

    request: BuildRequest
    decision: DecisionReference

    @model_validator(mode="after")
    def _the_decision_is_of_this_request(self) -> BuildPayload:
        if self.decision.digest != self.request.digest:
            raise ValueError(
                f"the decision of {self.decision.person} is on digest "
                f"{self.decision.digest[:12]}…, the request has {self.request.digest[:12]}…"
            )
        return self

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the canonical JSON (``experiments.frozen.content_hash``)."""
        return content_hash(self)


class Build(Frozen):
    """An approved proposal on its way through the lab: n cells from one coating."""

    id: BuildId = Field(pattern=BUILD_ID_PATTERN)
    proposal_id: str
    n_cells: int = Field(default=3, ge=1)
    payload_sha256: str


class SignedBuild(Frozen):
    """A build as it travels: what is to be made, and control's word that a person approved it."""

    build: Build
    payload: BuildPayload
    signature: Signature

    @model_validator(mode="after")
    def _build_and_payload_agree(self) -> SignedBuild:
        request, decision = self.payload.request, self.payload.decision
        if self.build.payload_sha256 != self.payload.sha256:
            raise ValueError("build.payload_sha256 is not the payload's hash")
        if (self.build.n_cells, self.build.proposal_id) != (request.n_cells, decision.proposal_id):
            raise ValueError("build and payload differ in n_cells or proposal_id")
        return self

    def is_signed_with(self, secret: bytes) -> bool:
        """Say whether the signature is of this build, by somebody who knows the secret."""
        return verifies(self.signature, signed_message(self.build, self.payload), secret)


def signed_build(
    build_id: BuildId, payload: BuildPayload, *, epoch: int, secret: bytes
) -> SignedBuild:
    """Return the build of a payload, signed for one instrument in control's present epoch."""
    build = Build(
        id=build_id,
        proposal_id=payload.decision.proposal_id,
        n_cells=payload.request.n_cells,
        payload_sha256=payload.sha256,
    )
    signature = sign(signed_message(build, payload), epoch=epoch, secret=secret)
    return SignedBuild(build=build, payload=payload, signature=signature)


def signed_message(build: Build, payload: BuildPayload) -> dict[str, str]:
    """Return what the signature covers beside the epoch."""
    return {
        "build": build.id,
        "payload_sha256": build.payload_sha256,
        "proposal": payload.decision.proposal_id,
        "decision": payload.decision.digest,
        "person": payload.decision.person,
    }
