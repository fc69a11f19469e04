"""`/api/inventory`: what is counted, how many are where, and every movement."""

from __future__ import annotations

from asyncio import gather
from functools import partial
from typing import Annotated

from fastapi import Path, Query, Response

from activities.inventory.items import (
    DeleteItem,
    UpdateItem,
    create_item,
    delete_item,
    update_item,
)
from activities.inventory.movements import MoveStock, move_stock
from activities.inventory.reading import (
    ListItems,
    ListMovements,
    ReadItem,
    SummarizeItems,
    list_items,
    list_movements,
    read_item,
    summarize_items,
)
from activities.inventory.views import ItemView
from activities.rules.searching import LONGEST_SEARCH
from api.dialect import Text
from api.etags import Expected, set_etag
from api.routers import By, make_router
from api.workspace.auth import authenticate, documented
from api.workspace.inventory_in import (
    ItemChangesIn,
    ItemIn,
    MovementIn,
    to_changes,
    to_create,
)
from api.workspace.inventory_out import (
    ItemOut,
    ItemSummaryOut,
    MovementOut,
    MovementPageOut,
    present_item,
    present_movement,
    present_movements,
    present_summary,
)
from api.workspace.listing import (
    LONGEST_ID,
    AskedPart,
    OrgId,
    PageOut,
    WorkspaceId,
    path_id,
    present_page,
    to_uuid,
)

ALL = "/api/inventory/items"
ONE = f"{ALL}/{{id}}"

router = make_router(authenticate, dependencies=[documented], tags=["inventory"])

to_id = partial(path_id, "inv", "item")

PathId = Annotated[Text, Path(max_length=LONGEST_ID, description="an item: inv_ and 32 hex digits")]


@router.get(ALL, summary="List items of inventory")
async def list_all(
    by: By,
    asked: AskedPart,
    search: Annotated[
        Text, Query(max_length=LONGEST_SEARCH, description="a part of its name or SKU")
    ] = "",
    workspace_id: WorkspaceId = None,
    low_only: Annotated[
        bool, Query(alias="lowOnly", description="only those at their threshold or below")
    ] = False,
    org_id: OrgId = None,
) -> PageOut[ItemOut, ItemSummaryOut]:
    workspace = to_uuid("workspace_id", "wsp", workspace_id)
    page, summary = await gather(
        list_items(ListItems(by, asked, search, workspace, low_only)),
        summarize_items(SummarizeItems(by)),
    )
    return present_page(page, present_item, present_summary(summary))


@router.post(ALL, status_code=201, summary="Create an item, with its opening stock")
async def create(body: ItemIn, by: By, response: Response, org_id: OrgId = None) -> ItemOut:
    return answer(response, await create_item(to_create(body, by)))


@router.get(ONE, summary="Fetch one item")
async def fetch(id: PathId, by: By, response: Response, org_id: OrgId = None) -> ItemOut:
    return answer(response, await read_item(ReadItem(by, to_id(id))))


@router.patch(ONE, summary="Change an item, but for its stock")
async def change(
    id: PathId,
    body: ItemChangesIn,
    by: By,
    expected: Expected,
    response: Response,
    org_id: OrgId = None,
) -> ItemOut:
    command = UpdateItem(by, to_id(id), version=expected, **to_changes(body))
    return answer(response, await update_item(command))


@router.delete(ONE, status_code=204, summary="Delete an item; its movements stay")
async def remove(id: PathId, by: By, expected: Expected, org_id: OrgId = None) -> None:
    await delete_item(DeleteItem(by, to_id(id), expected))


@router.post(f"{ONE}/movements", status_code=201, summary="Move stock of an item")
async def move(id: PathId, body: MovementIn, by: By, org_id: OrgId = None) -> MovementOut:
    movement = await move_stock(
        MoveStock(
            by=by,
            item_id=to_id(id),
            kind=body.type,
            quantity=body.quantity,
            from_location=body.from_location,
            to_location=body.to_location,
            note=body.note,
        )
    )
    return present_movement(movement)


@router.get(f"{ONE}/movements", summary="List the movements of an item")
async def list_its_movements(
    id: PathId, by: By, asked: AskedPart, org_id: OrgId = None
) -> MovementPageOut:
    return present_movements(await list_movements(ListMovements(by, asked, to_id(id))))


@router.get("/api/inventory/movements", summary="List the movements of all items")
async def list_every_movement(by: By, asked: AskedPart, org_id: OrgId = None) -> MovementPageOut:
    return present_movements(await list_movements(ListMovements(by, asked)))


def answer(response: Response, item: ItemView) -> ItemOut:
    """The item in this dialect's words, under its ETag."""
    set_etag(response, item.version)
    return present_item(item)
