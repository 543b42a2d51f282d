"""Where parameter values come from: PyBaMM's own sets, and BPX files."""

from __future__ import annotations

import math
import re
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydantic import ValidationError

from experiments.errors import Invalid
from simulators.cell.chemistry import (
    POSITIVE_ACTIVE,
    Chemistry,
    ElectrodeChemistry,
    require_parameter_set,
)
from simulators.cell.pybamm_door import pybamm

_UNION_MEMBER: Final = re.compile(r"^[A-Z][a-z]+[A-Z]|^function|\(|^(float|int)$")
_SALT: Final = "Initial concentration in electrolyte"
_SALT_FIELD: Final = "State.Initial conditions.Initial electrolyte concentration [mol.m-3]"
"""Where it is missing PyBaMM only warns, and takes 1000; temperatures are the campaign's anyway."""
_SAMPLES: Final = np.linspace(1e-3, 1.0 - 1e-3, 1997)


def parameter_values(name: str) -> Any:
    """Return a fresh ``pybamm.ParameterValues`` of a built-in set or a BPX file (.json).

    Raises ``Invalid`` for unknown names and for files that are no valid BPX.
    """
    if not name.endswith(".json"):
        require_parameter_set(name)
        return pybamm.ParameterValues(name)
    if not Path(name).is_file():
        raise Invalid(f"cell.parameter_set: the BPX file {name} does not exist")
    try:
        with _no_file_left(), warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            values = pybamm.ParameterValues.create_from_bpx(name)
    except ValidationError as error:
        raise Invalid(f"cell.parameter_set: {name}: {_first(error)}") from error
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        first = " ".join(str(error).split())[:300]
        raise Invalid(f"cell.parameter_set: {name} is not a valid BPX file: {first}") from error
    if any(_SALT in str(warning.message) for warning in said):
        raise Invalid(f"cell.parameter_set: {name}: the field {_SALT_FIELD!r} is missing")
    for field, value in values.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise Invalid(f"cell.parameter_set: {name}: {field}: {value} is no number")
    return values


@contextmanager
def _no_file_left() -> Iterator[None]:
    """Remove the temporary modules that bpx 1.1.1 writes, one a function, and never removes."""
    usual = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="bpx-") as folder:
        tempfile.tempdir = folder
        try:
            yield
        finally:
            tempfile.tempdir = usual


def chemistry_of(name: str) -> Chemistry:
    """Read what balancing, masses and the mapping need from a parameter set.

    Formation loss = 1 − (lithium in both electrodes of the set) / (sites of the positive): the
    positive is synthesised full of lithium, and what the set's aged-in cell no longer has was lost
    in formation.
    """
    values = parameter_values(name)
    try:
        return _read_chemistry(name, values)
    except ValidationError as error:
        raise Invalid(f"cell.parameter_set: {name}: {_first(error)}") from error
    except KeyError as error:
        raise Invalid(f"cell.parameter_set: {name}: {error.args[0]}") from error


def _read_chemistry(name: str, values: Any) -> Chemistry:
    negative, positive = (_electrode(name, values, side) for side in ("Negative", "Positive"))
    lithium, sites = 0.0, 0.0
    for side, electrode in (("negative", negative), ("positive", positive)):
        depth_m = electrode.active_fraction * electrode.thickness_m
        concentration = _number(values, f"Initial concentration in {side} electrode [mol.m-3]")
        lithium += concentration * depth_m
        sites = electrode.maximum_concentration_mol_per_m3 * depth_m
    return Chemistry(
        name=name,
        active_material=POSITIVE_ACTIVE.get(name),
        negative=negative,
        positive=positive,
        separator_thickness_m=_number(values, "Separator thickness [m]"),
        separator_porosity=_number(values, "Separator porosity"),
        separator_bruggeman_exponent=_number(
            values, "Separator Bruggeman coefficient (electrolyte)"
        ),
        minimum_voltage_V=_number(values, "Lower voltage cut-off [V]"),
        maximum_voltage_V=_number(values, "Upper voltage cut-off [V]"),
        formation_loss=1.0 - lithium / sites,
        electrolyte_concentration_mol_per_m3=_number(
            values, "Initial concentration in electrolyte [mol.m-3]"
        ),
    )


def _electrode(name: str, values: Any, side: str) -> ElectrodeChemistry:
    try:
        return _read_electrode(values, side)
    except ValidationError as error:
        where = f"cell.parameter_set: {name}: {side} electrode"
        raise Invalid(f"{where}: {_first(error)}") from error


def _read_electrode(values: Any, side: str) -> ElectrodeChemistry:
    lower = side.lower()
    particle = pybamm.LithiumIonParameters().domain_params[lower].prim
    potential = values.process_symbol(
        particle.U(pybamm.Vector(_SAMPLES), pybamm.Scalar(298.15))
    ).evaluate()
    return ElectrodeChemistry(
        maximum_concentration_mol_per_m3=_number(
            values, f"Maximum concentration in {lower} electrode [mol.m-3]"
        ),
        active_fraction=_number(values, f"{side} electrode active material volume fraction"),
        porosity=_number(values, f"{side} electrode porosity"),
        thickness_m=_number(values, f"{side} electrode thickness [m]"),
        particle_radius_m=_number(values, f"{side} particle radius [m]"),
        bruggeman_exponent=_number(values, f"{side} electrode Bruggeman coefficient (electrolyte)"),
        solid_bruggeman_exponent=_number(
            values, f"{side} electrode Bruggeman coefficient (electrode)"
        ),
        conductivity_S_per_m=_conductivity(values, f"{side} electrode conductivity [S.m-1]"),
        stoichiometries=tuple(round(float(x), 7) for x in _SAMPLES),
        potentials_V=tuple(round(float(u), 7) for u in np.asarray(potential).reshape(-1)),
    )


def _first(error: ValidationError) -> str:
    """Return the first complaint: which field, what is wrong with it, what was found.

    A tagged union's members are in the path as class names or functions; fields have neither
    parentheses nor, in BPX, more than one capital within a word.
    """
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if not _UNION_MEMBER.search(str(part)))
    if first["type"] == "missing":
        return f"the field {where!r} is missing"
    return f"{where}: {first['msg'].removeprefix('Value error, ')}; found {first['input']!r:.60}"


def _number(values: Any, name: str) -> float:
    value = values[name]
    number = float(value) if isinstance(value, (int, float)) else math.nan
    if not math.isfinite(number):
        raise Invalid(f"parameter {name!r}: {value!r} must be a number")
    return number


def _conductivity(values: Any, name: str) -> float:
    """Return a conductivity at 25 °C; BPX gives it as a function of temperature."""
    value = values[name]
    if not callable(value):
        return _number(values, name)
    return float(pybamm.Scalar(0).__radd__(value(pybamm.Scalar(298.15))).evaluate())
