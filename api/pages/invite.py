"""`/invite`: where the link of an invitation leads. Only its button accepts, never the visit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape

from starlette.responses import HTMLResponse

from activities.rules.naming import LONGEST_NAME
from api.pages.layout import page
from api.pages.words import INVITE, INVITE_LATER

PATH = "/invite"

_BODY = """
<div id="ask"><p class="lead">{lead}</p>
<noscript><p role="alert">{no_script}</p></noscript>
<form id="join" novalidate data-token="{token}" data-words="{words}">
<div><label for="name">{name}</label>
<input id="name" name="name" type="text" maxlength="{longest}" autocomplete="name"
 aria-describedby="hint trouble"><p id="hint">{hint}</p></div>
<p id="trouble" role="alert"></p>
<button type="submit" disabled>{join}</button>
</form></div>
<div id="told" role="status" tabindex="-1"></div>
<p id="home" class="lead" hidden><a href="/">{go_on}</a></p>
<p id="member" class="lead" hidden><a href="/sign-in">{sign_in}</a></p>
"""


def invite_page(language: str, asked: Mapping[str, str]) -> HTMLResponse:
    """The page; `asked` is its query, with the `token` of the invitation.

    Nothing is looked up, so a scanner of mails that opens the link spends nothing and learns
    nothing. The address with the token goes out as nobody's referrer. 400 without a token.
    """
    words = INVITE[language]
    token = asked.get("token", "").strip()
    if not token:
        body = f'<p class="lead" role="alert">{escape(words["incomplete"])}</p>'
        return page(words["title"], body, language=language, status=400)
    values = {
        **words,
        "token": token,
        "words": json.dumps({name: words[name] for name in INVITE_LATER}),
        "longest": str(LONGEST_NAME),
    }
    body = _BODY.format(**{name: escape(value) for name, value in values.items()})
    answer = page(words["title"], body, language=language, scripts=("invite.js",))
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
