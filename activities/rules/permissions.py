"""What a credential may do: permissions, the roles that hold them, the scopes that keys may have.

A person has the permissions of the role; a key those of its scopes. Which operation needs which is
said at the operation (`activities/permits.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

from activities.rules.errors import Forbidden

Permission = Literal[
    "organization.read",
    "organization.write",
    "organizations.create",
    "members.read",
    "members.write",
    "workspaces.write",
    "assets.read",
    "assets.write",
    "webhooks.read",
    "webhooks.write",
    "usage.read",
    "keys.read",
    "keys.write",
    "clients.read",
    "clients.write",
    "audit.read",
    "billing.write",
]
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)

Role = Literal["owner", "admin", "editor", "viewer"]
ROLES: tuple[Role, ...] = get_args(Role)
"""From the one who may everything down."""

_VIEWER: frozenset[Permission] = frozenset(
    ("organization.read", "members.read", "assets.read", "webhooks.read", "usage.read")
)
_EDITOR: frozenset[Permission] = _VIEWER | {"assets.write"}
_ADMIN: frozenset[Permission] = frozenset(PERMISSIONS) - {"organization.write", "billing.write"}

OF_ROLE: Mapping[Role, frozenset[Permission]] = {
    "owner": frozenset(PERMISSIONS),
    "admin": _ADMIN,
    "editor": _EDITOR,
    "viewer": _VIEWER,
}

_READS: tuple[Permission, ...] = ("organization.read", "assets.read", "usage.read")
_WRITES: tuple[Permission, ...] = ("assets.write", "webhooks.read", "webhooks.write")

SCOPES: Mapping[str, tuple[Permission, ...]] = {
    "studio": (*_READS, *_WRITES),
    "tracking": (*_READS, "assets.write"),
    "links": (*_READS, *_WRITES, "organizations.create"),
    "business": (*_READS, *_WRITES, "members.read"),
    "canva": ("organization.read", "assets.read"),
}
"""What a key of each dialect may be allowed at most; a key without scopes of its own has all."""


def role_named(name: str) -> Role:
    """The role of this name; `ValueError` for any other."""
    for role in ROLES:
        if role == name:
            return role
    raise ValueError(f"'{name}' is no role")


def granted(dialect: str, scopes: Iterable[str]) -> frozenset[Permission]:
    """What a key of the dialect with these scopes may do; no scopes stand for all of them."""
    wanted = set(scopes)
    return frozenset(scope for scope in SCOPES[dialect] if not wanted or scope in wanted)


def outranks(mine: Role, theirs: Role) -> bool:
    """Whether a member of role `mine` may give, change or take the role `theirs`.

    Owners handle everyone; admins everyone but owners.
    """
    if mine == "owner":
        return True
    return mine == "admin" and theirs != "owner"


def must_have(held: frozenset[Permission], permission: Permission) -> None:
    """Raise `Forbidden` unless it is held."""
    if permission not in held:
        raise Forbidden(permission)
