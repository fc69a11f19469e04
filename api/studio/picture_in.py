"""What a studio request says of a picture: its symbol, its style and its size."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from activities.pictures.making import (
    LARGEST_PX,
    LEAST_DPI,
    LEAST_INCHES,
    MM_PER_INCH,
    MOST_DPI,
    MOST_INCHES,
    SMALLEST_PX,
    Wish,
)
from activities.render.pictures import Output
from activities.rules.destinations import LONGEST as LONGEST_URL
from activities.rules.looks import (
    LARGEST_LOGO,
    LONGEST_LABEL,
    MOST_PADDING,
    MOST_STOPS,
    SMALLEST_LOGO,
    WIDEST_QUIET_ZONE,
    EyeBallShape,
    EyeFrameShape,
    FontName,
    FrameDesign,
    Level,
    LogoShape,
    ModuleShape,
)
from api.dialect import Body, Text

LONGEST_DATA = 4296

Colour = Text


class GradientIn(Body):
    """From one colour to others over the whole symbol."""

    type: Literal["linear", "radial"] = Field("linear", description="along a line, or outwards")
    colors: list[Colour] = Field(
        min_length=2,
        max_length=MOST_STOPS,
        description="spread evenly",
        examples=[["#1d4ed8", "#7c3aed"]],
    )
    angle: float = Field(0, ge=-360, le=360, description="degrees; 0 runs right, 90 down")


class LogoIn(Body):
    """An image in the middle."""

    url: Text | None = Field(
        None,
        max_length=LONGEST_URL,
        description="a public https address of a PNG, JPEG, WebP or SVG",
    )
    image_id: Text | None = Field(None, max_length=64, description="an image that was uploaded")
    size: float = Field(
        0.2, ge=SMALLEST_LOGO, le=LARGEST_LOGO, description="share of the symbol's width"
    )
    padding: float = Field(0.5, ge=0, le=MOST_PADDING, description="modules around it")
    clear: bool = Field(True, description="whether no module is drawn below it")
    shape: LogoShape = Field("square", description="how it is cut")


class FrameIn(Body):
    """A frame with a text."""

    design: FrameDesign = Field("bar_below", description="one of five designs")
    text: Text = Field("", max_length=LONGEST_LABEL, description="what it says")
    color: Colour = Field("#000000", max_length=7, description="of the frame")
    text_color: Colour = Field("#ffffff", max_length=7, description="of the text")
    font: FontName = Field("sans", description="one of the packaged faces")


class PictureIn(Body):
    """A picture to make, of exactly one of `data`, `destination_url` and `short_id`.

    A `short_id` brings the style of its code; what is said here goes on top of it.
    """

    data: Text | None = Field(
        None,
        max_length=LONGEST_DATA,
        description="what the symbol shall hold",
        examples=["https://example.com/welcome"],
    )
    destination_url: Text | None = Field(
        None,
        max_length=LONGEST_URL,
        description="where a dynamic code shall lead that is made for the picture",
        examples=[None],
    )
    short_id: Text | None = Field(None, max_length=64, description="a dynamic code of yours")
    format: Output | None = Field(
        None, description="the kind of picture; else what Accept names, and PNG"
    )
    size_px: int | None = Field(
        None, ge=SMALLEST_PX, le=LARGEST_PX, description="pixels across; 1024 if no size is said"
    )
    size_inches: float | None = Field(
        None, ge=LEAST_INCHES, le=MOST_INCHES, description="the width on paper"
    )
    size_mm: float | None = Field(
        None,
        ge=LEAST_INCHES * MM_PER_INCH,
        le=MOST_INCHES * MM_PER_INCH,
        description="the width on paper",
    )
    dpi: int | None = Field(
        None, ge=LEAST_DPI, le=MOST_DPI, description="dots per inch; 300 for sizes on paper"
    )
    error_correction: Level = Field("M", description="raised to H by a logo, unless Q is asked for")
    quiet_zone: int = Field(
        4, ge=0, le=WIDEST_QUIET_ZONE, description="modules around the symbol; 4 by standard"
    )
    micro: bool = Field(False, description="a Micro QR code, for up to 35 characters")
    foreground: Colour = Field("#000000", max_length=7, description="of the modules")
    background: Text | None = Field(
        "#ffffff", max_length=11, description="null or transparent for none"
    )
    gradient: GradientIn | None = Field(None, description="instead of the foreground")
    module_shape: ModuleShape = Field("square", description="how modules are drawn")
    eye_frame_shape: EyeFrameShape = Field("square", description="the rings in the corners")
    eye_frame_color: Colour | None = Field(None, max_length=7, description="of the rings")
    eye_ball_shape: EyeBallShape = Field("square", description="the dots in the rings")
    eye_ball_color: Colour | None = Field(None, max_length=7, description="of the dots")
    logo_url: Text | None = Field(
        None, max_length=LONGEST_URL, description="a public address of a logo"
    )
    logo: LogoIn | None = Field(None, description="a logo, with all that can be said of it")
    frame: FrameIn | None = Field(None, description="a frame with a text")
    force: bool = Field(False, description="also a picture in which readers do not find the code")

    def changes(self) -> dict[str, Any]:
        """The fields of a style that were said."""
        said = self.model_dump(include=STYLED, exclude_unset=True)
        if self.logo_url is not None:
            said["logo"] = {**(said.get("logo") or {}), "url": self.logo_url}
        return said

    def wish(self, otherwise: Output = "png") -> Wish:
        """The kind and size."""
        return Wish(
            output=self.format or otherwise,
            size_px=self.size_px,
            inches=self.size_inches,
            mm=self.size_mm,
            dpi=self.dpi,
            force=self.force,
        )


STYLED = {
    *("error_correction", "quiet_zone", "micro", "foreground", "background", "gradient"),
    *("module_shape", "eye_frame_shape", "eye_frame_color", "eye_ball_shape", "eye_ball_color"),
    *("logo", "frame"),
}
"""Those that are of a style."""
