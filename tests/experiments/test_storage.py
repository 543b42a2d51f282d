from __future__ import annotations

from pathlib import Path

import pytest

from controller.campaign_file import parse_campaign
from experiments.errors import Invalid
from experiments.storage import Storage
from tests.system.tiny_session import CAMPAIGN


def test_a_campaign_file_limits_what_its_artifacts_take() -> None:
    text = CAMPAIGN + "storage: {max_GB: 1.5}\n"
    assert parse_campaign(text, "tiny.yaml", Path()).storage.max_bytes == 1.5e9
    assert parse_campaign(CAMPAIGN, "tiny.yaml", Path()).storage == Storage()
    assert Storage().max_bytes is None


@pytest.mark.parametrize(("value", "message"), [("0", "max_GB"), ("lots", "max_GB")])
def test_a_limit_that_is_none_is_told_at_its_line(value: str, message: str) -> None:
    with pytest.raises(Invalid, match=rf"tiny\.yaml:\d+.*{message}"):
        parse_campaign(CAMPAIGN + f"storage: {{max_GB: {value}}}\n", "tiny.yaml", Path())
