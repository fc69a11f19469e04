"""How the demo tells where it is: progress bars on a terminal, short lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import TaskID as BarId

LINE_SECONDS = 2.0
"""Where there is no terminal, a step is heard of at least this often while it moves."""


@dataclass(frozen=True)
class Timing:
    """A finished step: how long it took, and how many of what it did."""

    doing: str
    seconds: float
    count: int
    unit: str

    @property
    def rate(self) -> float | None:
        """Units a second; None for a step that makes no units."""
        return self.count / self.seconds if self.unit and self.seconds else None


class Step:
    """A step under way; `told` changes what a terminal shows."""

    def __init__(self, console: Console, doing: str, total: int, bar: Progress | None) -> None:
        self.count = 0
        self._console, self._doing, self._total, self._bar = console, doing, total, bar
        self._task: BarId | None = bar.add_task(doing, total=total or None) if bar else None
        self._line_at = time.monotonic()

    def say(self, sentence: str) -> None:
        """Something within the step."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=sentence)
        else:
            self._console.print(f"  {sentence}", soft_wrap=True)

    def advance(self) -> None:
        """One more is done."""
        self.reach(self.count + 1)

    def reach(self, count: int) -> None:
        """So many are done."""
        self.count = count
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=count)
        elif time.monotonic() - self._line_at >= LINE_SECONDS:
            self._line_at = time.monotonic()
            self._console.print(f"  {self._doing}: {count:,} of {self._total:,}")


class Teller:
    """Tells the steps one after another and remembers how long each took."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.timings: list[Timing] = []

    @contextmanager
    def step(self, doing: str, total: int = 0, unit: str = "") -> Iterator[Step]:
        """Show a step while it runs; when it ends well, one line says how long it took."""
        began = time.monotonic()
        if self.console.is_terminal:
            with self._bar(counted=total > 0) as bar:
                step = Step(self.console, doing, total, bar)
                yield step
        else:
            self.console.print(f"{doing} ...")
            step = Step(self.console, doing, total, None)
            yield step
        timing = Timing(doing, time.monotonic() - began, step.count, unit)
        self.timings.append(timing)
        self.console.print(_line(timing))

    def _bar(self, *, counted: bool) -> Progress:
        columns = [SpinnerColumn(), TextColumn("{task.description}"), BarColumn()]
        if counted:
            columns.append(MofNCompleteColumn())
        return Progress(*columns, TimeElapsedColumn(), console=self.console, transient=True)


def _line(timing: Timing) -> str:
    counted = f"{timing.count:>6,} {timing.unit}" if timing.unit else ""
    return f"[green]✓[/green] {timing.doing:<42}{timing.seconds:>6.1f} s  {counted}"
