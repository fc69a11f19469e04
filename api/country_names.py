"""What countries are called in English (Unicode CLDR)."""

from __future__ import annotations

from collections.abc import Mapping

from babel import Locale

from activities.rules.countries import COUNTRIES

UNKNOWN = "Unknown"

_TERRITORIES = Locale("en").territories
_NAMES: Mapping[str, str] = {code: _TERRITORIES[code] for code in COUNTRIES}
"""Made when the process starts: reading them takes longer than a visit may wait."""


def country_name(code: str | None) -> str:
    """The name of a country of ISO 3166-1; a code without one stands for itself."""
    return UNKNOWN if code is None else _NAMES.get(code, code)
