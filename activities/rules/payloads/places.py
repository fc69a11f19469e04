"""GEO: a place on the map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from activities.rules.payloads.fields import FieldReader, decimal, without_absent

LONGEST_LABEL = 100

FIELDS: Mapping[str, str] = {
    "latitude": "Degrees north, -90 to 90 (WGS 84). Required.",
    "longitude": "Degrees east, -180 to 180 (WGS 84). Required.",
    "altitude": "Metres above the WGS 84 ellipsoid, -12000 to 100000.",
    "label": f"What the pin on the map is called, up to {LONGEST_LABEL} characters.",
}
EXAMPLE: Mapping[str, Any] = {
    "latitude": 52.516275,
    "longitude": 13.377704,
    "label": "Brandenburger Tor",
}


def read_geo(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields in canonical form: 8 decimals, about a millimetre. Raises InvalidFields."""
    reader = FieldReader(fields, FIELDS)
    content = {
        "latitude": reader.number("latitude", -90, 90, required="Give the degrees north."),
        "longitude": reader.number("longitude", -180, 180, required="Give the degrees east."),
        "altitude": reader.number("altitude", -12_000, 100_000),
        "label": reader.text("label", LONGEST_LABEL),
    }
    reader.done()
    return without_absent(content)


def geo_payload(content: Mapping[str, Any]) -> str:
    """A `geo:` address of RFC 5870.

    A label is added as Android has it, `?q=lat,lon(label)`: a plain `?q=label` would be a search.
    """
    names = [name for name in ("latitude", "longitude", "altitude") if name in content]
    place = ",".join(decimal(content[name]) for name in names)
    if "label" not in content:
        return f"geo:{place}"
    pin = ",".join(decimal(content[name]) for name in names[:2])
    return f"geo:{place}?q={pin}({quote(content['label'], safe='')})"
