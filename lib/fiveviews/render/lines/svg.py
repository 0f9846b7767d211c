"""Drawings as SVG: vector graphics of a few kilobytes, sharp at any size."""

from __future__ import annotations

import torch

from .drawing import Drawing
from .polylines import Polyline, polylines
from .raster import THIN

DASH = (4.0, 2.4)  # of hidden lines, in their own widths: ink, gap


def strokes(
    drawing: Drawing,
    size: float = 200,
    width: float = 1.4,
    hidden_width: float | None = None,
    *,
    hidden_colour: str = "black",
    dashed: bool = True,
) -> list[str]:
    """SVG elements of a drawing of one view, in a square of `size` units whose corner is (0, 0)."""
    thin = THIN * width if hidden_width is None else hidden_width
    parts = []
    for line in polylines(drawing):
        x = (line.points[:, 0] + 1) * size / 2
        y = (1 - line.points[:, 1]) * size / 2
        points = " ".join(f"{a:.2f},{b:.2f}" for a, b in zip(x.tolist(), y.tolist(), strict=True))
        look = f'class="visible" stroke="black" stroke-width="{width:g}"'
        if not line.visible:
            dash = ",".join(f"{d * thin:.3g}" for d in DASH)
            look = f'class="hidden" stroke="{hidden_colour}" stroke-width="{thin:g}"'
            look += f' stroke-dasharray="{dash}"' if dashed else ""
        parts.append(
            f'<polyline {look} fill="none" stroke-linejoin="round" '
            f'stroke-linecap="{"round" if line.visible else "butt"}" points="{points}"/>'
        )
    return parts


def to_svg(drawing: Drawing, size: float = 200, width: float = 1.4, **options: object) -> str:
    """A drawing of one view as an SVG file's text; hidden lines thinner and dashed.

    size: side of the picture; width: of visible lines, in the same units (so it is the same for
    every object). options: `hidden_width`, `hidden_colour`, `dashed`.

    Raises ValueError for more than one view.
    """
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{size:g}" height="{size:g}"'
    body = "\n".join(strokes(drawing, size, width, **options))
    return (
        f'{head} viewBox="0 0 {size:g} {size:g}">\n'
        f'<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n'
    )


def from_svg(text: str) -> list[Polyline]:
    """The polylines of a file that `to_svg` wrote, to its two decimals.

    Raises ValueError for text that is no such file.
    """
    from xml.etree import ElementTree

    try:
        root = ElementTree.fromstring(text)
        size = float(root.attrib["width"])
    except (ElementTree.ParseError, KeyError, ValueError) as error:
        raise ValueError(f"this is not the SVG of a drawing ({error})") from error
    found = []
    for element in root.iter("{http://www.w3.org/2000/svg}polyline"):
        pairs = [pair.split(",") for pair in element.attrib["points"].split()]
        points = torch.tensor([[float(x), float(y)] for x, y in pairs], dtype=torch.float64)
        points = (2 * points / size - 1) * torch.tensor([1.0, -1.0], dtype=torch.float64)
        found.append(Polyline(points, element.attrib["class"] == "visible"))
    return found
