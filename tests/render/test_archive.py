"""Archives in pieces are archives to everybody who reads ZIP."""

from __future__ import annotations

import io
import struct
import zipfile

from activities.render.archive import Member, closing, moved, pack

FILES = [("a.txt", b"a" * 1000), ("ü/b.bin", bytes(range(256))), ("empty", b"")]


def whole(*pieces: tuple[list[tuple[str, bytes]], bool]) -> bytes:
    content, members = b"", []
    for files, deflated in pieces:
        piece = pack(files, deflated=deflated)
        members += moved(piece.members, len(content))
        content += piece.content
    return content + closing(members, len(content))


def test_pieces_put_together_are_read_by_another_reader() -> None:
    archive = zipfile.ZipFile(io.BytesIO(whole((FILES[:2], True), (FILES[2:], False))))
    assert archive.testzip() is None
    assert [(name, archive.read(name)) for name in archive.namelist()] == FILES
    first, second, _ = archive.infolist()
    assert (first.compress_type, second.compress_type) == (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED)
    assert first.compress_size < 50
    assert first.date_time == (1980, 1, 1, 0, 0, 0)
    assert first.external_attr >> 16 == 0o100644


def test_the_same_files_give_the_same_octets() -> None:
    assert whole((FILES, True)) == whole((FILES, True))


def test_an_archive_without_files_is_one() -> None:
    assert zipfile.ZipFile(io.BytesIO(closing((), 0))).namelist() == []


def test_beyond_four_gigabytes_places_are_told_in_64_bits() -> None:
    far = 5 * 2**32
    table = closing((Member("near", 1, 2, 2, 0), Member("far", 1, 2, 2, far)), far + 35)
    end = table.index(b"PK\x06\x06")
    count, size, at = struct.unpack("<QQQ", table[end + 32 : end + 56])
    assert (count, size, at) == (2, end, far + 35)
    assert struct.unpack("<Q", table[end - 8 : end])[0] == far
    assert struct.unpack("<Q", table[end + 56 + 8 : end + 56 + 16])[0] == far + 35 + end
    assert table[-22:][:4] == b"PK\x05\x06"
    assert table[-6:-2] == b"\xff\xff\xff\xff"
