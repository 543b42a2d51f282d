"""Make a build's cells with the project's own chain at high fidelity, and test them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from aurora_unicycler import ConstantCurrent, ConstantVoltage, CyclingProtocol

from experiments.build import BuildPayload, BuildRequest
from experiments.build_status import AsBuilt
from experiments.cell_spec import CellSpec
from experiments.errors import DesignFailed
from experiments.generation import VolumeRequest
from experiments.physics import Physics
from experiments.properties import EffectiveProperties
from experiments.recipe import Recipe
from instruments.coating_plan import coating_plan
from instruments.lab_simulator.cycler_files import SUFFIX, write_cycler_file
from instruments.lab_simulator.ledger import MadeFile
from instruments.lab_simulator.reality import CellFate, Reality, as_coated, fates, random_of
from instruments.results.cycling_record import CyclingRecord


@dataclass(frozen=True)
class MadeBuild:
    """A coating and its cells."""

    coating: AsBuilt
    files: tuple[MadeFile, ...]


def make_build(
    build_id: str, payload: BuildPayload, reality: Reality, file_format: str = "bdf-csv"
) -> MadeBuild:
    """Coat, assemble and cycle: measured coating and one file a cell.

    The same payload and reality give the same cells. Raises ``DesignFailed`` and ``Invalid``
    where the recipe makes no coating at all.
    """
    request = payload.request
    random = random_of(reality, payload.sha256)
    coated = as_coated(request.recipe.positive, reality, random)
    recipe = request.recipe.model_copy(update={"positive": coated})
    properties = _measured(recipe, reality, int(random.integers(2**31)))
    coating = _as_built(request, recipe)
    files = []
    for number, fate in enumerate(fates(request.n_cells, reality, random), start=1):
        disc = coated.model_copy(update={"thickness_m": coated.thickness_m * fate.loading_factor})
        of_cell = recipe.model_copy(update={"positive": disc})
        sample = f"{build_id}-cell{number}"
        record, reason = _tested(request, of_cell, properties, reality, fate, sample, random)
        files.append(
            MadeFile(
                cell=number,
                name=sample + SUFFIX[file_format],
                content=write_cycler_file(record, file_format),
                is_ok=reason is None,
                reason=reason,
                as_built=_as_built(request, of_cell),
            )
        )
    return MadeBuild(coating, tuple(files))


def _measured(recipe: Recipe, reality: Reality, seed: int) -> EffectiveProperties:
    """Return the coating's true properties: one volume, with the hidden transport bias."""
    from simulators.microstructure.stochastic import StochasticGenerator
    from simulators.properties.characterize import characterize

    physics = Physics()
    voxels = StochasticGenerator(n_threads=1).generate(
        VolumeRequest(
            recipe=recipe.positive,
            shape=(reality.voxels,) * 3,
            voxel_size_m=reality.box_diameters * recipe.positive.particle_d50_m / reality.voxels,
            seed=seed,
        )
    )
    found = characterize(
        voxels,
        axes=(0,),
        binder_ion_diffusivity=physics.binder_ion_diffusivity,
        solid_conductivity={
            "active": physics.active_conductivity_S_per_m,
            "binder": physics.binder_conductivity_S_per_m,
        },
        tolerance=1e-3,
        detail="loop",
        n_threads=1,
    )
    through = found.pore_transport["0"]
    true = through.relative * reality.transport_factor
    biased = through.model_copy(update={"relative": true, "lower": true, "upper": true})
    fractions = dict(found.volume_fraction)
    fractions["active"] *= reality.active_factor
    return found.model_copy(update={"pore_transport": {"0": biased}, "volume_fraction": fractions})


def _tested(
    request: BuildRequest,
    recipe: Recipe,
    properties: EffectiveProperties,
    reality: Reality,
    fate: CellFate,
    sample: str,
    random: np.random.Generator,
) -> tuple[CyclingRecord, str | None]:
    """Return what the cycler recorded of one cell, and why it is no good."""
    try:
        record = _cycled(request, recipe, properties, reality, sample)
    except DesignFailed as error:
        return _dead(sample, 0.0), f"no curve: {error.message}"
    noisy = replace(  # resolution of a laboratory channel, assumed: 0.1 mV and 0.1 µA
        record,
        voltage_V=np.round(record.voltage_V + 5e-5 * random.standard_normal(record.n_rows), 4),
        current_A=np.round(record.current_A, 7),
    )
    if fate.failure == "no contact":
        return _dead(sample, 0.02), "no contact: no open-circuit voltage"
    if fate.failure == "internal short":
        until = max(int(fate.at_share * record.n_rows), 3)
        kept = noisy.rows(slice(0, until))
        fallen = kept.voltage_V.copy()
        n = min(20, until - 1)
        fallen[-n:] *= np.linspace(1.0, 0.02, n)
        return replace(kept, voltage_V=fallen), "internal short: the voltage broke down"
    return noisy, None


def _cycled(
    request: BuildRequest,
    recipe: Recipe,
    properties: EffectiveProperties,
    reality: Reality,
    sample: str,
) -> CyclingRecord:
    """Run the protocol; its rates are of the capacity the cycler was told, not of the true one."""
    from simulators.cell.cycling import run_protocol
    from simulators.cell.evaluate import cell_conditions, design_inputs, measured_balance
    from simulators.cell.p2d_model import MeshSize
    from simulators.cell.sizing import size_cell

    cell = CellSpec.model_validate(request.cell.model_dump())
    sized = size_cell(cell, recipe)
    conditions = cell_conditions(cell, sized, recipe, power_W=1.0)
    conditions = replace(
        conditions,
        mesh=MeshSize.of(reality.mesh_points),
        resistance_Ohm_m2=conditions.resistance_Ohm_m2 * reality.resistance_factor,
    )
    design = design_inputs(sized, recipe, properties, Physics())
    area_m2 = sized.whole.coated_area_m2
    told_Ah = coating_plan(request).cell_capacity_Ah
    design = replace(design, capacity_Ah_per_m2=told_Ah / area_m2)
    balance = measured_balance(sized, properties)
    steps = run_protocol(design, balance, in_rates(request.protocol, told_Ah), conditions)
    columns: dict[str, list[np.ndarray]] = {"time": [], "voltage": [], "current": [], "step": []}
    begins_s = 0.0
    for number, step in enumerate(steps, start=1):
        if step.time_s.size == 0:
            continue
        columns["time"].append(begins_s + step.time_s)
        columns["voltage"].append(step.voltage_V)
        columns["current"].append(step.current_A_per_m2 * area_m2)
        columns["step"].append(np.full(step.time_s.size, number))
        begins_s += float(step.time_s[-1]) + 1.0
    return CyclingRecord(
        time_s=np.concatenate(columns["time"]),
        voltage_V=np.concatenate(columns["voltage"]),
        current_A=np.concatenate(columns["current"]),
        step=np.concatenate(columns["step"]).astype(np.int64),
        temperature_C=np.full(sum(c.size for c in columns["time"]), request.cell.temperature_C),
        sample=sample,
    )


def in_rates(protocol: CyclingProtocol, capacity_Ah: float) -> CyclingProtocol:
    """Return a protocol with every current as a rate of the capacity."""
    method = []
    for step in protocol.method:
        changed: object = step
        if isinstance(step, ConstantCurrent) and step.current_mA is not None:
            rate = float(step.current_mA) / 1e3 / capacity_Ah
            changed = step.model_copy(update={"rate_C": rate, "current_mA": None})
        if isinstance(step, ConstantVoltage) and step.until_current_mA is not None:
            rate = float(step.until_current_mA) / 1e3 / capacity_Ah
            changed = step.model_copy(update={"until_rate_C": rate, "until_current_mA": None})
        method.append(changed)
    return protocol.model_copy(update={"method": method})


def _as_built(request: BuildRequest, recipe: Recipe) -> AsBuilt:
    """Return what a gauge, a balance and both together measure on a coating."""
    plan = coating_plan(request.model_copy(update={"recipe": recipe}))
    return AsBuilt(
        thickness_m=recipe.positive.thickness_m,
        loading_kg_per_m2=plan.loading_kg_per_m2,
        porosity=recipe.positive.porosity,
    )


def _dead(sample: str, voltage_V: float) -> CyclingRecord:
    """Return the record of a cell that gives nothing."""
    return CyclingRecord(
        time_s=np.arange(5.0),
        voltage_V=np.full(5, voltage_V),
        current_A=np.zeros(5),
        step=np.ones(5, dtype=np.int64),
        sample=sample,
    )
