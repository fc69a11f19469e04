"""Very many codes that end, straight in the table."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from tests.conftest import NOW


async def many_like(door: AsyncConnection | AsyncSession, code: UUID, number: int) -> None:
    """So many copies of a code, all of which end at `NOW`."""
    await door.execute(
        text(
            "INSERT INTO qr_code (id, created_at, organization_id, workspace_id, tag_ids, name, "
            "description, is_active, style, search_text, version, updated_at, variants, "
            "short_code, type, is_dynamic, content, scan_count, expires_at) "
            "SELECT gen_random_uuid(), created_at, organization_id, workspace_id, tag_ids, name, "
            "description, is_active, style, search_text, version, updated_at, variants, "
            "'m' || n, type, is_dynamic, content, 0, :now FROM qr_code, "
            "generate_series(1, :number) AS n WHERE id = :code"
        ),
        {"number": number, "code": code, "now": NOW},
    )
