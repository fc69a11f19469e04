"""QR codes as `/api/qr` answers them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from activities.qr_codes.reading import QrCodeSummary
from activities.qr_codes.surroundings import LinkedView
from activities.qr_codes.views import QrCodeView
from activities.rules.payloads.contents import ContentType
from activities.rules.spelling import prefixed
from api.scalars import Moment, Out
from api.workspace.health_shapes import QrHealthCheckOut, State

_AN_ID = "7d0c7a441f0b4c5e9a530c5a7d1b2f10"
_A_MOMENT = "2026-05-07T18:42:30.123Z"
_A_URL = "https://example.com/welcome"


class QrLinkedOut(Out):
    """The short link that a code is tied to."""

    id: str = Field(description="its id", examples=[f"lnk_{_AN_ID}"])
    slug: str = Field(description="what its address ends with", examples=["welcome"])
    short_url: str = Field(description="its address", examples=["https://ink.example/welcome"])
    destination_url: str | None = Field(description="where it leads", examples=[_A_URL])


class QrVariantOut(Out):
    """One destination of an A/B test."""

    id: str = Field(description="by which statistics know it", examples=["v1"])
    name: str = Field(description="what it is called", examples=["A"])
    destination_url: str = Field(description="where it leads", examples=[_A_URL])
    weight: int = Field(description="its share of the visitors over the sum", examples=[50])


class QrOut(Out):
    """A QR code; `imageUrl` is relative to this API."""

    id: str = Field(description="its id", examples=[f"qr_{_AN_ID}"])
    name: str = Field(description="what you call it", examples=["Menu"])
    description: str = Field(description="a note to yourself", examples=["Bar"])
    type: ContentType = Field(description="what it holds", examples=["URL"])
    is_dynamic: bool = Field(description="whether it changes when printed", examples=[True])
    short_code: str | None = Field(
        description="what its short address ends with; null for a static code", examples=["menu-24"]
    )
    short_url: str | None = Field(
        description="the address that visitors open", examples=["https://ink.example/q/menu-24"]
    )
    payload: str = Field(
        description="the text that its symbol holds", examples=["https://ink.example/q/menu-24"]
    )
    image_url: str = Field(description="its picture", examples=[f"/api/qr/qr_{_AN_ID}/image"])
    destination_url: str | None = Field(description="where it leads", examples=[_A_URL])
    content: dict[str, Any] | None = Field(
        description="the fields of its type; null for type URL", examples=[None]
    )
    variants: list[QrVariantOut] = Field(description="of an A/B test", examples=[[]])
    style: dict[str, Any] = Field(description="how it looks", examples=[{}])
    is_active: bool = Field(description="whether it leads anywhere", examples=[True])
    starts_at: Moment | None = Field(description="it leads nowhere before", examples=[None])
    expires_at: Moment | None = Field(description="it is over from then on", examples=[None])
    scan_limit: int | None = Field(description="scans that are let through", examples=[None])
    expired_url: str | None = Field(description="where it leads when over", examples=[None])
    has_password: bool = Field(description="whether visitors are asked for one", examples=[False])
    link_id: str | None = Field(description="the link that it is tied to", examples=[None])
    link: QrLinkedOut | None = Field(
        description="that link, unless it is in the trash", examples=[None]
    )
    health_check: QrHealthCheckOut | None = Field(
        description="looks at what it leads to", examples=[None]
    )
    health: State = Field(
        description="how the worst of its destinations was, as far as they are looked at",
        examples=["unknown"],
    )
    workspace_id: str = Field(description="the workspace it is in", examples=[f"wsp_{_AN_ID}"])
    folder_id: str | None = Field(description="the folder it is in", examples=[None])
    folder_name: str | None = Field(description="what that is called", examples=[None])
    tags: list[str] = Field(description="its tags", examples=[["summer"]])
    scan_count: int = Field(description="how often it was scanned", examples=[0])
    unique_count: int = Field(
        description="by how many visitors a day, of all days together", examples=[0]
    )
    last_scanned_at: Moment | None = Field(description="the last scan", examples=[None])
    version: int = Field(description="what its ETag says, for If-Match", examples=[1])
    created_at: Moment = Field(description="when it was made", examples=[_A_MOMENT])
    updated_at: Moment = Field(description="when it was changed last", examples=[_A_MOMENT])
    archived_at: Moment | None = Field(description="when it was put aside", examples=[None])
    deleted_at: Moment | None = Field(
        description="when it was thrown away, in lists of those", examples=[None]
    )


class QrSummaryOut(Out):
    """Totals over all codes of the organization, whatever the page shows."""

    total: int = Field(description="how many there are, those put aside too", examples=[1])
    active: int = Field(description="how many of them are active", examples=[1])
    scan_count: int = Field(description="scans of them all", examples=[0])
    health_monitored: int = Field(
        description="codes whose destinations are looked at", examples=[0]
    )
    health_failing: int = Field(description="codes with a destination that fails", examples=[0])


def present_qr(code: QrCodeView) -> QrOut:
    """The code in this dialect's words."""
    spelled = prefixed("qr", code.id)
    return QrOut(
        id=spelled,
        name=code.name,
        description=code.description,
        type=code.type,
        is_dynamic=code.is_dynamic,
        short_code=code.short_code,
        short_url=code.short_url,
        payload=code.payload,
        image_url=f"/api/qr/{spelled}/image",
        destination_url=code.destination_url,
        content=None if code.type == "URL" else dict(code.content),
        variants=[QrVariantOut.model_validate(variant) for variant in code.variants],
        style=dict(code.style),
        is_active=code.is_active,
        has_password=code.has_password,
        link_id=prefixed("lnk", code.link_id) if code.link_id else None,
        link=_linked(code.link),
        health_check=(
            QrHealthCheckOut.model_validate(code.health_check) if code.health_check else None
        ),
        health=code.health,
        **_place(code),
        **_terms(code),
        scan_count=code.scan_count,
        unique_count=code.unique_count,
        last_scanned_at=code.last_scanned_at,
        version=code.version,
        created_at=code.created_at,
        updated_at=code.updated_at,
        archived_at=code.archived_at,
        deleted_at=code.deleted_at,
    )


def present_summary(summary: QrCodeSummary) -> QrSummaryOut:
    """The totals in this dialect's words."""
    return QrSummaryOut(
        total=summary.total,
        active=summary.active,
        scan_count=summary.scan_count,
        health_monitored=summary.health_monitored,
        health_failing=summary.health_failing,
    )


def _place(code: QrCodeView) -> dict[str, Any]:
    return {
        "workspace_id": prefixed("wsp", code.workspace_id),
        "folder_id": prefixed("fld", code.folder_id) if code.folder_id else None,
        "folder_name": code.folder_name,
        "tags": list(code.tags),
    }


def _terms(code: QrCodeView) -> dict[str, Any]:
    return {
        "starts_at": code.starts_at,
        "expires_at": code.expires_at,
        "scan_limit": code.scan_limit,
        "expired_url": code.expired_url,
    }


def _linked(link: LinkedView | None) -> QrLinkedOut | None:
    if link is None:
        return None
    return QrLinkedOut(
        id=prefixed("lnk", link.id),
        slug=link.slug,
        short_url=link.short_url,
        destination_url=link.destination_url,
    )
