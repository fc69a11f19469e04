"""Files that pages load, read once: scripts and style, served from our own host."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

FOLDER = "/static/"

TYPES = {
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "js": "text/javascript; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True)
class Asset:
    """A file: its bytes, its media type, and the version that its content gives it."""

    name: str
    content: bytes
    media_type: str
    version: str

    @property
    def address(self) -> str:
        """Where a page loads it; the address changes with the content, so it may be kept."""
        return f"{FOLDER}{self.name}?v={self.version}"

    @property
    def etag(self) -> str:
        """A strong entity tag (RFC 9110 8.8.3)."""
        return f'"{self.version}"'


@cache
def every_asset() -> dict[str, Asset]:
    """All files of the folder by name; nothing outside it has a name."""
    assets = {}
    for entry in (files("api.pages") / "static").iterdir():
        media_type = TYPES.get(entry.name.rpartition(".")[2])
        if media_type and entry.is_file():
            content = entry.read_bytes()
            version = hashlib.sha256(content).hexdigest()[:16]
            assets[entry.name] = Asset(entry.name, content, media_type, version)
    return assets


def address_of(name: str) -> str:
    """The address of a file that is there; `KeyError` otherwise."""
    return every_asset()[name].address
