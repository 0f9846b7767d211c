"""Drawings as pictures: ink of constant width, anti-aliased, at any size."""

from __future__ import annotations

import torch
import warp as wp
from torch import Tensor

from fiveviews.cameras import SPARE3D_SCALE
from fiveviews.launch import OPTIONS, launch
from fiveviews.render.inputs import image_size

from .drawing import Drawing

wp.set_module_options(OPTIONS)


THIN = 0.7  # width of hidden lines, in widths of visible ones


@wp.kernel
def _ink(
    start: int,
    segments: wp.array3d(dtype=float),
    kind: wp.array(dtype=wp.int32),
    first: wp.array(dtype=wp.int64),
    half: wp.array(dtype=float),
    image: wp.array4d(dtype=float),
):
    i, j = wp.tid()
    b = i + start
    s = int(first[b]) + j
    if s >= int(first[b + 1]):
        return
    k = kind[s]
    h = half[k]
    height, width = image.shape[1], image.shape[2]
    ax, ay = segments[s, 0, 0], segments[s, 0, 1]
    dx, dy = segments[s, 1, 0] - ax, segments[s, 1, 1] - ay
    length = wp.sqrt(dx * dx + dy * dy)
    ux, uy = dx / length, dy / length
    reach = h + 0.5
    top = wp.max(0, int(wp.ceil(wp.min(ay, ay + dy) - reach)))
    bottom = wp.min(height - 1, int(wp.floor(wp.max(ay, ay + dy) + reach)))
    for row in range(top, bottom + 1):
        y = float(row) - ay
        left, right = wp.min(0.0, dx) - reach, wp.max(0.0, dx) + reach
        if wp.abs(uy) > 1.0e-3:  # where the line's own strip crosses this row
            middle, spread = y * ux / uy, reach / wp.abs(uy)
            left, right = wp.max(left, middle - spread), wp.min(right, middle + spread)
        for column in range(
            wp.max(0, int(wp.ceil(ax + left))), wp.min(width - 1, int(wp.floor(ax + right))) + 1
        ):
            x = float(column) - ax
            t, d = x * ux + y * uy, wp.abs(x * uy - y * ux)
            if t < 0.0:  # beyond an end, which is round
                d = wp.sqrt(x * x + y * y)
            elif t > length:
                d = wp.sqrt((x - dx) * (x - dx) + (y - dy) * (y - dy))
            if d < reach:
                wp.atomic_max(image, b, row, column, k, wp.min(h, d + 0.5) - wp.max(-h, d - 0.5))


def rasterize(
    drawing: Drawing,
    size: int | tuple[int, int] = 200,
    width: float = 1.4,
    hidden_width: float | None = None,
    *,
    centred: bool = False,
) -> Tensor:
    """Ink of the drawings: (B, H, W, 2) float32 in [0, 1], visible lines first, then hidden ones.

    size: side of a square picture, or (height, width). width: of visible lines in pixels, the same
    in every direction and for every object; hidden_width: 0.7 of that unless given, so that a
    hidden line right behind a visible one does not look out. Its ink is there all the same.
    centred: move each drawing's bounding box into the middle, as SPARE3D does view by view.

    Raises ValueError for a picture without pixels or a width that is not positive, and TypeError
    for a size that is no size.
    """
    height, across = image_size(size)
    hidden_width = THIN * width if hidden_width is None else hidden_width
    if not (width > 0 and hidden_width > 0):
        raise ValueError(
            f"a drawing needs ink; got width {width} and hidden_width {hidden_width} pixels"
        )
    segments = drawing.segments
    if centred:
        segments = segments - middles(drawing)[drawing.view, None]
    device = segments.device
    x = (segments[..., 0] * height + across - 1) / 2
    y = (height - 1 - segments[..., 1] * height) / 2
    image = torch.zeros(len(drawing), height, across, 2, device=device)
    first = torch.searchsorted(drawing.view, torch.arange(len(drawing) + 1, device=device))
    most = int((first[1:] - first[:-1]).max()) if len(drawing) else 0
    half = torch.tensor([width / 2, hidden_width / 2], device=device)
    pixels = torch.stack([x, y], dim=-1).float()
    launch(_ink, len(drawing), most, [pixels, (~drawing.visible).int(), first, half, image])
    return image


def spare3d_style(longest_side: float) -> dict[str, float | bool]:
    """Options of `rasterize` that repeat SPARE3D's pictures of a CAD model of that size.

    Its lines are 0.7 and 0.35 units of the *model* wide (the attribute that should have kept them
    constant on the page is ignored by the program that made the pictures), so that small models
    have thick lines and large ones thin; and every view is centred on its own bounding box.

    longest_side: of the model, in its own units (SPARE3D's are often 50 to 100 long).

    Raises ValueError for a side that is not positive.

    >>> spare3d_style(50.0)["width"]
    1.647...
    """
    if not longest_side > 0:
        raise ValueError(f"the model's longest side must be positive; got {longest_side}")
    pixel = 200 / (2 * SPARE3D_SCALE * longest_side)  # pixels in a unit of the model
    return {"size": 200, "width": 0.7 * pixel, "hidden_width": 0.35 * pixel, "centred": True}


def middles(drawing: Drawing) -> Tensor:
    """Middle (B, 2) of each drawing's bounding box; the origin where nothing is drawn."""
    view = drawing.view[:, None, None].expand(-1, 2, 2).flatten(0, 1)
    points = drawing.segments.flatten(0, 1)
    empty = points.new_zeros(len(drawing), 2)
    low = empty.scatter_reduce(0, view, points, "amin", include_self=False)
    high = empty.scatter_reduce(0, view, points, "amax", include_self=False)
    return (low + high) / 2


def colours(ink: Tensor) -> Tensor:
    """SPARE3D's colours (..., 3) of ink (..., 2): black visible lines over red hidden ones.

    >>> colours(torch.tensor([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0]])).tolist()
    [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]
    """
    visible, hidden = ink[..., 0], ink[..., 1]
    red, rest = 1 - visible, (1 - visible) * (1 - hidden)
    return torch.stack([red, rest, rest], dim=-1)
