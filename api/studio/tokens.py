"""`/api/auth/token/refresh/` and `/api/auth/token/revoke/`: what a refresh token is good for."""

from __future__ import annotations

from fastapi import Response
from pydantic import Field

from activities.rules.throttles import TOKENS
from activities.token_pairs import RefreshPair, RevokePair, refresh_pair, revoke_pair
from api.dialect import Body, Text
from api.routers import make_public_router
from api.studio.account import PairOut, present_pair

router = make_public_router(TOKENS, tags=["account"])


class RefreshIn(Body):
    """A refresh token; it is good for one use."""

    refresh: Text = Field(
        max_length=128, examples=["rft_Zk3p0V9mQ2xT7bLr5cWn8sYd1fHg4jKa6eUiOoPqRtE"]
    )


@router.post("/api/auth/token/refresh/", summary="Rotate the access JWT")
async def refresh(body: RefreshIn, response: Response) -> PairOut:
    return present_pair(await refresh_pair(RefreshPair(body.refresh)), response)


@router.post("/api/auth/token/revoke/", status_code=204, summary="End this sign-in")
async def logout(body: RefreshIn) -> None:
    await revoke_pair(RevokePair(body.refresh))
