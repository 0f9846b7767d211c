"""Grids and strips of images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from . import svg
from .style import GAP, QUIET, SMALL, TEXT, WIDTH, array, colours

LARGEST, SMALLEST = 192, 40  # limits of the default size of one image, in pixels


def images(
    arrays: ArrayLike | Sequence[ArrayLike],
    titles: Sequence[str] | None = None,
    columns: int | None = None,
    scale: float | None = None,
    ink: bool = True,
) -> svg.Svg:
    """A grid of images, each with a title above it if `titles` are given.

    arrays: one image, a batch (N, H, W) or (N, H, W, C), a table (B, V, H, W, C) of B rows, or a
        list of images, None for a place that stays empty. Values in [0, 1] (uint8: 0 to 255).
        RGBA, its colours multiplied by alpha, is laid over white; signed values are coloured
        orange, white, blue.
    columns: images per row; default: as many as fit, in rows of nearly equal length.
    scale: screen pixels per image pixel; default: what fills the text column.
    ink: draw images without colour (silhouettes, lines) dark on white; False shows 1 as white.

    Raises ValueError for another number of titles.

    >>> images(np.eye(4), titles=["identity"]).alt
    '1 image: identity'
    """
    grid = _batch(arrays)
    if titles is not None and len(titles) != len(grid):
        raise ValueError(f"{len(grid)} images need as many titles; got {len(titles)}")
    if columns is None:
        columns = array(arrays).shape[1] if _is_table(arrays) else _even_columns(len(grid))
    rows = [
        list(range(start, min(start + columns, len(grid))))
        for start in range(0, len(grid), columns)
    ]
    alt = f"{len(grid)} image{'s' * (len(grid) != 1)}"
    alt += f": {', '.join(titles)}" if titles else ""
    cells = [[(grid[i], titles[i] if titles else "") for i in row] for row in rows]
    return _lay_out(cells, [""] * len(cells), scale, ink, alt)


def strip(
    rows: Mapping[str, ArrayLike | Sequence[ArrayLike]],
    titles: Sequence[str] | None = None,
    scale: float | None = None,
    ink: bool = True,
) -> svg.Svg:
    """Rows of images under one another, each row with its label: input, ours, truth.

    rows: label -> images, as `images` takes them, None where there is none; every row as long as
        the first.
    titles: one per column, above the first row.

    Raises ValueError for rows of two lengths, or another number of titles.

    >>> strip({"input": np.zeros((3, 8, 8)), "ours": np.zeros((3, 8, 8))}).alt
    '2 rows of 3 images: input, ours'
    """
    batches = {label: _batch(row) for label, row in rows.items()}
    lengths = {label: len(batch) for label, batch in batches.items()}
    if len(set(lengths.values())) != 1:
        raise ValueError(f"every row of a strip needs the same number of images; got {lengths}")
    count = next(iter(lengths.values()))
    if titles is not None and len(titles) != count:
        raise ValueError(f"{count} columns need as many titles; got {len(titles)}")
    first = next(iter(batches))
    cells = [
        [(image, titles[i] if titles and label == first else "") for i, image in enumerate(batch)]
        for label, batch in batches.items()
    ]
    alt = f"{len(cells)} rows of {count} image{'s' * (count != 1)}: {', '.join(batches)}"
    return _lay_out(cells, list(batches), scale, ink, alt)


def to_rgb(
    image: ArrayLike, ink: bool = True, limits: tuple[float, float] | None = None
) -> np.ndarray:
    """One image (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) as opaque 8-bit RGB (H, W, 3).

    Raises ValueError for other shapes and for values outside [0, 1] that are not signed scalars.

    >>> to_rgb(np.ones((1, 1)), ink=False)[0, 0].tolist()
    [255, 255, 255]
    """
    image = array(image)
    if image.ndim == 3 and image.shape[-1] == 1:
        image = image[..., 0]
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[-1] not in (3, 4)):
        raise ValueError(
            f"an image is (H, W), (H, W, 1), (H, W, 3) or (H, W, 4); got {image.shape} - "
            "channels come last in images that are shown"
        )
    values = image / 255.0 if image.dtype == np.uint8 else image.astype(float)
    if image.ndim == 2 and (limits is not None or values.min(initial=0.0) < -1e-3):
        return colours(values, limits)
    if (
        not np.isfinite(values).all()
        or values.min(initial=0.0) < -1e-3
        or values.max(initial=0.0) > 1.001
    ):
        raise ValueError(
            f"image values must lie in [0, 1]; got {np.min(values):g} to {np.max(values):g} "
            "(divide by 255, or use show.field for other quantities)"
        )
    if image.ndim == 2:
        values = 1 - 0.86 * values if ink else values  # 0.86: dark grey, as kind as black is harsh
        values = np.repeat(values[..., None], 3, axis=-1)
    elif image.shape[-1] == 4:
        values = values[..., :3] + 1 - values[..., 3:]  # colours come multiplied by alpha
    return (np.clip(values, 0, 1) * 255).round().astype(np.uint8)


def _batch(arrays: ArrayLike | Sequence[ArrayLike | None]) -> list[np.ndarray | None]:
    if isinstance(arrays, Sequence):
        batch = [None if image is None else array(image) for image in arrays]
    else:
        values = array(arrays)
        single = values.ndim == 2 or (values.ndim == 3 and values.shape[-1] in (1, 3, 4))
        values = values.reshape(-1, *values.shape[2:]) if values.ndim == 5 else values
        batch = [values] if single else list(values)
    if all(image is None for image in batch):
        raise ValueError("there is no image to show: the batch is empty")
    return batch


def _is_table(arrays: ArrayLike | Sequence[ArrayLike]) -> bool:
    return not isinstance(arrays, Sequence) and array(arrays).ndim == 5


def _even_columns(count: int, most: int = 8) -> int:
    rows = -(-count // most)
    return -(-count // rows)


def _lay_out(
    cells: list[list[tuple[np.ndarray | None, str]]],
    labels: list[str],
    scale: float | None,
    ink: bool,
    alt: str,
) -> svg.Svg:
    """Write the rows of (image, title), each row and column as large as its largest image."""
    widest = max(image.shape[1] for row in cells for image, _ in row if image is not None)
    sizes = [[(0, widest) if image is None else image.shape for image, _ in row] for row in cells]
    columns = max(len(row) for row in cells)
    gutter = 14 + 7.5 * max(len(label) for label in labels) if any(labels) else 0
    if scale is None:
        room = (WIDTH - gutter - GAP * (columns - 1)) / columns
        scale = min(max(room, SMALLEST), LARGEST) / widest
        scale = int(scale) if scale >= 2 else scale  # whole steps keep all pixels of equal size
    widths = [scale * max(r[c][1] for r in sizes if c < len(r)) for c in range(columns)]
    parts, y = [], 0.0
    for row, label, shapes in zip(cells, labels, sizes, strict=True):
        height = scale * max(size[0] for size in shapes)
        titles = [title for _, title in row]
        y += TEXT + 7 if any(titles) else 0
        wide = any(7 * len(t) > width for t, width in zip(titles, widths, strict=False))
        if label:
            parts.append(svg.text(gutter - 10, y + height / 2 + 4, label, anchor="end"))
        x = gutter
        for (image, title), width in zip(row, widths, strict=False):
            if image is not None:
                w, h = scale * image.shape[1], scale * image.shape[0]
                parts.append(svg.image(x, y, w, h, to_rgb(image, ink)))
                frame = f'x="{x + 0.5:g}" y="{y + 0.5:g}" width="{w - 1:g}" height="{h - 1:g}"'
                parts.append(f'<rect {frame} fill="none" stroke="#e4e4e4"/>')
            if title:
                size = SMALL if wide else TEXT
                parts.append(svg.text(x + width / 2, y - 6, title, size, fill=QUIET))
            x += width + GAP
        y += height + GAP
    width = gutter + sum(widths) + GAP * (columns - 1)
    return svg.page(width, y - GAP, parts, alt)
