"""Checks of the exercises that draw: project a point, cover a pixel, combine, differentiate."""

from __future__ import annotations

import torch
from torch import Tensor

from fiveviews.cameras import orbit
from fiveviews.checks import Case, Exercise, uniform
from fiveviews.render.soft.readable import barycentric, distance_to_edges

# 1. Where a point lands in the picture ------------------------------------------------------------


def _project(
    points: Tensor, azimuth: float, elevation: float, distance: float, fov: float
) -> Tensor:
    place = (torch.tensor(v, dtype=torch.float64) for v in (azimuth, elevation, distance))
    return orbit(*place, fov=fov).project(points)[0]


def _view(points: Tensor, azimuth: float, elevation: float, distance: float) -> Tensor:
    """Right, up and depth (N, 3) before the division."""
    camera = orbit(*(torch.tensor(v, dtype=torch.float64) for v in (azimuth, elevation, distance)))
    return (points - camera.eye) @ camera.rotation[0].T * torch.tensor([1.0, 1.0, -1.0]).double()


def _tilted_first(
    p: Tensor, azimuth: float, elevation: float, distance: float, fov: float
) -> Tensor:
    a, e = torch.deg2rad(torch.tensor([azimuth, elevation], dtype=torch.float64))
    x, y, z = p.unbind(1)
    y, z = y * e.cos() - z * e.sin(), y * e.sin() + z * e.cos()
    x, z = x * a.cos() - z * a.sin(), x * a.sin() + z * a.cos()
    size = (distance - z) * torch.deg2rad(torch.tensor(fov / 2)).tan()
    return torch.stack([x / size, y / size, distance - z], 1)


def _times(result: Tensor, x: float | Tensor, y: float | Tensor, depth: float | Tensor) -> Tensor:
    return torch.stack([result[:, 0] * x, result[:, 1] * y, result[:, 2] * depth], dim=1)


def _depth_along_ray(p: Tensor, a: float, e: float, d: float, fov: float) -> Tensor:
    right = _project(p, a, e, d, fov)
    return torch.cat([right[:, :2], _view(p, a, e, d).norm(dim=1, keepdim=True)], dim=1)


def _undivided(p: Tensor, a: float, e: float, d: float, fov: float) -> Tensor:
    depth = _project(p, a, e, d, fov)[:, 2]
    return _times(_project(p, a, e, d, fov), depth, depth, 1.0)


def _points_and_cameras() -> list[Case]:
    points = uniform(0, 6, 3, low=-0.5, high=0.5)
    return [
        Case("6 random points", (points, 35.0, 25.0, 2.732, 30.0)),
        Case("a camera at azimuth -120", (points, -120.0, -40.0, 2.0, 50.0)),
        Case(
            "points behind each other on the camera's axis",
            (torch.tensor([[0.0, 0.0, z] for z in (-0.4, 0.0, 0.4)]).double(), 0.0, 0.0, 2.0, 30.0),
            edge="All belong in the middle of the picture, the one with the largest z nearest.",
        ),
    ]


project = Exercise(
    name="1 Project a point",
    truth=_project,
    cases=_points_and_cameras,
    mistakes={
        "Wrong way round: your camera walks to the left when the azimuth grows. At azimuth 90 it "
        "stands on the +x side.": lambda p, a, e, d, f: _project(p, -a, e, d, f),
        "Upside down in elevation: yours dives below the object where it should climb above "
        "it.": lambda p, a, e, d, f: _project(p, a, -e, d, f),
        "Angles come in degrees, and sin and cos want radians: torch.deg2rad or math.radians.": (
            lambda p, a, e, d, f: _project(p, *torch.tensor([a, e]).rad2deg().tolist(), d, f)
        ),
        "Everything comes out too small: fov is the full angle of view, and the triangle that you "
        "need has half of it, tan(fov / 2).": lambda p, a, e, d, f: _project(p, a, e, d, 2 * f),
        "No perspective: far points must come closer to the middle. Divide x and y by the "
        "depth.": _undivided,
        "The picture is upside down: in image coordinates y points up, though rows are counted "
        "from the top.": lambda p, a, e, d, f: _times(_project(p, a, e, d, f), 1.0, -1.0, 1.0),
        "The picture is mirrored: x points to the camera's right.": (
            lambda p, a, e, d, f: _times(_project(p, a, e, d, f), -1.0, 1.0, 1.0)
        ),
        "x and y are right, but depth has the wrong sign: it is positive in front of the "
        "camera.": lambda p, a, e, d, f: _times(_project(p, a, e, d, f), 1.0, 1.0, -1.0),
        "x and y are right, but depth is measured along the viewing axis, not along the ray to the "
        "point.": _depth_along_ray,
        "The two turns do not commute: undo the azimuth (about y) first, and then tilt by the "
        "elevation (about x).": _tilted_first,
    },
    praise="Your camera agrees with the library's on every point, and so do its gradients.",
)


# 2. How much a face covers a pixel ----------------------------------------------------------------


def _signed(pixels: Tensor, triangle: Tensor) -> Tensor:
    corners = triangle.expand(len(pixels), 3, 2)
    square = distance_to_edges(pixels, corners)
    return torch.where((barycentric(pixels, corners) > 0).all(-1), square, -square)


def _coverage(pixels: Tensor, triangle: Tensor, sigma: float) -> Tensor:
    return torch.sigmoid(_signed(pixels, triangle) / sigma)


def _pixels_and_triangles() -> list[Case]:
    pixels = uniform(1, 40, 2, low=-1.0, high=1.0)
    triangle = torch.tensor([[-0.6, -0.5], [0.7, -0.3], [0.0, 0.8]], dtype=torch.float64)
    on_edge = (triangle + triangle.roll(-1, 0)) / 2
    return [
        Case("40 random pixels", (pixels, triangle, 0.02)),
        Case("a smaller σ", (pixels, 0.8 * triangle, 0.005)),
        Case(
            "the middles of the three edges",
            (on_edge, triangle, 0.01),
            edge="On an edge the distance is 0, so the coverage is a half.",
        ),
        Case(
            "corners in clockwise order",
            (pixels, triangle.flip(0), 0.02),
            edge="A triangle seen from behind lists its corners clockwise and covers just as much.",
        ),
        Case(
            "a very small σ",
            (pixels, triangle, 1e-6),
            edge="exp of a large number overflows; torch.sigmoid is written to avoid that.",
        ),
    ]


coverage = Exercise(
    name="2 Coverage of a pixel",
    truth=_coverage,
    cases=_pixels_and_triangles,
    mistakes={
        "Inside out: your coverage is small inside the triangle and near 1 outside. The argument "
        "of the sigmoid is positive inside.": lambda p, t, s: 1 - _coverage(p, t, s),
        "σ stands outside the sigmoid: it divides the squared distance, before the sigmoid.": (
            lambda p, t, s: torch.sigmoid(_signed(p, t)) / s
        ),
        "The square is missing: distance_to_edges already gives d², take no root of it.": (
            lambda p, t, s: torch.sigmoid(_signed(p, t).sign() * _signed(p, t).abs().sqrt() / s)
        ),
        "Squared once too often: distance_to_edges gives d², not d.": (
            lambda p, t, s: torch.sigmoid(_signed(p, t).sign() * _signed(p, t).square() / s)
        ),
        "No pixel is below a half: the sign is missing. Inside counts positive, outside "
        "negative.": lambda p, t, s: torch.sigmoid(_signed(p, t).abs() / s),
        "No pixel is above a half: the sign inside the triangle must be positive.": (
            lambda p, t, s: torch.sigmoid(-_signed(p, t).abs() / s)
        ),
        "σ multiplies the squared distance; it should divide it: a small σ makes a sharp edge.": (
            lambda p, t, s: torch.sigmoid(_signed(p, t) * s)
        ),
        "σ is in squared units already: divide d² by σ, not by σ².": (
            lambda p, t, s: torch.sigmoid(_signed(p, t) / s**2)
        ),
        "That is the hard rasterizer: 0 or 1, and so without a gradient.": (
            lambda p, t, s: (_signed(p, t) > 0).double()
        ),
        "That is the argument of the sigmoid; the sigmoid itself is missing.": (
            lambda p, t, s: _signed(p, t) / s
        ),
    },
    praise="A half on the edge, towards 1 inside, towards 0 outside, whichever way the face looks.",
)


# 3. From faces to a silhouette --------------------------------------------------------------------


def _combine(cover: Tensor) -> Tensor:
    return 1 - (1 - cover).prod(dim=0)


def _coverages() -> list[Case]:
    return [
        Case("5 faces and 5 pixels", (uniform(2, 5, 5),)),
        Case("3 faces and 7 pixels", (uniform(3, 3, 7),)),
        Case(
            "no face at all and 4 pixels",
            (uniform(4, 0, 4),),
            edge="Where there is no face, nothing is covered.",
        ),
        Case(
            "a face that covers its pixel wholly",
            (torch.tensor([[1.0, 0.3], [0.2, 1.0]]).double(),),
            edge="One face that covers the pixel is enough, whatever the others say.",
        ),
    ]


combine = Exercise(
    name="3 Combine faces",
    truth=_combine,
    cases=_coverages,
    mistakes={
        "That is the product of the coverages: the chance that *every* face covers the pixel. One "
        "is enough.": lambda c: c.prod(dim=0),
        "That is the chance that *no* face covers the pixel. The silhouette is what remains: 1 - "
        "your result.": lambda c: (1 - c).prod(dim=0),
        "1 minus the product of all coverages: the chance that at least one face *misses*. "
        "Multiply the misses (1 - D) instead.": lambda c: 1 - c.prod(dim=0),
        "A sum of chances can exceed 1, and does here. Multiply the chances of missing.": (
            lambda c: c.sum(dim=0)
        ),
        "Clamping a sum keeps it below 1 but counts overlaps twice, and is flat where it clamps.": (
            lambda c: c.sum(dim=0).clamp(max=1)
        ),
        "That is the mean over the faces: a pixel that one of a thousand faces covers would be "
        "nearly empty.": lambda c: c.mean(dim=0),
        "The maximum lets only one face speak, so only one would ever receive a gradient.": (
            lambda c: c.amax(dim=0) if len(c) else c.sum(dim=0)
        ),
        "Combined along the wrong axis: rows are faces, columns are pixels; go over the rows, dim "
        "0.": lambda c: 1 - (1 - c).prod(dim=1),
    },
    praise="One face is enough, more faces only add, and no pixel ever exceeds 1.",
)


# 4. The derivative by hand ------------------------------------------------------------------------


def _slope(signed: Tensor, sigma: float) -> Tensor:
    cover = torch.sigmoid(signed / sigma)
    return (1 - _combine(cover)) * cover / sigma


def _distances() -> list[Case]:
    signed = uniform(5, 4, 6, low=-0.02, high=0.01)
    return [
        Case("4 faces and 6 pixels", (signed, 0.01)),
        Case("a sharper σ", (signed, 0.004)),
        Case(
            "pixels deep inside a face",
            (torch.tensor([[1.0, -0.001], [0.001, 1.0]]).double(), 1e-3),
            edge="There D is 1 to the last digit: a division by 1 - D is 0/0. Cancel it on paper.",
        ),
    ]


slope = Exercise(
    name="4 The derivative by hand",
    truth=_slope,
    cases=_distances,
    mistakes={
        "The 1/σ is missing: x stands inside sigmoid(x/σ), so its inner derivative is 1/σ.": (
            lambda x, s: _slope(x, s) * s
        ),
        "Wrong sign: two minus signs, from 1 - Π and from 1 - D, cancel.": (
            lambda x, s: -_slope(x, s)
        ),
        "That is the derivative of D alone. The other faces matter too: where they cover the pixel "
        "already, this one changes little.": (
            lambda x, s: (x / s).sigmoid() * (-x / s).sigmoid() / s
        ),
        "One factor 1 - D too many: the product over the *other* faces leaves your own 1 - D out, "
        "and the sigmoid brings it back just once.": (
            lambda x, s: _slope(x, s) * (-x / s).sigmoid()
        ),
        "The factor D is missing: a face far away from the pixel has no say in it.": (
            lambda x, s: (1 - _combine((x / s).sigmoid())).expand_as(x) / s
        ),
        "A where 1 - A should stand: there is little left to change in a pixel that is covered.": (
            lambda x, s: _combine((x / s).sigmoid()) * (x / s).sigmoid() / s
        ),
        "Multiplied by σ instead of divided.": lambda x, s: _slope(x, s) * s**2,
    },
    praise="The same as autograd finds, and shorter than what it does.",
    differentiable=False,
)
