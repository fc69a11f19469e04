"""The demo, top-down: one organization, sixty codes, a thousand visits, and nothing lost."""

from __future__ import annotations

import asyncio
import os
import secrets
import shlex
import shutil
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp
import uvloop
from rich.console import Console
from rich.markup import escape

from activities.accounts import CreateOrganization
from schema.settings import Settings
from workers.demo import report
from workers.demo.crowd import each
from workers.demo.folder import made_anew
from workers.demo.landmarks import Landmark, load_landmarks
from workers.demo.pictures import draw_all, make_sheet, misread
from workers.demo.receiver import Receiver
from workers.demo.studio import Code, Endpoint, Studio, Unexpected
from workers.demo.telling import Teller
from workers.demo.traffic import play
from workers.demo.verdict import Evidence, faults
from workers.demo.visitors import Visit, make_visits
from workers.demo.watch import Watch
from workers.first_run import make_key
from workers.stack import Stack, Wishes
from workers.up import TEMPORAL_UI_PORT, usual_or_free

ENV = {
    "ALLOW_PRIVATE_TARGETS": "true",
    "ALLOW_HTTP_TARGETS": "true",
    "TRUSTED_PROXIES": "127.0.0.1/32,::1/128",
    "LOG_FORMAT": "json",
}
RETRY_DELAYS = (1, 2, 4, 8, 8, 8, 8, 8)
CODES_AT_ONCE = 8
DOWN_FROM, DOWN_TO = 0.30, 0.45
"""The part of the visits during which the receiver answers 503."""

REFUSAL_SECONDS = 30.0
QUIET_SECONDS = 60.0
"""How long nothing new may come before the demo stops waiting."""

LOOK_SECONDS = 0.05

HELD, FAILED, INTERRUPTED = 0, 1, 130


@dataclass(frozen=True)
class DemoOptions:
    """`data_dir` is emptied first; `keep` serves on until Ctrl-C."""

    data_dir: Path
    visits: int
    keep: bool


def tell(options: DemoOptions, settings: Settings) -> int:
    """Run the demo; 0 when every promise held, 1 when not, 130 when interrupted.

    Raises `StartFailed` when the folder is not ours to empty or a server does not run.
    """
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=100)
    asked = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: asked.set())
    teller = Teller(console)
    with made_anew(options.data_dir) as folder:
        stack = Stack(_wishes(folder), settings)
        try:
            _start(stack, teller, asked)
            return uvloop.run(Story(options, stack, teller, asked).run(_organization(settings)))
        except KeyboardInterrupt:
            return INTERRUPTED
        except (Unexpected, aiohttp.ClientError, TimeoutError) as fault:
            reason = str(fault) or "no answer in time"
            console.print("[red]The demo broke off:[/red]", escape(reason), soft_wrap=True)
            return FAILED
        finally:
            console.print("Stopping", style="dim")
            stack.stop()


def _start(stack: Stack, teller: Teller, asked: threading.Event) -> None:
    """Start everything; raises `KeyboardInterrupt` between two steps, so that none is left half."""
    with teller.step("Starting") as step:

        def say(sentence: str) -> None:
            if asked.is_set():
                raise KeyboardInterrupt
            step.say(sentence)

        stack.start(say)


class Story:
    """The steps, over a stack that runs."""

    def __init__(
        self, options: DemoOptions, stack: Stack, teller: Teller, asked: threading.Event
    ) -> None:
        self._options, self._stack, self._teller = options, stack, teller
        self._console = teller.console
        self._places = report.Places(stack.data_dir)
        self._receiver = Receiver()
        self._watch = Watch(stack, teller.console, lambda: self._receiver.distinct, asked)
        self._code = INTERRUPTED

    async def run(self, organization: CreateOrganization) -> int:
        """Tell the story beside a watch over the stack, until its end or until asked to stop."""
        async with self._receiver:
            tasks: list[asyncio.Task[None]] = [
                asyncio.create_task(self._watch.run()),
                asyncio.create_task(self._tell(organization)),
            ]
            _, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in others:
                task.cancel()
            for result in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(result, Exception):
                    raise result
        return self._code

    async def _tell(self, organization: CreateOrganization) -> None:
        """The story itself."""
        landmarks = load_landmarks()
        visits = make_visits(self._options.visits, landmarks)
        with self._teller.step("Making an organization and its key"):
            key = await make_key(self._stack.settings, organization, "demo")
        async with Studio(self._stack.api, key) as studio:
            endpoint = await studio.subscribe(self._receiver.url, ["qr.*"], RETRY_DELAYS)
            self._receiver.trust(endpoint.secret)
            codes = await self._make_codes(studio, landmarks)
            await self._draw(studio, codes)
            unread = await self._read_back(codes)
            wrong = await self._play(codes, visits)
            await self._wait_for_events(studio, endpoint, codes, visits)
            with self._teller.step("Comparing counts and deliveries"):
                seen = Evidence(
                    codes=codes,
                    visits=visits,
                    wrong_redirects=wrong,
                    misread=unread,
                    scan_counts=await each(codes, studio.scan_count, CODES_AT_ONCE),
                    messages=self._receiver.messages,
                    invalid=self._receiver.invalid,
                    deliveries=await studio.deliveries(endpoint),
                    restarts=self._watch.restarts,
                )
        self._conclude(seen)
        if self._options.keep:
            self._console.print("\nServing until Ctrl-C.")
            await asyncio.Event().wait()

    async def _make_codes(self, studio: Studio, landmarks: Sequence[Landmark]) -> list[Code]:
        with self._teller.step("Making dynamic codes", len(landmarks), "codes") as step:

            async def make(landmark: Landmark) -> Code:
                code = await studio.make_code(landmark)
                step.advance()
                return code

            return await each(landmarks, make, CODES_AT_ONCE)

    async def _draw(self, studio: Studio, codes: Sequence[Code]) -> None:
        with self._teller.step("Drawing PNG and SVG", 2 * len(codes), "pictures") as step:
            await draw_all(studio, codes, self._places.pictures, step.advance)
        with self._teller.step("Drawing the contact sheet", len(codes), "tiles") as step:
            await make_sheet(studio, codes, self._places.sheet, step.advance)

    async def _read_back(self, codes: Sequence[Code]) -> list[Code]:
        with self._teller.step("Reading every PNG back", len(codes), "pictures") as step:
            return await misread(codes, self._places.pictures, step.advance)

    async def _play(self, codes: Sequence[Code], visits: Sequence[Visit]) -> list[str]:
        """Play the visits; in between the receiver is down, until it has refused something."""
        receiver = self._receiver
        with self._teller.step("Playing visits", len(visits), "visits") as step:

            def played() -> None:
                step.advance()
                share = step.count / len(visits)
                receiver.down = share >= DOWN_FROM and (share < DOWN_TO or not receiver.refused)

            return await play(self._stack.api, codes, visits, played)

    async def _wait_for_events(
        self, studio: Studio, endpoint: Endpoint, codes: Sequence[Code], visits: Sequence[Visit]
    ) -> None:
        """Until the receiver holds every event and every delivery is finished, or all is quiet."""
        receiver = self._receiver
        expected = len(codes) + sum(visit.counts for visit in visits)
        with self._teller.step("Waiting for the events", expected) as step:

            async def missing() -> int:
                step.reach(receiver.distinct)
                if receiver.refused:
                    receiver.down = False
                return expected - receiver.distinct

            if receiver.down:
                await _until_none(missing, REFUSAL_SECONDS)
                receiver.down = False
            await _until_none(missing, QUIET_SECONDS)
            await _until_none(lambda: studio.pending(endpoint), QUIET_SECONDS)

    def _conclude(self, seen: Evidence) -> None:
        report.write(seen, self._teller.timings, self._places)
        report.show(self._console, seen, self._teller.timings, self._places)
        stack, tell = self._stack, partial(self._console.print, soft_wrap=True)
        again = f"{_program()} up --data-dir {shlex.quote(str(stack.data_dir))} --port {stack.port}"
        tell(f"  Temporal UI    {stack.temporal_ui or 'at your own Temporal'} (while this runs)")
        tell(f"  Afterwards     {again}")
        tell("                 shows the runs again and serves these codes")
        wrong = faults(seen)
        self._code = FAILED if wrong else HELD
        if wrong:
            tell("\n[bold red]Not everything holds:[/bold red]")
            for sentence in wrong:
                tell(f"  {sentence}", markup=False)
        else:
            tell("\n[bold green]Everything holds: 0 lost, each scan counted once.[/bold green]")


def _wishes(folder: Path) -> Wishes:
    return Wishes(folder, temporal_ui_port=usual_or_free(TEMPORAL_UI_PORT), env=ENV)


def _organization(settings: Settings) -> CreateOrganization:
    """A new one; in a database of the user's own, beside what an earlier demo left there."""
    suffix = f"-{secrets.token_hex(3)}" if settings.database_url.get_secret_value() else ""
    return CreateOrganization(
        name="Inkloom Demo",
        slug=f"inkloom-demo{suffix}",
        owner_email="demo@localhost",
        owner_name="Demo",
        plan="enterprise",
    )


def _program() -> str:
    """How this user calls inkloom: by name, or where this environment has it."""
    beside = Path(sys.executable).with_name("inkloom")
    return "inkloom" if shutil.which("inkloom") else os.path.relpath(beside)


async def _until_none(missing: Callable[[], Awaitable[int]], quiet_seconds: float) -> None:
    """Return when nothing is missing, or when that has not changed for so long."""
    left, changed = await missing(), time.monotonic()
    while left > 0 and time.monotonic() - changed < quiet_seconds:
        await asyncio.sleep(LOOK_SECONDS)
        now = await missing()
        if now != left:
            left, changed = now, time.monotonic()
