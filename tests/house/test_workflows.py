"""A workflow asks for activities and touches nothing; its history holds ids and no secrets.

The sandbox lets our own modules pass (`workers/sandbox.py`), so it no longer stops a workflow from
calling an operation directly. This file does.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from datetime import datetime, timedelta
from importlib import import_module
from types import NoneType
from typing import Any, Literal, get_origin, get_type_hints
from uuid import UUID

import pytest

from tests.house.shapes import is_frozen, parts
from tests.house.source import FLOORS, Source, offenders, sources, within
from workers.registry import REGISTRY

OUTSIDE = {
    "workflows/starter.py": "the API and the relay call it; no workflow imports it",
    "workflows/job_runs.py": "the API calls it",
    "workflows/runs.py": "the API calls it",
    "workflows/retries.py": "the command line and the relay call it",
    "workflows/scheduled.py": "a table of workflows, which imports them and not they it",
}
"""Modules of `workflows` that do not run inside a workflow, and why."""

NOT_REPEATABLE = (
    *("time", "random", "secrets", "os", "socket", "threading", "subprocess", "pathlib"),
    *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today"),
    *("datetime.date.today", "uuid.uuid1", "uuid.uuid4", "asyncio.sleep", "asyncio.to_thread"),
    *("builtins.open", "builtins.hash"),
)
"""What gives another answer when a history is replayed; `workflow.now()` and its like do not."""

TOLD = ("id", "priority", "static_summary")
STARTS = {
    "start_workflow": (*TOLD, "search_attributes", "id_reuse_policy", "task_queue"),
    "execute_workflow": (*TOLD, "search_attributes", "id_reuse_policy", "task_queue"),
    "start_child_workflow": (*TOLD, "search_attributes", "id_reuse_policy"),
    "execute_child_workflow": (*TOLD, "search_attributes", "id_reuse_policy"),
    "ScheduleActionStartWorkflow": (*TOLD, "typed_search_attributes", "task_queue"),
}
"""How a workflow is started, and what a start has to say."""

PRIVATE = {"email", "phone", "secret", "password", "token", "payload", "url", "name", "address"}
"""Words that no field of a history has in its name."""

SCALARS = (UUID, str, int, float, bool, datetime, timedelta)

INSIDE = [source for source in sources("workflows") if source.path not in OUTSIDE]


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def direct_calls(source: Source) -> list[str]:
    """Calls of an `async def` of `activities`, by any of the names it may be imported under."""
    found = []
    for call in calls(source.tree):
        name = source.full_name(call.func)
        if name and within(name, "activities") and inspect.iscoroutinefunction(thing(name)):
            found.append(f"line {call.lineno}: {name}")
    return found


def thing(name: str) -> Any:
    """What `package.module.name` is; None when there is no such thing."""
    module, _, attribute = name.rpartition(".")
    try:
        return getattr(import_module(module), attribute, None)
    except ImportError:
        return None


def test_no_workflow_calls_an_operation() -> None:
    assert offenders(direct_calls, INSIDE) == {}


@pytest.mark.parametrize(
    "text",
    [
        "from activities.outbox import emit\nasync def f(x): await emit(x)",
        "from activities.outbox import emit as tell\nf = lambda x: tell(x)",
        "from activities import outbox\nasync def f(x): await outbox.emit(x)",
        "import activities.outbox\nasync def f(x): await activities.outbox.emit(x)",
        "async def f(x):\n    from activities.outbox import emit\n    await emit(x)",
    ],
)
def test_a_direct_call_is_found(text: str) -> None:
    assert direct_calls(Source("workflows/x.py", text))


def test_an_operation_that_is_passed_on_is_no_call() -> None:
    text = (
        "from activities.deliveries.attempting import AttemptBatch, attempt_batch\n"
        "async def f(id): await execute_activity(attempt_batch, AttemptBatch(id))"
    )
    assert direct_calls(Source("workflows/x.py", text)) == []


def not_repeatable(source: Source) -> list[str]:
    used = [name for _, name in source.names]
    return [name for name in (*source.imports(), *used) if within(name, *NOT_REPEATABLE)]


def test_a_workflow_gives_the_same_answers_when_it_is_replayed() -> None:
    assert offenders(not_repeatable, INSIDE) == {}


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import datetime\nnow = datetime.now()",
        "import asyncio\nasync def f(): await asyncio.sleep(1)",
        "from asyncio import sleep",
        "import random",
        "from time import monotonic",
        "from uuid import uuid4",
    ],
)
def test_what_is_not_repeatable_is_found(text: str) -> None:
    assert not_repeatable(Source("workflows/x.py", text))


def test_what_the_workflow_is_told_is_repeatable() -> None:
    text = (
        "from temporalio import workflow\nx = workflow.now(), workflow.uuid4(), workflow.random()"
    )
    assert not_repeatable(Source("workflows/x.py", text)) == []


def test_what_runs_outside_is_unknown_inside() -> None:
    outside = [path.removesuffix(".py").replace("/", ".") for path in OUTSIDE]
    for source in INSIDE:
        assert not [name for name in source.imports() if within(name, *outside)], source.path


def untold(source: Source) -> list[str]:
    """What starts of workflows leave unsaid."""
    return [
        f"line {call.lineno}: {word}"
        for call in calls(source.tree)
        for word in STARTS.get(_called(call), ())
        if word not in [keyword.arg for keyword in call.keywords]
    ]


def _called(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


def test_every_start_says_its_id_priority_and_purpose() -> None:
    assert offenders(untold, sources(*FLOORS)) == {}


def test_a_start_that_says_too_little_is_found() -> None:
    short = Source("workflows/x.py", "client.start_workflow(W.run, x, id=i, task_queue=q)")
    assert [told.partition(": ")[2] for told in untold(short)] == [
        *("priority", "static_summary", "search_attributes", "id_reuse_policy")
    ]
    child = Source("workflows/x.py", "workflow.start_child_workflow(W.run, x)")
    assert len(untold(child)) == 5


def test_starts_are_where_they_belong() -> None:
    starting = {
        s.path for s in sources(*FLOORS) if any(_called(c) in STARTS for c in calls(s.tree))
    }
    assert "workflows/starter.py" in starting
    allowed = {source.path for source in sources("workflows")} | {"workers/schedules.py"}
    assert starting - allowed == set()


def impatient(source: Source) -> list[int]:
    """Lines that run an activity without a policy of `workflows/policies.py`."""
    wrong = []
    for call in calls(source.tree):
        if _called(call) in ("execute_activity", "start_activity"):
            spread = [source.full_name(word.value) for word in call.keywords if word.arg is None]
            if not any(within(name or "", "workflows.policies") for name in spread):
                wrong.append(call.lineno)
    return wrong


def test_every_activity_has_a_named_policy() -> None:
    assert offenders(impatient, INSIDE) == {}


def test_an_activity_without_a_named_policy_is_found() -> None:
    head = "from workflows.policies import BRISK\nworkflow.execute_activity(a, x, "
    assert impatient(Source("workflows/x.py", f"{head}start_to_close_timeout=t)")) == [2]
    assert impatient(Source("workflows/x.py", f"{head}**BRISK)")) == []


def histories() -> dict[str, Any]:
    """Everything that a history records, by what takes or answers it."""
    found: dict[str, Any] = {}
    for work in REGISTRY.values():
        for activity in work.activities:
            for name, hint in get_type_hints(activity).items():
                found[f"{activity.__name__}.{name}"] = hint
        for workflow in work.workflows:
            for method in vars(workflow).values():
                if inspect.isfunction(method) and _is_spoken_to(method):
                    for name, hint in get_type_hints(method).items():
                        found[f"{workflow.__name__}.{method.__name__}.{name}"] = hint
    return found


def _is_spoken_to(method: Any) -> bool:
    """Whether it is a run, a signal, a query or an update of a workflow."""
    return any(name.startswith("__temporal") for name in vars(method))


def unfit_for_history(hint: Any) -> list[str]:
    """Private words, loose types and changing dataclasses in what a history records."""
    wrong = []
    for part in parts(hint):
        if PRIVATE & set(part.name.split("_")):
            wrong.append(f"{part.owner}.{part.name} sounds private")
        scalar = part.hint in SCALARS or get_origin(part.hint) is Literal
        if not scalar and not is_frozen(part.hint):
            wrong.append(f"{part.owner}.{part.name}: {part.hint}")
    return wrong


@pytest.mark.parametrize(("where", "hint"), histories().items(), ids=lambda p: str(p)[:60])
def test_a_history_holds_ids_and_nothing_private(where: str, hint: Any) -> None:
    assert unfit_for_history(hint) == [], where


@dataclass(frozen=True)
class Sound:
    id: UUID
    due: tuple[datetime, ...]
    status: Literal["on", "off"] | None
    username_length: int


@dataclass(frozen=True)
class Telling:
    owner_email: str


@dataclass(frozen=True)
class TellingInside:
    parts: tuple[Telling, ...]


@dataclass(frozen=True)
class Loose:
    data: Mapping[str, str]


@dataclass
class Changing:
    id: UUID


@pytest.mark.parametrize("hint", [Telling, TellingInside, Telling | None, Loose, Changing, Any])
def test_what_does_not_belong_into_a_history_is_found(hint: Any) -> None:
    assert unfit_for_history(hint)


def test_what_belongs_into_a_history_passes() -> None:
    assert unfit_for_history(Sound) == []
    recorded = {"DeliverWebhooks.run.due", "RetryDelivery.why.return", "attempt_batch.command"}
    assert recorded <= set(histories())


@pytest.mark.parametrize(
    "workflow", [w for work in REGISTRY.values() for w in work.workflows], ids=lambda w: w.__name__
)
def test_a_workflow_takes_and_answers_one_frozen_dataclass(workflow: Any) -> None:
    hints = get_type_hints(workflow.run)
    answer = hints.pop("return")
    assert len(hints) <= 1
    assert all(is_frozen(hint) for hint in hints.values())
    assert answer is NoneType or (is_dataclass(answer) and is_frozen(answer))
