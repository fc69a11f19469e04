"""Databases of network addresses, small ones, in the layouts that operators have."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter
from netaddr import IPSet

CITY: Mapping[str, Any] = {
    "country": {"iso_code": "US", "names": {"en": "United States"}},
    "subdivisions": [{"iso_code": "CA", "names": {"en": "California"}}],
    "city": {"names": {"de": "Kalifornische Stadt", "en": "Mountain View"}},
    "location": {"time_zone": "America/Los_Angeles", "latitude": 37.4, "longitude": -122.1},
}
"""A row of GeoLite2 City."""

COUNTRY: Mapping[str, Any] = {"country": {"iso_code": "DE", "names": {"en": "Germany"}}}
"""A row of GeoLite2 Country."""


def a_geo_file(
    path: Path, rows: Mapping[str, Mapping[str, Any]], kind: str = "GeoLite2-City"
) -> Path:
    """Write rows by network and rename the file to `path`, as whoever updates one does."""
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type=kind)
    for network, row in rows.items():
        writer.insert_network(IPSet([network]), dict(row))
    fresh = path.with_suffix(".fresh")
    writer.to_db_file(str(fresh))
    os.replace(fresh, path)
    return path
