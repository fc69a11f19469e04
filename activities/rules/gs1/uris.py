"""GS1 Digital Link URIs, taken apart: `https://example.com/01/09506000134352/10/ABC?17=261231`.

Source: GS1 Digital Link Standard, URI Syntax 1.x, 4 (grammar). Any host, any path before the key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes, urlsplit

from activities.rules.gs1.identifiers import IDENTIFIERS, KEYS
from activities.rules.gs1.values import Fault

MOST_PARAMETERS = 200

_COMPRESSED = re.compile(r"[A-Za-z0-9_-]{10,}")
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_GTINS = ("01", "02", "03")


@dataclass(frozen=True)
class Found:
    """An identifier, what follows it, and where it begins in the text."""

    name: str
    data: str
    position: int


@dataclass(frozen=True)
class Reading:
    """What was found in a text, and what is wrong with how it is put."""

    found: tuple[Found, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class Segment:
    """A part of a path, as it is spelled, and where it begins."""

    text: str
    position: int


def read_uri(uri: str) -> Reading:
    """The key, its qualifiers and the attributes, and what is wrong with how they are put."""
    if refusal := _refusal(uri):
        return Reading((), (refusal,))
    path, query = _split(uri)
    begin = _key_at(path)
    if begin is None:
        return Reading((), (_without_key(path),))
    faults: list[Fault] = []
    pairs = path[begin:]
    found = [
        _pair(pairs[at].text, pairs[at + 1].text, pairs[at].position, faults)
        for at in range(0, len(pairs), 2)
    ]
    faults += order_faults(found)
    qualifiers = {name for way in KEYS[found[0].name] for name in way}
    for position, name, value in query:
        if not name.isdecimal():
            continue
        known = IDENTIFIERS.get(name)
        if known is not None and (name in qualifiers or not known.in_query):
            told = f"({name}) cannot be in the query; it belongs to a path behind its key."
            faults.append(Fault("misplaced_ai", told, name, position))
        found.append(_pair(name, value, position, faults))
    return Reading(tuple(found), tuple(faults))


def path_pairs(path: str) -> tuple[Found, ...] | None:
    """The pairs of a path that has nothing but a key and its qualifiers; None for any other."""
    _, *segments = path.removesuffix("/").split("/")
    if len(segments) % 2 or not segments or segments[0] not in KEYS:
        return None
    faults: list[Fault] = []
    found = tuple(
        _pair(segments[at], segments[at + 1], at, faults) for at in range(0, len(segments), 2)
    )
    return None if faults else found


def order_faults(path: Sequence[Found]) -> Iterator[Fault]:
    """What is wrong with the order of a key, which comes first, and its qualifiers."""
    key, *qualifiers = path
    ways = KEYS[key.name]
    allowed = {name for way in ways for name in way}
    names = [each.name for each in qualifiers if each.name in allowed]
    for each in qualifiers:
        if each.name in IDENTIFIERS and each.name not in allowed:
            told = f"({each.name}) is no qualifier of ({key.name}); put it into the query."
            yield Fault("misplaced_ai", told, each.name, each.position)
    if not any(_is_along(names, way) for way in ways or ((),)):
        told = " or ".join(", ".join(f"({name})" for name in way) for way in ways)
        yield Fault(
            "qualifier_order",
            f"The qualifiers of ({key.name}) come in this order, each once: {told}.",
            key.name,
            key.position,
        )


def padded(name: str, data: str) -> str:
    """A GTIN of 8, 12 or 13 digits in 14, as a Digital Link may have one; else what it is."""
    is_short = name in _GTINS and re.fullmatch(r"[0-9]{8}|[0-9]{12,13}", data)
    return data.zfill(14) if is_short else data


def _is_along(names: Sequence[str], way: tuple[str, ...]) -> bool:
    """Whether the names are some of the way, in its order."""
    places = [way.index(name) if name in way else -1 for name in names]
    return -1 not in places and places == sorted(set(places))


def _refusal(uri: str) -> Fault | None:
    if not uri.isascii() or any(sign <= " " or sign == "\x7f" for sign in uri):
        return Fault("encoding", "Percent-encode what is not ASCII, and spaces as %20.")
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    if parts.scheme not in ("http", "https") or not host:
        return Fault("uri", "Give a whole address that starts with https://.", None, 0)
    return None


def _split(uri: str) -> tuple[list[Segment], list[tuple[int, str, str]]]:
    """The segments of the path, and the parameters with where they begin."""
    uri = uri.partition("#")[0]
    address, mark, query = uri.partition("?")
    place = address.index("//") + 2
    _, *segments = address[place:].split("/")
    place += len(address[place:].split("/")[0])
    path: list[Segment] = []
    for text in segments:
        path.append(Segment(text, place + 1))
        place += 1 + len(text)
    if path and not path[-1].text:
        path.pop()
    place = len(address) + len(mark)
    parameters: list[tuple[int, str, str]] = []
    for piece in re.split("[&;]", query, maxsplit=MOST_PARAMETERS) if query else ():
        name, _, value = piece.partition("=")
        parameters.append((place, name, value))
        place += len(piece) + 1
    return path, parameters


def _key_at(path: Sequence[Segment]) -> int | None:
    """Where the pairs begin: at the last segment that can be a key."""
    for at in range(len(path) - 2, -1, -2):
        if path[at].text in KEYS:
            return at
    return None


def _without_key(path: Sequence[Segment]) -> Fault:
    last = path[-1].text if path else ""
    if any(segment.text in KEYS for segment in path):
        told = "Every application identifier of the path needs a value behind it."
        return Fault("uri", told, None, path[0].position)
    if _COMPRESSED.fullmatch(last):
        told = "This may be a compressed Digital Link; those are not read here: decompress it."
        return Fault("compressed_uri", told, None, path[-1].position)
    told = "There is no key in the path, such as /01/09506000134352."
    return Fault("no_primary_key", told, None, path[0].position if path else None)


def _pair(name: str, value: str, position: int, faults: list[Fault]) -> Found:
    """The element that these spell; what cannot be decoded is a fault, and left as it is."""
    decoded = unquote_to_bytes(value)
    if _BAD_PERCENT.search(value) or not decoded.isascii():
        told = f"The value of ({name}) is not percent-encoded as GS1 signs are."
        faults.append(Fault("encoding", told, name, position))
        return Found(name, value, position)
    return Found(name, padded(name, decoded.decode("ascii")), position)
