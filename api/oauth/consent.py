"""The consent page, and the pages that say why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit
from uuid import UUID

from fastapi.responses import HTMLResponse

from activities.oauth.clients import KnownClient
from activities.oauth.consent import ConsentOffer, OrganizationChoice
from api.oauth.words import CONSENT
from api.pages.layout import page

_BODY = """
<p>{asks}</p><ul class="facts">{scopes}</ul><p>{you}</p>
<form method="post" action="{action}">
<input type="hidden" name="ticket" value="{ticket}">
<div><label for="where">{where}</label><select id="where" name="where">{choices}</select></div>
<button name="decision" value="allow">{allow}</button>
<button class="second" name="decision" value="deny">{deny}</button>
</form>
"""


@dataclass(frozen=True)
class Shown:
    """What a consent page is about; `here` is the path and query that shows it again."""

    client: KnownClient
    scopes: Sequence[str]
    redirect_uri: str
    email: str
    here: str


def consent_page(language: str, shown: Shown, offer: ConsentOffer) -> HTMLResponse:
    """Who wants what, where; Allow and Deny."""
    words = CONSENT[language]
    values = {
        "client": shown.client.name,
        "owner": shown.client.registered_by,
        "email": shown.email,
        "host": urlsplit(shown.redirect_uri).netloc,
    }
    title = words["title"].format(**values)
    if not offer.organizations:
        return page(title, f"<p>{escape(words['nowhere'])}</p>", language=language)
    body = _BODY.format(
        asks=escape(words["asks"].format(**values)),
        scopes="".join(f"<li>{escape(words[scope])}</li>" for scope in shown.scopes),
        you=escape(words["you"].format(**values)),
        action=escape(shown.here),
        ticket=escape(offer.ticket),
        choices="".join(_options(offer.organizations, words["everywhere"])),
        **{name: escape(words[name]) for name in ("where", "allow", "deny")},
    )
    return page(title, body, language=language, leads_to=[shown.redirect_uri])


def wrong_page(language: str, what: str, *, here: str = "", status: int = 400) -> HTMLResponse:
    """Why nothing can be allowed: `what` is unknown, elsewhere or stale; `here` tries again."""
    words = CONSENT[language]
    body = f'<p class="lead">{escape(words[f"{what}_advice"])}</p>'
    if here:
        body += f'<p class="lead"><a href="{escape(here)}">{escape(words["again"])}</a></p>'
    return page(words[what], body, language=language, status=status)


def read_choice(text: str) -> tuple[UUID, UUID | None] | None:
    """The organization and workspace behind an option's value; None for any other text."""
    organization, _, workspace = text.partition(".")
    try:
        return UUID(organization), UUID(workspace) if workspace else None
    except ValueError:
        return None


def _options(organizations: Iterable[OrganizationChoice], everywhere: str) -> Iterable[str]:
    for choice in organizations:
        yield f'<optgroup label="{escape(choice.name)}">'
        yield _option(choice.id.hex, f"{choice.name}: {everywhere}")
        for place in choice.workspaces:
            yield _option(f"{choice.id.hex}.{place.id.hex}", f"{choice.name}: {place.name}")
        yield "</optgroup>"


def _option(value: str, label: str) -> str:
    return f'<option value="{value}">{escape(label)}</option>'
