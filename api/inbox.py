"""`/dev/inbox`: webhooks as they arrive, for the browser of a machine under development.

`POST /dev/inbox` and `/dev/inbox/{name}` take anything and answer 200, or play another receiver:
`?status=503&retry_after=5&delay_ms=2000&control=abort-message`. `GET` is a page of what arrived, or
`{"items": [...]}` for scripts. It answers callers on this machine only, as the mailbox does, and
only where `inkloom up` asked for it.
"""

from __future__ import annotations

import asyncio
import json
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl

from jinja2 import Environment, StrictUndefined, Template
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from activities.inbox import ArrivalView, KeepArrival, ReadInbox, keep_arrival, read_inbox
from activities.rules.errors import NotFound
from activities.rules.inboxes import ROOT, Play, inbox_name, read_play
from activities.rules.outcomes import CONTROL_HEADER
from activities.rules.sent_headers import SAMPLE, SEQUENCE
from activities.rules.signatures import NEXT
from activities.rules.spelling import prefixed, stamp
from api.faults import BodyTooLarge, RouteUnknown, ServiceAway
from api.here import POLICY, asked_from_here, wants_json

REFRESH_SECONDS = 3
WITHOUT_BODY = (204, 205, 304)


async def inbox(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request; `RouteUnknown` wherever there is no inbox for this caller."""
    name = inbox_name(scope["path"])
    if name is None or not asked_from_here(scope):
        raise RouteUnknown
    try:
        if scope["method"] == "POST":
            response = await _take_in(Request(scope, receive), name)
        else:
            response = await _show(scope, name)
    except NotFound:
        raise RouteUnknown from None
    except BodyTooLarge as fault:
        response = JSONResponse({"error": str(fault)}, 413)
    except OSError:
        raise ServiceAway("The folder of the inbox") from None
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    await response(scope, receive, send)


async def _take_in(request: Request, name: str) -> Response:
    query = request.scope["query_string"].decode("latin-1")
    try:
        play = read_play(dict(parse_qsl(query)))
    except ValueError as fault:
        return JSONResponse({"error": str(fault)}, 400)
    headers = tuple((name.lower(), value) for name, value in request.headers.items())
    body = await request.body()
    await keep_arrival(KeepArrival(name, query, headers, body, play.status))
    await asyncio.sleep(play.delay_ms / 1000)
    return _played(play)


def _played(play: Play) -> Response:
    headers = {}
    if play.retry_after is not None:
        headers["Retry-After"] = str(play.retry_after)
    if play.control:
        headers[CONTROL_HEADER] = play.control
    if play.status in WITHOUT_BODY:
        return Response(status_code=play.status, headers=headers)
    return PlainTextResponse("noted\n", play.status, headers)


async def _show(scope: Scope, name: str) -> Response:
    arrivals = await read_inbox(ReadInbox(name or None))
    if scope["method"] not in ("GET", "HEAD"):
        allowed = {"Allow": "GET, HEAD, POST"}
        return JSONResponse({"error": "This path takes GET and POST."}, 405, allowed)
    items = [_item(arrival) for arrival in arrivals]
    if wants_json(scope):
        return JSONResponse({"items": items})
    asked = dict(parse_qsl(scope["query_string"].decode("latin-1")))
    page = _template().render(
        items=items,
        name=name,
        next=NEXT,
        root=ROOT,
        refresh=0 if asked.get("refresh") == "0" else REFRESH_SECONDS,
    )
    return HTMLResponse(page, headers={"Content-Security-Policy": POLICY})


def _item(arrival: ArrivalView) -> dict[str, Any]:
    event, body = _read(arrival.body.decode("utf-8", "replace"))
    headers = dict(arrival.headers)
    return {
        "at": stamp(arrival.at),
        "name": arrival.name,
        "query": arrival.query,
        "status": arrival.status,
        "event": event,
        "isSample": SAMPLE.lower() in headers,
        "sequence": headers.get(SEQUENCE.lower()),
        "isGenuine": arrival.is_genuine,
        "endpointId": prefixed("whe", arrival.endpoint_id) if arrival.endpoint_id else None,
        "checks": dict(arrival.checks),
        "headers": [list(pair) for pair in arrival.headers],
        "size": arrival.size,
        "isCut": arrival.size > len(arrival.body),
        "body": body,
    }


def _read(text: str) -> tuple[str | None, str]:
    """What a message calls its event, in any scheme, and its body as people read it.

    What is no JSON, or nested too deep, stays as it is.
    """
    try:
        told = json.loads(text)
        pretty = json.dumps(told, indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return None, text
    named = told.get("type", told.get("event")) if isinstance(told, dict) else None
    return _sound(named) if isinstance(named, str) else None, _sound(pretty)


def _sound(text: str) -> str:
    """Without halves of characters, which JSON can spell and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode("utf-8")


@cache
def _template() -> Template:
    source = (files("api") / "inbox.html").read_text("utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(source)
