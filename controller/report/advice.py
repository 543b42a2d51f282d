"""What the model advises: the design it would choose, and what going on promises."""

from __future__ import annotations

from controller.label import design_words
from controller.quantity import three, with_interval
from controller.report.material import Material
from experiments.observation import Observation


def advice(material: Material, best: Observation) -> str:
    """Say what the model would measure next, where that is not the best measured design."""
    advised = material.recommended
    if advised is None or best.job.design == advised.design:
        return ""
    key, label = material.metric(material.main)
    predicted = advised.predicted.get(key)
    text = f"The model would choose {design_words(advised.design)}"
    if predicted is None:
        return f"{text}."
    half = 1.96 * predicted.sd
    shown = with_interval(predicted.mean, predicted.mean - half, predicted.mean + half, label.unit)
    return f"{text}, and expects {shown} of its next evaluation."


def prospect_sentence(material: Material) -> str:
    """Say what one more evaluation promises, and how much better the best design can be."""
    if not material.state.outlooks:
        return ""
    found = material.state.outlooks[-1].prospect
    _, label = material.metric(material.main)
    return (
        f"One more evaluation at {material.campaign.target} is expected to gain "
        f"{three(found.expected_gain)} {label.unit}; by the model, with 95% probability no design "
        f"beats the best measured one by more than {three(found.regret_bound)} {label.unit}."
    )
