"""Every act that the audit log names is recorded by some operation, under that very name."""

from __future__ import annotations

import ast
from typing import get_args

from activities.audit import Action
from tests.house.source import sources


def recorded() -> set[str]:
    """The texts in operations that are spelled like an act."""
    return {
        node.value
        for source in sources("activities")
        if source.module != "activities.audit"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_act_is_recorded_somewhere() -> None:
    assert set(get_args(Action)) - recorded() == set()
