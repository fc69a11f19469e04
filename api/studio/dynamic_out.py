"""Dynamic codes as the studio answers them."""

from __future__ import annotations

from pydantic import BaseModel, Field

from activities.qr_codes.views import QrCodeView
from api.scalars import Moment

_A_MOMENT = "2026-05-07T18:42:30.123Z"
_A_URL = "https://example.com/welcome"


class VariantOut(BaseModel):
    """One destination of an A/B test."""

    id: str = Field(description="by which statistics know it", examples=["v1"])
    name: str = Field(description="what it is called", examples=["A"])
    destination_url: str = Field(description="where it leads", examples=[_A_URL])
    weight: int = Field(description="its share of the visitors over the sum", examples=[50])


class DynamicOut(BaseModel):
    """A dynamic code; `scan_url` is what its symbol holds."""

    short_id: str | None = Field(description="what `scan_url` ends with", examples=["menu-24"])
    scan_url: str | None = Field(
        description="the address that visitors open", examples=["https://ink.example/q/menu-24"]
    )
    destination_url: str | None = Field(
        description="where it leads; null for one that leads wherever a short link does",
        examples=[_A_URL],
    )
    name: str = Field(description="what you call it", examples=["Welcome"])
    variants: list[VariantOut] = Field(description="of an A/B test", examples=[[]])
    is_active: bool = Field(description="whether it leads anywhere", examples=[True])
    starts_at: Moment | None = Field(description="it leads nowhere before", examples=[None])
    expires_at: Moment | None = Field(description="it is over from then on", examples=[None])
    scan_limit: int | None = Field(description="scans that are let through", examples=[None])
    expired_url: str | None = Field(description="where it leads when over", examples=[None])
    has_password: bool = Field(description="whether visitors are asked for one", examples=[False])
    tags: list[str] = Field(description="its tags", examples=[["summer"]])
    scan_count: int = Field(description="how often it was scanned", examples=[0])
    created_at: Moment = Field(description="when it was made", examples=[_A_MOMENT])
    updated_at: Moment = Field(description="when it was changed last", examples=[_A_MOMENT])


def present_dynamic(code: QrCodeView) -> DynamicOut:
    """The code in this dialect's words."""
    variants = [
        VariantOut(
            id=variant["id"],
            name=variant["name"],
            destination_url=variant["destinationUrl"],
            weight=variant["weight"],
        )
        for variant in code.variants
    ]
    return DynamicOut(
        short_id=code.short_code,
        scan_url=code.short_url,
        destination_url=code.destination_url,
        name=code.name,
        variants=variants,
        is_active=code.is_active,
        starts_at=code.starts_at,
        expires_at=code.expires_at,
        scan_limit=code.scan_limit,
        expired_url=code.expired_url,
        has_password=code.has_password,
        tags=list(code.tags),
        scan_count=code.scan_count,
        created_at=code.created_at,
        updated_at=code.updated_at,
    )
