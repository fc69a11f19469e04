"""The blocks of a link page as HTML, in their order; neighbours of one kind make a list.

Convention: every value from outside goes through `html.escape` on its way in, and an address is
only a link when it is one of the web.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from html import escape
from itertools import groupby
from urllib.parse import quote

from api.pages.signs import NAMES, icon_sign, network_sign

Block = Mapping[str, str]

_LISTS = {
    "link": "links",
    "short_link": "links",
    "email": "links",
    "phone": "links",
    "social": "social",
}
"""Blocks that are entries of a list, and the class of that list."""

_IN_MAILTO = "@!$*+'~-_."
"""What a mail address keeps as it is (RFC 6068)."""


def blocks_html(blocks: Iterable[Block]) -> str:
    """All of them. `short_link` blocks have the `url` of their link and a `label`."""
    parts = []
    for kind, neighbours in groupby(blocks, key=lambda block: _LISTS.get(block["type"], "")):
        drawn = [html for block in neighbours if (html := _DRAWN[block["type"]](block))]
        if kind and drawn:
            entries = "".join(f"<li>{html}</li>" for html in drawn)
            parts.append(f'<ul class="{kind}" role="list">{entries}</ul>')
        else:
            parts += drawn
    return "".join(parts)


def paragraphs(text: str) -> str:
    """A text with its line breaks; a blank line begins a paragraph."""
    return "".join(
        f'<p dir="auto">{escape(part.strip()).replace(chr(10), "<br>")}</p>'
        for part in re.split(r"\n[ ]*\n\s*", text)
    )


def _heading(block: Block) -> str:
    return f'<h2 dir="auto">{escape(block["text"])}</h2>'


def _text(block: Block) -> str:
    return f'<div class="text">{paragraphs(block["text"])}</div>'


def _link(block: Block) -> str:
    return _button(block["url"], block["label"], block.get("icon", ""))


def _email(block: Block) -> str:
    address = quote(block["address"], safe=_IN_MAILTO)
    return _button(f"mailto:{address}", block["label"], "mail")


def _phone(block: Block) -> str:
    return _button(f"tel:{block['number']}", block["label"], "phone")


def _button(address: str, label: str, icon: str) -> str:
    text = f'<span class="label" dir="auto">{escape(label)}</span>'
    return _anchor(address, f"{icon_sign(icon)}{text}", "button")


def _social(block: Block) -> str:
    network = block["network"]
    name = f'<span class="unseen">{escape(NAMES.get(network, network))}</span>'
    return _anchor(block["url"], f"{network_sign(network)}{name}", "network")


def _image(block: Block) -> str:
    image = (
        f'<img src="{escape(block["url"])}" alt="{escape(block["alt"])}" loading="lazy"'
        ' decoding="async" referrerpolicy="no-referrer">'
    )
    linked = _anchor(block["href"], image, "picture") if "href" in block else image
    return f"<figure>{linked}</figure>"


def _divider(block: Block) -> str:
    return "<hr>"


def _anchor(address: str, content: str, kind: str) -> str:
    """The content as a link; nothing where the address is of no kind that a page may open."""
    if not address.lower().startswith(("https://", "http://", "mailto:", "tel:")):
        return ""
    return f'<a class="{kind}" href="{escape(address)}" rel="noopener">{content}</a>'


_DRAWN: Mapping[str, Callable[[Block], str]] = {
    "heading": _heading,
    "text": _text,
    "link": _link,
    "short_link": _link,
    "image": _image,
    "divider": _divider,
    "social": _social,
    "email": _email,
    "phone": _phone,
}
