"""`/api/public/notifications/unsubscribe`: the address in a mail that ends its sort (RFC 8058).

A GET changes nothing, because mail services look at every address in a mail: it asks. A POST ends
it, whatever is in its form; who reads the mail may take that back on the page that it answers.
"""

from __future__ import annotations

from html import escape
from typing import Annotated
from urllib.parse import parse_qs, quote

from fastapi import Query, Request, Response
from fastapi.responses import JSONResponse

from activities.notices.leaving import PATH
from activities.notices.unsubscribing import (
    Leave,
    ReadSubscription,
    Rejoin,
    SubscriptionView,
    leave,
    read_subscription,
    rejoin,
)
from activities.rules.errors import NotFound
from activities.rules.notices import Mailing
from activities.rules.throttles import UNSUBSCRIBE
from api.pages.layout import page
from api.public.unsubscribe_words import ABOUT, SAID
from api.routers import make_public_router
from api.status_pages import choose_language, prefers_json

MOST_FORM_FIELDS = 20
_UNDO: dict[str, Mailing] = {"now": "now", "daily": "daily"}

router = make_public_router(UNSUBSCRIBE, include_in_schema=False, default_response_class=Response)

Token = Annotated[str, Query(alias="t", max_length=200)]

_BODY = """
<p class="lead">{lead}</p>{facts}
"""
_FORM = """
<form method="post" action="{action}">
<button name="{name}" value="{value}"{style}>{label}</button>
</form>
"""


@router.get(PATH, summary="Ask whether mails of a sort shall end")
async def ask(request: Request, token: Token = "") -> Response:
    try:
        found = await read_subscription(ReadSubscription(token))
    except NotFound:
        return _unknown(request)
    return _answer(request, "done" if found.mail == "never" else "ask", found, token)


@router.post(PATH, summary="End mails of a sort, or take that back")
async def end(request: Request, token: Token = "") -> Response:
    undo = _UNDO.get(await _undo(request))
    try:
        if undo is None:
            return _answer(request, "done", await leave(Leave(token)), token)
        return _answer(request, "back", await rejoin(Rejoin(token, undo)), token)
    except NotFound:
        return _unknown(request)


async def _undo(request: Request) -> str:
    """What the button of our own page says; mail services send another form, of either kind."""
    try:
        form = parse_qs(
            (await request.body()).decode("ascii", "replace"), max_num_fields=MOST_FORM_FIELDS
        )
    except ValueError:
        return ""
    return form.get("undo", [""])[0]


def _answer(request: Request, what: str, found: SubscriptionView, token: str) -> Response:
    if prefers_json(request.headers):
        told = {"topic": found.topic, "organization": found.organization, "mail": found.mail}
        return JSONResponse(told)
    language = _language(request)
    words = SAID[language]
    if found.organization is None:
        return page(words["nothing"], _lead(words["nothing_lead"]), language=language)
    facts = "".join(
        f"<li>{escape(fact)}</li>" for fact in (ABOUT[language][found.topic], found.organization)
    )
    body = _BODY.format(lead=escape(words[f"{what}_lead"]), facts=f'<ul class="facts">{facts}</ul>')
    action = escape(f"{PATH}?t={quote(token)}")
    if what == "ask":
        form = {"name": "List-Unsubscribe", "value": "One-Click", "style": ""}
        body += _FORM.format(action=action, label=escape(words["stop"]), **form)
    if what == "done":
        form = {"name": "undo", "value": found.undo, "style": ' class="second"'}
        body += _FORM.format(action=action, label=escape(words["undo"]), **form)
    return page(words[what], body, language=language)


def _unknown(request: Request) -> Response:
    if prefers_json(request.headers):
        raise NotFound("subscription")
    language = _language(request)
    words = SAID[language]
    return page(words["unknown"], _lead(words["unknown_lead"]), language=language, status=404)


def _lead(sentence: str) -> str:
    return f'<p class="lead">{escape(sentence)}</p>'


def _language(request: Request) -> str:
    return choose_language(request.headers.get("accept-language", ""))
