from __future__ import annotations

import hashlib

from controller.journal.hash_chain import GENESIS, chain_hash


def test_a_row_s_hash_is_the_sha256_of_the_hash_before_its_columns_and_its_body() -> None:
    """Written out once more, so that other programs can verify an exported journal."""
    text = f"{GENESIS}\n1\n'a'\n2\n'2026-01-01T00:00:00.000+00:00'\n0.5\n".encode()
    found = chain_hash(GENESIS, (1, "a", 2, "2026-01-01T00:00:00.000+00:00", 0.5, b"{}"))
    assert found == hashlib.sha256(text + b"{}").hexdigest()
