"""Pictures of any output as pixels, by other people's programs, and what readers find in them."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import pypdfium2
import resvg_py
import zxingcpp
from PIL import Image

from activities.render.pictures import Output

GHOSTSCRIPT = shutil.which("gs")
"""Without it EPS cannot be looked at; `make test` installs it where it can."""


def pixels_of(content: bytes, output: Output, folder: Path, width: int = 700) -> Image.Image:
    """What a printer or browser makes of the picture, on white."""
    match output:
        case "png" | "webp":
            picture: Image.Image = Image.open(io.BytesIO(content))
        case "svg":
            drawn = resvg_py.svg_to_bytes(
                svg_string=content.decode(), skip_system_fonts=True, width=width
            )
            picture = Image.open(io.BytesIO(bytes(drawn)))
        case "pdf":
            page = pypdfium2.PdfDocument(content)[0]
            picture = page.render(scale=width / page.get_width()).to_pil()
        case "eps":
            picture = _printed(content, folder, width)
    ground = Image.new("RGBA", picture.size, "white")
    ground.alpha_composite(picture.convert("RGBA"))
    return ground.convert("RGB")


def readings(picture: Image.Image) -> list[str]:
    """All texts that a reader finds."""
    return [found.text for found in zxingcpp.read_barcodes(picture)]


def _printed(content: bytes, folder: Path, width: int) -> Image.Image:
    assert GHOSTSCRIPT is not None
    source, drawn = folder / "picture.eps", folder / "picture.png"
    source.write_bytes(content)
    box = next(line for line in content.split(b"\n") if line.startswith(b"%%HiResBoundingBox"))
    resolution = width / float(box.split()[3]) * 72
    subprocess.run(
        [
            *(GHOSTSCRIPT, "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-dEPSCrop"),
            *("-sDEVICE=png16m", "-dTextAlphaBits=4", "-dGraphicsAlphaBits=4"),
            *(f"-r{resolution:.3f}", f"-sOutputFile={drawn}", str(source)),
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )
    with Image.open(drawn) as picture:
        picture.load()
        return picture.copy()
