"""An SVG writer for symbols made of square modules.

A row of modules is an integer of `columns` bits; the leftmost module is the highest bit; 1 is ink.
"""

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape

_RUN = re.compile("1+0*")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_svg(
    rows: Sequence[int],
    columns: int,
    margin: int,
    width: int,
    ink: str,
    paper: str | None,
    title: str = "",
) -> bytes:
    """The symbol as an SVG document in UTF-8, `width` pixels wide, its units one module.

    `margin` is the empty border in modules. Ink is one path with a box for each horizontal run of
    dark modules. `ink` and `paper` are `#rrggbb`; without paper the background is transparent.
    Characters that XML 1.0 forbids are left out of the title. Equal arguments give equal bytes.
    """
    across, down = columns + 2 * margin, len(rows) + 2 * margin
    height = round(width * down / across)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {across} {down}" shape-rendering="crispEdges">'
    ]
    if title:
        parts.append(f"<title>{escape(_NOT_XML.sub('', title))}</title>")
    if paper is not None:
        parts.append(f'<rect width="{across}" height="{down}" fill="{paper}"/>')
    parts.append(f'<path fill="{ink}" d="{_runs(rows, columns, margin)}"/></svg>\n')
    return "".join(parts).encode()


class _Boxes(dict[str, str]):
    """A box for each run of dark modules, and the way from it over the light ones behind it."""

    def __missing__(self, run: str) -> str:
        width = len(run.rstrip("0"))
        gap = f"m{len(run)} 0" if width < len(run) else ""
        box = self[run] = f"h{width}v1h-{width}z{gap}"
        return box


_BOXES = _Boxes()


def _runs(rows: Sequence[int], columns: int, margin: int) -> str:
    """The boxes; after each the pen is where it began (SVG 2, 9.3.4), so the next is relative."""
    parts: list[str] = []
    for y, row in enumerate(rows, margin):
        if row:
            x = margin + columns - row.bit_length()
            parts.append(f"M{x} {y}")
            parts += map(_BOXES.__getitem__, _RUN.findall(f"{row:b}".rstrip("0")))
    return "".join(parts)
