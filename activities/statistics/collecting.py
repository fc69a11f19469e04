"""Very many small things made at once, without looking for circles among them again and again."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Python looks for circles when this is over: nothing inside makes any, or waits.

    With a third of a million lists and numbers a round this halves what counting costs.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
