"""The frame of every page: one look, four languages, and a policy that runs no inline script.

Convention: `body` is HTML. Every value from outside goes through `html.escape` before it gets in;
the title is escaped here. Scripts are names of files in `static/`; a page hands them values in
`data-` attributes, never in a script of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse

from api.pages.assets import address_of

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; worker-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self'"
)

_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]+)?")

_MARK = (
    '<svg class="mark" viewBox="0 0 7 7" fill="currentColor" aria-hidden="true"><path d="M0 0h3v3H0'
    "zm1 1v1h1V1zM4 0h3v3H4zm1 1v1h1V1zM0 4h3v3H0zm1 1v1h1V5zM4 4h1v1H4zm2 0h1v1H6zM5 5h1v1H5z"
    'M4 6h1v1H4zm2 0h1v1H6z" fill-rule="evenodd"/></svg>'
)


def page(
    title: str,
    body: str,
    *,
    language: str = "en",
    scripts: Sequence[str] = (),
    styles: Sequence[str] = ("page.css",),
    leads_to: Sequence[str] = (),
    status: int = 200,
) -> HTMLResponse:
    """A page with `title` as its heading above `body`, which is HTML with its values escaped.

    `scripts` and `styles` are names in `static/`. `leads_to` are addresses that a form of the page
    may end at after a redirect, such as the callback of an OAuth client: browsers hold redirects of
    a form to the policy too. The page is never cached, framed or indexed.
    """
    tags = "".join(f'<link rel="stylesheet" href="{escape(address_of(name))}">' for name in styles)
    tags += "".join(
        f'<script type="module" src="{escape(address_of(name))}"></script>' for name in scripts
    )
    html = (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta name="robots" content="noindex"><title>{escape(title)} · Inkloom</title>'
        f'<link rel="icon" href="{escape(address_of("icon.svg"))}">{tags}</head>'
        f"<body><main>{_MARK}<h1>{escape(title)}</h1>{body}<footer>Inkloom</footer></main></body>"
        "</html>"
    )
    headers = {
        "Content-Security-Policy": " ".join([_POLICY, *map(_source, leads_to)]),
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
        "Content-Language": language,
        "Vary": "Accept-Language",
    }
    return HTMLResponse(html, status, headers=headers)


def _source(address: str) -> str:
    """The origin of an address as a source of the policy (CSP 3, 2.3.1).

    Only the scheme for an application's own, and for a host that the policy cannot name.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.netloc):
        return f"{parts.scheme}:"
    return f"{parts.scheme}://{parts.netloc}"
