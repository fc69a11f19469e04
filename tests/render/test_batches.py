"""Many pictures are drawn as one by one, into a piece of an archive."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import pytest

from activities.render.archive import closing
from activities.render.batches import HEAVIEST, Measured, Order, draw_many, measure_many, weight_of
from activities.render.pictures import OUTPUTS, Output, Picture, draw_picture, symbol_of
from activities.rules.looks import Gradient, Stop, Style

FADED = Style(gradient=Gradient("linear", (Stop(0, "#1d4ed8"), Stop(1, "#7c3aed"))))
PAYLOADS = ("12345", "HELLO WORLD", "https://example.com/welcome", "Grüße")


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("style", [Style(), Style(background=None, quiet_zone=1), FADED])
def test_a_picture_of_many_is_the_same_as_alone(output: Output, style: Style) -> None:
    pictures = [Picture(payload, output, style=style, size_px=400) for payload in PAYLOADS]
    part = draw_many([Order(f"{n}.x", picture) for n, picture in enumerate(pictures)])
    members = [outcome.member for outcome in part.outcomes if outcome.member]
    assert len(members) == len(pictures)
    whole = part.content + closing(members, len(part.content))
    archive = zipfile.ZipFile(io.BytesIO(whole))
    for n, picture in enumerate(pictures):
        alone = draw_picture(picture, proved=False).content
        if output in ("png", "svg", "webp"):
            assert archive.read(f"{n}.x") == alone
        else:
            assert archive.read(f"{n}.x")[:4] == alone[:4]


def test_what_cannot_be_drawn_says_why_and_the_others_come() -> None:
    faint = Style(foreground="#eeeeee")
    orders = [
        Order("0", Picture("x")),
        Order("1", Picture("x", size_px=16)),
        Order("2", Picture("x", style=faint), judged=True),
        Order("3", Picture("x", style=faint)),
        Order("4", Picture("x", style=FADED), judged=True),
    ]
    outcomes = draw_many(orders).outcomes
    assert [outcome.member is not None for outcome in outcomes] == [True, False, False, True, True]
    assert outcomes[1].fault == "This code needs a picture of at least 29 pixels."
    assert (outcomes[2].score, str(outcomes[2].fault)[:10]) == (0, "Unreadable")
    assert outcomes[3].score is None
    assert (outcomes[4].score or 0) > 60


@pytest.mark.parametrize("style", [Style(), Style(error_correction="H"), Style(micro=True)])
def test_symbols_are_measured_without_drawing(style: Style) -> None:
    payloads = ("1", "HELLO", "x" * 5)
    told = measure_many([(payload, style) for payload in payloads])
    expected = [symbol_of(payload, replace(style, micro=style.micro)).size for payload in payloads]
    assert [measured.modules for measured in told] == expected


def test_what_fits_no_symbol_is_found_by_measuring() -> None:
    asked = [
        ("x" * 4000, Style()),
        ("", Style()),
        ("\ud800", Style()),
        ("x" * 40, Style(micro=True)),
    ]
    told = measure_many(asked)
    assert [measured.modules for measured in told] == [None] * 4
    assert "too long" in str(told[0].fault)
    assert told[1] == Measured(None, "This payload cannot be a QR code: empty.")


def test_heavy_pictures_weigh_more() -> None:
    plain, large = Picture("x"), Picture("x", size_px=4000)
    assert weight_of(plain) < weight_of(large) < weight_of(replace(large, style=FADED))
    assert HEAVIEST / weight_of(replace(plain, style=FADED)) == pytest.approx(25, abs=2)
