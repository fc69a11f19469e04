"""Barcodes are read back from their PNG, and their scene has the very same bars."""

import io
import re
from typing import Any

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from activities.render.barcode import (
    BarcodeSpec,
    UndrawableBarcode,
    compose_barcode,
    draw_barcode_png,
    judge,
)
from activities.render.pictures import raster_window
from activities.render.pixels import draw_pixels
from activities.render.qr import BadColour
from activities.render.scene import Inked, Scene
from activities.rules.check_digits import expanded
from activities.rules.looks import Frame, Style
from activities.rules.symbologies import (
    CAPACITY,
    EXAMPLES,
    LINEAR,
    SYMBOLOGIES,
    Symbology,
    normalise,
)
from tests.builders.examples import so_many

FORMATS = {
    "CODE128": "Code128",
    "CODE39": "Code39",
    "EAN13": "EAN13",
    "EAN8": "EAN8",
    "UPCA": "UPCA",
    "UPCE": "UPCE",
    "ITF14": "ITF14",
    "GS1_128": "Code128",
    "DATAMATRIX": "DataMatrix",
    "GS1_DATAMATRIX": "DataMatrix",
    "PDF417": "PDF417",
    "AZTEC": "Aztec",
}
GS1_MARKS = {"GS1_128": "]C1", "GS1_DATAMATRIX": "]d2"}
"""What a reader says before content that begins with FNC1, ISO/IEC 15424."""

BARS_PX = 50
"""Modules that bars are high at least."""


def spec(
    symbology: Symbology,
    value: str,
    size_px: int = 800,
    *,
    foreground: str = "#000000",
    background: str | None = "#ffffff",
    show_text: bool = True,
) -> BarcodeSpec:
    encoded = normalise(symbology, value).encoded
    return BarcodeSpec(symbology, encoded, size_px, foreground, background, show_text)


def opened(png: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(png))
    picture.load()
    return picture


def on_white(png: bytes) -> Image.Image:
    code = opened(png).convert("RGBA")
    page = Image.new("RGBA", (code.width + 20, code.height + 20), "white")
    page.alpha_composite(code, (10, 10))
    return page.convert("RGB")


def read_back(symbology: Symbology, picture: Image.Image) -> str:
    """The text of the only barcode there, read as its own format and no other."""
    found = zxingcpp.read_barcodes(
        picture, formats=getattr(zxingcpp.BarcodeFormat, FORMATS[symbology])
    )
    assert len(found) == 1
    assert found[0].valid
    mark = str(found[0].symbology_identifier)
    assert (mark in GS1_MARKS.values()) == (symbology in GS1_MARKS)
    assert GS1_MARKS.get(symbology, mark) == mark
    return str(found[0].text)


def expected_reading(symbology: Symbology, value: str) -> str:
    """The number of UPC is told as the EAN-13 that it is: UPC-E in its long form."""
    if symbology == "UPCE":
        return f"0{expanded(value[:7])}{value[-1]}"
    return f"0{value}" if symbology == "UPCA" else value


def dark(picture: Image.Image) -> Image.Image:
    return picture.convert("L").point(lambda value: 255 * (value < 128)).convert("1")


def scene_of(symbology: Symbology, value: str, **style: Any) -> Scene:
    return compose_barcode(symbology, normalise(symbology, value).encoded, Style(**style))


@pytest.mark.parametrize("size_px", [300, 457, 1024, 2000])
@pytest.mark.parametrize("symbology", SYMBOLOGIES)
def test_a_picture_says_its_value_and_is_exactly_as_wide_as_asked(
    symbology: Symbology, size_px: int
) -> None:
    value = EXAMPLES[symbology]
    picture = opened(draw_barcode_png(spec(symbology, value, size_px)))
    assert picture.width == size_px
    assert picture.mode in ("1", "P")
    assert read_back(symbology, picture.convert("L")) == expected_reading(symbology, value)


@pytest.mark.parametrize("symbology", SYMBOLOGIES)
def test_a_coloured_and_a_transparent_picture_are_read(symbology: Symbology) -> None:
    value = EXAMPLES[symbology]
    said = expected_reading(symbology, value)
    blue = draw_barcode_png(spec(symbology, value, foreground="#1d4ed8", background="#fef3c7"))
    colours = opened(blue).convert("RGB").getcolors()
    assert colours is not None
    assert {colour for _, colour in colours} == {(0x1D, 0x4E, 0xD8), (0xFE, 0xF3, 0xC7)}
    assert read_back(symbology, opened(blue).convert("RGB")) == said
    clear = draw_barcode_png(spec(symbology, value, foreground="#333", background=None))
    assert opened(clear).convert("RGBA").getchannel("A").getextrema() == (0, 255)
    assert read_back(symbology, on_white(clear)) == said


@pytest.mark.parametrize("show_text", [True, False])
@pytest.mark.parametrize("symbology", SYMBOLOGIES)
def test_the_scene_has_the_bars_of_the_png(symbology: Symbology, show_text: bool) -> None:
    value = EXAMPLES[symbology]
    scene = scene_of(symbology, value, show_text=show_text)
    assert scene.width == int(scene.width)
    size = int(scene.width) * 3
    png = draw_barcode_png(spec(symbology, value, size, show_text=show_text))
    page = draw_pixels(scene, raster_window(scene, size))
    assert abs(opened(png).height - page.height) <= 3, "zint rounds the foot of text to a module"
    has_text = show_text and symbology in LINEAR
    foot = 3 * BARS_PX if has_text else min(page.height, opened(png).height)
    strip = (0, 0, size, foot)
    assert dark(opened(png)).crop(strip).tobytes() == dark(page).crop(strip).tobytes()
    assert read_back(symbology, page.convert("L")) == expected_reading(symbology, value)


@pytest.mark.parametrize("symbology", sorted(LINEAR))
def test_people_read_the_number_under_the_bars(symbology: Symbology) -> None:
    value = EXAMPLES[symbology]
    with_text, without = (
        scene_of(symbology, value, show_text=shown, foreground="#102040") for shown in (True, False)
    )
    assert len(without.parts) == 1
    letters = [part for part in with_text.parts[1:] if isinstance(part, Inked)]
    shown = "".join(normalise(symbology, value).text.split())
    stars = 2 if symbology == "CODE39" else 0
    assert sum(len(part.stamps) for part in letters) == len(shown) + stars
    assert {part.paint for part in letters} == {"#102040"}
    assert without.height < with_text.height


def test_letters_are_below_the_bars_and_inside_of_the_picture() -> None:
    scene = scene_of("EAN13", EXAMPLES["EAN13"])
    page = draw_pixels(scene, raster_window(scene, int(scene.width) * 4))
    left, _, right, bottom = dark(page).getbbox() or (0, 0, 0, 0)
    assert left > 0
    assert right < page.width
    assert 4 * (BARS_PX + 5) < bottom <= page.height


def test_a_frame_grows_around_a_barcode_which_is_still_read() -> None:
    value = EXAMPLES["EAN13"]
    bare, framed = scene_of("EAN13", value), scene_of("EAN13", value, frame=Frame(text="Scan me"))
    assert framed.height > bare.height
    page = draw_pixels(framed, raster_window(framed, 600))
    assert read_back("EAN13", page.convert("L")) == value


@pytest.mark.parametrize("symbology", sorted(CAPACITY))
@pytest.mark.parametrize("value", ["Größe\tÄÖÜ\nß", "日本語 🦀", "~1 \\x41 [01] ]C1", " a "])
def test_any_text_in_a_matrix_is_read_back(symbology: Symbology, value: str) -> None:
    assert judge(symbology, normalise(symbology, value).encoded) is None
    found = zxingcpp.read_barcode(
        opened(draw_barcode_png(spec(symbology, value))).convert("L"),
        text_mode=zxingcpp.TextMode.Plain,
    )
    assert found is not None
    assert found.text == value


@settings(max_examples=so_many(40), deadline=None)
@given(value=st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=80))
def test_any_line_of_code_128_is_read_back(value: str) -> None:
    line = value.strip(" ") or "A"
    picture = opened(draw_barcode_png(spec("CODE128", line, 2000))).convert("L")
    assert read_back("CODE128", picture) == line


@pytest.mark.parametrize("value", ["1123456", "012345", "0 123404", "0999990"])
def test_both_number_systems_of_upc_e_are_read_back(value: str) -> None:
    number = normalise("UPCE", value)
    assert judge("UPCE", number.encoded) is None
    picture = opened(draw_barcode_png(spec("UPCE", value))).convert("L")
    assert read_back("UPCE", picture) == expected_reading("UPCE", number.value)


def test_a_long_line_is_high_enough_to_be_swept() -> None:
    png = opened(draw_barcode_png(spec("CODE128", "A" * 80, 2000, show_text=False)))
    left, top, right, bottom = dark(png).getbbox() or (0, 0, 0, 0)
    assert bottom - top >= 0.15 * (right - left)
    assert read_back("CODE128", png.convert("L")) == "A" * 80


def test_a_picture_too_narrow_for_its_bars_is_refused_with_the_least_width() -> None:
    with pytest.raises(UndrawableBarcode, match="at least 113 pixels") as refused:
        draw_barcode_png(spec("EAN13", "4006381333931", 112))
    assert refused.value.field == "size_px"
    assert opened(draw_barcode_png(spec("EAN13", "4006381333931", 113))).width == 113
    assert opened(draw_barcode_png(spec("EAN13", "4006381333931", 225))).width == 225


@pytest.mark.parametrize(
    ("symbology", "encoded", "why"),
    [
        ("EAN13", "4006381333932", "Invalid check digit '2', expecting '1'."),
        ("EAN13", "96385074", "EAN13 is drawn from 13 digits."),
        ("EAN8", "96385075", "Invalid check digit '5', expecting '4'."),
        ("EAN8", "9638507", "EAN8 is drawn from 8 digits."),
        ("UPCA", "036000291453", "Invalid check digit '3', expecting '2'."),
        ("ITF14", "09506000134351", "Invalid check digit '1'."),
        ("CODE39", "é", "Invalid character"),
        ("GS1_128", "[422]999", "AI (422) position 1: Unknown country code '999'."),
        ("GS1_DATAMATRIX", "[01]09506000134351", "Bad checksum"),
        ("GS1_128", "no brackets", "."),
        ("DATAMATRIX", "é" * 800, "too long"),
        ("AZTEC", "\ud800", "This text is not Unicode."),
        ("PDF417", "", "No input data"),
    ],
)
def test_what_cannot_be_encoded_is_judged_and_not_drawn(
    symbology: Symbology, encoded: str, why: str
) -> None:
    sentence = judge(symbology, encoded)
    assert sentence is not None
    assert why in sentence
    assert re.fullmatch(r"[A-Z].*\.", sentence)
    with pytest.raises(UndrawableBarcode) as refused:
        draw_barcode_png(BarcodeSpec(symbology, encoded))
    assert refused.value.field == "value"
    assert str(refused.value) == sentence
    with pytest.raises(UndrawableBarcode, match=re.escape(sentence)):
        compose_barcode(symbology, encoded, Style())


@pytest.mark.parametrize("symbology", SYMBOLOGIES)
def test_every_example_is_judged_drawable(symbology: Symbology) -> None:
    assert judge(symbology, normalise(symbology, EXAMPLES[symbology]).encoded) is None


@pytest.mark.parametrize("field", ["foreground", "background"])
def test_a_colour_that_is_none_is_refused(field: str) -> None:
    wrong = BarcodeSpec("CODE128", "A", **{field: "red"})  # type: ignore[arg-type]
    with pytest.raises(BadColour) as refused:
        draw_barcode_png(wrong)
    assert refused.value.field == field


def test_a_picture_without_width_is_refused() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        BarcodeSpec("CODE128", "A", 0)


def test_equal_specs_give_equal_bytes() -> None:
    long, short = (spec("UPCA", value) for value in ("036000291452", "03600029145"))
    assert draw_barcode_png(long) == draw_barcode_png(short)
    assert scene_of("UPCA", "036000291452") == scene_of("UPCA", "03600029145")
