"""Tiny networks and structures for tests."""

from __future__ import annotations

import numpy as np
import torch
from scipy import ndimage

from experiments.recipe import ElectrodeRecipe
from simulators.microstructure.generative.labels import LabelSpace
from simulators.microstructure.generative.learned_model import LearnedModel
from simulators.microstructure.generative.model_file import ModelCard, TrainingRecord
from simulators.microstructure.generative.network import NetworkShape, VolumeNetwork

TINY = {
    "flow_width": 4,
    "flow_layers": 1,
    "flow_steps": 2,
    "decoder_width": 4,
    "middle_width": 4,
    "fine_width": 4,
    "label_width": 4,
}
NAMES = ("active_wt_pct", "porosity", "binder_adhesion")
POINTS = ((92.0, 0.3, 0.0), (97.0, 0.3, 0.0), (94.0, 0.45, 0.0), (94.0, 0.35, 1.0))
RECIPE = ElectrodeRecipe(
    active_wt_pct=94.0,
    binder_wt_pct=3.0,
    carbon_wt_pct=3.0,
    porosity=0.35,
    thickness_m=75e-6,
    particle_d50_m=6e-6,
)


def network(n_labels: int = 3, seed: int = 1) -> VolumeNetwork:
    """Return a network whose random weights draw something of every phase."""
    torch.manual_seed(seed)
    made = VolumeNetwork(NetworkShape(n_labels=n_labels, **TINY))
    for last in (made.flow.last, made.decoder.score):
        torch.nn.init.normal_(last.weight, std=0.3)
    return made.eval().requires_grad_(False)


def card(**changes) -> ModelCard:
    values = {
        "name": "tiny",
        "network": NetworkShape(n_labels=3, **TINY),
        "phases": ("pore", "active", "binder"),
        "labels": LabelSpace(names=NAMES, points=POINTS),
        "voxel_size_m": 0.4e-6,
        "recipe": RECIPE,
        "withheld": ((94.0, 0.35, 0.25),),
        "mean_fractions": ((0.3, 0.5, 0.2),) * len(POINTS),
        "training": TrainingRecord(
            kind="recipes",
            objective="none",
            n_steps=0,
            busy_s=0.0,
            seed=1,
            data_sha256=("0" * 64,),
            training_sha256="0" * 64,
            voxels=64,
            volumes_per_label=1,
        ),
    }
    return ModelCard(**{**values, **changes})


def model() -> LearnedModel:
    return LearnedModel(network(), card(), sha256="0" * 64)


def blobs(seed: int, shape: tuple[int, int, int] = (64, 64, 64)) -> np.ndarray:
    """Return a random three-phase structure with features of some ten voxels."""
    noise = np.random.default_rng(seed).standard_normal((2, *shape))
    fields = [ndimage.gaussian_filter(one, 2.5, mode="wrap") for one in noise]
    labels = (fields[0] > 0).astype(np.uint8)
    labels[(labels == 0) & (fields[1] > np.quantile(fields[1], 0.7))] = 2
    return labels
