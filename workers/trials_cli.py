"""`inkloom trials`: when the plan of an organization ends by itself, and setting it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from schema.settings import SettingWrong

if TYPE_CHECKING:
    from activities.trials import TrialView

app = typer.Typer(help="Trials: list them, set when one ends.", no_args_is_help=True)

DATA_DIR = Path(".inkloom/up")
DataDir = Annotated[
    Path, typer.Option(help="Look at the `inkloom up` that runs here, where nothing else is set.")
]
Answer = TypeVar("Answer")


@app.command("list")
def list_trials(data_dir: DataDir = DATA_DIR) -> None:
    """List organizations on trial, the next to end first."""
    from activities.trials import ListTrials
    from activities.trials import list_trials as ask

    found = _ask(data_dir, lambda: ask(ListTrials()))
    table = Table(box=None, pad_edge=False)
    for heading in ("organization", "name", "plan", "ends"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "organization")
    for one in found:
        table.add_row(one.slug, escape(one.name), one.plan, _moment(one.ends_at))
    Console().print(table)


@app.command("set")
def set_trial(
    organization: Annotated[str, typer.Argument(help="Its slug, or org_ and 32 hex.")],
    ends: Annotated[
        str,
        typer.Option(help="The last day, such as 2026-12-31 (UTC), or a moment; `never` for none."),
    ],
    data_dir: DataDir = DATA_DIR,
) -> None:
    """Let the trial of an organization end then; its owners and admins are reminded before."""
    ends_at = None if ends == "never" else read_end(ends)
    one = _ask(data_dir, lambda: _set(organization, ends_at))
    told = f"ends {_moment(one.ends_at)}" if one.ends_at else "does not end"
    typer.echo(f"The trial of {one.slug} {told}.")


def read_end(text: str) -> datetime:
    """The end of the day, or the moment with its zone. Raises `SettingWrong`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SettingWrong(f"'{text}' is no date such as 2026-12-31") from None
    if moment.tzinfo is None:
        if len(text) > len("2026-12-31"):
            raise SettingWrong(f"'{text}' needs its zone, such as 2026-12-31T18:00:00Z")
        return datetime.combine(moment, time(23, 59, 59), UTC)
    return moment.astimezone(UTC)


async def _set(organization: str, ends_at: datetime | None) -> TrialView:
    from activities.rules.errors import NotFound
    from activities.trials import FindTrial, SetTrial, find_trial
    from activities.trials import set_trial as change

    try:
        found = await find_trial(FindTrial(organization))
    except NotFound:
        raise SettingWrong(f"There is no organization '{organization}' in this database") from None
    return await change(SetTrial(found.organization_id, ends_at))


def _ask(data_dir: Path, question: Callable[[], Awaitable[Answer]]) -> Answer:
    from workers.bootstrap import gateways
    from workers.running import load_running

    async def ask() -> Answer:
        async with gateways(load_running(data_dir)):
            return await question()

    return asyncio.run(ask())


def _moment(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%F %T} UTC" if moment else "-"
