"""Where everything came from: versions, seeds, hashes, and the result list behind the report."""

from __future__ import annotations

from controller import results as found
from controller.quantity import NO_VALUE, counted, duration, percent, three
from controller.report.answer import answer
from controller.report.figure import Grid, Table
from controller.report.material import Material
from experiments.budget import CURRENCIES
from experiments.metrics import METRICS
from experiments.observation import Observation


def identity(material: Material) -> Grid:
    """Return what names this campaign and this moment of it."""
    state, asked = material.state, material.state.asked
    decider = material.campaign.decider.name
    rows = [
        ("Campaign", material.campaign.name),
        ("Read from", state.source),
        ("State", f"{state.phase}{': ' + state.reason if state.reason else ''}"),
        *([("Paused", state.pause.words)] if state.pause else []),
        *([("Upgrade to decide about", state.outdated.words)] if state.outdated else []),
        ("Started", moment(state.started_at)),
        ("Last result", moment(max(state.observed_at.values(), default=""))),
        ("Seed", str(material.campaign.seed)),
        ("Decider", decider if asked is None else f"{asked.decider} {asked.decider_version}"),
        ("Generator", material.campaign.generator.name),
        ("Journal position", str(state.position)),
        *material.identity.items(),
    ]
    return Grid("identity", "Campaign", ("", ""), tuple(rows), is_mono=True)


def moment(text: str) -> str:
    """Return an ISO time as people write it, ``2026-03-02 09:00:12 UTC``."""
    return text[:19].replace("T", " ") + " UTC" if text else NO_VALUE


def versions(material: Material) -> Grid | None:
    """Return the versions of programs and stages."""
    stages = {f"stage {name}": text for name, text in material.state.stage_versions.items()}
    rows = tuple(sorted({**material.state.versions, **stages}.items()))
    return Grid("versions", "Versions", ("", ""), rows, is_mono=True) if rows else None


def best_design(material: Material) -> Grid | None:
    """Return the seeds, keys and file hashes behind the best design and the baseline."""
    shown = answer(material)
    rows: list[tuple[str, ...]] = []
    named = [("best", shown.best[0])] if shown.best else []
    if shown.baseline is not None:
        named.append(("baseline", shown.baseline))
    for name, one in named:
        rows.append((f"{name}: job", one.job.id))
        rows.append((f"{name}: seed", str(one.job.seed)))
        for record in one.provenance.stages:
            rows.append((f"{name}: {record.stage}", f"{record.version} · {record.key}"))
        for what, file in one.provenance.artifacts.items():
            rows.append((f"{name}: {what}", f"sha256 {file.sha256}"))
    if not rows:
        return None
    return Grid("evidence", "Behind the best design", ("", ""), tuple(rows), is_mono=True)


def fallbacks(material: Material) -> tuple[str, ...]:
    """Return every second-best method that was used, once."""
    everyone = material.everything
    said = [text for one in everyone for text in one.provenance.fallbacks]
    return tuple(dict.fromkeys(said))


def results(material: Material) -> Table:
    """Return every result with everything that was measured, for the download."""
    everyone = material.everything
    names = material.campaign.design.names
    metrics = sorted({key for one in everyone for key in one.metrics})
    units = [METRICS[key.partition("@")[0]].unit if key in METRICS else "" for key in metrics]
    heads = [f"{key} ({unit})" if unit else key for key, unit in zip(metrics, units, strict=True)]
    return Table(
        ("job", "purpose", "fidelity", "seed", *names, *heads, "busy_s", "failure", "message"),
        tuple(
            (
                one.job.id,
                one.job.purpose,
                one.job.fidelity,
                str(one.job.seed),
                *(one.job.design.values.get(name) for name in names),
                *(one.value(key) for key in metrics),
                round(one.provenance.busy_s, 3),
                "" if one.failure is None else one.failure.kind.value,
                "" if one.failure is None else one.failure.message,
            )
            for one in everyone
        ),
    )


def spent(material: Material) -> Grid:
    """Return what the campaign used of its budget, in numbers."""
    everyone = material.everything
    budget = found.spent(material.state)
    rows: list[tuple[str, ...]] = []
    for level in material.campaign.fidelities:
        of_level = [one for one in material.observations if one.job.fidelity == level.name]
        limit = budget.limit.get(level.name)
        n_failed = sum(one.is_failed for one in of_level)
        text = f"{len(of_level)}" + (f" of {limit:g}" if limit is not None else "")
        rows.append((f"Evaluations at {level.name}", text + _failed(n_failed)))
    for level in material.campaign.fidelities:
        busy = _mean_busy([one for one in material.observations if one.job.fidelity == level.name])
        if busy is not None:
            rows.append((f"Mean worker time at {level.name}", f"{three(busy)} s"))
    rows.append(("Worker time in all", duration(sum(one.provenance.busy_s for one in everyone))))
    cached = [record.cached for one in everyone for record in one.provenance.stages]
    if cached:
        rows.append(("Stages taken from the cache", f"{sum(cached)} of {len(cached)}"))
    if "fine_equivalents" in budget.limit:
        used, limit = budget.used["fine_equivalents"], budget.limit["fine_equivalents"]
        rows.append(("Cost in target evaluations", f"{three(used)} of {three(limit)}"))
    for name in material.campaign.budget.limits:
        used, limit = budget.used[name], budget.limit[name]
        rows.append((f"Of the {CURRENCIES[name]}", f"{three(used)} of {three(limit)}"))
    rows.append(("Working time", duration(found.working_s(material.state))))
    slots = material.state.sessions[-1].n_slots if material.state.sessions else 0
    share = found.utilisation(material.state)
    if slots and share is not None:
        rows.append(("Workers busy", f"{percent(share)} of {slots} × time since the first job"))
    n_lost = material.state.n_compute_lost
    if n_lost:
        rows.append(("Compute restarted", counted(n_lost, "time")))
    return Grid("spent", "What it cost", ("", ""), tuple(rows))


def _failed(n: int) -> str:
    return f", {n} failed" if n else ""


def _mean_busy(observations: list[Observation]) -> float | None:
    spent_s = [one.provenance.busy_s for one in observations if one.provenance.busy_s > 0]
    return sum(spent_s) / len(spent_s) if spent_s else None
