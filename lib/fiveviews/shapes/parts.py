"""The vocabulary of the shape generators: closed solids, and ways to put them together.

A *span* says where a part lies along one axis: ``(a, b)`` from a to b, or one number for that size
centred on zero. So ``box(1.2, (0.7, 0.74), 0.6)`` is a table top. An *outline* is a closed loop of
2D points (N, 2); the axis along which it is extruded says what its two coordinates mean:

    along "x": a side view, (z, y)    along "y": a plan, (x, z)    along "z": a front view, (x, y)

All solids are `manifold3d.Manifold`: ``a + b`` joins, ``a - b`` cuts, ``a ^ b`` intersects, and
each of these gives a closed surface that faces outward. ``Solid()`` is nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from manifold3d import CrossSection, FillRule, Manifold, Mesh64, OpType
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Span = float | tuple[float, float]
Point = Sequence[float] | Array
Solid = Manifold
# Rows: world x, y, z. Columns: the outline's two coordinates, the direction of extrusion, a shift.
_FRAMES = {
    "x": [[0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0]],
    "y": [[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0]],
    "z": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]],
}


def span(value: Span) -> tuple[float, float]:
    """The two ends of a span.

    >>> span(2.0), span((0.0, 3.0))
    ((-1.0, 1.0), (0.0, 3.0))
    """
    return value if isinstance(value, tuple) else (-value / 2, value / 2)


def spread(low: float, high: float, count: int) -> list[float]:
    """`count` numbers evenly from low to high; one alone lies in the middle.

    >>> spread(0, 1, 3), spread(0, 1, 1)
    ([0.0, 0.5, 1.0], [0.5])
    """
    return np.linspace(low, high, count).tolist() if count > 1 else [(low + high) / 2]


# Outlines and paths


def points(text: str) -> Array:
    """Points written as text, for outlines that are mostly numbers.

    >>> points("0 0, 1 0, .5 2")
    array([[0. , 0. ],
           [1. , 0. ],
           [0.5, 2. ]])
    """
    return np.array([[float(number) for number in point.split()] for point in text.split(",")])


def rect(u: Span, v: Span, round: float = 0.0, steps: int = 3) -> Array:
    """Rectangle outline, its corners rounded by `round` in `steps` pieces each."""
    (u0, u1), (v0, v1) = span(u), span(v)
    if not round:
        return np.array([(u1, v1), (u0, v1), (u0, v0), (u1, v0)], dtype=float)
    radius = max(1e-4, min(round, (u1 - u0) * 0.499, (v1 - v0) * 0.499))
    centres = rect((u0 + radius, u1 - radius), (v0 + radius, v1 - radius))
    turns = np.arange(4)[:, None] * 90
    angle = np.radians(np.linspace(0, 90, steps + 1) + turns)
    return (centres[:, None] + radius * np.stack([np.cos(angle), np.sin(angle)], -1)).reshape(-1, 2)


def ellipse(u: Span, v: Span, sides: int = 16, power: float = 2.0) -> Array:
    """Ellipse outline in the given spans; a power above 2 makes it boxier (a superellipse)."""
    (u0, u1), (v0, v1) = span(u), span(v)
    angle = (np.arange(sides) + 0.5) * 2 * np.pi / sides
    x, y = np.cos(angle), np.sin(angle)
    x, y = (np.sign(t) * np.abs(t) ** (2 / power) for t in (x, y))
    return np.stack([(u0 + u1 + (u1 - u0) * x) / 2, (v0 + v1 + (v1 - v0) * y) / 2], 1)


def mirrored(side: ArrayLike) -> Array:
    """The outline whose right half is `side` (N, 2), listed upward; the left half mirrors it.

    >>> mirrored([(1, 0), (2, 1)]).tolist()
    [[1.0, 0.0], [2.0, 1.0], [-2.0, 1.0], [-1.0, 0.0]]
    """
    side = np.asarray(side, dtype=float)
    return np.concatenate([side, side[::-1] * (-1, 1)])


def smooth(through: ArrayLike, steps: int = 4) -> Array:
    """Catmull-Rom curve through the points (N, D), with `steps` pieces between each two."""
    p = np.asarray(through, dtype=float)
    p = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    t = np.arange(steps)[:, None, None] / steps
    a, b, c, d = p[:-3], p[1:-2], p[2:-1], p[3:]
    curve = b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    return np.concatenate([curve.transpose(1, 0, 2).reshape(-1, p.shape[1]), p[-2:-1]])


def fillet(path: ArrayLike, radius: float, steps: int = 3) -> Array:
    """The path (N, D) with its inner corners rounded off, as a bent tube's are."""
    p = np.asarray(path, dtype=float)
    t = np.linspace(0, 1, steps + 1)[:, None]
    pieces = [p[:1]]
    for before, corner, after in zip(p[:-2], p[1:-1], p[2:], strict=True):
        a, b = (
            corner + (q - corner) * min(0.45, radius / np.linalg.norm(q - corner))
            for q in (before, after)
        )
        pieces.append((1 - t) ** 2 * a + 2 * t * (1 - t) * corner + t**2 * b)
    return np.concatenate([*pieces, p[-1:]])


def arc(radius: float, start: float, stop: float, steps: int = 8, centre: Point = (0, 0)) -> Array:
    """Points (steps + 1, 2) on a circle, from angle `start` to `stop` in degrees."""
    angle = np.radians(np.linspace(start, stop, steps + 1))
    return np.stack([np.cos(angle), np.sin(angle)], 1) * radius + np.asarray(centre, dtype=float)


def sideways(x: float, path: ArrayLike) -> Array:
    """A side view (N, 2) of (z, y) as a path (N, 3) in the plane at x."""
    p = np.asarray(path, dtype=float)
    return np.column_stack([np.full(len(p), x), p[:, 1], p[:, 0]])


# Solids


def box(x: Span, y: Span, z: Span, round: float = 0.0) -> Solid:
    """A box; `round` is the radius of its edges and corners, 0 for sharp ones.

    >>> f"{box(1.0, (0.0, 2.0), 3.0).volume():.2f}"
    '6.00'
    """
    low, high = np.array([span(x), span(y), span(z)]).T
    size = high - low
    if not round:
        return Manifold.cube(tuple(size)).translate(tuple(low))
    radius = min(round, 0.49 * size.min())
    signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1).T
    c = 0.7
    octant = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [c, c, 0], [c, 0, c], [0, c, c]])
    centres = (low + high) / 2 + signs * (size / 2 - radius)
    corners = centres[:, None] + signs[:, None] * octant * radius
    return Manifold.hull_points(corners.reshape(-1, 3))


def prism(outline: ArrayLike, along: str, extent: Span) -> Solid:
    """An outline (N, 2), which need not be convex, extruded over a span of one axis."""
    low, high = span(extent)
    section = CrossSection([np.asarray(outline, dtype=float)], FillRule.NonZero)
    return section.extrude(high - low).translate((0, 0, low)).transform(_FRAMES[along])


def loft(stations: Iterable[tuple[float, Array]], along: str) -> Solid:
    """A skin over outlines of N points each, (position on the axis, outline), first to last.

    >>> f"{loft([(0.0, rect(1.0, 1.0)), (3.0, rect(0.5, 0.5))], along='y').volume():.2f}"
    '1.75'
    """
    frame = np.array(_FRAMES[along], dtype=float)[:, :3]
    rings = [np.column_stack([ring, np.full(len(ring), at)]) @ frame.T for at, ring in stations]
    return skin(np.stack(rings))


def stack(levels: Iterable[tuple[float, Span, Span]], round: float = 0.0, steps: int = 2) -> Solid:
    """Rounded rectangles (height, x span, z span) lofted from the bottom up."""
    return loft([(y, rect(x, z, round, steps)) for y, x, z in levels], along="y")


def lathe(profile: ArrayLike, sides: int = 20) -> Solid:
    """Surface of revolution about the y axis; profile: (radius, height) from bottom to top."""
    p = np.asarray(profile, dtype=float)
    section = CrossSection([np.array([(0, p[0, 1]), *p, (0, p[-1, 1])])], FillRule.NonZero)
    return section.revolve(sides).transform(_FRAMES["y"])


def disc(width: Span, depth: Span, y: Span, sides: int = 24) -> Solid:
    """An upright cylinder, round or oval: its spans in x, z and y."""
    return prism(ellipse(width, depth, sides), "y", y)


def sweep(path: ArrayLike, section: Array, size: ArrayLike = 1.0) -> Solid:
    """A section (N, 2) carried along a path (K, 3), mitred at its bends, scaled by `size` (K,).

    The section's first coordinate stays as near as it can to world x (to z, along x).
    """
    p = np.asarray(path, dtype=float)
    steps = np.diff(p, axis=0)
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    normals = np.concatenate([steps[:1], steps[:-1] + steps[1:], steps[-1:]])
    across = np.eye(3)[2 if abs(steps[0, 0]) > 0.95 else 0]
    across = across - steps[0] * (across @ steps[0])
    across /= np.linalg.norm(across)
    rings = [section @ np.stack([across, np.cross(steps[0], across)])]
    for step, normal in zip(steps, normals[1:], strict=True):
        rings.append(rings[-1] - np.outer(rings[-1] @ normal / (step @ normal), step))
    sizes = np.broadcast_to(size, len(p))
    return skin(np.stack(rings) * sizes[:, None, None] + p[:, None])


def tube(path: ArrayLike, radius: ArrayLike, sides: int = 8) -> Solid:
    """A round tube along a path (K, 3); one radius, or one for each point."""
    return sweep(path, ellipse(2.0, 2.0, sides), radius)


def rod(a: Point, b: Point, radius: float, end: float | None = None, sides: int = 10) -> Solid:
    """A round rod from a to b that tapers from `radius` to `end`."""
    return tube([a, b], [radius, radius if end is None else end], sides)


def bar(a: Point, b: Point, width: float, depth: float | None = None, end: float = 1.0) -> Solid:
    """A rectangular bar from a to b; `end` scales its far end."""
    return sweep([a, b], rect(width, depth or width), [1.0, end])


def ball(at: Point, radius: float | Point, sides: int = 16) -> Solid:
    """A sphere, or an ellipsoid with three radii."""
    radii = np.broadcast_to(np.asarray(radius, dtype=float), 3)
    return Manifold.sphere(1.0, sides).scale(tuple(radii)).translate(tuple(at))


def skin(rings: Array) -> Solid:
    """The closed surface over rings (K, N, 3), its two ends covered by fans about their means."""
    k, n, _ = rings.shape
    corners = np.concatenate([rings.reshape(-1, 3), rings[[0, -1]].mean(axis=1)])
    at = np.arange(k * n).reshape(k, n)
    turned = np.roll(at, -1, axis=1)
    low, low_next, high, high_next = at[:-1], turned[:-1], at[1:], turned[1:]
    first, last = np.full(n, k * n), np.full(n, k * n + 1)
    triangles = np.concatenate(
        [
            np.stack([low, low_next, high_next], -1).reshape(-1, 3),
            np.stack([low, high_next, high], -1).reshape(-1, 3),
            np.stack([turned[0], at[0], first], -1),
            np.stack([at[-1], turned[-1], last], -1),
        ]
    )
    a, b, c = corners[triangles].swapaxes(0, 1)
    if np.vdot(a, np.cross(b, c)) < 0:  # six times the enclosed volume
        triangles = triangles[:, ::-1]
    return Manifold(Mesh64(corners, np.ascontiguousarray(triangles, dtype=np.uint64)))


# Composition


def union(parts: Iterable[Solid]) -> Solid:
    """All parts joined into one closed surface."""
    return Manifold.batch_boolean(list(parts), OpType.Add)


def hull(*parts: Solid) -> Solid:
    """The smallest convex solid around the parts."""
    return Manifold.batch_hull(parts)


def pair(part: Solid) -> Solid:
    """The part and its mirror image in x: what is on the right is also on the left."""
    return part + part.mirror((1, 0, 0))


def ends(part: Solid) -> Solid:
    """The part and its mirror image in z: what is in front is also behind."""
    return part + part.mirror((0, 0, 1))


def four(part: Solid) -> Solid:
    """The part mirrored in x and in z."""
    return ends(pair(part))


def around(part: Solid, copies: int, turn: float = 0.0) -> Solid:
    """Copies of a part, evenly around the y axis, the first turned by `turn` degrees."""
    return union(part.rotate((0, turn + 360 * k / copies, 0)) for k in range(copies))


def row(part: Callable[[float], Solid], low: float, high: float, count: int) -> Solid:
    """``part(t)`` at `count` places t, evenly from low to high."""
    return union(part(t) for t in spread(low, high, count))
