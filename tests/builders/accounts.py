"""Somebody with a password, in one line."""

from __future__ import annotations

from activities.password_sign_in import SignIn, sign_in
from activities.rules.actors import Actor
from activities.sign_up import SignedUp, SignUp, sign_up
from activities.token_pairs import AuthenticateJwt, Pair, authenticate_jwt

ADDRESS = "ada@example.com"
PASSWORD = "walnut-orbit-cellar-94"


async def an_account(email: str = ADDRESS, name: str = "Ada Lovelace") -> SignedUp:
    return await sign_up(SignUp(email, PASSWORD, name))


async def a_sign_in(
    email: str = ADDRESS, password: str = PASSWORD, organization: str | None = None
) -> Pair:
    return await sign_in(SignIn(email, password, organization))


async def behind(pair: Pair) -> Actor:
    """Who the access token stands for."""
    return await authenticate_jwt(AuthenticateJwt(pair.access))
