"""A dozen styles that people would choose, for golden images and a sheet to look at."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from PIL import Image, ImageDraw

from activities.render.pictures import Picture
from activities.rules.reading_styles import read_style

PAYLOAD = "https://go.example.com/q/Ab3dE7x"

LOOKS: Mapping[str, Mapping[str, Any]] = {
    "plain": {},
    "navy on cream": {"foreground": "#1e3a8a", "background": "#fef3c7"},
    "dots": {
        "moduleShape": "dot",
        "eyeFrameShape": "circle",
        "eyeBallShape": "circle",
        "gradient": {"type": "radial", "colors": ["#7c3aed", "#1d4ed8"]},
    },
    "rounded bar": {
        "moduleShape": "rounded",
        "eyeFrameShape": "rounded",
        "eyeBallShape": "rounded",
        "foreground": "#0f766e",
        "frame": {"design": "bar_below", "text": "SCAN ME", "color": "#0f766e"},
    },
    "leaf box": {
        "moduleShape": "extra_rounded",
        "eyeFrameShape": "leaf",
        "eyeBallShape": "leaf",
        "gradient": {"colors": ["#be123c", "#7c2d12"], "angle": 45},
        "frame": {"design": "box", "text": "Zum Menü", "font": "serif", "color": "#be123c"},
    },
    "classy bubble": {
        "moduleShape": "classy",
        "eyeFrameShape": "cushion",
        "eyeBallShape": "bevel",
        "foreground": "#111827",
        "eyeFrameColor": "#b91c1c",
        "frame": {"design": "bubble", "text": "Wi-Fi", "font": "script", "color": "#b91c1c"},
    },
    "diamond ribbon": {
        "moduleShape": "diamond",
        "eyeFrameShape": "bevel",
        "eyeBallShape": "diamond",
        "background": "#fffbeb",
        "frame": {"design": "ribbon", "text": "Überraschung", "color": "#92400e"},
    },
    "vertical bars": {
        "moduleShape": "vertical_bars",
        "frame": {"design": "bar_above", "text": "№ 0042", "font": "mono"},
    },
    "horizontal bars": {
        "moduleShape": "horizontal_bars",
        "eyeBallColor": "#b45309",
        "background": "transparent",
    },
    "round logo": {
        "moduleShape": "rounded",
        "foreground": "#1e3a8a",
        "logo": {"url": "https://example.com/logo.png", "size": 0.24, "shape": "round"},
    },
    "square logo": {
        "moduleShape": "extra_rounded",
        "logo": {"url": "https://example.com/logo.png", "size": 0.26, "padding": 1},
        "eyeFrameColor": "#b45309",
    },
    "micro": {"micro": True, "payload": "TABLE 42"},
}


def picture_of(name: str, size_px: int = 400) -> Picture:
    """What is drawn of a look."""
    look = LOOKS[name]
    style, faults = read_style(look)
    assert faults == {}
    payload = look.get("payload", PAYLOAD)
    logo = a_logo() if style.logo else None
    return Picture(payload, style=style, size_px=size_px, logo=logo)


def a_logo(width: int = 240, height: int = 160) -> bytes:
    """A PNG with a clear ground."""
    picture = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((0, 0, width - 1, height - 1), 30, "#f59e0b")
    pen.ellipse((60, 20, 180, 140), "#1e3a8a")
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()
