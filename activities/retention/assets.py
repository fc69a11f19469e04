"""Assets that were in the trash for so long that nobody can take them back.

What was counted of them stays in the totals of their organization, and their slugs stay theirs:
`slug_claim` is not touched, so a printed code never leads to somebody else's page.
"""

from __future__ import annotations

from collections.abc import Mapping

from activities.rules.retention import Kind

# Locked in the order of `schema.locks.ASSETS`: a link before what follows it.
_GONE = """
old AS (
  SELECT id FROM {table} WHERE deleted_at < :trashed ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
), changes AS (
  DELETE FROM destination_change USING old WHERE destination_change.asset_id = old.id
), looks AS (
  DELETE FROM link_check USING old WHERE link_check.asset_id = old.id
), health AS (
  DELETE FROM link_health USING old WHERE link_health.asset_id = old.id
), notices AS (
  DELETE FROM expiry_notice USING old WHERE expiry_notice.asset_id = old.id
), {untied} gone AS (
  DELETE FROM {table} USING old WHERE {table}.id = old.id RETURNING 1
)
"""

_UNTIED: Mapping[str, str] = {
    "link": "untied AS (UPDATE qr_code SET link_id = NULL FROM old WHERE link_id = old.id),",
    "barcode": "untied AS ("
    "UPDATE inventory_item SET barcode_id = NULL FROM old WHERE barcode_id = old.id),",
}
"""What refers to an asset and outlives it."""

_TABLES: Mapping[Kind, str] = {
    "barcodes": "barcode",
    "link_pages": "link_page",
    "links": "link",
    "qr_codes": "qr_code",
}

TRASHED: Mapping[Kind, str] = {
    kind: _GONE.format(table=table, untied=_UNTIED.get(table, ""))
    for kind, table in _TABLES.items()
}
"""A statement for each kind; `trashed` and `most` are its values."""
