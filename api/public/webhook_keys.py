"""`/.well-known/webhook-keys.json`: the key with which anybody can check `v1a` signatures."""

from __future__ import annotations

from typing import Literal

from fastapi import Response
from pydantic import BaseModel, Field

from activities.endpoints.platform_keys import PlatformKey, read_platform_keys
from activities.rules.throttles import API
from api.routers import make_public_router

router = make_public_router(API, tags=["webhook-keys"])

PATH = "/.well-known/webhook-keys.json"


class KeyOut(BaseModel):
    """A public key, as JWKs write it (RFC 7517, RFC 8037) and as Standard Webhooks does."""

    kty: Literal["OKP"] = Field("OKP", description="the family of the key", examples=["OKP"])
    crv: Literal["Ed25519"] = Field("Ed25519", description="its curve", examples=["Ed25519"])
    alg: Literal["EdDSA"] = Field("EdDSA", description="how it signs", examples=["EdDSA"])
    use: Literal["sig"] = Field("sig", description="what it is for", examples=["sig"])
    kid: str = Field(
        description="its thumbprint (RFC 7638)",
        examples=["kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"],
    )
    x: str = Field(
        description="the 32 bytes of the key as base64url",
        examples=["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"],
    )
    whpk: str = Field(
        description="the same as Standard Webhooks' libraries take it",
        examples=["whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="],
    )


class KeysOut(BaseModel):
    """A JWK set."""

    keys: list[KeyOut] = Field(description="every key whose signatures are good")


@router.get(PATH, summary="Public keys of webhook signatures")
async def keys(response: Response) -> KeysOut:
    response.headers["Cache-Control"] = "public, max-age=3600"
    return KeysOut(keys=[present_key(key) for key in (await read_platform_keys()).keys])


def present_key(key: PlatformKey) -> KeyOut:
    """The key in words that libraries know."""
    return KeyOut(kid=key.key_id, x=key.x, whpk=key.whpk)
