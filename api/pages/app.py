"""The pages and the files that they load, as one ASGI application."""

from __future__ import annotations

from starlette.datastructures import Headers, QueryParams
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from api.faults import RouteUnknown
from api.pages.assets import FOLDER, every_asset
from api.pages.invite import PATH as INVITE
from api.pages.invite import invite_page
from api.pages.sign_in import PATH as SIGN_IN
from api.pages.sign_in import sign_in_page
from api.status_pages import choose_language

FOR_GOOD = "public, max-age=31536000, immutable"
"""For an address that names its version: another content has another address (RFC 8246)."""

PAGES = {SIGN_IN: sign_in_page, INVITE: invite_page}


class Pages:
    """`/sign-in`, `/invite` and `/static/{name}`. Raises `RouteUnknown` for no file's name."""

    def owns(self, path: str) -> bool:
        """Whether the path is a page's or a file's."""
        return path.rstrip("/") in PAGES or path.startswith(FOLDER)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        asked = QueryParams(scope["query_string"])
        response: Response
        if scope["method"] not in ("GET", "HEAD"):
            body = {"error": "This path takes GET.", "code": "METHOD_NOT_ALLOWED"}
            response = JSONResponse(body, 405, {"Allow": "GET, HEAD"})
        elif scope["path"].startswith(FOLDER):
            response = _file(scope["path"].removeprefix(FOLDER), asked.get("v", ""), headers)
        else:
            language = choose_language(headers.get("accept-language", ""))
            response = PAGES[scope["path"].rstrip("/")](language, asked)
        await response(scope, receive, send)


def _file(name: str, version: str, headers: Headers) -> Response:
    """The file, or 304 for who has it (RFC 9110 13.1.2). It may do nothing as a page of its own."""
    asset = every_asset().get(name)
    if asset is None:
        raise RouteUnknown
    told = {
        "ETag": asset.etag,
        "Cache-Control": FOR_GOOD if version == asset.version else "no-cache",
        "Content-Security-Policy": "default-src 'none'",
    }
    known = {tag.strip().removeprefix("W/") for tag in headers.get("if-none-match", "").split(",")}
    if known & {asset.etag, "*"}:
        return Response(status_code=304, headers=told)
    return Response(asset.content, headers=told, media_type=asset.media_type)
