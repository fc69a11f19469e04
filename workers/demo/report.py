"""The demo's last page: tables on the terminal, everything in `report.json`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from workers.demo.telling import Timing
from workers.demo.verdict import Evidence, Figures, faults, figures

SHOWN = 10
DEVICES = ("mobile", "tablet", "desktop")


@dataclass(frozen=True)
class Places:
    """Where the demo's files are."""

    folder: Path

    @property
    def pictures(self) -> Path:
        return self.folder / "pictures"

    @property
    def sheet(self) -> Path:
        return self.folder / "contact-sheet.png"

    @property
    def report(self) -> Path:
        return self.folder / "report.json"


def show(console: Console, seen: Evidence, timings: Sequence[Timing], places: Places) -> None:
    """Print scans by code, totals, timings and where the files are."""
    totals = figures(seen)
    console.print()
    console.print(_codes(seen))
    rest = totals.codes - SHOWN
    if rest > 0:
        console.print(f"   ... and {rest} more in {places.report}\n", style="dim", soft_wrap=True)
    console.print(_totals(totals, seen))
    console.print()
    console.print(_timings(timings))
    console.print()
    for what, path in (
        ("Contact sheet", places.sheet),
        ("Pictures", places.pictures),
        ("Report", places.report),
    ):
        console.print(f"  {what:<15}{path}", soft_wrap=True)


def write(seen: Evidence, timings: Sequence[Timing], places: Places) -> None:
    """Everything as JSON: `holds`, `faults`, `figures`, `restarts`, `timings` and all `codes`."""
    wrong = faults(seen)
    page = {
        "holds": not wrong,
        "faults": wrong,
        "figures": asdict(figures(seen)),
        "restarts": [asdict(restart) for restart in seen.restarts],
        "timings": [{**asdict(timing), "rate": timing.rate} for timing in timings],
        "codes": _listed(seen, places),
    }
    places.report.write_text(json.dumps(page, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _codes(seen: Evidence) -> Table:
    table = Table("code", box=None, pad_edge=False, padding=(0, 2, 0, 1))
    table.add_column("country")
    table.add_column("scans", justify="right", style="bold")
    table.add_column("short address", no_wrap=True)
    order = sorted(range(len(seen.codes)), key=lambda number: -seen.scan_counts[number])
    for number in order[:SHOWN]:
        code, scans = seen.codes[number], seen.scan_counts[number]
        table.add_row(code.landmark.name, code.landmark.country, f"{scans:,}", code.scan_url)
    return table


def _totals(totals: Figures, seen: Evidence) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 1))
    devices = Counter(message.data["device"] for message in seen.accepted("qr.scanned"))
    rows = (
        ("codes", f"{totals.codes}"),
        ("pictures", f"{totals.pictures}, {totals.read_back} PNGs of {totals.codes} read back"),
        (
            "visits",
            f"{totals.visits:,}: {totals.counted:,} counted, {totals.bots} by bots, "
            f"{totals.heads} HEAD",
        ),
        ("scans by", ", ".join(f"{device} {devices[device]:,}" for device in DEVICES)),
        ("events", f"{totals.events:,} to be told, {totals.received:,} received"),
        ("deliveries", f"{totals.deliveries:,}, {totals.delivered:,} delivered"),
        (
            "attempts",
            f"{totals.attempts:,}; {totals.retries:,} retries, {totals.refused:,} answers of 503",
        ),
        (
            "event to receipt",
            f"p50 {1000 * totals.p50_seconds:.0f} ms, p99 {1000 * totals.p99_seconds:.0f} ms; "
            f"with retries {totals.longest_seconds:.1f} s at most",
        ),
        ("duplicates", f"{totals.duplicates}"),
        ("invalid signatures", f"{totals.invalid}"),
        ("lost", f"{totals.lost}"),
    )
    for name, value in rows:
        table.add_row(name, f"[bold]{value}[/bold]")
    if seen.restarts:
        table.add_row("restarted", ", ".join(restart.role for restart in seen.restarts))
    return table


def _timings(timings: Sequence[Timing]) -> Table:
    table = Table("step", box=None, pad_edge=False, padding=(0, 2, 0, 1))
    table.add_column("seconds", justify="right")
    table.add_column("rate", justify="right")
    for timing in timings:
        rate = f"{timing.rate:,.0f} {timing.unit}/s" if timing.rate else ""
        table.add_row(timing.doing, f"{timing.seconds:.1f}", rate)
    table.add_row("all", f"{sum(timing.seconds for timing in timings):.1f}", style="bold")
    return table


def _listed(seen: Evidence, places: Places) -> list[dict[str, Any]]:
    """Every code with its scans: as the API counts them, as played, and by device as announced."""
    played = seen.scans_played()
    told = Counter(
        (message.data["shortCode"], message.data["device"])
        for message in seen.accepted("qr.scanned")
    )
    return [
        {
            **asdict(code.landmark),
            "short_id": code.short_id,
            "scan_url": code.scan_url,
            "scans": seen.scan_counts[number],
            "scans_played": played[number],
            "devices": {device: told[code.short_id, device] for device in DEVICES},
            "png": str(places.pictures / f"{code.landmark.slug}.png"),
            "svg": str(places.pictures / f"{code.landmark.slug}.svg"),
        }
        for number, code in enumerate(seen.codes)
    ]
