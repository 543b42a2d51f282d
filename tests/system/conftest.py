"""The one undisturbed session that several system tests look at."""

from __future__ import annotations

import pytest

from tests.system.tiny_session import CAMPAIGN, Done, finish, start


@pytest.fixture(scope="session")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """Return the tiny campaign, run to its end by two workers."""
    folder = tmp_path_factory.mktemp("done")
    (folder / "tiny.yaml").write_text(CAMPAIGN)
    return finish(folder, start(folder, "--json", "--workers", "2"))
