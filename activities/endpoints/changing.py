"""Endpoints changed: any of their fields but the secret, and whether they are sent anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from activities.audit import done_by, record_act
from activities.deliveries.parking import FreeOrdered, free_ordered
from activities.endpoints.drafts import JudgeAddress, judge_address, judged
from activities.endpoints.finding import held, must_see_all, the_endpoint, there
from activities.endpoints.secrets import custom_headers, seal_headers
from activities.endpoints.views import EndpointView, view_of
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.changes import UNSET, Unset, given, must_be_version
from activities.rules.custom_headers import kept
from activities.rules.errors import InvalidFields
from activities.rules.targets import origin_of
from schema.db import transaction
from schema.tables import EndpointRow

GIVE_AGAIN = "Give the headers again for another host, or an empty object for none."

TOLD = {"sealed_headers": "headers", "retry_delays": "retry_policy"}
"""Columns that are kept under another name than that of their field."""

RECOVERED: Mapping[str, Any] = {
    "disabled_at": None,
    "disabled_reason": None,
    "failing_since": None,
    "failures": 0,
    "open_until": None,
    "throttled_until": None,
}
"""What is known of an endpoint that begins anew: nothing."""


@dataclass(frozen=True)
class UpdateEndpoint:
    """Change what is given; with `version` only if it is still that one.

    `headers` take the place of all, where one with the redacted value keeps the value it has. A
    `status` of `active` also brings back what was disabled. What is under way is sent as the
    endpoint then is.
    """

    by: Actor
    id: UUID
    version: int | None = None
    url: str | Unset = UNSET
    events: tuple[str, ...] | Unset = UNSET
    scheme: str | Unset = UNSET
    description: str | Unset = UNSET
    status: str | Unset = UNSET
    retry_policy: str | tuple[float, ...] | Unset = UNSET
    headers: Mapping[str, str] | Unset = field(default=UNSET, repr=False)
    filter: Mapping[str, Any] | Unset | None = UNSET
    rate_per_minute: int | Unset | None = UNSET
    concurrency: int | Unset = UNSET
    ordering: str | Unset = UNSET
    payload_version: str | Unset = UNSET
    signs_ed25519: bool | Unset = UNSET


@needs("webhooks.write")
async def update_endpoint(command: UpdateEndpoint) -> EndpointView:
    """The endpoint after the change, recorded unless nothing was different.

    Raises `NotFound`, `VersionMismatch`, `InvalidFields`, `Forbidden` for an actor of one
    workspace. A new address is judged as at the start; one that is the same may be.
    """
    by, asked = command.by, given(command)
    must_see_all(by, "webhooks.write")
    columns = judged(asked)
    if isinstance(command.url, str):
        # Before the transaction: a name is looked up.
        await judge_address(JudgeAddress(command.url))
    async with transaction() as session:
        query = held(the_endpoint(by, command.id))
        row = there((await session.execute(query)).scalar_one_or_none())
        must_be_version(command.version, row.version)
        changes = {name: value for name, value in columns.items() if getattr(row, name) != value}
        changes |= _new_headers(row, asked)
        if changes:
            await _apply(by, row, changes)
            await session.flush()
        return view_of(row)


async def _apply(by: Actor, row: EndpointRow, changes: Mapping[str, Any]) -> None:
    told = sorted({TOLD.get(name, name) for name in changes})
    detail: dict[str, Any] = {"changes": told}
    if "status" in changes:
        detail["status"] = [row.status, changes["status"]]
    begins_anew = changes.get("status") == "active" or "url" in changes
    row.sqlmodel_update(
        {
            **(RECOVERED if begins_anew and _may_send(row, changes) else {}),
            **changes,
            "updated_at": outside().clock.now(),
            "version": row.version + 1,
        }
    )
    if changes.get("ordering") == "none":
        await free_ordered(FreeOrdered(row.id))
    await record_act(done_by(by, "endpoint.updated", f"endpoint {row.id}", **detail))


def _may_send(row: EndpointRow, changes: Mapping[str, Any]) -> bool:
    """Whether the endpoint is not disabled after the change: why it was then stays known."""
    status: str = changes.get("status", row.status)
    return status != "disabled"


def _new_headers(row: EndpointRow, asked: Mapping[str, Any]) -> dict[str, bytes | None]:
    """The sealed headers, if they are others than before; raises `InvalidFields`.

    Values that were given for one host are not sent to another without being given again.
    """
    before = custom_headers(row)
    moves = origin_of(asked.get("url", row.url)) != origin_of(row.url)
    if "headers" not in asked:
        if moves and before:
            raise InvalidFields({"headers": [GIVE_AGAIN]})
        return {}
    try:
        headers = kept(asked["headers"], {} if moves else before)
    except ValueError as fault:
        raise InvalidFields({"headers": [str(fault)]}) from None
    if headers == before:
        return {}
    return {"sealed_headers": seal_headers(headers, row.organization_id, row.id)}
