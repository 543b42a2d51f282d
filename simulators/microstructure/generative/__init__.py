"""Learned generators: networks trained on structures, with a card that says how wrong they are."""

from simulators.microstructure.generative.generator import LearnedGenerator
from simulators.microstructure.generative.learned_model import LearnedModel, load_model

__all__ = ["LearnedGenerator", "LearnedModel", "load_model"]
