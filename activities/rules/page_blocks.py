"""What a link page is made of: its blocks in their order, and its theme."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from activities.rules import block_values as values
from activities.rules import colours
from activities.rules.block_values import Reader
from activities.rules.errors import InvalidFields

MOST_BLOCKS = 100
LEAST_CONTRAST = 4.5
"""Of text (WCAG 2.2, 1.4.3, level AA)."""

_LABEL = values.line(120)

NEEDED: Mapping[str, Mapping[str, Reader]] = {
    "heading": {"text": _LABEL},
    "text": {"text": values.lines(2000)},
    "link": {"label": _LABEL, "url": values.web_address},
    "short_link": {"linkId": values.link_id},
    "image": {"url": values.secure_address, "alt": values.line(300, may_be_empty=True)},
    "divider": {},
    "social": {"network": values.one_of(values.NETWORKS), "url": values.web_address},
    "email": {"address": values.mail_address, "label": _LABEL},
    "phone": {"number": values.phone_number, "label": _LABEL},
}
"""The kinds of blocks with the fields that each has, and how they are read."""

OPTIONAL: Mapping[str, Mapping[str, Reader]] = {
    "link": {"icon": values.icon},
    "short_link": {"label": _LABEL, "icon": values.icon},
    "image": {"href": values.web_address},
}

ICONS = (
    *("award", "book", "book-open", "briefcase", "calendar", "camera", "car", "clock", "coffee"),
    *("credit-card", "download", "file-text", "gift", "globe", "graduation-cap", "heart"),
    *("house", "image", "info", "link", "mail", "map-pin", "megaphone", "message-circle", "mic"),
    *("music", "newspaper", "phone", "play", "podcast", "rss", "shopping-bag", "shopping-cart"),
    *("star", "tag", "ticket", "truck", "user", "users", "utensils", "video", "wrench"),
)
"""Icons that pages draw; another name is kept, and draws nothing."""

SHAPES = ("rounded", "pill", "square")
FONTS = ("sans", "serif", "mono")
LAYOUTS = ("list", "grid")

DEFAULT_THEME: Mapping[str, str] = {
    "background": "#faf8f4",
    "foreground": "#1d1b18",
    "accent": "#1f4d3d",
    "buttonShape": "rounded",
    "font": "sans",
    "layout": "list",
}

EXAMPLES: tuple[Mapping[str, str], ...] = (
    {"type": "heading", "text": "Café Morgenrot"},
    {"type": "text", "text": "Breakfast until noon.\nClosed on Mondays."},
    {"type": "link", "label": "Menu", "url": "https://example.com/menu", "icon": "book"},
    {"type": "short_link", "linkId": "lnk_0f8fad5bd9cb469fa165708677289501"},
    {"type": "image", "url": "https://example.com/room.jpg", "alt": "Our room in the morning"},
    {"type": "divider"},
    {"type": "social", "network": "instagram", "url": "https://instagram.com/example"},
    {"type": "email", "address": "hello@example.com", "label": "Write to us"},
    {"type": "phone", "number": "+4930123456", "label": "Call us"},
)
"""A block of each kind."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_COLOURS = ("background", "foreground", "accent")
_UNKNOWN = "Remove this field; it is not known here."
_CHOICES = {"buttonShape": SHAPES, "font": FONTS, "layout": LAYOUTS}


def normalised_blocks(blocks: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The blocks as they are kept, each with `id` and `type`; what is null counts as absent.

    A block keeps the id that it brings; a new one is named after its content, so the same blocks
    get the same ids again. Raises `InvalidFields` on `blocks`, `blocks.3` or `blocks.3.url`, with
    all faults of all blocks.
    """
    if len(blocks) > MOST_BLOCKS:
        raise InvalidFields({"blocks": [f"Ensure there are no more than {MOST_BLOCKS} blocks."]})
    wrong: dict[str, list[str]] = {}
    kept = [_read_block(block, f"blocks.{place}", wrong) for place, block in enumerate(blocks)]
    taken: set[str] = set()
    for place, block in enumerate(kept):
        given = block.get("id")
        if given in taken:
            wrong[f"blocks.{place}.id"] = ["Another block has this id; leave it out for a new one."]
        taken |= {given} if given else set()
    if wrong:
        raise InvalidFields(wrong)
    return [_named(block, taken) for block in kept]


def normalised_theme(theme: Mapping[str, Any]) -> dict[str, str]:
    """The whole theme: what is given over `DEFAULT_THEME`, colours in small letters.

    Text on the background, and on buttons in the better one of the two colours of the page
    (`button_text`), has a contrast of 4.5 at least. Raises `InvalidFields` on `theme.accent` etc.
    """
    wrong = {f"theme.{key}": [_UNKNOWN] for key in theme if key not in DEFAULT_THEME}
    whole = {**DEFAULT_THEME, **{key: theme[key] for key in DEFAULT_THEME if key in theme}}
    for key in _COLOURS:
        if refusal := colours.refusal(whole[key] if isinstance(whole[key], str) else ""):
            wrong[f"theme.{key}"] = [refusal]
    for key, known in _CHOICES.items():
        if whole[key] not in known:
            wrong[f"theme.{key}"] = [f"Use one of {', '.join(known)}."]
    if wrong:
        raise InvalidFields(wrong)
    whole |= {key: whole[key].lower() for key in _COLOURS}
    if wrong := _unreadable(whole):
        raise InvalidFields(wrong)
    return whole


def button_text(theme: Mapping[str, str]) -> str:
    """The colour of text on a button, which is filled with the accent: whichever reads better."""
    page = (theme["background"], theme["foreground"])
    return max(page, key=lambda colour: colours.contrast(colour, theme["accent"]))


def _read_block(
    block: Mapping[str, Any], field: str, wrong: dict[str, list[str]]
) -> dict[str, str]:
    """The block with its fields read; faults are put into `wrong`."""
    if not isinstance(block, Mapping):
        wrong[field] = ["Give an object with a type."]
        return {}
    kind = block.get("type")
    if not isinstance(kind, str) or kind not in NEEDED:
        wrong[f"{field}.type"] = [f"Use one of {', '.join(NEEDED)}."]
        return {}
    needed, optional = NEEDED[kind], OPTIONAL.get(kind, {})
    readers = {"id": _id, **needed, **optional}
    kept = {"type": kind}
    for key in block:
        if key not in readers and key != "type":
            wrong[f"{field}.{key}"] = [f"Remove this field; a block '{kind}' has none."]
    for key, read in readers.items():
        if block.get(key) is None:
            if key in needed:
                wrong[f"{field}.{key}"] = ["Give this field."]
            continue
        try:
            kept[key] = read(block[key])
        except ValueError as refusal:
            wrong[f"{field}.{key}"] = [str(refusal)]
    if kept.get("alt") == "" and "href" in kept:
        wrong[f"{field}.alt"] = ["Say where the image leads."]
    return kept


def _id(value: object) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise ValueError("Keep the id that the block was given, or leave it out.")
    return value


def _named(block: dict[str, str], taken: set[str]) -> dict[str, str]:
    """The block with an id; a new one is not in `taken`, and is put there."""
    if "id" in block:
        return block
    content = json.dumps(block, sort_keys=True)
    name, turn = "", 0
    while not name or name in taken:
        digest = hashlib.sha256(f"{turn} {content}".encode()).hexdigest()
        name, turn = f"blk_{digest[:12]}", turn + 1
    taken.add(name)
    return {"id": name, **block}


def _unreadable(theme: Mapping[str, str]) -> dict[str, list[str]]:
    """The colours that text cannot be read in, with the contrast that it has."""
    pairs = {
        "theme.foreground": ("Text on the background", theme["background"], theme["foreground"]),
        "theme.accent": ("Text on the buttons", theme["accent"], button_text(theme)),
    }
    ratios = {
        field: (what, colours.contrast(one, other)) for field, (what, one, other) in pairs.items()
    }
    return {
        # Cut, not rounded: 4.496 is not told to be 4.5.
        field: [
            f"{what} has a contrast of {math.floor(ratio * 100) / 100}:1; "
            f"choose colours with at least {LEAST_CONTRAST}:1."
        ]
        for field, (what, ratio) in ratios.items()
        if ratio < LEAST_CONTRAST
    }
