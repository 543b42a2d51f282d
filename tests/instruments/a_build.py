"""A plausible build for the instruments' tests."""

from __future__ import annotations

from aurora_unicycler import CyclingProtocol

from experiments.build import (
    BuildPayload,
    BuildRequest,
    DecisionReference,
    SignedBuild,
    signed_build,
)
from experiments.capabilities import Capabilities, Limits, Range
from experiments.cell_spec import CellSpec
from experiments.design import Design
from experiments.recipe import ElectrodeRecipe, Recipe
from simulators.cell.protocols import rate_sweep

SECRET = b"a secret only the tests know, 32+"
LIMITS = Limits(
    thickness_m=Range(min=30e-6, max=150e-6),
    loading_kg_per_m2=Range(min=0.05, max=0.4),
    porosity=Range(min=0.2, max=0.6),
    voltage_V=Range(min=2.0, max=4.3),
    current_A=0.05,
    temperature_C=Range(min=10, max=45),
)
CAPABILITIES = Capabilities(
    instrument="bench",
    is_simulated=True,
    chemistries=("NMC811",),
    formats=("coin", "single-layer-pouch"),
    limits=LIMITS,
    max_cells=8,
)


def protocol_of(*rates_per_h: float, maximum_V: float = 4.2) -> CyclingProtocol:
    return rate_sweep(
        rates_per_h or (0.2, 1.0), capacity_Ah=0.00673, minimum_V=2.5, maximum_V=maximum_V
    )


def recipe_of(**changes: float | str) -> Recipe:
    values: dict[str, float | str] = {
        "active_wt_pct": 94,
        "binder_wt_pct": 3,
        "carbon_wt_pct": 3,
        "porosity": 0.32,
        "thickness_m": 75e-6,
        "particle_d50_m": 6e-6,
    }
    return Recipe(positive=ElectrodeRecipe.model_validate({**values, **changes}))


def request_of(**changes: object) -> BuildRequest:
    values: dict[str, object] = {
        "campaign": "bench-test",
        "design": Design(values={"positive.porosity": 0.32}),
        "recipe": recipe_of(),
        "cell": CellSpec(format="coin"),
        "protocol": protocol_of(),
    }
    return BuildRequest.model_validate({**values, **changes})


def payload_of(request: BuildRequest | None = None, *, person: str = "ada") -> BuildPayload:
    request = request or request_of()
    return BuildPayload(
        request=request,
        decision=DecisionReference(proposal_id="p1", digest=request.digest, person=person),
    )


def build_of(
    build_id: str = "b1",
    payload: BuildPayload | None = None,
    *,
    epoch: int = 1,
    secret: bytes = SECRET,
) -> SignedBuild:
    return signed_build(build_id, payload or payload_of(), epoch=epoch, secret=secret)
