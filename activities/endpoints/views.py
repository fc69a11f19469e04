"""An endpoint as its owner sees it: its secret once, and never the value of a header."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from activities.endpoints.secrets import custom_headers
from activities.rules.custom_headers import redacted
from schema.tables import EndpointRow

Status = Literal["active", "paused", "disabled"]
Ordering = Literal["none", "asset"]


@dataclass(frozen=True)
class EndpointView:
    """A receiver. `disabled` it is by what it answered, or did not; `paused` by its owner.

    `headers` are names with their values redacted. `last_sequence` is the number of its newest
    message. Until `previous_until` a secret before the newest signs too. `failures` are those in
    a row since `failing_since`. `secret` is set only in the answers that make one.
    """

    id: UUID
    url: str
    events: tuple[str, ...]
    scheme: str
    description: str
    status: Status
    retry_policy: str | tuple[float, ...]
    headers: Mapping[str, str]
    filter: Mapping[str, Any] | None
    rate_per_minute: int | None
    concurrency: int
    ordering: Ordering
    payload_version: str
    signs_ed25519: bool
    last_sequence: int
    previous_until: datetime | None
    disabled_at: datetime | None
    disabled_reason: str | None
    failing_since: datetime | None
    failures: int
    version: int
    created_at: datetime
    updated_at: datetime
    secret: str | None = field(default=None, repr=False)


def view_of(row: EndpointRow, secret: str | None = None) -> EndpointView:
    """The row in the words of the domain."""
    policy = row.retry_policy
    return EndpointView(
        id=row.id,
        url=row.url,
        events=tuple(row.events),
        scheme=row.scheme,
        description=row.description,
        status=row.status,  # type: ignore[arg-type]
        retry_policy=policy["preset"] if "preset" in policy else tuple(policy["delays"]),
        headers=redacted(custom_headers(row)),
        filter=row.filter,
        rate_per_minute=row.rate_per_minute,
        concurrency=row.concurrency,
        ordering=row.ordering,  # type: ignore[arg-type]
        payload_version=row.payload_version,
        signs_ed25519=row.signs_ed25519,
        last_sequence=row.last_sequence,
        previous_until=row.previous_until,
        disabled_at=row.disabled_at,
        disabled_reason=row.disabled_reason,
        failing_since=row.failing_since,
        failures=row.failures,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        secret=secret,
    )
