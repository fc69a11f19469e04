"""GS1 Digital Links: `GET /01/{gtin}/22/{variant}/10/{lot}/21/{serial}` leads on from a product.

A resolver as the GS1-Conformant Resolver Standard 1.x has it, for products of dynamic codes of type
GS1. A visit is led, limited and counted as any visit of the code that knows the product most
exactly (`api.redirect`); the query is passed on. `linkType` chooses another link of the code, and
what there is none of gets the default one. For `linkType=linkset` and `Accept:
application/linkset+json` the links are told (RFC 9264), which is no visit. Any page may ask.
"""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from activities.gs1.resolving import (
    FindProduct,
    ProductCode,
    ProductLinks,
    ReadLinks,
    find_product,
    read_links,
)
from activities.outside import outside
from activities.readiness import DatabaseAway
from activities.rules.errors import NotFound
from activities.rules.gs1.products import (
    LINKSET,
    VOCABULARY,
    Product,
    asked_link,
    linkset,
    passed_on,
    read_product,
)
from activities.visits.leading import Redirection
from activities.visits.recorder import Overloaded
from activities.visits.targets import Home
from api.guesses import unknown_page
from api.redirect import Desk, answer, headers_of, visit_of
from api.status_pages import status_page

PREFIX = "/01/"
DESCRIPTION = "/.well-known/gs1resolver"

MEDIA_TYPE = "application/linkset+json"
METHODS = "GET, HEAD, OPTIONS"

_CONTEXT = (
    '<https://ref.gs1.org/standards/resolver/linkset-context>; type="application/ld+json"; '
    'rel="http://www.w3.org/ns/json-ld#context"'
)
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Expose-Headers": "Link",
}


class DigitalLinks:
    """What visitors of products meet. Guesses are throttled as those of short codes are."""

    def __init__(self, desk: Desk, *, public_url: str = "") -> None:
        self._desk = desk
        self._public_url = public_url

    def owns(self, path: str) -> bool:
        """Whether the path is a product's, or that of what we say about ourselves."""
        return path.startswith(PREFIX) or path == DESCRIPTION

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        try:
            response = await self._answer(scope, headers)
        except NotFound:
            self._desk.note_unknown(headers.get("host", ""))
            response = await unknown_page(scope, headers)
        except DatabaseAway:
            response = status_page(503, headers, retry_after=2)
        except Overloaded:
            response = status_page(503, headers, retry_after=1)
        response.headers.update({**_CORS, "Cache-Control": "no-store"})
        await response(scope, receive, send)

    async def _answer(self, scope: Scope, headers: dict[str, str]) -> Response:
        if scope["method"] == "OPTIONS":
            return Response(status_code=204, headers={"Allow": METHODS})
        if scope["method"] not in ("GET", "HEAD"):
            return status_page(405, headers, allow=METHODS)
        home = await self._desk.find_home(headers.get("host", ""))
        if scope["path"] == DESCRIPTION:
            return JSONResponse(_description(home))
        product = read_product(_path_of(scope))
        if product is None:
            return status_page(400, headers)
        return await self._resolve(scope, headers, product, home)

    async def _resolve(
        self, scope: Scope, headers: dict[str, str], product: Product, home: Home | None
    ) -> Response:
        """What the first code says that is open."""
        for code in (await find_product(FindProduct(product, home))).codes:
            try:
                response = await self._led(scope, headers, code, home)
            except NotFound:
                continue
            told = f'<{code.address}?linkType={LINKSET}>; rel="linkset"; type="{MEDIA_TYPE}"'
            more = response.headers.get("Link")
            response.headers["Link"] = f"{told}, {more}" if more else told
            response.headers.setdefault("Vary", "Accept")
            return response
        raise NotFound("product")

    async def _led(
        self, scope: Scope, headers: dict[str, str], code: ProductCode, home: Home | None
    ) -> Response:
        visit = visit_of(scope, "qr", code.short_code)
        wanted = asked_link(visit.query)
        if wanted == LINKSET or MEDIA_TYPE in headers.get("accept", ""):
            outcome = await read_links(ReadLinks(code, visit, home))
            if isinstance(outcome, ProductLinks):
                return _linkset(code, outcome)
        else:
            instead = code.links.get(wanted) if wanted else None
            outcome = await self._desk.follow(
                replace(visit, instead=instead, passed=passed_on(visit.query))
            )
        response = answer(outcome, scope, self._public_url)
        if isinstance(outcome, Redirection):
            response.status_code = 307
        return response


def _path_of(scope: Scope) -> str:
    """The path as it was sent: a %2F in a lot is none of its slashes."""
    raw: bytes = scope.get("raw_path") or b""
    return raw.partition(b"?")[0].decode("latin-1") or scope["path"]


def _linkset(code: ProductCode, told: ProductLinks) -> Response:
    document = linkset(code.address, told.default_url, told.links)
    return JSONResponse(document, media_type=MEDIA_TYPE, headers={"Link": _CONTEXT})


def _description(home: Home | None) -> dict[str, object]:
    """What the resolver can (the description file of the standard)."""
    return {
        "name": "Inkloom",
        "resolverRoot": f"https://{home.hostname}" if home else outside().public_url,
        "supportedPrimaryKeys": ["01"],
        "supportedLinkType": [{"namespace": VOCABULARY, "prefix": "gs1:"}],
        "linkTypeDefaultCanBeLinkset": False,
        "validatesSuppliedGS1KeyAndAIs": True,
    }
