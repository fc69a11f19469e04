"""Telephone numbers and mail addresses, as people write them and as machines dial them."""

from __future__ import annotations

import re
import unicodedata

LONGEST_NUMBER = 40
LONGEST_ADDRESS = 254
_LONGEST_LOCAL = 64

_SEPARATORS = re.compile(r"\(0\)|[ \u00a0().\-/]")
_GLOBAL = re.compile(r"\+[1-9][0-9]{5,14}")
_SHORT = re.compile(r"[1-9][0-9]{2,7}")
# Of the signs of RFC 5321 without ? & % #: in a mailto: address they begin what is no mailbox.
_ATOM = r"[A-Za-z0-9!$*+/=^_`{|}~'-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")


def global_number(text: str) -> str:
    """`+` and 6 to 15 digits (ITU-T E.164), without the separators of RFC 3966 and without `(0)`.

    Raises ValueError with a sentence.
    """
    number = _SEPARATORS.sub("", text)
    if not _GLOBAL.fullmatch(number):
        raise ValueError("Give a number with + and its country code, for example +49 30 901820.")
    return number


def number_or_short_code(text: str) -> str:
    """A global number, or a short code of 3 to 8 digits. Raises ValueError with a sentence."""
    digits = _SEPARATORS.sub("", text)
    return digits if _SHORT.fullmatch(digits) else global_number(text)


def is_mailbox(local: str) -> bool:
    """Whether this can stand before the @ of an address that people are told to write to."""
    return len(local) <= _LONGEST_LOCAL and _LOCAL.fullmatch(local) is not None


def mail_address(text: str) -> str:
    """An address of RFC 5321 without quoted local part, its domain in small letters.

    The local part is an `is_mailbox`. The domain may be international and stays as it is written.
    Raises ValueError with a sentence.
    """
    local, _, domain = text.rpartition("@")
    labels = domain.lower().split(".")
    sound = (
        len(text.encode()) <= LONGEST_ADDRESS
        and is_mailbox(local)
        and len(labels) > 1
        and all(_is_label(label) for label in labels)
    )
    if not sound:
        raise ValueError("Give a mail address, for example hello@example.com.")
    return f"{local}@{'.'.join(labels)}"


def _is_label(label: str) -> bool:
    return (
        0 < len(label) <= 63
        and label[0] != "-"
        and label[-1] != "-"
        and all(sign == "-" or unicodedata.category(sign)[0] in "LMN" for sign in label)
    )
