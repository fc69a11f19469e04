"""`/docs/webhooks` and `/docs/events`: for those who receive webhooks, whoever sends them; and
`/docs/link-checker` for those whose pages links lead to.

Each page is whole in itself: no script, nothing from elsewhere. The code that it shows is that of
the files beside this one, which the tests run.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from activities.deliveries.reading import LONGEST_MANIFEST
from activities.endpoints.rotating import LONGEST_GRACE, USUAL_GRACE
from activities.gateways import destinations
from activities.gateways.receivers import MAX_BODY_BYTES, TOTAL_SECONDS
from activities.health.turns import SECONDS_BETWEEN
from activities.rules import backoff, breaker, health, outcomes, sent_headers, signatures
from activities.rules.samples import event_types
from api.receiver_docs import told

ROOT = "/docs/webhooks"
EVENTS = "/docs/events"
CHECKER = "/docs/link-checker"

CODE = {
    "Python": "verify.py",
    "JavaScript": "verify.mjs",
    "Go": "verify.go",
    "PHP": "verify.php",
    "Ruby": "verify.rb",
    "Shell": "verify_ed25519.sh",
}
"""The files that check signatures, by what they are written in."""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
_SAMPLE_AT = datetime(2026, 5, 7, 18, 42, 30, 123000, UTC)


def owns(path: str) -> bool:
    """Whether the path is a page or a file for receivers."""
    return path.rstrip("/") in (ROOT, EVENTS, CHECKER) or _file_of(path) is not None


def answer(path: str) -> Response:
    """The page or the file at a path that is owned."""
    name = _file_of(path)
    if name is not None:
        return PlainTextResponse(source(name))
    made = {ROOT: _webhooks, EVENTS: _events, CHECKER: _checker}[path.rstrip("/")]()
    return HTMLResponse(made, headers={"Content-Security-Policy": _POLICY})


@cache
def source(name: str) -> str:
    """A file of this package, as it is."""
    return (files("api.receiver_docs") / name).read_text("utf-8")


def _file_of(path: str) -> str | None:
    name = path.removeprefix(f"{ROOT}/")
    return name if name in CODE.values() and name != path else None


@cache
def _webhooks() -> str:
    code = [(language, name, source(name)) for language, name in CODE.items()]
    return _render(
        "webhooks.html",
        code=code[:-1],
        ed25519=code[-1],
        schemes=told.schemes(),
        secret=told.SECRET,
        policies=told.policies(),
        answers=told.answers(),
        backoff=backoff,
        breaker=breaker,
        outcomes=outcomes,
        sent=sent_headers,
        signatures=signatures,
        seconds=int(TOTAL_SECONDS),
        kept_kib=MAX_BODY_BYTES // 1024,
        manifest=LONGEST_MANIFEST,
        usual_grace=told.spelled(USUAL_GRACE),
        longest_grace=LONGEST_GRACE // 86400,
    )


@cache
def _events() -> str:
    return _render("events.html", events=event_types(_SAMPLE_AT), sent=sent_headers)


@cache
def _checker() -> str:
    return _render(
        "checker.html",
        agent=destinations.AGENT,
        checker_path=CHECKER,
        seconds=int(destinations.TOTAL_SECONDS),
        between=int(SECONDS_BETWEEN),
        redirects=health.MOST_REDIRECTS,
        quickest=health.QUICKEST,
        slowest=health.SLOWEST,
        again=health.CONFIRM_AFTER.seconds // 60,
        failing_after=health.FAILING_AFTER,
        slow=int(health.SLOW_MS / 1000),
        certificate=health.CERTIFICATE_ENDS.days,
        dead=sorted(health.DEAD_STATUSES),
    )


def _render(name: str, **values: Any) -> str:
    template = _environment().get_template(name)
    return template.render(root=ROOT, events_path=EVENTS, **values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["spelled"] = told.spelled
    environment.filters["pretty"] = _pretty
    return environment


def _pretty(value: Any) -> str:
    parsed = json.loads(value) if isinstance(value, str) else value
    return json.dumps(parsed, indent=2, ensure_ascii=False)
