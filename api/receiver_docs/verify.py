"""Tell genuine webhooks from others: Standard Webhooks, HMAC-SHA256. Python 3.9 or newer.

In Flask: `verify(secret, request.headers, request.get_data())`, and 400 where it says False.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Mapping

TOLERANCE_SECONDS = 300


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: float | None = None) -> bool:
    """Whether a message is genuine and fresh.

    `body` is what was received, byte for byte: JSON that is read and written again is another text.
    ValueError for a secret that is none.
    """
    key = base64.b64decode(secret[6:], validate=True)
    if not secret.startswith("whsec_") or len(key) < 24:
        raise ValueError("a secret reads whsec_ and base64")
    given = {name.lower(): value for name, value in headers.items()}
    message_id = given.get("webhook-id", "")
    timestamp = given.get("webhook-timestamp", "")
    if not message_id or not re.fullmatch("[0-9]{1,12}", timestamp):
        return False
    if abs((time.time() if now is None else now) - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    expected = b"v1," + base64.b64encode(digest)
    good = False
    # One for each secret that is valid now: two while one takes over from the other.
    for signature in given.get("webhook-signature", "").split(" "):
        good |= hmac.compare_digest(expected, signature.encode("utf-8", "replace"))
    return good
