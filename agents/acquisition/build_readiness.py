"""When builds may be asked for: not before simulation has had its say.

A build costs money, days and a person's attention, and a first simulated look at the space costs
minutes. Until the start is known, no ranking holds a build, whatever the model makes of less.
"""

from __future__ import annotations

from agents.acquisition.start import cheapest_level, n_start
from experiments.ranking import Candidate, Question


def without_early_builds(question: Question, start: list[Candidate]) -> Question:
    """Return the question with no build left to ask for while the simulated start is open.

    ``start`` is what of it may still be dispatched.
    """
    level = question.campaign.build_level
    if level is None or not question.left.get(level.name) or not is_start_open(question, start):
        return question
    return question.model_copy(update={"left": {**question.left, level.name: 0}})


def is_start_open(question: Question, start: list[Candidate]) -> bool:
    """Say whether results of the start are still to come; knowledge from before counts as much.

    None are where nothing of it is under way or can be: its level is spent, or its designs are.
    """
    if not question.campaign.simulated:
        return False
    level = cheapest_level(question.campaign)
    if not start and not any(job.fidelity == level for job in question.pending):
        return False
    n_known = sum(observation.job.purpose == "search" for observation in question.observations)
    return n_known < n_start(question)
