"""`/api/webhooks/events`: what endpoints may hear of."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from activities.endpoints.sampling import ReadEventTypes, read_event_types
from activities.rules.samples import EventType
from api.routers import By, make_router
from api.scalars import Out
from api.workspace.auth import authenticate, documented
from api.workspace.listing import OrgId

router = make_router(authenticate, dependencies=[documented], tags=["webhooks"])


class EventTypeOut(Out):
    """A kind of event."""

    event: str = Field(description="its name", examples=["qr.created"])
    description: str = Field(description="what it tells", examples=["A QR code was made."])
    sample: dict[str, Any] = Field(
        description="an example of its payload, with what all of them have",
        examples=[{"id": "qr_00000000000040008000000000000001", "name": "Spring poster"}],
    )


class EventTypesOut(Out):
    """All kinds of events."""

    items: list[EventTypeOut] = Field(description="the catalogue, in its order")
    total: int = Field(description="how many there are", examples=[22])


@router.get("/api/webhooks/events", summary="List all events with an example of each")
async def list_all(by: By, org_id: OrgId = None) -> EventTypesOut:
    found = await read_event_types(ReadEventTypes(by))
    return EventTypesOut(items=[present_event(event) for event in found], total=len(found))


def present_event(event: EventType) -> EventTypeOut:
    """The event in this dialect's words."""
    return EventTypeOut(event=event.kind, description=event.description, sample=dict(event.sample))
