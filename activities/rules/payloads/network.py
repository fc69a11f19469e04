"""WIFI: joins a wireless network.

There is no standard for passphrases in a code but the de-facto one of ZXing's wiki ("Barcode
Contents"), which Android and iOS read: `WIFI:T:WPA;S:name;P:password;;` with a backslash before
`\\`, `;`, `,`, `:` and `"`. WPA3's own scheme (WPA3 Specification 7) has the same beginning.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from activities.rules.payloads.fields import FieldReader, without_absent

ENCRYPTIONS = ("WPA", "WEP", "SAE", "nopass")

FIELDS: Mapping[str, str] = {
    "ssid": "The name of the network, 1 to 32 bytes in UTF-8, as it is spelled there. Required.",
    "password": (
        "The password. WPA: 8 to 63 ASCII characters or 64 hex digits. WEP: 5, 13 or 29 ASCII "
        "characters or 10, 26 or 58 hex digits. SAE: up to 128 bytes."
    ),
    "encryption": (
        "WPA (also WPA2, and WPA3 networks that let WPA2 in), SAE (WPA3 only), WEP or nopass. "
        "Without it WPA when there is a password, nopass when there is none."
    ),
    "hidden": "true when the network does not announce its name. Default false.",
}
EXAMPLE: Mapping[str, Any] = {
    "ssid": "Café Größenwahn",
    "password": "flat;white:2",
    "encryption": "WPA",
    "hidden": False,
}

_LONGEST_PASSWORD = 128
_SPECIAL = re.compile(r'[\\;,:"]')
_HEX = re.compile(r"[0-9A-Fa-f]+")
_PRINTABLE = re.compile(r"[\x20-\x7e]+")


def read_wifi(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields in canonical form; spaces in name and password stay. Raises InvalidFields."""
    reader = FieldReader(fields, FIELDS)
    ssid = reader.text("ssid", 32, required="Give the name of the network.", spacing="kept")
    if ssid and len(ssid.encode()) > 32:
        reader.refuse("ssid", "Ensure the name has no more than 32 bytes in UTF-8.")
    password = reader.text("password", _LONGEST_PASSWORD, spacing="kept")
    default = "WPA" if reader.has("password") else "nopass"
    encryption = reader.choice("encryption", ENCRYPTIONS, default)
    if (refusal := _refusal(encryption, password)) and (password or not reader.has("password")):
        reader.refuse("password", refusal)
    hidden = reader.flag("hidden")
    reader.done()
    return without_absent(
        {"ssid": ssid, "password": password, "encryption": encryption, "hidden": hidden}
    )


def wifi_payload(content: Mapping[str, Any]) -> str:
    """The network in the notation above.

    A name of hex digits alone is put in quotes, as the wiki asks: ZXing's apps would read the bytes
    behind the digits. A password never is: its length tells digits from text, and iOS takes
    quotes for a part of it.
    """
    ssid = _escaped(content["ssid"])
    if _HEX.fullmatch(ssid):
        ssid = f'"{ssid}"'
    parts = [f"T:{content['encryption']}", f"S:{ssid}"]
    if "password" in content:
        parts.append(f"P:{_escaped(content['password'])}")
    if content.get("hidden"):
        parts.append("H:true")
    return f"WIFI:{';'.join(parts)};;"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: f"\\{found[0]}", text)


def _refusal(encryption: str, password: str | None) -> str | None:
    if encryption == "nopass":
        return "Leave the password out, or choose another encryption." if password else None
    if not password:
        return "Give the password, or choose the encryption nopass."
    length, hex_digits = len(password), _HEX.fullmatch(password)
    if encryption == "SAE":
        fits = len(password.encode()) <= _LONGEST_PASSWORD
        return None if fits else f"Ensure the password has at most {_LONGEST_PASSWORD} bytes."
    if encryption == "WEP":
        if hex_digits and length in (10, 26, 58):
            return None
        if _PRINTABLE.fullmatch(password) and length in (5, 13, 29):
            return None
        return "Give 5, 13 or 29 ASCII characters, or 10, 26 or 58 hex digits, for WEP."
    if _PRINTABLE.fullmatch(password) and (8 <= length <= 63 or (hex_digits and length == 64)):
        return None
    return "Give 8 to 63 ASCII characters, or 64 hex digits, for WPA."
