"""`Idempotency-Key`: a create that is sent again gets the first answer again.

The key belongs to who sends it: a key, a person in an organization, a network address.
The same key with another method, path, query or body is refused. A replay says so in the header
`Idempotent-Replayed: true`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from uuid import UUID

from fastapi import Request, Response

from activities.idempotency import Once, once
from api.faults import WrongFields

HEADER = "Idempotency-Key"
SPELLING = r"^[\x21-\x7e]{1,255}$"
REPLAYED = "Idempotent-Replayed"

_SPELLING = re.compile(SPELLING)

Inner = Callable[[Request], Awaitable[Response]]


async def answer_once(request: Request, scope: UUID, inner: Inner) -> Response:
    """The answer of `inner`, kept and given again when the request carries the key."""
    key = request.headers.get(HEADER)
    if key is None:
        return await inner(request)
    if not _SPELLING.fullmatch(key):
        raise WrongFields({HEADER: ["Use 1 to 255 visible ASCII characters, such as a UUID."]})
    made: list[Response] = []

    async def act() -> bytes:
        made.append(await inner(request))
        return _pack(made[-1])

    kept = await once(Once(scope, key, await _fingerprint(request), act))
    return _unpack(kept.answer) if kept.is_replay else made[-1]


async def _fingerprint(request: Request) -> bytes:
    whole = hashlib.sha256()
    for part in (request.method.encode(), str(request.url).encode(), await request.body()):
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.digest()


def _pack(response: Response) -> bytes:
    headers = [
        [name.decode("latin-1"), value.decode("latin-1")] for name, value in response.raw_headers
    ]
    body = base64.b64encode(bytes(response.body)).decode()
    return json.dumps([response.status_code, headers, body]).encode()


def _unpack(answer: bytes) -> Response:
    status, headers, body = json.loads(answer)
    response = Response(base64.b64decode(body), status)
    response.raw_headers = [
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in headers
    ]
    response.headers[REPLAYED] = "true"
    return response
