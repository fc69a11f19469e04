"""The languages in which one code or link is spoken of, each with its words for the same things."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from tests.api.conftest import Client, Tenant

Facts = dict[str, Any]
Refusal = tuple[int, Facts]


def _coded_taken(slug: str) -> Refusal:
    return 409, {"error": _code(slug), "code": "SHORT_CODE_TAKEN"}


def _code(slug: str) -> str:
    return f"The short code '{slug}' is taken; choose another."


def _slug(slug: str) -> str:
    return f"The slug '{slug}' is taken; choose another."


@dataclass(frozen=True)
class Language:
    """How a dialect names the parts of a short asset: `words` are facts -> its fields.

    `inside` is the key of one thing in an answer, `listed` the keys down to the list of them, and
    `known_by` the field that stands in a path. `taken` is how it says that a slug is taken,
    `renames` whether it changes one.
    """

    name: str
    path: str
    words: Mapping[str, str]
    listed: tuple[str, ...]
    inside: str | None = None
    known_by: str = "id"
    taken: Callable[[str], Refusal] = _coded_taken
    renames: bool = True

    def body(self, **facts: Any) -> dict[str, Any]:
        """The facts in its words."""
        return {self.words[name]: value for name, value in facts.items()}

    def facts(self, thing: Mapping[str, Any]) -> Facts:
        """What it says of a thing, in nobody's words."""
        return {name: thing[word] for name, word in self.words.items()}

    async def create(self, client: Client, tenant: Tenant, **facts: Any) -> httpx.Response:
        return await client.post(self.path, json=self.body(**facts), headers=self._headers(tenant))

    async def find(self, client: Client, tenant: Tenant, slug: str) -> Mapping[str, Any]:
        """The only one with this slug in its list."""
        answer = await client.get(self.path, headers=self._headers(tenant))
        assert answer.status_code == 200, f"{self.name}: {answer.text}"
        part = answer.json()
        for key in self.listed:
            part = part[key]
        (found,) = [thing for thing in part if thing[self.words["slug"]] == slug]
        return dict(found)

    async def ask(
        self, client: Client, tenant: Tenant, method: str, known: str, **facts: Any
    ) -> httpx.Response:
        """Read, change or delete the one that it knows by this."""
        slash = "/" if self.path.endswith("/") else ""
        path = f"{self.path.rstrip('/')}/{known}{slash}"
        body = self.body(**facts) if method == "PATCH" else None
        return await client.request(method, path, json=body, headers=self._headers(tenant))

    def one(self, answer: httpx.Response) -> Mapping[str, Any]:
        """The thing that it answers with."""
        assert answer.is_success, f"{self.name}: {answer.text}"
        thing: Mapping[str, Any] = answer.json()[self.inside] if self.inside else answer.json()
        return thing

    def says_taken(self, answer: httpx.Response, slug: str) -> bool:
        """Whether this is how it says that the slug is taken."""
        return (answer.status_code, answer.json()) == self.taken(slug)

    def _headers(self, tenant: Tenant) -> dict[str, str]:
        headers: dict[str, str] = getattr(tenant, self.name)
        return headers


_CAMEL = {
    "short_url": "shortUrl",
    "is_active": "isActive",
    "created_at": "createdAt",
    "updated_at": "updatedAt",
    "tags": "tags",
}
_SNAKE = {name: name for name in _CAMEL}

CODES = (
    Language(
        "workspace",
        "/api/qr",
        {
            **_CAMEL,
            "slug": "shortCode",
            "url": "destinationUrl",
            "title": "name",
            "visits": "scanCount",
        },
        ("items",),
    ),
    Language(
        "studio",
        "/api/v1/dynamic/",
        {
            **_SNAKE,
            "slug": "short_id",
            "short_url": "scan_url",
            "url": "destination_url",
            "title": "name",
            "visits": "scan_count",
        },
        ("results",),
        known_by="short_id",
        taken=lambda slug: (400, {"short_id": [_code(slug)]}),
    ),
    Language(
        "tracking",
        "/v1/qr-codes",
        {
            **_CAMEL,
            "slug": "shortCode",
            "url": "destinationUrl",
            "title": "name",
            "visits": "scanCount",
        },
        ("data",),
        inside="data",
        renames=False,
    ),
    Language(
        "business",
        "/api/qr-links",
        {**_SNAKE, "slug": "slug", "url": "destination", "title": "title", "visits": "scans"},
        ("qr_links", "data"),
        inside="qr_link",
        taken=lambda slug: (422, {"message": _code(slug), "errors": {"slug": [_code(slug)]}}),
    ),
)
"""Those that make dynamic codes."""

LINKS = (
    Language(
        "workspace",
        "/api/links",
        {
            **_CAMEL,
            "slug": "slug",
            "url": "destinationUrl",
            "title": "name",
            "visits": "clickCount",
        },
        ("items",),
        taken=lambda slug: (409, {"error": _slug(slug), "code": "SLUG_TAKEN"}),
    ),
    Language(
        "links",
        "/api/v1/links",
        {**_CAMEL, "slug": "code", "url": "url", "title": "title", "visits": "clicks"},
        (),
        known_by="code",
        taken=lambda slug: (
            409,
            {
                "error": {
                    "message": f"code: The code {slug!r} is taken; choose another.",
                    "code": "slug_taken",
                }
            },
        ),
    ),
)
"""Those that make short links."""
