"""Carry out one order so that whatever goes wrong is that order's answer, and ends nothing else."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, TypeVar

from controller.order import Order, Refused, refused
from experiments.errors import DiskFull, HomeInUse, Invalid, Rejected, Transient

OF_THE_HOME: Final = (HomeInUse, Transient, Rejected)
"""What the journal raises where nothing more can be stored in it, whoever asks."""
_log: Final = logging.getLogger("cellwright.control")
Came = TypeVar("Came")


def attempted(
    order: Order,
    step: Callable[[], Came],
    *,
    of_the_home: tuple[type[Exception], ...] = (),
) -> Came | Refused:
    """Return what a step of carrying out an order comes to, or that the order is refused.

    Errors among ``of_the_home`` say something of the home and not of the order: they are raised on.
    """
    try:
        return step()
    except (DiskFull, Invalid) as error:
        return refused(error)
    except of_the_home:
        raise
    except Rejected as error:
        if "reason" in error.evidence:
            return refused(error)
        return _failed(order, error)
    # An order is somebody's input, and control works for everybody: a mistake in how one order is
    # read or carried out costs that order, and neither the campaign nor the others' orders.
    except Exception as error:  # noqa: BLE001
        return _failed(order, error)


def _failed(order: Order, error: Exception) -> Refused:
    """Return the refusal of an order that met a mistake, which is logged with its trace."""
    _log.error("order %s of campaign %s failed", order.kind, order.campaign, exc_info=error)
    said = str(error).strip().partition("\n")[0][:300] or type(error).__name__
    return Refused(message=f"{order.kind} could not be carried out, and nothing is stored: {said}")
