"""Displays: monitors, televisions, laptops and signs, screens facing +z; in metres."""

from __future__ import annotations

from .dice import Dice
from .parts import (
    Solid,
    around,
    ball,
    bar,
    box,
    disc,
    fillet,
    hull,
    lathe,
    loft,
    pair,
    prism,
    rect,
    rod,
    row,
    sideways,
    spread,
    stack,
    sweep,
)


def display(dice: Dice) -> Solid:
    """A display of any kind."""
    flat = dice.pick(monitor, monitor, television, television, all_in_one)
    other = dice.pick(tube_set, tube_set, laptop, curved, several)
    rare = dice.pick(trolley, wall, kiosk)
    return dice.pick(flat, flat, other, other, rare)(dice)


def screen(dice: Dice, w: float, h: float, t: float) -> Solid:
    """A panel centred on the origin, its picture sunk in a frame, perhaps thicker behind."""
    rim = dice.between(0.02, 0.07) * w
    chin = rim * dice.pick(1, 1, dice.between(1.5, 3))
    body = prism(rect(w, h, dice.pick(0.0, 0.0, 0.05 * h)), "z", (-t, 0.0))
    body -= box(w - 2 * rim, (chin - h / 2, h / 2 - rim), (-0.35 * t, 1))
    depth = -t - dice.between(0.3, 1) * t
    hump = box(w * dice.between(0.4, 0.8), h * dice.between(0.4, 0.8), (depth, -t / 2))
    slope = loft([(-t / 2, rect(0.95 * w, 0.95 * h)), (-2.2 * t, rect(0.6 * w, 0.5 * h))], "z")
    return body + dice.pick(Solid(), Solid(), hump, slope)


def stand(dice: Dice, w: float, low: float, t: float) -> Solid:
    """A foot on the ground and a neck behind a panel, up to a little above height `low`."""
    wide, deep, neck = (dice.between(a, b) * w for a, b in ((0.3, 0.6), (0.25, 0.45), (0.06, 0.2)))
    h, flat, z = low + 0.12 * w, 0.035 * w, (-t - deep / 2, deep / 2 - t)
    column = box(neck, (0.01, h), (-t - 0.03 * w, -t * 0.5))
    plate = box(wide, (0, flat), z)
    front, rear = (wide * 0.7, flat / 2, deep * 0.6), (0, flat / 2, -deep * 0.7)
    vee = pair(bar((0, flat / 2, -t), front, flat * 1.3, flat))
    vee += bar((0, flat / 2, -t), rear, flat * 1.3, flat)
    cone = lathe([(wide * 0.45, 0), (wide * 0.4, flat), (neck * 0.6, 0.9 * flat + low * 0.3)])
    x, y = wide / 2, flat / 2
    hoop = fillet([(-x, h, -t), (-x, y, -t), (x, y, -t), (x, h, -t)], 0.1 * w)
    return dice.pick(
        disc(wide, z, (0, flat)) + column,
        plate + column,
        vee + column,
        cone.translate((0, 0, -t)) + column,
        sweep(hoop, rect(flat, flat * 1.4)) + plate,
    )


def monitor(dice: Dice) -> Solid:
    """A desktop monitor, wide, square or upright, on a foot."""
    low, high = dice.pick((1.5, 1.9), (1.2, 1.4), (2.1, 2.6), (0.55, 0.75))
    ratio, w = dice.between(low, high), 0.55 if low > 1 else 0.36
    h, t, low = w / ratio, dice.between(0.02, 0.045), dice.between(0.03, 0.3) * w
    panel = screen(dice, w, h, t).rotate((-dice.between(0, 12), 0, 0))
    ear = box((w / 2 - 0.005, w / 2 + 0.05), (low + 0.02, low + 0.02 + 0.8 * h), (-1.2 * t, 0))
    whole = panel.translate((0, low + h / 2 + 0.02, 0)) + stand(dice, w, low + 0.42 * h, t)
    return whole + dice.maybe(0.12, pair(ear))


def television(dice: Dice) -> Solid:
    """A flat television on two feet, one foot or a bar."""
    w = dice.between(0.9, 1.4)
    h, t = w / dice.between(1.5, 1.9), dice.between(0.03, 0.09) * w
    low = dice.between(0.03, 0.12) * w
    panel = screen(dice, w, h, t).translate((0, low + h / 2, 0))
    if dice.chance(0.55):
        return panel + stand(dice, w, low + 0.2 * h, t)
    x, z, r = w * dice.between(0.2, 0.42), dice.between(0.08, 0.16) * w, 0.035 * w
    top, edge = (x, low + 0.05 * w, -t / 2), (x - r, x + r)
    leg = bar(top, (x, r / 2, z), r) + bar(top, (x, r / 2, -z - t), r)
    wedge = hull(box(edge, (0, 0.6 * r), (-z - t, z)), box(edge, (low, low + 0.02), (-t, 0)))
    return panel + pair(dice.pick(leg, wedge))


def tube_set(dice: Dice) -> Solid:
    """A cathode-ray set: deep, tapering behind; on a swivel or legs, in a case, with an aerial."""
    w = 0.5
    h, lip, d = w / dice.between(1.1, 1.4), dice.between(0.06, 0.12), dice.between(0.28, 0.5)
    front = loft([(0.0, rect(w, h, 0.03)), (-lip, rect(w, h, 0.03))], "z")
    shapes = [rect(0.96 * w, 0.96 * h, 0.03), rect(0.8 * w, (-0.45 * h, 0.38 * h), 0.03)]
    shapes.append(rect(0.5 * w, (-0.4 * h, 0.2 * h), 0.03))
    rear = loft(zip((0.01 - lip, -0.6 * d, -d), shapes, strict=True), "z")
    rim, right = dice.between(0.04, 0.08) * w, dice.pick(0.0, 0.0, dice.between(0.1, 0.22) * w)
    glass = rect((rim - w / 2, w / 2 - rim - right), (1.4 * rim - h / 2, h / 2 - rim), 0.03)
    middle = (-right / 2, 0.2 * rim, -0.03)
    bulge = ball(middle, (0.7 * w, 0.7 * h, 0.045)) ^ prism(glass, "z", (-0.05, 0.02))
    whole = front + rear - prism(glass, "z", (-0.03, 1)) + bulge
    if right:
        x = w / 2 - right / 2 - rim / 2
        whole += row(lambda y: rod((x, y, -0.01), (x, y, 0.03), right * 0.25), 0, 0.25 * h, 2)
    base = -h / 2
    swivel = lathe([(0.18, base - 0.07), (0.17, base - 0.05), (0.1, base - 0.03), (0.1, 0)])
    leg = rod((0.21, base - dice.between(0.1, 0.35), 0), (0.165, -0.4 * h, -0.06), 0.014, 0.02)
    legs = pair(leg + leg.mirror((0, 0, 1)).translate((0, 0, -0.6 * d)))
    legs += box(0.9 * w, (base, -h * 0.4), (-0.62 * d, -0.02))
    aerial = pair(rod((0, 0.45 * h, -0.35 * d), (0.14, 0.45 * h + 0.3, -0.35 * d), 0.014, 0.012))
    aerial += rod((0, 0.3 * h, -0.35 * d), (0, 0.5 * h, -0.35 * d), 0.05)
    case = box(w, h, (-0.8 * d, -lip / 2), 0.02)
    return whole + dice.pick(
        Solid(), swivel.translate((0, 0, -0.4 * d)), legs, case, case + legs, aerial
    )


def laptop(dice: Dice) -> Solid:
    """A screen hinged to a keyboard."""
    w = 0.34
    d, t = w / dice.between(1.3, 1.6), dice.between(0.035, 0.05) * w
    key = box(0.88 * w, (t - 0.003, 9), 0.09 * d)
    keys = row(lambda z: key.translate((0, 0, z)), -0.3 * d, 0.12 * d, 4)
    keys += box(0.28 * w, (t - 0.003, 9), (0.25 * d, 0.43 * d))
    base = prism(rect(w, d, 0.01), "y", (0, t)) - keys
    picture = box(0.9 * w, (0.1 * d, 0.94 * d), (-0.3 * t, 1))
    panel = prism(rect(w, (0, d), 0.01), "z", (-t, 0)) - picture
    opened = panel.rotate((-dice.between(-5, 45), 0, 0))
    return base + opened.translate((0, t * 0.4, -d / 2 + 0.4 * t))


def curved(dice: Dice) -> Solid:
    """A wide screen bent round the viewer."""
    w, t, low = dice.between(0.75, 1.0), 0.035, dice.between(0.06, 0.2)
    h, bend = w / dice.between(1.8, 2.6), dice.between(0.06, 0.16) * w
    path = [(w / 2 * u, low + h / 2, bend * u * u) for u in spread(-1, 1, 13)]
    return sweep(path, rect(t, h)) + stand(dice, w * 0.8, low + 0.1 * h, t * 0.2)


def several(dice: Dice) -> Solid:
    """Two or three panels side by side on one stand, or two stacked."""
    w, t, low = 0.5, 0.025, dice.between(0.08, 0.2)
    h, angle = w / dice.between(1.3, 1.8), dice.between(5, 25)
    panel = box(w, h, (-t, 0)) - box(w * 0.92, h * 0.88, (-0.3 * t, 1))
    y, x = low + h / 2, w / 2 - 0.01
    base = stand(dice, w, low + 0.35 * h, t)
    layout = dice.pick("two", "three", "stacked")
    if layout == "three":
        side = panel.translate((w / 2, 0, 0)).rotate((0, -angle, 0)).translate((x, y, 0))
        return panel.translate((0, y, 0)) + pair(side) + base
    if layout == "stacked":
        upper = panel.rotate((5, 0, 0)).translate((0, y + h + 0.015, 0.0))
        return panel.translate((0, y, 0)) + upper + base + box(0.06, (low, y + h), (-2 * t, -t / 2))
    side = panel.translate((x, 0, 0)).rotate((0, -angle / 2, 0)).translate((0, y, 0))
    return pair(side) + base + box(0.7 * w, (y - 0.03, y + 0.03), (-1.8 * t, -t / 2))


def trolley(dice: Dice) -> Solid:
    """A screen on a tall pole or cart."""
    w, t, h = dice.between(0.8, 1.2), dice.between(0.04, 0.07), dice.between(0.9, 1.4)
    panel = screen(dice, w, w / dice.between(1.5, 1.8), t).translate((0, h, 0))
    x = w * 0.28
    runners = pair(bar((x, 0.03, -0.3), (x, 0.03, 0.3), 0.06)) + box(2 * x, (0, 0.06), 0.06)
    star = around(bar((0, 0.03, 0), (0, 0.03, 0.36), 0.07, 0.06), 4, 45)
    base = dice.pick(runners, star, disc(0.6, 0.5, (0, 0.05)))
    base += box(0.3, (0, 0.05), (-t - 0.05, 0.05))
    pole = box(0.09, (0, h + 0.05), (-t - 0.05, -t / 2))
    poles = dice.pick(pole, pair(box((0.1, 0.15), (0, h + 0.05), (-t - 0.04, -t / 2))))
    tray = box(w * 0.5, (h * 0.45, h * 0.45 + 0.045), 0.35)
    return panel + base + poles + dice.maybe(0.5, tray)


def all_in_one(dice: Dice) -> Solid:
    """A panel with a chin on a bent metal foot, or on a dome; perhaps its keyboard before it."""
    w, t, low = 0.55, dice.between(0.02, 0.04), dice.between(0.08, 0.14)
    h = w / dice.between(1.3, 1.7)
    panel = box(w, h, (-t, 0), 0.006) - box(w * 0.92, (-h * 0.3, h * 0.46), (-0.3 * t, 1))
    panel = panel.rotate((-dice.between(0, 10), 0, 0)).translate((0, low + h / 2, 0))
    y = low + h * 0.3
    path = fillet(sideways(0, [(-t / 2, y), (-0.1, y * 0.8), (-0.13, 0.01), (0.08, 0.01)]), 0.03)
    bent = sweep(path, rect(dice.between(0.14, 0.24), 0.02))
    dome = lathe([(0.13, 0), (0.12, 0.04), (0.05, 0.09)]).translate((0, 0, -0.06))
    dome += rod((0, 0.05, -0.06), (0, low + h / 2, -t), 0.02)
    keyboard = box(0.4, (0, 0.022), (0.16, 0.28)) + box(0.05, (0, 0.018), (0.0, 0.2))
    return panel + dice.pick(bent, bent, dome) + dice.maybe(0.3, keyboard)


def wall(dice: Dice) -> Solid:
    """A panel hung on a swing arm, or leaning on a prop as a picture frame does."""
    w, t = dice.between(0.6, 1.0), dice.between(0.03, 0.07)
    h = w / dice.pick(dice.between(1.3, 1.8), dice.between(0.6, 0.8))
    panel = screen(dice, w, h, t)
    if dice.chance(0.4):
        prop = bar((0, h * 0.2, -0.7 * t), (0, -h * 0.48, -0.4 * h), 0.12 * w, 0.03 * w)
        return (panel + prop).rotate((-dice.between(0, 12), 0, 0))
    back = -t - dice.between(0.08, 0.3)
    arm = bar((0, 0, -t), (0.12, 0, back), 0.045)
    arm += box((0.04, 0.2), 0.3 * h, (back - 0.03, back + 0.02))
    tilted = panel.rotate((dice.between(0, 6), 0, 0))
    return tilted + box(0.25 * w, 0.2 * w, (-t - 0.04, -0.6 * t)) + arm


def kiosk(dice: Dice) -> Solid:
    """A standing sign: an upright slab, a lectern, or an old computer terminal."""
    kind = dice.pick("slab", "lectern", "terminal")
    if kind == "slab":
        w, h, t = dice.between(0.5, 0.8), dice.between(1.3, 1.9), 0.08
        body = box(w, (0.02, h), t, 0.01) - box(w * 0.86, (h * 0.2, h * 0.94), (t * 0.3, 1))
        return body + box(w * 1.15, (0, 0.05), 0.4)
    if kind == "lectern":
        head = screen(dice, 0.6, 0.42, 0.06).rotate((-dice.between(30, 60), 0, 0))
        post = hull(box(0.3, (0, 0.05), 0.3), box(0.16, (1.0, 1.05), (-0.1, 0.0)))
        return head.translate((0, 1.05, 0)) + post
    w = 0.42
    levels = [(0.0, w, (-0.2, 0.16)), (0.08, w, (-0.22, 0.16)), (0.36, w * 0.95, (-0.16, 0.1))]
    outer, inner = rect(0.32, (0.1, 0.33), 0.02), rect(0.28, (0.12, 0.31), 0.02)
    case = stack(levels, 0.02) - loft([(0.08, inner), (0.3, outer)], "z")
    keys = hull(box(w, (0, 0.05), (0.14, 0.18)), box(w, (0, 0.025), (0.3, 0.34)))
    one = box(0.36, (-0.008, 1), 0.016)
    return case + keys - row(lambda z: one.translate((0, 0.069 - 0.12 * z, z)), 0.2, 0.3, 4)
