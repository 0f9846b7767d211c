"""Displays: monitors, televisions, laptops and signs, screens facing +z; in metres."""

from __future__ import annotations

import numpy as np

from .parts import (
    Dice,
    Solid,
    around,
    bar,
    box,
    ellipse,
    fillet,
    hull,
    lathe,
    loft,
    pair,
    prism,
    rect,
    rod,
    row,
    stack,
    sweep,
    union,
)


def display(dice: Dice) -> Solid:
    """A display of any kind."""
    style = dice.pick(
        monitor,
        monitor,
        monitor,
        television,
        television,
        tube_set,
        tube_set,
        laptop,
        curved,
        several,
        trolley,
        all_in_one,
        wall,
        kiosk,
    )
    return style(dice)


def screen(dice: Dice, w: float, h: float, t: float) -> Solid:
    """A panel centred on the origin, its picture sunk in a frame, perhaps thicker behind."""
    rim = dice.between(0.02, 0.07) * w
    chin = rim * dice.pick(1, 1, dice.between(1.5, 3))
    body = prism(rect(w, h, dice.pick(0.0, 0.0, 0.05 * h)), "z", (-t, 0.0))
    body -= box(w - 2 * rim, (chin - h / 2, h / 2 - rim), (-0.35 * t, 1))
    hump = dice.pick("none", "box", "slope")
    if hump == "box":
        body += box(
            w * dice.between(0.4, 0.8),
            h * dice.between(0.4, 0.8),
            (-t - dice.between(0.3, 1) * t, -t / 2),
        )
    elif hump == "slope":
        body += loft([(-t / 2, rect(0.95 * w, 0.95 * h)), (-2.2 * t, rect(0.6 * w, 0.5 * h))], "z")
    return body


def stand(dice: Dice, w: float, low: float, t: float) -> Solid:
    """A foot on the ground at y = 0 and a neck up to height `low` + a bit, behind a panel."""
    wide, deep, neck = (
        dice.between(0.3, 0.6) * w,
        dice.between(0.25, 0.45) * w,
        dice.between(0.06, 0.2) * w,
    )
    h = low + 0.12 * w
    column = box(neck, (0.01, h), (-t - 0.03 * w, -t * 0.5))
    flat = 0.035 * w
    oval = prism(ellipse(wide, (-t - deep / 2, deep / 2 - t), 24), "y", (0, flat))
    plate = box(wide, (0, flat), (-t - deep / 2, deep / 2 - t))
    vee = pair(bar((0, flat / 2, -t), (wide * 0.7, flat / 2, deep * 0.6), flat * 1.3, flat))
    vee += bar((0, flat / 2, -t), (0, flat / 2, -deep * 0.7), flat * 1.3, flat)
    cone = lathe(
        [(wide * 0.45, 0), (wide * 0.4, flat), (neck * 0.6, 0.9 * flat + low * 0.3)]
    ).translate((0, 0, -t))
    hoop = sweep(
        fillet(
            [
                (-wide / 2, h, -t),
                (-wide / 2, flat / 2, -t),
                (wide / 2, flat / 2, -t),
                (wide / 2, h, -t),
            ],
            0.1 * w,
        ),
        rect(flat, flat * 1.4),
    )
    hoop += box(wide, (0, flat), (-t - deep / 2, deep / 2 - t))
    return dice.pick(
        oval + column, plate + column, vee + column, cone + column, hoop, oval + column
    )


def monitor(dice: Dice) -> Solid:
    """A desktop monitor, wide, square or upright, on a foot."""
    ratio = dice.pick(
        dice.between(1.5, 1.9),
        dice.between(1.2, 1.4),
        dice.between(2.1, 2.6),
        dice.between(0.55, 0.75),
    )
    w = 0.55 if ratio > 1 else 0.36
    h, t, low = w / ratio, dice.between(0.035, 0.08) * 0.55, dice.between(0.03, 0.3) * w
    tilted = (
        screen(dice, w, h, t)
        .rotate((-dice.between(0, 12), 0, 0))
        .translate((0, low + h / 2 + 0.02, 0))
    )
    whole = tilted + stand(dice, w, low + 0.3 * h, t)
    if dice.chance(0.12):
        whole += pair(
            box((w / 2 - 0.005, w / 2 + 0.05), (low + 0.02, low + 0.02 + 0.8 * h), (-1.2 * t, 0))
        )
    return whole


def television(dice: Dice) -> Solid:
    """A flat television on two feet, one foot or a bar."""
    w = dice.between(0.9, 1.4)
    h, t, low = (
        w / dice.between(1.5, 1.9),
        dice.between(0.03, 0.09) * w,
        dice.between(0.03, 0.12) * w,
    )
    panel = screen(dice, w, h, t).translate((0, low + h / 2, 0))
    if dice.chance(0.45):
        x, z = w * dice.between(0.2, 0.42), dice.between(0.08, 0.16) * w
        r = 0.035 * w
        leg = bar((x, low + 0.05 * w, -t / 2), (x, r / 2, z), r, r * 0.9) + bar(
            (x, low + 0.05 * w, -t / 2), (x, r / 2, -z - t), r, r * 0.9
        )
        wedge = hull(
            box((x - r, x + r), (0, 0.6 * r), (-z - t, z)),
            box((x - r, x + r), (low, low + 0.02), (-t, 0)),
        )
        return panel + pair(dice.pick(leg, wedge))
    return panel + stand(dice, w, low + 0.2 * h, t)


def tube_set(dice: Dice) -> Solid:
    """A cathode-ray set: deep, its back tapering."""
    w, ratio, depth = 0.5, dice.between(1.1, 1.4), dice.between(0.55, 1.0)
    h, lip = w / ratio, dice.between(0.06, 0.2)
    d = depth * w
    front = loft([(0.0, rect(w, h, 0.03)), (-lip * w, rect(w, h, 0.03))], "z")
    rear = loft(
        [
            (-lip * w + 0.01, rect(w * 0.96, h * 0.96, 0.03)),
            (-0.6 * d, rect(w * 0.8, (-0.45 * h, 0.38 * h), 0.03)),
            (-d, rect(w * 0.5, (-0.4 * h, 0.2 * h), 0.03)),
        ],
        "z",
    )
    rim = dice.between(0.04, 0.08) * w
    right = dice.pick(0.0, 0.0, dice.between(0.1, 0.22) * w)
    glass = rect((rim - w / 2, w / 2 - rim - right), (1.4 * rim - h / 2, h / 2 - rim), 0.03)
    whole = front + rear - loft([(-0.03, glass * 0.94), (0.001, glass)], "z")
    if right:
        knob = rod(
            (w / 2 - right / 2 - rim / 2, 0, -0.01),
            (w / 2 - right / 2 - rim / 2, 0, 0.03),
            right * 0.25,
        )
        whole += knob.translate((0, h * 0.25, 0)) + knob
    kind = dice.pick("monitor", "bare", "legs", "case", "aerial")
    if kind == "monitor":
        whole += lathe(
            [
                (w * 0.35, -h / 2 - 0.07),
                (w * 0.33, -h / 2 - 0.05),
                (w * 0.2, -h / 2 - 0.03),
                (w * 0.2, 0),
            ]
        ).translate((0, 0, -d * 0.4))
    elif kind == "legs":
        leg = rod(
            (w * 0.42, -h / 2 - dice.between(0.1, 0.35), 0.0),
            (w * 0.33, -h * 0.4, -0.06),
            0.013,
            0.02,
        )
        whole += pair(leg + leg.mirror((0, 0, 1)).translate((0, 0, -0.6 * d)))
        whole += box(w * 0.9, (-h / 2, -h * 0.4), (-0.62 * d, -0.02))
    elif kind == "case":
        whole += box(w, h, (-0.8 * d, -lip * w / 2), 0.02)
    elif kind == "aerial":
        top = np.array([0, h * 0.45, -0.35 * d])
        whole += pair(rod(top, top + (0.14, 0.3, 0), 0.014, 0.012)) + rod(
            top - (0, 0.05, 0), top + (0, 0.03, 0), 0.05
        )
    return whole


def laptop(dice: Dice) -> Solid:
    """A screen hinged to a keyboard."""
    w = 0.34
    d, t = w / dice.between(1.3, 1.6), dice.between(0.035, 0.05) * w
    keys = union(
        box((-0.44 * w, 0.44 * w), (t - 0.003, 9), (z - 0.045 * d, z + 0.045 * d))
        for z in np.linspace(-0.3 * d, 0.12 * d, 4)
    )
    pad = box(0.28 * w, (t - 0.003, 9), (0.25 * d, 0.43 * d))
    base = prism(rect(w, d, 0.01), "y", (0, t)) - keys - pad
    panel = prism(rect(w, (0, d), 0.01), "z", (-t, 0)) - box(
        w * 0.9, (0.1 * d, 0.94 * d), (-0.3 * t, 1)
    )
    return base + panel.rotate((-dice.between(-5, 45), 0, 0)).translate(
        (0, t * 0.4, -d / 2 + 0.4 * t)
    )


def curved(dice: Dice) -> Solid:
    """A wide screen bent round the viewer."""
    w, t = dice.between(0.75, 1.0), 0.035
    h, bend = w / dice.between(1.8, 2.6), dice.between(0.06, 0.16) * w
    low = dice.between(0.06, 0.2)
    path = [(w / 2 * u, low + h / 2, bend * u * u) for u in np.linspace(-1, 1, 13)]
    return sweep(path, rect(t, h)) + stand(dice, w * 0.8, low + 0.1 * h, t * 0.2)


def several(dice: Dice) -> Solid:
    """Two or three panels on one stand, or two stacked."""
    w, t, low = 0.5, 0.025, dice.between(0.08, 0.2)
    h, n = w / dice.between(1.3, 1.8), dice.pick(2, 2, 3)
    panel = box(w, h, (-t, 0)) - box(w * 0.92, h * 0.88, (-0.3 * t, 1))
    y, angle = low + h / 2, dice.between(5, 25)
    if n == 3:
        side = panel.translate((w / 2, 0, 0)).rotate((0, -angle, 0)).translate((w / 2 - 0.01, y, 0))
        return panel.translate((0, y, 0)) + pair(side) + stand(dice, w, low + 0.2 * h, t)
    if dice.chance(0.35):
        upper = panel.rotate((5, 0, 0)).translate((0, y + h + 0.015, 0.0))
        return (
            panel.translate((0, y, 0))
            + upper
            + stand(dice, w, low + 0.6 * h, t)
            + box(0.06, (low, y + h), (-2 * t, -t / 2))
        )
    side = panel.translate((w / 2 - 0.01, 0, 0)).rotate((0, -angle / 2, 0)).translate((0, y, 0))
    return (
        pair(side)
        + stand(dice, w, low + 0.2 * h, t)
        + box(0.7 * w, (y - 0.03, y + 0.03), (-1.8 * t, -t / 2))
    )


def trolley(dice: Dice) -> Solid:
    """A screen on a tall pole or cart."""
    w, t, h = dice.between(0.8, 1.2), dice.between(0.04, 0.07), dice.between(0.9, 1.4)
    tall = w / dice.between(1.5, 1.8)
    panel = screen(dice, w, tall, t).translate((0, h, 0))
    base = pair(bar((w * 0.28, 0.03, -0.3), (w * 0.28, 0.03, 0.3), 0.06)) + bar(
        (-w * 0.28, 0.03, 0), (w * 0.28, 0.03, 0), 0.06
    )
    base = dice.pick(
        base,
        around(bar((0, 0.03, 0), (0, 0.03, 0.36), 0.07, 0.06), 4, 45),
        prism(ellipse(0.6, 0.5, 24), "y", (0, 0.05)),
    )
    poles = dice.pick(
        box(0.09, (0, h + 0.05), (-t - 0.05, -t / 2)),
        pair(box((0.1, 0.15), (0, h + 0.05), (-t - 0.04, -t / 2))),
    )
    if dice.chance(0.5):
        poles += box(w * 0.5, (h * 0.45, h * 0.45 + 0.045), 0.35)
    return panel + base + poles + box(0.3, (0, 0.05), (-t - 0.05, 0.05))


def all_in_one(dice: Dice) -> Solid:
    """A panel with a chin on a bent metal foot, or a ball-jointed arm on a dome."""
    w, t = 0.55, dice.between(0.02, 0.04)
    h, low = w / dice.between(1.3, 1.7), dice.between(0.08, 0.14)
    panel = box(w, h, (-t, 0), 0.006) - box(w * 0.92, (-h * 0.3, h * 0.46), (-0.3 * t, 1))
    panel = panel.rotate((-dice.between(0, 10), 0, 0)).translate((0, low + h / 2, 0))
    if dice.chance(0.6):
        y = low + h * 0.3
        path = fillet(
            [(0, y, -t * 0.5), (0, y * 0.8, -0.1), (0, 0.01, -0.13), (0, 0.01, 0.08)], 0.03
        )
        whole = panel + sweep(path, rect(dice.between(0.14, 0.24), 0.02))
    else:
        whole = (
            panel
            + rod((0, 0.05, -0.06), (0, low + h / 2, -t), 0.02)
            + lathe([(0.13, 0), (0.12, 0.04), (0.05, 0.09)]).translate((0, 0, -0.06))
        )
    if dice.chance(0.35):
        whole += box(0.4, (0, 0.022), (0.16, 0.28)) + box(0.05, (0, 0.018), (0.0, 0.2))
    return whole


def wall(dice: Dice) -> Solid:
    """A panel alone, hung on a bracket or a swing arm, or a picture frame on its prop."""
    w, t = dice.between(0.6, 1.0), dice.between(0.03, 0.07)
    h = w / dice.pick(dice.between(1.3, 1.8), dice.between(0.6, 0.8))
    panel = screen(dice, w, h, t)
    if dice.chance(0.4):
        lean = dice.between(8, 22)
        prop = bar((0, h * 0.2, -t / 2), (0, -h * 0.45, -0.4 * h), 0.12 * w, 0.03 * w)
        return panel + prop if lean < 15 else panel.rotate((-8, 0, 0)) + prop
    reach = dice.between(0.08, 0.3)
    bracket = box(0.25 * w, 0.2 * w, (-t - 0.04, -t / 2))
    arm = bar((0, 0, -t), (0.12, 0, -t - reach), 0.045) + box(
        (0.04, 0.2), 0.3 * h, (-t - reach - 0.03, -t - reach + 0.02)
    )
    return panel.rotate((dice.between(0, 10), 0, 0)) + bracket + arm


def kiosk(dice: Dice) -> Solid:
    """A standing sign: an upright slab, a lectern, or an old computer terminal."""
    kind = dice.pick("slab", "lectern", "terminal")
    if kind == "slab":
        w, h, t = dice.between(0.5, 0.8), dice.between(1.3, 1.9), 0.08
        body = box(w, (0.02, h), t, 0.01) - box(w * 0.86, (h * 0.2, h * 0.94), (t * 0.3, 1))
        return body + box(w * 1.15, (0, 0.05), 0.4)
    if kind == "lectern":
        head = (
            screen(dice, 0.6, 0.42, 0.06)
            .rotate((-dice.between(30, 60), 0, 0))
            .translate((0, 1.05, 0))
        )
        return head + hull(box(0.3, (0, 0.05), 0.3), box(0.16, (1.0, 1.05), (-0.1, 0.0)))
    w = 0.42
    case = stack(
        [(0.0, w, (-0.2, 0.16)), (0.08, w, (-0.22, 0.16)), (0.36, w * 0.95, (-0.16, 0.1))], 0.02
    )
    case -= loft(
        [(0.08, rect(0.28, (0.12, 0.31), 0.02)), (0.3, rect(0.32, (0.1, 0.33), 0.02))], "z"
    )
    keys = hull(box(w, (0, 0.05), (0.14, 0.18)), box(w, (0, 0.025), (0.3, 0.34)))
    return (
        case
        + keys
        - row(
            lambda z: box(0.36, (0.042 - (z - 0.16) * 0.12, 1), (z - 0.008, z + 0.008)), 0.2, 0.3, 4
        )
    )
