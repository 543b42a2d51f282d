"""Real structures made anew from a model's card: fresh ones, and those that training showed.

The stochastic generator gives the same voxels for the same seed, so a card that says how large and
how many its structures were is enough to have them again; their hashes in the card prove it.
"""

from __future__ import annotations

from collections.abc import Iterator

from experiments.errors import Invalid
from experiments.generation import VolumeRequest
from simulators.microstructure.generative.model_file import ModelCard
from simulators.microstructure.generative.samples import numbered, training_seed, voxels_sha256
from simulators.microstructure.generative.training_file import relabelled
from simulators.microstructure.stochastic import StochasticGenerator
from simulators.microstructure.voxels import Labels


def real_volume(
    card: ModelCard, row: tuple[float, ...], seed: int, voxels: int, n_threads: int
) -> Labels:
    """Return one structure as the training ones were made, `z x y x x`. Raises ``Invalid``."""
    if card.recipe is None:
        raise Invalid(f"model {card.name}: was not trained on recipes")
    request = VolumeRequest(
        recipe=relabelled(card.recipe, dict(zip(card.labels.names, row, strict=True))),
        shape=(voxels,) * 3,
        voxel_size_m=card.voxel_size_m,
        seed=seed,
    )
    return StochasticGenerator(n_threads=n_threads).generate(request).labels


def shown_volumes(card: ModelCard, n_threads: int) -> Iterator[Labels]:
    """Yield every volume that training showed the network.

    Raises ``Invalid`` where the card does not say their size and number, or where a volume made
    anew is not one whose hash the card holds: what was never shown cannot have been copied.
    """
    shown = card.training
    if shown.voxels is None or shown.volumes_per_label is None:
        raise Invalid(
            f"model {card.name}: its card does not say how large and how many its training "
            "structures were, so copies of them cannot be looked for; --no-memorisation leaves "
            "that out"
        )
    known = set(shown.data_sha256)
    for i, row in enumerate(card.labels.points):
        for k in range(shown.volumes_per_label):
            seed = training_seed(i, k)
            volume = real_volume(card, row, seed, shown.voxels, n_threads)
            if voxels_sha256(numbered(volume, card.phases)) not in known:
                raise Invalid(
                    f"model {card.name}: label {row}, seed {seed}: the structure made anew is none "
                    "of those that training showed (the stochastic generator has changed since); "
                    "--no-memorisation leaves the search for copies out"
                )
            yield volume
