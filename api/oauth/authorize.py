"""`/oauth/authorize`: a person is asked, and their browser carries the answer to the client.

While client and address are not known to belong together nothing is redirected, and what else is
wrong is told to the client only when somebody is signed in: this page sends nobody anywhere for a
stranger (RFC 9700 4.11.2).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode
from uuid import UUID

from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.rfc6749.errors import (
    AccessDeniedError,
    InvalidRequestError,
    UnsupportedResponseTypeError,
)
from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from activities.oauth.clients import FindClient, KnownClient, find_client
from activities.oauth.consent import (
    CheckConsent,
    GiveConsent,
    OfferConsent,
    check_consent,
    give_consent,
    offer_consent,
)
from activities.rules.actors import Person
from activities.rules.errors import (
    ClientUnknown,
    CredentialExpired,
    CredentialMissing,
    CredentialRevoked,
    CredentialUnknown,
    InvalidFields,
    NotFound,
)
from activities.rules.oauth import answers_at, with_parameters
from activities.rules.throttles import PUBLIC_FORMS
from api.browser import read_person
from api.oauth.adapter import Asked, Found, Pairs, Server
from api.oauth.consent import Shown, consent_page, read_choice, wrong_page
from api.oauth.errors import parameters_of
from api.oauth.forms import read_form, read_pairs
from api.routers import make_public_router
from api.status_pages import choose_language

PATH = "/oauth/authorize"

PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}

router = make_public_router(PUBLIC_FORMS, include_in_schema=False, default_response_class=Response)


class _Elsewhere(Exception):
    """There is no address that this request may be answered at; `what` names the page."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True)
class _Wish:
    """A request whose client and address belong together. `here` shows it again."""

    client: KnownClient
    redirect_uri: str
    asked: Asked
    text: str = field(repr=False)
    issuer: str

    @property
    def here(self) -> str:
        return f"{PATH}?{self.text}"

    def answer(self, parameters: Pairs) -> Response:
        """Send the browser on with these parameters, `state` and `iss` (RFC 9207)."""
        state = self.asked.payload.state
        more = [("state", state)] if state else []
        address = with_parameters(self.redirect_uri, [*parameters, *more, ("iss", self.issuer)])
        return RedirectResponse(address, 303, headers=PRIVATE)

    def refuse(self, error: OAuth2Error) -> Response:
        """Tell the client what was wrong (RFC 6749 4.1.2.1)."""
        return self.answer(list(parameters_of(error).items()))


@router.get(PATH, summary="Ask a person to allow a client something")
async def ask(request: Request) -> Response:
    return await _with_person(request, _ask)


@router.post(PATH, summary="Allow it, or not")
async def decide(request: Request) -> Response:
    return await _with_person(request, _decide)


async def _with_person(
    request: Request, act: Callable[[Request, _Wish, Person], Awaitable[Response]]
) -> Response:
    """The answer of `act`, or where the browser goes instead."""
    try:
        wish = await _understand(request)
    except _Elsewhere as fault:
        return wrong_page(_language(request), fault.what)
    try:
        return await act(request, wish, await read_person(request))
    except (CredentialMissing, CredentialUnknown, CredentialRevoked, CredentialExpired):
        address = f"/sign-in?{urlencode({'next': wish.here})}"
        return RedirectResponse(address, 303, headers=PRIVATE)
    except OAuth2Error as error:
        return wish.refuse(error)


async def _ask(request: Request, wish: _Wish, person: Person) -> Response:
    shown = Shown(wish.client, _judge(wish), wish.redirect_uri, person.email, wish.here)
    offer = await offer_consent(OfferConsent(person, wish.text))
    return consent_page(_language(request), shown, offer)


async def _decide(request: Request, wish: _Wish, person: Person) -> Response:
    form: Mapping[str, str] = (await read_form(request)).form
    stale = wrong_page(_language(request), "stale", here=wish.here, status=403)
    if not await check_consent(CheckConsent(person, wish.text, form.get("ticket", ""))):
        return stale
    scopes = _judge(wish)
    if form.get("decision") != "allow":
        raise AccessDeniedError
    place = read_choice(form.get("where", ""))
    if place is None:
        return stale
    try:
        given = await give_consent(_consent(wish, person, scopes, place))
    except NotFound:
        return stale
    except (ClientUnknown, InvalidFields):
        return wrong_page(_language(request), "unknown")
    return wish.answer([("code", given.code)])


async def _understand(request: Request) -> _Wish:
    """The request, when there is an address to answer it at. Raises `_Elsewhere`."""
    try:
        pairs = read_pairs(request.url.query)
    except OAuth2Error:
        raise _Elsewhere("unknown") from None
    asked = Asked("GET", pairs)
    many = asked.payload.datalist
    named = many.get("client_id", [])
    client = await find_client(FindClient(named[0])) if len(named) == 1 else None
    if client is None:
        raise _Elsewhere("unknown")
    addresses = many.get("redirect_uri", client.redirect_uris)
    if len(addresses) != 1 or not answers_at(client.redirect_uris, addresses[0]):
        raise _Elsewhere("elsewhere")
    return _Wish(client, addresses[0], asked, urlencode(pairs), request.app.state.public_url)


def _judge(wish: _Wish) -> tuple[str, ...]:
    """The scopes that are asked for, when the rest of the request is right. Raises `OAuth2Error`.

    What authlib would put into a sentence of its own is looked at before: it takes no other signs
    there than RFC 6749 does.
    """
    payload = wish.asked.payload
    if any(len(values) > 1 for values in payload.datalist.values()):
        raise InvalidRequestError("Send each parameter once.")
    if not payload.response_type:
        raise InvalidRequestError("Send a response_type.")
    if payload.response_type != "code":
        raise UnsupportedResponseTypeError(payload.response_type)
    Server(Found(wish.client)).get_consent_grant(wish.asked)
    return tuple(wish.asked.scope.split())


def _consent(
    wish: _Wish, person: Person, scopes: tuple[str, ...], place: tuple[UUID, UUID | None]
) -> GiveConsent:
    asked: Mapping[str, str] = wish.asked.payload.data
    return GiveConsent(
        by=person,
        client_id=wish.client.client_id,
        organization_id=place[0],
        workspace_id=place[1],
        scopes=scopes,
        redirect_uri=wish.redirect_uri,
        redirect_uri_given="redirect_uri" in asked,
        challenge=asked["code_challenge"],
    )


def _language(request: Request) -> str:
    return choose_language(request.headers.get("accept-language", ""))
