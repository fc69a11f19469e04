"""`/sign-in`: the page where somebody asks for a link by mail, behind the captcha."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode

from starlette.responses import HTMLResponse

from activities.sign_in_links import own_path
from api.pages.assets import address_of
from api.pages.layout import page
from api.pages.words import SIGN_IN, SIGN_IN_LATER

PATH = "/sign-in"

CHALLENGE = "/api/public/rcaptcha/challenge"

WIDGET = {"hideFooter": True, "hideLogo": True, "humanInteractionSignature": False}
"""ALTCHA's settings: no link elsewhere, and pointer and keys are not watched."""

_BODY = """
<div id="ask"><p class="lead">{lead}</p>{notice}
<noscript><p role="alert">{no_script}</p></noscript>
<form id="sign-in" novalidate data-next="{next}" data-words="{words}" data-worker="{worker}">
<div><label for="email">{email}</label>
<input id="email" name="email" type="email" required maxlength="254" autocomplete="email"
 autocapitalize="none" spellcheck="false" aria-describedby="trouble"></div>
<altcha-widget name="altcha" challenge="{challenge}" language="{language}"
 configuration="{widget}"></altcha-widget>
<p id="trouble" role="alert"></p>
<button type="submit">{send}</button>
</form></div>
<div id="sent" role="status" tabindex="-1"></div>
<p id="again" class="lead" hidden><a href="{here}">{again}</a></p>
"""


def sign_in_page(language: str, asked: Mapping[str, str]) -> HTMLResponse:
    """The page; `asked` is its query: `next`, a path of this site to go to afterwards, `spent` when
    the visitor comes from a link that no longer works, and `confirmed` from one that did."""
    words = SIGN_IN[language]
    next_path = own_path(asked.get("next", ""))
    later = {name: words[name] for name in SIGN_IN_LATER}
    values = {
        **words,
        "next": next_path,
        "here": f"{PATH}?{urlencode({'next': next_path})}",
        "words": json.dumps(later),
        "worker": address_of("altcha.pbkdf2.js"),
        "challenge": CHALLENGE,
        "language": language,
        "widget": json.dumps(WIDGET),
    }
    body = _BODY.format(
        notice=_notice(words, asked),
        **{name: escape(value) for name, value in values.items()},
    )
    return page(
        words["title"],
        body,
        language=language,
        scripts=("altcha.min.js", "sign_in.js"),
        styles=("altcha.css", "page.css"),
    )


def _notice(words: Mapping[str, str], asked: Mapping[str, str]) -> str:
    for told, role in (("spent", "alert"), ("confirmed", "status")):
        if asked.get(told):
            return f'<p class="lead" role="{role}">{escape(words[told])}</p>'
    return ""
