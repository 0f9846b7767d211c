"""Which parts of lines are hidden, by a Warp kernel: a thread walks one line past the triangles.

A thread keeps the hidden ranges that it has found so far, sorted and disjoint, in its own row of a
table. If a row is ever too short, all is done again with a longer one.
"""

from __future__ import annotations

import torch
import warp as wp
from torch import Tensor

from fiveviews.render.launch import OPTIONS, launch

from .candidates import Lines
from .readable import BEHIND, RIM, SIMILAR

wp.set_module_options(OPTIONS)

SLOTS = 16


@wp.func
def positive(t: wp.vec2d, at_a: wp.float64, at_b: wp.float64) -> wp.vec2d:
    """Narrow the range t to where the linear function with these values at 0 and 1 is positive."""
    low, high = t[0], t[1]
    if at_a <= wp.float64(0.0):
        if at_b <= wp.float64(0.0):
            high = wp.float64(-1.0)
        else:
            low = wp.max(low, at_a / (at_a - at_b))
    elif at_b <= wp.float64(0.0):
        high = wp.min(high, at_a / (at_a - at_b))
    return wp.vec2d(low, high)


@wp.func
def left_of(p: wp.vec3d, q: wp.vec3d, r: wp.vec3d) -> wp.float64:
    """Distance of r from the line through p and q, positive on its left, in the image."""
    x, y = q[0] - p[0], q[1] - p[1]
    return (x * (r[1] - p[1]) - y * (r[0] - p[0])) / wp.sqrt(x * x + y * y)


@wp.func
def insert(
    table: wp.array3d(dtype=wp.float64), row: int, count: int, low: wp.float64, high: wp.float64
) -> int:
    """Add a range to a row of sorted disjoint ranges; the new count, -1 if the row is full."""
    first = int(0)
    while first < count and table[row, first, 1] < low:
        first += 1
    last = int(first)
    while last < count and table[row, last, 0] <= high:
        low = wp.min(low, table[row, last, 0])
        high = wp.max(high, table[row, last, 1])
        last += 1
    if last == first:  # touches none: move the rest up
        if count == table.shape[1]:
            return -1
        for k in range(count - first):
            table[row, count - k, 0] = table[row, count - k - 1, 0]
            table[row, count - k, 1] = table[row, count - k - 1, 1]
        table[row, first, 0] = low
        table[row, first, 1] = high
        return count + 1
    table[row, first, 0] = low
    table[row, first, 1] = high
    gone = last - first - 1
    if gone > 0:
        for k in range(last, count):
            table[row, k - gone, 0] = table[row, k, 0]
            table[row, k - gone, 1] = table[row, k, 1]
    return count - gone


@wp.kernel
def hide(
    start: int,
    ends: wp.array3d(dtype=wp.float64),
    view: wp.array(dtype=wp.int64),
    own: wp.array3d(dtype=wp.float64),
    group: wp.array2d(dtype=wp.int64),
    normal: wp.array3d(dtype=wp.float64),
    box: wp.array2d(dtype=wp.float64),
    corners: wp.array3d(dtype=wp.float64),
    tri_group: wp.array(dtype=wp.int64),
    tri_normal: wp.array2d(dtype=wp.float64),
    slack: wp.array(dtype=wp.float64),
    first: wp.array(dtype=wp.int64),
    table: wp.array3d(dtype=wp.float64),
    counts: wp.array(dtype=wp.int32),
):
    i, j = wp.tid()
    line = i + start
    one = wp.float64(1.0)
    count = int(0)
    for k in range(2):
        if own[line, k, 1] > own[line, k, 0]:
            count = insert(table, line, count, own[line, k, 0], own[line, k, 1])
    if count == 1 and table[line, 0, 0] <= wp.float64(0.0) and table[line, 0, 1] >= one:
        counts[line] = 1
        return
    a = wp.vec3d(ends[line, 0, 0], ends[line, 0, 1], ends[line, 0, 2])
    b = wp.vec3d(ends[line, 1, 0], ends[line, 1, 1], ends[line, 1, 2])
    rim = wp.float64(RIM)
    least, most = wp.min(a, b), wp.max(a, b)
    v = int(view[line])
    for t in range(int(first[v]), int(first[v + 1])):
        if (
            box[t, 0] <= most[0] + rim
            and box[t, 2] >= least[0] - rim
            and box[t, 1] <= most[1] + rim
            and box[t, 3] >= least[1] - rim
            and box[t, 4] > least[2]
        ):
            p = wp.vec3d(corners[t, 0, 0], corners[t, 0, 1], corners[t, 0, 2])
            q = wp.vec3d(corners[t, 1, 0], corners[t, 1, 1], corners[t, 1, 2])
            r = wp.vec3d(corners[t, 2, 0], corners[t, 2, 1], corners[t, 2, 2])
            part = wp.vec2d(wp.float64(0.0), one)
            part = positive(part, left_of(p, q, a) + rim, left_of(p, q, b) + rim)
            part = positive(part, left_of(q, r, a) + rim, left_of(q, r, b) + rim)
            part = positive(part, left_of(r, p, a) + rim, left_of(r, p, b) + rim)
            if part[1] > part[0]:
                limit = wp.float64(0.0)
                for side in range(2):
                    if group[line, side] == tri_group[t]:
                        alike = (
                            normal[line, side, 0] * tri_normal[t, 0]
                            + normal[line, side, 1] * tri_normal[t, 1]
                            + normal[line, side, 2] * tri_normal[t, 2]
                        )
                        if alike > wp.float64(SIMILAR):
                            limit = slack[t]
                limit += wp.float64(BEHIND)
                n = wp.cross(q - p, r - p)
                sx, sy = -n[0] / n[2], -n[1] / n[2]
                gap_a = p[2] + (a[0] - p[0]) * sx + (a[1] - p[1]) * sy - a[2]
                gap_b = p[2] + (b[0] - p[0]) * sx + (b[1] - p[1]) * sy - b[2]
                part = positive(part, gap_a - limit, gap_b - limit)
                if part[1] > part[0]:
                    count = insert(table, line, count, part[0], part[1])
                    if count < 0:
                        counts[line] = -1
                        return
    counts[line] = count


def hidden(lines: Lines) -> tuple[Tensor, Tensor, Tensor]:
    """Hidden ranges of every line's parameter; see `readable.hidden`."""
    corners = lines.corners
    box = torch.cat(
        [corners[..., :2].amin(1), corners[..., :2].amax(1), corners[..., 2].amax(1)[:, None]], 1
    )
    inputs = [lines.ends, lines.view, lines.own, lines.group, lines.normal, box]
    inputs += [corners, lines.tri_group, lines.tri_normal, lines.slack]
    inputs += [lines.first_triangle]
    inputs = [value.contiguous() for value in inputs]
    slots = SLOTS
    while True:
        table = corners.new_empty(len(lines.ends), slots, 2)
        count = torch.zeros(len(lines.ends), dtype=torch.int32, device=corners.device)
        launch(hide, len(lines.ends), 1, [*inputs, table, count])
        if not (count < 0).any():
            return table[..., 0], table[..., 1], count.long()
        slots *= 2
