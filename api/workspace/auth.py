"""Where the workspace dialect carries its credential: as every dialect that browsers speak."""

from __future__ import annotations

from api.browser import documented, read_member

__all__ = ["VARY", "authenticate", "documented"]

VARY = "Cookie"
"""The header that carries it."""

authenticate = read_member
