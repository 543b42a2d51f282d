"""A recipe: what the coating line does, in SI units, every value resolved."""

from __future__ import annotations

from itertools import pairwise

from pydantic import Field, model_validator

from experiments.architecture import Architecture
from experiments.frozen import Frozen


class ElectrodeRecipe(Frozen):
    """One coating. Weight percents are of the dry coating and sum to 100."""

    active_wt_pct: float = Field(gt=0, le=100)
    binder_wt_pct: float = Field(ge=0, lt=100)
    carbon_wt_pct: float = Field(ge=0, lt=100)
    porosity: float = Field(gt=0, lt=1)
    """Total porosity, binder nanopores included (volume of void / volume of coating)."""
    thickness_m: float = Field(gt=1e-6, lt=1e-3)
    """Coating thickness of one side, 1 µm to 1 mm."""
    particle_d50_m: float = Field(gt=1e-8, lt=1e-4)
    """Median (by volume) particle diameter of the active material."""
    particle_spread: float = Field(default=0.30, ge=0, le=1.5)
    """Standard deviation of ln(diameter), lognormal by volume. Assumed default."""
    binder_adhesion: float = Field(default=0.5, ge=0, le=1)
    """0: binder gathers as fingers and bridges; 1: it spreads as a film on the active surface."""
    binder_nanoporosity: float = Field(default=0.47, ge=0, lt=1)
    """Void fraction inside the carbon-binder domain. Assumed; Vierrath et al. (2015, Electrochem.
    Commun. 60, 176, abstract) measured 0.576 in a LiCoO2 cathode by FIB-SEM."""
    active_material: str = "NMC811"
    """Name of the active powder; decides density and capacity."""
    second_active_wt_pct: float = Field(default=0.0, ge=0, lt=100)
    """Second active material (silicon beside graphite)."""
    second_active_d50_m: float = Field(default=1e-6, gt=1e-8, lt=1e-4)
    """Median (by volume) particle diameter of the second active material. Assumed default."""
    particle_d10_m: float | None = Field(default=None, gt=1e-8, lt=1e-4)
    """10th percentile by volume; with ``particle_d90_m`` it replaces ``particle_spread``."""
    particle_d90_m: float | None = Field(default=None, gt=1e-8, lt=1e-3)
    """90th percentile by volume."""
    particle_histogram: tuple[tuple[float, float], ...] = ()
    """Measured sizes: (upper diameter in m of a bin, volume share), rising; replaces the rest."""
    particle_elongation: float = Field(default=1.0, ge=1, le=5)
    """Longest over middle axis of the particles: above 1.5 prolate or bladed (Zingg)."""
    particle_flatness: float = Field(default=1.0, ge=1, le=5)
    """Middle over shortest axis of the particles: above 1.5 oblate or bladed (Zingg)."""
    orientation_a1: float = Field(default=1.0, ge=0.01, le=100)
    """Longest axes as coated: below 1 they stand along the thickness, above 1 they lie in plane."""
    orientation_a2: float = Field(default=1.0, ge=0.01, le=100)
    """Longest axes in plane: above 1 along axis 1 of the voxels, below 1 along axis 2."""
    calender_from_porosity: float | None = Field(default=None, gt=0, lt=1)
    """Porosity of the dried coating before the calender presses it to ``porosity``; None: the
    coating is laid down as it is."""
    drying_rate_kg_per_m2_s: float = Field(default=0.0, ge=0, lt=0.1)
    """Solvent evaporated per area and time; binder migrates to the surface when it is high."""
    architecture: Architecture | None = None
    """What differs through the thickness; None: nothing."""

    @model_validator(mode="after")
    def _percents_sum_to_100(self) -> ElectrodeRecipe:
        second = self.second_active_wt_pct
        total = self.active_wt_pct + second + self.binder_wt_pct + self.carbon_wt_pct
        if abs(total - 100.0) > 1e-6:
            raise ValueError(
                f"active {self.active_wt_pct:g} + "
                + (f"second active {second:g} + " if second else "")
                + f"binder {self.binder_wt_pct:g} + carbon "
                f"{self.carbon_wt_pct:g} wt% = {total:g}; it must be 100"
            )
        return self

    @model_validator(mode="after")
    def _sizes_and_porosities_are_in_order(self) -> ElectrodeRecipe:
        if (self.particle_d10_m is None) != (self.particle_d90_m is None):
            raise ValueError("give both particle_d10_m and particle_d90_m, or neither")
        if self.particle_d10_m is not None and self.particle_d90_m is not None:
            sizes = (self.particle_d10_m, self.particle_d50_m, self.particle_d90_m)
            if not sizes[0] < sizes[1] < sizes[2]:
                raise ValueError(
                    "particle_d10_m {:g}, particle_d50_m {:g}, particle_d90_m {:g}: "
                    "they must rise".format(*sizes)
                )
        diameters = [diameter for diameter, _ in self.particle_histogram]
        if diameters and (
            len(diameters) < 2
            or diameters[0] <= 0.0
            or any(a >= b for a, b in pairwise(diameters))
            or any(share < 0.0 for _, share in self.particle_histogram)
            or sum(share for _, share in self.particle_histogram[1:]) <= 0.0
        ):
            raise ValueError(
                "particle_histogram: diameters must rise and shares be at least 0; the first pair "
                "is the lower edge of the first bin"
            )
        if self.calender_from_porosity is not None and (
            self.calender_from_porosity <= self.porosity
        ):
            raise ValueError(
                f"calender_from_porosity {self.calender_from_porosity:g} must be above porosity "
                f"{self.porosity:g}"
            )
        return self


class NegativeRecipe(Frozen):
    """The negative coating: its thickness follows from the N/P ratio at fixed composition."""

    n_to_p_ratio: float = Field(default=1.1, gt=0.5, lt=3)
    porosity: float | None = Field(default=None, gt=0, lt=1)
    """Total porosity; None takes the parameter set's."""


class ElectrolyteRecipe(Frozen):
    """The electrolyte: a published correlation, its salt, and factors on what it transports."""

    correlation: str | None = None
    """``Nyman2008``, ``Landesfeind2019`` or ``Valoen2005``; None takes the parameter set's own."""
    salt_mol_per_m3: float | None = Field(default=None, gt=100, lt=4000)
    """None takes the parameter set's."""
    conductivity_factor: float = Field(default=1.0, gt=0, le=10)
    diffusivity_factor: float = Field(default=1.0, gt=0, le=10)
    transference_factor: float = Field(default=1.0, gt=0, le=4)


class Recipe(Frozen):
    """Both coatings of one cell, and what fills their pores."""

    positive: ElectrodeRecipe
    negative: NegativeRecipe = NegativeRecipe()
    electrolyte: ElectrolyteRecipe = ElectrolyteRecipe()
