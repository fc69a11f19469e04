"""What operations reach of the world outside: one bundle, installed once a process.

The composition root (`workers/bootstrap.py`) installs it; a test installs its own with a fixed
clock, loaded dice and a resolver that it controls.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from activities.gateways.clerk import Clerk
from activities.gateways.clock import Clock
from activities.gateways.destinations import Destinations
from activities.gateways.dice import Dice
from activities.gateways.dns import Resolver
from activities.gateways.drawers import Drawers
from activities.gateways.geo import Geo, NoGeo
from activities.gateways.inbox import Inbox
from activities.gateways.mailer import Mailer
from activities.gateways.pictures import Pictures
from activities.gateways.receivers import Receivers
from activities.gateways.vault import Vault

LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""What a machine calls itself (RFC 6761 6.3, RFC 1122 3.2.1.3, RFC 4291 2.5.3)."""


@dataclass(frozen=True)
class Outside:
    """The gateways, and the few settings that change what operations answer."""

    clock: Clock
    dice: Dice
    resolver: Resolver
    receivers: Receivers
    pictures: Pictures
    destinations: Destinations
    vault: Vault
    mailer: Mailer
    public_url: str
    allow_private_targets: bool = False
    allow_http_targets: bool = False
    clerk: Clerk | None = None
    geo: Geo = field(default_factory=NoGeo)
    drawers: Drawers = field(default_factory=Drawers)
    picture_cache_bytes: int = 256 * 1024 * 1024
    inbox: Inbox | None = None

    @property
    def own_hosts(self) -> frozenset[str]:
        """Where our own short links live, as in addresses: a host, with its port if it has one.

        A machine that calls itself by one of its own names answers to all of them.
        """
        own = urlsplit(self.public_url)
        if own.hostname not in LOOPBACK:
            return frozenset((own.netloc.lower(),))
        port = f":{own.port}" if own.port else ""
        return frozenset(f"{name}{port}" for name in ("localhost", "127.0.0.1", "[::1]"))

    def short_url(self, short_code: str) -> str:
        """The address that a code carries and a visitor opens."""
        return f"{self.public_url}/q/{short_code}"

    def page_url(self, slug: str) -> str:
        """The public address of a link page."""
        return f"{self.public_url}/p/{slug}"

    def link_url(self, slug: str, hostname: str | None) -> str:
        """The address of a short link: on a custom domain always https."""
        base = f"https://{hostname}" if hostname else self.public_url
        return f"{base}/{slug}"


class _Installed:
    outside: Outside | None = None


def install(bundle: Outside | None) -> None:
    """Use `bundle` in this process from now on."""
    _Installed.outside = bundle


def outside() -> Outside:
    """The installed bundle."""
    if _Installed.outside is None:
        raise RuntimeError("no gateways installed; start through workers.bootstrap")
    return _Installed.outside
