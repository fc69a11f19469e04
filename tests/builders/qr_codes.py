"""QR codes of every kind, and what was said about them, in one line each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import col, select

from activities.qr_codes.changing import UpdateQrCode, update_qr_code
from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.qr_codes.views import QrCodeView
from activities.rules.actors import Actor
from activities.rules.payloads.contents import EXAMPLES, ContentType
from schema.db import transaction
from schema.tables import DomainRow, EventRow, LinkRow, SlugClaimRow

HOME = "https://example.com/a"
A = {"destinationUrl": "https://a.example", "weight": 1}
B = {"destinationUrl": "https://b.example", "weight": 3}
C = {"destinationUrl": "https://c.example", "weight": 5}


async def a_dynamic(by: Actor, **more: Any) -> QrCodeView:
    return await create_qr_code(CreateQrCode(by, **{"destination_url": HOME, **more}))


async def a_static(
    by: Actor, type: ContentType, content: Mapping[str, Any] | None = None, **more: Any
) -> QrCodeView:
    content = EXAMPLES[type] if content is None else content
    return await create_qr_code(CreateQrCode(by, type=type, content=content, **more))


async def changed(by: Actor, code: QrCodeView, **more: Any) -> QrCodeView:
    return await update_qr_code(UpdateQrCode(by, code.id, **more))


async def events() -> list[tuple[str, Any]]:
    """The facts in the order of writing: kind and payload."""
    query = select(EventRow.kind, EventRow.payload).order_by(col(EventRow.sequence))
    async with transaction() as session:
        return [(kind, payload) for kind, payload in await session.execute(query)]


async def claims() -> dict[str, UUID]:
    """The codes that were ever given away, and what each leads to."""
    query = select(SlugClaimRow.slug, SlugClaimRow.asset_id).where(SlugClaimRow.space == "q")
    async with transaction() as session:
        return {row.slug: row.asset_id for row in await session.execute(query)}


async def a_link_row(
    by: Actor, workspace_id: UUID, slug: str = "linked", hostname: str | None = None
) -> UUID:
    """A link, straight in the table."""
    now = datetime(2026, 11, 21, tzinfo=UTC)
    async with transaction() as session:
        domain_id = None
        if hostname:
            domain = DomainRow(
                created_at=now,
                organization_id=by.organization_id,
                hostname=hostname,
                status="active",
                challenge="x",
            )
            session.add(domain)
            await session.flush()
            domain_id = domain.id
        row = LinkRow(
            id=uuid4(),
            created_at=now,
            updated_at=now,
            organization_id=by.organization_id,
            workspace_id=workspace_id,
            name="Linked",
            slug=slug,
            domain_id=domain_id,
            destination_url="https://example.com/linked",
        )
        session.add(row)
        await session.flush()
        return row.id
