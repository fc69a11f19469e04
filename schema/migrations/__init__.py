"""Alembic environment; `versions/` holds one file a change of the tables."""
