"""`inkloom schedules`: what comes again and again, when it last came and when it comes next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from temporalio.client import Client
from temporalio.service import RPCError

from schema.settings import SettingWrong

app = typer.Typer(
    help="What comes again and again; pause and resume it in the Temporal UI.",
    invoke_without_command=True,
)

DATA_DIR = Path(".inkloom/up")
DataDir = Annotated[
    Path, typer.Option(help="Look at the `inkloom up` that runs here, where nothing else is set.")
]
Answer = TypeVar("Answer")


@app.callback()
def schedules(context: typer.Context, data_dir: DataDir = DATA_DIR) -> None:
    """List every schedule: when it comes, whether it is paused, its last and its next run."""
    if context.invoked_subcommand is None:
        from workers.schedules import standings

        told = _ask(data_dir, standings)
        table = Table(box=None, pad_edge=False)
        for heading in ("schedule", "comes", "state", "runs", "last run", "next run"):
            table.add_column(heading, overflow="fold", no_wrap=heading == "schedule")
        for one in told:
            state = "active" if one.found else "missing"
            if one.paused:
                state = f"paused: {escape(one.note)}" if one.note else "paused"
            times = (_moment(one.last_at), _moment(one.next_at))
            table.add_row(one.declared.name, one.declared.words, state, str(one.runs), *times)
        Console().print(table)


@app.command()
def apply(data_dir: DataDir = DATA_DIR) -> None:
    """Bring the server to what this version declares, as every worker does when it starts."""
    from workers.schedules import reconcile

    done = _ask(data_dir, reconcile)
    for verb, names in (("made", done.made), ("changed", done.changed), ("removed", done.removed)):
        if names:
            typer.echo(f"{verb}: {', '.join(names)}")
    if not (done.made or done.changed or done.removed):
        typer.echo("Every schedule is as it is declared.")


def _ask(data_dir: Path, question: Callable[[Client], Awaitable[Answer]]) -> Answer:
    from workers.bootstrap import connector
    from workers.running import load_running
    from workflows.starter import Starter, TemporalAway

    async def ask() -> Answer:
        try:
            client = await Starter(connector(load_running(data_dir))).client()
            answer = await question(client)
        except TemporalAway as fault:
            raise SettingWrong(f"Temporal does not answer: {fault}") from None
        except RPCError as fault:
            raise SettingWrong(f"Temporal refuses: {fault.message}") from None
        # Too short a life crashes the SDK at the end of the process (temporalio/sdk-python#300).
        await asyncio.sleep(0.3)
        return answer

    return asyncio.run(ask())


def _moment(moment: datetime | None) -> str:
    return f"{moment:%F %T} UTC" if moment else "-"
