"""The command line: `inkloom up | demo | serve | work | relay | migrate | webhooks | doctor`..."""

from __future__ import annotations

import asyncio
import atexit
import os
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from schema.db import DatabaseAway, DatabaseTooOld
from schema.patience import TablesHeld
from schema.settings import (
    Settings,
    SettingWrong,
    describe_settings,
    load_settings,
    need_database,
)
from workers.collecting import not_collecting
from workers.processes import StartFailed
from workers.schedules_cli import app as schedules
from workers.trials_cli import app as trials
from workers.webhooks_cli import app as webhooks

app = typer.Typer(
    help="Dynamic QR codes, short links and signed webhooks on durable workflows.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(schedules, name="schedules")
app.add_typer(trials, name="trials")
app.add_typer(webhooks, name="webhooks")

DATA_DIR = Path(".inkloom/up")
DEMO_DIR = Path(".inkloom/demo")
SDK = "temporalio.bridge.temporal_sdk_bridge"

Port = Annotated[int | None, typer.Option(min=1, max=65535, show_default=False)]
RunningIn = Annotated[
    Path, typer.Option(help="Look at the `inkloom up` that runs here, where nothing else is set.")
]

# A role reads its modules while the servers start, and begins when the tables are made.
After = Annotated[Path | None, typer.Option(hidden=True)]


@app.command()
def up(
    data_dir: Annotated[Path, typer.Option(help="Where the data lives.")] = DATA_DIR,
    port: Port = None,
    temporal_port: Port = None,
    temporal_ui_port: Port = None,
    postgres_port: Port = None,
    ready_file: Annotated[
        Path | None, typer.Option(help="Written as JSON when everything answers.")
    ] = None,
    quiet: Annotated[bool, typer.Option(help="Print nothing but errors.")] = False,
) -> None:
    """Serve everything on this machine: 8000 and 8233 when free, other ports otherwise."""
    from workers import up as story

    options = story.UpOptions(
        data_dir, port, temporal_port, temporal_ui_port, postgres_port, ready_file, quiet
    )
    story.up(options, load_settings())


@app.command()
def demo(
    data_dir: Annotated[Path, typer.Option(help="Made anew each time.")] = DEMO_DIR,
    visits: Annotated[int, typer.Option(min=1, max=100_000)] = 1000,
    keep: Annotated[bool, typer.Option(help="Keep serving afterwards, until Ctrl-C.")] = False,
) -> None:
    """Show the main job on 60 real landmarks: codes, pictures, scans, webhooks, retries."""
    from workers.demo.story import DemoOptions, tell

    raise SystemExit(tell(DemoOptions(data_dir, visits, keep), load_settings()))


@app.command()
def serve(after: After = None) -> None:
    """Serve the API and the redirects on HOST:PORT."""
    settings = load_settings()
    with not_collecting():
        from workers.serve import serve as run

    _wait_for(after)
    _run(run(settings))


@app.command()
def work(
    queue: Annotated[str | None, typer.Argument(help="One queue; all when left out.")] = None,
    after: After = None,
) -> None:
    """Run workflows and activities."""
    settings = load_settings()
    with not_collecting():
        from workers.registry import REGISTRY
        from workers.work import work as run

    known = tuple(REGISTRY)
    if queue is not None and queue not in known:
        raise SettingWrong(f"There is no queue '{queue}'; choose one of {', '.join(known)}")
    _wait_for(after)
    _run(run(settings, tuple(name for name in known if queue in (None, name))))


@app.command()
def relay(after: After = None) -> None:
    """Carry events from the outbox to workflows."""
    settings = load_settings()
    with not_collecting():
        from workers.relay import relay as run

    _wait_for(after)
    _run(run(settings))


@app.command()
def migrate(
    revision: Annotated[str, typer.Argument(help="Version to go up to.")] = "head",
) -> None:
    """Bring the database to the tables of this version."""
    url = need_database(load_settings())
    from schema.migrate import upgrade

    console = Console(highlight=False, markup=False, soft_wrap=True)
    upgrade(url, revision, say=console.print)
    console.print("The tables are up to date.")


@app.command()
def settings() -> None:
    """List every setting, its default and its meaning."""
    table = Table(box=None, pad_edge=False)
    for heading in ("setting", "default", "meaning"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "setting")
    for row in describe_settings():
        table.add_row(row["name"], row["default"] or "-", row["meaning"])
    Console().print(table)


@app.command()
def session(
    organization: Annotated[str, typer.Argument(help="Slug of the organization.")] = "home",
    data_dir: RunningIn = DATA_DIR,
) -> None:
    """Open a browser session for an organization's owner and print its cookie."""
    from workers.first_run import open_owner_session
    from workers.running import load_running

    print(f"ink_session={asyncio.run(open_owner_session(load_running(data_dir), organization))}")  # noqa: T201


@app.command()
def doctor(data_dir: RunningIn = DATA_DIR) -> None:
    """Say what is reachable and what is not."""
    from workers.doctor import examine
    from workers.running import load_running

    async def report(checked: Settings) -> bool:
        console, well = Console(highlight=False), True
        async for finding in examine(checked):
            mark = "[green]ok  [/green]" if finding.well else "[red]away[/red]"
            console.print(f"{mark}  {finding.what}: {escape(finding.told)}", soft_wrap=True)
            well = well and finding.well
        await asyncio.sleep(0.3)
        return well

    raise SystemExit(0 if asyncio.run(report(load_running(data_dir))) else 1)


def main() -> None:
    """The console script. A fault that a person can mend is one sentence and exit code 2."""
    codes: list[int] = []
    # The first to be registered runs last.
    atexit.register(_end, codes)
    try:
        _command()
    except SystemExit as end:
        codes.append(end.code if isinstance(end.code, int) else int(end.code is not None))
        raise


def _command() -> None:
    try:
        app()
    except (SettingWrong, StartFailed, DatabaseTooOld, TablesHeld) as fault:
        _refuse(str(fault))
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except DatabaseAway as fault:
        _refuse(f"PostgreSQL does not answer: {fault}. `inkloom doctor` says more.")


def _refuse(sentence: str) -> None:
    sys.stderr.write(f"inkloom: {sentence}\n")
    raise SystemExit(2)


def _wait_for(gate: Path | None) -> None:
    """Until the file is there; whoever started us ends us when it never comes."""
    while gate is not None and not gate.exists():
        time.sleep(0.02)


def _run(process: Coroutine[Any, Any, None]) -> None:
    """Run a long-running process on uvloop."""
    import uvloop

    from activities.gateways.drawers import end_helpers

    uvloop.run(process)
    end_helpers()
    _leave(0)


def _end(codes: list[int]) -> None:
    if codes and SDK in sys.modules:
        _leave(codes[0])


def _leave(code: int) -> None:
    """End at once: a short-lived process that used the Temporal SDK can crash when the interpreter
    tears it down (temporalio/sdk-python#300); everything is closed by now.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
