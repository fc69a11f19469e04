"""Text as outlines, in the faces that are packaged: pictures look alike on every machine.

The faces have the letters of Latin, Cyrillic and Greek scripts; a letter that is in none of them is
drawn as the box of the face. Their licence is `fonts/OFL.txt`.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from io import BytesIO

from fontTools.pens.qu2cuPen import Qu2CuPen
from fontTools.pens.recordingPen import DecomposingRecordingPen, RecordingPen
from fontTools.ttLib import TTFont

from activities.render.scene import Outline, Segment
from activities.rules.looks import FONT_NAMES, FontName

_FONTS = files("activities.render") / "fonts"
_FINE = 0.0005  # of the letter's height, which a cubic curve may be off


@dataclass(frozen=True)
class Line:
    """A line of text of height 1 (the em): letters with their places, its width, capital height.

    Places are on the base line, y runs down.
    """

    letters: tuple[tuple[float, Outline], ...]
    width: float
    capitals: float


@lru_cache(maxsize=256)
def set_line(text: str, font: FontName) -> Line:
    """The text in one line. Composed letters are looked up composed (NFC), then without marks."""
    face = _face(font)
    letters, x = [], 0.0
    for sign in unicodedata.normalize("NFC", text):
        glyph = face.glyph_of(sign)
        outline, advance = _letter(font, glyph)
        if outline.segments:
            letters.append((x, outline))
        x += advance
    return Line(tuple(letters), x, face.capitals)


def spelled(text: str, font: FontName) -> str:
    """The text composed (NFC); a letter that the face lacks goes without marks, or becomes "?"."""
    signs = _face(font).signs
    shown = []
    for sign in unicodedata.normalize("NFC", text):
        bare = unicodedata.normalize("NFKD", sign)[:1]
        shown.append(next((each for each in (sign, bare) if each and ord(each) in signs), "?"))
    return "".join(shown)


def face_file(font: FontName) -> bytes:
    """A packaged face as TrueType. Raises ValueError for what is none."""
    if font not in FONT_NAMES:
        raise ValueError(f"{font!r} is not packaged")
    return (_FONTS / f"{font}.ttf").read_bytes()


class _Face:
    """One packaged face, open."""

    def __init__(self, font: FontName) -> None:
        self.font = TTFont(BytesIO(face_file(font)), lazy=True)
        self.glyphs = self.font.getGlyphSet()
        self.signs = self.font.getBestCmap()
        self.em = self.font["head"].unitsPerEm
        self.capitals = self.font["OS/2"].sCapHeight / self.em

    def glyph_of(self, sign: str) -> str:
        if found := self.signs.get(ord(sign)):
            return str(found)
        bare = unicodedata.normalize("NFKD", sign)[:1]
        return str(self.signs.get(ord(bare), ".notdef")) if bare else ".notdef"


@lru_cache(maxsize=len(FONT_NAMES))
def _face(font: FontName) -> _Face:
    return _Face(font)


@lru_cache(maxsize=1024)
def _letter(font: FontName, glyph: str) -> tuple[Outline, float]:
    """The outline of a letter of height 1 on the base line, and how far the next one is."""
    face = _face(font)
    pen, bare = RecordingPen(), DecomposingRecordingPen(face.glyphs)
    shape = face.glyphs[glyph]
    shape.draw(bare)  # a letter with an accent is made of both
    bare.replay(Qu2CuPen(pen, max_err=_FINE * face.em, all_cubic=True))
    segments: list[Segment] = []
    for verb, points in pen.value:
        flat = tuple(at / face.em for x, y in points for at in (x, -y))
        match verb:
            case "moveTo":
                segments.append(("M", flat))
            case "lineTo":
                segments.append(("L", flat))
            case "curveTo":
                segments.append(("C", flat))
            case "closePath" | "endPath":
                segments.append(("Z", ()))
    return Outline(tuple(segments)), shape.width / face.em
