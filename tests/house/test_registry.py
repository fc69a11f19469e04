"""`workers/registry.py` lists every workflow and activity there is, each where it is asked for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from tests.house.source import Source, offenders, sources, within
from tests.house.test_workflows import thing
from workers.registry import REGISTRY
from workflows.queues import QUEUES

CHILDREN = ("start_child_workflow", "execute_child_workflow")
ACTIVITIES = ("execute_activity", "start_activity")


def defined(source: Source, decorator: str) -> Iterator[str]:
    """Full names of the classes and functions of a file under `@workflow.defn` or the like."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            heads = [d.func if isinstance(d, ast.Call) else d for d in node.decorator_list]
            if f"temporalio.{decorator}.defn" in map(source.full_name, heads):
                yield f"{source.module}.{node.name}"


def full_name(item: Any) -> str:
    return f"{item.__module__}.{item.__qualname__}"


def queue_of(name: str) -> set[str]:
    """The queues whose workers run this workflow or activity."""
    return {
        queue
        for queue, work in REGISTRY.items()
        if name in map(full_name, (*work.workflows, *work.activities))
    }


@cache
def all_defined(floor: str, decorator: str) -> tuple[str, ...]:
    """Of a whole floor, in their order."""
    return tuple(sorted(name for s in sources(floor) for name in defined(s, decorator)))


def test_the_registry_lists_what_is_defined() -> None:
    listed = [full_name(item) for work in REGISTRY.values() for item in work.workflows]
    workflows = all_defined("workflows", "workflow")
    assert sorted(listed) == list(workflows), "each workflow belongs to exactly one queue"
    activities = {full_name(item) for work in REGISTRY.values() for item in work.activities}
    assert sorted(activities) == list(all_defined("activities", "activity"))


@pytest.mark.parametrize(
    "text",
    [
        "from temporalio import workflow\n@workflow.defn\nclass W: ...",
        "from temporalio import workflow as w\n@w.defn(name='X')\nclass W: ...",
        "from temporalio.workflow import defn\n@defn\nclass W: ...",
    ],
)
def test_a_definition_is_found(text: str) -> None:
    assert list(defined(Source("workflows/x.py", text), "workflow")) == ["workflows.x.W"]


def test_nothing_is_defined_elsewhere() -> None:
    for source in sources("api", "schema", "workers", "activities"):
        assert list(defined(source, "workflow")) == [], source.path
    for source in sources("api", "schema", "workers", "workflows"):
        assert list(defined(source, "activity")) == [], source.path


def test_the_registry_lists_nothing_twice() -> None:
    for work in REGISTRY.values():
        names = [full_name(item) for item in (*work.workflows, *work.activities)]
        assert len(set(names)) == len(names)


def test_every_queue_is_a_declared_one_and_takes_work() -> None:
    assert set(REGISTRY) <= set(QUEUES)
    for queue, work in REGISTRY.items():
        assert work.workflows or work.activities, queue
        assert work.activities_at_once > 0


def misdirected(source: Source) -> list[str]:
    """What a file starts or asks for on a queue whose workers cannot run it."""
    found = []
    for call in (node for node in ast.walk(source.tree) if isinstance(node, ast.Call)):
        asked = _asked_for(source, call)
        if asked is None:
            continue
        named = [word.value for word in call.keywords if word.arg == "task_queue"]
        queues = {thing(source.full_name(named[0]) or "")} if named else _own_queues(source)
        if not queues <= queue_of(asked) or not queues:
            found.append(f"line {call.lineno}: {asked} on {queues}, runs on {queue_of(asked)}")
    return found


def _asked_for(source: Source, call: ast.Call) -> str | None:
    """The workflow or activity that a call is about."""
    first = source.full_name(call.args[0]) if call.args else None
    if first is None:
        return None
    if within(first, "workflows") and first.endswith(".run"):
        return first.removesuffix(".run")
    method = ast.unparse(call.func).rpartition(".")[2]
    return first if method in ACTIVITIES else None


def _own_queues(source: Source) -> set[str]:
    """Where activities and children of this file's workflows go when no queue is named."""
    return {queue for name in defined(source, "workflow") for queue in queue_of(name)}


def test_what_is_asked_for_goes_where_it_can_run() -> None:
    assert offenders(misdirected, sources("workflows", "workers")) == {}


HEAD = """
from activities.deliveries.attempting import attempt_batch
from activities.dispatching import dispatch_events
from workflows.deliver_webhooks import DeliverWebhooks
from workflows.queues import DELIVERY, RENDER
"""


@pytest.mark.parametrize(
    ("call", "well"),
    [
        ("client.start_workflow(DeliverWebhooks.run, x, task_queue=DELIVERY)", True),
        ("client.start_workflow(DeliverWebhooks.run, x, task_queue=RENDER)", False),
        ("client.start_workflow(DeliverWebhooks.run, x)", False),
        ("workflow.execute_activity(attempt_batch, x, task_queue=DELIVERY)", True),
        ("workflow.execute_activity(attempt_batch, x, task_queue=RENDER)", False),
        ("workflow.execute_activity(dispatch_events, x, task_queue=DELIVERY)", False),
    ],
)
def test_what_is_misdirected_is_found(call: str, well: bool) -> None:
    assert (misdirected(Source("workflows/x.py", HEAD + call)) == []) is well


def test_the_starter_starts_a_workflow() -> None:
    (starter,) = [source for source in sources("workflows") if source.path.endswith("/starter.py")]
    calls = [node for node in ast.walk(starter.tree) if isinstance(node, ast.Call)]
    assert {_asked_for(starter, call) for call in calls} & set(all_defined("workflows", "workflow"))
