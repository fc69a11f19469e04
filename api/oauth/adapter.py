"""authlib's authorization server, over what was looked up for one request.

authlib does not wait: it wants to read and write as it goes. So here it only judges. All that a
request can need is looked up before and handed over frozen; what authlib lets through is then done
by one operation, which looks again while it holds the rows.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Payload, OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge, create_s256_code_challenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from starlette.datastructures import Headers

from activities.oauth.clients import KnownClient
from activities.oauth.exchange import KnownCode
from activities.oauth.tokens import KnownToken
from activities.rules.oauth import DIALECT, answers_at
from activities.rules.permissions import SCOPES

WITH_SECRET = ("client_secret_basic", "client_secret_post")
ANY_METHOD = (*WITH_SECRET, "none")

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Found:
    """What was looked up: the client that is named, and the code or token that is shown."""

    client: KnownClient | None = None
    code: KnownCode | None = None
    token: KnownToken | None = None


class Parameters(OAuth2Payload):  # type: ignore[misc]
    """The parameters of a request, in the query or in the body."""

    def __init__(self, pairs: Pairs) -> None:
        self._data = dict(pairs)
        self._datalist: dict[str, list[str]] = {}
        for name, value in pairs:
            self._datalist.setdefault(name, []).append(value)

    @property
    def data(self) -> Mapping[str, str]:
        """Each with its value."""
        return self._data

    @property
    def datalist(self) -> Mapping[str, list[str]]:
        """Each with all its values, in case it came more than once."""
        return self._datalist


class Asked(OAuth2Request):  # type: ignore[misc]
    """A request as authlib reads it."""

    def __init__(self, method: str, pairs: Pairs, headers: Headers | None = None) -> None:
        # TLS ends at a proxy: the address that arrives here says nothing about it.
        super().__init__(method, "https://inkloom/", headers=headers)
        self.payload = Parameters(pairs)

    @property
    def form(self) -> Mapping[str, str]:
        """Its parameters."""
        return self.payload.data


class Client(ClientMixin):  # type: ignore[misc]
    """A client as authlib asks about it."""

    def __init__(self, known: KnownClient) -> None:
        self.known = known
        self.client_id = known.client_id

    def get_client_id(self) -> str:
        """Its public id."""
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        """The address for a request that names none; there is one when it registered one."""
        uris = self.known.redirect_uris
        return uris[0] if len(uris) == 1 else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Whether it may be answered there."""
        return answers_at(self.known.redirect_uris, redirect_uri)

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """What it gets for this wish: all that it registered for none, None for anything else."""
        wanted = (scope or "").split() or self.known.scopes
        fits = set(wanted) <= set(self.known.scopes)
        return " ".join(dict.fromkeys(wanted)) if fits else None

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether this is its secret."""
        return self.known.has_secret(client_secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """A confidential client proves itself everywhere; a public one never can."""
        return method in WITH_SECRET if self.known.confidential else method == "none"

    def check_response_type(self, response_type: str) -> bool:
        """Codes only (RFC 9700 2.1.2)."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Codes and refresh tokens."""
        return grant_type in ("authorization_code", "refresh_token")


class Code:
    """A code as authlib asks about it."""

    def __init__(self, known: KnownCode) -> None:
        self.code_challenge = known.challenge
        self.code_challenge_method = known.challenge_method
        self._known = known

    def get_redirect_uri(self) -> str | None:
        """What the token request has to repeat, if anything."""
        return self._known.redirect_uri

    def get_scope(self) -> str:
        """What was granted."""
        return " ".join(self._known.scopes)


class Token:
    """A token as authlib asks about it."""

    def __init__(self, known: KnownToken) -> None:
        self.known = known

    def check_client(self, client: Client) -> bool:
        """Whether it was given to this client."""
        return self.known.client_id == client.client_id

    def get_scope(self) -> str:
        """What it is good for."""
        return " ".join(self.known.scopes)

    def is_expired(self) -> bool:
        """Whether it is good for nothing, for whatever reason."""
        return not self.known.active

    is_revoked = is_expired


class S256(CodeChallenge):  # type: ignore[misc]
    """PKCE for every client, and never `plain` (RFC 7636, RFC 9700 2.1.1)."""

    SUPPORTED_CODE_CHALLENGE_METHOD: ClassVar = ["S256"]

    def __init__(self) -> None:
        super().__init__(required=True)
        self.CODE_CHALLENGE_METHODS = {"S256": _proves}

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """Raises `InvalidRequestError` for a request without challenge or with another method."""
        asked = grant.request.payload.data
        if len(asked.get("code_challenge", "")) != 43:
            raise InvalidRequestError("Send a code_challenge of 43 characters (RFC 7636).")
        if asked.get("code_challenge_method") != "S256":
            raise InvalidRequestError("Send code_challenge_method=S256.")
        super().validate_code_challenge(grant, redirect_uri)


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    """Codes, for their own client only."""

    TOKEN_ENDPOINT_AUTH_METHODS = ANY_METHOD

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        """The code that was looked up."""
        known: KnownCode | None = self.server.found.code
        return Code(known) if known and known.client_id == client.client_id else None


class RefreshGrant(RefreshTokenGrant):  # type: ignore[misc]
    """Refresh tokens; a used one is let through, so that the operation ends its grant."""

    TOKEN_ENDPOINT_AUTH_METHODS = ANY_METHOD

    def authenticate_refresh_token(self, refresh_token: str) -> Token | None:
        """The token that was looked up."""
        known: KnownToken | None = self.server.found.token
        return Token(known) if known and known.kind == "refresh_token" else None


class _AnyHint:
    """RFC 7009 2.1 and RFC 7662 2.1 let a server look everywhere, whatever the hint says."""

    server: Any

    def check_params(self, request: Asked, client: Client) -> None:
        if "token" not in request.form:
            raise InvalidRequestError("Send a token.")

    def query_token(self, token_string: str, token_type_hint: str | None) -> Token | None:
        known: KnownToken | None = self.server.found.token
        named: KnownClient | None = self.server.found.client
        mine = known is not None and named is not None and known.client_id == named.client_id
        return Token(known) if known is not None and mine else None


class Revocation(_AnyHint, RevocationEndpoint):  # type: ignore[misc]
    """RFC 7009; a token of another client is as unknown as any."""

    CLIENT_AUTH_METHODS = ANY_METHOD


class Introspection(_AnyHint, IntrospectionEndpoint):  # type: ignore[misc]
    """RFC 7662 for confidential clients, about their own tokens."""

    CLIENT_AUTH_METHODS = WITH_SECRET

    def check_permission(self, token: Token, client: Client, request: Asked) -> bool:
        """Whether the client may know about the token."""
        return token.check_client(client)

    def introspect_token(self, token: Token) -> dict[str, Any]:
        """What is told of a token that is good (RFC 7662 2.2)."""
        known = token.known
        told = {
            "active": True,
            "scope": token.get_scope(),
            "client_id": known.client_id,
            "sub": str(known.user_id),
            "iss": self.server.issuer,
            "iat": int(known.issued_at.timestamp()),
            "exp": int(known.expires_at.timestamp()),
        }
        return told | ({"token_type": "Bearer"} if known.kind == "access_token" else {})


class Server(AuthorizationServer):  # type: ignore[misc]
    """The server for one request."""

    def __init__(self, found: Found, issuer: str = "") -> None:
        super().__init__(scopes_supported=SCOPES[DIALECT])
        self.found = found
        self.issuer = issuer
        self.register_grant(CodeGrant, [S256()])
        self.register_grant(RefreshGrant)

    def query_client(self, client_id: str) -> Client | None:
        """The client that was looked up."""
        known = self.found.client
        return Client(known) if known and known.client_id == client_id else None

    def create_oauth2_request(self, request: Asked) -> Asked:
        """It is one already."""
        return request

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""


def _proves(verifier: str, challenge: str) -> bool:
    """Whether the challenge was made of the verifier, compared in constant time."""
    made: str = create_s256_code_challenge(verifier)
    return hmac.compare_digest(made, challenge)
