"""Diagrams of boxes and arrows: how data flows through a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from . import svg
from .style import QUIET, SMALL, TEXT, WIDTH

# what a box is -> its fill and outline: tints of the palette's colours, dark text on all of them
KINDS = {
    "data": ("#ffffff", "#8a8a8a"),
    "learned": ("#dcebf5", "#0072B2"),
    "fixed": ("#daf0e8", "#009E73"),
    "loss": ("#fbe6d6", "#D55E00"),
}
HALO = {"stroke": "white", "stroke_width": "4", "paint_order": "stroke"}  # keeps words off lines
LETTER, LINE = 7.2, 16  # width of a character and height of a line, in pixels
GAP, GAP_Y, GAP_ROWS, PAD = 34, 16, 34, 11


@dataclass(frozen=True)
class Box:
    """A box of a diagram.

    label: its name. detail: smaller lines below it, such as sizes.
    kind: "data", "learned" (has weights), "fixed" (computes without weights) or "loss".

    Raises ValueError for another kind.
    """

    label: str
    detail: str = ""
    kind: str = "learned"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"a box is {', '.join(KINDS)}; got {self.kind!r}")

    def size(self) -> tuple[float, float]:
        """Width and height in pixels."""
        lines = self.detail.split("\n") if self.detail else []
        longest = max([LETTER * len(self.label), *(LETTER * 0.86 * len(line) for line in lines)])
        return max(longest + 2 * PAD, 56), LINE * (1 + len(lines)) + 2 * PAD - 2


@dataclass(frozen=True)
class _Placed:
    box: Box
    x: float
    y: float
    width: float
    height: float
    row: int


def diagram(
    columns: Sequence[Box | Sequence[Box]],
    arrows: Sequence[tuple[str, str] | tuple[str, str, str]] | None = None,
    alt: str = "",
) -> svg.Svg:
    """Boxes from left to right, joined by arrows; what is too wide goes on in the next row.

    columns: boxes, or lists of boxes that stand above one another.
    arrows: (from, to) or (from, to, words) by label; default: from every box of a column to every
        box of the next one.
    Raises ValueError for two boxes of one label and for arrows to boxes that are not there.

    >>> diagram([Box("image", "64 x 64", "data"), Box("encoder"), Box("mesh", kind="data")]).alt
    'Diagram: image, encoder, mesh'
    """
    stacks = [[column] if isinstance(column, Box) else list(column) for column in columns]
    labels = [box.label for stack in stacks for box in stack]
    if len(set(labels)) != len(labels):
        raise ValueError(f"each box needs a label of its own; got {', '.join(labels)}")
    if arrows is None:
        arrows = [(a.label, b.label) for s, t in pairwise(stacks) for a in s for b in t]
    if unknown := {name for arrow in arrows for name in arrow[:2]} - set(labels):
        raise ValueError(
            f"arrows name {', '.join(sorted(unknown))}; the boxes are {', '.join(labels)}"
        )
    longest = max((len(arrow[2]) for arrow in arrows if len(arrow) > 2), default=0)
    placed, width, height = _place(stacks, max(GAP, 6.2 * longest + 22))
    parts = [_HEAD]
    for source, target, *words in arrows:
        parts.append(_arrow(placed[source], placed[target], words[0] if words else ""))
    parts += [_draw(box) for box in placed.values()]
    return svg.page(width, height, parts, alt or f"Diagram: {', '.join(labels)}")


_HEAD = (
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
    f'orient="auto"><path d="M0 0.5 L8 4 L0 7.5 z" fill="{QUIET}"/></marker></defs>'
)


def _place(stacks: list[list[Box]], gap: float) -> tuple[dict[str, _Placed], float, float]:
    """Positions of all boxes by label, and the size of the page."""
    rows: list[list[list[Box]]] = [[]]
    x = 0.0
    for stack in stacks:
        wide = max(box.size()[0] for box in stack)
        if rows[-1] and x + wide > WIDTH - 2:
            rows.append([])
            x = 0.0
        rows[-1].append(stack)
        x += wide + gap
    placed, y, right = {}, 1.0, 0.0
    for number, row in enumerate(rows):
        tall = max(sum(box.size()[1] + GAP_Y for box in stack) - GAP_Y for stack in row)
        x = 1.0
        for stack in row:
            wide = max(box.size()[0] for box in stack)
            top = y + (tall - sum(box.size()[1] + GAP_Y for box in stack) + GAP_Y) / 2
            for box in stack:
                high = box.size()[1]
                placed[box.label] = _Placed(box, x, top, wide, high, number)
                top += high + GAP_Y
            x += wide + gap
        right = max(right, x - gap)
        y += tall + GAP_ROWS
    return placed, right + 1, y - GAP_ROWS + 1


def _draw(p: _Placed) -> str:
    fill, edge = KINDS[p.box.kind]
    lines = p.box.detail.split("\n") if p.box.detail else []
    frame = f'x="{p.x:g}" y="{p.y:g}" width="{p.width:g}" height="{p.height:g}" rx="5"'
    parts = [f'<rect {frame} fill="{fill}" stroke="{edge}" stroke-width="1.3"/>']
    middle = p.x + p.width / 2
    parts.append(svg.text(middle, p.y + PAD + 11, p.box.label, TEXT, font_weight="600"))
    for index, line in enumerate(lines):
        parts.append(
            svg.text(middle, p.y + PAD + 11 + LINE * (index + 1), line, SMALL, fill="#444")
        )
    return "".join(parts)


def _arrow(a: _Placed, b: _Placed, words: str) -> str:
    """From the right of a to the left of b; around the corner where b starts a new row."""
    ya, yb = a.y + a.height / 2, b.y + b.height / 2
    if a.row == b.row and b.x > a.x:
        x0, x1 = a.x + a.width, b.x - 2
        bend = (x0 + x1) / 2
        path = f"M{x0:g} {ya:g} C{bend:g} {ya:g} {bend:g} {yb:g} {x1:g} {yb:g}"
        place = (bend, min(ya, yb) + abs(ya - yb) / 2 - 5)
    else:
        x0, x1, between = a.x + a.width / 2, b.x + b.width / 2, b.y - GAP_ROWS / 2
        start, end = (a.y + a.height, b.y - 2) if b.y > a.y else (a.y, b.y + b.height + 2)
        between = (start + end) / 2 if b.row == a.row else between
        path = f"M{x0:g} {start:g} V{between:g} H{x1:g} V{end:g}"
        place = ((x0 + x1) / 2, between - 5)
    label = svg.text(*place, words, SMALL, **HALO) if words else ""
    stroke = f'fill="none" stroke="{QUIET}" stroke-width="1.4" marker-end="url(#head)"'
    return f'<path d="{path}" {stroke}/>{label}'
