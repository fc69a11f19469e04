"""Letters: a kind of mail and its words become a subject, a text part and HTML.

The sentences of a kind are in `mail_templates/<kind>.txt.j2`, once for both parts. The HTML is laid
out in MJML, which is turned into HTML once a process: words come in afterwards, all of them escaped
by Jinja. A mail loads nothing but the charts of a weekly digest, and nothing tells who has read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import FunctionLoader, StrictUndefined, Template
from jinja2.sandbox import SandboxedEnvironment
from mjml import mjml2html

from activities.rules.mail_lists import CHART_HEIGHT, CHART_WIDTH, plain
from activities.rules.mails import clean_words

LONGEST_SUBJECT = 140

_TEMPLATES = files("activities.render") / "mail_templates"
_OWN_PAGES = ("daily_digest", "weekly_digest")
"""Kinds that have a page of their own; the others are a sentence, a button and a sentence."""

_TINTS: Mapping[str, str] = {"up": "#1c7a45", "down": "#b3402a", "same": "#6b665e"}


@dataclass(frozen=True)
class Letter:
    """A mail as it is read; `link` is the one that it is about."""

    subject: str
    text: str
    html: str
    link: str


def write_letter(kind: str, words: Mapping[str, str]) -> Letter:
    """The mail of this kind; `ValueError` for words that do not fill it (`clean_words`)."""
    said = clean_words(kind, words)
    written = _TEXTS.get_template(f"{kind}.txt.j2").make_module(said)
    sentences = {
        name: part.strip() for name, part in vars(written).items() if isinstance(part, str)
    }
    sentences["subject"] = plain(sentences["subject"], LONGEST_SUBJECT)
    page = _page(kind if kind in _OWN_PAGES else "card")
    return Letter(
        subject=sentences["subject"],
        text=str(written),
        html=page.render({**said, **sentences}),
        link=said["link"],
    )


@cache
def _page(name: str) -> Template:
    """A page whose words are still to come."""
    layout = _LAYOUTS.get_template(f"{name}.mjml.j2")
    mjml = layout.render(chart_width=CHART_WIDTH, chart_height=CHART_HEIGHT)
    return _PAGES.from_string(mjml2html(mjml, disable_comments=True, fonts={}))


def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text("utf-8")


def _line(text: str) -> str:
    return " ".join(text.split())


def _number(number: int) -> str:
    return f"{number:,}"


_TEXTS = SandboxedEnvironment(
    loader=FunctionLoader(_read),
    autoescape=False,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_TEXTS.filters |= {"line": _line, "number": _number}
_PAGES = SandboxedEnvironment(
    autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_PAGES.filters |= {"number": _number, "tint": _TINTS.__getitem__}
_LAYOUTS = SandboxedEnvironment(
    loader=FunctionLoader(_read),
    autoescape=True,
    undefined=StrictUndefined,
    block_start_string="[%",
    block_end_string="%]",
    variable_start_string="[[",
    variable_end_string="]]",
    comment_start_string="[#",
    comment_end_string="#]",
)
"""For what is laid out before there are words."""
