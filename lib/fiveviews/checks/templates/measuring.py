"""Checks of the exercises on Chamfer distances: frames, floors, and a comparison that was none."""

from __future__ import annotations

from torch import Tensor

from fiveviews.checks import Case, Exercise, uniform

# 5. In which frame? -------------------------------------------------------------------------------


def _squares(a: Tensor, b: Tensor) -> Tensor:
    return (a[:, None] - b).square().sum(-1)


def _both_ways(squares: Tensor) -> Tensor:
    return squares.amin(1).mean() + squares.amin(0).mean()


def _points() -> list[Case]:
    a, b = uniform(90, 12, 3), uniform(91, 15, 3) + 0.1
    return [
        Case("12 and 15 points, scale 2", (a, b, 2.0)),
        Case("15 and 12 points, scale 0.5", (b, a, 0.5)),
    ]


chamfer = Exercise(
    name="5 In which frame?",
    truth=lambda a, b, scale: scale**2 * _both_ways(_squares(a, b)),
    cases=_points,
    mistakes={
        "Squared distances grow with the *square* of the scale.": lambda a, b, s: (
            s * _both_ways(_squares(a, b))
        ),
        "The scale is missing.": lambda a, b, s: _both_ways(_squares(a, b)),
        "You divide by the scale; points in the new frame are x times the scale.": (
            lambda a, b, s: _both_ways(_squares(a, b)) / s**2
        ),
        "You scale only one of the two sets: both go into the new frame.": lambda a, b, s: (
            _both_ways(_squares(s * a, b))
        ),
        "Only one way. A single point on the right surface would be perfect: add the other.": (
            lambda a, b, s: s**2 * _squares(a, b).amin(1).mean()
        ),
        "Only one way, from b to a. Half of a chair would be perfect: add the other.": (
            lambda a, b, s: s**2 * _squares(a, b).amin(0).mean()
        ),
        "Half of it: the two ways are added, not averaged. (Some papers do average.)": (
            lambda a, b, s: s**2 * _both_ways(_squares(a, b)) / 2
        ),
        "The distances are not squared. A Chamfer distance, too, but another one; the papers' "
        "tables are of squares.": lambda a, b, s: s * _both_ways(_squares(a, b).sqrt()),
        "That is the sum over the points; take the mean, or more points would be worse.": (
            lambda a, b, s: s**2 * (_squares(a, b).amin(1).sum() + _squares(a, b).amin(0).sum())
        ),
        "You average over *all* pairs; only the nearest counts.": lambda a, b, s: (
            2 * s**2 * _squares(a, b).mean()
        ),
    },
    praise="One line, and a factor of four depends on the frame.",
)


# 6. What a perfect answer gets --------------------------------------------------------------------


def _floors() -> list[Case]:
    measured = 1 + uniform(92, 5)
    return [
        Case("five floors, from 500 points to 2,000", (measured, 500, 2000)),
        Case("five floors, from 30,000 points to 2,048", (measured, 30_000, 2048)),
    ]


floor_at = Exercise(
    name="6 What a perfect answer gets",
    truth=lambda measured, n, m: measured * n / m,
    cases=_floors,
    mistakes={
        "The wrong way: more points lie closer together, and the floor *falls*.": (
            lambda f, n, m: f * m / n
        ),
        "That would be the floor of distances. Of *squared* distances it falls as 1/N.": (
            lambda f, n, m: f * (n / m) ** 0.5
        ),
        "Too steep: points spread over a *surface*, so four times as many lie half as far apart, "
        "and the squares are a quarter.": lambda f, n, m: f * (n / m) ** 2,
        "In a volume it would be so. On a surface, N points have the distance √(area / N).": (
            lambda f, n, m: f * (n / m) ** (2 / 3)
        ),
        "The floor depends on how many points are drawn.": lambda f, n, m: f,
    },
    praise="Four times the points, a quarter of the floor.",
)


# 9. Read the small print --------------------------------------------------------------------------


def _fair(ours: Tensor, scale: float, own_floor: float, their_floor: float) -> Tensor:
    return (ours - own_floor) * scale**2 + their_floor


def _published() -> list[Case]:
    ours = 1 + 4 * uniform(93, 6)
    return [
        Case("six scores, s = 2", (ours, 2.0, 0.02, 1.2)),
        Case("six scores, s = 1.9", (ours.flip(0), 1.9, 0.07, 1.0)),
    ]


fair = Exercise(
    name="9 Read the small print",
    truth=_fair,
    cases=_published,
    mistakes={
        "The scores are of squared distances: they grow with s².": lambda o, s, a, b: (
            (o - a) * s + b
        ),
        "The wrong way: lengths in the unit sphere are *larger* than in ShapeNet's frame.": (
            lambda o, s, a, b: (o - a) / s**2 + b
        ),
        "The frame is missing.": lambda o, s, a, b: o - a + b,
        "The floors are missing: with 2,048 points even a perfect answer costs something.": (
            lambda o, s, a, b: o * s**2
        ),
        "Our own floor is still in it: take it off before scaling.": lambda o, s, a, b: (
            o * s**2 + b
        ),
        "Our floor is in *our* frame: take it off before scaling.": lambda o, s, a, b: (
            o * s**2 - a + b
        ),
        "Their floor was measured in their frame already; you scale it once more.": (
            lambda o, s, a, b: (o - a + b) * s**2
        ),
        "Their floor is missing: their method was measured with it.": lambda o, s, a, b: (
            (o - a) * s**2
        ),
    },
    praise="Same frame, same points: now, and only now, it is a comparison.",
)
