"""Nothing is large: files, functions and workflows have a limit, and no file is a drawer for rest.

Counted are lines as they stand, blank ones, comments and docstrings included; a function or class
from its `def` or `class` to its last line, inner functions included, decorators not.
"""

from __future__ import annotations

import ast
import re

import pytest

from tests.house.source import FLOORS, Source, offenders, sources

FILE, FUNCTION, TEST_FILE, WORKFLOW = 300, 40, 450, 60

EXCEPTIONS = {
    "schema/migrations/versions/": "a migration is written once and never changed",
    "activities/rules/errors.py": "every refusal on one page, a few lines each",
}
"""Beginnings of paths that may be larger, and why."""

DRAWERS = re.compile(r"(^|/|_)(utils?|helpers?|common|managers?|misc|base_service)(_|/|\.py$)")


def too_large(source: Source) -> list[str]:
    """What of a file is over its limit."""
    limit = TEST_FILE if source.path.startswith("tests/") else FILE
    lines = len(source.text.splitlines())
    found = [f"{lines} lines, at most {limit}"] if lines > limit else []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found += _over(node, FUNCTION)
        elif isinstance(node, ast.ClassDef) and is_workflow(source, node):
            found += _over(node, WORKFLOW)
    return found


def is_workflow(source: Source, node: ast.ClassDef) -> bool:
    decorators = [d.func if isinstance(d, ast.Call) else d for d in node.decorator_list]
    return "temporalio.workflow.defn" in map(source.full_name, decorators)


def _over(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, limit: int) -> list[str]:
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    if lines <= limit:
        return []
    return [f"line {node.lineno}: {node.name} has {lines} lines, at most {limit}"]


def test_files_and_what_is_in_them_keep_their_limits() -> None:
    limited = [s for s in sources(*FLOORS, "tests") if not s.path.startswith(tuple(EXCEPTIONS))]
    assert offenders(too_large, limited) == {}


def test_an_exception_is_needed() -> None:
    for beginning in EXCEPTIONS:
        mine = [s for s in sources(*FLOORS, "tests") if s.path.startswith(beginning)]
        assert offenders(too_large, mine), f"{beginning} keeps the limits; take it off the list"


def function(lines: int) -> str:
    return "\n".join(["async def f():", *["    pass"] * (lines - 1)])


def workflow(lines: int) -> str:
    head = ["from temporalio import workflow", "@workflow.defn(name='W')", "class W:"]
    return "\n".join([*head, *["    pass"] * (lines - 1)])


@pytest.mark.parametrize(
    ("path", "text", "fits"),
    [
        ("api/x.py", "x = 1\n" * 300, True),
        ("api/x.py", "x = 1\n" * 301, False),
        ("tests/x.py", "x = 1\n" * 450, True),
        ("tests/x.py", "x = 1\n" * 451, False),
        ("api/x.py", function(40), True),
        ("api/x.py", function(41), False),
        ("api/x.py", "class C:\n    " + function(41).replace("\n", "\n    "), False),
        ("workflows/x.py", workflow(60), True),
        ("workflows/x.py", workflow(61), False),
    ],
)
def test_a_limit_is_exact(path: str, text: str, fits: bool) -> None:
    assert (too_large(Source(path, text)) == []) is fits


def test_no_file_is_a_drawer_for_the_rest() -> None:
    assert [s.path for s in sources(*FLOORS, "tests") if DRAWERS.search(s.path)] == []


@pytest.mark.parametrize(
    ("path", "drawer"),
    [
        ("api/utils.py", True),
        ("api/qr_utils.py", True),
        ("activities/common/links.py", True),
        ("workers/base_service.py", True),
        ("workers/manager_pool.py", True),
        ("activities/commons.py", False),
        ("activities/rules/helpful.py", False),
    ],
)
def test_a_drawer_is_found_by_its_name(path: str, drawer: bool) -> None:
    assert bool(DRAWERS.search(path)) is drawer
