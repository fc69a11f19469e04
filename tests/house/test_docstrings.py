"""Every public module, class and function says what it promises."""

from __future__ import annotations

import ast

import pytest

from tests.house.source import FLOORS, Definition, Source, offenders, public_definitions, sources

WITHOUT = {
    "schema/migrations/versions/": "the file is the story; `upgrade` and `downgrade` are its steps",
}
"""Beginnings of paths whose functions need no docstring of their own, and why."""

VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "api_route")


def undocumented(source: Source) -> list[str]:
    """The module and its public classes and functions without a docstring.

    A handler under `@router.get` and the like says it in `summary=`, which clients read too.
    """
    found = [] if ast.get_docstring(source.tree) else [source.module]
    if source.path.startswith(tuple(WITHOUT)):
        return found
    return found + [
        f"line {node.lineno}: {node.name}"
        for node in public_definitions(source.tree)
        if not ast.get_docstring(node) and not is_handler(node)
    ]


def is_handler(node: Definition) -> bool:
    """Whether a route's decorator is on it."""
    return any(
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in VERBS
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "router"
        for call in node.decorator_list
    )


def test_what_is_public_says_what_it_promises() -> None:
    assert offenders(undocumented, sources(*FLOORS)) == {}


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("x = 1", 1),
        ('"""What."""\nclass A:\n    x = 1', 1),
        ('"""What."""\nasync def a():\n    return 1', 1),
        ('"""What."""\n@router.anything("/x")\ndef a(): ...', 1),
        ('"""What."""\n@router.get("/x", summary="Say x")\nasync def a(): ...', 0),
        ('"""What."""\ndef _a(): ...\nclass A:\n    """It."""\n    def run(self): ...', 0),
    ],
)
def test_silence_is_found(text: str, count: int) -> None:
    assert len(undocumented(Source("api/x.py", text))) == count


def test_every_handler_has_a_summary() -> None:
    silent = [
        f"{source.path}:{node.lineno} {node.name}"
        for source in sources("api")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and is_handler(node)
        for call in node.decorator_list
        if isinstance(call, ast.Call) and "summary" not in [word.arg for word in call.keywords]
    ]
    assert silent == []
