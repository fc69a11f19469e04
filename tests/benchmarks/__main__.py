"""`python -m tests.benchmarks`: measures, prints one table and writes `.inkloom/bench.json`.

A goal that is not reached is shown as such and is no failure. The exit code is 1 when a benchmark
could not run or found something lost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import uvloop
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from tests.benchmarks import (
    access,
    assets,
    bulk,
    expiry,
    qr,
    redirect,
    redirect_cost,
    start,
    totals,
    visitor,
    webhook_client,
    webhook_idle,
    webhook_sustained,
    webhook_waits,
)
from tests.benchmarks.lab import ROOT, Lab
from tests.benchmarks.measure import Lost, Row
from workers.processes import StartFailed

WIDTH = 110
"""Columns of the table in a file or a pipe."""
RESULTS = ROOT / ".inkloom" / "bench.json"
SMALL = ROOT / ".inkloom" / "bench-tiny.json"
"""Apart, so that a test run does not replace figures."""


@dataclass(frozen=True)
class Topic:
    """Rows that are measured together, and how."""

    names: tuple[str, ...]
    measure: Callable[[Lab], Awaitable[list[Row]]]


TOPICS = (
    Topic(qr.NAMES, qr.measure),
    Topic(bulk.NAMES, bulk.measure),
    Topic(webhook_client.NAMES, webhook_client.measure),
    Topic(webhook_idle.NAMES, webhook_idle.measure),
    Topic(webhook_sustained.NAMES, webhook_sustained.measure),
    Topic(webhook_waits.NAMES, webhook_waits.measure),
    Topic(visitor.NAMES, visitor.measure),
    Topic(redirect.NAMES, redirect.measure),
    Topic(redirect_cost.NAMES, redirect_cost.measure),
    Topic(expiry.NAMES, expiry.measure),
    Topic(access.NAMES, access.measure),
    Topic(assets.NAMES, assets.measure),
    Topic(totals.NAMES, totals.measure),
    # Last, for it wants a stack that has run and is stopped.
    Topic(start.NAMES, start.measure),
)


def main(arguments: Sequence[str]) -> int:
    """Measure what is asked for; the exit code."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--tiny", action="store_true", help="small sizes: does it run?")
    asked = parser.parse_args(arguments)
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)
    topics = [topic for topic in TOPICS if any(asked.only in name for name in topic.names)]
    if not topics:
        names = ", ".join(name for topic in TOPICS for name in topic.names)
        console.print(f"No row has '{asked.only}' in its name. There are: {names}")
        return 1
    rows, failed = uvloop.run(_measure(topics, asked.tiny, console))
    rows = [row for row in rows if asked.only in row.name]
    if rows:
        console.print(_table(rows, asked.tiny))
    _keep(SMALL if asked.tiny else RESULTS, rows)
    for failure in failed:
        console.print(failure, style="red")
    return 1 if failed else 0


async def _measure(
    topics: Sequence[Topic], tiny: bool, console: Console
) -> tuple[list[Row], list[str]]:
    """The rows, and a sentence for each topic that failed."""
    rows: list[Row] = []
    failed: list[str] = []
    with console.status("Measuring", refresh_per_second=2) as status:
        began = monotonic()

        def say(step: str) -> None:
            status.update(step)
            if not console.is_terminal:
                console.print(f"{monotonic() - began:6.1f} s  {step}")

        lab = Lab(tiny=tiny, say=say)
        try:
            for topic in topics:
                try:
                    rows += await topic.measure(lab)
                except (Lost, StartFailed) as fault:
                    failed.append(f"{topic.names[0]}: {fault}")
                except Exception:
                    failed.append(f"{topic.names[0]}: {traceback.format_exc()}")
        finally:
            say("stopping")
            await lab.close()
    await asyncio.sleep(0.3)
    return rows, failed


def _keep(path: Path, rows: Sequence[Row]) -> None:
    """Write the rows as JSON; those of earlier runs that were not measured now are kept."""
    kept = {row["name"]: row for row in json.loads(path.read_text())} if path.exists() else {}
    kept |= {row.name: row.as_json() for row in rows}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(list(kept.values()), indent=1) + "\n")


def _table(rows: Sequence[Row], tiny: bool) -> Table:
    cores, load = os.cpu_count(), os.getloadavg()[0]
    size = "Small sizes, no figures to quote" if tiny else "Full sizes"
    table = Table(box=SIMPLE_HEAD, pad_edge=False, title_justify="left")
    table.title = f"{size}; {cores} cores, load {load:.1f}; ratio: how many times as fast"
    table.add_column("what", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("anchor")
    table.add_column("its value", justify="right", no_wrap=True)
    table.add_column("ratio", justify="right")
    table.add_column("goal")
    table.add_column("holds")
    for row in rows:
        table.add_row(
            row.name,
            f"{_readable(row.value)} {row.unit}",
            row.anchor,
            f"{_readable(row.anchor_value)} {row.unit}",
            _readable(row.ratio),
            row.goal,
            "[green]yes[/green]" if row.holds else "[red]no[/red]",
        )
    return table


def _readable(figure: float) -> str:
    """Three significant digits; thousands apart, no exponent."""
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code = main(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.stdout.flush()
    sys.stderr.flush()
    # A short process that used the Temporal SDK can crash when the interpreter tears it down
    # (temporalio/sdk-python#300); everything is closed by now.
    os._exit(code)
