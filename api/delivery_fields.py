"""Deliveries of webhooks as clients read them, in every language that has them.

A language takes these fields under its own names (`Out` makes them camelCase) and spells ids its
own way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query
from pydantic import AfterValidator, BaseModel, Field, WithJsonSchema

from activities.deliveries.reading import AttemptView, DeliveryView
from activities.rules.events import CATALOGUE
from activities.rules.holds import explain
from activities.rules.outcomes import Status, StatusClass
from activities.rules.sent_headers import SEQUENCE
from activities.rules.spelling import prefixed
from api.scalars import Id, Moment, When

LARGEST_NUMBER = 2**53

_A_MOMENT = "2026-05-07T18:42:30.123Z"
_REDACTED = "signatures and the values of your own headers are left out"


class AttemptFields(BaseModel):
    """One try."""

    number: int = Field(description="which try it is, from 1", examples=[1])
    at: Moment = Field(description="when it was sent", examples=[_A_MOMENT])
    status_code: int | None = Field(
        description="of the receiver's answer; null when none came", examples=[503]
    )
    error: str | None = Field(
        description="what went wrong before or in place of an answer, such as `timeout`",
        examples=[None],
    )
    duration_ms: float = Field(description="how long it took", examples=[84.2])
    address: str | None = Field(
        description="the address of the receiver that was connected to", examples=["203.0.113.7"]
    )
    phases: dict[str, float] = Field(
        description="milliseconds of dns, connect, tls, first_byte and total, where they took "
        "place: a kept connection has the last two",
        examples=[{"dns": 2.1, "connect": 9.8, "tls": 20.4, "first_byte": 51.0, "total": 84.2}],
    )
    request_headers: dict[str, str] = Field(
        description=f"what was sent; {_REDACTED}",
        examples=[{"webhook-id": "evt_7d0c7a441f0b4c5e9a530c5a7d1b2f10"}],
    )
    response_headers: dict[str, str] = Field(
        description="what the receiver answered, at most 16 kB",
        examples=[{"content-type": "text/plain"}],
    )
    response_body: str = Field(description="its first 16 kB", examples=["busy"])
    next_at: Moment | None = Field(
        description="when the next try was then due; null when there was none", examples=[_A_MOMENT]
    )
    why: str = Field(
        description="what decided that",
        examples=["The policy waits 300 s before the next attempt."],
    )


class DeliveryFields(BaseModel):
    """One event on its way to one endpoint."""

    event: str = Field(description="the kind of the event", examples=["qr.created"])
    sequence: int | None = Field(
        description=f"its number among the messages of the endpoint, as in the header {SEQUENCE}; "
        "null for one of before there were numbers",
        examples=[42],
    )
    status: Status = Field(
        description="pending, delivered, failed or cancelled", examples=["delivered"]
    )
    reason: str | None = Field(
        description="why it waits or ended so, for machines", examples=["circuit_open"]
    )
    told: str = Field(
        description="the same for people; empty where there is nothing to tell",
        examples=["The endpoint is paused; the message goes when it is resumed."],
    )
    resends: int = Field(description="how often it was sent once more", examples=[0])
    created_at: Moment = Field(description="when it was made", examples=[_A_MOMENT])
    finished_at: Moment | None = Field(
        description="when it was over; null while it is pending", examples=[_A_MOMENT]
    )
    next_at: Moment | None = Field(
        description="when it is looked at next; null when it is over", examples=[None]
    )


class PlainEventFields(BaseModel):
    """Which event, for languages that write ids as UUIDs."""

    event_id: Id = Field(
        description="the UUID of the event", examples=["7d0c7a44-1f0b-4c5e-9a53-0c5a7d1b2f10"]
    )
    webhook_id: str = Field(
        description="the same as receivers have it, in the header webhook-id",
        examples=["evt_7d0c7a441f0b4c5e9a530c5a7d1b2f10"],
    )


class EntryFields(BaseModel):
    """A message by its number."""

    sequence: int = Field(description="its number", examples=[42])
    event: str = Field(description="the kind of the event", examples=["qr.created"])
    status: Status = Field(description="what became of it", examples=["delivered"])


class ManifestFields(BaseModel):
    """What an endpoint was to get, in the order of the numbers."""

    newest: int = Field(description="the last number that was given; 0 for none", examples=[42])
    next: int | None = Field(
        description="where to go on with `from`; null when this is all", examples=[None]
    )


def _kind(given: str) -> str:
    if given not in CATALOGUE:
        raise ValueError("Give a kind of event; /docs/events lists them.")
    return given


EventKind = Annotated[
    str, AfterValidator(_kind), WithJsonSchema({"type": "string", "enum": [*CATALOGUE]})
]
"""A kind of event by its name."""


@dataclass(frozen=True)
class DeliveryFilters:
    """What of the log is asked for, as `ListDeliveries` takes it."""

    status: Status | None
    event: str
    since: Any
    until: Any
    answered: StatusClass | None


def _filters(
    status: Annotated[Status | None, Query(description="only those that are so")] = None,
    event: Annotated[EventKind, Query(description="only of this event kind")] = "",
    since: Annotated[When | None, Query(description="made at this moment or later")] = None,
    until: Annotated[When | None, Query(description="made before this moment")] = None,
    answered: Annotated[
        StatusClass | None,
        Query(description="by the status of the last answer; `none`: there was no answer"),
    ] = None,
) -> DeliveryFilters:
    return DeliveryFilters(status, event, since, until, answered)


Filters = Annotated[DeliveryFilters, Depends(_filters)]
"""The filters of a list of deliveries."""

From = Annotated[
    int, Query(alias="from", ge=1, le=LARGEST_NUMBER, description="the first number to list")
]
To = Annotated[
    int | None,
    Query(alias="to", ge=1, le=LARGEST_NUMBER, description="the last one; the newest when absent"),
]


def plain_event_fields(event_id: UUID) -> Mapping[str, Any]:
    """The fields of a `PlainEventFields`."""
    return {"event_id": event_id, "webhook_id": prefixed("evt", event_id)}


def attempt_fields(attempt: AttemptView) -> Mapping[str, Any]:
    """The fields of a try."""
    return {
        "number": attempt.number,
        "at": attempt.at,
        "status_code": attempt.status_code,
        "error": attempt.error,
        "duration_ms": round(attempt.duration_ms, 1),
        "address": attempt.address,
        "phases": dict(attempt.phases),
        "request_headers": dict(attempt.request_headers),
        "response_headers": dict(attempt.response_headers),
        "response_body": attempt.response_body,
        "next_at": attempt.next_at,
        "why": attempt.why,
    }


def delivery_fields(delivery: DeliveryView) -> Mapping[str, Any]:
    """The fields of a delivery but its ids and tries."""
    return {
        "event": delivery.event,
        "sequence": delivery.sequence,
        "status": delivery.status,
        "reason": delivery.reason,
        "told": explain(delivery.reason),
        "resends": delivery.resend,
        "created_at": delivery.created_at,
        "finished_at": delivery.finished_at,
        "next_at": delivery.next_at,
    }
