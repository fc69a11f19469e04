"""A dozen styles look as they looked when somebody looked at them.

`python -m tests.render.test_golden_styles` draws them anew, and a sheet of all of them into
`.inkloom/styles.png` for people to look at.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageStat

from activities.render.pictures import Picture, draw_picture
from activities.render.sheet import Tile, contact_sheet
from activities.rules.looks import Style
from tests.render.looks import LOOKS, picture_of

GOLDEN = Path(__file__).parent / "golden"
SHEET = Path(__file__).parents[2] / ".inkloom" / "styles.png"

MOST = 2.0
"""Mean difference of blurred greys, of 255, that another version of the drawer may make."""


def file_of(name: str) -> Path:
    return GOLDEN / f"{name.replace(' ', '_')}.png"


def seen(png: bytes) -> Image.Image:
    """As an eye sees it from a little farther away, on white."""
    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    ground = Image.new("RGBA", picture.size, "white")
    ground.alpha_composite(picture)
    return ground.convert("RGB").filter(ImageFilter.GaussianBlur(1.5))


def difference(one: bytes, other: bytes) -> float:
    """Of the channel that differs most; 255 for other sizes."""
    first, second = seen(one), seen(other)
    if first.size != second.size:
        return 255.0
    return max(ImageStat.Stat(ImageChops.difference(first, second)).mean)


@pytest.mark.parametrize("name", LOOKS)
def test_a_look_is_as_it_was(name: str) -> None:
    drawn = draw_picture(picture_of(name), proved=False).content
    assert difference(drawn, file_of(name).read_bytes()) < MOST


def test_other_looks_are_told_apart() -> None:
    """Else the test above would let anything pass."""
    plain = draw_picture(picture_of("plain"), proved=False).content
    for shape in ("dot", "diamond", "vertical_bars"):
        style = Style(module_shape=shape)
        other = draw_picture(Picture(picture_of("plain").payload, style=style, size_px=400))
        assert difference(plain, other.content) > 2 * MOST, shape


def test_equal_pictures_are_equal_bytes() -> None:
    for name in ("leaf box", "round logo"):
        drawn = {draw_picture(picture_of(name), proved=False).content for _ in range(2)}
        assert len(drawn) == 1


def main() -> None:
    """Write the golden images, and the sheet."""
    GOLDEN.mkdir(exist_ok=True)
    tiles = []
    for name in LOOKS:
        content = draw_picture(picture_of(name), proved=False).content
        file_of(name).write_bytes(content)
        tiles.append(Tile(content, name, ""))
    SHEET.parent.mkdir(exist_ok=True)
    SHEET.write_bytes(contact_sheet(tiles, columns=4, title="Styles"))


if __name__ == "__main__":
    main()
