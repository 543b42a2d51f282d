"""A build travels with its hash and a signature that covers everything a person approved."""

from __future__ import annotations

import hashlib
import hmac
import json

import aurora_unicycler
import pytest
from pydantic import ValidationError

from experiments.build import BuildPayload, SignedBuild
from tests.instruments.a_build import SECRET, build_of, payload_of, request_of


def test_a_build_reads_back_as_it_was_written() -> None:
    build = build_of()
    again = SignedBuild.model_validate_json(build.model_dump_json())
    assert again == build
    assert again.payload.sha256 == build.build.payload_sha256
    assert again.is_signed_with(SECRET)


def test_the_hash_and_the_mac_are_what_the_document_says_they_are() -> None:
    build = build_of(epoch=7)

    def canonical(value: object) -> bytes:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return text.encode()

    payload = json.loads(build.model_dump_json())["payload"]
    sha256 = hashlib.sha256(canonical(payload)).hexdigest()
    message = {
        "build": "b1",
        "payload_sha256": sha256,
        "proposal": "p1",
        "decision": payload["decision"]["digest"],
        "person": "ada",
        "epoch": 7,
    }
    digest = hashlib.sha256(canonical(message)).hexdigest().encode()
    assert build.build.payload_sha256 == sha256
    assert build.signature.mac == hmac.new(SECRET, digest, "sha256").hexdigest()


def test_another_version_of_the_protocol_library_changes_no_hash(monkeypatch) -> None:
    build = build_of()
    text = build.model_dump_json()
    monkeypatch.setattr(aurora_unicycler.version, "__version__", "99.0")
    assert "unicycler" not in text
    assert SignedBuild.model_validate_json(text).payload.sha256 == build.build.payload_sha256


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("signature", "epoch"), 2),
        (("build", "id"), "b2"),
    ],
)
def test_a_change_that_keeps_the_models_valid_breaks_the_signature(path, value) -> None:
    plain = json.loads(build_of().model_dump_json())
    plain[path[0]][path[1]] = value
    assert not SignedBuild.model_validate(plain).is_signed_with(SECRET)


def test_another_person_breaks_the_signature_even_with_a_new_hash() -> None:
    build = build_of()
    other = payload_of(person="mallory")
    forged = build.build.model_copy(update={"payload_sha256": other.sha256})
    swapped = SignedBuild(build=forged, payload=other, signature=build.signature)
    assert not swapped.is_signed_with(SECRET)
    assert not build.is_signed_with(b"another secret of enough length..")


def test_a_payload_that_differs_from_its_hash_is_refused() -> None:
    plain = json.loads(build_of().model_dump_json())
    plain["payload"]["request"]["recipe"]["positive"]["porosity"] = 0.33
    with pytest.raises(ValidationError, match="digest"):
        SignedBuild.model_validate(plain)


def test_a_decision_on_another_digest_is_refused() -> None:
    payload = payload_of()
    with pytest.raises(ValidationError, match="the decision of ada is on digest"):
        BuildPayload(request=request_of(n_cells=4), decision=payload.decision)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        build_of(secret=b"short")


@pytest.mark.parametrize("build_id", ["../x", "", "a/b", "a" * 65, "-x"])
def test_an_id_that_could_be_a_path_is_refused(build_id) -> None:
    with pytest.raises(ValidationError):
        build_of(build_id)
