"""A secret's file: what is none is told of in one line, and never waited for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from experiments.errors import Invalid
from instruments.secret_file import read_secret


@pytest.mark.parametrize("name", ["a\0b", "half\ud800", "long" * 100, "absent"])
def test_a_name_that_can_be_no_file_s_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Invalid, match="secret file") as caught:
        read_secret(tmp_path / name)
    caught.value.message.encode()


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(Invalid, match="not a plain file"):
        read_secret(tmp_path / "pipe")
