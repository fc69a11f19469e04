"""Scenes as Encapsulated PostScript 3.0, language level 3. Black is 100% K.

Source: PostScript Language Reference, third edition; Encapsulated PostScript File Format, 3.0.
PostScript knows no transparency: images are put on the scene's paper, white where it has none.
"""

from __future__ import annotations

import io
import zlib
from base64 import a85encode
from collections.abc import Iterator
from itertools import pairwise
from math import ceil

from PIL import Image

from activities.render.scene import Blend, Inked, Inset, Scene
from activities.render.scene_svg import told
from activities.rules.looks import BLACK, WHITE

_OPERATORS = {"M": "m", "L": "l", "C": "c", "Z": "h"}
_PROLOGUE = """%%BeginProlog
/m {moveto} bind def /l {lineto} bind def /c {curveto} bind def /h {closepath} bind def
%%EndProlog
"""


def write_scene_eps(scene: Scene, width: float) -> bytes:
    """`width` points across. Equal scenes give equal bytes; they are ASCII."""
    scale = width / scene.width
    height = scene.height * scale
    parts = [
        "%!PS-Adobe-3.0 EPSF-3.0\n",
        f"%%BoundingBox: 0 0 {ceil(width)} {ceil(height)}\n",
        f"%%HiResBoundingBox: 0 0 {told(width)} {told(height)}\n",
        "%%Creator: Inkloom\n%%LanguageLevel: 3\n%%EndComments\n",
        _PROLOGUE,
        f"gsave 0 {told(height)} translate {scale:.6f} {-scale:.6f} scale\n",
    ]
    if scene.paper is not None:
        parts.append(f"{_ink(scene.paper)} 0 0 {told(scene.width)} {told(scene.height)} rectfill\n")
    for part in scene.parts:
        parts += _image(part, scene.paper) if isinstance(part, Inset) else _fill(part)
    parts.append("grestore\nshowpage\n%%EOF\n")
    return "".join(parts).encode("ascii")


def _fill(part: Inked) -> Iterator[str]:
    yield "gsave newpath\n"
    for x, y, outline in part.stamps:
        for kind, points in outline.segments:
            for at, point in enumerate(points):
                yield f"{told(point + (y if at % 2 else x))} "
            yield _OPERATORS[kind] + "\n"
    even_odd = "eo" if part.holes else ""
    if isinstance(part.paint, str):
        yield f"{_ink(part.paint)} {even_odd}fill grestore\n"
    else:
        yield f"{even_odd}clip {_shading(part.paint)} shfill grestore\n"


def _shading(blend: Blend) -> str:
    """Exponential functions stitched together (3.10.3), in RGB."""
    (x0, y0), (x1, y1) = blend.start, blend.end
    where = (x0, y0, 0, x0, y0, blend.radius) if blend.radial else (x0, y0, x1, y1)
    kind = 3 if blend.radial else 2
    return (
        f"<< /ShadingType {kind} /ColorSpace /DeviceRGB /Coords [{' '.join(map(told, where))}] "
        f"/Extend [true true] /Function {_function(blend)} >>"
    )


def _function(blend: Blend) -> str:
    stops = list(blend.stops)
    if stops[0][0] > 0:
        stops.insert(0, (0.0, stops[0][1]))
    if stops[-1][0] < 1:
        stops.append((1.0, stops[-1][1]))
    steps = [
        f"<< /FunctionType 2 /Domain [0 1] /C0 [{_rgb(one)}] /C1 [{_rgb(other)}] /N 1 >>"
        for (_, one), (_, other) in pairwise(stops)
    ]
    bounds = " ".join(told(offset) for offset, _ in stops[1:-1])
    return (
        f"<< /FunctionType 3 /Domain [0 1] /Functions [{' '.join(steps)}] "
        f"/Bounds [{bounds}] /Encode [{' '.join(['0 1'] * len(steps))}] >>"
    )


def _image(inset: Inset, paper: str | None) -> Iterator[str]:
    source = Image.open(io.BytesIO(inset.png)).convert("RGBA")
    picture = Image.new("RGBA", source.size, paper or WHITE)
    picture.alpha_composite(source)
    across, down = picture.size
    x, y, width, height = inset.x, inset.y, inset.width, inset.height
    yield "gsave\n"
    if inset.round:
        yield f"newpath {told(x + width / 2)} {told(y + height / 2)} {told(width / 2)} "
        yield "0 360 arc closepath clip\n"
        scale = max(width / across, height / down)
        x, y = x - (across * scale - width) / 2, y - (down * scale - height) / 2
        width, height = across * scale, down * scale
    data = a85encode(zlib.compress(picture.convert("RGB").tobytes(), 9), wrapcol=120).decode()
    yield f"{told(x)} {told(y)} translate {told(width)} {told(height)} scale\n"
    yield "/DeviceRGB setcolorspace\n"
    yield (
        f"<< /ImageType 1 /Width {across} /Height {down} /BitsPerComponent 8 "
        f"/Decode [0 1 0 1 0 1] /ImageMatrix [{across} 0 0 {down} 0 0] "
        "/DataSource currentfile /ASCII85Decode filter /FlateDecode filter >> image\n"
    )
    yield f"{data}~>\ngrestore\n"


def _ink(colour: str) -> str:
    return "0 0 0 1 setcmykcolor" if colour == BLACK else f"{_rgb(colour)} setrgbcolor"


def _rgb(colour: str) -> str:
    return " ".join(told(channel / 255) for channel in bytes.fromhex(colour[1:]))
