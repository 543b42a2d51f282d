"""After an upgrade that changes results: which are of earlier versions, and what becomes of them.

A result belongs to the versions of the stages that made it. Where compute comes back with others,
nothing is dispatched until a person has said which of three things is meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.growing_map import GrowingMap
from controller.state import Outdated, State
from experiments.observation import Observation
from experiments.source import source_name, with_sources


def seen_versions(
    seen: Mapping[str, tuple[str, ...]], observation: Observation
) -> dict[str, tuple[str, ...]]:
    """Return the versions by stage that results rest on, with one result more."""
    found = dict(seen)
    for record in observation.provenance.stages:
        known = found.get(record.stage, ())
        if record.version not in known:
            found[record.stage] = (*known, record.version)
    return found


def outdated(state: State, at: str) -> Outdated | None:
    """Return what differs between the results and the stages of today, or None."""
    changed = {
        stage: (", ".join(version for version in seen if version != now), now)
        for stage, seen in state.seen_versions.items()
        if (now := state.stage_versions.get(stage)) is not None and set(seen) != {now}
    }
    if not changed:
        return None
    found = _outdated(state)
    programs = found[-1].provenance.versions if found else {}
    today = state.versions
    installed = {
        name: (text, today[name])
        for name, text in programs.items()
        if today.get(name, text) != text
    }
    return Outdated(changed=changed, programs=installed, n=len(found), at=at)


def kept_apart(state: State) -> dict[str, Any]:
    """Return the state's changes where old results become a source of their own.

    The baseline's are set aside and made again: everything is compared with it.
    """
    old = {one.job.id: one for one in _outdated(state)}
    baseline = {job_id: one for job_id, one in old.items() if one.job.purpose == "baseline"}
    number = state.n_upgrades + 1
    observations = {}
    for job_id, one in state.observations.items():
        if job_id in old and job_id not in baseline:
            name = source_name(one.job.fidelity, number)
            job = one.job.model_copy(update={"fidelity": name})
            observations[job_id] = one.model_copy(update={"job": job})
        elif job_id not in baseline:
            observations[job_id] = one
    kept = [job_id for job_id in old if job_id not in baseline]
    names = (observations[job_id].job.fidelity for job_id in kept)
    return {
        **_begun_anew(state, observations, baseline),
        "campaign": with_sources(state.campaign, names),
        "kept_apart": state.kept_apart | frozenset(kept),
    }


def made_again(state: State) -> dict[str, Any]:
    """Return the state's changes where old results are set aside and their jobs done again."""
    old = {one.job.id: one for one in _outdated(state)}
    kept = {job_id: one for job_id, one in state.observations.items() if job_id not in old}
    return _begun_anew(state, kept, old)


def _begun_anew(
    state: State, observations: dict[str, Observation], again: dict[str, Observation]
) -> dict[str, Any]:
    """Return the changes that follow: nothing that rested on the old results stays believed."""
    in_flight = dict(state.in_flight)
    in_flight.update((job_id, state.dispatches[job_id].job) for job_id in again)
    seen: dict[str, tuple[str, ...]] = {}
    for job_id, one in observations.items():
        dispatch = state.dispatches.get(job_id)
        if dispatch is not None and one.job.fidelity == dispatch.job.fidelity:
            seen = seen_versions(seen, one)
    observed_at = {job_id: state.observed_at[job_id] for job_id in observations}
    return {
        "outdated": None,
        "n_upgrades": state.n_upgrades + 1,
        "observations": GrowingMap(observations),
        "observed_at": GrowingMap(observed_at),
        "set_aside": {**state.set_aside, **again},
        "in_flight": in_flight,
        "seen_versions": seen,
        **not_asked(),
    }


def not_asked() -> dict[str, Any]:
    """Return the state's changes where nothing that a decider said is believed any more."""
    return {
        "asked": None,
        "backlog": {},
        "outlooks": (),
        "recommended": None,
        "diagnosis": None,
        "n_observed_at_diagnosis": 0,
    }


def _outdated(state: State) -> list[Observation]:
    """Return the results that a stage of another version had a part in, sources left out."""
    return [
        one
        for job_id, one in state.observations.items()
        if job_id not in state.kept_apart
        and any(
            state.stage_versions.get(record.stage, record.version) != record.version
            for record in one.provenance.stages
        )
    ]
