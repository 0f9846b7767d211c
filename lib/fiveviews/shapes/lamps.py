"""Lamps: a shade, what carries it, and where it stands or hangs; in metres."""

from __future__ import annotations

import numpy as np

from .parts import (
    Array,
    Dice,
    Solid,
    around,
    ball,
    box,
    ellipse,
    hull,
    lathe,
    loft,
    pair,
    prism,
    rect,
    rod,
    smooth,
    stack,
    tube,
    union,
)

WALL = 0.035  # of the object's size: the thinnest shade that a coarse voxel grid still holds


def lamp(dice: Dice) -> Solid:
    """A table, floor, desk or wall lamp, a pendant, a chandelier or a lantern."""
    style = dice.pick(
        table_lamp,
        table_lamp,
        floor_lamp,
        floor_lamp,
        arched,
        jointed,
        jointed,
        pendant,
        pendant,
        chandelier,
        sconce,
        lantern,
        banker,
        mushroom,
        spots,
    )
    return style(dice)


def shade(dice: Dice, r: float, tall: float, size: float) -> Solid:
    """A hollow shade open below, its top at height 0, its rim of radius about r at -tall.

    A cross of spokes at its upper end ties it to a stem on the axis.
    """
    style = dice.pick("cone", "drum", "empire", "bell", "square", "dome", "pleated")
    narrow = {"drum": dice.between(0.9, 1.0), "empire": dice.between(0.5, 0.75)}.get(
        style, dice.between(0.25, 0.6)
    )
    t = max(0.018, WALL * size * 0.7)
    if style == "square":
        outer = stack([(-tall, 1.8 * r, 1.8 * r), (0.0, 1.8 * r * narrow, 1.8 * r * narrow)])
        inner = [(-tall - 0.001, 1.8 * r - 2 * t), (-t, max(0.02, 1.8 * r * narrow - 2 * t))]
        return outer - stack([(y, s, s) for y, s in inner])
    curve = {
        "bell": [(r, -tall), (r * 0.72, -tall * 0.65), (r * 0.58, -tall * 0.3), (r * narrow, 0)],
        "dome": [(r, -tall), (r * 0.93, -tall * 0.6), (r * 0.7, -tall * 0.2), (r * 0.3, 0)],
    }.get(style, [(r, -tall), (r * narrow, 0)])
    profile = smooth(curve, 4) if len(curve) > 2 else np.array(curve)
    inside = np.maximum(profile - (t, 0), (0.004, -9))
    inside[-1, 1] -= t
    inside[0, 1] -= 0.001
    sides = dice.pick(6, 8, 10) if style == "pleated" else 24
    return lathe(profile, sides) - lathe(inside, sides)


def foot(dice: Dice, r: float, size: float) -> Solid:
    """A base plate of radius r on the floor: disc, dome, square, cone or three legs."""
    t = WALL * size
    leg = rod((0, t * 0.4, r * 1.1), (0, r * 0.9, 0), t * 0.4)
    return dice.pick(
        prism(ellipse(2 * r, 2 * r, 24), "y", (0, t)),
        lathe([(r, 0), (r, t / 2), (r * 0.7, t * 1.3), (t, t * 2)]),
        box(1.8 * r, (0, t), 1.8 * r),
        lathe([(r, 0), (t, r * dice.between(0.6, 1.4))]),
        around(leg, 3) + ball((0, r * 0.9, 0), t * 0.8, 10),
    )


def table_lamp(dice: Dice) -> Solid:
    """A turned, stacked, blocky or figured body under a shade."""
    h, r = dice.between(0.4, 0.65), dice.between(0.12, 0.24)
    tall = dice.between(0.4, 1.1) * 1.3 * r
    size = max(h, 2 * r)
    b, body = h - tall * dice.between(0.75, 1.0), dice.between(0.04, 0.11)
    style = dice.pick("urn", "vase", "column", "stack", "block", "plate", "gourd", "twist", "cone")
    neck = WALL * size * 0.45
    curves = {
        "urn": [
            (0.8, 0),
            (0.8, 0.06),
            (0.35, 0.1),
            (0.5, 0.3),
            (1, 0.65),
            (0.8, 0.85),
            (0.25, 0.97),
        ],
        "vase": [(0.6, 0), (0.9, 0.25), (1, 0.45), (0.7, 0.75), (0.3, 0.9), (0.35, 1)],
        "gourd": [
            (0.6, 0),
            (1, 0.2),
            (0.9, 0.42),
            (0.45, 0.55),
            (0.65, 0.75),
            (0.5, 0.92),
            (0.2, 1),
        ],
        "cone": [(1.1, 0), (0.6, 0.4), (0.3, 1)],
        "column": [(1, 0), (1, 0.06), (0.4, 0.12), (0.35, 0.88), (0.6, 0.94), (0.6, 1)],
    }
    if style in curves:
        profile = np.array(curves[style]) * (body, b)
        stand = lathe(profile if style == "column" else smooth(profile, 3), 20)
    elif style == "stack":
        n = dice.count(2, 4)
        s = b / n
        stand = union(ball((0, (k + 0.5) * s, 0), (body, s * 0.56, body), 14) for k in range(n))
        stand += prism(ellipse(2 * body, 2 * body, 20), "y", (0, WALL * size))
    elif style == "block":
        stand = stack([(0.0, 2 * body, 2 * body), (b, dice.between(0.8, 2.4) * body, body)], 0.01)
    elif style == "plate":
        stand = prism(ellipse(3 * body, (0.02, b), 24), "z", 0.5 * body) + box(
            2 * body, (0, 0.03), body
        )
    else:
        stand = stack([(0.0, 2 * body, body), (b, 2 * body, body)])
        stand = prism(rect(2 * body, body), "z", 0.01) if stand.is_empty() else stand
        turned = [
            (b * t, turn(rect(1.6 * body, 1.6 * body), 120 * t)) for t in np.linspace(0, 1, 13)
        ]
        stand = loft(turned, "y") + box(2.4 * body, (0, WALL * size), 2.4 * body)
    return (
        stand
        + rod((0, b * 0.5, 0), (0, h - 0.003, 0), neck)
        + shade(dice, r, tall, size).translate((0, h, 0))
    )


def turn(outline: Array, degrees: float) -> Array:
    """An outline turned about its origin."""
    a = np.radians(degrees)
    return outline @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])


def floor_lamp(dice: Dice) -> Solid:
    """A tall pole or tripod with a shade, a bowl turned up, a globe or a paper column."""
    h, r = dice.between(1.2, 1.8), dice.between(0.13, 0.32)
    pole = dice.between(0.017, 0.03)
    kind = dice.pick("shade", "shade", "torch", "globe", "column", "tripod")
    if kind == "column":
        n, w = dice.count(0, 3), dice.between(0.18, 0.36)
        skin_ = dice.pick(box(w, (0.05, h), w), prism(ellipse(w, w, 20), "y", (0.05, h)))
        grooves = union(
            box(1, (y - 0.015, y + 0.015), 1) - box(w * 0.8, 9, w * 0.8)
            for y in np.linspace(0.2, h - 0.2, n + 2)
        )
        return skin_ - (grooves ^ box(w * 3, 9, w * 3)) + box(w * 1.15, (0, 0.06), w * 1.15)
    if kind == "tripod":
        spread, top = dice.between(0.25, 0.4), h * dice.between(0.65, 0.8)
        tall = dice.between(0.25, 0.4)
        legs = around(rod((0, 0, spread), (0, top, 0.02), 0.018, 0.022), 3, dice.between(0, 90))
        hat = shade(dice, r, tall, h).translate((0, h, 0))
        return legs + ball((0, top, 0), 0.05, 10) + rod((0, top, 0), (0, h - 0.003, 0), 0.022) + hat
    stem = foot(dice, dice.between(0.12, 0.2), h) + rod((0, 0.02, 0), (0, h - 0.003, 0), pole)
    if kind == "shade":
        return stem + shade(dice, r, dice.between(0.18, 0.42), h).translate((0, h, 0))
    if kind == "globe":
        n = dice.count(1, 3)
        arms = [ball((0, h, 0), r * 0.7, 16)]
        for k in range(n - 1):
            a, y = 2.4 * k + 0.5, h * (0.8 - 0.18 * k)
            at = (0.22 * np.sin(a), y + 0.1, 0.22 * np.cos(a))
            arms += [rod((0, y - 0.05, 0), at, pole * 0.8), ball(at, r * 0.5, 14)]
        return stem + union(arms)
    bowl = shade(Dice("bowl", dice.count(0, 999)), r, r * dice.between(0.4, 0.9), h).rotate(
        (180, 0, 0)
    )
    if dice.chance(0.4):
        y = h * 0.6
        at = (0.24, y + 0.12, 0.1)
        stem += rod((0, y, 0), at, pole * 0.8) + lathe([(0.035, 0), (0.08, 0.14)], 12).translate(
            (at[0], at[1] - 0.03, at[2])
        )
    return stem + bowl.translate((0, h - 0.005, 0))


def arched(dice: Dice) -> Solid:
    """A pole that bows over and hangs its shade far from a heavy foot."""
    h, reach, r = dice.between(1.4, 1.9), dice.between(0.6, 1.2), dice.between(0.14, 0.28)
    drop, pole = dice.between(0.1, 0.4), dice.between(0.022, 0.032)
    path = smooth(
        [
            (0, 0.02, 0),
            (0, h * 0.55, 0),
            (reach * 0.25, h * 0.92, 0),
            (reach * 0.65, h, 0),
            (reach, h - drop, 0),
        ],
        5,
    )
    base = dice.pick(
        box(0.34, (0, 0.1), 0.26),
        prism(ellipse(0.4, 0.4, 20), "y", (0, 0.06)),
        lathe([(0.17, 0), (0.17, 0.2)], 16),
    )
    hat = shade(dice, r, r * dice.between(0.6, 1.2), h).translate((reach, h - drop + 0.01, 0))
    return (base + tube(path, pole) + hat).rotate((0, dice.between(-90, 90), 0))


def jointed(dice: Dice) -> Solid:
    """A desk lamp: foot, two arms with a joint, and a head aimed at the desk."""
    a, b = dice.between(0.22, 0.4), dice.between(0.2, 0.4)
    lean, fall = np.radians(dice.between(-40, 15)), np.radians(dice.between(20, 85))
    r = dice.between(0.06, 0.11)
    size = a + 0.6 * b
    t = 0.018 * size / 0.6 + 0.004
    elbow = np.array([0, 0.03 + a * np.cos(lean), a * np.sin(lean)])
    head = elbow + (0, b * np.cos(fall), b * np.sin(fall))
    cone = lathe([(r, -0.12), (r * 0.8, -0.05), (r * 0.4, 0), (r * 0.3, 0.04)], 18)
    cone -= lathe([(r - 0.02, -0.121), (r * 0.8 - 0.02, -0.05), (0.01, -0.015)], 18)
    tube_head = box((-0.5 * r, 0.5 * r), (-0.02, 0.025), (-0.02, 0.22))
    wide = box(4 * r, (-0.025, 0.025), (-0.05, 0.05))
    top = (
        dice.pick(cone, cone, tube_head, wide)
        .rotate((dice.between(-50, 10), 0, 0))
        .translate(tuple(head))
    )
    arms = (
        rod((0, 0.01, 0), elbow, t)
        + rod(elbow, head, t * 0.9)
        + ball(elbow, 1.5 * t, 10)
        + ball(head, 1.6 * t, 10)
    )
    if dice.chance(0.35):
        s = (0, 0.0, 0.05)
        arms += rod((0, 0.01, 0.05), elbow + np.array(s), t * 0.7) + rod(
            elbow - (0, 0, 0.02), elbow + (0, 0, 0.06), t * 0.8
        )
    return (foot(dice, dice.between(0.07, 0.11), size * 0.8) + arms + top).rotate(
        (0, dice.between(-80, 80), 0)
    )


def pendant(dice: Dice) -> Solid:
    """A shade, globe or cluster on cords from a canopy."""
    drop, r = dice.between(0.2, 0.8), dice.between(0.12, 0.3)
    size = drop + r
    cord = WALL * size * 0.45
    canopy = prism(ellipse(0.12, 0.12, 16), "y", (drop - 0.035, drop))
    line = rod((0, -0.005, 0), (0, drop - 0.01, 0), cord)
    kind = dice.pick("shade", "shade", "globe", "flying", "lattice", "row", "disc")
    if kind == "shade":
        return (
            canopy
            + line
            + shade(dice, r, r * dice.between(0.5, 1.8), size).translate((0, 0.003, 0))
        )
    if kind == "globe":
        return canopy + line + ball((0, -0.9 * r, 0), (r, r * dice.between(0.5, 1.5), r), 20)
    if kind == "flying":
        n = dice.count(2, 4)
        rings = [
            lathe([(r * s, y), (r * s, y + 0.03), (0.02, y + 0.07)])
            for s, y in zip(np.linspace(1, 0.45, n), np.linspace(-0.35, -0.05, n), strict=True)
        ]
        return canopy + line + union(rings) + rod((0, -0.36, 0), (0, 0, 0), 0.03)
    if kind == "lattice":
        hoops = around(
            prism(ellipse(2 * r, 2 * r, 20), "z", WALL * size)
            - prism(ellipse(2 * r - 2 * WALL * size, 2 * r - 2 * WALL * size, 20), "z", 1),
            dice.count(3, 5) * 2,
        )
        return (
            canopy
            + line
            + hoops.translate((0, -r + 0.01, 0))
            + ball((0, -r, 0), 0.3 * r, 12)
            + rod((0, -r, 0), (0, 0, 0), cord)
        )
    if kind == "disc":
        ring = prism(ellipse(3 * r, 3 * r, 28), "y", (-0.05, 0.0)) - prism(
            ellipse(3 * r - 0.12, 3 * r - 0.12, 28), "y", 1
        )
        return (
            canopy
            + line.translate((0, 0, 0))
            + ring
            + around(rod((0, -0.02, 1.5 * r - 0.03), (0, drop - 0.02, 0), cord), 3)
        )
    n, half = dice.count(2, 4), dice.between(0.3, 0.6)
    rail = box(2 * half + 0.1, (drop - 0.04, drop), 0.08)
    hang = []
    low = Dice("row", dice.count(0, 999))
    for x in np.linspace(-half, half, n):
        y = -dice.between(0, 0.2)
        hat = (
            shade(Dice("shade", 7), 0.5 * r + 0.03, 0.2, size)
            if low.chance(0.5)
            else ball((0, -0.09, 0), 0.1, 14)
        )
        hang += [rod((x, y - 0.01, 0), (x, drop - 0.01, 0), cord), hat.translate((float(x), y, 0))]
    return rail + union(hang)


def chandelier(dice: Dice) -> Solid:
    """Curved arms around a turned stem, a cup and candle or a small shade on each."""
    n, r, drop = dice.count(4, 8), dice.between(0.25, 0.42), dice.between(0.3, 0.6)
    t = 0.017
    arm = tube(
        smooth([(0, 0.1, 0.01), (0, -0.06, r * 0.45), (0, -0.04, r * 0.85), (0, 0.06, r)], 4), t, 6
    )
    candle = rod((0, 0.05, r), (0, dice.between(0.13, 0.2), r), 0.022, sides=8)
    small = lathe([(0.08, 0.08), (0.04, 0.2), (0.01, 0.2)], 12).translate((0, 0, r))
    globe = ball((0, 0.11, r), 0.07, 12)
    down = lathe([(0.09, -0.1), (0.03, 0.05)], 12).translate((0, 0.01, r))
    cup = lathe([(0.02, 0.04), (0.05, 0.07)], 10).translate((0, 0, r))
    tip = dice.pick(candle + cup, small + candle, globe, down)
    stem = lathe(
        smooth(
            [
                (0.015, -0.16),
                (0.05, -0.1),
                (0.02, -0.04),
                (0.06, 0.05),
                (0.025, 0.16),
                (0.02, 0.25),
            ],
            3,
        ),
        12,
    )
    line = rod((0, 0.2, 0), (0, 0.2 + drop, 0), 0.018) + prism(
        ellipse(0.13, 0.13, 16), "y", (0.17 + drop, 0.2 + drop)
    )
    ring = around(arm + tip, n)
    if dice.chance(0.25):
        ring += around((arm + tip).scale((1, 1, 0.55)).translate((0, 0.2, 0)), max(3, n // 2), 20)
        stem += rod((0, 0, 0), (0, 0.4, 0), 0.03)
    return ring + stem + line


def sconce(dice: Dice) -> Solid:
    """On a wall: a plate at the back, one or two arms, shades or globes."""
    tall, wide = dice.between(0.16, 0.3), dice.between(0.09, 0.14)
    plate = dice.pick(
        box(wide, tall, (-0.02, 0.015)), prism(ellipse(wide, tall, 20), "z", (-0.02, 0.015))
    )
    reach, r = dice.between(0.12, 0.25), dice.between(0.06, 0.11)
    arm = tube(
        smooth([(0, -0.03, 0), (0, -0.08, reach * 0.5), (0, -0.03, reach), (0, 0.06, reach)], 4),
        0.014,
        6,
    )
    cup = shade(dice, r, 0.12, 0.3).translate((0, 0.16, 0)) + rod(
        (0, 0.03, 0), (0, 0.157, 0), 0.013
    )
    globe = ball((0, 0.1, 0), r * 0.8, 14)
    torch = lathe([(0.02, 0.03), (r, 0.17)], 16)
    one = arm + dice.pick(cup, globe, torch).translate((0, 0, reach))
    if dice.chance(0.45):
        return plate + one.rotate((0, 50, 0)) + one.rotate((0, -50, 0))
    return plate + one


def lantern(dice: Dice) -> Solid:
    """Four or six posts between a base and a roof, a light inside, a ring on top."""
    n, r, h = dice.pick(4, 4, 6), dice.between(0.1, 0.2), dice.between(0.25, 0.5)
    t, top = 0.03 * (h + 0.2), dice.between(0.4, 0.95)
    plan = [turn(ellipse(2 * r * s, 2 * r * s, n), 0) for s in (1.0, 1.2)]
    post = np.array([*plan[0][0] * 0.9])
    posts = around(rod((post[0], 0.02, post[1]), (post[0], h, post[1]), 0.6 * t, sides=6), n)
    base = prism(plan[1], "y", (0, 0.04)) + rod((0, 0, 0), (0, h * 0.6, 0), 0.3 * r, 0.2 * r)
    roof = loft([(h - 0.01, plan[1]), (h + 0.03, plan[1]), (h + r * top, plan[1] * 0.15)], "y")
    hang = h + r * top
    loop = prism(ellipse(0.1, (hang - 0.02, hang + 0.1), 14), "z", t) - prism(
        ellipse(0.1 - 2 * t, (hang - 0.02 + t, hang + 0.1 - t), 14), "z", 1
    )
    whole = posts + base + roof + (loop if dice.chance(0.7) else ball((0, hang, 0), 0.03, 8))
    if dice.chance(0.35):
        whole = (
            whole.translate((0, 0.8, 0))
            + rod((0, 0, 0), (0, 0.82, 0), 0.03)
            + lathe([(0.14, 0), (0.05, 0.08)])
        )
    return whole


def banker(dice: Dice) -> Solid:
    """A half-round trough of a shade across a stem: the banker's or piano lamp."""
    w, h, r = dice.between(0.24, 0.42), dice.between(0.28, 0.42), dice.between(0.06, 0.1)
    t = np.linspace(-20, 200, 13)
    trough = np.stack([np.cos(np.radians(t)) * r, np.sin(np.radians(t)) * r], 1)
    cover = prism(np.concatenate([trough, trough[::-1] * 0.72]), "x", w)
    cover += pair(box((w / 2 - 0.02, w / 2), (-r * 0.3, r * 0.9), 1.6 * r))
    z = dice.between(-0.06, 0.0)
    stem = tube(smooth([(0, 0.02, z), (0, h * 0.6, z), (0, h + r * 0.85, 0)], 4), 0.013, 8)
    n = dice.count(1, 2)
    if n == 2:
        stem = pair(stem.translate((w * 0.3, 0, 0))) + box(
            0.6 * w, (0.01, 0.04), (z - 0.02, z + 0.02)
        )
    base = dice.pick(
        box(w * 0.6, (0, 0.03), 0.16, 0.012), prism(ellipse(0.22, 0.16, 24), "y", (0, 0.03))
    )
    return cover.translate((0, h, 0)) + stem + base


def mushroom(dice: Dice) -> Solid:
    """One turned form: a mushroom, egg, bullet, cloud of globes or lava lamp."""
    h, r = dice.between(0.25, 0.5), dice.between(0.1, 0.2)
    curves = {
        "mushroom": [
            (r * 0.8, 0),
            (r * 0.45, h * 0.1),
            (r * 0.3, h * 0.5),
            (r, h * 0.52),
            (r * 0.9, h * 0.8),
            (r * 0.4, h),
        ],
        "egg": [(r * 0.5, 0), (r * 0.9, h * 0.3), (r * 0.8, h * 0.65), (r * 0.3, h)],
        "bullet": [
            (r * 0.6, 0),
            (r * 0.25, h * 0.3),
            (r * 0.5, h * 0.45),
            (r * 0.3, h * 0.9),
            (r * 0.1, h),
        ],
        "hourglass": [(r, 0), (r * 0.3, h * 0.45), (r * 0.3, h * 0.55), (r, h)],
        "globe": [
            (r * 0.55, 0),
            (r * 0.55, 0.04),
            (r * 0.5, 0.05),
            (r * 0.95, r * 0.5),
            (r, r),
            (r * 0.7, r * 1.75),
            (0.02, 2 * r),
        ],
    }
    name = dice.pick(*curves)
    return lathe(curves[name] if name == "hourglass" else smooth(curves[name], 3), 24)


def spots(dice: Dice) -> Solid:
    """Two to four lamps aimed different ways, on a rail or along a pole."""
    n, r, long = dice.count(2, 4), dice.between(0.05, 0.09), dice.between(0.12, 0.2)
    can = lathe([(r * 0.6, 0), (r, long)], 14) - lathe(
        [(r * 0.4, long * 0.5), (r - 0.02, long + 0.001)], 14
    )
    floor = dice.chance(0.5)
    whole = []
    for k, t in enumerate(np.linspace(0.35, 1.0, n) if floor else np.linspace(-0.45, 0.45, n)):
        aimed = can.rotate((dice.between(60, 130), 0, 0)).rotate(
            (0, dice.between(-70, 70) + 150 * k * floor, 0)
        )
        at = (0.0, 1.4 * t, 0.0) if floor else (float(t), -0.08, 0.0)
        whole.append(aimed.translate(at))
        whole.append(ball(at, r * 0.7, 10))
        if not floor:
            whole.append(rod((at[0], 0.0, 0), at, 0.018))
    if floor:
        return union(whole) + foot(dice, 0.16, 1.4) + rod((0, 0.01, 0), (0, 1.4, 0), 0.024)
    return union(whole) + hull(box(1.0, (-0.01, 0.03), 0.06))
