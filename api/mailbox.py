"""`GET /dev/mailbox`: what a machine under development would have mailed, for its own browser.

It answers only where mails go to no provider, and only a caller on this machine that asks for it by
a name of this machine: a page elsewhere whose name was turned to loopback, or a proxy in front,
learns nothing. `?format=json` or `Accept: application/json` gives `{"items": [...]}` for scripts.
`/dev/mailbox/{id}.html` is one mail as a mail program shows it: no script runs there, and pictures
come from our own host.
"""

from __future__ import annotations

import re
from html import escape
from urllib.parse import urlsplit
from uuid import UUID

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from activities.mail import MailView, ReadMailbox, read_mailbox
from activities.outside import outside
from activities.rules.errors import NotFound
from activities.rules.spelling import stamp
from api.faults import RouteUnknown
from api.here import POLICY, asked_from_here, wants_json

PATH = "/dev/mailbox"

_ONE = re.compile(rf"{PATH}/([0-9a-f-]{{36}})\.html")

_STYLE = """
:root{color-scheme:light dark;--paper:#faf8f4;--card:#fff;--ink:#1d1b18;--soft:#6b665e;
--line:#e7e2d8}
@media(prefers-color-scheme:dark){:root{--paper:#171614;--card:#201f1c;--ink:#f3efe7;
--soft:#a39c90;--line:#33302b}}
*{box-sizing:border-box}body{margin:0 auto;max-width:46rem;padding:40px 20px;
background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
h1{margin:0 0 4px;font-size:1.6rem}h2{margin:0 0 2px;font-size:1.1rem;overflow-wrap:anywhere}
header p,.who{margin:0;color:var(--soft);overflow-wrap:anywhere}.who{font-size:.875rem}
article{background:var(--card);border:1px solid var(--line);border-radius:14px;
padding:20px 24px;margin:20px 0}
.said{margin:16px 0 0;padding-top:16px;border-top:1px solid var(--line);white-space:pre-wrap;
overflow-wrap:anywhere}a{color:inherit;font-weight:600}
.looks{display:inline-block;margin:16px 0 0;font-size:.875rem;font-weight:400;color:var(--soft)}
"""


def owns(path: str) -> bool:
    """Whether this is for the mailbox to answer."""
    return path == PATH or path.startswith(f"{PATH}/")


async def mailbox(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request; `RouteUnknown` wherever there is no mailbox for this caller."""
    if not asked_from_here(scope):
        raise RouteUnknown
    one = _asked_for(scope["path"])
    try:
        mails = await read_mailbox(ReadMailbox(mail_id=one))
    except NotFound:
        raise RouteUnknown from None
    if one and not mails:
        raise RouteUnknown
    response: Response
    if scope["method"] not in ("GET", "HEAD"):
        response = JSONResponse({"error": "This path takes GET."}, 405, {"Allow": "GET, HEAD"})
    elif one:
        response = HTMLResponse(mails[0].html, headers={"Content-Security-Policy": _policy()})
    elif wants_json(scope):
        response = JSONResponse({"items": [_item(mail) for mail in mails]})
    else:
        response = HTMLResponse(_page(mails), headers={"Content-Security-Policy": POLICY})
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    await response(scope, receive, send)


def _asked_for(path: str) -> UUID | None:
    """The mail that the path is about, None for all of them; raises `RouteUnknown`."""
    if path.rstrip("/") == PATH:
        return None
    found = _ONE.fullmatch(path)
    try:
        return UUID(found[1] if found else "")
    except ValueError:
        raise RouteUnknown from None


def _policy() -> str:
    """For words that others wrote: nothing runs, and nothing is asked of another host."""
    parts = urlsplit(outside().public_url)
    return (
        f"{POLICY}; img-src 'self' {parts.scheme}://{parts.netloc}; form-action 'none'; "
        "sandbox allow-same-origin allow-popups allow-top-navigation-by-user-activation"
    )


def _item(mail: MailView) -> dict[str, str | None]:
    return {
        "id": str(mail.id),
        "kind": mail.kind,
        "to": mail.recipient,
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "link": mail.link,
        "unsubscribe": mail.unsubscribe or None,
        "at": stamp(mail.at),
        "sentAt": stamp(mail.sent_at) if mail.sent_at else None,
    }


def _page(mails: tuple[MailView, ...]) -> str:
    articles = "".join(map(_article, mails)) or (
        "<article><h2>No mail yet</h2><p class=who>Sign in or invite somebody, then load this "
        "page again.</p></article>"
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Mailbox</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><header><h1>Mailbox</h1><p>Nothing leaves this "
        "machine while RESEND_API_KEY is unset: mails wait here, the newest first.</p></header>"
        f"<main>{articles}</main></body></html>"
    )


def _article(mail: MailView) -> str:
    before, _, after = mail.text.partition(mail.link)
    link = escape(mail.link)
    sent = "" if mail.sent_at else " · on its way"
    return (
        f"<article><h2>{escape(mail.subject)}</h2>"
        f"<p class=who>To {escape(mail.recipient)} · {mail.at:%d %B %Y, %H:%M:%S} UTC{sent}</p>"
        f'<p class=said>{escape(before)}<a href="{link}" rel="noreferrer">{link}</a>'
        f"{escape(after.rstrip())}</p>"
        f'<a class=looks href="{PATH}/{mail.id}.html">See it as a mail program shows it</a>'
        "</article>"
    )
