"""An SVG writer for symbols made of square modules.

A row of modules is a word of `0` and `1`, the leftmost first; 1 is ink.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from xml.sax.saxutils import escape

_RUN = re.compile("1+0*(?:\n0*)*")
_MOST_BOXES = 20_000
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_svg(
    rows: Sequence[str],
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
    across, down = len(rows[0]) + 2 * margin, len(rows) + 2 * margin
    height = round(width * down / across)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {across} {down}" shape-rendering="crispEdges">'
    ]
    if title:
        parts.append(f"<title>{escape(_NOT_XML.sub('', title))}</title>")
    if paper is not None:
        parts.append(f'<rect width="{across}" height="{down}" fill="{paper}"/>')
    parts.append(f'<path fill="{ink}" d="{_runs(rows, margin)}"/></svg>\n')
    return "".join(parts).encode()


class _Boxes(dict[str, str]):
    """For each run of dark modules a box, and the way to where the next one begins.

    A run has the light modules behind it with it, and the ends of rows up to the next run.
    """

    def __init__(self, columns: int) -> None:
        self.columns = columns

    def __missing__(self, run: str) -> str:
        if len(self) >= _MOST_BOXES:
            self.clear()
        line, *others = run.split("\n")
        width = len(line.rstrip("0"))
        ahead = len(line)
        if others:
            # The row ends behind the light modules: all rows are equally long.
            ahead += len(others[-1]) - self.columns
        move = f"m{ahead} {len(others)}" if others or width < len(line) else ""
        box = self[run] = f"h{width}v1h-{width}z{move}"
        return box


@lru_cache(maxsize=64)
def _boxes_of(columns: int) -> _Boxes:
    return _Boxes(columns)


def _runs(rows: Sequence[str], margin: int) -> str:
    """The boxes; after each the pen is where it began (SVG 2, 9.3.4), so the next is relative."""
    text = "\n".join(rows).rstrip("0\n")
    first = text.find("1")
    if first < 0:
        return ""
    x, y = first - (text.rfind("\n", 0, first) + 1), text.count("\n", 0, first)
    boxes = map(_boxes_of(len(rows[0])).__getitem__, _RUN.findall(text))
    return f"M{x + margin} {y + margin}{''.join(boxes)}"
