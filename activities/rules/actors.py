"""Who asks."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Actor:
    """The credential behind a command: whose organization, through which door.

    `workspace_id` restricts the actor to one workspace when set. `name` is for people (a key's
    name or a person's), never a secret.
    """

    organization_id: UUID
    credential_id: UUID
    dialect: str
    name: str
    plan: str
    workspace_id: UUID | None = None
