"""Which parts of lines are hidden, by a Warp kernel: a thread walks one line past the triangles.

A thread keeps the hidden ranges that it has found so far, sorted and disjoint, in its own row of a
table. If a row is ever too short, all is done again with a longer one.
"""

from __future__ import annotations

import torch
import warp as wp
from torch import Tensor

from fiveviews.render.launch import OPTIONS, launch

from .candidates import POINT, Lines
from .readable import BEHIND, RIM, SIMILAR

wp.set_module_options(OPTIONS)

SLOTS = 12
BLOCK = 8  # triangles that are looked at only if a box around them all might hide something


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
def left_of(part: wp.vec2d, p: wp.vec3d, q: wp.vec3d, a: wp.vec3d, b: wp.vec3d) -> wp.vec2d:
    """Narrow the range to where the line from a to b is on the left of p to q, in the image."""
    x, y = q[0] - p[0], q[1] - p[1]
    rim = wp.float64(RIM) * (wp.abs(x) + wp.abs(y))
    at_a = x * (a[1] - p[1]) - y * (a[0] - p[0])
    at_b = x * (b[1] - p[1]) - y * (b[0] - p[0])
    return positive(part, at_a + rim, at_b + rim)


@wp.func
def insert(
    table: wp.array3d(dtype=wp.float64), row: int, count: int, low: wp.float64, high: wp.float64
) -> int:
    """Add a range to a row of sorted disjoint ranges; the new count, -1 if the row is full."""
    first = wp.int32(0)
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


@wp.func
def corner(corners: wp.array3d(dtype=wp.float64), t: int, k: int) -> wp.vec3d:
    return wp.vec3d(corners[t, k, 0], corners[t, k, 1], corners[t, k, 2])


@wp.kernel
def enclose(
    start: int,
    corners: wp.array3d(dtype=wp.float64),
    box: wp.array2d(dtype=wp.float64),
    blocks: wp.array2d(dtype=wp.float64),
):
    """Boxes (left, bottom, right, top, nearest) of the triangles, and of blocks of them."""
    i, _ = wp.tid()
    block = i + start
    far = wp.float64(1.0e30)
    all_low, all_high = wp.vec3d(far, far, far), wp.vec3d(-far, -far, -far)
    for t in range(block * BLOCK, wp.min((block + 1) * BLOCK, corners.shape[0])):
        p, q, r = corner(corners, t, 0), corner(corners, t, 1), corner(corners, t, 2)
        low, high = wp.min(wp.min(p, q), r), wp.max(wp.max(p, q), r)
        all_low, all_high = wp.min(all_low, low), wp.max(all_high, high)
        for k in range(2):
            box[t, k] = low[k]
        for k in range(3):
            box[t, 2 + k] = high[k]
    for k in range(2):
        blocks[block, k] = all_low[k]
    for k in range(3):
        blocks[block, 2 + k] = all_high[k]


@wp.func
def meets(box: wp.array2d(dtype=wp.float64), k: int, least: wp.vec3d, most: wp.vec3d) -> bool:
    """Whether a box (left, bottom, right, top, nearest) could hide something between two points."""
    rim = wp.float64(RIM)
    return (
        box[k, 0] <= most[0] + rim
        and box[k, 2] >= least[0] - rim
        and box[k, 1] <= most[1] + rim
        and box[k, 3] >= least[1] - rim
        and box[k, 4] > least[2]
    )


@wp.func
def covered(p: wp.vec3d, q: wp.vec3d, r: wp.vec3d, a: wp.vec3d, b: wp.vec3d) -> wp.vec2d:
    """The part of the line from a to b that lies within the triangle's picture."""
    part = wp.vec2d(wp.float64(0.0), wp.float64(1.0))
    part = left_of(part, p, q, a, b)
    part = left_of(part, q, r, a, b)
    return left_of(part, r, p, a, b)


@wp.func
def before(
    part: wp.vec2d,
    p: wp.vec3d,
    q: wp.vec3d,
    r: wp.vec3d,
    a: wp.vec3d,
    b: wp.vec3d,
    limit: wp.float64,
) -> wp.vec2d:
    """The part of that over which the triangle's plane is nearer by more than the limit."""
    n = wp.cross(q - p, r - p)
    x, y = -n[0] / n[2], -n[1] / n[2]
    gap_a = p[2] + (a[0] - p[0]) * x + (a[1] - p[1]) * y - a[2]
    gap_b = p[2] + (b[0] - p[0]) * x + (b[1] - p[1]) * y - b[2]
    return positive(part, gap_a - limit, gap_b - limit)


@wp.func
def leeway(
    line: int,
    t: int,
    group: wp.array2d(dtype=wp.int64),
    normal: wp.array3d(dtype=wp.float64),
    tri_group: wp.array(dtype=wp.int64),
    tri_normal: wp.array2d(dtype=wp.float64),
    slack: wp.array(dtype=wp.float64),
) -> wp.float64:
    """Depth that a facet beside the line, of the same round surface, may stand before it."""
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
    return limit


@wp.kernel
def hide(
    start: int,
    ends: wp.array3d(dtype=wp.float64),
    view: wp.array(dtype=wp.int64),
    own: wp.array3d(dtype=wp.float64),
    group: wp.array2d(dtype=wp.int64),
    normal: wp.array3d(dtype=wp.float64),
    blocks: wp.array2d(dtype=wp.float64),
    box: wp.array2d(dtype=wp.float64),
    corners: wp.array3d(dtype=wp.float64),
    tri_group: wp.array(dtype=wp.int64),
    tri_normal: wp.array2d(dtype=wp.float64),
    slack: wp.array(dtype=wp.float64),
    first: wp.array(dtype=wp.int64),
    table: wp.array3d(dtype=wp.float64),
    counts: wp.array(dtype=wp.int32),
):
    i, _ = wp.tid()
    line = i + start
    none, all = wp.float64(0.0), wp.float64(1.0)
    count = wp.int32(0)
    for k in range(2):
        if own[line, k, 1] > own[line, k, 0]:
            count = insert(table, line, count, own[line, k, 0], own[line, k, 1])
    a, b = corner(ends, line, 0), corner(ends, line, 1)
    least, most = wp.min(a, b), wp.max(a, b)
    if wp.max(most[0] - least[0], most[1] - least[1]) < wp.float64(POINT):
        counts[line] = 0
        return
    t, stop = int(first[view[line]]), int(first[view[line] + wp.int64(1)])
    while t < stop and not (count == 1 and table[line, 0, 0] <= none and table[line, 0, 1] >= all):
        after = wp.min(stop, (t / BLOCK + 1) * BLOCK)
        if not meets(blocks, t / BLOCK, least, most):
            t = after
        while t < after:
            if meets(box, t, least, most):
                p, q, r = corner(corners, t, 0), corner(corners, t, 1), corner(corners, t, 2)
                part = covered(p, q, r, a, b)
                if part[1] > part[0]:
                    limit = leeway(line, t, group, normal, tri_group, tri_normal, slack)
                    part = before(part, p, q, r, a, b, limit + wp.float64(BEHIND))
                    if part[1] > part[0]:
                        count = insert(table, line, count, part[0], part[1])
                        if count < 0:
                            counts[line] = -1
                            return
            t += 1
    counts[line] = count


def hidden(lines: Lines) -> tuple[Tensor, Tensor, Tensor]:
    """Hidden ranges of every line's parameter; see `readable.hidden`."""
    corners = lines.corners
    box = corners.new_empty(len(corners), 5)
    blocks = corners.new_empty(-(-len(corners) // BLOCK), 5)
    launch(enclose, len(blocks), 1, [corners.contiguous(), box, blocks])
    inputs = [lines.ends, lines.view, lines.own, lines.group, lines.normal, blocks, box, corners]
    inputs += [lines.tri_group, lines.tri_normal, lines.slack, lines.first]
    inputs = [value.contiguous() for value in inputs]
    slots = SLOTS
    while True:
        table = corners.new_empty(len(lines.ends), slots, 2)
        count = torch.zeros(len(lines.ends), dtype=torch.int32, device=corners.device)
        launch(hide, len(lines.ends), 1, [*inputs, table, count])
        if not (count < 0).any():
            table = table[:, : int(count.max()) if len(count) else 0]
            return table[..., 0], table[..., 1], count.long()
        slots *= 2
