"""Who asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from activities.rules.permissions import Permission, Role, must_have
from activities.rules.throttles import API, Throttle

Kind = Literal["key", "session", "jwt", "oauth"]


@dataclass(frozen=True)
class Actor:
    """The credential behind a command: whose organization, through which door, allowed what.

    `workspace_id` restricts the actor to one workspace when set. `name` is for people (a key's
    name or a person's), never a secret. `user_id` is the person, and for a key who made it;
    `role` is set for persons only. `throttle` and `daily_cap` say how often it may ask.
    """

    organization_id: UUID
    credential_id: UUID
    dialect: str
    name: str
    plan: str
    permissions: frozenset[Permission]
    kind: Kind = "key"
    workspace_id: UUID | None = None
    user_id: UUID | None = None
    role: Role | None = None
    throttle: Throttle = field(default=API)
    daily_cap: int | None = None

    def must(self, permission: Permission) -> None:
        """Raise `Forbidden` unless the actor has the permission."""
        must_have(self.permissions, permission)


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in, before an organization was chosen."""

    user_id: UUID
    session_id: UUID
    name: str
    email: str
