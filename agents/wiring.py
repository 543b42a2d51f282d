"""The one place where compute chooses its classes: executors, generators, deciders."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from agents.acquisition.decider import Decider
from agents.executor import Executor
from experiments.campaign import Campaign, PartChoice
from experiments.design import Design
from experiments.errors import Invalid
from simulators.microstructure.generator import Generator

GENERATORS: Final = "cellwright.generators"
DECIDERS: Final = "cellwright.deciders"

_BUILT_IN: Final[dict[str, dict[str, str]]] = {
    GENERATORS: {
        "stochastic": "simulators.microstructure.stochastic:StochasticGenerator",
        "learned": "simulators.microstructure.generative:LearnedGenerator",
    },
    DECIDERS: {
        "cellwright": "agents.acquisition.cellwright:CellwrightDecider",
        "sobol": "agents.acquisition.sobol:SobolDecider",
        "random": "agents.acquisition.random_search:RandomDecider",
        "optuna": "agents.acquisition.optuna_search:OptunaDecider",
    },
}
"""Group → name → where the class is; imported when it is needed, never by its name alone."""
EXTRAS: Final = {(DECIDERS, "optuna"): "optuna"}
"""(Group, name) → the library, and extra, that a part needs."""


def executor(
    kind: str,
    *,
    ray_address: str | None = None,
    n_workers: int | None = None,
    home: Path | None = None,
    when_gone: Callable[[str], None] | None = None,
) -> Executor:
    """Start the executor asked for. Raises ``Invalid`` where a cluster cannot be used.

    ``when_gone`` is told, in another thread, when there are no machines any more.
    """
    if kind == "in_process":
        from agents.in_process_executor import InProcessExecutor

        return InProcessExecutor()
    if ray_address is None:
        from agents.ray_local import start_local

        return start_local(n_workers, home=home, when_gone=when_gone)
    from agents.ray_join import join_cluster

    return join_cluster(ray_address, n_workers, home=home)


def generator(choice: PartChoice) -> Generator:
    """Return the generator of that name; its options travel with every request.

    A class with ``from_options`` is made by it, because its version depends on them.
    """
    kind = _class(GENERATORS, choice.name)
    from_options = getattr(kind, "from_options", None)
    made: Generator = kind() if from_options is None else from_options(choice.options)
    return made


def decider(choice: PartChoice) -> Decider:
    """Return the decider of that name, made with its options. Raises ``Invalid``."""
    try:
        made: Decider = _class(DECIDERS, choice.name)(**choice.options)
    except TypeError as error:
        raise Invalid(f"decider {choice.name}: {error}") from error
    return made


def refuse_unknown_parts(campaign: Campaign) -> None:
    """Raise ``Invalid`` naming what is allowed where a part does not exist; imports none."""
    for key, group, choice in (
        ("generator", GENERATORS, campaign.generator),
        ("decider", DECIDERS, campaign.decider),
    ):
        allowed = names(group)
        if choice.name not in allowed:
            raise Invalid(f"{key}: {choice.name!r} is not known; allowed: {', '.join(allowed)}")
        extra = EXTRAS.get((group, choice.name))
        if extra is not None and find_spec(extra) is None:
            raise Invalid(f"{key}: {choice.name} needs pip install 'cellwright[{extra}]'")


def refuse_unknown_cell(campaign: Campaign, design: Design | None = None) -> None:
    """Raise ``Invalid`` naming what is allowed where a cell format or chemistry does not exist.

    So it is with metrics that the chemistry or a fidelity's model cannot give, and with the
    materials of the design; without one, with those of the campaign's middle.
    """
    from simulators.cell.chemistry import load_chemistry, require_unchanged
    from simulators.cell.formats import cell_format
    from simulators.cell.protocol_metrics import require_runnable
    from simulators.cell.sizing import require_materials

    cell_format(campaign.cell.format)
    require_unchanged(campaign.cell.parameter_set, campaign.cell.parameter_set_sha256)
    load_chemistry(campaign.cell.parameter_set)
    for fidelity in campaign.simulated:
        require_runnable(campaign.cell, fidelity.model, campaign.wanted)
    try:
        middle = campaign.design.from_unit([0.5] * campaign.design.n_unit)
        recipe = campaign.recipe(design or middle)
    except (ValueError, KeyError):
        return  # no recipe at all: that design's own failure
    require_materials(campaign.cell, recipe)


def names(group: str) -> list[str]:
    """Return the names of a group's parts, built-in ones first."""
    outside = sorted(entry.name for entry in metadata.entry_points(group=group))
    return list(dict.fromkeys([*_BUILT_IN[group], *outside]))


def _class(group: str, name: str) -> Any:
    """Import a part's class; a built-in name cannot be taken over from outside."""
    if name in _BUILT_IN[group]:
        module, _, attribute = _BUILT_IN[group][name].partition(":")
        return getattr(import_module(module), attribute)
    for entry in metadata.entry_points(group=group, name=name):
        return entry.load()
    raise Invalid(
        f"{group.partition('.')[2].removesuffix('s')}: {name!r} is not known; "
        f"allowed: {', '.join(names(group))}"
    )
