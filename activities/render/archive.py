"""A ZIP archive in pieces, each ready to be sent when it is made; only its table is kept in mind.

Source: PKWARE APPNOTE 6.3.10. Names are UTF-8, every time is the first of 1980, so that equal files
give equal archives.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

try:
    from isal.isal_zlib import compressobj
except ImportError:  # no wheel of isal for this machine
    from zlib import compressobj  # type: ignore[assignment]

_STORED, _DEFLATED = 0, 8
_UTF8 = 0x0800
_TIME, _DAY = 0, 0x21
_PLAIN, _ZIP64 = 20, 45
_MADE_ON_UNIX = 3 << 8
_READABLE_FILE = 0o100644 << 16
_FULL = 0xFFFFFFFF
_RAW = -15


@dataclass(frozen=True)
class Member:
    """A file of an archive: its check sum, its octets, how many of them are stored, and where."""

    name: str
    crc: int
    size: int
    packed: int
    at: int

    @property
    def method(self) -> int:
        """How it is stored: what does not become smaller stays as it is."""
        return _STORED if self.packed == self.size else _DEFLATED


@dataclass(frozen=True)
class Piece:
    """Files one after the other, and a member for each, its place counted from their start."""

    content: bytes
    members: tuple[Member, ...]


def pack(files: Iterable[tuple[str, bytes]], *, deflated: bool = False) -> Piece:
    """The files as a piece of an archive."""
    parts: list[bytes] = []
    members: list[Member] = []
    at = 0
    for name, content in files:
        stored = _deflate(content) if deflated else content
        if len(stored) >= len(content):
            stored = content
        member = Member(name, crc32(content), len(content), len(stored), at)
        head = _local(member)
        parts += (head, stored)
        members.append(member)
        at += len(head) + len(stored)
    return Piece(b"".join(parts), tuple(members))


def moved(members: Sequence[Member], by: int) -> list[Member]:
    """The same members, `by` octets further on."""
    return [replace(member, at=member.at + by) for member in members]


def closing(members: Sequence[Member], at: int) -> bytes:
    """What ends an archive whose files take `at` octets: its table and where that is."""
    table = b"".join(map(_central, members))
    parts = [table]
    if at + len(table) >= _FULL:
        record = struct.pack(
            *("<IQHHIIQQQQ", 0x06064B50, 44, _ZIP64 | _MADE_ON_UNIX, _ZIP64, 0, 0),
            *(len(members), len(members), len(table), at),
        )
        parts += (record, struct.pack("<IIQI", 0x07064B50, 0, at + len(table), 1))
    count = len(members)
    end = ("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(table), min(at, _FULL), 0)
    return b"".join((*parts, struct.pack(*end)))


def _local(member: Member) -> bytes:
    name = member.name.encode()
    sizes = (member.crc, member.packed, member.size)
    head = struct.pack(
        *("<IHHHHHIIIHH", 0x04034B50, _PLAIN, _UTF8, member.method, _TIME, _DAY),
        *(*sizes, len(name), 0),
    )
    return head + name


def _central(member: Member) -> bytes:
    name, far = member.name.encode(), member.at >= _FULL
    extra = struct.pack("<HHQ", 1, 8, member.at) if far else b""
    needed = _ZIP64 if far else _PLAIN
    head = struct.pack(
        *("<IHHHHHHIIIHHHHHII", 0x02014B50, needed | _MADE_ON_UNIX, needed, _UTF8, member.method),
        *(_TIME, _DAY, member.crc, member.packed, member.size, len(name), len(extra)),
        *(0, 0, 0, _READABLE_FILE, _FULL if far else member.at),
    )
    return head + name + extra


def _deflate(content: bytes) -> bytes:
    packer = compressobj(1, _DEFLATED, _RAW)
    return bytes(packer.compress(content) + packer.flush())
