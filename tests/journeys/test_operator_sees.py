"""What an operator finds in the Temporal UI, with a real browser: what every running workflow is
for, and how far it is.
"""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from temporalio.client import Client, WorkflowExecution

from tests.journeys.browser import CHROMIUM, Tab, a_tab
from tests.journeys.conftest import Studio, until

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

KINDS = ("RetryDelivery", "RollUpScans")
LONG = 3600.0
SHOWN = """
JSON.stringify([...document.querySelectorAll("[data-testid^=user-metadata] iframe, main iframe")]
  .map(frame => frame.contentDocument?.body?.innerText.trim()).filter(Boolean))
"""
"""The UI renders what workflows tell of themselves as Markdown, in frames: the summary, then the
current details."""


class Desk:
    """An operator before the UI of a stack."""

    def __init__(self, ui: str, tab: Tab) -> None:
        self._workflows = f"{ui}/namespaces/default/workflows"
        self._tab = tab

    async def list_of(self, query: str) -> str:
        """The page that lists what a query finds, as text, once it shows something."""
        await self._tab.open(f"{self._workflows}?query={quote(query)}")
        return await self._text_with("Running")

    async def told_of(self, run: WorkflowExecution) -> list[str]:
        """The summary and the current details of a run."""
        await self._tab.open(
            f"{self._workflows}/{quote(run.id, safe='')}/{run.run_id}/user-metadata"
        )
        told: list[str] = []

        async def is_told() -> bool:
            told[:] = json.loads(await self._tab.run(SHOWN))
            return len(told) >= 2

        await until(is_told, 40)
        return told

    async def _text_with(self, word: str) -> str:
        text = ""

        async def is_shown() -> bool:
            nonlocal text
            text = await self._tab.run("document.body.innerText")
            return word.lower() in text.lower()

        await until(is_shown, 40)
        return text


async def a_message_that_waits(studio: Studio) -> None:
    """It was refused once, and is tried again in an hour."""
    hooks = (await studio.client.get("/api/v1/webhooks/")).json()["results"]
    ours = next(hook["id"] for hook in hooks if hook["url"] == studio.inbox.url)
    await studio.client.patch(f"/api/v1/webhooks/{ours}/", json={"retry_policy": [LONG, LONG]})
    studio.inbox.status = 500
    await studio.create("https://example.com/operator")
    await until(lambda: studio.inbox.refused >= 1)


async def test_every_running_workflow_says_what_it_is_for_and_how_far_it_is(
    studio: Studio, tmp_path: Path
) -> None:
    await a_message_that_waits(studio)
    assert studio.stack.temporal_ui
    client = await Client.connect(studio.stack.temporal_address)

    async def running() -> list[WorkflowExecution]:
        found = client.list_workflows("ExecutionStatus = 'Running'")
        runs = [run async for run in found if run.workflow_type in KINDS]
        return sorted(runs, key=lambda run: run.start_time, reverse=True)

    async def both_run() -> bool:
        return {run.workflow_type for run in await running()} == set(KINDS)

    await until(both_run)
    async with a_tab(tmp_path) as tab:
        desk = Desk(studio.stack.temporal_ui, tab)
        shown = await desk.list_of("WorkflowType = 'RetryDelivery'")
        told = {kind: await desk.told_of(newest(await running(), kind)) for kind in KINDS}
    assert "RetryDelivery" in shown
    summary, details = told["RetryDelivery"][:2]
    assert summary.startswith("qr.created to 127.0.0.1")
    assert details.startswith("attempt 2 at 20")
    summary, details = told["RollUpScans"][:2]
    assert "scans into totals" in summary
    assert details


def newest(runs: list[WorkflowExecution], kind: str) -> WorkflowExecution:
    """Tests before this one may have left others."""
    return next(run for run in runs if run.workflow_type == kind)
