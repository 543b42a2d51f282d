"""What the campaign cost: evaluations, worker time by stage, and how busy the workers were."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Final

from controller.label import design_words, failure_text
from controller.quantity import counted
from controller.report.figure import Figure, Grid, Table, Trace, layout
from controller.report.material import Material
from controller.report.tokens import level_token
from experiments.errors import DesignFailed
from experiments.observation import FailureKind, Observation

N_PROBED: Final = 256


def sentences(material: Material) -> tuple[str, ...]:
    """Say whether anything failed, and which recipes of the space cannot be made at all."""
    n_failed = sum(one.is_failed for one in material.everything)
    said = f"{counted(n_failed, 'evaluation')} failed." if n_failed else "No evaluation failed."
    return (said, _unmakeable(material))


def _unmakeable(material: Material) -> str:
    """Return how many recipes of the space have masses that do not fit, with one of them.

    They are known before any simulation and never dispatched, so no failure tells of them.
    """
    from scipy.stats import qmc

    from simulators.microstructure.composition import compose

    space = material.campaign.design
    points = qmc.Sobol(space.n_unit, scramble=False).random(N_PROBED)
    found: list[tuple[str, str]] = []
    for point in points:
        design = space.from_unit(point.tolist())
        try:
            compose(material.campaign.recipe(design).positive)
        except (DesignFailed, ValueError) as error:
            reason = error.message if isinstance(error, DesignFailed) else "the values make none"
            found.append((design_words(design), reason))
    if not found:
        return f"Of {N_PROBED} recipes spread over the design space, all can be made."
    example, reason = found[0]
    return (
        f"Of {N_PROBED} recipes spread over the design space, {len(found)} cannot be made and are "
        f"never tried, for example {example}: {reason}."
    )


def stage_times(material: Material) -> Figure | None:
    """Return worker seconds by stage and level."""
    spent: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    n_cached: Counter[tuple[str, str]] = Counter()
    for one in material.everything:
        for record in one.provenance.stages:
            spent[record.stage][one.job.fidelity] += record.elapsed_s
            n_cached[record.stage, one.job.fidelity] += record.cached
    if not spent:
        return None
    levels = [level.name for level in material.campaign.fidelities]
    stages = list(spent)
    data: list[Trace] = [
        {
            "type": "bar",
            "orientation": "h",
            "name": level,
            "y": stages,
            "x": [spent[stage][level] for stage in stages],
            "marker": {"color": level_token(place, len(levels))},
            "hovertemplate": "%{y}: %{x:.3g} s",
        }
        for place, level in enumerate(levels)
    ]
    return Figure(
        id="stages",
        title="Worker time by stage",
        caption="Results taken from the cache cost nothing and are not in the bars.",
        data=tuple(data),
        layout=layout(
            "Worker time (s)",
            "",
            barmode="stack",
            yaxis={"autorange": "reversed"},
            legend={"traceorder": "normal"},
        ),
        table=Table(
            ("Stage", "Level", "Worker time (s)", "From the cache"),
            tuple(
                (stage, level, round(spent[stage][level], 2), n_cached[stage, level])
                for stage in stages
                for level in levels
            ),
        ),
        height_px=130 + 36 * len(stages),
    )


def failures(material: Material) -> Grid | None:
    """Return failures by kind with the last message and the design of each."""
    by_kind: dict[FailureKind, list[Observation]] = defaultdict(list)
    for one in material.everything:
        if one.failure is not None:
            by_kind[one.failure.kind].append(one)
    if not by_kind:
        return None
    rows = []
    for kind, found in sorted(by_kind.items(), key=lambda item: -len(item[1])):
        last = found[-1]
        assert last.failure is not None
        rows.append(
            (
                failure_text(kind),
                str(len(found)),
                last.failure.message,
                design_words(last.job.design) or "the baseline",
            )
        )
    return Grid(
        id="failures",
        caption="Failures by kind",
        columns=("What happened", "Times", "The last one said", "Its design"),
        rows=tuple(rows),
    )
