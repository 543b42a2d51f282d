"""What a build has to beat is one answer, from levels of this campaign alone."""

from __future__ import annotations

import pytest

from controller.events import Dispatched, Observed
from controller.incumbent import incumbent, simulated_twin
from controller.pending_document import pending_document
from experiments.campaign import Campaign
from experiments.fidelity import Fidelity
from experiments.job import new_job
from tests.controller.build_doubles import Book, building_campaign
from tests.controller.doubles import observe

EARLIER = Fidelity(name="earlier", voxels=64, voxel_size_um=0.5, source_of="fine")


@pytest.fixture
def book() -> Book:
    """A campaign whose file names the finest level first, with a table of earlier results."""
    campaign = building_campaign()
    coarse, fine, cell = campaign.fidelities
    return Book(campaign.model_copy(update={"fidelities": (fine, cell, coarse, EARLIER)}))


def found(book: Book, level: str, unit: float, value: float) -> None:
    campaign: Campaign = book.campaign
    design = campaign.design.from_unit([unit])
    job = new_job(campaign.name, design, level, campaign_seed=campaign.seed)
    book.write(Dispatched(job=job), Observed(observation=observe(job, value)))


def test_results_of_others_are_nothing_to_beat(book: Book) -> None:
    found(book, "earlier", 0.4, 250.0)
    assert incumbent(book.state) is None
    assert pending_document(book.state).incumbent is None


def test_the_finest_level_that_has_a_best_counts_wherever_the_file_names_it(book: Book) -> None:
    found(book, "earlier", 0.4, 250.0)
    found(book, "coarse", 0.4, 220.0)
    assert incumbent(book.state)[0] == "best at coarse"
    found(book, "fine", 0.5, 210.0)
    name, best = incumbent(book.state)
    assert (name, best.value("specific_energy_Wh_per_kg")) == ("best at fine", 210.0)
    assert pending_document(book.state).incumbent.design == dict(best.job.design.values)


def test_a_real_cell_is_beaten_by_a_real_cell_alone(book: Book) -> None:
    found(book, "fine", 0.5, 210.0)
    found(book, "cell", 0.6, 180.0)
    assert incumbent(book.state)[0] == "best at cell"


def test_a_simulated_twin_is_this_campaigns_finest_simulation(book: Book) -> None:
    design = book.campaign.design.from_unit([0.4])
    found(book, "earlier", 0.4, 250.0)
    found(book, "cell", 0.4, 190.0)
    assert simulated_twin(book.state, design) is None
    found(book, "coarse", 0.4, 220.0)
    assert simulated_twin(book.state, design).job.fidelity == "coarse"
    found(book, "fine", 0.4, 210.0)
    assert simulated_twin(book.state, design).job.fidelity == "fine"
