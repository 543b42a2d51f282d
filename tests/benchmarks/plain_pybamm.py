"""The rival: a DFN built afresh for every design, as PyBaMM's examples do it, nothing rescaled."""

from __future__ import annotations

from typing import Any

import pybamm

from simulators.cell.p2d_inputs import DesignInputs, ElectrodeInputs
from simulators.cell.p2d_parameters import LITHIUM


def plain_discharge(
    design: DesignInputs,
    *,
    power_W_per_m2: float,
    resistance_Ohm_m2: float,
    temperature_K: float = 298.15,
    parameter_set: str = "Chen2020",
    model: str = "DFN",
    mesh_points: int | dict[str, int] = 20,
    rtol: float = 1e-4,
    is_half_cell: bool = False,
) -> Any:
    """Return PyBaMM's solution of one square metre at constant power."""
    built = getattr(pybamm.lithium_ion, model)(
        {
            "transport efficiency": "tortuosity factor",
            "operating mode": "power",
            "contact resistance": "true",
            **({"working electrode": "positive"} if is_half_cell else {}),
        }
    )
    values = plain_values(
        design,
        power_W_per_m2,
        resistance_Ohm_m2,
        temperature_K=temperature_K,
        parameter_set=parameter_set,
    )
    if is_half_cell:
        lithium = pybamm.ParameterValues("Xu2019")
        values.update({name: lithium[name] for name in LITHIUM}, check_already_exists=False)
        values["Upper voltage cut-off [V]"] = 5.0
    names = ("x_n", "x_s", "x_p", "r_n", "r_p")
    points = mesh_points if isinstance(mesh_points, dict) else dict.fromkeys(names, mesh_points)
    simulation = pybamm.Simulation(
        built,
        parameter_values=values,
        solver=pybamm.IDAKLUSolver(rtol=rtol, atol=rtol * 1e-2, on_extrapolation="ignore"),
        var_pts=points,
    )
    return simulation.solve([0.0, 3600.0 * 5.0 * design.capacity_Ah_per_m2 / power_W_per_m2])


def plain_values(
    design: DesignInputs,
    power_W_per_m2: float,
    resistance_Ohm_m2: float,
    *,
    temperature_K: float = 298.15,
    parameter_set: str = "Chen2020",
) -> Any:
    """Return the parameter set with a design in it, on its true lengths."""
    values = (
        pybamm.ParameterValues.create_from_bpx(parameter_set)
        if parameter_set.endswith(".json")
        else pybamm.ParameterValues(parameter_set)
    )
    values.update(
        plain_numbers(
            values, design, power_W_per_m2, resistance_Ohm_m2, temperature_K=temperature_K
        ),
        check_already_exists=False,
    )
    for side, electrode in (("Negative", design.negative), ("Positive", design.positive)):
        name = exchange_current(side)
        values.update({name: _on_area(values[name], electrode.area_factor)})
    return values


def plain_numbers(
    values: Any,
    design: DesignInputs,
    power_W_per_m2: float,
    resistance_Ohm_m2: float,
    *,
    temperature_K: float,
) -> dict[str, float]:
    """Return every number of a design by PyBaMM's name; only the area factors are left out.

    ``values`` is the parameter set, for its separator.
    """
    return {
        "Electrode height [m]": 1.0,
        "Electrode width [m]": 1.0,
        "Number of electrodes connected in parallel to make a cell": 1.0,
        "Nominal cell capacity [A.h]": design.capacity_Ah_per_m2,
        "Power function [W]": power_W_per_m2,
        "Contact resistance [Ohm]": resistance_Ohm_m2,
        "Ambient temperature [K]": temperature_K,
        "Initial temperature [K]": temperature_K,
        "Separator tortuosity factor (electrolyte)": values["Separator porosity"]
        / values["Separator porosity"] ** values["Separator Bruggeman coefficient (electrolyte)"],
        **_electrode("Negative", design.negative),
        **_electrode("Positive", design.positive),
    }


def exchange_current(side: str) -> str:
    """Return PyBaMM's name of an electrode's exchange-current density."""
    return f"{side} electrode exchange-current density [A.m-2]"


def energy_Wh_per_m2(solution: Any, power_W_per_m2: float) -> float:
    """Return the energy of a constant-power discharge."""
    return power_W_per_m2 * float(solution.t[-1]) / 3600.0


def _on_area(exchange: Any, area_factor: float) -> Any:
    def exchange_on_measured_area(*arguments: Any) -> Any:
        return area_factor * exchange(*arguments)

    return exchange_on_measured_area


def _electrode(side: str, electrode: ElectrodeInputs) -> dict[str, float]:
    return {
        f"{side} electrode thickness [m]": electrode.thickness_m,
        f"{side} electrode porosity": electrode.porosity,
        f"{side} electrode active material volume fraction": electrode.active_fraction,
        f"{side} electrode tortuosity factor (electrolyte)": electrode.porosity
        / electrode.pore_transport,
        f"{side} electrode tortuosity factor (electrode)": 1.0 - electrode.porosity,
        f"{side} electrode conductivity [S.m-1]": electrode.conductivity_S_per_m,
        f"{side} particle radius [m]": electrode.particle_radius_m,
        f"Initial concentration in {side.lower()} electrode [mol.m-3]": (
            electrode.initial_concentration_mol_per_m3
        ),
    }
