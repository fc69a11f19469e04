"""Pictures of QR codes, in the colours of their style."""

from __future__ import annotations

import io
from typing import Any

import pytest
import zxingcpp
from PIL import Image as Picture

from activities.pictures.making import Wish
from activities.pictures.symbols import RenderSymbol, render_symbol
from activities.pictures.views import Image
from activities.rules.actors import Actor
from tests.builders.qr_codes import a_dynamic, a_static
from tests.builders.tenants import a_tenant

pytestmark = pytest.mark.usefixtures("database", "world")

BLACK, WHITE, NAVY, PAPER = (0, 0, 0), (255, 255, 255), (16, 32, 64), (240, 240, 224)
CLEAR = (0, 0, 0, 0)


async def drawn(by: Actor, style: dict[str, Any], **more: Any) -> Image:
    made = await a_dynamic(by, style=style)
    return await render_symbol(RenderSymbol(by, id=made.id, changes=more))


def inks(image: Image) -> set[tuple[int, ...]]:
    picture = Picture.open(io.BytesIO(image.content)).convert("RGBA")
    return {
        colour[:3] if colour[3] else CLEAR
        for _, colour in picture.getcolors() or ()
        if isinstance(colour, tuple)
    }


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ({}, {BLACK, WHITE}),
        ({"foreground": "#102040"}, {NAVY, WHITE}),
        ({"foreground": "#102040", "background": "#F0F0E0"}, {NAVY, PAPER}),
        ({"foreground": "#102040", "background": "transparent"}, {NAVY, CLEAR}),
        ({"foreground": "navy"}, {BLACK, WHITE}),
        ({"foreground": 7, "background": ["#ffffff"]}, {BLACK, WHITE}),
        ({"foreground": "#f0f0e0", "background": "#102040"}, {BLACK, WHITE}),
        ({"foreground": "#cccccc", "background": "#eeeeee"}, {BLACK, WHITE}),
    ],
)
async def test_colours_are_those_of_its_style_when_scanners_see_them(
    style: dict[str, Any], expected: set[tuple[int, ...]]
) -> None:
    image = await drawn(await a_tenant(), style)
    assert inks(image) == expected
    on_white = Picture.new("RGBA", (1024, 1024), "white")
    on_white.alpha_composite(Picture.open(io.BytesIO(image.content)).convert("RGBA"))
    found = zxingcpp.read_barcode(on_white.convert("L"))
    assert found is not None
    assert found.text == image.payload


async def test_a_drawing_has_the_colours_too() -> None:
    by = await a_tenant()
    made = await a_static(by, "TEXT", style={"foreground": "#102040", "background": "#f0f0e0"})
    svg = (await render_symbol(RenderSymbol(by, Wish("svg"), id=made.id))).content
    assert b'fill="#102040"' in svg
    assert b'fill="#f0f0e0"' in svg


async def test_colours_that_are_asked_for_win() -> None:
    style = {"foreground": "#102040", "background": "#f0f0e0"}
    asked = {"foreground": "#ff0000", "background": None}
    assert inks(await drawn(await a_tenant(), style, **asked)) == {(255, 0, 0), CLEAR}
