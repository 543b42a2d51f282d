"""The folders import only downwards, and each library is let in at its own door."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

MAY_IMPORT = {
    "experiments": set(),
    "simulators": {"experiments"},
    "agents": {"simulators", "experiments"},
    "instruments": {"simulators", "experiments"},
    "controller": {"agents", "instruments", "simulators", "experiments"},
}

# Library → the only places of our folders that may import it.
DOORS = {
    "pybamm": ("simulators/cell/",),
    "ray": tuple(
        f"agents/ray_{part}.py"
        for part in ("executor", "local", "join", "token", "vitals", "shares", "gpu")
    ),
    "torch": (
        "agents/surrogates/",
        "agents/acquisition/",
        "simulators/properties/conduction/",
        "simulators/microstructure/generative/",
    ),
    "safetensors": ("simulators/microstructure/generative/",),
    "botorch": ("agents/surrogates/", "agents/acquisition/"),
    "gpytorch": ("agents/surrogates/", "agents/acquisition/"),
    "linear_operator": ("agents/surrogates/", "agents/acquisition/"),
    "optuna": ("agents/acquisition/optuna_search.py",),
    "mlflow": ("controller/run_store.py",),
    "sqlite3": ("controller/journal/", "controller/people/", "instruments/lab_simulator/"),
    "prometheus_client": ("controller/metrics.py",),
    "httpx": ("instruments/", "controller/client.py", "controller/webhooks/post.py"),
    "fastapi": ("controller/web/", "instruments/lab_simulator/"),
    "plotly": ("controller/report/",),
    "matplotlib": ("controller/report/",),
}
FORBIDDEN = {"pickle", "cloudpickle", "sqlalchemy", "taufactor", "porespy"}
# Modules that import by a name known only when they run, and why they must.
NAMED_AT_RUN_TIME = {
    "agents/stages.py",  # warms up the simulators' own modules, listed beside the call
    "agents/wiring.py",  # loads deciders, built in or from an entry point
    "simulators/microstructure/image_formats.py",  # h5py or zarr, where they are installed
}
EXPERIMENTS_MAY_USE = {"pydantic", "aurora_unicycler", "experiments"} | set(sys.stdlib_module_names)
CONTROL_NEVER = ("ray", "torch", "botorch", "gpytorch")


def modules() -> list[Path]:
    return sorted(path for folder in MAY_IMPORT for path in (ROOT / folder).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Yield every absolute module name a file imports, relative imports resolved."""
    yield from imports_in(path.read_text(encoding="utf-8"), path.relative_to(ROOT).parent.parts)


def imports_in(text: str, package: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield what a module imports, by statement or by name.

    Where the name is put together when the module runs, a text with no letter before the first
    gap is no name we can check, and is yielded as ``*``.
    """
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                above = package[: len(package) - node.level + 1]
                yield ".".join([*above, *([node.module] if node.module else [])])
            elif node.module:
                yield node.module
        elif isinstance(node, ast.Call) and called(node) in ("import_module", "__import__"):
            yield named(node.args[0]) if node.args else "*"


def called(node: ast.Call) -> str:
    """Return the last word of what is called."""
    function = node.func
    return getattr(function, "attr", None) or getattr(function, "id", "")


def named(argument: ast.expr) -> str:
    """Return the module an argument names, as far as it says so before it runs."""
    if isinstance(argument, ast.JoinedStr):
        argument = argument.values[0]
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value
    return "*"


def test_there_is_something_to_check() -> None:
    assert len(modules()) > 20


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_a_folder_imports_only_the_folders_below_it(folder: str) -> None:
    allowed = MAY_IMPORT[folder] | {folder}
    for path in (ROOT / folder).rglob("*.py"):
        for name in imports(path):
            top = name.split(".")[0]
            assert top not in MAY_IMPORT or top in allowed, f"{path}: imports {name}"


@pytest.mark.parametrize("library", DOORS)
def test_a_library_enters_only_at_its_door(library: str) -> None:
    for path in modules():
        place = path.relative_to(ROOT).as_posix()
        if not place.startswith(DOORS[library]):
            assert library not in {name.split(".")[0] for name in imports(path)}, place


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import importlib\nimportlib.import_module('ray.util')", ["importlib", "ray.util"]),
        ("from importlib import import_module\nimport_module('torch')", ["importlib", "torch"]),
        ("__import__('mlflow')", ["mlflow"]),
        ("import_module(f'controller.{name}')", ["controller."]),
        ("import_module(name)", ["*"]),
        ("def late():\n    import ray", ["ray"]),
    ],
)
def test_an_import_is_seen_however_it_is_written(text: str, found: list[str]) -> None:
    assert list(imports_in(text)) == found


def test_a_name_put_together_at_run_time_is_imported_only_where_listed() -> None:
    found = {path.relative_to(ROOT).as_posix() for path in modules() if "*" in imports(path)}
    assert found == NAMED_AT_RUN_TIME


def test_forbidden_libraries_are_absent() -> None:
    for path in modules():
        assert not FORBIDDEN & {name.split(".")[0] for name in imports(path)}, path


def test_experiments_needs_nothing_but_pydantic() -> None:
    for path in (ROOT / "experiments").rglob("*.py"):
        for name in imports(path):
            assert name.split(".")[0] in EXPERIMENTS_MAY_USE, f"{path}: {name}"


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_a_top_level_package_holds_a_docstring_only(folder: str) -> None:
    body = ast.parse((ROOT / folder / "__init__.py").read_text(encoding="utf-8")).body
    assert len(body) == 1
    assert isinstance(body[0], ast.Expr)


def test_no_module_reaches_into_another_folders_private_names() -> None:
    for path in modules():
        folder = path.relative_to(ROOT).parts[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                top = node.module.split(".")[0]
                if top in MAY_IMPORT and top != folder:
                    private = [a.name for a in node.names if a.name.startswith("_")]
                    assert not private, f"{path}: {node.module} {private}"


def test_the_control_process_loads_neither_ray_nor_torch() -> None:
    text = (
        "import sys, controller.cli, controller.control, controller.commands.run\n"
        f"print([name for name in {CONTROL_NEVER!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"
