"""Where scans wait on this machine's disk while PostgreSQL is away: one file for each process.

A record is on the disk before its visitors are answered. Each has its length and a checksum, so
that one which was cut off by a crash, and answered nobody, is told from one that is whole. A file
is locked by the process that writes it; what a dead process left is taken over by another.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

SUFFIX = ".scans"
BROKEN = ".broken"
UNLOCKED = ".new"

_HEAD = struct.Struct(">4sIII")
_MAGIC = b"INK1"


@dataclass(frozen=True)
class Record:
    """A batch: the lines of its scans and of its events."""

    scans: bytes
    events: bytes


class SpoolFull(Exception):
    """The disk took no more; the sentence says why."""


class SpoolFile:
    """A file that somebody left, whole records in their order."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    def records(self) -> Iterator[Record]:
        """What is in it; ends before a record that is not whole."""
        with os.fdopen(os.dup(self._descriptor), "rb") as file:
            file.seek(0)
            while len(head := file.read(_HEAD.size)) == _HEAD.size:
                magic, scans, events, checksum = _HEAD.unpack(head)
                body = file.read(scans + events) if magic == _MAGIC else b""
                if len(body) < scans + events or zlib.crc32(body) != checksum:
                    return
                yield Record(body[:scans], body[scans:])

    def remove(self) -> None:
        """It is loaded."""
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)

    def put_aside(self) -> None:
        """It cannot be loaded: keep it under another name, for people to look at."""
        self._path.rename(self._path.with_suffix(BROKEN))
        os.close(self._descriptor)

    def release(self) -> None:
        """Leave it for another time."""
        os.close(self._descriptor)


class Spool:
    """The folder, and the file of this process in it. Its methods block: call them in a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path: Path | None = None
        self._descriptor = -1
        self._size = 0
        self._turn = threading.Lock()

    def append(self, record: Record) -> None:
        """Write a record and wait until the disk has it. Raises `SpoolFull`."""
        body = record.scans + record.events
        head = _HEAD.pack(_MAGIC, len(record.scans), len(record.events), zlib.crc32(body))
        with self._turn:
            try:
                if self._descriptor < 0:
                    self._begin()
                _write_whole(self._descriptor, head + body)
                os.fdatasync(self._descriptor)
            except OSError as fault:
                self._cut_back()
                raise SpoolFull(f"{self._folder}: {fault.strerror or fault}") from fault
            self._size += len(head) + len(body)

    def left(self) -> Iterator[SpoolFile]:
        """The files that nobody writes any more, oldest first; this process's own among them."""
        self._end()
        with contextlib.suppress(FileNotFoundError):
            for path in sorted(self._folder.glob(f"*{SUFFIX}"), key=_age):
                descriptor = _locked(path)
                if descriptor is not None:
                    yield SpoolFile(path, descriptor)

    def is_empty(self) -> bool:
        """Whether no file waits, also of other processes."""
        return next(self._folder.glob(f"*{SUFFIX}"), None) is None

    def close(self) -> None:
        """Leave the file to whoever comes next."""
        self._end()

    def _begin(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{os.getpid()}-{uuid4().hex}{SUFFIX}"
        made = path.with_suffix(UNLOCKED)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        descriptor = os.open(made, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Only now may others find it: what is not locked is anybody's.
            made.rename(path)
            _sync(self._folder)
        except OSError:
            os.close(descriptor)
            raise
        self._path, self._descriptor, self._size = path, descriptor, 0

    def _cut_back(self) -> None:
        """Take away what of a record was written, so that those after it can be read."""
        if self._descriptor < 0:
            return
        try:
            os.ftruncate(self._descriptor, self._size)
        except OSError:
            os.close(self._descriptor)
            self._descriptor = -1

    def _end(self) -> None:
        with self._turn:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                if self._size == 0 and self._path is not None:
                    self._path.unlink(missing_ok=True)
            self._descriptor, self._path, self._size = -1, None, 0


def _write_whole(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _locked(path: Path) -> int | None:
    """The file, locked; None when somebody else has it or took it away."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    if not path.exists():
        os.close(descriptor)
        return None
    return descriptor


def _sync(folder: Path) -> None:
    """Wait until the disk has the names in it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _age(path: Path) -> float:
    with contextlib.suppress(OSError):
        return path.stat().st_mtime
    return 0.0
