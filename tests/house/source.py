"""The sources of the house as the checks read them: files, syntax trees, the names in them."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from activities.statistics.collecting import uncollected

ROOT = Path(__file__).parents[2]
FLOORS = ("workers", "api", "workflows", "activities", "schema")
"""From the top to the ground."""

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Source:
    """One Python file; `path` is relative to the top of the repository."""

    path: str
    text: str = field(repr=False)

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        with uncollected():  # no tree is garbage, and looking for some doubles the time
            return ast.parse(self.text, self.path)

    @property
    def module(self) -> str:
        """The dotted name that it is imported by."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def loaded(self) -> ModuleType:
        """The imported module."""
        return import_module(self.module)

    def imports(self) -> set[str]:
        """Everything imported, at the top or inside, as `package.module.name`."""
        return set(self._bindings[1])

    def full_name(self, node: ast.expr) -> str | None:
        """`deliveries.attempt_batch` as `activities.deliveries.attempt_batch`; None if local."""
        return _spell(node, self._bindings[0])

    @cached_property
    def names(self) -> tuple[tuple[int, str], ...]:
        """Line and full name of each use of an imported name and each call of a builtin."""
        return tuple(_names(self.tree, self._bindings[0]))

    @cached_property
    def _bindings(self) -> tuple[dict[str, str], list[str]]:
        return _bindings(self.tree, self.path)


@lru_cache
def sources(*folders: str) -> tuple[Source, ...]:
    """Every Python file under these folders of the repository."""
    files = [file for folder in folders for file in sorted((ROOT / folder).rglob("*.py"))]
    return tuple(map(_source, files))


@cache
def _source(file: Path) -> Source:
    """One for all checks, so that each file is read and parsed once."""
    return Source(file.relative_to(ROOT).as_posix(), file.read_text())


@lru_cache
def dialects() -> tuple[str, ...]:
    """The names of the dialects: each folder of `api` that says no in its own words."""
    return tuple(sorted(file.parent.name for file in (ROOT / "api").glob("*/errors.py")))


def offenders(
    check: Callable[[Source], Sequence[object]], among: Iterable[Source]
) -> dict[str, Sequence[object]]:
    """Path and findings of each file in which a check finds something."""
    return {source.path: found for source in among if (found := check(source))}


def within(name: str, *packages: str) -> bool:
    """Whether a dotted name is one of the packages or lies inside one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def public_definitions(tree: ast.Module) -> Iterator[Definition]:
    """The functions and classes at the top of a file whose name has no leading underscore."""
    for node in tree.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node


def _bindings(tree: ast.AST, path: str) -> tuple[dict[str, str], list[str]]:
    """What each imported name stands for, and every imported thing by its full name."""
    known: dict[str, str] = {}
    imported: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                known[alias.asname or top] = alias.name if alias.asname else top
                imported.append(alias.name)
        elif isinstance(node, ast.ImportFrom):
            module = _absolute(node, path)
            for alias in node.names:
                known[alias.asname or alias.name] = f"{module}.{alias.name}"
                imported.append(f"{module}.{alias.name}")
    return known, imported


def _absolute(node: ast.ImportFrom, path: str) -> str:
    parents = path.split("/")[: -node.level] if node.level else []
    return ".".join([*parents, *filter(None, [node.module])])


def _names(tree: ast.AST, known: dict[str, str]) -> Iterator[tuple[int, str]]:
    inner: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (called := _builtin(node.func, known)):
            yield node.lineno, f"builtins.{called}"
        if isinstance(node, ast.Attribute):
            inner.add(id(node.value))
        if isinstance(node, ast.Attribute | ast.Name) and id(node) not in inner:
            name = _spell(node, known)
            if name is not None:
                yield node.lineno, name


def _builtin(node: ast.expr, known: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name) and node.id not in known and hasattr(builtins, node.id):
        return node.id
    return None


def _spell(node: ast.expr, known: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _spell(node.value, known)
        return f"{owner}.{node.attr}" if owner else None
    return None
