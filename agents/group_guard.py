"""Sees to it that nothing of this process's group outlives it, whatever kills it.

Ray's own agents notice the death of their node, then wait a minute for a head that is dead too.
"""

from __future__ import annotations

import os
import subprocess
from typing import Final

_SCRIPT: Final = 'read -r word && exit 0; kill -s KILL -- "-$1"'
"""A word is a dismissal; the end of the pipe without one is our death."""


class GroupGuard:
    """A shell, outside of the group, that waits on a pipe of which only we hold the other end."""

    def __init__(self) -> None:
        if os.getpgrp() != os.getpid():
            os.setpgrp()
        theirs, self._ours = os.pipe()
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", _SCRIPT, "sh", str(os.getpid())],
            stdin=theirs,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(theirs)

    def dismiss(self) -> None:
        """Let the group end in its own time; for an orderly end only."""
        os.write(self._ours, b"dismissed\n")
        os.close(self._ours)
        self._shell.wait()
