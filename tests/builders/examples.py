"""How many examples a property is shown: all in the full proof, a part of them in CI."""

from __future__ import annotations

import os

IS_FULL = os.environ.get("INKLOOM_PROOF") == "full"


def so_many(full: int) -> int:
    """`full` in the full proof (`make proof`), else a quarter of it, but ten at least."""
    return full if IS_FULL else min(full, max(10, full // 4))
