"""How much room a kilowatt hour takes: a metric from another package.

Once installed beside Cellwright, a campaign may say ``minimize: volume_L_per_kWh`` with
``at_power_W``. The function is imported only in the worker that evaluates such a campaign.
"""

from __future__ import annotations

from simulators.cell.outside_metrics import CellFigures


def volume_L_per_kWh(figures: CellFigures) -> float:
    """Return litres of the whole cell per kWh of the discharge."""
    litres = 1e3 * figures.whole.volume_m3
    return litres / (1e-3 * figures.performance.metrics["energy_Wh"])
