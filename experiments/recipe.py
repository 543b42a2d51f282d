"""A recipe: what the coating line does, in SI units, every value resolved."""

from __future__ import annotations

from pydantic import Field, model_validator

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


class NegativeRecipe(Frozen):
    """The negative coating: its thickness follows from the N/P ratio at fixed composition."""

    n_to_p_ratio: float = Field(default=1.1, gt=0.5, lt=3)
    porosity: float | None = Field(default=None, gt=0, lt=1)
    """Total porosity; None takes the parameter set's."""


class Recipe(Frozen):
    """Both coatings of one cell."""

    positive: ElectrodeRecipe
    negative: NegativeRecipe = NegativeRecipe()
