"""What assets are kept in, in one line each."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from activities.rules.actors import Actor
from activities.shelf.folder_views import FolderView
from activities.shelf.folders import CreateFolder, create_folder
from activities.shelf.tags import CreateTag, TagView, create_tag
from schema.assets import AssetRow
from schema.db import transaction
from schema.locks import ASSETS


async def a_folder(by: Actor, name: str, parent: FolderView | None = None) -> FolderView:
    return await create_folder(CreateFolder(by, name, parent_id=parent.id if parent else None))


async def a_tag(by: Actor, name: str) -> TagView:
    return await create_tag(CreateTag(by, name))


async def one_of_each(by: Actor, workspace_id: UUID, **more: Any) -> tuple[UUID, ...]:
    """An asset of every kind, straight in the tables: their ids in the order of `ASSETS`."""
    shared: dict[str, Any] = {
        "organization_id": by.organization_id,
        "workspace_id": workspace_id,
        "name": "One",
    }
    own: dict[str, dict[str, Any]] = {
        "qr_code": {},
        "link": {"slug": "one"},
        "barcode": {"symbology": "CODE128", "value": "1", "normalized_value": "1"},
        "link_page": {"slug": f"page-{uuid4().hex}"},
    }
    async with transaction() as session:
        now = (await session.execute(text("SELECT now()"))).scalar_one()
        moments: dict[str, Any] = {"created_at": now, "updated_at": now}
        rows = [
            kind(**shared, **moments, **own[str(kind.__tablename__)], **more) for kind in ASSETS
        ]
        session.add_all(rows)
        await session.flush()
        return tuple(row.id for row in rows)


async def of_each(ids: tuple[UUID, ...]) -> tuple[AssetRow, ...]:
    """What these assets are now."""
    async with transaction() as session:
        return tuple(
            [
                await session.get_one(kind, asset, populate_existing=True)
                for kind, asset in zip(ASSETS, ids, strict=False)
            ]
        )
