from __future__ import annotations

from agents.worker_environment import (
    CODE_FOLDER,
    import_path_variable,
    thread_variables,
    version_differences,
    versions,
)


def test_threads_follow_the_cpus_of_a_task() -> None:
    assert set(thread_variables(3).values()) == {"3"}


def test_our_code_comes_first_on_a_workers_path() -> None:
    path = import_path_variable({"PYTHONPATH": "/theirs"})["PYTHONPATH"]
    assert path.split(":") == [str(CODE_FOLDER), "/theirs"]


def test_differences_between_machines_are_named() -> None:
    here = {"python": "3.11.7", "torch": "2.13.0", "numpy": "2.4.6"}
    there = {"python": "3.11.7", "torch": "2.12.0"}
    assert version_differences(here, there) == [
        "torch 2.12.0 instead of 2.13.0",
        "numpy absent instead of 2.4.6",
    ]
    assert version_differences(here, here) == []


def test_versions_name_python_and_the_libraries() -> None:
    assert {"python", "ray", "pybamm", "torch"} <= versions().keys()
