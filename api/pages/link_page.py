"""`GET /p/{slug}`: the public page of links, after its view is committed.

Plain ASGI, like redirects. HEAD is answered alike and not counted. The page runs no script; its
colours come in by one `<style>` whose hash its policy names (CSP 3, 2.3.1).
"""

from __future__ import annotations

import base64
import hashlib
from html import escape

from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from activities.link_pages.viewing import ViewPage, view_page
from activities.link_pages.views import PublicPage
from activities.outside import outside
from activities.readiness import DatabaseAway
from activities.rules.colours import contrast
from activities.rules.errors import NotFound
from activities.rules.page_blocks import button_text
from activities.visitors import read_headers, read_visitor
from api.guesses import unknown_page
from api.pages.assets import address_of
from api.pages.link_blocks import blocks_html, paragraphs
from api.status_pages import choose_language, status_page

PREFIX = "/p/"

_POLICY = (
    "default-src 'none'; style-src 'self' 'sha256-{digest}'; img-src 'self' https:; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
)

_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{title}</title>{described}
<meta name="theme-color" content="{background}"><meta name="color-scheme" content="{scheme}">
<meta property="og:type" content="website"><meta property="og:title" content="{title}">
<meta property="og:url" content="{address}">{pictured}
<link rel="canonical" href="{address}"><link rel="icon" href="{icon}">
<link rel="stylesheet" href="{stylesheet}"><style>{colours}</style></head>
<body class="{classes}"><main><header><h1 dir="auto">{title}</h1>{lead}</header>
{blocks}</main><footer><a href="/" rel="nofollow">Inkloom</a></footer></body></html>
"""


async def link_page(scope: Scope, receive: Receive, send: Send) -> None:
    """The endpoint of link pages. Country headers are believed behind a trusted proxy only.

    Visits to pages that exist are never throttled; guesses are, by network address.
    """
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    try:
        response = await _answer(scope, headers)
    except NotFound:
        response = await unknown_page(scope, headers)
    except DatabaseAway:
        response = status_page(503, headers, retry_after=2)
    response.headers["Cache-Control"] = "no-store"
    await response(scope, receive, send)


async def _answer(scope: Scope, headers: dict[str, str]) -> Response:
    method: str = scope["method"]
    if method not in ("GET", "HEAD"):
        return status_page(405, headers, allow="GET, HEAD")
    asked = HTTPConnection(scope)
    visitor = read_visitor(
        method,
        read_headers(headers),
        address=asked.client.host if asked.client else "",
        query=scope["query_string"].decode("latin-1"),
        country_header_trusted=scope.get("inkloom.proxied", False),
        now=outside().clock.now(),
    )
    slug = scope["path"].removeprefix(PREFIX).removesuffix("/")
    page = await view_page(ViewPage(slug, visitor, headers.get("host", "")))
    return present_page(page, choose_language(headers.get("accept-language", "")))


def present_page(page: PublicPage, language: str) -> HTMLResponse:
    """The page as HTML.

    In which language its owner writes is not known: it is told to be the visitor's, the best guess.
    """
    colours = _colours(page)
    description = escape(" ".join(page.description.split()))
    image = next((block["url"] for block in page.blocks if block["type"] == "image"), "")
    html = _PAGE.format(
        language=escape(language),
        title=escape(page.name),
        described=_meta("name", "description", description)
        + _meta("property", "og:description", description),
        pictured=_meta("property", "og:image", escape(image))
        + _meta("name", "twitter:card", "summary_large_image" if image else "summary"),
        background=escape(page.theme["background"]),
        scheme="dark" if _is_dark(page.theme["background"]) else "light",
        address=escape(page.public_url),
        icon=escape(address_of("icon.svg")),
        stylesheet=escape(address_of("link_page.css")),
        colours=colours,
        classes=escape(" ".join(page.theme[part] for part in ("buttonShape", "font", "layout"))),
        lead=paragraphs(page.description) if page.description else "",
        blocks=blocks_html(page.blocks),
    )
    digest = base64.b64encode(hashlib.sha256(colours.encode()).digest()).decode()
    headers = {
        "Content-Security-Policy": _POLICY.format(digest=digest),
        "Vary": "Accept-Language",
    }
    return HTMLResponse(html, headers=headers)


def _colours(page: PublicPage) -> str:
    """The theme as CSS: validated when it was kept, `#rrggbb` each."""
    values = {
        "back": page.theme["background"],
        "ink": page.theme["foreground"],
        "accent": page.theme["accent"],
        "on-accent": button_text(page.theme),
    }
    return ":root{" + ";".join(f"--{name}:{value}" for name, value in values.items()) + "}"


def _meta(key: str, name: str, content: str) -> str:
    """A tag of the head; nothing without a content, which is escaped already."""
    return f'\n<meta {key}="{name}" content="{content}">' if content else ""


def _is_dark(background: str) -> bool:
    return contrast(background, "#ffffff") > contrast(background, "#000000")
