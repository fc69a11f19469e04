"""`/api/public/rcaptcha`: a challenge for the ALTCHA widget, and a token for its solution."""

from __future__ import annotations

from pydantic import Field

from activities.captcha import (
    MOST_SIGNS,
    CaptchaToken,
    Challenge,
    MakeChallenge,
    VerifySolution,
    make_challenge,
    verify_solution,
)
from activities.rules.throttles import CAPTCHA
from api.dialect import Text
from api.routers import make_public_router
from api.scalars import In, Moment, Out

router = make_public_router(CAPTCHA, tags=["captcha"])


class ParametersOut(Out):
    """What the widget solves (ALTCHA PoW v2): find the number whose key begins with `keyPrefix`.

    `expiresAt` is in seconds since 1970, for the widget; what counts is signed in `data`.
    """

    algorithm: str
    cost: int
    data: dict[str, int]
    expires_at: int
    key_length: int
    key_prefix: str
    key_signature: str
    nonce: str
    salt: str


class ChallengeOut(Out):
    """A challenge, as the widget wants it."""

    parameters: ParametersOut
    signature: str


class SolutionIn(In):
    """The widget's answer."""

    payload: Text = Field(
        max_length=MOST_SIGNS,
        description="the widget's form field `altcha`, as it is",
        examples=["eyJjaGFsbGVuZ2UiOnt9LCJzb2x1dGlvbiI6e319"],
    )


class TokenOut(Out):
    """Good for one form."""

    token: str
    expires_at: Moment


@router.post("/api/public/rcaptcha/challenge", summary="Ask for a captcha to solve")
async def challenge() -> ChallengeOut:
    return present_challenge(await make_challenge(MakeChallenge()))


@router.post("/api/public/rcaptcha/verify", summary="Exchange a solved captcha for a token")
async def verify(body: SolutionIn) -> TokenOut:
    return present_token(await verify_solution(VerifySolution(body.payload)))


def present_challenge(challenge: Challenge) -> ChallengeOut:
    """The challenge, with its end where the widget looks for it."""
    expires_at = int(challenge.expires_at.timestamp())
    parameters = ParametersOut.model_validate({**challenge.parameters, "expiresAt": expires_at})
    return ChallengeOut(parameters=parameters, signature=challenge.signature)


def present_token(token: CaptchaToken) -> TokenOut:
    """The token in this dialect's words."""
    return TokenOut(token=token.token, expires_at=token.expires_at)
