"""OAuth 2 as rules: what a client may register, how long its credentials last, who consented.

Sources: RFC 6749 (OAuth 2), RFC 8252 (native applications), RFC 9700 (security practice).
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import SplitResult, urlencode, urlsplit
from uuid import UUID

DIALECT = "canva"
"""The dialect that access tokens speak; its scopes are those that a client may ask for."""

CLIENT_PREFIX = "oac_"
SECRET_PREFIX = "ocs_"  # noqa: S105
CODE_PREFIX = "occ_"
ACCESS_PREFIX = "oat_"
REFRESH_PREFIX = "ort_"

CODE_LIFETIME = timedelta(seconds=60)
ACCESS_LIFETIME = timedelta(hours=1)
REFRESH_LIFETIME = timedelta(days=90)
CONSENT_LIFETIME = timedelta(minutes=10)

LONGEST_NAME = 100
LONGEST_URI = 2048
MOST_URIS = 10

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_CLIENT = re.compile(r"oac_[A-Za-z0-9_-]{22}")
_OF_A_URI = re.compile(r"[A-Za-z0-9._~:/?@!$&'()*+,;=%\[\]-]+")


def could_be_a_client(client_id: str) -> bool:
    """Whether any client is spelled like this; anything else needs no look-up."""
    return _CLIENT.fullmatch(client_id) is not None


def name_refusal(name: str) -> str | None:
    """Why an application may not be called this; None when it may.

    A name is read on the consent page, so signs that cannot be seen or turn the line are refused.
    """
    if not name.strip() or len(name) > LONGEST_NAME:
        return f"Give a name of 1 to {LONGEST_NAME} characters."
    if any(unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp") for sign in name):
        return "Remove characters that cannot be seen."
    return None


def redirect_refusal(uri: str) -> str | None:
    """Why a client may not be answered at this address; None when it may.

    It is https anywhere or http on this very machine (RFC 8252 7.3), whole, and without fragment
    (RFC 6749 3.1.2).
    """
    if len(uri) > LONGEST_URI:
        return f"Ensure it has no more than {LONGEST_URI} characters."
    if "#" in uri:
        return "Remove the fragment (#)."
    parts = _split(uri)
    if parts is None or not parts.hostname or "@" in parts.netloc:
        return "Give a whole address such as https://app.example.com/callback."
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return None
    return "Use https, or http with 127.0.0.1, [::1] or localhost."


def answers_at(registered: Iterable[str], asked: str) -> bool:
    """Whether a client that registered these addresses may be answered at `asked`.

    They are the same sign by sign; on loopback the port may differ (RFC 8252 7.3).
    """
    known = tuple(registered)
    if asked in known:
        return True
    portless = _portless(asked)
    return portless is not None and portless in map(_portless, known)


def with_parameters(uri: str, parameters: Iterable[tuple[str, str]]) -> str:
    """The address with these parameters behind its own, whose spelling is kept."""
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode(list(parameters))}"


def consent_ticket(key: bytes, *, session: UUID, request: str, at: int) -> str:
    """What a consent page carries: proof that this session was shown this request then.

    `at` is Unix time; the page of another session, request or time has another ticket.
    """
    shown = session.bytes + at.to_bytes(8, "big") + request.encode()
    return f"{at}.{hmac.digest(key, shown, 'sha256').hex()}"


def ticket_holds(key: bytes, ticket: str, *, session: UUID, request: str, now: int) -> bool:
    """Whether the ticket is that of this session and request, and not too old."""
    at = ticket.partition(".")[0]
    if not re.fullmatch(r"[0-9]{1,12}", at):
        return False
    ours = consent_ticket(key, session=session, request=request, at=int(at))
    fresh = 0 <= now - int(at) < CONSENT_LIFETIME.total_seconds()
    return hmac.compare_digest(ours.encode(), ticket.encode()) and fresh


def _split(uri: str) -> SplitResult | None:
    """The parts of an address; None when it is none. `urlsplit` alone mends what is wrong."""
    if not _OF_A_URI.fullmatch(uri):
        return None
    try:
        parts = urlsplit(uri)
        return parts if parts.port is None or parts.port > 0 else None
    except ValueError:
        return None


def _portless(uri: str) -> tuple[str, str, str] | None:
    """A loopback address without its port; None for any other."""
    parts = _split(uri)
    if parts is None or redirect_refusal(uri) is not None:
        return None
    if parts.scheme != "http" or parts.hostname is None:
        return None
    return parts.hostname, parts.path, parts.query
