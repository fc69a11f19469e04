"""What pictures of this dialect have in common: their sizes, and whose a copy is."""

from __future__ import annotations

from fastapi import Query

from api.pictures import documented_pictures

SMALLEST, LARGEST = 256, 2048
SIZE = Query(description=f"pixels across; clamped between {SMALLEST} and {LARGEST}")

VARY = "Authorization, X-API-Key"

DOCUMENTED = documented_pictures("image/png")
"""What a route of pictures answers."""
