"""`/api/auth`: links that were mailed, to sign in or to confirm an address, for everybody."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import Field

from activities.confirmations import ConfirmAddress, confirm_address, is_confirmation
from activities.rules.errors import LinkSpent
from activities.rules.throttles import AUTH
from activities.sign_in_links import PATH, OpenByLink, RequestSignIn, open_by_link, request_sign_in
from api.browser import agent_of, set_session
from api.dialect import Text
from api.routers import make_public_router
from api.scalars import In, Out

ASK_AGAIN = "/sign-in?spent=1"
"""Where a browser goes with a link that is spent."""

CONFIRMED = "/sign-in?confirmed=1"
"""Where a browser goes when the address is confirmed."""

SENT = "A link is on its way to this address. It signs you in once, within 15 minutes."

PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
"""On every answer to an address that has a token in it."""

router = make_public_router(AUTH, tags=["account"])


class EmailIn(In):
    """The address to mail a link to; `next` is where on this site to go then."""

    email: Text = Field(max_length=254, examples=["ada@example.com"])
    captcha: Text = Field(max_length=100, examples=["cap_one-use-token-of-a-solved-captcha"])
    next: Text = Field("/", max_length=2048)


class SentOut(Out):
    """The same for every address, so that nobody learns who has an account."""

    sent: bool
    message: str


class SignedInOut(Out):
    """The cookie is set; `next` is a path of this site."""

    signed_in: bool
    next: str


class ConfirmedOut(Out):
    """The address is confirmed; nobody is signed in by that."""

    confirmed: bool


@router.post("/api/auth/email", status_code=202, summary="Ask for a sign-in link by mail")
async def ask(body: EmailIn) -> SentOut:
    await request_sign_in(RequestSignIn(body.email, body.captcha, body.next))
    return SentOut(sent=True, message=SENT)


@router.get(
    PATH,
    summary="Open a link to sign in or to confirm an address",
    response_model=SignedInOut | ConfirmedOut,
    responses={303: {"description": "A browser is sent on, with the cookie or to ask again."}},
)
async def verify(request: Request, token: Annotated[Text, Query(max_length=200)] = "") -> Response:
    try:
        if is_confirmation(token):
            await confirm_address(ConfirmAddress(token))
            return _sent_on(request, CONFIRMED, ConfirmedOut(confirmed=True))
        opened = await open_by_link(OpenByLink(token, agent_of(request)))
    except LinkSpent:
        if _wants_json(request):
            raise
        return RedirectResponse(ASK_AGAIN, 303, headers=PRIVATE)
    out = SignedInOut(signed_in=True, next=opened.next_path)
    response = _sent_on(request, opened.next_path, out)
    set_session(response, request, opened.token)
    return response


@router.head(PATH, summary="Look at a link without opening it", include_in_schema=False)
async def look() -> Response:
    return Response(headers=PRIVATE)


def _sent_on(request: Request, path: str, out: Out) -> Response:
    """The answer for a program, or for a browser the way to its next page."""
    if _wants_json(request):
        return JSONResponse(out.model_dump(by_alias=True), headers=PRIVATE)
    return RedirectResponse(path, 303, headers=PRIVATE)


def _wants_json(request: Request) -> bool:
    accept = request.headers.get("accept", "")
    return "application/json" in accept and "text/html" not in accept
