"""`/api/org/{orgId}/alerts`: rules that look at scans, and the times that they fired."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import Path, Query, Response

from activities.alerts.changing import update_alert
from activities.alerts.creating import create_alert
from activities.alerts.ending import DeleteAlert, delete_alert
from activities.alerts.reading import (
    ListAlerts,
    ListFirings,
    ReadAlert,
    list_alerts,
    list_firings,
    read_alert,
)
from activities.alerts.views import AlertView
from api.browser import documented, read_member
from api.dialect import Text
from api.etags import Expected, set_etag
from api.routers import By, make_router
from api.workspace.alerts_shapes import (
    AlertChangesIn,
    AlertIn,
    AlertOut,
    FiringOut,
    asset_of,
    present_alert,
    present_firing,
    to_changes,
    to_create,
)
from api.workspace.listing import LONGEST_ID, WorkspaceId, path_id, to_uuid
from api.workspace.org import OrgId
from api.workspace.paging import Asked
from api.workspace.plain_pages import PlainPageOut, present_plain

router = make_router(read_member, dependencies=[documented], tags=["alerts"])

to_id = partial(path_id, "alr", "alert")

ALL = "/api/org/{orgId}/alerts"
ONE = "/api/org/{orgId}/alerts/{alertId}"

AlertId = Annotated[
    Text,
    Path(alias="alertId", max_length=LONGEST_ID, description="such as alr_ and 32 hex digits"),
]
AssetId = Annotated[
    Text | None,
    Query(
        alias="assetId",
        max_length=LONGEST_ID,
        description="only those of this code, link, barcode or page",
        json_schema_extra={"pattern": "^(qr|lnk|bc|pg)_[0-9a-f]{32}$"},
    ),
]


@router.get(ALL, summary="List the rules that look at scans, newest first")
async def list_all(
    org_id: OrgId,
    by: By,
    asked: Asked,
    asset_id: AssetId = None,
    workspace_id: WorkspaceId = None,
) -> PlainPageOut[AlertOut]:
    _, asset = asset_of(asset_id)
    home = to_uuid("workspace_id", "wsp", workspace_id)
    return present_plain(await list_alerts(ListAlerts(by, asked, asset, home)), present_alert)


@router.post(ALL, status_code=201, summary="Make a rule that looks at scans")
async def create(org_id: OrgId, body: AlertIn, by: By, response: Response) -> AlertOut:
    return answer(response, await create_alert(to_create(by, body)))


@router.get(ONE, summary="Fetch one rule")
async def fetch(org_id: OrgId, alert_id: AlertId, by: By, response: Response) -> AlertOut:
    return answer(response, await read_alert(ReadAlert(by, to_id(alert_id))))


@router.patch(ONE, summary="Change a rule; with other figures it begins anew")
async def change(
    org_id: OrgId,
    alert_id: AlertId,
    body: AlertChangesIn,
    by: By,
    expected: Expected,
    response: Response,
) -> AlertOut:
    command = to_changes(by, to_id(alert_id), body, expected)
    return answer(response, await update_alert(command))


@router.delete(ONE, status_code=204, summary="Take a rule away")
async def remove(org_id: OrgId, alert_id: AlertId, by: By, expected: Expected) -> None:
    await delete_alert(DeleteAlert(by, to_id(alert_id), version=expected))


@router.get(f"{ONE}/firings", summary="When a rule fired, newest first")
async def firings(
    org_id: OrgId, alert_id: AlertId, by: By, asked: Asked
) -> PlainPageOut[FiringOut]:
    page = await list_firings(ListFirings(by, to_id(alert_id), asked))
    return present_plain(page, present_firing)


def answer(response: Response, alert: AlertView) -> AlertOut:
    """The rule in this dialect's words, under its ETag."""
    set_etag(response, alert.version)
    return present_alert(alert)
