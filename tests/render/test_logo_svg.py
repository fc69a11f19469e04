"""An SVG that somebody gave: drawn as it is meant, and nothing of it does anything else."""

from __future__ import annotations

import base64
import io
import re
import time
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from activities.render.logo_reading import LARGEST_SVG_BYTES, SvgRefused
from activities.render.logo_svg import clean_svg
from activities.render.logos import BadLogo, read_logo
from tests.builders.examples import so_many
from tests.builders.logo_files import SQUARE, a_picture, an_svg

RED, BLUE, NOTHING = (255, 0, 0, 255), (0, 0, 255, 255), (0, 0, 0, 0)
SECONDS = 3.0

ALLOWED = {
    *("svg", "g", "defs", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon"),
    *("linearGradient", "radialGradient", "stop", "clipPath", "mask"),
}


def pixels(content: bytes, *places: tuple[float, float]) -> list[tuple[int, ...]]:
    """The colours at places, as parts of the width and height."""
    logo = read_logo(content)
    picture = Image.open(io.BytesIO(logo.png)).convert("RGBA")
    return [
        picture.getpixel((round(x * (logo.width - 1)), round(y * (logo.height - 1))))  # type: ignore[misc]
        for x, y in places
    ]


def refusal(content: bytes) -> str:
    began = time.perf_counter()
    with pytest.raises(BadLogo) as told:
        read_logo(content)
    assert time.perf_counter() - began < SECONDS
    return str(told.value)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ('viewBox="0 0 100 100"', (1024, 1024)),
        ('viewBox="0,0 , 200 100" width="7cm"', (1024, 512)),
        ('width="50" height="100px"', (512, 1024)),
        ('viewBox="-5e0 -5 10 10" width="1" height="99"', (1024, 1024)),
    ],
)
def test_it_is_drawn_as_large_as_a_logo_may_be(size: str, expected: tuple[int, int]) -> None:
    logo = read_logo(an_svg(size=size))
    assert (logo.width, logo.height) == expected


@pytest.mark.parametrize(
    "body",
    [
        SQUARE,
        '<g fill="red"><path d="M0 0h100v100h-100z"/></g>',
        "<style>.a{fill:blue} .b { fill : red !important } /* x */</style>"
        '<rect class="a b" width="100" height="100"/>',
        '<style>rect{fill:blue}</style><rect style="fill:#f00;x:y" width="100" height="100"/>',
        '<style><![CDATA[@import "x"; #a{fill:red}]]></style><rect id="a" fill="blue" width="100"'
        ' height="100"/>',
        '<defs><linearGradient id="g"><stop stop-color="red"/></linearGradient></defs>'
        "<circle cx='50' cy='50' r='99' fill=\"url('#g')\"/>",
        '<linearGradient id="g"><stop style="stop-color:red"/></linearGradient>'
        '<radialGradient id="r" xlink:href="#g"/><circle r="200" fill="url(#r) none"/>',
        '<defs><rect id="r" width="50" height="100"/></defs><use href="#r" fill="red"/>'
        '<use xlink:href="#r" x="50" style="fill:red"/>',
        '<symbol id="s" viewBox="0 0 1 1"><rect width="1" height="1" fill="red"/></symbol>'
        '<use xlink:href="#s" width="100" height="100"/>',
        '<a href="https://example.com"><switch><foreignObject/><g>' + SQUARE + "</g></switch></a>",
        '<svg x="0" y="0" width="100" height="100" viewBox="0 0 100 100">' + SQUARE + "</svg>",
    ],
)
def test_common_ways_of_drawing_are_known(body: str) -> None:
    assert pixels(an_svg(body), (0.1, 0.1), (0.9, 0.9)) == [RED, RED]


@pytest.mark.parametrize(
    "stencil",
    [
        '<clipPath id="c"><rect width="50" height="100"/></clipPath>',
        '<rect id="r" width="50" height="100" fill="none"/>'
        '<clipPath id="c"><use xlink:href="#r"/></clipPath>',
        '<mask id="c"><rect width="50" height="100" fill="#fff"/></mask>',
        '<defs><rect id="r" width="50" height="100"/></defs>'
        '<mask id="c" fill="white"><use href="#r"/></mask>',
    ],
)
def test_clips_and_masks_hide_what_they_shall(stencil: str) -> None:
    way = "mask" if "<mask" in stencil else "clip-path"
    body = f'{stencil}<g {way}="url(#c)">{SQUARE}</g>'
    assert pixels(an_svg(body), (0.2, 0.5), (0.8, 0.5)) == [RED, NOTHING]


def test_a_document_type_without_entities_is_read_past() -> None:
    head = b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://x/y.dtd">'
    assert pixels(head + an_svg(), (0.5, 0.5)) == [RED]
    assert pixels(b"\xef\xbb\xbf  \n" + an_svg(), (0.5, 0.5)) == [RED]


def hostile(secret: Path) -> list[str]:
    """Bodies that want more than to be drawn."""
    png = base64.b64encode(a_picture(colour=(0, 0, 255))).decode()
    return [
        "<script>alert(1)</script>",
        '<rect width="9" height="9" onload="alert(1)" onclick="x()"/>',
        '<foreignObject><p xmlns="http://www.w3.org/1999/xhtml"><img/></p></foreignObject>',
        f'<image href="{secret}" width="100" height="100"/>',
        f'<image xlink:href="file://{secret}" width="100" height="100"/>',
        f'<image href="data:image/png;base64,{png}" width="100" height="100"/>',
        f'<image href="{secret.name}" width="100" height="100"/>',
        '<image href="http://169.254.169.254/" width="100" height="100"/>',
        f'<filter id="f"><feImage href="{secret}"/></filter><rect filter="url(#f)" width="9"/>',
        f'<pattern id="p"><image href="{secret}" width="9" height="9"/></pattern>'
        '<rect width="100" height="100" fill="url(#p)" stroke="none"/>',
        f'<style>@import url("{secret}"); rect{{fill:url({secret}#a)}}</style>',
        f'<rect width="100" height="100" style="fill:url({secret}#x);mask:url(http://x/#a)"/>',
        f'<use href="{secret}#a"/><use xlink:href="http://example.com/x.svg#a"/>',
        '<text>secret</text><set attributeName="fill" to="red"/><animate/>',
        '<rect fill="u\\72l(#a)" d="&#x3c;script&#x3e;" width="1&quot; onload=&quot;x"/>',
        '<x:path xmlns:x="urn:other" d="M0 0"/><metadata>x</metadata>',
    ]


@pytest.mark.parametrize("number", range(16))
def test_nothing_but_shapes_comes_through(number: int, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(a_picture(size=(100, 100), colour=(0, 0, 255)))
    body = SQUARE + hostile(secret)[number]
    text = clean_svg(an_svg(body)).text
    written = fromstring(text)
    assert {part.tag.rpartition("}")[2] for part in written.iter()} <= ALLOWED
    values = [value for part in written.iter() for value in part.attrib.values()]
    assert not [name for part in written.iter() for name in part.attrib if name.startswith("on")]
    assert not re.search(r"script|secret|example|169\.254|data:|file:|url\([^#]", text)
    assert not [value for value in values if re.search(r"[<>&\"'\\:/]", value)]
    colours = set(pixels(an_svg(body), (0.3, 0.3), (0.02, 0.02), (0.9, 0.9)))
    assert BLUE not in colours


@pytest.mark.parametrize(
    "subset",
    [
        '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">',
        '<!ENTITY x SYSTEM "file:///etc/passwd">',
        '<!ENTITY % x SYSTEM "http://169.254.169.254/"> %x;',
        '<!ATTLIST rect fill CDATA "red">',
        "",
    ],
)
def test_entities_are_refused(subset: str) -> None:
    content = f"<!DOCTYPE svg [{subset}]>".encode() + an_svg("<g>&c;&x;</g>")
    assert "DOCTYPE" in refusal(content)


def nested(levels: int, width: int = 10) -> str:
    """Each group uses the one before ten times."""
    groups = [f'<g id="a0">{SQUARE}</g>']
    for level in range(1, levels):
        groups.append(f'<g id="a{level}">' + f'<use href="#a{level - 1}"/>' * width + "</g>")
    return "".join(groups)


def full(attributes: str, times: int) -> str:
    return f'<path d="M0 0H100V100H0z" {attributes}/>' * times


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (nested(12), "no more than 1000 shapes"),
        (nested(30, 2), "no more than 1000 shapes"),
        ('<g id="a"><use href="#a"/></g>', "no more than 1000 shapes"),
        ('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>', "no more than 1000"),
        (
            f'<mask id="m">{SQUARE * 90}</mask>' + full('mask="url(#m)"', 90),
            "no more than 1000 shapes",
        ),
        (SQUARE * 1001, "no more than 1000 shapes"),
        (full('fill="url(#g)"', 300), "too costly"),
        (full('opacity=".5"', 500), "too costly"),
        ("<g>" * 100_000, "32 levels"),
        ("<b/>" * 6000, "5000 elements"),
        ("<style>" + "a" * 70_000 + "</style>", "styles of the SVG"),
        (" " * LARGEST_SVG_BYTES, "512 KiB"),
        ("", "no shapes"),
        ("<text>Inkloom</text>", "no shapes"),
        ('<clipPath id="c">' + SQUARE + "</clipPath>", "no shapes"),
        ("<g>", "well-formed"),
        ("<b:g/>", "well-formed"),
    ],
    ids=lambda part: part[:20],
)
def test_what_is_too_much_or_nothing_is_refused(body: str, told: str) -> None:
    gradient = '<linearGradient id="g"><stop/><stop offset="1" stop-color="red"/></linearGradient>'
    assert told in refusal(an_svg(gradient + body))


@pytest.mark.parametrize(
    "size",
    [
        "",
        'viewBox="0 0 0 0"',
        'viewBox="0 0 nan inf"',
        'viewBox="0 0 1e30 1e30"',
        'viewBox="0 0 -5 5"',
        'viewBox="0 0 1000 1"',
        'viewBox="1 2 3"',
        'width="100%" height="100%"',
    ],
)
def test_a_size_that_is_none_is_refused(size: str) -> None:
    assert re.search(r"viewBox|20 times", refusal(an_svg(size=size)))


def test_other_xml_is_no_picture() -> None:
    assert "no SVG" in refusal(b"<html><body/></html>")
    assert "no SVG" in refusal(b'<g xmlns="http://www.w3.org/2000/svg"/>')
    assert "well-formed" in refusal(b"<?xml version='1.0' encoding='klingon'?><svg/>")
    assert "well-formed" in refusal(b"<svg \xff/>")


ZIGZAG = "M0 0" + "l.01 100l.01-100" * 8000
GRADIENT = '<linearGradient id="g"><stop/><stop offset="1" stop-color="red"/></linearGradient>'


@pytest.mark.parametrize(
    "body",
    [
        f'<path d="{ZIGZAG}"/>',
        f'<path d="{ZIGZAG}" stroke="red" fill="none" stroke-width=".01"/>',
        GRADIENT + full('fill="url(#g)"', 100),
        GRADIENT + f'<g fill="url(#g)">{full("", 100)}</g>',
        full('fill="red" fill-opacity=".01"', 400),
        full('fill="rgba(1,2,3,.1)"', 400),
        f'<g opacity=".9">{SQUARE}{SQUARE}</g>' * 150,
        '<rect width="99" height="99" transform="rotate(7)"/>' * 990,
        f'<mask id="m">{SQUARE}</mask>' + f'<g mask="url(#m)">{SQUARE}</g>' * 60,
        "<style>" + "/*" * 30_000 + "</style>" + SQUARE,
        "<style>" + "{" * 60_000 + "</style>" + SQUARE,
    ],
    ids=lambda part: part[:20],
)
def test_the_costliest_drawings_are_made_small_and_soon(body: str) -> None:
    began = time.process_time()
    logo = read_logo(an_svg(body))
    assert time.process_time() - began < SECONDS
    assert max(logo.width, logo.height) in (192, 256, 384, 512, 768, 1024)


def test_many_lines_are_drawn_smoothly_all_the_same() -> None:
    star = "M50 1L60 99" + "l1 0" * 600 + "M1 1L99 50L1 99z"
    logo = read_logo(an_svg(f'<path stroke="red" d="{star}"/>'))
    picture = Image.open(io.BytesIO(logo.png)).convert("RGBA")
    alphas = {alpha for _, alpha in picture.getchannel("A").getcolors() or ()}
    assert logo.width == 1024
    assert len(alphas) > 3


VALUES = st.sampled_from(
    ["", "0", "-1", "1e9", "1e-9", "9" * 40, ".5", "url(#a)", "red", "nan", "scale(0)", "50%"]
    + ["matrix(1 2 2 4 0 0)", "scale(1e9)", "M0 0A1 1 0 0 1 0 0", "M0 0C1e9 1 2 3 4 5z", "none"]
)
NAMES = st.sampled_from(
    ["d", "x", "width", "height", "r", "rx", "transform", "fill", "stroke", "stroke-width"]
    + ["opacity", "clip-path", "mask", "href", "viewBox", "points", "offset", "gradientTransform"]
)
TAGS = st.sampled_from(sorted(ALLOWED - {"svg"}) + ["use", "symbol", "svg"])


@settings(max_examples=so_many(80), deadline=None)
@given(st.lists(st.tuples(TAGS, st.dictionaries(NAMES, VALUES, max_size=6)), max_size=8))
def test_whatever_is_drawn_gives_a_logo_or_a_refusal(
    parts: list[tuple[str, dict[str, str]]],
) -> None:
    body = SQUARE
    for tag, values in parts:
        attributes = " ".join(f'{name}="{value}"' for name, value in values.items())
        body = f'<{tag} id="a" {attributes}>{body}</{tag}><{tag} {attributes}/>'
    try:
        read_logo(an_svg(body))
    except BadLogo:
        return


def test_a_refusal_is_told_once() -> None:
    with pytest.raises(SvgRefused, match="no shapes"):
        clean_svg(an_svg(""))
