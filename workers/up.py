"""`inkloom up`: the whole product on this machine, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from schema.settings import Settings
from workers.ports import free_ports, require
from workers.processes import StartFailed
from workers.running import forget_running, note_running, write_whole
from workers.stack import Stack, Wishes

if TYPE_CHECKING:
    from workers.first_run import LocalKey

API_PORT = 8000
TEMPORAL_UI_PORT = 8233
WATCH_SECONDS = 0.5


@dataclass(frozen=True)
class UpOptions:
    """Ports that are None are the usual ones when free, else any free one."""

    data_dir: Path
    port: int | None = None
    temporal_port: int | None = None
    temporal_ui_port: int | None = None
    postgres_port: int | None = None
    ready_file: Path | None = None
    quiet: bool = False


def up(options: UpOptions, settings: Settings) -> None:
    """Start, tell the addresses, keep it running, stop at SIGINT or SIGTERM."""
    console = Console(quiet=options.quiet, highlight=False)
    asked = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: asked.set())
    if options.ready_file is not None:
        options.ready_file.unlink(missing_ok=True)
    wishes = Wishes(
        data_dir=options.data_dir,
        port=options.port or usual_or_free(API_PORT),
        temporal_port=options.temporal_port,
        temporal_ui_port=options.temporal_ui_port or usual_or_free(TEMPORAL_UI_PORT),
        postgres_port=options.postgres_port,
    )
    stack = Stack(wishes, settings)
    try:
        with console.status("Starting") as status:
            stack.begin(lambda step: status.update(step))
            # Operations take seconds to read; the roles do it meanwhile, on other cores.
            from workers.first_run import HOME, ensure_local_key

            key = ensure_local_key(stack.settings, stack.data_dir)
            stack.wait_until_ready()
        note_running(stack)
        if options.ready_file is not None:
            write_ready(options.ready_file, stack, key.secret)
        welcome(console, stack, key, HOME.owner_email)
        watch(console, stack, asked)
    finally:
        console.print("\nStopping (requests under way get 10 seconds)")
        forget_running(stack)
        stack.stop()
        if options.ready_file is not None:
            options.ready_file.unlink(missing_ok=True)
        console.print("Stopped. Your data stays in", str(options.data_dir), style="dim")


def usual_or_free(port: int) -> int:
    """The usual port when nobody has it, else any free one."""
    try:
        require(port, "--port")
    except StartFailed:
        return free_ports(1)[0]
    return port


def write_ready(path: Path, stack: Stack, key: str) -> None:
    """The addresses as JSON, for whoever waits for the file."""
    told: dict[str, object] = {
        "api": stack.api,
        "temporal_address": stack.temporal_address,
        "temporal_ui": stack.temporal_ui,
        "database_url": stack.database_url,
        "api_key": key,
        "pid": os.getpid(),
        "processes": stack.pids(),
    }
    write_whole(path, told)


def welcome(console: Console, stack: Stack, key: LocalKey, owner: str) -> None:
    """What there is and how to begin."""
    console.print("[bold]Inkloom is up.[/bold] Ctrl-C stops it.\n")
    console.print(f"  API and redirects  {stack.api}", soft_wrap=True)
    console.print(f"  Documents          {stack.api}/docs", soft_wrap=True)
    if stack.settings.has_mailbox():
        console.print(f"  Sign in            {stack.api}/sign-in as {owner}", soft_wrap=True)
        console.print(f"  Mailbox            {stack.api}/dev/mailbox", soft_wrap=True)
    if stack.settings.dev_inbox:
        console.print(f"  Webhook inbox      {stack.api}/dev/inbox", soft_wrap=True)
    console.print(
        f"  Temporal UI        {stack.temporal_ui or 'at your own Temporal'}", soft_wrap=True
    )
    console.print(f"  Logs               {stack.data_dir / 'logs'}\n", soft_wrap=True)
    if key.is_new:
        console.print("Your first API key (shown this once):", style="bold")
        console.print(f"  {key.secret}\n", soft_wrap=True)
        console.print("Make a dynamic QR code:", style="bold")
        console.print(
            f"  curl -X POST {stack.api}/api/v1/dynamic/ \\\n"
            f"    -H 'X-Api-Key: {key.secret}' -H 'Content-Type: application/json' \\\n"
            '    -d \'{"destination_url": "https://example.com/welcome", "name": "Welcome"}\'\n',
            soft_wrap=True,
            markup=False,
        )


def watch(console: Console, stack: Stack, asked: threading.Event) -> None:
    """Restart a role that dies; end when a server does."""
    while not asked.wait(WATCH_SECONDS):
        for role in stack.restart_dead():
            console.print(f"{role} had died and was started again; see its log", style="yellow")
        if server := stack.dead_server():
            console.print(
                f"{server} has died; see its log in {stack.data_dir / 'logs'}", style="red"
            )
            raise SystemExit(1)
