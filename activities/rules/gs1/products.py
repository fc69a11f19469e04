"""Products as visitors ask for them: `/01/{gtin}/22/{variant}/10/{lot}/21/{serial}`.

Source: GS1-Conformant Resolver Standard 1.x; GS1 Digital Link Standard, URI Syntax 1.x.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product as combinations
from typing import Any
from urllib.parse import parse_qsl, quote

from activities.rules.check_digits import has_check_digit
from activities.rules.gs1.uris import Found, order_faults, padded, path_pairs
from activities.rules.gs1.values import faults_of
from activities.rules.payloads.gs1_links import PATH

VOCABULARY = "https://ref.gs1.org/voc/"
"""Where link types such as gs1:pip are defined: `gs1:` stands for it."""

DEFAULT_LINK = "gs1:defaultLink"
LINKSET = "linkset"

_OLDER_VOCABULARIES = ("https://gs1.org/voc/", "http://gs1.org/voc/", "https://www.gs1.org/voc/")
_ASKS = "linkType"
_EVERYTHING = (LINKSET, "all")


@dataclass(frozen=True)
class Product:
    """What is asked for: `keys` are all that could answer, as the path spells them.

    The whole of it comes first, then what knows less: a serial number counts more than a lot, and
    that more than a variant; the GTIN alone comes last.
    """

    keys: tuple[str, ...]


def read_product(path: str) -> Product | None:
    """The product of a path as it was sent, percent-encoded; None for one that cannot be.

    The GTIN has 8, 12, 13 or 14 digits with its check digit, the qualifiers come in their order.
    """
    found = path_pairs(path)
    if not found or found[0].name != "01":
        return None
    found = (Found("01", padded("01", found[0].data), 0), *found[1:])
    names = [each.name for each in found]
    known = {identifier for _, identifier in PATH}
    is_sound = (
        known.issuperset(names[1:])
        and not any(True for each in found for _ in faults_of(each.name, each.data))
        and not any(True for _ in order_faults(found))
        and has_check_digit(found[0].data)
    )
    return Product(_keys(found[0].data, found[1:])) if is_sound else None


def asked_link(query: str) -> str | None:
    """The link type that a raw query asks for: `linkset` for all; None for the default link."""
    given = [value for name, value in parse_qsl(query, max_num_fields=None) if name == _ASKS]
    if not given:
        return None
    wanted = given[0]
    if wanted in _EVERYTHING:
        return LINKSET
    for vocabulary in (VOCABULARY, *_OLDER_VOCABULARIES):
        if wanted.startswith(vocabulary):
            return f"gs1:{wanted.removeprefix(vocabulary)}"
    return wanted


def passed_on(query: str) -> str:
    """The raw query without what was asked of the resolver."""
    pieces = query.split("&") if query else []
    return "&".join(piece for piece in pieces if piece.partition("=")[0] != _ASKS)


def linkset(anchor: str, default_url: str, links: Mapping[str, str]) -> dict[str, Any]:
    """The document of RFC 9264 4.2 with the links of a product by their full types."""
    told = {DEFAULT_LINK: default_url, **links}
    context: dict[str, Any] = {"anchor": anchor}
    for name, url in told.items():
        context[VOCABULARY + name.removeprefix("gs1:")] = [{"href": url, "title": _title(name)}]
    return {"linkset": [context]}


def _title(name: str) -> str:
    """A link type in words: gs1:recallStatus is `Recall status`."""
    words = re.sub("([a-z])([A-Z])", r"\1 \2", name.removeprefix("gs1:"))
    return words[:1].upper() + words[1:].lower()


def _keys(gtin: str, qualifiers: tuple[Found, ...]) -> tuple[str, ...]:
    """With and without each qualifier; what comes last in the path counts most."""
    backwards = qualifiers[::-1]
    keys: list[str] = []
    for kept in combinations((True, False), repeat=len(backwards)):
        chosen = [each for each, is_kept in zip(backwards, kept, strict=True) if is_kept]
        spelled = (f"/{each.name}/{quote(each.data, safe='')}" for each in reversed(chosen))
        keys.append(f"01/{gtin}{''.join(spelled)}")
    return tuple(keys)
