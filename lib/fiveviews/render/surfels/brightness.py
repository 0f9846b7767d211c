"""What a light does to a surfel, for the kernels: brightness, and its derivatives by hand.

With l the unit vector to a light at distance D, f the falloff's denominator and V the unit vector
to the viewer, a light of colour L adds r L to the surfel of normal n at P, where

    r = (a⁺ + S s⁺ᵉ) / f,    a = n · l,    s = 2 a (n · V) - l · V    (S and e: Phong's highlight)

and the highlight only counts where a > 0. Backward, the gradient reaches n and P through a and s,
and P through D as well: dl/dP = -(1 - l lᵀ)/D, dD/dP = -l, dV/dP = -(1 - V Vᵀ)/‖P‖.
"""

from __future__ import annotations

from functools import cache

import warp as wp

from fiveviews.render.surfels.rows import Grid

SMALLEST = wp.constant(1.0e-12)


@wp.struct
class Gloss:
    """Falloff (constant, linear, quadratic) and highlight (strength, exponent)."""

    constant: float
    linear: float
    quadratic: float
    strength: float
    exponent: float


@wp.struct
class Meeting:
    """A light seen from a surfel: direction, distance and its inverse, cosine a, 1/f, or 0 where
    the light does not count. Then the highlight: V, 1/‖P‖, n · V, s, and S s⁺ᵉ."""

    towards: wp.vec3
    distance: float
    per_distance: float
    cosine: float
    per_falloff: float
    viewer: wp.vec3
    per_range: float
    facing: float
    glance: float
    highlight: float


@wp.struct
class Pull:
    """Gradients of a normal, of a surfel's position and of a light's."""

    normal: wp.vec3
    point: wp.vec3
    light: wp.vec3


@wp.func
def meet(light: wp.vec3, p: wp.vec3, n: wp.vec3, k: Gloss) -> Meeting:
    m = Meeting()
    d = light - p
    square = wp.dot(d, d)
    m.distance = wp.sqrt(wp.max(square, SMALLEST))
    m.per_distance = 1.0 / m.distance
    m.towards = d * m.per_distance
    m.cosine = wp.dot(n, m.towards)
    falloff = k.constant + (k.linear + k.quadratic * m.distance) * m.distance
    # a light in the surfel itself has no direction: it shines nowhere
    m.per_falloff = wp.where(square > SMALLEST, 1.0 / falloff, 0.0)
    return m


@wp.func
def glint(m: Meeting, p: wp.vec3, n: wp.vec3, k: Gloss, g: Grid) -> Meeting:
    """The meeting with its highlight; an orthographic camera's viewer is infinitely far."""
    m.viewer = wp.vec3(0.0, 0.0, 1.0)
    if g.slope > 0.0:
        m.per_range = 1.0 / wp.sqrt(wp.max(wp.dot(p, p), SMALLEST))
        m.viewer = -m.per_range * p
    m.facing = wp.dot(n, m.viewer)
    m.glance = wp.max(2.0 * m.cosine * m.facing - wp.dot(m.towards, m.viewer), 0.0)
    if m.cosine > 0.0:
        m.highlight = k.strength * wp.pow(m.glance, k.exponent)
    return m


@wp.func
def response(m: Meeting) -> float:
    return (wp.max(m.cosine, 0.0) + m.highlight) * m.per_falloff


@wp.func
def pull(m: Meeting, weight: float, n: wp.vec3, k: Gloss) -> Pull:
    """Gradients of `weight` times the response, but for the highlight's part in l and n."""
    g = Pull()
    w = weight * m.per_falloff
    lit = wp.where(m.cosine > 0.0, w, 0.0)
    g.normal = lit * m.towards
    along = -w * response(m) * (k.linear + 2.0 * k.quadratic * m.distance)
    g.light = (lit * m.per_distance) * (n - m.towards * m.cosine) + along * m.towards
    g.point = -g.light
    return g


@wp.func
def pull_glint(f: Pull, m: Meeting, weight: float, n: wp.vec3, k: Gloss) -> Pull:
    """Add the highlight's part."""
    if m.cosine > 0.0 and m.glance > 0.0:
        t = weight * m.per_falloff * k.exponent * m.highlight / m.glance
        f.normal += t * (2.0 * m.facing * m.towards + 2.0 * m.cosine * m.viewer)
        turn = t * (2.0 * m.facing * n - m.viewer)
        turn = (turn - m.towards * wp.dot(turn, m.towards)) * m.per_distance
        f.light += turn
        aside = t * (2.0 * m.cosine * n - m.towards)
        f.point -= turn + (aside - m.viewer * wp.dot(aside, m.viewer)) * m.per_range
    return f


@cache
def gloss(attenuation: tuple[float, float, float], specular: tuple[float, float] | None) -> Gloss:
    k = Gloss()
    k.constant, k.linear, k.quadratic = attenuation
    k.strength, k.exponent = specular or (0.0, 1.0)
    return k
