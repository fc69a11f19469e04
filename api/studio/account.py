"""`/api/auth/signup/` and `/api/auth/login/`: an account, and the tokens of a sign-in."""

from __future__ import annotations

from fastapi import Response
from pydantic import BaseModel, Field

from activities.accounts import AccountView
from activities.password_sign_in import SignIn, sign_in
from activities.passwords import LONGEST, SHORTEST
from activities.rules.naming import LONGEST_NAME, LONGEST_SLUG
from activities.rules.throttles import AUTH
from activities.sign_up import SignUp, sign_up
from activities.token_pairs import Pair
from api.dialect import Body, Text
from api.routers import make_public_router
from api.scalars import Id

router = make_public_router(AUTH, tags=["account"])

LONGEST_ADDRESS = 254


class SignUpIn(Body):
    """An account to make; without `organization_name` its organization is called as the person."""

    email: Text = Field(max_length=LONGEST_ADDRESS, examples=["ada@example.com"])
    password: Text = Field(
        max_length=LONGEST,
        repr=False,
        description=f"{SHORTEST} characters and more, not one that others would guess",
        examples=["walnut-orbit-cellar-94"],
    )
    name: Text = Field(max_length=LONGEST_NAME, examples=["Ada Lovelace"])
    organization_name: Text | None = Field(
        None, max_length=LONGEST_NAME, examples=["Analytical Engines"]
    )


class SignInIn(Body):
    """An address and its password."""

    email: Text = Field(max_length=LONGEST_ADDRESS, examples=["ada@example.com"])
    password: Text = Field(max_length=LONGEST, repr=False, examples=["walnut-orbit-cellar-94"])
    organization: Text | None = Field(
        None,
        max_length=LONGEST_SLUG,
        description="slug of one of your organizations; the one joined first when left out",
    )


class UserOut(BaseModel):
    """A person."""

    id: Id
    email: str
    name: str


class OrganizationOut(BaseModel):
    """An organization of the person."""

    id: Id
    name: str
    slug: str
    plan: str


class TokensOut(BaseModel):
    """The tokens of a sign-in; `expires_in` are the seconds that `access` lives."""

    access: str
    refresh: str
    expires_in: int


class PairOut(TokensOut):
    """A pair of tokens; `access` goes into `Authorization: Bearer`."""

    token_type: str = "Bearer"  # noqa: S105


class SignedUpOut(TokensOut):
    """The account just made, and its first pair of tokens."""

    user: UserOut
    organization: OrganizationOut


@router.post("/api/auth/signup/", status_code=201, summary="Create a workspace and user")
async def signup(body: SignUpIn, response: Response) -> SignedUpOut:
    made = await sign_up(SignUp(body.email, body.password, body.name, body.organization_name))
    return SignedUpOut(
        **present_pair(made.pair, response).model_dump(exclude={"token_type"}),
        user=present_user(made.account),
        organization=present_organization(made.account),
    )


@router.post("/api/auth/login/", summary="Issue a JWT pair")
async def login(body: SignInIn, response: Response) -> PairOut:
    pair = await sign_in(SignIn(body.email, body.password, body.organization))
    return present_pair(pair, response)


def present_pair(pair: Pair, response: Response) -> PairOut:
    """The pair in this dialect's words; no cache keeps it (RFC 6749, 5.1)."""
    response.headers["Cache-Control"] = "no-store"
    return PairOut(access=pair.access, refresh=pair.refresh, expires_in=pair.expires_in)


def present_user(account: AccountView) -> UserOut:
    """The person in this dialect's words."""
    return UserOut(id=account.user_id, email=account.email, name=account.name)


def present_organization(account: AccountView) -> OrganizationOut:
    """The organization in this dialect's words."""
    return OrganizationOut(
        id=account.organization_id,
        name=account.organization_name,
        slug=account.slug,
        plan=account.plan,
    )
