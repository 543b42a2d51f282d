from __future__ import annotations

from pathlib import Path

import pytest

from controller.tracking_address import tracking_address, without_secrets
from experiments.errors import Invalid

HOME = Path("/data/lab home")


def test_the_homes_own_store_is_the_default() -> None:
    found = tracking_address(None, {}, HOME, "a")
    assert found.uri == "sqlite:////data/lab home/mlflow.db"
    assert found.artifacts == "file:///data/lab%20home/mlflow-artifacts/a"


def test_what_is_asked_for_goes_before_the_environment() -> None:
    environment = {"MLFLOW_TRACKING_URI": "http://elsewhere:5000"}
    assert tracking_address(None, environment, HOME, "a").uri == "http://elsewhere:5000"
    assert tracking_address("https://here/mlflow", environment, HOME, "a").uri == (
        "https://here/mlflow"
    )


def test_a_server_chooses_where_artifacts_go() -> None:
    assert tracking_address("http://here:5000", {}, HOME, "a").artifacts is None


def test_credentials_leave_the_address_and_never_show() -> None:
    found = tracking_address("https://ann:p%40ss@here:5000/x", {}, HOME, "a")
    assert found.uri == "https://here:5000/x"
    environment: dict[str, str] = {}
    found.set_up(environment)
    assert environment == {"MLFLOW_TRACKING_USERNAME": "ann", "MLFLOW_TRACKING_PASSWORD": "p@ss"}
    assert "p@ss" not in repr(found)
    database = tracking_address("postgresql+psycopg2://ann:secret@db/mlflow", {}, HOME, "a")
    assert "secret" not in repr(database)


@pytest.mark.parametrize("uri", ["/tmp/mlruns", "file:///tmp/mlruns", "http://", "ftp://a:b@c/d"])
def test_what_is_no_store_is_refused_by_name_and_without_its_password(uri: str) -> None:
    with pytest.raises(Invalid, match="--mlflow") as refused:
        tracking_address(uri, {}, HOME, "a")
    assert "a:b@" not in refused.value.message
    with pytest.raises(Invalid, match="MLFLOW_TRACKING_URI"):
        tracking_address(None, {"MLFLOW_TRACKING_URI": uri}, HOME, "a")


def test_a_told_error_shows_no_password() -> None:
    told = "cannot reach https://ann:secret@here:5000/api and postgresql://b:other@db/x"
    assert (
        without_secrets(told) == "cannot reach https://***@here:5000/api and postgresql://***@db/x"
    )


@pytest.mark.parametrize(
    ("uri", "lies_in"),
    [
        ("sqlite:///{home}/mlflow.db", True),
        ("sqlite+pysqlite:///{home}/deeper/x.db?timeout=5", True),
        ("sqlite:///{home}/../link/mlflow.db", True),
        ("sqlite:///{home}/../mlflow.db", False),
        ("postgresql://db/mlflow", False),
        ("http://127.0.0.1:5000", False),
    ],
)
def test_a_store_within_the_home_is_known(tmp_path: Path, uri: str, lies_in: bool) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "link").symlink_to(home)
    environment = {"MLFLOW_TRACKING_URI": uri.format(home=home)}
    assert tracking_address(None, environment, home, "a").lies_in(home) is lies_in
