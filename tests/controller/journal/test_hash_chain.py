from __future__ import annotations

import hashlib

from controller.journal.hash_chain import GENESIS, Row, chain_hash

AT = "2026-01-01T00:00:00.000+00:00"


def test_a_row_s_hash_is_the_sha256_of_the_hash_before_its_columns_and_its_body() -> None:
    """Written out once more, so that other programs can verify an exported journal."""
    text = f"{GENESIS}\n1\n'a'\n2\n'{AT}'\n0.5\n".encode()
    assert (
        chain_hash(GENESIS, Row(1, "a", 2, AT, 0.5, 1, b"{}", ""))
        == hashlib.sha256(text + b"{}").hexdigest()
    )


def test_the_format_of_a_body_is_covered_from_the_second_one_on() -> None:
    text = f"{GENESIS}\n1\n'a'\n2\n'{AT}'\n0.5\n2\n".encode()
    assert (
        chain_hash(GENESIS, Row(1, "a", 2, AT, 0.5, 2, b"{}", ""))
        == hashlib.sha256(text + b"{}").hexdigest()
    )
