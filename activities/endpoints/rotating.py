"""The secret of an endpoint replaced, and both valid while its owner changes over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from activities.audit import done_by, record_act
from activities.endpoints.finding import held, must_see_all, the_endpoint, there
from activities.endpoints.secrets import fresh_secret, seal_secret
from activities.endpoints.views import EndpointView, view_of
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.changes import must_be_version
from activities.rules.errors import InvalidFields
from schema.db import transaction

USUAL_GRACE = 24 * 3600
LONGEST_GRACE = 7 * 24 * 3600
"""Seconds during which the secret before signs too."""


@dataclass(frozen=True)
class RotateEndpointSecret:
    """A new secret; for `grace_seconds` the one before signs too. One before that ends at once.

    With `version` only if the endpoint is still that one.
    """

    by: Actor
    id: UUID
    grace_seconds: int = USUAL_GRACE
    version: int | None = None


@needs("webhooks.write")
async def rotate_endpoint_secret(command: RotateEndpointSecret) -> EndpointView:
    """The endpoint with its new secret, which is shown this once.

    Raises `NotFound`, `VersionMismatch`, `InvalidFields`, `Forbidden` for an actor of one
    workspace.
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
                "previous_sealed_secret": row.sealed_secret if grace else None,
                "previous_until": now + timedelta(seconds=grace) if grace else None,
                "sealed_secret": seal_secret(secret, row.organization_id, row.id),
                "updated_at": now,
                "version": row.version + 1,
            }
        )
        await session.flush()
        target = f"endpoint {row.id}"
        await record_act(done_by(by, "endpoint.rotated", target, grace_seconds=grace))
        return view_of(row, secret)
