"""Loudspeakers: boxes, towers, pucks, wedges, horns, radios and arrays; in metres."""

from __future__ import annotations

import numpy as np

from .dice import Dice
from .drivers import enclosure, fit, ladder
from .parts import (
    Solid,
    around,
    ball,
    bar,
    box,
    disc,
    ellipse,
    fillet,
    four,
    lathe,
    pair,
    points,
    prism,
    rod,
    row,
    sideways,
    smooth,
    spread,
    stack,
    tube,
    union,
)


def speaker(dice: Dice) -> Solid:
    """A loudspeaker of any kind, its cones facing +z."""
    boxes = dice.pick(shelf_box, tower, subwoofer, on_stand)
    stage = dice.pick(wedge, amplifier, array, horn)
    small = dice.pick(drum, globe, soundbar, boombox, sculpted)
    return dice.pick(boxes, boxes, stage, small)(dice)


def handle(x: float, y: float, rise: float, r: float) -> Solid:
    """A carrying handle on a top at height y, between ±x."""
    path = [(-x, y - 0.03, 0), (-x, y + rise, 0), (x, y + rise, 0), (x, y - 0.03, 0)]
    return tube(fillet(path, 0.04), r)


def shelf_box(dice: Dice) -> Solid:
    """A bookshelf speaker, upright or on its side."""
    w, h, d = dice.between(0.15, 0.3), dice.between(0.24, 0.45), dice.between(0.16, 0.36)
    body = fit(enclosure(dice, w, h, d), d / 2, ladder(dice, 0.03 * h, 0.97 * h, 0.4 * w))
    if dice.chance(0.3):
        body = body.rotate((0, 0, 90)).translate((h / 2, w / 2, 0))
    feet = four(rod((0.05, -0.03, 0.05), (0.05, 0.02, 0.05), 0.014))
    return body + dice.maybe(0.25, feet)


def tower(dice: Dice) -> Solid:
    """A floor-standing speaker with a row of drivers, on a plinth, spikes or its own foot."""
    h, w, d = dice.between(0.8, 1.3), dice.between(0.17, 0.34), dice.between(0.22, 0.42)
    r = w * dice.between(0.26, 0.34)
    low = max(0.1, h - dice.between(2, 5) * 2.3 * r)
    body = fit(enclosure(dice, w, h, d), d / 2, ladder(dice, low, 0.97 * h, r))
    foot = (w * dice.between(1.1, 1.6), d * dice.between(1.05, 1.3))
    plinth = box(foot[0], (-0.035, 0.005), foot[1])
    x, z = 0.33 * w, 0.33 * d
    spikes = four(rod((x, -0.06, z), (x, 0.02, z), 0.015, 0.025))
    return body + dice.pick(Solid(), plinth, plinth, spikes)


def subwoofer(dice: Dice) -> Solid:
    """A cube with one big cone, on feet."""
    s = dice.between(0.3, 0.45)
    w, h, d = s, s * dice.between(0.8, 1.2), s * dice.between(0.8, 1.3)
    body = fit(enclosure(dice, w, h, d), d / 2, [(0.0, h / 2, 0.42 * min(w, h))])
    return body + four(rod((0.3 * w, -0.05, 0.3 * d), (0.3 * w, 0.02, 0.3 * d), 0.02))


def wedge(dice: Dice) -> Solid:
    """A stage monitor: its sloping front aims up at the singer."""
    w, h, d = dice.between(0.4, 0.75), dice.between(0.3, 0.42), dice.between(0.4, 0.55)
    lean, lip = dice.between(35, 55), 0.06
    top = d / 2 - (h - lip) * np.tan(np.radians(lean))
    rear = h * dice.between(0.5, 1)
    side = [(-d / 2, 0), (d / 2, 0), (d / 2, lip), (top, h), (min(top, -d / 2 + 0.03), rear)]
    length = (h - lip) / np.cos(np.radians(lean))
    r = 0.4 * min(length, w / 1.6)
    spots = [(-0.5 * w + 1.2 * r, 0.0, r), (0.5 * w - 0.8 * r, 0.0, 0.5 * r)]
    front = np.array([0, (h + lip) / 2, (d / 2 + top) / 2])
    body = prism(side, "x", w).translate(-front)
    return fit(body, 0.0, spots if w > 3.2 * r else [(0.0, 0.0, r)], lean)


def drum(dice: Dice) -> Solid:
    """A round column, waisted or tapering, with a flat front for its drivers."""
    r, h = dice.between(0.08, 0.14), dice.between(0.18, 0.6)
    waist, top, z = dice.between(0.85, 1.1), dice.between(0.6, 1.0), 0.6 * r
    curve = smooth([(r, 0), (waist * r, 0.5 * h), (r * top, h)])
    body = lathe(curve, 28).trim_by_plane((0, 0, -1), -z * top)
    body = fit(body, z * top, ladder(dice, 0.08 * h, 0.92 * h, 0.5 * r * top))
    ring = lathe([(0.5 * r * top, h - 0.01), (0.5 * r * top, h + 0.02)])
    return body + dice.maybe(0.4, ring.translate((0, 0, -0.2 * r)))


def globe(dice: Dice) -> Solid:
    """A ball or egg with its front cut for a driver, on a ring, stem, tripod or pole."""
    r, s = 0.15, dice.between(0.8, 1.5)
    cut, low = r * dice.between(0.5, 0.75), -r * s
    body = ball((0, 0, 0), (r, r * s, r), 24).trim_by_plane((0, 0, -1), -cut)
    body = fit(body, cut, [(0.0, 0.0, 0.85 * np.sqrt(r * r - cut * cut))])
    ring = lathe([(0.6 * r, low - 0.03), (0.6 * r, low + 0.4 * r)])
    legs = around(rod((0, low * 0.5, 0.06), (0, low - 0.08, 0.13), 0.016), 3, 60)
    reach, wide = dice.pick((0.12, 0.2), (0.7, 0.3))
    pole = rod((0, low + 0.02, 0), (0, low - reach, 0), 0.025)
    pole += disc(wide, wide, (low - reach - 0.03, low - reach + 0.005))
    ears = pair(ball((0.8 * r, 0.75 * r * s, 0), 0.4 * r, 12)) + ring
    return body + dice.pick(ring, legs, pole, pole, ears)


def soundbar(dice: Dice) -> Solid:
    """A long low bar, square or round, drivers along it."""
    w, h, d = dice.between(0.6, 1.1), dice.between(0.07, 0.13), dice.between(0.07, 0.14)
    if dice.chance(0.35):
        body = rod((-w / 2, h / 2, 0), (w / 2, h / 2, 0), h / 2, sides=20)
        caps = pair(rod((w / 2 - 0.02, h / 2, 0), (w / 2 + 0.02, h / 2, 0), 0.4 * h, sides=16))
        return body + caps + pair(box((0.3 * w, 0.34 * w), (-0.02, h / 2), 0.8 * h))
    z = d / 2
    sloped = prism([(-z, 0), (z, 0), (z, h), (-z, 0.7 * h)], "x", w)
    body = dice.pick(box(w, (0, h), d), box(w, (0, h), d, 0.1 * h), sloped)
    spots = [(x, h * 0.5, 0.36 * h) for x in spread(-0.42 * w, 0.42 * w, dice.count(2, 6))]
    return fit(body, z, spots)


def on_stand(dice: Dice) -> Solid:
    """A box on a tripod, a plate or four posts, as at a concert or beside a listener."""
    w, h, d = dice.between(0.22, 0.4), dice.between(0.35, 0.65), dice.between(0.22, 0.4)
    lift = dice.between(0.5, 1.0)
    y, t = lift + 0.01, 0.02 * (lift + h)
    body = fit(enclosure(dice, w, h, d), d / 2, ladder(dice, 0.04 * h, 0.96 * h, 0.4 * w))
    tripod = around(rod((0, 0, 0.36), (0, lift * 0.45, 0.0), t * 0.8), 3)
    tripod += rod((0, lift * 0.15, 0), (0, y, 0), 1.2 * t)
    tray = box(w * 0.8, (lift - 0.03, y), d * 0.8)
    plate = box(0.3, (0, 0.04), 0.3) + box(0.1, (0, y), 0.08) + tray
    posts = box(0.32, (0, 0.04), 0.34) + four(rod((0.09, 0, 0.1), (0.09, y, 0.1), 0.022)) + tray
    return body.translate((0, lift, 0)) + dice.pick(tripod, plate, posts)


def horn(dice: Dice) -> Solid:
    """A flared horn: the gramophone, the siren on a bracket, a horn on a box."""
    r, long = dice.between(0.16, 0.3), dice.between(0.22, 0.34)
    flare = lathe(smooth([(0.04, 0), (0.05, long / 2), (0.45 * r, long * 0.85), (r, long)]), 20)
    bell = flare - flare.scale((0.88, 1, 0.88)).translate((0, 0.03, 0))
    kind = dice.pick("gramophone", "siren", "box")
    if kind == "gramophone":
        neck = smooth([(-0.1, 0.12), (-0.16, 0.3), (-0.08, 0.42), (0.02, 0.46)])
        mouth = bell.rotate((dice.between(50, 75), 0, 0)).translate((0, 0.445, -0.02))
        plinth = box(0.34, (0, dice.between(0.1, 0.16)), 0.34) + box(0.4, (0, 0.03), 0.4)
        plate = rod((0, 0.08, 0.03), (0, 0.18, 0.03), 0.13, sides=20)
        return mouth + tube(sideways(0, neck), 0.026) + plinth + plate
    mouth = bell.rotate((90, 0, 0))
    if kind == "siren":
        bracket = pair(bar((0, 0, -0.05), (0.09, -0.2, -0.05), 0.03))
        bracket += box(0.22, (-0.22, -0.18), (-0.1, 0.0))
        return mouth + rod((0, 0, -0.16), (0, 0, 0.03), 0.07) + bracket
    case = fit(box(0.4, (0, 0.4), 0.36), 0.18, [(0.0, 0.2, 0.17)])
    neck = box(0.08, (0.38, 0.42 + r), (0.16 - long, 0.22 - long))
    return case + mouth.translate((0, 0.4 + r, 0.18 - long)) + neck


def boombox(dice: Dice) -> Solid:
    """A portable stereo with two cones and a handle."""
    w, h, d = dice.between(0.4, 0.7), dice.between(0.18, 0.32), dice.between(0.1, 0.2)
    r, z = min(0.42 * h, 0.2 * w), d / 2
    oval = prism(ellipse(w, (0, h), 28, 4), "z", d)
    body = dice.pick(box(w, (0, h), d), box(w, (0, h), d, 0.03), oval)
    body = fit(body, z, [(s * (w / 2 - 1.3 * r), h / 2, r) for s in (-1, 1)])
    mid = w - 5.4 * r
    if mid > 0.05:
        key = box(0.2 * mid, (0.6 * h, 0.75 * h), (0, z + 0.015))
        body -= box(mid, (0.15 * h, 0.5 * h), (z - 0.015, 1))
        body += row(lambda x: key.translate((x, 0, 0)), -0.3 * mid, 0.3 * mid, 3)
    return body + handle(w * dice.between(0.25, 0.4), h, 0.07, 0.017)


def amplifier(dice: Dice) -> Solid:
    """A guitar amplifier: grille below, a strip of knobs above; combo or head on a cabinet."""
    w, h, d = dice.between(0.45, 0.75), dice.between(0.4, 0.75), dice.between(0.22, 0.36)
    z, strip = d / 2, h - 0.13
    body = box(w, (0, h), d, 0.02) - box(w - 0.08, (0.05, strip), (z - 0.03, 1))
    body -= box(w - 0.08, (strip + 0.03, h - 0.03), (z - 0.02, 1))
    inner, tall = w - 0.08, strip - 0.06
    spots, r = dice.pick(
        (points("0 0"), 0.42 * min(inner, tall)),
        (points("-1 0, 1 0"), 0.23 * min(inner, 2 * tall)),
        (points("-1 -1, 1 -1, -1 1, 1 1"), 0.22 * min(inner, tall)),
    )
    mid = (strip + 0.05) / 2
    body = fit(body, z - 0.03, [(a * 1.08 * r, mid + b * 1.08 * r, r) for a, b in spots])
    knob = rod((0, h - 0.065, z - 0.03), (0, h - 0.065, z + 0.01), 0.018, sides=8)
    body += row(lambda x: knob.translate((x, 0, 0)), -0.38 * w, 0.38 * w, dice.count(4, 7))
    head = box(w * 0.95, (h - 0.02, h + 0.2), d * 0.8, 0.015)
    head -= box(w * 0.85, (h + 0.04, h + 0.16), (0.4 * d - 0.02, 1))
    return body + dice.pick(head, handle(0.1, h, 0.05, 0.016))


def sculpted(dice: Dice) -> Solid:
    """Pods that shrink upward, a pyramid, a thin slab or an oval panel."""
    if dice.chance(0.35):
        parts, y = [], 0.0
        side = smooth(points(".1 -3.2, .6 -1.5, 1 -.2, 1 .3"))
        for k in range(dice.count(2, 4)):
            r = 0.17 * 0.78**k
            pod = fit(lathe(side * r, 18).rotate((90, 0, 0)), 0.3 * r, [(0.0, 0.0, 0.85 * r)])
            parts.append(pod.translate((0, y + r, 0)))
            y += 1.9 * r
        foot = disc(0.36, 0.4, (-0.09, -0.05)) + rod((0, -0.08, -0.05), (0, 0.05, -0.05), 0.05)
        return union(parts) + foot
    if dice.chance(0.4):
        w, h, s = dice.between(0.25, 0.4), dice.between(0.5, 1.1), dice.between(0.3, 0.55)
        body = stack([(0.0, w, (-w, 0.0)), (h, w * s, (-w * (1 + s) / 2, -w * (1 - s) / 2))])
        lean = np.degrees(np.arctan2(w * (1 - s) / 2, h))
        return fit(body, 0.0, [(0.0, 0.2 * h, 0.36 * w), (0.0, 0.62 * h, 0.2 * w)], lean)
    h, w, t = dice.between(0.7, 1.3), dice.between(0.3, 0.6), dice.between(0.05, 0.08)
    panel = dice.pick(box(w, (0, h), t), prism(ellipse(w, (0, h), 28, 3), "z", t))
    spots = [(0.0, h * v, w * r) for v, r in ((0.25, 0.33), (0.6, 0.22), (0.82, 0.12))]
    lean = dice.between(0, 12)
    foot = box(w, (-0.03, 0.03), 0.36) + bar((0, 0, -0.15), (0, h * 0.4, -0.02), 0.06)
    return fit(panel, t / 2, spots).rotate((-lean, 0, 0)) + foot


def array(dice: Dice) -> Solid:
    """Boxes hung in a curve, or stacked for a concert."""
    n, w = dice.count(3, 7), dice.between(0.5, 0.9)
    h, d = dice.between(0.16, 0.26), dice.between(0.3, 0.45)
    one = fit(box(w, (-h, 0), d), d / 2, [(s * 0.3 * w, -h / 2, 0.42 * h) for s in (-1, 1)])
    if dice.chance(0.4):
        return union(one.translate((0, k * (h - 0.003), 0)) for k in range(n))
    step, parts = dice.between(3, 9), [box(0.7 * w, (-0.02, 0.06), 0.8 * d)]
    hinge, turn = np.array([0.0, 0.0, -d / 2]), 0.0
    for _ in range(n):
        parts.append(one.translate((0, 0, d / 2)).rotate((turn, 0, 0)).translate(hinge))
        a = np.radians(turn)
        hinge = hinge - 0.97 * h * np.array([0, np.cos(a), np.sin(a)])
        turn += step
    return union(parts)
