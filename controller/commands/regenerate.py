"""``cellwright regenerate``: voxels that were deleted to keep the disk budget, made again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from controller.cli import chosen_home, home_option
from controller.quantity import counted
from controller.retention import VOXELS
from controller.stored_campaign import read_campaign
from experiments.errors import Invalid
from experiments.observation import Artifact, Observation


@click.command()
@click.argument("campaign")
@click.argument("jobs", nargs=-1, required=True)
@home_option
@click.pass_context
def command(
    ctx: click.Context, campaign: str, jobs: tuple[str, ...], *, own_home: Path | None
) -> int:
    """Make the voxels of JOBS (ids, or their beginnings) of CAMPAIGN again from their seeds.

    A file comes back only with the hash it had.
    """
    from agents.artifact_store import ArtifactStore
    from agents.regenerate import regenerate

    stored = read_campaign(chosen_home(ctx, own_home), campaign)
    found = [_observation(stored.state.observations.values(), job) for job in jobs]
    store = ArtifactStore(stored.home.artifacts.as_uri())
    n_made = 0
    for observation in found:
        missing = {n: one for n, one in _volumes(observation).items() if store.read(one) is None}
        made = regenerate(stored.state.campaign, observation, missing, store) if missing else []
        for artifact in made:
            click.echo(artifact.url)
        n_made += len(made)
    click.echo(f"{counted(n_made, 'file')} made again, with the same hash", err=True)
    return 0


def _volumes(observation: Observation) -> dict[int, Artifact]:
    named = observation.provenance.artifacts
    return {
        int(name.partition("@")[2] or 0): artifact
        for name, artifact in named.items()
        if name.partition("@")[0] == VOXELS
    }


def _observation(known: Iterable[Observation], job: str) -> Observation:
    found = [one for one in known if one.job.id.startswith(job)]
    if len(found) != 1:
        what = "no observed job" if not found else f"{len(found)} jobs"
        raise Invalid(f"{job}: {what} of this campaign has an id that begins so")
    return found[0]
