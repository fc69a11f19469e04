"""Will it scan? A picture is judged by what is known of it and by reading it, also spoilt.

The score is 0 to 100. What a reader (zxing-cpp) cannot read in the very pixels has 0, whatever else
is right about it; below `READABLE` a picture is refused unless somebody insists.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import zxingcpp
from PIL import Image, ImageFilter

from activities.rules.colours import contrast
from activities.rules.looks import WHITE

READABLE = 40
"""The least score of a picture that is given out unasked."""

LEAST_CONTRAST, GOOD_CONTRAST = 3.0, 4.5
_LEAST_MODULE_MM = 0.25
"""GS1 General Specifications 5.12.3: X-dimension of symbols that phones and readers scan."""

_DISTANCE = 10.0
"""Of reading, at most this many times the width of the symbol (a rule of thumb of the trade)."""

_MM = 25.4
_MOST_COVERED = 0.2
_SPOILT = (("blurred", 12), ("small", 12), ("small and blurred", 8))
_SMALL = 3.0
_BLUR = 0.33


@dataclass(frozen=True)
class Facts:
    """What is known of a picture beside its pixels.

    `said` is what readers may make of it. `inks` are the colours of dark modules, `paper` what is
    behind them. `margin` and `standard_margin` are modules of quiet zone; `module_px` is pixels a
    module, `module_mm` its printed size (None: not known). `covered` is the share of the symbol
    that a logo hides, `modules` how many a matrix is wide.
    """

    said: frozenset[str]
    inks: tuple[str, ...]
    paper: str | None
    margin: int
    standard_margin: int
    module_px: float
    module_mm: float | None = None
    covered: float = 0.0
    modules: int | None = None


@dataclass(frozen=True)
class Reason:
    """Why points are missing: a code word, a sentence, and how many."""

    code: str
    sentence: str
    points: int


@dataclass(frozen=True)
class Score:
    """How well a picture scans, from 0 to 100, and why not better.

    `distance_mm` is how far away it can be read when printed, None without a printed size and for
    bars.
    """

    value: int
    reasons: tuple[Reason, ...] = ()
    distance_mm: int | None = None

    @property
    def is_readable(self) -> bool:
        """Whether it may be given out unasked."""
        return self.value >= READABLE


def prove(picture: Image.Image, facts: Facts, modules: float) -> Score:
    """Judge the picture, `modules` wide, as it looks on its paper."""
    paper = facts.paper or WHITE
    seen = _on_paper(picture, paper)
    reasons = list(_known(facts, paper))
    if not _reads(seen, facts.said):
        told = "A reader does not find the code in this picture."
        reasons.insert(0, Reason("unreadable", told, 100))
    else:
        reasons += _spoilt(seen, facts, modules)
    value = max(0, 100 - sum(reason.points for reason in reasons))
    distance = None
    if facts.module_mm is not None and facts.modules is not None:
        distance = round(facts.modules * facts.module_mm * _DISTANCE)
    return Score(value, tuple(reasons), distance)


def _known(facts: Facts, paper: str) -> Iterator[Reason]:
    """What is wrong before anybody looks."""
    least = min(contrast(ink, paper) for ink in facts.inks)
    if any(contrast(ink, WHITE) < contrast(paper, WHITE) for ink in facts.inks):
        yield Reason("inverted", "Modules are lighter than what is behind them.", 35)
    if least < LEAST_CONTRAST:
        told = f"The contrast of {least:.1f} to 1 is below {LEAST_CONTRAST:g} to 1."
        yield Reason("contrast", told, 50)
    elif least < GOOD_CONTRAST:
        told = f"The contrast of {least:.1f} to 1 is below {GOOD_CONTRAST:g} to 1."
        yield Reason("contrast", told, 15)
    if facts.paper is None:
        yield Reason("transparent", "On a dark ground a transparent picture cannot be read.", 5)
    if facts.margin < facts.standard_margin:
        missing = facts.standard_margin - facts.margin
        told = f"The quiet zone is {missing} modules narrower than the standard asks for."
        yield Reason("quiet_zone", told, min(20, 5 * missing))
    if facts.module_px < 2:
        yield Reason("module_size", "A module is less than 2 pixels.", 15)
    if facts.module_mm is not None and facts.module_mm < _LEAST_MODULE_MM:
        told = f"A module prints {facts.module_mm:.3f} mm wide; phones want {_LEAST_MODULE_MM} mm."
        yield Reason("module_size", told, 20)
    if facts.covered > _MOST_COVERED:
        told = f"The logo hides {facts.covered:.0%} of the symbol: more than {_MOST_COVERED:.0%}."
        yield Reason("logo", told, 20)
    elif facts.covered:
        yield Reason("logo", f"The logo hides {facts.covered:.0%} of the symbol.", 3)


def _spoilt(seen: Image.Image, facts: Facts, modules: float) -> Iterator[Reason]:
    """Reads it blurred, scaled down to few pixels a module, and both."""
    pixel = seen.width / modules
    small = seen
    if pixel > _SMALL:
        across = round(modules * _SMALL)
        down = max(1, round(seen.height * across / seen.width))
        small = seen.resize((across, down), Image.Resampling.BOX)
    near = seen
    if pixel > 2 * _SMALL:
        near = seen.resize((round(seen.width / pixel * 6), round(seen.height / pixel * 6)))
    grain = near.width / modules
    blurred = near.filter(ImageFilter.GaussianBlur(_BLUR * grain))
    both = small.filter(ImageFilter.GaussianBlur(_BLUR * 0.8 * small.width / modules))
    for (name, points), picture in zip(_SPOILT, (blurred, small, both), strict=True):
        if not _reads(picture, facts.said):
            yield Reason(name.replace(" ", "_"), f"It is not read when {name}.", points)


def _reads(picture: Image.Image, said: frozenset[str]) -> bool:
    found = zxingcpp.read_barcodes(picture, try_rotate=False)
    return any(each.text in said for each in found)


def _on_paper(picture: Image.Image, paper: str) -> Image.Image:
    """In greys, on what is behind."""
    if picture.mode in ("RGBA", "LA", "P") or "transparency" in picture.info:
        whole = picture.convert("RGBA")
        ground = Image.new(
            "L", picture.size, Image.new("RGB", (1, 1), paper).convert("L").getpixel((0, 0))
        )
        ground.paste(whole.convert("L"), mask=whole.getchannel("A"))
        return ground
    return picture.convert("L")
