"""What the machine says of memory: how much there is, what compute holds, who was killed for it.

Linux only: ``/proc`` and control groups of either version (kernel documentation, ``proc(5)``,
``admin-guide/cgroup-v2`` and ``cgroup-v1/memory``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_CGROUPS: Final = Path("/sys/fs/cgroup")


def held_bytes(session: int, proc: Path = _PROC) -> int:
    """Return the memory that the processes of a session hold alone.

    Pages of the object store are shared between all workers, and are not counted here. A session,
    not a group: Ray gives each worker a group of its own.
    """
    total = 0
    for folder in proc.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                total += _field(folder / "status", "RssAnon:") * 1024
        except (OSError, IndexError, ValueError):
            continue
    return total


def limit_bytes(proc: Path = _PROC, cgroups: Path = _CGROUPS) -> int:
    """Return how much memory this process's control group may hold, at most the machine's."""
    limits = [_field(proc / "meminfo", "MemTotal:") * 1024]
    for folder in _folders(proc, cgroups):
        for name in ("memory.max", "memory.limit_in_bytes"):
            try:
                text = (folder / name).read_text().strip()
            except OSError:
                continue
            if text.isdigit():
                limits.append(int(text))
    return min(limits)


def n_killed_for_memory(proc: Path = _PROC, cgroups: Path = _CGROUPS) -> int | None:
    """Return how many processes of this control group the kernel ever killed for memory.

    None where nobody counts them.
    """
    for folder in _folders(proc, cgroups):
        for name in ("memory.events", "memory.oom_control"):
            try:
                return _field(folder / name, "oom_kill")
            except (OSError, ValueError):
                continue
    return None


def _folders(proc: Path, cgroups: Path) -> list[Path]:
    """Return where this process's memory control group may be: version 2, version 1, a container's.

    Inside a container the path in ``/proc/self/cgroup`` is often the host's, and the container's
    own group is at the root.
    """
    found = []
    try:
        lines = (proc / "self" / "cgroup").read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            found.append(cgroups / path.lstrip("/"))
        elif "memory" in controllers.split(","):
            found += [cgroups / "memory" / path.lstrip("/"), cgroups / "memory"]
    return [*found, cgroups]


def _field(path: Path, name: str) -> int:
    """Return the number behind a name. Raises ``ValueError`` where it is not there."""
    for line in path.read_text().splitlines():
        first, *rest = line.split()
        if first == name and rest:
            return int(rest[0])
    raise ValueError(f"{path} has no {name}")
