"""Logos are read from good files, and hostile ones are refused soon and cheaply."""

from __future__ import annotations

import io
import subprocess
import sys
import time
import warnings
import zlib
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from activities.render.logos import (
    LARGEST_BYTES,
    LARGEST_SIDE,
    BadLogo,
    Logo,
    read_logo,
)
from tests.builders.examples import so_many
from tests.builders.logo_files import a_chunk, a_picture, a_png_of, an_svg, with_chunks

RED = (255, 0, 0)
SECONDS = 3.0
"""A refusal takes milliseconds and the worst picture half a second; a busy machine may be slow."""


def opened(logo: Logo) -> Image.Image:
    """What an independent reader makes of it."""
    picture = Image.open(io.BytesIO(logo.png))
    picture.load()
    assert (picture.format, picture.size) == ("PNG", (logo.width, logo.height))
    assert picture.mode in ("RGB", "RGBA")
    assert picture.info == {}
    return picture


def refusal(content: bytes, declared: str | None = None) -> str:
    began = time.perf_counter()
    with pytest.raises(BadLogo) as told:
        read_logo(content, declared)
    assert time.perf_counter() - began < SECONDS
    assert str(told.value).endswith(".")
    return str(told.value)


@pytest.mark.parametrize(
    ("format", "mode"),
    [
        *(("PNG", mode) for mode in ("RGB", "RGBA", "L", "LA", "P", "1", "I;16")),
        *(("JPEG", mode) for mode in ("RGB", "L", "CMYK")),
        *(("WEBP", mode) for mode in ("RGB", "RGBA")),
    ],
)
def test_every_kind_of_picture_is_read(format: str, mode: str) -> None:
    logo = read_logo(a_picture(format, colour=0, mode=mode))
    assert (logo.width, logo.height) == (64, 48)
    opened(logo)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_a_large_picture_is_made_small_in_its_proportions(format: str) -> None:
    logo = read_logo(a_picture(format, (3000, 1500)))
    assert (logo.width, logo.height) == (1024, 512)
    pixel = opened(logo).convert("RGB").getpixel((500, 250))
    assert all(abs(a - b) < 6 for a, b in zip(pixel, RED, strict=True))  # type: ignore[arg-type]


def test_a_transparent_background_stays() -> None:
    picture = opened(read_logo(a_picture("PNG", (32, 32), (0, 0, 255, 0), "RGBA")))
    assert picture.getpixel((5, 5)) == (0, 0, 255, 0)
    palette = a_picture("PNG", (32, 32), 0, "P", transparency=0)
    assert opened(read_logo(palette)).getpixel((5, 5))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_stands_upright(format: str, orientation: int) -> None:
    picture = Image.new("RGB", (64, 32), "white")
    picture.paste("red", (0, 0, 32, 16))
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    picture.save(file, format, exif=exif, quality=100)
    upright = opened(read_logo(file.getvalue())).convert("RGB")
    corners = {
        1: (0, 0),
        2: (1, 0),
        3: (1, 1),
        4: (0, 1),
        5: (0, 0),
        6: (1, 0),
        7: (1, 1),
        8: (0, 1),
    }
    assert upright.size == ((64, 32) if orientation < 5 else (32, 64))
    right, down = corners[orientation]
    at = (4 + right * (upright.width - 9), 4 + down * (upright.height - 9))
    red, green, _ = upright.getpixel(at)  # type: ignore[misc]
    assert red > 200 > 60 > green


def test_metadata_is_left_out() -> None:
    secret = b"Ada at 52.5200, 13.4050"
    png = with_chunks(
        a_picture(),
        a_chunk(b"tEXt", b"Comment\0" + secret),
        a_chunk(b"iCCP", b"x\0\0" + zlib.compress(secret)),
    )
    jpeg = a_picture("JPEG", comment=secret, exif=b"Exif\0\0" + secret, icc_profile=secret)
    for content in (png, jpeg, a_picture("WEBP", xmp=secret)):
        assert secret not in read_logo(content).png


def test_of_an_animation_the_first_picture_is_taken() -> None:
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue", "lime")]
    for kind in ("PNG", "WEBP"):
        file = io.BytesIO()
        frames[0].save(file, kind, save_all=True, append_images=frames[1:], lossless=True)
        picture = opened(read_logo(file.getvalue())).convert("RGB")
        assert picture.getpixel((9, 9)) == RED


def test_the_content_tells_what_it_is_and_not_its_name() -> None:
    assert read_logo(a_picture("WEBP"), "image/jpeg").width == 64
    assert "not text/html" in refusal(b"GIF89a" + bytes(100), "text/html")
    assert refusal(b"\x00\x01", "a\r\nb").endswith("SVG picture.")
    for content in (b"", b"BM" + bytes(99), b"\x1f\x8b\x08svgz", b"%PDF-1.7", b"RIFF1234WAVE"):
        assert "PNG, JPEG, WebP or SVG" in refusal(content)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (bytes(LARGEST_BYTES + 1), "no more than 2 MiB"),
        (a_png_of(1, 1), "16 pixels at least"),
        (a_picture(size=(15, 500)), "16 pixels at least"),
        (a_picture("JPEG", (1, 1)), "16 pixels at least"),
        (a_picture("WEBP", (1, 1)), "16 pixels at least"),
        (a_png_of(20_000, 20_000), "25 megapixels"),
        (a_png_of(2**31 - 1, 2**31 - 1), "25 megapixels"),
        (a_png_of(0, 0), "damaged"),
        (b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + b"\xff" * 6, "25 megapixels"),
        (b"RIFF\0\0\0\0WEBPVP8L" + bytes(4) + b"\x2f\xff\xff\xff\xff" + bytes(9), "25 megapixels"),
        (b"RIFF\0\0\0\0WEBPVP8 " + bytes(4) + bytes(6) + b"\xff" * 4, "25 megapixels"),
        (b"RIFF\0\0\0\0WEBPVP8X", "damaged"),
        (b"RIFF\0\0\0\0WEBPJUNK" + bytes(99), "damaged"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"\xff\xd8\xff", "damaged"),
        (a_png_of(64, 64, b"nonsense"), "damaged"),
        (a_png_of(64, 64, zlib.compress(b"\0" * 99)), "damaged"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_a_bad_picture_is_refused(content: bytes, told: str) -> None:
    assert told in refusal(content)


def test_a_huge_jpeg_and_one_of_many_scans_are_refused() -> None:
    plain = bytearray(a_picture("JPEG", (64, 64)))
    at = plain.index(b"\xff\xc0") + 5
    plain[at : at + 4] = (20_000).to_bytes(2, "big") * 2
    assert "25 megapixels" in refusal(bytes(plain))
    for side, scans in ((16, 100_000), (64, 5000), (4000, 50)):
        progressive = a_picture("JPEG", (side, side), progressive=True)
        scan = progressive[progressive.rindex(b"\xff\xda") : -2]
        content = progressive[:-2] + (scan * scans)[: 2_000_000 - len(progressive)] + b"\xff\xd9"
        assert "not progressive" in refusal(content)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_a_truncated_picture_is_refused_wherever_it_ends(format: str) -> None:
    noise = Image.frombytes("RGB", (64, 64), Random(1).randbytes(64 * 64 * 3))
    file = io.BytesIO()
    noise.save(file, format)
    whole = file.getvalue()
    for end in range(12, len(whole) - 200, 397):
        refusal(whole[:end])


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP"])
def test_bombs_in_chunks_of_a_png_are_not_opened(kind: bytes) -> None:
    bomb = zlib.compress(bytes(200_000_000), 9)
    data = {b"iTXt": b"a\0\1\0\0\0" + bomb}.get(kind, b"a\0\0" + bomb)
    began = time.perf_counter()
    assert read_logo(with_chunks(a_picture(), *[a_chunk(kind, data)] * 5)).width == 64
    assert time.perf_counter() - began < SECONDS


def test_pixels_that_do_not_fit_the_header_stay_packed() -> None:
    content = a_png_of(64, 64, zlib.compress(bytes(200_000_000), 9))
    assert len(content) < LARGEST_BYTES
    began = time.perf_counter()
    assert read_logo(content).width == 64
    assert time.perf_counter() - began < SECONDS


WORST: dict[str, Callable[[], bytes]] = {
    "png": lambda: a_picture("PNG", (5000, 5000), (1, 2, 3, 4), "RGBA"),
    "palette": lambda: a_picture("PNG", (5000, 5000), 0, "P", transparency=0),
    "one bit": lambda: a_picture("PNG", (5000, 5000), 0, "1"),
    "jpeg": lambda: a_picture("JPEG", (5000, 5000), progressive=True),
    "webp": lambda: a_picture("WEBP", (5000, 5000), (1, 2, 3, 4), "RGBA", lossless=True, method=0),
}


@pytest.mark.parametrize("kind", WORST)
def test_the_largest_picture_takes_little_time_and_memory(kind: str) -> None:
    script = """
import sys, time, resource
from activities.render.logos import read_logo
content = sys.stdin.buffer.read()
read_logo(b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>')
began, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
read_logo(content)
print(time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    run = subprocess.run(
        [sys.executable, "-c", script], input=WORST[kind](), capture_output=True, check=True
    )
    seconds, kibibytes = map(float, run.stdout.split())
    assert seconds < SECONDS
    assert kibibytes < 400 * 1024


def test_how_the_process_takes_warnings_and_pixels_stays() -> None:
    before = (Image.MAX_IMAGE_PIXELS, list(warnings.filters))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        refusal(a_png_of(10_000, 10_000))
        read_logo(a_picture())
    assert told == []
    assert (Image.MAX_IMAGE_PIXELS, list(warnings.filters)) == before


@settings(max_examples=so_many(100), deadline=None)
@given(st.sampled_from(["PNG", "JPEG", "WEBP", "SVG"]), st.data())
def test_a_damaged_file_gives_a_logo_or_a_refusal(format: str, data: st.DataObject) -> None:
    body = '<g transform="scale(2)"><path d="M0 0L9 9C1 2 3 4 5 6" style="fill:red"/></g>'
    whole = an_svg(body) if format == "SVG" else a_picture(format, (24, 24))
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        logo = read_logo(bytes(content))
    except BadLogo:
        return
    assert max(logo.width, logo.height) <= LARGEST_SIDE
    opened(logo)
