"""Webhook bodies and signatures: four schemes over HMAC-SHA256.

Every scheme also carries the three headers of Standard Webhooks 1.0
(https://github.com/standard-webhooks/standard-webhooks), so that any receiver can verify with a
well-kept library. A secret reads `whsec_<base64 of 24 to 64 bytes>`. Standard Webhooks signs with
the decoded bytes; the other schemes sign with the secret's whole text, as their clients do.

While a secret is being rotated, `webhook-signature` carries one signature for each valid secret.
The headers of the other schemes hold exactly one signature: that of the oldest valid secret, so
that a receiver has the whole overlap to change over. The newest secret's is in a second header,
named like the own one plus `-Next`, until it is the only one. A signer with a key pair adds its
`v1a` signature (Ed25519) behind those of the secrets.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from activities.rules.spelling import stamp

SCHEMES: tuple[str, ...] = ("standard", "inkode", "innkie", "qrscan")
USER_AGENT = "Inkloom-Webhooks/1"
TOLERANCE_SECONDS = 300
NEXT = "-Next"
"""Ends the name of the header with the signature of a secret that is still to take over."""

OWN: Mapping[str, str] = {
    "inkode": "X-Inkode-Signature",
    "innkie": "X-Innkie-Signature",
    "qrscan": "X-QRScanInk-Signature",
}
"""The header that a scheme's own signature is in, where it is not `webhook-signature`."""

_SECRET_PREFIX = "whsec_"  # noqa: S105
_SECRET_BYTES = range(24, 65)
_BODY_FIELDS = {
    "standard": ("type", "data"),
    "inkode": ("event", "payload"),
    "innkie": ("event", "data"),
    "qrscan": ("event", "data"),
}


@dataclass(frozen=True)
class Message:
    """One message to one endpoint: `message_id` stays the same over all attempts.

    `endpoint_id` is spelled `whe_...`; `attempt` counts from 1; `body` is what `body()` made.
    """

    scheme: str
    message_id: str
    event: str
    endpoint_id: str
    attempt: int
    body: bytes


def new_secret(random_bytes: bytes) -> str:
    """Spell 24 to 64 random bytes as a secret; ValueError for any other number of them."""
    if len(random_bytes) not in _SECRET_BYTES:
        raise ValueError("a webhook secret is made of 24 to 64 random bytes")
    return _SECRET_PREFIX + base64.b64encode(random_bytes).decode("ascii")


def body(scheme: str, *, event: str, data: Mapping[str, object], occurred_at: datetime) -> bytes:
    """The scheme's body as compact UTF-8 JSON, keys in the order given.

    standard `{type, timestamp, data}`, inkode `{event, payload, timestamp}`, innkie and qrscan
    `{event, data, timestamp}`. The timestamp is ISO 8601 UTC with milliseconds and `Z`.
    ValueError for an unknown scheme, a time without a zone, NaN or infinity.
    """
    name, content = _BODY_FIELDS[_known(scheme)]
    timestamp = _iso_milliseconds(occurred_at)
    document: dict[str, object]
    if scheme == "standard":
        document = {name: event, "timestamp": timestamp, content: data}
    else:
        document = {name: event, content: data, "timestamp": timestamp}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8")


def headers(
    message: Message,
    secrets: Sequence[str],
    sent_at: datetime,
    sign: Callable[[bytes], str] | None = None,
) -> dict[str, str]:
    """The headers of one attempt: Standard Webhooks' three and the scheme's own.

    `secrets` are the valid ones, newest first; `sign` makes the signature of a key pair, spelled
    `v1a,<base64>`. ValueError for an unknown scheme, no secret or a malformed one.
    """
    if not secrets:
        raise ValueError("a webhook is signed with at least one secret")
    seconds = _unix_seconds(sent_at)
    signed = standard_content(message.message_id, seconds, message.body)
    signatures = [standard_signature(secret, signed) for secret in secrets]
    if sign is not None:
        signatures.append(sign(signed))
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "webhook-id": message.message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(signatures),
    } | _own_headers(message, secrets, seconds)


def standard_content(message_id: str, unix_seconds: int, raw_body: bytes) -> bytes:
    """What Standard Webhooks signs, with a shared secret or with a key pair alike."""
    return f"{message_id}.{unix_seconds}.".encode() + raw_body


def standard_signature(secret: str, content: bytes) -> str:
    """`v1,<base64>` over `standard_content`; ValueError for a malformed secret."""
    digest = hmac.digest(_secret_key(secret), content, hashlib.sha256)
    return "v1," + base64.b64encode(digest).decode("ascii")


def hex_signature(secret: str, content: bytes) -> str:
    """Lower-case hex HMAC-SHA256 keyed with the secret's whole text."""
    return hmac.digest(secret.encode("utf-8"), content, hashlib.sha256).hex()


def verify_standard(
    secret: str, received: Mapping[str, str], raw_body: bytes, now: datetime
) -> bool:
    """Whether one of the `v1` signatures in the received headers is good and fresh.

    Header names match in any case; a timestamp more than five minutes away from `now`, in either
    direction, is refused. The comparison takes the same time wherever the signatures differ.
    ValueError only for a malformed secret.
    """
    values = {name.lower(): value for name, value in received.items()}
    message_id = values.get("webhook-id", "")
    seconds = values.get("webhook-timestamp", "")
    if not message_id or not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 12):
        return False
    if abs(now.timestamp() - int(seconds)) > TOLERANCE_SECONDS:
        return False
    content = f"{message_id}.{seconds}.".encode() + raw_body
    expected = standard_signature(secret, content).encode("ascii")
    matches = [
        hmac.compare_digest(expected, candidate.encode("utf-8", "replace"))
        for candidate in values.get("webhook-signature", "").split(" ")
    ]
    return any(matches)


def _known(scheme: str) -> str:
    if scheme not in SCHEMES:
        raise ValueError(f"unknown signature scheme {scheme!r}")
    return scheme


def _iso_milliseconds(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("the time of an event needs a time zone")
    return stamp(moment)


def _unix_seconds(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise ValueError("the time of an attempt needs a time zone")
    return int(moment.timestamp())


def _own_headers(message: Message, secrets: Sequence[str], seconds: int) -> dict[str, str]:
    name = OWN.get(_known(message.scheme))
    if name is None:
        return {}
    told, prefix, content = {}, "", message.body
    if message.scheme == "inkode":
        prefix = "sha256="
        told = {
            "X-Inkode-Event": message.event,
            "X-Inkode-Delivery": message.endpoint_id,
            "X-Inkode-Attempt": str(message.attempt),
        }
    elif message.scheme == "qrscan":
        content = f"{seconds}.".encode() + message.body
        told = {"X-QRScanInk-Timestamp": str(seconds)}
    told[name] = prefix + hex_signature(secrets[-1], content)
    if len(secrets) > 1:
        told[name + NEXT] = prefix + hex_signature(secrets[0], content)
    return told


def _secret_key(secret: str) -> bytes:
    try:
        if not secret.startswith(_SECRET_PREFIX):
            raise ValueError
        key = base64.b64decode(secret.removeprefix(_SECRET_PREFIX), validate=True)
        if len(key) not in _SECRET_BYTES:
            raise ValueError
    except (ValueError, binascii.Error):
        # Raised anew: the first error may carry a piece of the secret.
        raise ValueError("a webhook secret reads whsec_ and base64 of 24 to 64 bytes") from None
    return key
