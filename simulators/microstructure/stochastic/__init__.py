"""The stochastic generator."""

from simulators.microstructure.stochastic.generator import StochasticGenerator

__all__ = ["StochasticGenerator"]
