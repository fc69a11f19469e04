"""GS1: a product, as a GS1 Digital Link URI that tills and phones both read.

Source: GS1 Digital Link Standard, URI Syntax 1.x.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from activities.rules import destinations
from activities.rules.payloads.fields import FieldReader, without_absent
from activities.rules.payloads.gs1_data import ATTRIBUTES, LONGEST_VALUE, day, gtin, signs

DEFAULT_DOMAIN = "https://id.gs1.org"
MOST_ATTRIBUTES = 10
MOST_LINKS = 20

FIELDS: Mapping[str, str] = {
    "gtin": "The GTIN of the product: 8, 12, 13 or 14 digits with its check digit. Required.",
    "variant": "The consumer product variant (AI 22), up to 20 signs of the GS1 set.",
    "lot": "The batch or lot (AI 10), up to 20 signs of the GS1 set.",
    "serial": "The serial number (AI 21), up to 20 signs of the GS1 set.",
    "expiry": "The day of expiry (AI 17): 2026-12-31 or 261231; 261200 when only the month counts.",
    "domain": (
        f"The https address of the resolver, without path. Default {DEFAULT_DOMAIN}; a dynamic "
        "code is resolved here: at our own address, which is its default, or at a domain of yours."
    ),
    "linkType": "What the resolver is asked for, such as gs1:pip; linkset for all there is.",
    "links": (
        "Of a dynamic code: where it leads who asks for a link type, an object of link type and "
        f"address, such as gs1:recallStatus; up to {MOST_LINKS}. Others get the destination."
    ),
    "attributes": (
        "Further data: an object of application identifier and value, such as 3103 for the net "
        f"weight in grams; up to {MOST_ATTRIBUTES}."
    ),
}
EXAMPLE: Mapping[str, Any] = {
    "gtin": "09506000134352",
    "lot": "ABC/123",
    "serial": "4711",
    "expiry": "261231",
    "domain": DEFAULT_DOMAIN,
    "attributes": {"3103": "000750"},
}

PATH = (("variant", "22"), ("lot", "10"), ("serial", "21"))
"""The qualifiers of a GTIN in the order of the standard."""

_LINK_TYPE = re.compile(r"gs1:[A-Za-z]{1,40}|linkset|all")
_NAMED_LINK = re.compile(r"gs1:(?!defaultLink)[A-Za-z]{1,40}")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")


def read_gs1(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields in canonical form: GTIN of 14 digits, expiry YYMMDD. Raises InvalidFields."""
    reader = FieldReader(fields, FIELDS)
    content = {
        "gtin": reader.read("gtin", 20, gtin, required="Give the GTIN of the product."),
        **{name: reader.read(name, 60, _qualifier) for name, _ in PATH},
        "expiry": reader.read("expiry", 20, day),
        "domain": reader.read("domain", 280, _domain) or DEFAULT_DOMAIN,
        "linkType": reader.read("linkType", 60, _link_type),
        "attributes": _attributes(reader),
        "links": _links(reader, fields.get("links") if isinstance(fields, Mapping) else None),
    }
    reader.done()
    return without_absent(content)


def gs1_payload(content: Mapping[str, Any]) -> str:
    """The URI: keys in the path, data in the query sorted by identifier, the link type last.

    All signs of values but letters, digits and `-._` are percent-encoded.
    """
    data = dict(content.get("attributes", {}))
    if "expiry" in content:
        data["17"] = content["expiry"]
    query = [f"{identifier}={quote(data[identifier], safe='')}" for identifier in sorted(data)]
    if "linkType" in content:
        query.append(f"linkType={content['linkType']}")
    path = product_key(content)
    return f"{content['domain']}/{path}{'?' if query else ''}{'&'.join(query)}"


def product_key(content: Mapping[str, Any]) -> str:
    """What the URI is about: the path of it, without the first slash."""
    path = f"01/{content['gtin']}"
    for name, identifier in PATH:
        if name in content:
            path += f"/{identifier}/{quote(content[name], safe='')}"
    return path


def _attributes(reader: FieldReader) -> dict[str, Any]:
    inner = reader.inside("attributes", tuple(ATTRIBUTES))
    if inner is None:
        return {}
    names = inner.names()
    if len(names) > MOST_ATTRIBUTES:
        reader.refuse("attributes", f"Give no more than {MOST_ATTRIBUTES}.")
    return without_absent(
        {
            name: inner.read(name, LONGEST_VALUE, ATTRIBUTES[name])
            for name in sorted(names)
            if name in ATTRIBUTES
        }
    )


def _links(reader: FieldReader, given: object) -> dict[str, Any]:
    names = sorted(map(str, given)) if isinstance(given, Mapping) else []
    inner = reader.inside("links", names)
    if inner is None:
        return {}
    if len(names) > MOST_LINKS:
        reader.refuse("links", f"Give no more than {MOST_LINKS}.")
        return {}
    for name in names:
        if not _NAMED_LINK.fullmatch(name):
            reader.refuse("links", "Name each by a link type of GS1, such as gs1:recallStatus.")
    return without_absent({name: inner.url(name) for name in names})


def _qualifier(text: str) -> str:
    value = signs(20)(text)
    if value in (".", ".."):
        raise ValueError("Choose another value; dots alone are lost in an address.")
    return value


def _domain(text: str) -> str:
    try:
        parts = urlsplit(destinations.location(text))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    rest = (parts.path.rstrip("/"), parts.query, parts.fragment, parts.username, parts.password)
    if parts.scheme != "https" or not _HOST.fullmatch(host) or any(rest):
        raise ValueError(f"Give an https address without path, for example {DEFAULT_DOMAIN}.")
    return f"https://{host}" + (f":{port}" if port and port != 443 else "")


def _link_type(text: str) -> str:
    if not _LINK_TYPE.fullmatch(text):
        raise ValueError("Give a link type of GS1, such as gs1:pip, or linkset.")
    return text
