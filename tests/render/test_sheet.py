"""A contact sheet shows every code so that it scans, with its name below."""

import csv
import io
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image, ImageChops

from activities.render.qr import QrSpec, render_png
from activities.render.sheet import TILE_PX, Tile, contact_sheet

LANDMARKS = Path(__file__).parents[2] / "workers" / "samples" / "landmarks.csv"


def tile(payload: str, label: str = "", sublabel: str = "", size_px: int = TILE_PX) -> Tile:
    return Tile(render_png(QrSpec(payload, size_px=size_px)), label, sublabel)


def opened(png: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(png))
    picture.load()
    return picture


def read_all(png: bytes) -> list[str]:
    """The texts on the sheet, row by row and from left to right."""
    found = zxingcpp.read_barcodes(opened(png).convert("L"))
    placed = [(code.position.top_left.y // 20, code.position.top_left.x, code) for code in found]
    return [str(code.text) for _, _, code in sorted(placed, key=lambda spot: spot[:2])]


def differ(one: bytes, other: bytes) -> bool:
    first, second = opened(one).convert("RGB"), opened(other).convert("RGB")
    return ImageChops.difference(first, second).getbbox() is not None


def test_sixty_landmarks_fit_one_page_and_every_code_scans_in_order() -> None:
    with LANDMARKS.open(encoding="utf-8", newline="") as lines:
        places = list(csv.DictReader(lines))
    links = [f"http://127.0.0.1:8000/r/{index:06x}" for index in range(len(places))]
    tiles = [
        tile(link, place["name"], f"{place['city']}, {place['country']}")
        for link, place in zip(links, places, strict=True)
    ]
    sheet = contact_sheet(tiles, columns=10, title="Landmarks")
    picture = opened(sheet)
    assert picture.format == "PNG"
    assert picture.mode == "P"
    assert 1800 <= picture.width <= 2000
    assert len(sheet) < 400_000
    assert read_all(sheet) == links


def test_codes_are_shown_pixel_for_pixel() -> None:
    code = tile("https://go.example.com/a")
    sheet = opened(contact_sheet([code])).convert("L")
    drawn = opened(code.png).convert("L")
    dark = drawn.point(lambda value: 255 - value).getbbox()
    on_sheet = sheet.crop((0, 150, sheet.width, 170 + TILE_PX)).point(
        lambda value: 255 if value == 0 else 0
    )
    left, top, right, bottom = on_sheet.getbbox() or (0, 0, 0, 0)
    symbol = sheet.crop((left, top + 150, right, bottom + 150))
    assert dark is not None
    assert symbol.tobytes() == drawn.crop(dark).tobytes()


@pytest.mark.parametrize("size_px", [33, 70, 74, 148, 149, 333, 600])
def test_codes_of_any_size_scan_from_the_sheet(size_px: int) -> None:
    payloads = [f"A{index}" for index in range(5)]
    tiles = [tile(payload, "Name", "City", size_px) for payload in payloads]
    assert read_all(contact_sheet(tiles, columns=3)) == payloads


def test_a_transparent_coloured_code_scans_from_its_card() -> None:
    spec = QrSpec("https://x.example/1", foreground="#1d4ed8", background=None, size_px=TILE_PX)
    sheet = contact_sheet([Tile(render_png(spec), "Blue", "")])
    assert read_all(sheet) == ["https://x.example/1"]
    colours = opened(sheet).convert("RGB").getcolors(1 << 16)
    assert colours is not None
    assert (0x1D, 0x4E, 0xD8) in {colour for _, colour in colours}


@pytest.mark.parametrize(
    ("count", "columns", "across", "down"), [(1, 10, 1, 1), (7, 3, 3, 3), (12, 4, 4, 3)]
)
def test_tiles_fill_rows_and_the_page_grows_with_them(
    count: int, columns: int, across: int, down: int
) -> None:
    one = opened(contact_sheet([tile("A")] * 4, columns=4)).size
    step = opened(contact_sheet([tile("A")] * 8, columns=4)).height - one[1]
    picture = opened(contact_sheet([tile("A")] * count, columns=columns))
    assert picture.height == one[1] + (down - 1) * step
    assert picture.width == max(560, 112 + across * (TILE_PX + 36) - 16)


def test_a_sheet_without_tiles_is_a_page_with_a_header() -> None:
    assert read_all(contact_sheet([], title="Nothing yet")) == []
    assert differ(contact_sheet([], title="Nothing yet"), contact_sheet([]))


@pytest.mark.parametrize("field", ["label", "sublabel"])
def test_a_name_too_long_for_its_card_stays_inside_it(field: str) -> None:
    endless = Tile(tile("A").png, **{"label": "", "sublabel": "", field: "Wide name " * 30})
    empty = contact_sheet([tile("A")] * 2, columns=2)
    sheet = contact_sheet([endless, tile("A")], columns=2)
    before, after = opened(empty).convert("L"), opened(sheet).convert("L")
    assert before.size == after.size
    changed = ImageChops.difference(before, after).point(lambda value: 255 * (value > 8)).getbbox()
    assert changed is not None
    assert changed[0] > 56
    assert changed[2] < 56 + TILE_PX + 20


@pytest.mark.parametrize(
    ("bare", "accented"),
    [
        ("Familia", "Família"),
        ("Sao", "São"),
        ("Koln", "Köln"),
        ("Ha Noi", "Hà Nội"),
        ("Ile", "Île"),
        ("Cesme", "Çeşme"),
        ("Skofja", "Škofja"),
        ("Aland", "Åland"),
        ("Strase", "Straße"),
        ("Odzi", "Łódź"),
    ],
)
def test_an_accent_is_drawn_on_its_letter(bare: str, accented: str) -> None:
    assert differ(contact_sheet([tile("A", accented)]), contact_sheet([tile("A", bare)]))
    assert differ(
        contact_sheet([tile("A", accented)]),
        contact_sheet([tile("A", "".join(c if c.isascii() else "?" for c in accented))]),
    )


def test_composed_and_decomposed_names_look_alike() -> None:
    composed = contact_sheet([tile("A", "S\u00e3o")])
    assert composed == contact_sheet([tile("A", "Sa\u0303o")])


def test_letters_the_font_lacks_become_question_marks() -> None:
    assert contact_sheet([tile("A", "東京")]) == contact_sheet([tile("A", "??")])


def test_the_header_tells_the_number_of_codes_unless_a_subline_is_given() -> None:
    told = "2 codes · point a phone camera at one"
    assert contact_sheet([tile("A")] * 2) == contact_sheet([tile("A")] * 2, subline=told)
    assert differ(contact_sheet([tile("A")] * 2), contact_sheet([tile("A")] * 2, subline="Two"))


def test_a_sheet_without_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one column"):
        contact_sheet([tile("A")], columns=0)


def test_a_tile_that_is_too_large_is_refused() -> None:
    with pytest.raises(ValueError, match="600 pixels"):
        contact_sheet([tile("A", size_px=601)])
