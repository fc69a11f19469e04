"""Scenes as pixels, put together from masks: an outline is drawn once for all places it has.

A picture of four hundred modules has a dozen outlines. Each is drawn by resvg at its size, kept,
and pasted wherever it stands; gradients are drawn small and stretched below a mask of the part.
"""

from __future__ import annotations

import io
from functools import lru_cache
from math import ceil, floor

import resvg_py
from PIL import Image, ImageDraw

from activities.render.scene import Blend, Inked, Inset, Outline, Scene, moved, scaled
from activities.render.scene_svg import Window, gradient_as_svg, path_as_svg, told

_MARGIN = 1
_STEPS = 4
"""Parts of a pixel at which an outline may begin."""

_SMALL = 256
_FINE = 4


def stamp(scene: Scene, window: Window) -> Image.Image:
    """The scene in a window of a whole number of pixels a unit: RGB on paper, else RGBA."""
    size = (window.across, window.down)
    if scene.paper is not None:
        picture = Image.new("RGB", size, scene.paper)
    else:
        picture = Image.new("RGBA", size, (0, 0, 0, 0))
    scale = window.across / window.width
    for part in scene.parts:
        if isinstance(part, Inset):
            _inset(picture, part, window, scale)
        elif isinstance(part.paint, str):
            _solid(picture, part, part.paint, window, scale)
        else:
            _blended(picture, part, part.paint, window, scale)
    return picture


def _solid(picture: Image.Image, part: Inked, colour: str, window: Window, scale: float) -> None:
    # On a transparent ground several pastes of one mask would darken its rim.
    if picture.mode == "RGBA":
        over = Image.new("RGBA", picture.size, colour)
        over.putalpha(_mask(part, picture.size, window, scale))
        picture.alpha_composite(over)
        return
    for x, y, outline in part.stamps:
        at, mask = _placed(x, y, outline, part.holes, window, scale)
        picture.paste(colour, (*at, at[0] + mask.width, at[1] + mask.height), mask)


def _blended(picture: Image.Image, part: Inked, blend: Blend, window: Window, scale: float) -> None:
    mask = _mask(part, picture.size, window, scale)
    colours = _stretched(blend, window)
    if picture.mode == "RGBA":
        over = colours.convert("RGBA")
        over.putalpha(mask)
        picture.alpha_composite(over)
    else:
        picture.paste(colours, (0, 0), mask)


def _mask(part: Inked, size: tuple[int, int], window: Window, scale: float) -> Image.Image:
    whole = Image.new("L", size)
    for x, y, outline in part.stamps:
        at, mask = _placed(x, y, outline, part.holes, window, scale)
        whole.paste(255, (*at, at[0] + mask.width, at[1] + mask.height), mask)
    return whole


def _placed(
    x: float, y: float, outline: Outline, holes: bool, window: Window, scale: float
) -> tuple[tuple[int, int], Image.Image]:
    """The left upper corner of the mask of an outline, and the mask."""
    left, part_x = divmod(round((x - window.x) * scale * _STEPS), _STEPS)
    top, part_y = divmod(round((y - window.y) * scale * _STEPS), _STEPS)
    mask, dx, dy = _mask_of(outline, holes, scale, part_x, part_y)
    return (left + dx, top + dy), mask


@lru_cache(maxsize=512)
def _mask_of(
    outline: Outline, holes: bool, scale: float, part_x: int, part_y: int
) -> tuple[Image.Image, int, int]:
    """How much of each pixel an outline covers, and where its first pixel is from its place."""
    larger = moved(scaled(outline, scale), part_x / _STEPS, part_y / _STEPS)
    points = [points for _, points in larger.segments if points]
    across = [at for each in points for at in each[::2]]
    down = [at for each in points for at in each[1::2]]
    left, top = floor(min(across)) - _MARGIN, floor(min(down)) - _MARGIN
    width, height = ceil(max(across)) + _MARGIN - left, ceil(max(down)) + _MARGIN - top
    rule = ' fill-rule="evenodd"' if holes else ""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="{left} {top} {width} {height}"><path{rule} d="{path_as_svg(larger)}"/></svg>'
    )
    return _drawn(svg).getchannel("A"), left, top


@lru_cache(maxsize=2)
def _stretched(blend: Blend, window: Window) -> Image.Image:
    """The gradient over the whole window: what it is between few pixels, eyes do not tell."""
    longer = max(window.across, window.down)
    across = max(2, round(window.across * _SMALL / longer))
    down = max(2, round(window.down * _SMALL / longer))
    where = f"{told(window.x)} {told(window.y)} {told(window.width)} {told(window.height)}"
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{across}" height="{down}" '
        f'viewBox="{where}" preserveAspectRatio="none"><defs>{gradient_as_svg("g", blend)}</defs>'
        f'<rect x="{told(window.x)}" y="{told(window.y)}" width="{told(window.width)}" '
        f'height="{told(window.height)}" fill="url(#g)"/></svg>'
    )
    small = _drawn(svg).convert("RGB")
    return small.resize((window.across, window.down), Image.Resampling.BILINEAR)


def _inset(picture: Image.Image, inset: Inset, window: Window, scale: float) -> None:
    left, top = round((inset.x - window.x) * scale), round((inset.y - window.y) * scale)
    width, height = max(1, round(inset.width * scale)), max(1, round(inset.height * scale))
    with Image.open(io.BytesIO(inset.png)) as source:
        image: Image.Image = source.convert("RGBA")
    if inset.round:
        image = _cut_round(image, width, height)
    else:
        image = image.resize((width, height), Image.Resampling.LANCZOS)
    if picture.mode == "RGBA":
        picture.alpha_composite(image, (left, top))
    else:
        picture.paste(image, (left, top), image)


def _cut_round(image: Image.Image, width: int, height: int) -> Image.Image:
    """The middle of the image in the shape of the rectangle, cut to an ellipse."""
    share = min(image.width / width, image.height / height)
    across, down = width * share, height * share
    left, top = (image.width - across) / 2, (image.height - down) / 2
    box = (left, top, left + across, top + down)
    cut = image.resize((width, height), Image.Resampling.LANCZOS, box=box)
    fine = Image.new("L", (width * _FINE, height * _FINE))
    ImageDraw.Draw(fine).ellipse((0, 0, fine.width - 1, fine.height - 1), fill=255)
    ellipse = fine.reduce(_FINE)
    empty = Image.new("RGBA", cut.size, (0, 0, 0, 0))
    empty.paste(cut, (0, 0), ellipse)
    empty.putalpha(Image.composite(cut.getchannel("A"), Image.new("L", cut.size), ellipse))
    return empty


def _drawn(svg: str) -> Image.Image:
    png = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True)
    picture: Image.Image = Image.open(io.BytesIO(bytes(png)))
    picture.load()
    return picture.convert("RGBA")
