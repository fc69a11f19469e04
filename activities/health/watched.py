"""What links and codes lead to, in SQL: every address that visitors are led to, each once.

The destination counts where there are no variants, a variant where it has a weight, and each rule.
A code that is tied to an active link leads wherever that does. What it is when it is over, what
products offer besides, and apps are not looked at. Statements are made of constants only.
"""

from __future__ import annotations

from schema.assets import monitored


def is_watched(asset: str) -> str:
    """Whether the destinations of a row under this alias are to be looked at after `:now`."""
    return (
        f"{monitored(asset)} AND {asset}.is_active "
        f"AND ({asset}.expires_at IS NULL OR {asset}.expires_at > :now)"
    )


def _variants(asset: str) -> str:
    return (
        f"SELECT {asset}.destination_url AS url "  # noqa: S608
        f"WHERE {asset}.destination_url IS NOT NULL AND {asset}.variants = '[]'::jsonb "
        "UNION SELECT v ->> 'destinationUrl' "
        f"FROM jsonb_array_elements({asset}.variants) AS v WHERE (v ->> 'weight')::int > 0"
    )


def _rules(asset: str) -> str:
    return (
        "SELECT r ->> 'destinationUrl' "  # noqa: S608
        f"FROM jsonb_array_elements({asset}.rules) AS r"
    )


LINKS = f"""
SELECT 'link' AS kind, a.id, a.organization_id, a.health_check, u.url
FROM link AS a CROSS JOIN LATERAL ({_variants("a")} UNION {_rules("a")}) AS u
"""  # noqa: S608
"""The addresses of links `a`; a condition may follow."""

CODES = f"""
SELECT 'qr' AS kind, a.id, a.organization_id, a.health_check, u.url
FROM qr_code AS a
LEFT JOIN link AS l ON l.id = a.link_id AND l.is_active AND l.deleted_at IS NULL
CROSS JOIN LATERAL (
  SELECT own.url FROM ({_variants("a")}) AS own WHERE l.id IS NULL
  UNION SELECT tied.url FROM ({_variants("l")} UNION {_rules("l")}) AS tied
) AS u
"""  # noqa: S608
"""The addresses of codes `a`, none of static ones; a condition may follow."""

WATCHED = f"({LINKS} WHERE {is_watched('a')} UNION ALL {CODES} WHERE {is_watched('a')})"
"""The addresses that are to be looked at again and again, as of `:now`."""

OF_ASSETS = f"({LINKS} WHERE a.id = ANY (:assets) UNION ALL {CODES} WHERE a.id = ANY (:assets))"
"""The addresses of some links and codes, watched or not."""
