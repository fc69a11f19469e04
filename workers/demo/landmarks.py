"""The sixty landmarks of `workers/samples/landmarks.csv`, the demo's real input."""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

SAMPLE = Path(__file__).parents[1] / "samples" / "landmarks.csv"


@dataclass(frozen=True)
class Landmark:
    """A place people visit; `country` is an ISO 3166 code, `website` where its code leads."""

    name: str
    city: str
    country: str
    latitude: float
    longitude: float
    website: str

    @property
    def slug(self) -> str:
        """The name as a file name: `Château de Chillon` is `chateau-de-chillon`."""
        bare = unicodedata.normalize("NFKD", self.name).encode("ascii", "ignore").decode()
        return re.sub(r"[^a-z0-9]+", "-", bare.lower()).strip("-")

    @property
    def place(self) -> str:
        """City and country in one line."""
        return f"{self.city}, {self.country}"


def load_landmarks(path: Path = SAMPLE) -> list[Landmark]:
    """Every row, in the order of the file."""
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            Landmark(
                name=row["name"],
                city=row["city"],
                country=row["country"],
                latitude=float(row["latitude"]),
                longitude=float(row["longitude"]),
                website=row["website"],
            )
            for row in csv.DictReader(lines, strict=True)
        ]
