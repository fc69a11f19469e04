"""A process of its own that writes records to a spool, as an API process does.

Reads `{count}` records' number from its second argument and a limit to the size of files from the
third (0: none); prints how many it wrote, and stays until it is ended.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from activities.gateways.spool import Record, Spool, SpoolFull


def spool(folder: Path, count: int, most_bytes: int, record: Record) -> None:
    """Write, tell, wait."""
    if most_bytes:
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most))
    kept, full = Spool(folder), 0
    for _ in range(count):
        try:
            kept.append(record)
        except SpoolFull:
            full += 1
    print(count - full, full, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    body = bytes.fromhex(sys.argv[4])
    events = bytes.fromhex(sys.argv[5]) if len(sys.argv) > 5 else b""
    spool(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Record(body, events))
