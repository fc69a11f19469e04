"""What processes used of the processor and of memory, from /proc (Linux)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_UTIME, _STIME, _PARENT = 11, 12, 1
"""Fields of /proc/PID/stat after the name (proc(5)), counted from the state."""


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of these processes together; one that ended has none."""
    return sum(sum(int(_stat(pid)[n]) for n in (_UTIME, _STIME)) for pid in pids) / _TICKS


def with_children(pid: int) -> list[int]:
    """The process and all its descendants that live now."""
    family = [pid]
    parents = {
        int(entry): int(_stat(int(entry))[_PARENT])
        for entry in os.listdir("/proc")
        if entry.isdigit()
    }
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    return family


def memory_mib(pid: int) -> float:
    """Resident memory of the process now."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)


def _stat(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ["0"] * 20
    return text.rpartition(")")[2].split()
