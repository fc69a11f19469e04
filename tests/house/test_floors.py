"""A floor imports only floors below it, dialects are strangers, and the tree is as it is drawn."""

from __future__ import annotations

import ast
import fnmatch
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.house.source import FLOORS, ROOT, Source, dialects, offenders, sources, within

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS: dict[str, dict[str, Any]] = {
    contract["name"]: contract for contract in PROJECT["tool"]["importlinter"]["contracts"]
}
LISTED: list[str] = PROJECT["tool"]["setuptools"]["packages"]

VIOLATIONS = {
    "A floor imports only floors below it": ("schema/wrong.py", "import activities"),
    "Dialects never import each other": ("api/studio/wrong.py", "import api.workspace"),
    "Rows and sessions are unknown above activities": ("workflows/wrong.py", "import sqlmodel"),
    "Rules and renderers know no operation, gateway or row": (
        "activities/rules/wrong.py",
        "import activities.gateways",
    ),
}
"""For each contract a file that breaks it."""

TOP = {
    *(*FLOORS, "tests"),
    *("pyproject.toml", "docker-compose.yml", "README.md", "CHANGELOG.md"),
    *("Makefile", "Dockerfile", "requirements.lock"),
}
"""What stands at the top of the repository, beside dot files."""

DATABASE = ("schema", "sqlalchemy", "sqlmodel", "psycopg", "alembic")

SHARED_BY_DIALECTS = (
    *(
        "api.dialect",
        "api.routers",
        "api.browser",
        "api.bearer",
        "api.pages.layout",
        "api.status_pages",
        "api.visit_cookies",
    ),
    *("api.faults", "api.statuses", "api.coded", "api.scalars"),
    *("api.archives", "api.etags", "api.cursors", "api.jobs", "api.pictures"),
    *("api.endpoint_fields", "api.delivery_fields", "api.recovery_fields"),
    *("api.spans", "api.shares", "api.scan_stats", "api.country_names"),
)

DRAWING = (
    *("segno", "PIL", "isal", "zint", "zxingcpp", "xlsxwriter"),
    *("fontTools", "reportlab", "resvg_py", "defusedxml"),
    *("jinja2", "mjml"),
)
"""What renderers may use beside the standard library."""


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_every_contract_is_kept() -> None:
    run = lint_imports(ROOT)
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"{len(CONTRACTS)} kept, 0 broken" in run.stdout


def test_every_contract_can_be_broken(tmp_path: Path) -> None:
    assert set(VIOLATIONS) == set(CONTRACTS), "each contract needs a file that breaks it"
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    for package in LISTED:
        folder = tmp_path / package.replace(".", "/")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").touch()
    for path, text in VIOLATIONS.values():
        (tmp_path / path).write_text(text)
    run = lint_imports(tmp_path)
    broken = re.findall(r"^(.+) BROKEN$", run.stdout, re.M)
    assert broken == list(CONTRACTS), run.stdout + run.stderr


def test_the_contracts_name_every_floor_and_every_dialect() -> None:
    assert CONTRACTS["A floor imports only floors below it"]["layers"] == list(FLOORS)
    strangers = CONTRACTS["Dialects never import each other"]["modules"]
    assert sorted(strangers) == [f"api.{name}" for name in dialects()]
    assert not [name for name, contract in CONTRACTS.items() if "ignore_imports" in contract]


def wrong_above_activities(source: Source) -> list[str]:
    """What `api` and `workflows` must not know: the database, its rows, who opens it."""
    return [
        name
        for name in sorted(source.imports())
        if within(name, *DATABASE) or re.search(r"\.(\w+Row|transaction)$", name)
    ]


def test_rows_and_sessions_are_unknown_above_activities() -> None:
    assert offenders(wrong_above_activities, sources("api", "workflows")) == {}


@pytest.mark.parametrize(
    "text",
    [
        "import sqlmodel",
        "from schema.db import connect",
        "def f():\n    from sqlalchemy import select",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import schema.tables",
        "from activities.qr_codes import QrCodeRow",
        "from activities.outbox import transaction as t",
    ],
)
def test_a_row_above_activities_is_found(text: str) -> None:
    assert wrong_above_activities(Source("api/studio/x.py", text))


def strange(source: Source) -> list[str]:
    """What a dialect takes from `api` beside its own folder and the mould."""
    own = ".".join(source.module.split(".")[:2])
    return [
        name
        for name in sorted(source.imports())
        if within(name, "api") and not within(name, own, *SHARED_BY_DIALECTS)
    ]


def test_a_dialect_knows_itself_and_the_mould() -> None:
    assert offenders(strange, sources(*(f"api/{name}" for name in dialects()))) == {}


@pytest.mark.parametrize(
    "text",
    ["from api.workspace.errors import present", "from api import edge", "from .. import app"],
)
def test_a_curious_dialect_is_found(text: str) -> None:
    assert strange(Source("api/studio/x.py", text))


def test_only_the_whole_surface_knows_dialects() -> None:
    folders = [f"api.{name}" for name in dialects()]
    knowing = {
        source.path
        for source in sources(*FLOORS)
        if any(within(name, *folders) for name in source.imports())
        and not within(source.module, *folders)
    }
    assert knowing == {"api/app.py"}


def foreign_to_rules(source: Source) -> list[str]:
    """Imports that are neither the standard library nor rules."""
    return [
        name
        for name in sorted(source.imports())
        if name.partition(".")[0] not in sys.stdlib_module_names
        and not within(name, "activities.rules")
    ]


def test_rules_import_the_standard_library_and_rules() -> None:
    assert offenders(foreign_to_rules, sources("activities/rules")) == {}


def test_a_rule_that_imports_more_is_found() -> None:
    for text in ("import orjson", "from activities.outbox import emit", "from activities import x"):
        assert foreign_to_rules(Source("activities/rules/x.py", text))


def foreign_to_renderers(source: Source) -> list[str]:
    """Imports that are neither the standard library, drawing, rules nor renderers."""
    mine = ("activities.rules", "activities.render", *DRAWING)
    return [name for name in foreign_to_rules(source) if not within(name, *mine)]


def test_renderers_import_what_draws() -> None:
    assert offenders(foreign_to_renderers, sources("activities/render")) == {}


def test_a_renderer_that_imports_more_is_found() -> None:
    for text in ("import httpx", "from schema.settings import Settings", "import activities.keys"):
        assert foreign_to_renderers(Source("activities/render/x.py", text))


def test_nothing_is_imported_by_a_name_made_up_at_run_time() -> None:
    doors = ("importlib.import_module", "builtins.__import__", "builtins.exec", "builtins.eval")
    found = [
        f"{source.path}:{line} {name}"
        for source in sources(*FLOORS)
        for line, name in source.names
        if name in doors
    ]
    assert found == []


def is_docstring_only(tree: ast.Module) -> bool:
    return len(tree.body) == 1 and ast.get_docstring(tree) is not None


def test_an_init_file_holds_a_docstring_and_nothing_else() -> None:
    inits = [s for s in sources(*FLOORS, "tests") if s.path.endswith("/__init__.py")]
    assert inits
    assert [source.path for source in inits if not is_docstring_only(source.tree)] == []


def test_a_fuller_init_file_is_found() -> None:
    assert not is_docstring_only(ast.parse(""))
    assert not is_docstring_only(ast.parse('"""What."""\nfrom x import y'))


def test_every_folder_with_code_is_built() -> None:
    folders = {source.path.rpartition("/")[0] for source in sources(*FLOORS)}
    assert sorted(LISTED) == sorted(folder.replace("/", ".") for folder in folders)
    for folder in folders:
        assert (ROOT / folder / "__init__.py").is_file(), folder


def test_the_top_of_the_repository_is_as_it_is_drawn() -> None:
    lines = (ROOT / ".gitignore").read_text().splitlines()
    ignored = [line.rstrip("/") for line in lines if line and not line.startswith("#")]
    entries = {
        entry.name
        for entry in ROOT.iterdir()
        if not entry.name.startswith(".")
        and not any(fnmatch.fnmatch(entry.name, pattern) for pattern in ignored)
    }
    assert entries - TOP == set(), "not part of the house"
    assert TOP - entries == set(), "missing"
    assert (ROOT / ".ci").is_dir()
