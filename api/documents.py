"""What the API is, for people and for generators: `/docs` and an OpenAPI document a dialect.

Pages for receivers of webhooks stand beside them (`receiver_docs/`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from html import escape
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from api.dialect import Dialect
from api.receiver_docs import pages

_STYLE = """
:root{color-scheme:light dark;--paper:#faf8f4;--card:#fff;--ink:#1d1b18;--soft:#6b665e;--line:#e7e2d8}
@media(prefers-color-scheme:dark){:root{--paper:#171614;--card:#201f1c;--ink:#f3efe7;--soft:#a39c90;--line:#33302b}}
body{margin:0 auto;max-width:60rem;padding:32px 20px;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
section{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:20px 24px;margin:20px 0}
h1{margin:0 0 4px}h2{margin:0 0 4px;font-size:1.2rem}p{color:var(--soft);margin:4px 0 12px}
table{border-collapse:collapse;width:100%}td{padding:7px 8px 7px 0;border-top:1px solid var(--line);vertical-align:top}
code{font:13px/1.4 ui-monospace,monospace}td:first-child{width:4.5rem;color:var(--soft)}a{color:inherit}
"""


class Documents:
    """`/docs` lists every operation; `/docs/{dialect}/openapi.json` is its OpenAPI document.

    `/openapi.json` is the studio dialect's, where its clients look for it.
    """

    def __init__(self, dialects: Sequence[Dialect]) -> None:
        self._dialects = {dialect.name: dialect for dialect in dialects}
        self._turn = asyncio.Lock()

    def owns(self, path: str) -> bool:
        """Whether the path is a document."""
        fixed = path.rstrip("/") in ("", "/docs", "/openapi.json") or pages.owns(path)
        return fixed or self._named(path) is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        named = self._named(scope["path"])
        response: Response
        if scope["method"] not in ("GET", "HEAD"):
            response = JSONResponse({"error": "This path takes GET."}, 405, {"Allow": "GET, HEAD"})
        elif pages.owns(scope["path"]):
            response = pages.answer(scope["path"])
        elif named is not None:
            response = JSONResponse(await self._document_of(named))
        else:
            for dialect in self._dialects.values():
                await self._document_of(dialect)
            response = HTMLResponse(
                self._page(),
                headers={
                    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"
                },
            )
        await response(scope, receive, send)

    async def _document_of(self, dialect: Dialect) -> dict[str, Any]:
        """Made at the first asking, in a thread: it takes a second, and visitors do not wait."""
        async with self._turn:
            return await asyncio.to_thread(dialect.application.openapi)

    def _named(self, path: str) -> Dialect | None:
        if path == "/openapi.json":
            return self._dialects.get("studio")
        parts = path.strip("/").split("/")
        if len(parts) == 3 and parts[0] == "docs" and parts[2] == "openapi.json":
            return self._dialects.get(parts[1])
        return None

    def _page(self) -> str:
        sections = "".join(_section(dialect) for dialect in self._dialects.values())
        return (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Inkloom API</title>'
            f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{_STYLE}'
            "</style></head><body><h1>Inkloom API</h1><p>Several public languages over one "
            "domain; each has its own OpenAPI document. For those who receive webhooks: "
            f'<a href="{pages.ROOT}">signatures, answers and retries</a> and the '
            f'<a href="{pages.EVENTS}">events</a>. For those whose server it asks: '
            f'<a href="{pages.CHECKER}">the link checker</a>.</p>{sections}</body></html>'
        )


def _section(dialect: Dialect) -> str:
    document: dict[str, Any] = dialect.application.openapi()
    rows = "".join(
        f"<tr><td><code>{method.upper()}</code></td><td><code>{escape(path)}</code></td>"
        f"<td>{escape(operation.get('summary', ''))}</td></tr>"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    )
    return (
        f"<section><h2>{escape(document['info']['title'])}</h2>"
        f"<p>{escape(document['info'].get('description', ''))} "
        f'<a href="/docs/{dialect.name}/openapi.json">OpenAPI document</a></p>'
        f"<table>{rows}</table></section>"
    )
