"""``cellwright run`` without Ray: compute, a real process, evaluates within itself.

Started as a program with the arguments of ``cellwright``.
"""

from __future__ import annotations

import sys

from agents.messages import Configure
from controller import session
from controller.campaign_file import LoadedCampaign
from controller.cli import exit_status
from controller.home import Home

_on_ray = session._configure


def _within_compute(
    loaded: LoadedCampaign, home: Home, options: session.SessionOptions
) -> Configure:
    return _on_ray(loaded, home, options).model_copy(update={"executor": "in_process"})


if __name__ == "__main__":
    session._configure = _within_compute
    sys.exit(exit_status(sys.argv[1:]))
