"""Every setting, in one place. Each is an environment variable of the same name in capitals.

`load_settings()` answers them checked, or raises `SettingWrong` whose sentence names the variable
and what it takes. `inkloom settings` prints this page.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_SENDER = re.compile(r"[^<>@]+ <[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+")


class SettingWrong(Exception):
    """A setting has a value that Inkloom cannot start with; the sentence says which and why."""


class Settings(BaseSettings):
    """The checked settings of one process; unset ones have the defaults shown here."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True)

    environment: Literal["development", "production"] = Field(
        "development", description="production refuses to start on unsafe defaults"
    )
    database_url: SecretStr = Field(
        SecretStr(""),
        description="postgresql://user:password@host:port/name, PostgreSQL 15 or newer; "
        "unset, `inkloom up` brings its own",
    )
    database_pool_size: int = Field(
        10, ge=1, le=500, description="most connections one process opens"
    )
    temporal_address: str = Field(
        "", description="host:port of a Temporal frontend; unset, `inkloom up` brings its own"
    )
    temporal_namespace: str = Field("default", min_length=1, description="Temporal namespace")
    temporal_tls: bool = Field(False, description="speak TLS to Temporal (Temporal Cloud: true)")
    temporal_api_key: SecretStr = Field(SecretStr(""), description="API key of Temporal Cloud")
    host: str = Field("127.0.0.1", description="address that the API and /metrics listen on")
    port: int = Field(8000, ge=0, le=65535, description="port that the API listens on")
    public_url: str = Field(
        "http://localhost:8000", description="address that short links and codes carry"
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="32 random bytes in base64; seals webhook secrets at rest "
        "(make one with: openssl rand -base64 32)",
    )
    allow_private_targets: bool = Field(
        False, description="let webhooks go to private and loopback addresses"
    )
    allow_http_targets: bool = Field(False, description="let webhooks go to http:// addresses")
    dev_inbox: bool = Field(
        False,
        description="have the page /dev/inbox for callers on this machine, and let webhooks go to "
        "it; `inkloom up` turns it on in development, production refuses it",
    )
    resend_api_key: SecretStr = Field(
        SecretStr(""),
        description="key of a Resend account; unset, development has the page /dev/mailbox and "
        "production sends no mail",
    )
    resend_base_url: str = Field(
        "https://api.resend.com", min_length=1, description="where the Resend API is"
    )
    mail_from: str = Field(
        "Inkloom <no-reply@localhost>",
        description="sender of every mail, at a domain that Resend has verified",
    )
    clerk_jwks_url: str = Field(
        "",
        description="where Clerk publishes its keys, https://<frontend API>/.well-known/jwks.json; "
        "set, the workspace API takes Clerk's session tokens too. To let somebody in for the first "
        "time a token needs the claims email and email_verified",
    )
    clerk_issuer: str = Field("", description="the iss that a token of Clerk must have")
    clerk_audience: str = Field(
        "", description="the aud, or else azp, that a token of Clerk must have; unset, any will do"
    )
    cron_secret: SecretStr = Field(
        SecretStr(""), description="secret with which /api/cron starts jobs; unset, it answers 503"
    )
    dns_servers: str = Field(
        "",
        description="addresses of the name servers that say whether a domain is proved, each with "
        "an optional :port, comma-separated; unset, those of the machine",
    )
    trusted_proxies: str = Field(
        "",
        description="networks whose X-Forwarded-For and CF-IPCountry headers are believed, "
        "comma-separated",
    )
    geoip_db: str = Field(
        "",
        description="whole path of an .mmdb file of network addresses (GeoLite2, GeoIP2, DB-IP "
        "or IPinfo; countries or cities), replaced by renaming; unset, countries come from a table "
        "of June 2024, and `none` is no table at all",
    )
    spool_dir: str = Field(
        ".inkloom/spool",
        min_length=1,
        description="folder in which visits wait while PostgreSQL is away; it has to outlive the "
        "process, and several processes of one machine may share it",
    )
    picture_cache_mb: int = Field(
        256,
        ge=0,
        le=1024 * 1024,
        description="MiB of finished pictures that the database keeps, so that they are not drawn "
        "again; 0 keeps none",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="least severity that is logged"
    )
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="auto: console on a terminal, JSON lines elsewhere"
    )
    metrics_port: int = Field(
        0,
        ge=0,
        le=65535,
        description="port of /metrics for worker and relay; 0 is off. Under `inkloom up` the relay "
        "has the port after it",
    )
    otel_exporter_otlp_endpoint: str = Field(
        "", description="OTLP/HTTP collector for traces, e.g. http://collector:4318; unset is off"
    )

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, value: SecretStr) -> SecretStr:
        url = value.get_secret_value()
        if url and not url.startswith(("postgresql://", "postgres://")):
            raise ValueError("must start with postgresql://")
        return value

    @field_validator("temporal_address")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if value and not (host and port.isdigit()):
            raise ValueError("must be host:port, for example temporal:7233")
        return value

    @field_validator("public_url", "otel_exporter_otlp_endpoint", "resend_base_url")
    @classmethod
    def _absolute(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and not (parts.scheme in ("http", "https") and parts.hostname):
            raise ValueError("must be a whole address that starts with http:// or https://")
        if parts.query or parts.fragment:
            raise ValueError("must not have a ? or # part")
        return value.rstrip("/")

    @field_validator("secret_key")
    @classmethod
    def _thirty_two_bytes(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value():
            decode_key(value.get_secret_value())
        return value

    @field_validator("mail_from")
    @classmethod
    def _mail_address(cls, value: str) -> str:
        if not value.isprintable() or not _SENDER.fullmatch(value):
            raise ValueError("must be an address, for example Inkloom <mail@ink.example>")
        return value

    @field_validator("clerk_jwks_url")
    @classmethod
    def _https_beyond_loopback(cls, value: str) -> str:
        parts = urlsplit(value)
        local = parts.hostname in ("localhost", "127.0.0.1", "::1")
        schemes = ("https", "http") if local else ("https",)
        if value and not (parts.hostname and parts.scheme in schemes):
            raise ValueError("must be a whole address that starts with https://")
        return value

    @field_validator("dns_servers")
    @classmethod
    def _addresses(cls, value: str) -> str:
        read_servers(value)
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for part in filter(None, (piece.strip() for piece in value.split(","))):
            ipaddress.ip_network(part, strict=False)
        return value

    @model_validator(mode="after")
    def _one_issuer(self) -> Settings:
        if self.clerk_jwks_url and not self.clerk_issuer:
            raise ValueError("CLERK_ISSUER must be set where CLERK_JWKS_URL is")
        return self

    @model_validator(mode="after")
    def _safe_in_production(self) -> Settings:
        if self.environment == "production":
            if not self.secret_key.get_secret_value():
                raise ValueError(
                    "SECRET_KEY must be set in production (openssl rand -base64 32 makes one)"
                )
            if 0 < len(self.cron_secret.get_secret_value()) < 16:
                raise ValueError("CRON_SECRET must be 16 characters or more in production")
            if not self.public_url.startswith("https://"):
                raise ValueError("PUBLIC_URL must be https:// in production")
            if not self.resend_base_url.startswith("https://"):
                raise ValueError("RESEND_BASE_URL must be https:// in production")
            if self.dev_inbox:
                raise ValueError("DEV_INBOX must not be set in production")
        return self

    def has_mailbox(self) -> bool:
        """Whether mails go to the page /dev/mailbox instead of to a provider."""
        return self.environment == "development" and not self.resend_api_key.get_secret_value()

    def name_servers(self) -> tuple[tuple[str, int], ...]:
        """Address and port of each of `dns_servers`."""
        return read_servers(self.dns_servers)

    def proxies(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """The networks of `trusted_proxies`."""
        parts = filter(None, (piece.strip() for piece in self.trusted_proxies.split(",")))
        return tuple(ipaddress.ip_network(part, strict=False) for part in parts)


def load_settings(**overrides: Any) -> Settings:
    """Read the environment; `overrides` win. Raises `SettingWrong` with one sentence."""
    try:
        return Settings(**overrides)
    except ValidationError as refusal:
        first = refusal.errors(include_url=False, include_context=False)[0]
        name = str(first["loc"][0]).upper() if first["loc"] else ""
        reason = first["msg"].removeprefix("Value error, ")
        raise SettingWrong(f"{name}: {reason}" if name else reason) from None


def need_database(settings: Settings) -> str:
    """The database address, or a sentence that says how to get one."""
    url = settings.database_url.get_secret_value()
    if not url:
        raise SettingWrong(
            "DATABASE_URL is not set; set it, or run `inkloom up`, which brings its own database"
        )
    return url


def read_servers(text: str) -> tuple[tuple[str, int], ...]:
    """The name servers of a comma-separated list, `[::1]:53` being IPv6 with a port.

    `ValueError` says what is wrong with it.
    """
    servers = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        bare = f"[{part}]" if part.count(":") > 1 and not part.startswith("[") else part
        try:
            parts = urlsplit(f"//{bare}")
            servers.append((str(ipaddress.ip_address(parts.hostname or "")), parts.port or 53))
        except ValueError:
            raise ValueError("must be addresses such as 9.9.9.9 or [2620:fe::fe]:53") from None
    return tuple(servers)


def decode_key(text: str) -> bytes:
    """The 32 bytes of a base64 key; `ValueError` says what is wrong with it."""
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("must be base64 (openssl rand -base64 32 makes one)") from None
    if len(key) != 32:
        raise ValueError(f"must be 32 bytes in base64, is {len(key)}")
    return key


def describe_settings() -> list[Mapping[str, str]]:
    """Name, default and meaning of every setting, in the order of this file."""
    rows: list[Mapping[str, str]] = []
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = default.get_secret_value() if isinstance(default, SecretStr) else str(default)
        rows.append(
            {"name": name.upper(), "default": shown, "meaning": str(field.description or "")}
        )
    return rows
