"""Deep links: a visit on a phone opens the app, or the store, or the page.

JSON, in camelCase, stored as `normalised_deep_links` answers it; each part may be absent:

    {"ios":     {"url": "myapp://item/1", "storeUrl": "https://apps.apple.com/app/id1"},
     "android": {"url": "myapp://item/1", "package": "com.example",
                 "storeUrl": "https://play.google.com/store/apps/details?id=com.example"}}

Without `storeUrl` a phone without the app is led to the destination of the link. Without `url` an
Android app is opened with the destination itself (Android App Links).

Android understands `intent:` addresses, which name the app and where to go without it (Chrome for
Developers, "Android Intents with Chrome"). iOS has no such thing: a small page tries the address of
the app and goes on to the fallback when nothing happens.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from activities.rules import destinations
from activities.rules.findings import Findings
from activities.rules.platforms import platform

LONGEST_PACKAGE = 255

DENIED_SCHEMES = frozenset(
    {"javascript", "data", "vbscript", "file", "blob", "about", "filesystem", "view-source"}
    | {"intent", "android-app", "content", "resource", "jar", "chrome", "chrome-extension"}
    | {"itms-services", "ws", "wss", "ftp"}
)
"""Schemes that run something, read the phone, or install past the store."""

_KEYS = ("ios", "android")
_IOS_KEYS = ("url", "storeUrl")
_ANDROID_KEYS = ("url", "package", "storeUrl")
_APP_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,63})://([A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*)")
_PACKAGE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)+")


@dataclass(frozen=True)
class DeepLink:
    """How one platform opens the app. `app_url` and `store_url` are ASCII without spaces."""

    platform: Literal["ios", "android"]
    app_url: str | None
    package: str | None
    store_url: str | None

    @property
    def needs_page(self) -> bool:
        """Whether a page must try `app_address`; if not, a redirect to it does."""
        return self.platform == "ios" and not _is_web(self.app_url or "")

    def fallback(self, destination: str) -> str:
        """Where a phone without the app goes; `destination` is that of the link."""
        return destinations.location(self.store_url or destination)

    def app_address(self, destination: str) -> str:
        """The address that opens the app: its own on iOS, an `intent:` address on Android."""
        opened = self.app_url or destinations.location(destination).partition("#")[0]
        if self.platform == "ios":
            return opened
        scheme, _, rest = opened.partition("://")
        return (
            f"intent://{rest}#Intent;scheme={scheme.lower()};package={self.package};"
            f"S.browser_fallback_url={quote(self.fallback(destination), safe='')};end"
        )


def for_visit(deep_links: Mapping[str, Any], os: str | None) -> DeepLink | None:
    """The deep link for a system (a family of ua-parser); None when there is none for it.

    `deep_links` are normalised and not judged again.
    """
    system = platform(os)
    if system == "iOS" and "ios" in deep_links:
        ios = deep_links["ios"]
        return DeepLink("ios", ios["url"], None, ios.get("storeUrl"))
    if system == "Android" and "android" in deep_links:
        android = deep_links["android"]
        return DeepLink("android", android.get("url"), android["package"], android.get("storeUrl"))
    return None


def normalised_deep_links(deep_links: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The deep links as they are stored, without what is None or empty.

    Raises `InvalidFields` by paths such as `deep_links.ios.storeUrl`. An address of an app has a
    scheme of its own, or http and https for a universal link; schemes of `DENIED_SCHEMES` never.
    """
    found = Findings()
    given = found.read_object(deep_links, "deep_links", _KEYS)
    stored = {}
    if given.get("ios") is not None:
        stored["ios"] = _ios(given["ios"], "deep_links.ios", found)
    if given.get("android") is not None:
        stored["android"] = _android(given["android"], "deep_links.android", found)
    found.settle()
    return stored


def _ios(given: object, path: str, found: Findings) -> dict[str, str]:
    ios = found.read_object(given, path, _IOS_KEYS)
    url = _app_url(ios.get("url"), f"{path}.url", found)
    if not ios.get("url"):
        found.tell(f"{path}.url", "Give the address that opens the app.")
    return _set(url=url, storeUrl=found.read_https(ios.get("storeUrl"), f"{path}.storeUrl"))


def _android(given: object, path: str, found: Findings) -> dict[str, str]:
    android = found.read_object(given, path, _ANDROID_KEYS)
    url = _app_url(android.get("url"), f"{path}.url", found)
    if "#" in url:
        # In an intent address the app and the fallback stand behind the sign.
        found.tell(f"{path}.url", "Leave out the part from the # sign on.")
    package = found.read_line(android.get("package"), f"{path}.package", LONGEST_PACKAGE)
    if not _PACKAGE.fullmatch(package):
        found.tell(f"{path}.package", "Give the id of the app, for example com.example.shop.")
    store = found.read_https(android.get("storeUrl"), f"{path}.storeUrl")
    return _set(url=url, package=package, storeUrl=store)


def _app_url(given: object, path: str, found: Findings) -> str:
    if given is None or given == "":
        return ""
    read = _APP_URL.fullmatch(given) if isinstance(given, str) else None
    if read is None or not read[2] or len(read[0]) > destinations.LONGEST:
        found.tell(path, "Give the address that opens the app, for example myapp://item/1.")
        return ""
    if read[1].lower() in DENIED_SCHEMES:
        found.tell(path, f"Addresses with {read[1].lower()}: are not allowed here.")
    elif _is_web(read[0]):
        found.tell(path, destinations.refusal(read[0]))
    return read[0]


def _is_web(url: str) -> bool:
    return url.lower().startswith(("https://", "http://"))


def _set(**fields: str) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}
