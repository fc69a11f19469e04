"""QR codes are read back, compared with segno's, and refused where they cannot be made."""

import io
import re
import struct
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import segno
import zxingcpp
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from activities.render.qr import (
    BadColour,
    BadPayload,
    ErrorCorrection,
    QrSpec,
    SizeTooSmall,
    draw_png,
    draw_svg,
    encode,
    parse_colour,
    place,
    render_png,
    render_svg,
)
from activities.render.qr_symbols import Matrix
from activities.render.raster import Canvas, Inks, write_png
from activities.render.svg import write_svg
from tests.builders.examples import so_many

URL = "https://go.example.com/aB3dE9x"
LEVELS: tuple[ErrorCorrection, ...] = ("L", "M", "Q", "H")
PAYLOADS = [
    "7",
    "0123456789" * 12,
    "HELLO WORLD $%*+-./:",
    "HTTPS://EXAMPLE.COM/A-Z" * 6,
    URL,
    "https://example.com/?" + "&".join(f"key{n}=value{n}" for n in range(60)),
    "Größe, ÄÖÜ und ß",
    "ÄÖÜ",
    "£5",
    "日本語のテキスト、東京タワー",
    "点茗 and a crab 🦀",
    "WIFI:T:WPA;S:Café;P:se\\;cret;;",
    "BEGIN:VCARD\nVERSION:3.0\nN:Müller;Jürgen\nEND:VCARD",
]


def opened(png: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(png))
    picture.load()
    return picture


def read_back(png: bytes) -> str:
    """What a reader sees of the picture lying on white."""
    code = opened(png).convert("RGBA")
    page = Image.new("RGBA", (code.width + 40, code.height + 40), "white")
    page.alpha_composite(code, (20, 20))
    found = zxingcpp.read_barcodes(
        page.convert("RGB"),
        formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode),
        text_mode=zxingcpp.TextMode.Plain,
    )
    assert len(found) == 1
    return str(found[0].text)


def rows_of_segno(payload: str, level: ErrorCorrection) -> tuple[list[str], int]:
    if payload.isascii():
        symbol = segno.make(payload, error=level, micro=False, boost_error=False)
    else:
        symbol = segno.make_qr(payload.encode(), error=level, mode="byte", boost_error=False)
    rows = ["".join(str(module) for module in row) for row in symbol.matrix]
    return rows, int(symbol.version)


def drawn(matrix: Matrix) -> list[str]:
    return matrix.words


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_rendered_png_says_its_payload(payload: str, level: ErrorCorrection) -> None:
    assert read_back(render_png(QrSpec(payload, level, size_px=601))) == payload


@settings(max_examples=so_many(40), deadline=None)
@given(payload=st.text(st.characters(codec="ascii", min_codepoint=32), min_size=1, max_size=120))
@example(payload="0" * 300)
def test_any_ascii_payload_is_read_back(payload: str) -> None:
    assert read_back(render_png(QrSpec(payload, "L", size_px=500))) == payload


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_matrix_is_the_one_of_segno_at_exactly_the_asked_level(
    payload: str, level: ErrorCorrection
) -> None:
    matrix = encode(payload, level)
    rows, version = rows_of_segno(payload, level)
    assert drawn(matrix) == rows
    assert (matrix.size, matrix.version) == (17 + 4 * version, version)


def test_text_beyond_ascii_is_utf_8_in_one_byte_segment() -> None:
    found = zxingcpp.read_barcode(opened(render_png(QrSpec("ÄÖÜ日本"))).convert("L"))
    assert found is not None
    assert found.bytes == "ÄÖÜ日本".encode()


@pytest.mark.parametrize("size_px", [64, 65, 99, 111, 256, 333, 500, 777, 1024, 1036, 1999, 2000])
def test_a_picture_is_exactly_as_large_as_asked(size_px: int) -> None:
    png = render_png(QrSpec(URL, size_px=size_px))
    picture = opened(png)
    assert picture.size == (size_px, size_px)
    assert picture.mode in ("1", "P")
    assert read_back(png) == URL


@settings(max_examples=so_many(40), deadline=None)
@given(quiet=st.integers(0, 9), size_px=st.integers(47, 420))
def test_every_module_is_a_square_of_whole_pixels_in_the_middle(quiet: int, size_px: int) -> None:
    matrix = encode(URL)
    scale = size_px // (matrix.size + 2 * quiet)
    pixels = opened(draw_png(matrix, QrSpec(URL, quiet_zone=quiet, size_px=size_px))).convert("L")
    before = (size_px - matrix.size * scale) // 2
    after = size_px - matrix.size * scale - before
    assert after - before in (0, 1)
    assert before >= quiet * scale
    expected = Image.new("L", (size_px, size_px), 255)
    symbol = Image.new("L", (matrix.size, matrix.size))
    symbol.putdata([255 * (bit == "0") for row in drawn(matrix) for bit in row])
    large = symbol.resize((matrix.size * scale,) * 2, Image.Resampling.NEAREST)
    expected.paste(large, (before, before))
    assert pixels.tobytes() == expected.tobytes()


def test_a_symbol_may_be_wide_and_touch_the_edges_of_its_picture() -> None:
    inks = Inks(ink=(0, 0, 0), paper=(255, 255, 255))
    png = write_png([b"\xb0", b"\x08"], 5, Canvas(15, 6, left=0, top=0, scale=3), inks)
    seen = opened(png).convert("L").resize((5, 2), Image.Resampling.NEAREST)
    assert seen.tobytes() == bytes([0, 255, 0, 0, 255, 255, 255, 255, 255, 0])


def test_a_picture_below_one_pixel_a_module_is_refused() -> None:
    assert opened(render_png(QrSpec(URL, size_px=37))).size == (37, 37)
    with pytest.raises(SizeTooSmall, match="at least 37 pixels") as refusal:
        render_png(QrSpec(URL, size_px=36))
    assert (refusal.value.min_px, refusal.value.field) == (37, "size_px")
    with pytest.raises(SizeTooSmall):
        place(21, 4, 28)


@pytest.mark.parametrize(
    ("foreground", "background", "ink", "paper"),
    [
        ("#000000", "#ffffff", (0, 0, 0, 255), (255, 255, 255, 255)),
        ("#1d4ed8", "#FEF3C7", (0x1D, 0x4E, 0xD8, 255), (0xFE, 0xF3, 0xC7, 255)),
        ("#036", "#ffe", (0, 0x33, 0x66, 255), (255, 255, 0xEE, 255)),
        ("#7f1d1d", None, (0x7F, 0x1D, 0x1D, 255), (255, 255, 255, 0)),
    ],
)
def test_colours_are_kept_and_still_scan(
    foreground: str,
    background: str | None,
    ink: tuple[int, int, int, int],
    paper: tuple[int, int, int, int],
) -> None:
    png = render_png(QrSpec(URL, foreground=foreground, background=background, size_px=400))
    colours = opened(png).convert("RGBA").getcolors()
    assert colours is not None
    assert {colour for _, colour in colours} == {ink, paper}
    assert read_back(png) == URL


@pytest.mark.parametrize("value", ["", "#", "black", "#12", "#12345", "#1234567", "#ggg", "000000"])
@pytest.mark.parametrize("render", [render_png, render_svg])
def test_a_bad_colour_is_refused(render: Callable[[QrSpec], bytes], value: str) -> None:
    for field in ("foreground", "background"):
        wrong: dict[str, Any] = {field: value}
        with pytest.raises(BadColour) as refusal:
            render(replace(QrSpec(URL), **wrong))
        assert (refusal.value.value, refusal.value.field) == (value, field)


def test_a_colour_is_not_followed_by_anything() -> None:
    for value in ("#000000\n", "#fff ", '#fff"/><script>'):
        with pytest.raises(BadColour):
            parse_colour(value)


def test_the_dpi_is_recorded_and_only_when_given() -> None:
    recorded = opened(render_png(QrSpec(URL, dpi=300))).info["dpi"]
    assert recorded == pytest.approx((300, 300), abs=0.01)
    assert "dpi" not in opened(render_png(QrSpec(URL))).info


def test_the_chunks_come_in_the_order_of_the_standard_with_right_checksums() -> None:
    png = render_png(QrSpec(URL, background=None, dpi=72))
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    kinds, offset = [], 8
    while offset < len(png):
        (length,) = struct.unpack_from(">I", png, offset)
        kinds.append(png[offset + 4 : offset + 8])
        offset += 12 + length
    assert kinds == [b"IHDR", b"PLTE", b"tRNS", b"pHYs", b"IDAT", b"IEND"]
    Image.open(io.BytesIO(png)).verify()


def test_equal_specs_give_equal_bytes() -> None:
    spec = QrSpec(URL, title="Größe")
    assert render_png(spec) == render_png(spec)
    assert render_svg(spec) == render_svg(spec)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [("", "empty"), ("x" * 2332, "too_long"), ("\ud800", "not_unicode")],
)
def test_a_payload_that_fits_no_code_is_refused(payload: str, reason: str) -> None:
    with pytest.raises(BadPayload) as refusal:
        encode(payload)
    assert refusal.value.reason == reason


def test_the_longest_payload_still_makes_a_code() -> None:
    assert encode("x" * 2331).version == 40


@pytest.mark.parametrize(
    "wrong", [{"quiet_zone": -1}, {"size_px": 0}, {"dpi": 0}, {"dpi": -300}, {"size_px": -5}]
)
def test_impossible_measures_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"cannot be negative|must be 1 or more"):
        replace(QrSpec(URL), **wrong)


SVG = "{http://www.w3.org/2000/svg}"
RUN = re.compile(r"([Mm])(-?\d+) (\d+)h(\d+)v1h-(\d+)z")


def painted(path: str, side: int) -> list[str]:
    """The rows of a picture of `side` units that the boxes of the path fill, each box once."""
    grid = [["0"] * side for _ in range(side)]
    end = x = y = 0
    for run in RUN.finditer(path):
        assert run.start() == end
        end = run.end()
        right, down, there, back = map(int, run.groups()[1:])
        assert there == back
        x, y = (right, down) if run[1] == "M" else (x + right, y + down)
        for column in range(x, x + there):
            assert grid[y][column] == "0"
            grid[y][column] = "1"
    assert end == len(path)
    return ["".join(row) for row in grid]


@pytest.mark.parametrize("quiet", [0, 1, 4])
@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_path_of_an_svg_paints_the_matrix(payload: str, quiet: int) -> None:
    matrix = encode(payload, "Q")
    root = ET.fromstring(draw_svg(matrix, QrSpec(payload, "Q", quiet_zone=quiet)))
    side = matrix.size + 2 * quiet
    path = root.find(f"{SVG}path")
    assert path is not None
    blank = ["0" * side] * quiet
    rows = ["0" * quiet + row + "0" * quiet for row in drawn(matrix)]
    assert painted(path.attrib["d"], side) == blank + rows + blank


def test_rows_without_ink_are_gone_over() -> None:
    rows = ["0000", "0110", "0000", "0000", "1011", "0001", "0000"]
    path = ET.fromstring(write_svg(rows, 1, 60, "#000000", None)).find(f"{SVG}path")
    assert path is not None
    grid = painted(path.attrib["d"], 9)
    assert [row[1:5] for row in grid[1:8]] == rows
    blank = ET.fromstring(write_svg(["00", "00"], 0, 2, "#000000", None)).find(f"{SVG}path")
    assert blank is not None
    assert blank.attrib["d"] == ""


def test_an_svg_has_the_asked_size_with_modules_as_its_unit() -> None:
    spec = QrSpec(URL, size_px=512, foreground="#ABC", background="#fffffe", dpi=300)
    root = ET.fromstring(render_svg(spec))
    assert root.attrib == {
        "width": "512",
        "height": "512",
        "viewBox": "0 0 37 37",
        "shape-rendering": "crispEdges",
    }
    assert [child.attrib.get("fill") for child in root] == ["#fffffe", "#aabbcc"]
    assert root[0].attrib["width"] == root[0].attrib["height"] == "37"


def test_a_transparent_svg_has_no_background() -> None:
    root = ET.fromstring(render_svg(QrSpec(URL, background=None)))
    assert [child.tag for child in root] == [f"{SVG}path"]


def test_a_title_is_text_and_never_markup() -> None:
    title = "</title><script>alert('é & 日本')</script>"
    root = ET.fromstring(render_svg(QrSpec(URL, title=title + "\x00\x0b\ud800")))
    assert [child.tag for child in root] == [f"{SVG}title", f"{SVG}rect", f"{SVG}path"]
    assert root[0].text == title
