"""Whose export a file is, told by its headers, and which column holds what.

A vendor renames its columns now and then, so each has several generations. Headers are compared by
`folded`: case, spaces and punctuation do not count.

"Archived" is left alone everywhere: with Bitly, Dub and Short.io an archived link is hidden in the
list and still redirects, and a printed code must not die by being moved here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from activities.rules.errors import InvalidFields
from activities.rules.findings import echo
from activities.rules.imports.tables import folded

FIELDS = (
    *("destination", "slug", "short_url", "domain", "name", "tags", "created_at", "clicks"),
    *("is_active", "is_banned", "expires_at", "password", "has_password"),
)
"""What a row may tell. `short_url` is a whole address that ends with the slug; `is_banned` and
`has_password` are yes or no."""

OWN_COLUMNS = (
    *("slug", "short_url", "destination", "name", "tags", "is_active"),
    *("created_at", "expires_at", "clicks", "has_password"),
)
"""The headers of Inkloom's own export; every one is a field."""


@dataclass(frozen=True)
class Vendor:
    """How the exports of one platform look.

    It is recognised when all headers of one of `marks` are there. `words` are the headers of each
    field, the best first; all are folded.
    """

    name: str
    title: str
    marks: tuple[frozenset[str], ...]
    words: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Format:
    """How one file is read: for each field the headers it may be in, as the file spells them.

    In a row the first of them that is not empty counts.
    """

    name: str
    title: str
    columns: Mapping[str, tuple[str, ...]]


def _marks(*generations: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(generation.split()) for generation in generations)


def _words(*fields: str) -> dict[str, tuple[str, ...]]:
    pairs = (field.partition("=") for field in fields)
    return {field: tuple(headers.split()) for field, _, headers in pairs}


INKLOOM = Vendor(
    "inkloom",
    "Inkloom",
    _marks("slug shorturl destination isactive", "shortcode shorturl destination isactive"),
    _words(
        "destination=destination",
        "slug=slug shortcode",
        "short_url=shorturl",
        "name=name",
        "tags=tags",
        "created_at=createdat",
        "clicks=clicks scans",
        "is_active=isactive",
        "expires_at=expiresat",
        "password=password",
        "has_password=haspassword",
    ),
)

REBRANDLY = Vendor(
    "rebrandly",
    "Rebrandly",
    _marks("slashtag destination", "slashtag destinationurl"),
    _words(
        "destination=destinationurl destination",
        "slug=slashtag",
        "short_url=shorturl shortlink link",
        "domain=domain domainfullname brandeddomain",
        "name=title",
        "tags=tags",
        "created_at=createdat created creationdate datecreated",
        "clicks=clicks totalclicks",
    ),
)
"""Fields of its link object (developers.rebrandly.com/docs/link-entity), which its recipe "Export
links to CSV" writes: `id,createdAt,shortUrl,domain,slashtag,destination`; the dashboard writes
`title,destination,short_url,slashtag,domain,created,clicks,tags` or `Destination URL`."""

SHORT_IO = Vendor(
    "shortio",
    "Short.io",
    _marks(
        "originalurl path",
        "originalurl shorturl idstring",
        "originalurl shorturl tags",
        "originalurl shorturl createdat",
    ),
    _words(
        "destination=originalurl",
        "slug=path",
        "short_url=secureshorturl shorturl",
        "domain=domain hostname",
        "name=title",
        "tags=tags",
        "created_at=createdat created",
        "clicks=clicks humanclicks",
        "expires_at=expiresat",
        "password=password",
        "has_password=haspassword",
    ),
)
"""`idString,shortURL,originalPath,originalURL,title,clicks,createdAt...` and
`OriginalURL,ShortURL,Path,Title,Tags,CreatedAt`; names as in its API."""

DUB = Vendor(
    "dub",
    "Dub",
    _marks("shortlink destinationurl", "domain key url", "shortlink url key"),
    _words(
        "destination=destinationurl url",
        "slug=key",
        "short_url=shortlink",
        "domain=domain",
        "name=title",
        "tags=tags",
        "created_at=createdat createddate",
        "clicks=clicks",
        "expires_at=expiresat",
        "password=password",
    ),
)
"""The dashboard's `Short link,Destination URL,Title,Tags,Clicks,Created at...` (columns are chosen
in `exportLinksColumns`, dubinc/dub); before that the whole row: `id,domain,key,url,archived,
expiresAt,...` with `null` for nothing."""

BITLY = Vendor(
    "bitly",
    "Bitly",
    _marks(
        "link customlink destinationurl",
        "link destinationurl engagements",
        "link destinationurl datecreated",
        "link longurl",
        "bitlink longurl",
        "bitlink destinationurl",
        "shortlink longurl",
    ),
    _words(
        "destination=destinationurl longurl",
        "short_url=customlink custombitlinks custombitlink link bitlink shortlink",
        "name=title",
        "tags=tags",
        "created_at=datecreated createdat created createddate",
        "clicks=engagements clicks totalengagements totalclicks",
    ),
)
"""`Link,Custom Link,Date created,Title,Destination URL,Engagements,Status` (dashboard);
`id,title,long_url,created_at,link,archived,tags,custom_bitlinks` (API v4 and older exports)."""

KUTT = Vendor(
    "kutt",
    "Kutt",
    _marks("address target", "target link visitcount"),
    _words(
        "destination=target",
        "slug=address",
        "short_url=link",
        "domain=domain",
        "name=description",
        "created_at=createdat",
        "clicks=visitcount",
        "is_banned=banned",
        "expires_at=expirein",
        "has_password=password",
    ),
)
"""Kutt has no export of its own (thedevs-network/kutt issues 37, 382): this is its API's link
object as scripts write it. Its `password` says whether there is one, not which."""

SHLINK = Vendor(
    "shlink",
    "Shlink",
    _marks("shorturl longurl", "shortcode longurl"),
    _words(
        "destination=longurl",
        "slug=shortcode",
        "short_url=shorturl",
        "domain=domain",
        "name=title",
        "tags=tags",
        "created_at=createdat datecreated",
        "clicks=visits visitscount",
        "expires_at=validuntil",
    ),
)
"""`createdAt,title,shortUrl,domain,shortCode,longUrl,tags,visits` (shlink-web-client, tags with
`|`; without domain and shortCode at first); `Short code,Title,Short URL,Long URL,Date created,
Visits count,Tags` (command line); `Long URL;Short code;Domain;Title;Tags` (its importer)."""

YOURLS = Vendor(
    "yourls",
    "YOURLS",
    _marks(
        "keyword url",
        "keyword longurl",
        "shorturl url timestamp",
        "source target hits",
        "source destination hits",
    ),
    _words(
        "destination=url longurl target destination",
        "slug=keyword source",
        "short_url=shorturl",
        "name=title",
        "created_at=timestamp date",
        "clicks=clicks hits",
    ),
)
"""`keyword,url,title,timestamp,ip,clicks` (its table) and `source,target,hits` (plugin
YOURLS-Import-Export, which follows WordPress' Redirection)."""

PLAIN = Vendor(
    "plain",
    "A plain list",
    _marks(
        *("destination", "destinationurl", "longurl", "originalurl", "targeturl", "target", "url"),
        *("link", "address", "website"),
    ),
    _words(
        "destination=destinationurl destination longurl originalurl targeturl target url link"
        " address website",
        "slug=slug shortcode code key path alias customalias customslug keyword backhalf slashtag"
        " shortid hash",
        "short_url=shorturl shortlink",
        "domain=domain host",
        "name=name title label description",
        "tags=tags tag labels",
        "created_at=createdat created datecreated createddate creationdate date",
        "clicks=clicks scans visits hits",
        "is_active=isactive active enabled",
        "expires_at=expiresat expires expirydate expirationdate validuntil",
        "password=password",
    ),
)

FORMATS = (INKLOOM, REBRANDLY, SHORT_IO, DUB, BITLY, KUTT, SHLINK, YOURLS, PLAIN)
"""What is recognised, in this order; the plain list is what is left."""


def recognise(headers: Sequence[str]) -> Format | None:
    """Whose export has these headers; None when not even a destination is among them."""
    spelled = {folded(header): header for header in headers}
    for vendor in FORMATS:
        if any(mark <= spelled.keys() for mark in vendor.marks):
            found = {
                field: tuple(spelled[word] for word in words if word in spelled)
                for field, words in vendor.words.items()
            }
            columns = {field: names for field, names in found.items() if names}
            return Format(vendor.name, vendor.title, columns)
    return None


def mapped(headers: Sequence[str], mapping: Mapping[str, str]) -> Format:
    """The format in which each field of `mapping` is in the header that it names.

    Nothing else is read. `InvalidFields` of `mapping` when a field is not one of `FIELDS`, a
    header is not in the file, or the destination is in none.
    """
    spelled = {folded(header): header for header in headers}
    wrong = [f"There is no field '{echo(field)}'." for field in mapping if field not in FIELDS]
    wrong += [
        f"The file has no column '{echo(header)}'."
        for header in mapping.values()
        if folded(header) not in spelled
    ]
    if "destination" not in mapping:
        wrong.append("Name the column of the destination.")
    if wrong:
        raise InvalidFields({"mapping": wrong})
    columns = {field: (spelled[folded(header)],) for field, header in mapping.items()}
    return Format("mapped", "Your own columns", columns)
