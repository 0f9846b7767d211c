"""A picture that is written as SVG: sharp at any zoom, small, and opaque white."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
from PIL import Image

from .style import FONT, INK, TEXT


@dataclass(frozen=True)
class Svg:
    """A finished picture. Jupyter shows it; `save` writes it."""

    markup: str
    alt: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"image/svg+xml": self.markup, "text/plain": self.alt}

    def save(self, path: str | Path) -> Path:
        """Write the picture to `path`, which must end in .svg.

        Raises ValueError for another suffix.
        """
        path = Path(path)
        if path.suffix != ".svg":
            raise ValueError(f"this picture can be saved as .svg; got {path.name!r}")
        path.write_text(self.markup, encoding="utf-8")
        return path


def page(width: float, height: float, parts: list[str], alt: str) -> Svg:
    """Put `parts` on a white page of `width` x `height` pixels."""
    size = f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="{FONT}"'
    body = "\n".join(parts)
    return Svg(
        f'{head} fill="{INK}">\n<title>{escape(alt)}</title>\n'
        f'<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n',
        alt,
    )


def text(
    x: float, y: float, words: str, size: int = TEXT, anchor: str = "middle", **attributes: str
) -> str:
    """A line of text whose baseline starts, ends or is centred at (x, y)."""
    extra = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    place = f'x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}"'
    return f"<text {place}{extra}>{escape(words)}</text>"


def image(x: float, y: float, width: float, height: float, pixels: np.ndarray) -> str:
    """An 8-bit picture (H, W) or (H, W, 3), its pixels kept as crisp squares when enlarged."""
    crisp = ' style="image-rendering:pixelated"' if height >= len(pixels) else ""
    place = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"'
    return f'<image {place} preserveAspectRatio="none"{crisp} href="{png_uri(pixels)}"/>'


def png(picture: np.ndarray | Image.Image) -> bytes:
    """A picture, or its 8-bit pixels (H, W), (H, W, 3) or (H, W, 4), as a PNG file."""
    buffer = io.BytesIO()
    image = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
    image.save(buffer, "png", optimize=True)
    return buffer.getvalue()


def png_uri(picture: np.ndarray | Image.Image) -> str:
    """The same as a data address, which needs no file beside the page."""
    return "data:image/png;base64," + base64.b64encode(png(picture)).decode()


def side_by_side(pictures: Sequence[Image.Image]) -> Image.Image:
    """Pictures in a row, aligned at the top on white, in 128 colours."""
    width, height = sum(p.width for p in pictures), max(p.height for p in pictures)
    row = Image.new("RGB", (width, height), "white")
    for index, picture in enumerate(pictures):
        row.paste(picture.convert("RGB"), (sum(p.width for p in pictures[:index]), 0))
    return row.quantize(128)
