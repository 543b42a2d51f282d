"""What the campaign cost: evaluations, worker time by stage, and how busy the workers were."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from typing import Final

from controller.label import design_words, failure_text
from controller.quantity import counted
from controller.report.convergence import design_text
from controller.report.figure import Figure, Grid, Table, Trace, layout
from controller.report.material import Material
from controller.report.tokens import level_token, token
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


def timeline(material: Material) -> Figure | None:
    """Return when every evaluation ran, one bar each, failures marked."""
    timed = [
        (one, _seconds(one.provenance.started_at), _seconds(one.provenance.finished_at))
        for one in material.everything
    ]
    known = [
        (one, start, end) for one, start, end in timed if start is not None and end is not None
    ]
    if not known:
        return None
    zero = min(start for _, start, _ in known)
    known.sort(key=lambda item: item[1])
    lanes = _lanes([(start, end) for _, start, end in known])
    levels = [level.name for level in material.campaign.fidelities]
    data = []
    for place, level in enumerate(levels):
        mine = [
            (lane, one, start, end)
            for lane, (one, start, end) in zip(lanes, known, strict=True)
            if one.job.fidelity == level
        ]
        data.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": level,
                "base": [start - zero for _, _, start, _ in mine],
                "x": [end - start for _, _, start, end in mine],
                "y": [f"{lane + 1}" for lane, _, _, _ in mine],
                "text": [_bar_text(one) for _, one, _, _ in mine],
                "hovertemplate": "%{hovertext}",
                "hovertext": [
                    f"{design_text(one)}<br>{end - start:.3g} s" for _, one, start, end in mine
                ],
                "textposition": "inside",
                "insidetextanchor": "middle",
                "marker": {
                    "color": level_token(place, len(levels)),
                    "line": {"color": token("page"), "width": 1},
                },
            }
        )
    return Figure(
        id="timeline",
        title="When the evaluations ran",
        caption=(
            "One bar an evaluation, from the first stage's start to the last one's end. The "
            "volumes of one may run on several workers at once. B is the baseline, × a failure."
        ),
        data=tuple(data),
        layout=layout(
            "Time since the first job (s)",
            "",
            barmode="overlay",
            yaxis={"autorange": "reversed", "showticklabels": False, "showgrid": False},
        ),
        table=Table(
            ("Job", "Level", "Start (s)", "End (s)", "Busy (s)", "Failure"),
            tuple(
                (
                    one.job.id,
                    one.job.fidelity,
                    round(start - zero, 2),
                    round(end - zero, 2),
                    round(one.provenance.busy_s, 2),
                    "" if one.failure is None else one.failure.kind.value,
                )
                for one, start, end in known
            ),
        ),
        height_px=120 + 36 * (max(lanes) + 1),
        is_wide=True,
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


def _lanes(spans: list[tuple[float, float]]) -> list[int]:
    """Return the first free lane for every span, given in order of start."""
    free_at: list[float] = []
    lanes = []
    for start, end in spans:
        for lane, since in enumerate(free_at):
            if since <= start + 1e-3:
                free_at[lane] = end
                lanes.append(lane)
                break
        else:
            free_at.append(end)
            lanes.append(len(free_at) - 1)
    return lanes


def _bar_text(observation: Observation) -> str:
    mark = "B" if observation.job.purpose == "baseline" else ""
    return mark + ("×" if observation.is_failed else "")


def _seconds(moment: str | None) -> float | None:
    return None if moment is None else datetime.fromisoformat(moment).timestamp()
