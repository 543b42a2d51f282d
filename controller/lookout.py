"""Keep an eye on a running campaign: since when what runs runs, and whether it is stuck."""

from __future__ import annotations

import logging
from typing import Final

from agents.json_log import about
from controller.alarm import Alarm, Standstill, alarm
from controller.decide import Situation
from controller.state import State

_EVERY_S: Final = 5.0
_REPEAT_S: Final = 600.0
"""An alarm that lasts is logged again after so long."""

_log: Final = logging.getLogger("cellwright.control")


class Lookout:
    """Looks at every turn of the loop, with the session's monotonic seconds."""

    def __init__(self) -> None:
        self._began_s: dict[str, float] = {}
        self._asked_s: float | None = None
        self._looked_s = float("-inf")
        self._logged_s: float | None = None
        self.alarm: Alarm | None = None
        """What was seen last."""

    def look(self, state: State, situation: Situation, *, now_s: float, is_disk_full: bool) -> None:
        """Note what began and ended, and every few seconds whether all is as usual."""
        for job_id in situation.started - self._began_s.keys():
            self._began_s[job_id] = now_s
        for job_id in self._began_s.keys() - situation.started:
            del self._began_s[job_id]
        if not situation.is_asking:
            self._asked_s = None
        elif self._asked_s is None:
            self._asked_s = now_s
        if now_s - self._looked_s < _EVERY_S:
            return
        self._looked_s = now_s
        moment = Standstill(
            now_s=now_s,
            n_slots=situation.n_slots,
            began_s=self._began_s,
            n_waiting=len(situation.sent - situation.started),
            asked_s=self._asked_s,
            is_disk_full=is_disk_full,
        )
        self.alarm = alarm(state, moment)
        self._tell(state, now_s)

    def _tell(self, state: State, now_s: float) -> None:
        """Log an alarm when it begins, now and then while it lasts, and its end."""
        name = state.campaign.name
        if self.alarm is None:
            if self._logged_s is not None:
                _log.warning("no longer stuck", extra=about(campaign=name))
            self._logged_s = None
        elif self._logged_s is None or now_s - self._logged_s >= _REPEAT_S:
            self._logged_s = now_s
            _log.warning("stuck: %s", self.alarm.words, extra=about(campaign=name))
