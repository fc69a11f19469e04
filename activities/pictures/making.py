"""A picture is made: in the size that the plan allows, in its style, by processes that draw.

A picture that readers would not find the code in is refused, unless somebody insists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any, Literal

from activities.brand.logos import LogoOf, logo_of
from activities.gateways.drawers import SECONDS, TooHeavy
from activities.outside import outside
from activities.permits import needs
from activities.pictures.cache import FindPicture, KeepPicture, find_picture, keep_picture
from activities.pictures.keys import key_of, score_read, score_told
from activities.pictures.views import MEDIA_TYPES, Image
from activities.render.pictures import PRINT_DPI, Output, Picture, draw_picture
from activities.render.proving import Score
from activities.render.qr import Unrenderable
from activities.rules.actors import Actor
from activities.rules.errors import (
    InvalidFields,
    PlanLimitReached,
    StyleUnreadable,
    Unsupported,
)
from activities.rules.looks import Style
from activities.rules.plans import plan_of
from activities.rules.reading_styles import on_top
from activities.rules.symbologies import Symbology

SMALLEST_PX, LARGEST_PX = 16, 4096
"""Of a picture that is asked for in pixels."""

LEAST_INCHES, MOST_INCHES = 0.25, 15.0
LEAST_DPI, MOST_DPI = 72, 600

_PIXELS_A_SECOND = 2_000_000

MM_PER_INCH = 25.4
DEFAULT_PX = 1024


@dataclass(frozen=True)
class Wish:
    """What kind of picture: its output and size, whatever it shows.

    The width is `size_px`, or `inches` or `mm` at `dpi` (300 if not said); without any it is 1024
    pixels. With `force` it is given out even if no reader finds the code in it.
    """

    output: Output = "png"
    size_px: int | None = None
    inches: float | None = None
    mm: float | None = None
    dpi: int | None = None
    force: bool = False


@dataclass(frozen=True)
class MakePicture:
    """A picture of a payload in a style. `title` names it for readers of screens."""

    by: Actor
    payload: str
    style: Style = field(default_factory=Style)
    wish: Wish = field(default_factory=Wish)
    symbology: Symbology | Literal["QR"] = "QR"
    title: str = ""


@needs("assets.read")
async def make_picture(command: MakePicture) -> Image:
    """Make it.

    Raises `InvalidFields` for a size or payload that cannot be, `PlanLimitReached` beyond the
    inches of the plan, `Unsupported` for what is too much to draw, and `StyleUnreadable`.
    """
    began = perf_counter()
    by, style = command.by, command.style
    picture = Picture(
        payload=command.payload,
        output=command.wish.output,
        symbology=command.symbology,
        style=style,
        size_px=pixels_of(command.wish, by.plan),
        dpi=dpi_of(command.wish),
        logo=(await logo_of(LogoOf(by, style.logo))).png if style.logo else None,
        title=command.title,
    )
    key = key_of(picture, by.organization_id)
    kept = await find_picture(FindPicture(key))
    score = None if kept is None else score_read(kept.score)
    if kept is not None and score is not None:
        image = Image(kept.content, kept.media_type, command.payload, score, is_kept=True)
    else:
        image = await _drawn(command, picture, key)
    if not command.wish.force and (refused := unreadable(image.score)):
        raise refused
    return replace(image, took_ms=round((perf_counter() - began) * 1000))


async def _drawn(command: MakePicture, picture: Picture, key: str) -> Image:
    """Drawn by a process, and kept for the next who asks."""
    try:
        drawn = await outside().drawers.run(
            command.by.organization_id, draw_picture, picture, seconds=seconds_for(picture)
        )
    except Unrenderable as fault:
        raise refusal_of(fault, command.symbology) from fault
    except TooHeavy as fault:
        told = f"This picture cannot be drawn: {fault} Ask for a smaller or plainer one."
        raise Unsupported(told) from fault
    assert drawn.score is not None
    media_type = MEDIA_TYPES[picture.output]
    await keep_picture(KeepPicture(key, drawn.content, media_type, score_told(drawn.score)))
    return Image(drawn.content, media_type, command.payload, drawn.score)


def seconds_for(picture: Picture) -> float:
    """How long it may take: a poster in pixels has a hundred times those of a screen."""
    return SECONDS + picture.size_px**2 / _PIXELS_A_SECOND


def unreadable(score: Score) -> StyleUnreadable | None:
    """The refusal of a picture that scores too low; None for others."""
    if score.is_readable:
        return None
    return StyleUnreadable(score.value, [reason.sentence for reason in score.reasons])


def pixels_of(wish: Wish, plan: str) -> int:
    """The width of the picture. Raises `InvalidFields` and `PlanLimitReached`."""
    if wrong := _wrong_size(wish):
        raise InvalidFields(wrong)
    inches = _inches_of(wish)
    if inches is None:
        return wish.size_px or DEFAULT_PX
    largest = plan_of(plan).largest_inches
    if inches > largest:
        raise PlanLimitReached("inches", plan=plan, limit=largest)
    return round(inches * (wish.dpi or PRINT_DPI))


def dpi_of(wish: Wish) -> int | None:
    """What is recorded in the picture, where it is known how large it shall be on paper."""
    return wish.dpi or (None if _inches_of(wish) is None else PRINT_DPI)


def _wrong_size(wish: Wish) -> dict[str, list[str]]:
    wrong: dict[str, list[str]] = {}
    given = (wish.size_px, wish.inches, wish.mm)
    if sum(size is not None for size in given) > 1:
        wrong["size_px"] = ["Give one size: in pixels, in inches or in millimetres."]
    elif wish.size_px is not None and not SMALLEST_PX <= wish.size_px <= LARGEST_PX:
        wrong["size_px"] = [f"Give {SMALLEST_PX} to {LARGEST_PX} pixels; more by a size on paper."]
    if wish.inches is not None and not LEAST_INCHES <= wish.inches <= MOST_INCHES:
        wrong["size_inches"] = [f"Give {LEAST_INCHES:g} to {MOST_INCHES:g} inches."]
    if wish.mm is not None and not LEAST_INCHES <= wish.mm / MM_PER_INCH <= MOST_INCHES:
        least, most = (limit * MM_PER_INCH for limit in (LEAST_INCHES, MOST_INCHES))
        wrong["size_mm"] = [f"Give {least:g} to {most:g} millimetres."]
    if wish.dpi is not None and not LEAST_DPI <= wish.dpi <= MOST_DPI:
        wrong["dpi"] = [f"Give {LEAST_DPI} to {MOST_DPI} dots per inch."]
    return wrong


def _inches_of(wish: Wish) -> float | None:
    return wish.inches if wish.mm is None else wish.mm / MM_PER_INCH


def refusal_of(fault: Unrenderable, symbology: str) -> InvalidFields | Unsupported:
    """What cannot be drawn, in the words of who asked: barcodes are kept, so nothing is wrong."""
    if symbology != "QR":
        return Unsupported(str(fault))
    name = {"payload": "data"}.get(fault.field, fault.field)
    return InvalidFields({name: [str(fault)]})


def styled(below: Style, changes: Mapping[str, Any], path: str = "") -> Style:
    """The style with changes on top. Raises `InvalidFields` for those that cannot be."""
    style, faults = on_top(below, changes)
    if faults:
        raise InvalidFields({f"{path}{name}": [told] for name, told in faults.items()})
    return style
