"""Folders in folders: how deep they go, how many there are, and that none is inside itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from activities.rules.errors import InvalidFields, NameTaken, NotFound

DEEPEST = 8
"""How many names the longest path of folders has."""

MOST_FOLDERS = 1000
"""How many folders a workspace has at most."""

INSIDE_ITSELF = "A folder cannot be moved into itself or into a folder below it."
TOO_DEEP = f"Folders go at most {DEEPEST} deep; choose one further up."
PUT_ASIDE = "This folder is archived; take it back first."
TOO_MANY = f"A workspace has at most {MOST_FOLDERS:,} folders; delete one first."


@dataclass(frozen=True)
class Node:
    """A folder in its tree. `name_key` is what two names of one folder have in common."""

    id: UUID
    parent_id: UUID | None
    name: str
    name_key: str
    archived_at: datetime | None = None


@dataclass(frozen=True)
class Tree:
    """All folders of one workspace, archived ones too. Those without a parent are at the top."""

    workspace_id: UUID
    nodes: Mapping[UUID, Node]

    def node(self, id: UUID) -> Node:
        """One of them. Raises `NotFound`."""
        if id not in self.nodes:
            raise NotFound("folder")
        return self.nodes[id]

    def above(self, id: UUID) -> tuple[UUID, ...]:
        """Those that the folder is in, the nearest first."""
        return tuple(self._climb(self.nodes[id].parent_id))

    def below(self, id: UUID) -> frozenset[UUID]:
        """Those that are in the folder, however deep."""
        return frozenset(other for other in self.nodes if id in self.above(other))

    def inside(self, id: UUID | None) -> tuple[Node, ...]:
        """Those right in the folder, or at the top."""
        return tuple(node for node in self.nodes.values() if node.parent_id == id)

    def must_have_room(self) -> None:
        """Raise `InvalidFields` (`workspace_id`) when no more folders fit in."""
        if len(self.nodes) >= MOST_FOLDERS:
            raise InvalidFields({"workspace_id": [TOO_MANY]})

    def must_fit(self, parent_id: UUID | None, moved: UUID | None = None) -> None:
        """Raise `InvalidFields` (`parent_id`) when a folder cannot be put there.

        `moved` is the folder with all below it, None a new one. Raises `NotFound` for a parent that
        is not in the workspace.
        """
        if parent_id is None:
            return
        parent = self.node(parent_id)
        above = (parent_id, *self.above(parent_id))
        if moved in above:
            raise InvalidFields({"parent_id": [INSIDE_ITSELF]})
        if parent.archived_at and not (moved and self.nodes[moved].archived_at):
            raise InvalidFields({"parent_id": [PUT_ASIDE]})
        if len(above) + self._height(moved) > DEEPEST:
            raise InvalidFields({"parent_id": [TOO_DEEP]})

    def must_be_free(
        self, parent_id: UUID | None, name_key: str, name: str, *but: UUID | None
    ) -> None:
        """Raise `NameTaken` when a folder there has the name, except those in `but`."""
        if any(n.name_key == name_key and n.id not in but for n in self.inside(parent_id)):
            raise NameTaken("folder", name)

    def _climb(self, start: UUID | None) -> Iterator[UUID]:
        here = start
        while here is not None:
            yield here
            here = self.nodes[here].parent_id

    def _height(self, id: UUID | None) -> int:
        """How many folders the longest path from this one downwards has."""
        if id is None:
            return 1
        own = len(self.above(id))
        return max((len(self.above(other)) - own for other in self.below(id)), default=0) + 1
