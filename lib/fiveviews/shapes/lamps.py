"""Lamps: a shade, what carries it, and where it stands or hangs; in metres."""

from __future__ import annotations

import numpy as np

from .dice import Dice
from .parts import (
    Solid,
    arc,
    around,
    ball,
    box,
    disc,
    ellipse,
    lathe,
    loft,
    pair,
    points,
    prism,
    rod,
    row,
    sideways,
    smooth,
    spread,
    tube,
    union,
)
from .shades import WALL, body, foot, shade


def lamp(dice: Dice) -> Solid:
    """A lamp of any kind."""
    standing = dice.pick(table_lamp, table_lamp, floor_lamp, floor_lamp, jointed, jointed)
    hanging = dice.pick(pendant, pendant, chandelier)
    other = dice.pick(arched, sconce, lantern, banker, mushroom, spots)
    return dice.pick(standing, standing, hanging, other)(dice)


def table_lamp(dice: Dice) -> Solid:
    """A turned, stacked, twisted or blocky body under a shade."""
    h, r = dice.between(0.4, 0.65), dice.between(0.12, 0.22)
    tall, size = r * dice.between(0.5, 1.5), max(h, 2 * r)
    low = max(0.35 * h, h - tall * dice.between(0.75, 1.0))
    stand = body(dice, dice.between(0.04, 0.1), low, WALL * size)
    neck = rod((0, low * 0.5, 0), (0, h - 0.003, 0), WALL * size * 0.45)
    return stand + neck + shade(dice, r, tall, size).translate((0, h, 0))


def floor_lamp(dice: Dice) -> Solid:
    """A tall pole or tripod with a shade, a bowl turned up, globes, or a paper column."""
    h, r, pole = dice.between(1.2, 1.8), dice.between(0.13, 0.32), dice.between(0.018, 0.03)
    kind = dice.pick("shade", "shade", "bowl", "globes", "column", "tripod")
    if kind == "column":
        w, n = dice.between(0.18, 0.36), dice.count(2, 5)
        tower = dice.pick(box(w, (0.05, h), w), disc(w, w, (0.05, h)))
        bands = row(lambda y: box(1, (y - 0.02, y + 0.02), 1), 0.2, h - 0.2, n)
        return tower - (bands - disc(0.8 * w, 0.8 * w, (0, 9))) + box(1.15 * w, (0, 0.06), 1.15 * w)
    top = rod((0, 0.02 * h, 0), (0, h - 0.003, 0), pole)
    hat = shade(dice, r, dice.between(0.18, 0.42), h).translate((0, h, 0))
    if kind == "tripod":
        knee = h * dice.between(0.65, 0.8)
        leg = rod((0, 0, dice.between(0.25, 0.4)), (0, knee, 0.02), 0.018, 0.022)
        upper = ball((0, knee, 0), 0.05, 10) + top.trim_by_plane((0, 1, 0), knee) + hat
        return around(leg, 3, dice.between(0, 90)) + upper
    stem = top + foot(dice, dice.between(0.12, 0.2), h)
    if kind == "globes":
        parts = [stem, ball((0, h, 0), r * 0.7)]
        for k in range(dice.count(0, 2)):
            y, turn = h * (0.8 - 0.18 * k), 2.4 * k + 0.5
            at = np.array([0.22 * np.sin(turn), y + 0.1, 0.22 * np.cos(turn)])
            parts += [rod((0, y - 0.05, 0), at, pole * 0.8), ball(at, r * 0.5, 14)]
        return union(parts)
    if kind == "bowl":
        tall = r * dice.between(0.4, 0.9)
        flare = lathe(smooth(points(".1 0, .5 .15, .9 .6, 1 1") * (r, tall)), 24)
        hollow = flare.scale((0.86, 1, 0.86)).translate((0, 0.25 * tall, 0))
        reader = rod((0, 0.6 * h, 0), (0.24, 0.7 * h, 0.1), pole * 0.8)
        reader += lathe([(0.08, -0.12), (0.035, 0.03)], 12).translate((0.24, 0.7 * h, 0.1))
        return stem + (flare - hollow).translate((0, h - 0.01, 0)) + dice.maybe(0.4, reader)
    return stem + hat


def arched(dice: Dice) -> Solid:
    """A pole that bows over and hangs its shade far from a heavy foot."""
    h, reach, r = dice.between(1.4, 1.9), dice.between(0.6, 1.2), dice.between(0.14, 0.28)
    end = h - dice.between(0.1, 0.4)
    path = [(0, 0.02, 0), (0, h * 0.55, 0), (reach * 0.25, h * 0.92, 0), (reach * 0.65, h, 0)]
    pole = tube(smooth([*path, (reach, end, 0)], 5), dice.between(0.024, 0.034))
    block = box(0.34, (0, 0.1), 0.26)
    base = dice.pick(block, disc(0.4, 0.4, (0, 0.06)), disc(0.34, 0.34, (0, 0.2)))
    hat = shade(dice, r, r * dice.between(0.6, 1.2), h).translate((reach, end + 0.01, 0))
    return (base + pole + hat).rotate((0, dice.between(-90, 90), 0))


def jointed(dice: Dice) -> Solid:
    """A desk lamp: foot, two arms with a joint, and a head aimed at the desk."""
    a, b = dice.between(0.22, 0.4), dice.between(0.2, 0.4)
    lean, fall = np.radians(dice.between(-40, 15)), np.radians(dice.between(20, 85))
    r, size = dice.between(0.06, 0.11), a + 0.6 * b
    t = 0.03 * size / 0.6
    elbow = np.array([0, 0.03 + a * np.cos(lean), a * np.sin(lean)])
    head = elbow + np.array([0, b * np.cos(fall), b * np.sin(fall)])
    cone = lathe([(r, -0.12), (r * 0.8, -0.05), (r * 0.4, 0), (r * 0.3, 0.04)], 18)
    cone -= lathe([(r - 0.02, -0.121), (r * 0.8 - 0.02, -0.05), (0.01, -0.015)], 18)
    slim = box(r, (-0.02, 0.025), (-0.02, 0.22))
    wide = box(4 * r, (-0.025, 0.025), (-0.05, 0.05))
    top = dice.pick(cone, cone, slim, wide).rotate((dice.between(-50, 10), 0, 0)).translate(head)
    arms = rod((0, 0.01, 0), elbow, t) + rod(elbow, head, t * 0.9)
    joints = ball(elbow, 1.5 * t, 10) + ball(head, 1.6 * t, 10)
    whole = foot(dice, dice.between(0.08, 0.13), size) + arms + joints + top
    return whole.rotate((0, dice.between(-80, 80), 0))


def pendant(dice: Dice) -> Solid:
    """A shade, globe, stack of plates, cage, ring or row of lights on cords from the ceiling."""
    drop, r = dice.between(0.2, 0.8), dice.between(0.12, 0.3)
    size = drop + r
    cord, t = WALL * size * 0.45, WALL * size
    rose = disc(0.12, 0.12, (drop - 0.035, drop)) + rod((0, -0.005, 0), (0, drop - 0.01, 0), cord)
    kind = dice.pick("shade", "shade", "globe", "plates", "cage", "ring", "row")
    if kind == "shade":
        hat = shade(dice, r, r * dice.between(0.5, 1.8), size)
        return rose + hat.translate((0, 0.003, 0))
    if kind == "globe":
        tall = r * dice.between(0.5, 1.5)
        return rose + ball((0, -0.95 * tall, 0), (r, tall, r), 20)
    if kind == "plates":
        n = dice.count(2, 4)
        hats = zip(spread(1, 0.45, n), spread(-0.35, -0.05, n), strict=True)
        plates = union(lathe([(r * s, y), (r * s, y + 0.03), (0.02, y + 0.07)]) for s, y in hats)
        return rose + plates + rod((0, -0.36, 0), (0, 0, 0), 0.03)
    if kind == "cage":
        hoop = prism(ellipse(2 * r, (-2 * r, 0), 20), "z", t)
        hoop -= prism(ellipse(2 * r - 2 * t, (t - 2 * r, -t), 20), "z", 1)
        bulb = ball((0, -r, 0), 0.3 * r, 12) + rod((0, -r, 0), (0, 0, 0), cord)
        return rose + around(hoop, 2 * dice.count(3, 5)) + bulb
    if kind == "ring":
        hoop = disc(3 * r, 3 * r, (-0.05, 0.0), 28) - disc(3 * r - 0.12, 3 * r - 0.12, 1, 28)
        return rose + hoop + around(rod((0, -0.02, 1.5 * r - 0.03), (0, drop - 0.02, 0), cord), 3)
    half, hat = dice.between(0.3, 0.6), shade(dice, 0.5 * r + 0.03, 0.2, size)
    light = dice.pick(hat, ball((0, -0.09, 0), 0.1, 14))
    parts = [box(2 * half + 0.1, (drop - 0.04, drop), 0.08)]
    for x in spread(-half, half, dice.count(2, 4)):
        y = -dice.between(0, 0.2)
        parts += [rod((x, y - 0.01, 0), (x, drop - 0.01, 0), cord), light.translate((x, y, 0))]
    return union(parts)


def chandelier(dice: Dice) -> Solid:
    """Curved arms around a turned stem; candles, small shades or globes at their ends."""
    n, r, drop = dice.count(4, 8), dice.between(0.25, 0.42), dice.between(0.45, 0.8)
    path = [(0.01, 0.1), (r * 0.45, -0.06), (r * 0.85, -0.04), (r, 0.06)]
    arm = tube(sideways(0, smooth(path)), 0.018, 6)
    candle = rod((0, 0.05, 0), (0, dice.between(0.13, 0.2), 0), 0.022, sides=8)
    hat = lathe([(0.08, 0.08), (0.04, 0.2), (0.01, 0.2)], 12) + candle
    bell = lathe([(0.09, -0.1), (0.03, 0.07)], 12)
    tip = dice.pick(candle, hat, ball((0, 0.11, 0), 0.07, 12), bell)
    cup = lathe([(0.02, 0.04), (0.05, 0.07)], 10)
    branch = arm + (cup + tip).translate((0, 0, r))
    turned = points(".015 -.16, .05 -.1, .02 -.04, .06 .05, .025 .16, .02 .25")
    stem = lathe(smooth(turned, 3), 12) + rod((0, 0.2, 0), (0, drop, 0), 0.018)
    upper = around(branch.scale((1, 1, 0.55)).translate((0, 0.2, 0)), max(3, n // 2), 20)
    upper += rod((0, 0, 0), (0, 0.4, 0), 0.03)
    rose = disc(0.13, 0.13, (drop - 0.03, drop))
    return around(branch, n) + stem + rose + dice.maybe(0.25, upper)


def sconce(dice: Dice) -> Solid:
    """On a wall: a plate at the back, one or two arms, shades, globes or torches."""
    tall, wide = dice.between(0.16, 0.3), dice.between(0.09, 0.14)
    oval = prism(ellipse(wide, tall, 20), "z", (-0.02, 0.015))
    plate = dice.pick(box(wide, tall, (-0.02, 0.015)), oval)
    reach, r = dice.between(0.12, 0.25), dice.between(0.06, 0.11)
    path = [(0, -0.03), (reach * 0.5, -0.08), (reach, -0.03), (reach, 0.06)]
    hat = shade(dice, r, 0.12, 0.3).translate((0, 0.16, 0))
    hat += rod((0, 0.03, 0), (0, 0.157, 0), 0.013)
    torch = lathe([(0.02, 0.03), (r, 0.17)], 16)
    light = dice.pick(hat, ball((0, 0.1, 0), r * 0.8, 14), torch).translate((0, 0, reach))
    one = tube(sideways(0, smooth(path)), 0.014, 6) + light
    return plate + dice.pick(one, pair(one.rotate((0, 50, 0))))


def lantern(dice: Dice) -> Solid:
    """Posts between a base and a roof, a light inside; hung from a ring or raised on a post."""
    n, r, h = dice.pick(4, 4, 6), dice.between(0.1, 0.2), dice.between(0.25, 0.5)
    t, peak = 0.03 * (h + 0.2), h + r * dice.between(0.4, 0.95)
    plan, wide = ellipse(2 * r, 2 * r, n), ellipse(2.4 * r, 2.4 * r, n)
    x, z = plan[0] * 0.9
    posts = around(rod((x, 0.02, z), (x, h, z), 0.6 * t, sides=6), n)
    base = prism(wide, "y", (0, 0.04)) + rod((0, 0, 0), (0, h * 0.6, 0), 0.3 * r, 0.2 * r)
    roof = loft([(h - 0.01, wide), (h + 0.03, wide), (peak, plan * 0.15)], "y")
    loop = prism(ellipse(0.1, (peak - 0.02, peak + 0.1), 14), "z", t)
    loop -= prism(ellipse(0.1 - 2 * t, (peak - 0.02 + t, peak + 0.1 - t), 14), "z", 1)
    whole = posts + base + roof + dice.pick(loop, loop, ball((0, peak, 0), 0.03, 8))
    mast = rod((0, -0.8, 0), (0, 0.02, 0), 0.03) + lathe([(0.14, -0.8), (0.05, -0.72)])
    return whole + dice.maybe(0.35, mast)


def banker(dice: Dice) -> Solid:
    """A half-round trough of a shade across one stem or two."""
    w, h, r = dice.between(0.24, 0.42), dice.between(0.28, 0.42), dice.between(0.06, 0.1)
    trough = arc(r, -20, 200, 12)
    cover = prism(np.concatenate([trough, trough[::-1] * 0.72]), "x", w)
    cover += pair(box((w / 2 - 0.02, w / 2), (-r * 0.3, r * 0.9), 1.6 * r))
    z = dice.between(-0.06, 0.0)
    stem = tube(sideways(0, smooth([(z, 0.02), (z, h * 0.6), (0, h + r * 0.85)])), 0.014)
    twin = pair(stem.translate((w * 0.2, 0, 0)))
    base = dice.pick(box(w * 0.6, (0, 0.03), 0.16, 0.012), disc(0.6 * w, 0.16, (0, 0.03)))
    return cover.translate((0, h, 0)) + dice.pick(stem, twin) + base


def mushroom(dice: Dice) -> Solid:
    """One turned form: a mushroom, a bullet or a globe on a foot."""
    curve = dice.pick(
        ".8 0, .45 .1, .3 .5, 1 .52, .9 .8, .4 1",
        "1 0, .9 .06, .2 .12, .2 .5, .95 .52, .9 .7, .1 1",
        ".6 0, .25 .3, .5 .45, .3 .9, .1 1",
        ".55 0, .55 .1, .3 .13, .3 .2, .95 .35, 1 .6, .7 .92, .05 1",
    )
    return lathe(smooth(points(curve) * (dice.between(0.1, 0.2), dice.between(0.25, 0.5)), 3), 24)


def spots(dice: Dice) -> Solid:
    """Two to four lamps aimed different ways, along a rail or up a pole."""
    n, r, long = dice.count(2, 4), dice.between(0.05, 0.09), dice.between(0.12, 0.2)
    can = lathe([(r * 0.6, 0), (r, long)], 14)
    can -= lathe([(r * 0.4, long * 0.5), (r - 0.02, long + 0.001)], 14)
    upright = dice.chance(0.5)
    parts = []
    for k, t in enumerate(spread(0.5, 1.4, n) if upright else spread(-0.45, 0.45, n)):
        aimed = can.rotate((dice.between(60, 130), 0, 0))
        turn = dice.between(-70, 70) + (150 * k if upright else 0)
        at = (0, t, 0) if upright else (t, -0.08, 0)
        parts.append((aimed.rotate((0, turn, 0)) + ball((0, 0, 0), r * 0.7, 10)).translate(at))
        if not upright:
            parts.append(rod((t, 0, 0), at, 0.018))
    if upright:
        return union(parts) + foot(dice, 0.16, 1.4) + rod((0, 0.01, 0), (0, 1.4, 0), 0.024)
    return union(parts) + box(1.0, (-0.01, 0.03), 0.06)
