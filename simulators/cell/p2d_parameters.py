"""A parameter set with the design as inputs, on fixed reference lengths.

Thickness and particle radius would change the mesh, so the model lives on fixed reference lengths
and the equations are rescaled exactly (s = L/L_ref, q = R/R_ref):

    porosity → s·ε     active fraction → s·ε_s     pore transport B → B/s
    σ → σ/s, all of it in the solid's tortuosity factor
    solid diffusivity → D/q²     exchange current → j0·f/q  (f: see ``p2d_inputs``)
    double-layer capacity → C·f/q

The substitution x = s·x' leaves every flux and every volumetric source times s, which is the same
system. It stays exact after discretisation because whatever is rescaled has a harmonic mean at
edges (Recktenwald 2012), for which ``p2d_model`` rewrites PyBaMM's electrolyte current.
"""

from __future__ import annotations

from typing import Any, Final

from simulators.cell.chemistry import load_chemistry
from simulators.cell.p2d_model import ModelKind, through_position
from simulators.cell.parameter_source import parameter_values
from simulators.cell.pybamm_door import pybamm

REFERENCE_THICKNESS_M: Final = 1e-3
"""Above every thickness a recipe may have, so that s·ε stays below 1."""
HALF_CELL_CEILING_V: Final = 5.0
"""Above any open-circuit potential of a charged positive; a discharge never meets it."""
LITHIUM_SET: Final = "Xu2019"
LITHIUM: Final = (
    "Exchange-current density for lithium metal electrode [A.m-2]",
    "Lithium metal partial molar volume [m3.mol-1]",
    "Negative electrode thickness [m]",
    "Negative electrode conductivity [S.m-1]",
    "Negative electrode OCP [V]",
    "Negative electrode OCP entropic change [V.K-1]",
    "Negative electrode charge transfer coefficient",
)
REFERENCE_CAPACITY_AH: Final = 50.0
"""Scale of one square metre's capacity; only numerical."""


def design_parameters(kind: ModelKind) -> Any:
    """Return the set's values with the design replaced by inputs, for one square metre."""
    chemistry = load_chemistry(kind.parameter_set)
    values = parameter_values(kind.parameter_set)
    ambient = pybamm.InputParameter("temperature")
    replaced: dict[str, Any] = {
        "Electrode height [m]": 1.0,
        "Electrode width [m]": 1.0,
        "Number of electrodes connected in parallel to make a cell": 1.0,
        "Nominal cell capacity [A.h]": REFERENCE_CAPACITY_AH,
        "Contact resistance [Ohm]": pybamm.InputParameter("resistance"),
        "Ambient temperature [K]": ambient,
        "Initial temperature [K]": ambient,
        "Separator tortuosity factor (electrolyte)": chemistry.separator_porosity
        / chemistry.separator_transport,
        **_electrolyte_values(values, kind.electrolyte_set),
    }
    if kind.is_thermal:
        replaced |= {
            "Cell volume [m3]": 1.0,
            "Cell cooling surface area [m2]": 1.0,
            "Cell heat capacity [J.K-1.m-3]": pybamm.InputParameter("heat capacity"),
            "Total heat transfer coefficient [W.m-2.K-1]": pybamm.InputParameter("cooling"),
        }
    if kind.is_half_cell:
        replaced |= _lithium_values()
    for side in ("Positive",) if kind.is_half_cell else ("Negative", "Positive"):
        replaced.update(_electrode_values(values, side, kind))
    values.update(replaced, check_already_exists=False)
    return values


def negative_surface_factor(values: Any) -> Any:
    """Return the negative's true surface over the surface of the model's reference particles.

    ``values`` may be a set's or already hold the design; the reference radius is in both.
    """
    growth = pybamm.InputParameter("negative radius") / float(
        values["Negative particle radius [m]"]
    )
    return pybamm.InputParameter("negative area") / growth


def thickness_stretch(side: str) -> Any:
    """Return an electrode's true thickness over the reference one."""
    return pybamm.InputParameter(f"{side.lower()} thickness") / REFERENCE_THICKNESS_M


def _lithium_values() -> dict[str, Any]:
    """Return a lithium electrode.

    Xu et al. 2019, J. Electrochem. Soc. 166, A3456, as PyBaMM's set of that name has it, quoted;
    its exchange current stands for any electrolyte (assumed).
    """
    source = pybamm.ParameterValues(LITHIUM_SET)
    return {
        **{name: source[name] for name in LITHIUM},
        "Upper voltage cut-off [V]": HALF_CELL_CEILING_V,
    }


def _electrolyte_values(values: Any, electrolyte_set: str | None) -> dict[str, Any]:
    """Return the electrolyte's functions times inputs, and its salt as an input."""
    source = values if electrolyte_set is None else pybamm.ParameterValues(electrolyte_set)
    factors = {
        "Electrolyte conductivity [S.m-1]": "conductivity factor",
        "Electrolyte diffusivity [m2.s-1]": "diffusivity factor",
        "Cation transference number": "transference factor",
    }
    return {
        "Initial concentration in electrolyte [mol.m-3]": pybamm.InputParameter("salt"),
        "Thermodynamic factor": source["Thermodynamic factor"],
        **{
            name: scaled(source[name], pybamm.InputParameter(factor))
            for name, factor in factors.items()
        },
    }


def _electrode_values(values: Any, side: str, kind: ModelKind) -> dict[str, Any]:
    def given(name: str) -> Any:
        return pybamm.InputParameter(f"{side.lower()} {name}")

    def through(name: str) -> Any:
        return given(name) if kind.knots == 1 else _profile(side, name, kind.knots)

    stretch = thickness_stretch(side)
    porosity = stretch * through("porosity")
    growth = given("radius") / float(values[f"{side} particle radius [m]"])
    tortuosity = stretch * porosity / through("transport")
    solid_tortuosity = stretch * (1.0 - porosity) / through("conductivity")
    diffusivity, exchange, double_layer = (
        f"{side} particle diffusivity [m2.s-1]",
        f"{side} electrode exchange-current density [A.m-2]",
        f"{side} electrode double-layer capacity [F.m-2]",
    )
    return {
        f"{side} electrode thickness [m]": REFERENCE_THICKNESS_M,
        f"{side} electrode porosity": _anywhere(porosity),
        f"{side} electrode active material volume fraction": _anywhere(stretch * through("active")),
        f"{side} electrode tortuosity factor (electrolyte)": _anywhere(tortuosity),
        f"{side} electrode tortuosity factor (electrode)": _anywhere(solid_tortuosity),
        f"{side} electrode conductivity [S.m-1]": 1.0,
        diffusivity: scaled(values[diffusivity], 1.0 / growth**2),
        exchange: scaled(values[exchange], through("area") / growth),
        f"Initial concentration in {side.lower()} electrode [mol.m-3]": given("concentration"),
        **(
            {double_layer: scaled(values[double_layer], through("area") / growth)}
            if double_layer in values and kind.knots == 1
            else {}
        ),
    }


def _profile(side: str, name: str, knots: int) -> Any:
    """Return a property that is linear between knots, from separator to current collector."""
    x = through_position(side)
    if side == "Negative":
        depth = 1.0 - x / REFERENCE_THICKNESS_M
    else:
        start = pybamm.Parameter("Negative electrode thickness [m]") + pybamm.Parameter(
            "Separator thickness [m]"
        )
        depth = (x - start) / REFERENCE_THICKNESS_M
    scaled_depth = depth * (knots - 1)
    total: Any = 0.0
    for knot in range(knots):
        hat = pybamm.maximum(0.0, 1.0 - abs(scaled_depth - knot))
        total = total + pybamm.InputParameter(f"{side.lower()} {name} {knot}") * hat
    return total


def _anywhere(value: Any) -> Any:
    """Return a value as a function of any arguments, where it holds a spatial variable."""
    if not isinstance(value, pybamm.Symbol) or not value.domain:
        return value

    def constant(*_: Any) -> Any:
        return value

    return constant


def scaled(value: Any, factor: Any) -> Any:
    """Return a parameter, number or function, times a factor."""
    if not callable(value):
        return value * factor

    def times_factor(*arguments: Any) -> Any:
        return factor * value(*arguments)

    return times_factor
