"""Alembic's entry: runs the versions over the connection that `schema.migrate` hands in."""

from __future__ import annotations

from alembic import context

from schema.tables import metadata


def run() -> None:
    """Run what Alembic asked for on the connection it was given."""
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
