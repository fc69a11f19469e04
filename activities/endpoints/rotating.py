"""The secret of an endpoint replaced, and both valid while its owner changes over.

Each secret signs until the moment that was promised when it was replaced, whatever comes after it:
else a client that asks again for an answer it lost would end the secret that its receiver knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from activities.audit import done_by, record_act
from activities.endpoints.finding import held, must_see_all, the_endpoint, there
from activities.endpoints.secrets import (
    Earlier,
    earlier_secrets,
    fresh_secret,
    seal_secret,
    stored_earlier,
)
from activities.endpoints.views import EndpointView, view_of
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.changes import must_be_version
from activities.rules.errors import InvalidFields, NotNow
from activities.rules.spelling import stamp
from schema.db import transaction
from schema.tables import EndpointRow

USUAL_GRACE = 24 * 3600
LONGEST_GRACE = 7 * 24 * 3600
"""Seconds during which the secret before signs too."""

MOST_SECRETS = 5
"""So many sign at once, the newest counted: each has its signature in every message."""


@dataclass(frozen=True)
class RotateEndpointSecret:
    """A new secret; for `grace_seconds` the one before signs too, and those before that until the
    end they were given. Without grace all of them end at once.

    With `version` only if the endpoint is still that one.
    """

    by: Actor
    id: UUID
    grace_seconds: int = USUAL_GRACE
    version: int | None = None


@needs("webhooks.write")
async def rotate_endpoint_secret(command: RotateEndpointSecret) -> EndpointView:
    """The endpoint with its new secret, which is shown this once.

    Raises `NotFound`, `VersionMismatch`, `InvalidFields`, `NotNow` while `MOST_SECRETS` sign,
    `Forbidden` for an actor of one workspace.
    """
    by, now, grace = command.by, outside().clock.now(), command.grace_seconds
    must_see_all(by, "webhooks.write")
    if not 0 <= grace <= LONGEST_GRACE:
        raise InvalidFields({"grace_seconds": [f"Give 0 to {LONGEST_GRACE} seconds."]})
    secret = fresh_secret()
    async with transaction() as session:
        query = held(the_endpoint(by, command.id))
        row = there((await session.execute(query)).scalar_one_or_none())
        must_be_version(command.version, row.version)
        row.sqlmodel_update(
            {
                **stored_earlier(_earlier(row, now, grace)),
                "sealed_secret": seal_secret(secret, row.organization_id, row.id),
                "updated_at": now,
                "version": row.version + 1,
            }
        )
        await session.flush()
        target = f"endpoint {row.id}"
        await record_act(done_by(by, "endpoint.rotated", target, grace_seconds=grace))
        return view_of(row, secret)


def _earlier(row: EndpointRow, now: datetime, grace: int) -> list[Earlier]:
    """What signs beside the next secret, newest first; raises `NotNow` when that is too much."""
    if not grace:
        return []
    before = earlier_secrets(row, now)
    if len(before) + 2 > MOST_SECRETS:
        first = stamp(min(one.until for one in before))
        raise NotNow(
            f"{MOST_SECRETS} secrets of this endpoint sign at once already; replace it again after "
            f"{first}, or with 0 seconds of grace, which ends all of them."
        )
    return [Earlier(row.sealed_secret, now + timedelta(seconds=grace)), *before]
