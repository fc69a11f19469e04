"""Alembic's entry: runs the versions over the connection that `schema.migrate` hands in."""

from __future__ import annotations

from typing import Any

from alembic import context

from schema.tables import metadata

PARTS = ("scan_2", "scan_others")
"""How partitions of a table are called."""


def is_ours(thing: Any, name: str | None, kind: str, reflected: bool, compared: Any) -> bool:
    """Whether the models speak of it: the months of a table are made as time goes."""
    table = name if kind == "table" else getattr(getattr(thing, "table", None), "name", "")
    return not (reflected and compared is None and (table or "").startswith(PARTS))


def run() -> None:
    """Run what Alembic asked for on the connection it was given."""
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        compare_server_default=True,
        include_object=is_ours,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
