"""Rules and renderers are pure: no clock, no dice, no waiting, no world outside.

What they may import is held by `test_floors.py`; this looks at what they use of it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.house.source import Source, offenders, sources, within

WORLD = (
    *("asyncio", "concurrent", "multiprocessing", "queue", "sched", "signal", "threading"),
    *("os", "pathlib", "shutil", "tempfile", "glob", "fileinput", "mmap", "fcntl", "sys.argv"),
    *("io.open", "io.FileIO", "sqlite3", "dbm", "shelve", "pickle", "importlib.resources"),
    *("socket", "socketserver", "ssl", "select", "selectors", "http.client", "http.server"),
    *("urllib.request", "ftplib", "smtplib", "imaplib", "xmlrpc", "webbrowser", "subprocess"),
    *("sys.stdin", "sys.stdout", "sys.stderr", "logging", "getpass", "platform", "warnings"),
    *("builtins.open", "builtins.input", "builtins.print", "builtins.breakpoint"),
)
CLOCK = ("time", "timeit", "datetime.datetime.now", "datetime.datetime.utcnow")
DICE = (
    *("random", "secrets", "uuid.uuid1", "uuid.uuid4", "uuid.uuid6", "uuid.uuid7", "uuid.getnode"),
    # Of a str it differs from process to process.
    "builtins.hash",
)
MOMENT_METHODS = ("now", "utcnow", "today")

PACKAGED = {
    # The faces lie beside the code that draws with them and are the same wherever it runs.
    "activities/render/lettering.py": "importlib.resources",
    # So do the templates.
    "activities/render/mails.py": "importlib.resources",
}
"""Modules that read files of our own package, and by what."""


def impurities(source: Source) -> list[str]:
    """Line and name of everything that a pure function does not do."""
    own = PACKAGED.get(source.path)
    forbidden = [name for name in (*WORLD, *CLOCK, *DICE) if name != own]
    return [
        *(f"imports {name}" for name in sorted(source.imports()) if within(name, *forbidden)),
        *(f"line {line}: {name}" for line, name in source.names if within(name, *forbidden)),
        *(f"line {node.lineno}: {what}" for node, what in _statements(source.tree)),
    ]


def _statements(tree: ast.Module) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith | ast.Await):
            yield node, "async"
        elif isinstance(node, ast.Global):
            yield node, "global"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in MOMENT_METHODS:
                yield node, f"asks .{node.func.attr}(); the caller brings the moment"
            if node.func.attr == "astimezone" and not node.args and not node.keywords:
                yield node, "astimezone() reads the zone of this machine"


def test_rules_and_renderers_are_pure() -> None:
    assert offenders(impurities, sources("activities/rules", "activities/render")) == {}


@pytest.mark.parametrize(
    "text",
    [
        "async def choose(): ...",
        "from datetime import datetime\ndef due(): return datetime.now()",
        "import datetime as dt\ndef due(): return dt.datetime.utcnow()",
        "from datetime import date\ndef due(): return date.today()",
        "def due(clock): return clock.now()",
        "from datetime import datetime\nnow = datetime.now",
        "def local(moment): return moment.astimezone()",
        "from time import time as tick\ndef due(): return tick()",
        "import random\ndef roll(): return random.random()",
        "import secrets\ndef roll(): return secrets.token_bytes(32)",
        "from uuid import uuid4\ndef id(): return uuid4()",
        "from dataclasses import field\nimport uuid\nx = field(default_factory=uuid.uuid4)",
        "import os\nkey = os.environ['KEY']",
        "from os import getenv",
        "def read(): return open('x').read()",
        "import socket\ndef call(): socket.create_connection(('x', 1))",
        "from urllib.request import urlopen\ndef call(): urlopen('x')",
        "import logging\nlog = logging.getLogger()",
        "def choose(names): return hash(names) % 2",
        "COUNT = 0\ndef more():\n    global COUNT",
    ],
)
def test_what_is_not_pure_is_found(text: str) -> None:
    assert impurities(Source("activities/rules/x.py", text))


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import UTC, datetime\ndef utc(now: datetime): return now.astimezone(UTC)",
        "from uuid import UUID, uuid5\ndef id(space: UUID): return uuid5(space, 'x')",
        "from urllib.parse import urlsplit\ndef host(url): return urlsplit(url).hostname",
        "def due(now, time, random): return now + time.delta * random.share",
    ],
)
def test_what_is_pure_passes(text: str) -> None:
    assert impurities(Source("activities/rules/x.py", text)) == []
