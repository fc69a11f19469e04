"""Runs that are under way in the field go on after a change: recorded histories replay."""

from __future__ import annotations

from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from activities.deliveries.attempting import AttemptDelivery, attempt_delivery
from activities.deliveries.trying import DeliveryReport
from workers.registry import REGISTRY
from workers.sandbox import make_runner
from workflows.policies import BRISK
from workflows.retry_delivery import Retry

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))
WORKFLOWS = [each for work in REGISTRY.values() for each in work.workflows]


@workflow.defn(name="RetryDelivery")
class Hasty:
    """What `RetryDelivery` must not become: it does not wait."""

    @workflow.run
    async def run(self, retry: Retry) -> DeliveryReport:
        return await workflow.execute_activity(
            attempt_delivery, AttemptDelivery(retry.delivery_id, retry.number), **BRISK
        )


def replayer(workflows: list[type]) -> Replayer:
    return Replayer(
        workflows=workflows,
        workflow_runner=make_runner(),
        data_converter=pydantic_data_converter,
    )


def history(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(path.stem, path.read_text())


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
async def test_a_recorded_history_replays(path: Path) -> None:
    await replayer(WORKFLOWS).replay_workflow(history(path))


async def test_a_change_that_breaks_running_workflows_is_noticed() -> None:
    (path,) = (path for path in HISTORIES if path.stem == "retry_delivery_given_up")
    with pytest.raises(workflow.NondeterminismError):
        await replayer([Hasty]).replay_workflow(history(path))


@pytest.mark.parametrize("defined", WORKFLOWS, ids=lambda defined: defined.__name__)
def test_every_workflow_has_a_recorded_history(defined: type) -> None:
    name = f'"name": "{defined.__name__}"'
    assert any(name in path.read_text() for path in HISTORIES), "python -m tests.workflows.record"
