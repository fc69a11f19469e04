"""What a symbol can look like: the parts of a style, each with a default that any scanner reads.

Lengths are in modules where nothing else is said; shares are of the symbol's width.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Level = Literal["L", "M", "Q", "H"]

ModuleShape = Literal[
    "square",
    "dot",
    "rounded",
    "extra_rounded",
    "classy",
    "diamond",
    "vertical_bars",
    "horizontal_bars",
]
"""`rounded` and `extra_rounded` round the corners that stand free, `classy` two opposite ones of
them; bars run together, the others stand alone."""

EyeFrameShape = Literal["square", "rounded", "circle", "leaf", "cushion", "bevel"]
EyeBallShape = Literal["square", "rounded", "circle", "leaf", "diamond", "bevel"]
FrameDesign = Literal["bar_below", "bar_above", "box", "bubble", "ribbon"]
FontName = Literal["sans", "serif", "mono", "script"]
LogoShape = Literal["square", "round"]

MODULE_SHAPES: tuple[ModuleShape, ...] = get_args(ModuleShape)
EYE_FRAME_SHAPES: tuple[EyeFrameShape, ...] = get_args(EyeFrameShape)
EYE_BALL_SHAPES: tuple[EyeBallShape, ...] = get_args(EyeBallShape)
FRAME_DESIGNS: tuple[FrameDesign, ...] = get_args(FrameDesign)
FONT_NAMES: tuple[FontName, ...] = get_args(FontName)

BLACK, WHITE = "#000000", "#ffffff"

QUIET_ZONE, MICRO_QUIET_ZONE = 4, 2
"""Modules around a symbol (ISO/IEC 18004 6.3.8)."""

WIDEST_QUIET_ZONE = 40
LONGEST_LABEL = 60
SMALLEST_LOGO, LARGEST_LOGO = 0.05, 0.35
MOST_PADDING = 4.0
MOST_STOPS = 8


@dataclass(frozen=True)
class Stop:
    """A colour at an offset from 0.0 to 1.0."""

    offset: float
    colour: str


@dataclass(frozen=True)
class Gradient:
    """From one colour to others over the whole symbol.

    `angle` is in degrees for linear ones: 0 runs to the right, 90 down. Radial ones run from the
    middle to the corners.
    """

    kind: Literal["linear", "radial"]
    stops: tuple[Stop, ...]
    angle: float = 0.0

    @property
    def colours(self) -> tuple[str, ...]:
        """All that occur."""
        return tuple(stop.colour for stop in self.stops)


@dataclass(frozen=True)
class Logo:
    """An image in the middle, `size` of the symbol's width, with `padding` modules around it.

    It comes from `url` or is an uploaded one by `image_id`. With `clear` no module is drawn below.
    """

    url: str | None = None
    image_id: str | None = None
    size: float = 0.2
    padding: float = 0.5
    clear: bool = True
    shape: LogoShape = "square"


@dataclass(frozen=True)
class Frame:
    """A frame with a text, drawn in one of five designs."""

    design: FrameDesign = "bar_below"
    text: str = ""
    colour: str = BLACK
    text_colour: str = WHITE
    font: FontName = "sans"


@dataclass(frozen=True)
class Style:
    """How a symbol looks. Colours are `#rrggbb`; `background` None is transparent.

    None of `quiet_zone` is what the standard asks, of `error_correction` M, or H with a logo;
    colours of eyes are the foreground's. Shapes, eyes, logo and `micro` are for QR codes only,
    `show_text` for bars.
    """

    foreground: str = BLACK
    background: str | None = WHITE
    gradient: Gradient | None = None
    module_shape: ModuleShape = "square"
    eye_frame_shape: EyeFrameShape = "square"
    eye_frame_colour: str | None = None
    eye_ball_shape: EyeBallShape = "square"
    eye_ball_colour: str | None = None
    logo: Logo | None = None
    frame: Frame | None = None
    quiet_zone: int | None = None
    error_correction: Level | None = None
    micro: bool = False
    show_text: bool = True

    @property
    def level(self) -> Level:
        """Of error correction: what a logo hides has to be made up for."""
        if self.logo is not None and self.error_correction in (None, "L", "M"):
            return "H"
        return self.error_correction or "M"

    @property
    def margin(self) -> int:
        """Modules of the quiet zone."""
        if self.quiet_zone is not None:
            return self.quiet_zone
        return MICRO_QUIET_ZONE if self.micro else QUIET_ZONE

    @property
    def inks(self) -> tuple[str, ...]:
        """Every colour that dark modules have."""
        modules = self.gradient.colours if self.gradient else (self.foreground,)
        eyes = (self.eye_frame_colour, self.eye_ball_colour)
        return tuple(dict.fromkeys((*modules, *(eye for eye in eyes if eye is not None))))

    @property
    def is_plain(self) -> bool:
        """Whether it is squares of one colour on one paper, without anything around."""
        return (
            self.gradient is None
            and self.logo is None
            and self.frame is None
            and (self.module_shape, self.eye_frame_shape, self.eye_ball_shape) == ("square",) * 3
            and len(self.inks) == 1
        )
