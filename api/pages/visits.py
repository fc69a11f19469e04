"""What visitors of codes and links see when they are not simply led on."""

from __future__ import annotations

import json
from html import escape

from starlette.responses import HTMLResponse

from activities.rules.destinations import host_of
from activities.visits.leading import AppTrial, Preview
from api.pages.layout import page
from api.pages.visit_words import ACCESS, ACCESS_LATER, APP, DOMAIN

_ASK = """
<p class="lead">{lead}</p>
<noscript><p role="alert">{no_script}</p></noscript>
<form id="access" method="post" novalidate data-type="{kind}" data-id="{id}" data-words="{words}">
<div><label for="password">{password}</label>
<input id="password" name="password" type="password" required maxlength="1000"
 autocomplete="current-password" aria-describedby="trouble"></div>
<p id="trouble" role="alert"></p>
<button type="submit" disabled>{open}</button>
</form>
"""

_TRY = """
<p class="lead">{lead}</p>
<p class="lead"><a id="app" href="{app}">{open}</a></p>
<p class="lead"><a id="fallback" href="{fallback}">{go_on}</a></p>
"""

_CARD = """<!doctype html>
<html><head><meta charset="utf-8"><title>{title}</title>
<link rel="canonical" href="{address}">
<meta property="og:type" content="website"><meta property="og:url" content="{address}">
<meta property="og:title" content="{title}">{more}</head>
<body><a href="{url}">{title}</a></body></html>
"""


def access_page(language: str, kind: str, id: str) -> HTMLResponse:
    """Asks for the password of an asset; its script sends it, and comes back with a cookie."""
    words = ACCESS[language]
    later = json.dumps({name: words[name] for name in ACCESS_LATER})
    values = {**words, "kind": kind, "id": id, "words": later}
    body = _ASK.format(**{name: escape(value) for name, value in values.items()})
    return page(words["title"], body, language=language, scripts=("access.js",))


def app_page(language: str, trial: AppTrial) -> HTMLResponse:
    """Opens an app; its script goes on to the fallback when that does nothing."""
    words = APP[language]
    values = {**words, "app": trial.app_url, "fallback": trial.fallback_url}
    body = _TRY.format(**{name: escape(value) for name, value in values.items()})
    return page(words["title"], body, language=language, scripts=("app.js",))


def domain_page(language: str) -> HTMLResponse:
    """The root of a custom domain."""
    words = DOMAIN[language]
    return page(words["title"], f'<p class="lead">{escape(words["lead"])}</p>', language=language)


def preview_page(preview: Preview) -> HTMLResponse:
    """What a chat reads to draw a card (The Open Graph protocol); without a title, the host."""
    told = {
        'property="og:description"': preview.description,
        'name="description"': preview.description,
        'property="og:image"': preview.image_url,
        'name="twitter:card"': "summary_large_image" if preview.image_url else "summary",
    }
    more = "".join(
        f'<meta {name} content="{escape(value)}">' for name, value in told.items() if value
    )
    title = preview.title or host_of(preview.url)
    html = _CARD.format(
        title=escape(title), address=escape(preview.address), url=escape(preview.url), more=more
    )
    return HTMLResponse(html)
