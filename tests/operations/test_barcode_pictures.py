"""Pictures of barcodes, read back by an independent reader."""

from __future__ import annotations

import io
from typing import Any
from uuid import uuid4

import pytest
import zxingcpp
from PIL import Image as Picture

from activities.pictures.making import Wish
from activities.pictures.symbols import RenderBarcode, render_barcode
from activities.pictures.views import Image
from activities.rules.actors import Actor
from activities.rules.errors import NotFound, Unsupported
from activities.rules.symbologies import EXAMPLES, SYMBOLOGIES, Symbology
from tests.builders.barcodes import PENCIL, a_barcode
from tests.builders.tenants import a_tenant

pytestmark = pytest.mark.usefixtures("database", "world")

READ_AS = {"UPCA": "0036000291452", "UPCE": "0042100005264"}
"""What readers tell otherwise than we keep it: UPC numbers are EAN-13 that begin with 0."""

BLACK, WHITE, NAVY, PAPER = (0, 0, 0), (255, 255, 255), (16, 32, 64), (240, 240, 224)


async def drawn(by: Actor, style: dict[str, Any]) -> Image:
    made = await a_barcode(by, style=style)
    return await render_barcode(RenderBarcode(by, made.id))


def inks(image: Image) -> set[tuple[int, ...]]:
    picture = Picture.open(io.BytesIO(image.content)).convert("RGBA")
    return {
        colour[:3] if colour[3] else (0,) * 4
        for _, colour in picture.getcolors() or ()
        if isinstance(colour, tuple)
    }


@pytest.mark.parametrize("symbology", SYMBOLOGIES)
async def test_every_symbology_is_read_back(symbology: Symbology) -> None:
    by = await a_tenant()
    made = await a_barcode(by, EXAMPLES[symbology], symbology)
    image = await render_barcode(RenderBarcode(by, made.id, Wish(size_px=900)))
    assert (image.media_type, image.payload) == ("image/png", made.normalized_value)
    picture = Picture.open(io.BytesIO(image.content)).convert("L")
    assert picture.width == 900
    (found,) = zxingcpp.read_barcodes(picture)
    bare = found.text.replace("(", "").replace(")", "").replace("\x1d", "")
    kept = made.normalized_value.replace("(", "").replace(")", "")
    assert bare in (kept, READ_AS.get(symbology))


async def test_a_drawing_is_svg() -> None:
    by = await a_tenant()
    made = await a_barcode(by, style={"foreground": "#102040"})
    image = await render_barcode(RenderBarcode(by, made.id, Wish("svg", size_px=300)))
    assert image.media_type == "image/svg+xml"
    assert image.content.startswith(b'<svg xmlns="http://www.w3.org/2000/svg" width="300"')
    assert b"#102040" in image.content
    assert b"<text" not in image.content, "letters are outlines: a face may be missing elsewhere"


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ({}, {BLACK, WHITE}),
        ({"foreground": "#102040"}, {NAVY, WHITE}),
        ({"foreground": "#102040", "background": "#F0F0E0"}, {NAVY, PAPER}),
        ({"foreground": "#102040", "background": "transparent"}, {NAVY, (0,) * 4}),
        ({"foreground": "navy"}, {BLACK, WHITE}),
        ({"foreground": 7, "background": ["#ffffff"]}, {BLACK, WHITE}),
        ({"foreground": "#ffffff"}, {BLACK, WHITE}),
        ({"foreground": "#f0f0e0", "background": "#102040"}, {BLACK, WHITE}),
        ({"foreground": "#cccccc", "background": "#eeeeee"}, {BLACK, WHITE}),
        ({"foreground": "#eeeeee", "background": "transparent"}, {BLACK, (0,) * 4}),
    ],
)
async def test_colours_are_those_of_its_style_when_scanners_see_them(
    style: dict[str, Any], expected: set[tuple[int, ...]]
) -> None:
    assert inks(await drawn(await a_tenant(), style)) == expected


async def test_the_text_under_the_bars_can_be_left_out() -> None:
    by = await a_tenant()
    with_text, without = [await drawn(by, {"showText": told}) for told in (True, False)]
    assert with_text.content != without.content
    for image in (with_text, without):
        found = zxingcpp.read_barcode(Picture.open(io.BytesIO(image.content)).convert("L"))
        assert found is not None
        assert found.text == PENCIL


async def test_a_picture_too_small_for_its_bars_is_refused_with_the_smallest() -> None:
    by = await a_tenant()
    made = await a_barcode(by, "x" * 80, "CODE128")
    with pytest.raises(Unsupported, match=r"at least 9[0-9]{2} pixels"):
        await render_barcode(RenderBarcode(by, made.id, Wish(size_px=256)))


async def test_another_tenants_barcode_is_not_drawn() -> None:
    mine, theirs = await a_tenant("mine"), await a_tenant("theirs")
    for wanted in ((await a_barcode(theirs)).id, uuid4()):
        with pytest.raises(NotFound):
            await render_barcode(RenderBarcode(mine, wanted))
