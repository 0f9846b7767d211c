"""The geometry of hidden lines as Warp functions: one line, one triangle, one row of ranges.

The formulas are those of `candidates` and `readable`, which explain them.
"""

from __future__ import annotations

import warp as wp

from fiveviews.launch import OPTIONS

from .tolerances import EDGE_ON, RIM

wp.set_module_options(OPTIONS)

ZERO, ONE = wp.constant(wp.float64(0.0)), wp.constant(wp.float64(1.0))


@wp.struct
class Line:
    """A line that might be drawn. own: low, high, low, high of two ranges in which its own faces
    hide it. surface, normal: of the two faces it lies on (an outline has one face twice); the
    normal of a face that turns away is 0."""

    there: bool
    a: wp.vec3d
    b: wp.vec3d
    own: wp.vec4d
    surface_0: int
    surface_1: int
    normal_0: wp.vec3d
    normal_1: wp.vec3d


@wp.func
def point(points: wp.array3d(dtype=wp.float64), b: int, i: int) -> wp.vec3d:
    return wp.vec3d(points[b, i, 0], points[b, i, 1], points[b, i, 2])


@wp.func
def towards(normal: wp.vec3d, back: wp.vec3d) -> wp.float64:
    """Cosine between a normal and the direction to the viewer, 0 where it is all but 0."""
    cosine = wp.dot(normal, back)
    if wp.abs(cosine) < wp.float64(EDGE_ON):
        cosine = ZERO
    return cosine


@wp.func
def away(at_a: wp.float64, at_b: wp.float64) -> wp.vec2d:
    """The range in which a linear function with these values at 0 and 1 is negative."""
    turn = ZERO
    if at_a != at_b:
        turn = at_a / (at_a - at_b)
    low, high = ONE, ZERO
    if at_a < ZERO:
        low, high = ZERO, turn
    elif at_b < ZERO:
        low = turn
    if at_b < ZERO:
        high = ONE
    return wp.vec2d(low, high)


@wp.func
def edge_line(
    e: int,
    v: int,
    back: wp.vec3d,
    seen: wp.array3d(dtype=wp.float64),
    edges: wp.array2d(dtype=wp.int64),
    beside: wp.array2d(dtype=wp.int64),
    normals: wp.array4d(dtype=wp.float64),
    convex: wp.array(dtype=wp.bool),
    smooth: wp.array(dtype=wp.bool),
) -> Line:
    """Edge number e in view v; a smooth one only where one of its two faces faces the viewer."""
    line = Line()
    line.a = point(seen, v, int(edges[e, 0]))
    line.b = point(seen, v, int(edges[e, 1]))
    line.surface_0 = int(beside[e, 0])
    line.surface_1 = int(beside[e, 1])
    a_0 = wp.vec3d(normals[e, 0, 0, 0], normals[e, 0, 0, 1], normals[e, 0, 0, 2])
    a_1 = wp.vec3d(normals[e, 0, 1, 0], normals[e, 0, 1, 1], normals[e, 0, 1, 2])
    b_0 = wp.vec3d(normals[e, 1, 0, 0], normals[e, 1, 0, 1], normals[e, 1, 0, 2])
    b_1 = wp.vec3d(normals[e, 1, 1, 0], normals[e, 1, 1, 1], normals[e, 1, 1, 2])
    line.normal_0 = wp.normalize(a_0 + b_0)
    line.normal_1 = wp.normalize(a_1 + b_1)
    facing_0 = towards(a_0, back) + towards(b_0, back)
    facing_1 = towards(a_1, back) + towards(b_1, back)
    line.there = not smooth[e] or (facing_0 > ZERO) != (facing_1 > ZERO)
    if facing_0 <= -wp.float64(EDGE_ON):
        line.normal_0 = wp.vec3d()
    if facing_1 <= -wp.float64(EDGE_ON):
        line.normal_1 = wp.vec3d()
    one = away(towards(a_0, back), towards(b_0, back))
    two = away(towards(a_1, back), towards(b_1, back))
    if convex[e]:  # hidden where both faces turn away
        line.own = wp.vec4d(wp.max(one[0], two[0]), wp.min(one[1], two[1]), ONE, ZERO)
    else:
        line.own = wp.vec4d(one[0], one[1], two[0], two[1])
    return line


@wp.func
def outline(
    f: int,
    v: int,
    back: wp.vec3d,
    seen: wp.array3d(dtype=wp.float64),
    faces: wp.array2d(dtype=wp.int64),
    normals: wp.array3d(dtype=wp.float64),
    surface: wp.array(dtype=wp.int64),
) -> Line:
    """The outline within triangle f in view v, if it has one."""
    line = Line()
    n_0, n_1, n_2 = point(normals, f, 0), point(normals, f, 1), point(normals, f, 2)
    g_0, g_1, g_2 = towards(n_0, back), towards(n_1, back), towards(n_2, back)
    front_0, front_1, front_2 = g_0 >= ZERO, g_1 >= ZERO, g_2 >= ZERO
    line.there = front_0 != front_1 or front_1 != front_2
    if not line.there:
        return line
    i, j, k = int(faces[f, 0]), int(faces[f, 1]), int(faces[f, 2])
    if front_0 == front_2:  # number 1 differs from the other two
        i, j, k = j, k, i
        n_0, n_1, n_2 = n_1, n_2, n_0
        g_0, g_1, g_2 = g_1, g_2, g_0
    elif front_0 == front_1:  # number 2 does
        i, j, k = k, i, j
        n_0, n_1, n_2 = n_2, n_0, n_1
        g_0, g_1, g_2 = g_2, g_0, g_1
    p = point(seen, v, i)
    to_1, to_2 = point(seen, v, j) - p, point(seen, v, k) - p
    t_1, t_2 = g_0 / (g_0 - g_1), g_0 / (g_0 - g_2)
    line.a = p + t_1 * to_1
    line.b = p + t_2 * to_2
    line.normal_0 = wp.normalize(wp.float64(2.0) * n_0 + t_1 * (n_1 - n_0) + t_2 * (n_2 - n_0))
    line.normal_1 = line.normal_0
    line.surface_0 = int(surface[f])
    line.surface_1 = int(surface[f])
    uu, uv, vv = wp.dot(to_1, to_1), wp.dot(to_1, to_2), wp.dot(to_2, to_2)
    bulge = (g_1 - g_0) * (vv * to_1[2] - uv * to_2[2]) + (g_2 - g_0) * (
        uu * to_2[2] - uv * to_1[2]
    )
    line.own = wp.vec4d(ONE, ZERO, ONE, ZERO)
    if not bulge > ZERO:
        line.own = wp.vec4d(ZERO, ONE, ONE, ZERO)
    return line


@wp.func
def positive(t: wp.vec2d, at_a: wp.float64, at_b: wp.float64) -> wp.vec2d:
    """Narrow the range t to where the linear function with these values at 0 and 1 is positive."""
    low, high = t[0], t[1]
    if at_a <= ZERO:
        if at_b <= ZERO:
            high = -ONE
        else:
            low = wp.max(low, at_a / (at_a - at_b))
    elif at_b <= ZERO:
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
def covered(p: wp.vec3d, q: wp.vec3d, r: wp.vec3d, a: wp.vec3d, b: wp.vec3d) -> wp.vec2d:
    """The part of the line from a to b that lies within the triangle's picture."""
    part = left_of(wp.vec2d(ZERO, ONE), p, q, a, b)
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
def meets(
    box: wp.array3d(dtype=wp.float64), v: int, k: int, least: wp.vec3d, most: wp.vec3d
) -> bool:
    """Whether a box (left, bottom, right, top, nearest) could hide something between two points."""
    rim = wp.float64(RIM)
    return (
        box[v, k, 0] <= most[0] + rim
        and box[v, k, 2] >= least[0] - rim
        and box[v, k, 1] <= most[1] + rim
        and box[v, k, 3] >= least[1] - rim
        and box[v, k, 4] > least[2]
    )


@wp.func
def insert(table: wp.array4d(dtype=wp.float64), v: int, j: int, count: int, t: wp.vec2d) -> int:
    """Add a range to a row of sorted disjoint ranges; the new count, -1 if the row is full."""
    low, high = t[0], t[1]
    first = wp.int32(0)
    while first < count and table[v, j, first, 1] < low:
        first += 1
    last = wp.int32(first)
    while last < count and table[v, j, last, 0] <= high:
        low = wp.min(low, table[v, j, last, 0])
        high = wp.max(high, table[v, j, last, 1])
        last += 1
    if last == first:  # touches none: move the rest up
        if count == table.shape[2]:
            return -1
        for k in range(count - first):
            table[v, j, count - k, 0] = table[v, j, count - k - 1, 0]
            table[v, j, count - k, 1] = table[v, j, count - k - 1, 1]
    gone = last - first - 1  # -1 where one has come
    for k in range(last, count):
        if gone > 0:
            table[v, j, k - gone, 0] = table[v, j, k, 0]
            table[v, j, k - gone, 1] = table[v, j, k, 1]
    table[v, j, first, 0] = low
    table[v, j, first, 1] = high
    return count - gone
