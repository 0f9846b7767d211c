"""Telephones: mobiles stand upright with the screen facing +z, desk sets lie before the caller; in metres."""

from __future__ import annotations

import numpy as np

from .parts import (
    Dice,
    Solid,
    around,
    ball,
    bar,
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


def phone(dice: Dice) -> Solid:
    """A mobile, smart, flip, slide, cordless, wall, rotary, desk or office telephone."""
    style = dice.pick(
        slab,
        slab,
        keypad,
        keypad,
        flip,
        flip,
        slider,
        brick,
        cordless,
        desk_set,
        desk_set,
        rotary,
        wall_set,
        office,
        qwerty,
    )
    return style(dice)


def keys(x: float, y: tuple[float, float], z: float, columns: int, rows: int, rise: float) -> Solid:
    """A grid of keys within ±x and y, raised by `rise` from a front at z."""
    step_x, step_y = 2 * x / columns, (y[1] - y[0]) / rows
    spots = [
        (-x + (i + 0.5) * step_x, y[0] + (j + 0.5) * step_y)
        for i in range(columns)
        for j in range(rows)
    ]
    return union(
        box(
            (u - 0.36 * step_x, u + 0.36 * step_x),
            (v - 0.33 * step_y, v + 0.33 * step_y),
            (z - rise, z + rise),
        )
        for u, v in spots
    )


def body(dice: Dice, w: float, h: float, t: float) -> Solid:
    """A hand-held case centred on the z axis from height 0 to h: squared, rounded, waisted, tapering."""
    x = w / 2
    soft = dice.between(0.15, 0.4) * w
    waist = smooth(
        [
            (x * 0.8, 0),
            (x, h * 0.12),
            (x * dice.between(0.8, 0.95), h * 0.5),
            (x, h * 0.88),
            (x * 0.75, h),
        ],
        3,
    )
    taper = smooth([(x * 0.55, 0), (x * 0.8, h * 0.1), (x, h * 0.7), (x * 0.85, h)], 3)
    outline = dice.pick(
        rect(w, (0, h), 0.12 * w),
        rect(w, (0, h), soft, 4),
        np.concatenate([waist, waist[::-1] * (-1, 1)]),
        np.concatenate([taper, taper[::-1] * (-1, 1)]),
        ellipse(w, (0, h), 28, 4.5),
    )
    middle = outline.mean(axis=0)
    inner = (outline - middle) * (1 - 0.25 * t / w) + middle
    return loft([(-t / 2, inner), (-t / 4, outline), (t / 4, outline), (t / 2, inner)], "z")


def slab(dice: Dice) -> Solid:
    """A smartphone or tablet phone: glass in a frame, a button and a camera bump."""
    w, h, t = dice.between(0.055, 0.085), dice.between(0.1, 0.16), dice.between(0.008, 0.018)
    case = prism(rect(w, (0, h), dice.between(0.05, 0.2) * w, 4), "z", t)
    low, side = dice.pick(0.03, 0.13) * h, dice.between(0.03, 0.08) * w
    case -= box(w - 2 * side, (low, h * dice.pick(0.97, 0.88)), (0.2 * t, 1))
    if low > 0.1 * h:
        case += rod((0, low / 2, 0), (0, low / 2, 0.62 * t), 0.07 * w, sides=14)
    bump = dice.pick(
        Solid(),
        box((-0.4 * w, -0.05 * w), (0.75 * h, 0.95 * h), (-0.8 * t, 0)),
        rod((0, 0.85 * h, 0), (0, 0.85 * h, -0.8 * t), 0.14 * w),
    )
    whole = case + bump + box((0, w / 2 + 0.002), (0.6 * h, 0.75 * h), 0.4 * t)
    lying = dice.pick("up", "up", "side", "prop")
    if lying == "side":
        return whole.rotate((0, 0, 90))
    if lying == "prop":
        stand_ = hull(
            box(0.6 * w, (0, 0.1 * h), (-0.35 * h, -0.3 * h)),
            box(0.6 * w, (0.35 * h, 0.45 * h), (-t, 0)),
        )
        return (
            whole.rotate((-20, 0, 0)) + box(w, (-0.05 * h, 0.06 * h), (-0.35 * h, 0.1 * h)) + stand_
        )
    return whole


def keypad(dice: Dice) -> Solid:
    """A candy bar: small screen above, twelve keys below, perhaps a stub of aerial."""
    w, h, t = dice.between(0.042, 0.06), dice.between(0.1, 0.15), dice.between(0.014, 0.028)
    split = dice.between(0.45, 0.6) * h
    case = body(dice, w, h, t) - box(0.7 * w, (split + 0.05 * h, 0.88 * h), (0.32 * t, 1))
    case += keys(0.36 * w, (0.06 * h, split - 0.06 * h), 0.44 * t, 3, 4, 0.12 * t)
    case += prism(ellipse(0.3 * w, (split - 0.05 * h, split + 0.02 * h), 14), "z", (0, 0.6 * t))
    if dice.chance(0.45):
        x, r = dice.pick(-1, 1) * 0.33 * w, dice.between(0.0035, 0.006)
        case += rod((x, h * 0.9, 0), (x, h * dice.between(1.1, 1.4), 0), r, 0.8 * r)
    return case


def flip(dice: Dice) -> Solid:
    """A clamshell, open at any angle."""
    w, h, t = dice.between(0.045, 0.06), dice.between(0.075, 0.095), dice.between(0.009, 0.014)
    lower = prism(rect(w, (-h, 0), dice.between(0.05, 0.4) * w, 4), "z", (-t, 0))
    lower += keys(0.38 * w, (-0.88 * h, -0.35 * h), 0, 3, 4, 0.15 * t) + prism(
        ellipse(0.35 * w, (-0.32 * h, -0.1 * h), 16), "z", (-t / 2, 0.2 * t)
    )
    upper = prism(
        rect(w, (0, h * dice.between(0.85, 1)), dice.between(0.05, 0.4) * w, 4), "z", (-t, 0)
    )
    upper -= box(0.76 * w, (0.22 * h, 0.8 * h), (-0.25 * t, 1))
    hinge = rod((-w / 2 * 0.95, 0, 0), (w / 2 * 0.95, 0, 0), 0.6 * t, sides=14)
    if dice.chance(0.25):
        upper += rod((0.4 * w, 0.0, -t / 2), (0.4 * w, 1.35 * h, -t / 2), 0.0045)
    opened = dice.between(60, 172)
    flat = dice.chance(0.4)
    lean = 90.0 - 5 if flat else dice.between(0, 25)
    del lean
    whole = lower.rotate((-(90 if flat else 12), 0, 0)) if False else lower
    upper = upper.rotate((180 - opened, 0, 0))
    whole = lower + upper + hinge
    return whole.rotate((-90, 0, 0)) if flat else whole.rotate(((opened - 180) / 2, 0, 0))


def slider(dice: Dice) -> Solid:
    """Two plates, the upper one slid up to bare the keys."""
    w, h, t = dice.between(0.048, 0.06), dice.between(0.09, 0.115), dice.between(0.008, 0.012)
    shift, soft = dice.between(0.3, 0.5) * h, dice.between(0.1, 0.4) * w
    rear = prism(rect(w, (0, h), soft, 4), "z", (-t, 0.001))
    front = prism(rect(w, (shift, shift + h), soft, 4), "z", (0, t)) - box(
        0.78 * w, (shift + 0.3 * h, shift + 0.9 * h), (0.7 * t, 1)
    )
    front += prism(ellipse(0.4 * w, (shift + 0.06 * h, shift + 0.24 * h), 16), "z", (0, 1.25 * t))
    pad = keys(0.38 * w, (0.06 * h, shift - 0.02 * h), 0, 3, 4, 0.2 * t)
    whole = rear + front + pad
    return whole.rotate((0, 0, 90)) if dice.chance(0.25) else whole


def brick(dice: Dice) -> Solid:
    """An early mobile or a walkie-talkie: thick, with a long aerial."""
    w, h, t = dice.between(0.05, 0.075), dice.between(0.15, 0.22), dice.between(0.035, 0.06)
    case = box(w, (0, h), t, 0.006)
    case += box(w * 0.95, (0.84 * h, 0.96 * h), (0, 0.62 * t), 0.004) + keys(
        0.4 * w, (0.25 * h, 0.62 * h), 0.5 * t, 3, 4, 0.06 * t
    )
    case -= box(0.7 * w, (0.68 * h, 0.78 * h), (0.44 * t, 1))
    x, r = dice.pick(-1, 1) * 0.3 * w, dice.between(0.005, 0.009)
    aerial = rod((x, 0.95 * h, -0.2 * t), (x, h * dice.between(1.3, 1.8), -0.2 * t), r, 0.8 * r)
    knob = rod((-x, 0.95 * h, -0.1 * t), (-x, 1.07 * h, -0.1 * t), 0.009)
    return case + aerial + (knob if dice.chance(0.5) else Solid())


def cordless(dice: Dice) -> Solid:
    """A handset upright in its cradle."""
    w, h, t = dice.between(0.045, 0.06), dice.between(0.14, 0.18), dice.between(0.022, 0.032)
    case = body(dice, w, h, t) - box(0.66 * w, (0.62 * h, 0.8 * h), (0.36 * t, 1))
    case += keys(0.34 * w, (0.15 * h, 0.52 * h), 0.44 * t, 3, 4, 0.1 * t)
    if dice.chance(0.5):
        case += rod((0.3 * w, 0.9 * h, -0.2 * t), (0.3 * w, 1.25 * h, -0.2 * t), 0.0065)
    upright = case.rotate((-dice.between(5, 25), 0, 0)).translate((0, 0.02, 0))
    wide, deep = dice.between(1.3, 2.2) * w, dice.between(1.4, 2.2) * w
    base = stack(
        [
            (0.0, wide, (-0.7 * deep, 0.5 * deep)),
            (0.012, wide, (-0.7 * deep, 0.5 * deep)),
            (0.045, 0.85 * wide, (-0.6 * deep, 0.2 * deep)),
        ],
        0.012,
    )
    answer = box((0.4 * wide, 0.4 * wide + 0.09), (0, 0.04), (-0.6 * deep, 0.5 * deep), 0.008)
    return upright + base + (answer if dice.chance(0.35) else Solid())


def handset(dice: Dice, long: float) -> Solid:
    """A handset along x, its underside at height 0: two cups and a grip between."""
    x, t = long / 2, 0.14 * long
    arch = dice.between(0.3, 0.9) * t
    if dice.chance(0.5):
        cups = pair(
            lathe([(0.15 * long, 0), (0.16 * long, t * 0.6), (0.1 * long, t * 1.1)], 16).translate(
                (x - 0.15 * long, 0, 0)
            )
        )
        path = smooth(
            [
                (-x + 0.15 * long, t * 0.8, 0),
                (-x * 0.4, t + arch, 0),
                (x * 0.4, t + arch, 0),
                (x - 0.15 * long, t * 0.8, 0),
            ],
            4,
        )
        return cups + tube(path, 0.085 * long, 10)
    cups = pair(box((x - 0.28 * long, x), (0, 1.2 * t), 0.26 * long, 0.02))
    return cups + box(0.9 * long, (0.5 * t, 1.35 * t), 0.2 * long, 0.015)


def dial(dice: Dice, r: float, rotary: bool) -> Solid:
    """A dial or key block lying at height 0, to be tilted onto a sloping front."""
    if not rotary:
        return keys(r * 0.8, (-r, r), 0.0, 3, 4, 0.006).rotate((-90, 0, 0)) + box(
            1.9 * r, (-0.02, 0.002), 2.3 * r
        )
    plate = lathe([(r, -0.02), (r, 0.012)], 20)
    holes = around(rod((0, 0.004, 0.72 * r), (0, 0.1, 0.72 * r), 0.14 * r, sides=8), 10)
    return plate - holes + lathe([(0.4 * r, 0), (0.4 * r, 0.018)], 14)


def desk_set(dice: Dice) -> Solid:
    """The handset lies across the top of a sloping case, with keys or a dial in front."""
    w, d, h = dice.between(0.17, 0.24), dice.between(0.16, 0.24), dice.between(0.07, 0.13)
    lip, z = 0.025, d / 2
    side = [(-z, 0), (z, 0), (z, lip), (-0.1 * d, h), (-z, h * dice.between(0.85, 1))]
    case = prism(side, "x", w * dice.between(0.7, 1))
    if dice.chance(0.4):
        case = hull(box(w, (0, lip), d), box(w * 0.7, (h - 0.02, h), (-z * 0.9, -0.1 * d)))
    slope = np.degrees(np.arctan2(h - lip, 0.6 * d))
    front = (
        dial(dice, dice.between(0.045, 0.06), dice.chance(0.5))
        .rotate((slope, 0, 0))
        .translate((0, (h + lip) / 2, 0.2 * d))
    )
    hold = handset(dice, dice.between(0.2, 0.24)).translate((0, h - 0.003, -0.3 * d))
    return (
        case
        + front
        + hold
        + pair(box((0.2 * w, 0.26 * w), (h - 0.02, h + 0.02), (-0.45 * d, -0.15 * d)))
    )


def rotary(dice: Dice) -> Solid:
    """An old set: a pedestal or candlestick, a cradle with horns."""
    if dice.chance(0.45):
        h = dice.between(0.24, 0.32)
        stem = lathe(
            smooth(
                [
                    (0.075, 0),
                    (0.07, 0.02),
                    (0.022, 0.045),
                    (0.016, h * 0.5),
                    (0.016, h * 0.85),
                    (0.026, h),
                ],
                3,
            ),
            20,
        )
        mouth = (
            lathe([(0.015, 0), (0.02, 0.03), (0.05, 0.07)], 16)
            .rotate((75, 0, 0))
            .translate((0, h - 0.005, -0.01))
        )
        ear = lathe([(0.042, 0), (0.025, 0.035), (0.018, 0.12), (0.026, 0.14)], 14).translate(
            (0.085, h * 0.38, 0)
        )
        return stem + mouth + ear + bar((0, h * 0.72, 0), (0.1, h * 0.72, 0), 0.014)
    h, r = dice.between(0.1, 0.16), dice.between(0.08, 0.11)
    case = loft(
        [
            (0.0, rect(2 * r, 1.9 * r, 0.02)),
            (0.02, rect(2 * r, 1.9 * r, 0.02)),
            (h * 0.7, rect(1.1 * r, r, 0.02)),
            (h, rect(1.3 * r, 0.8 * r, 0.02)),
        ],
        "y",
    )
    slope = np.degrees(np.arctan2(h * 0.7, 0.45 * r))
    wheel = dial(dice, 0.6 * r, True).rotate((slope * 0.8, 0, 0)).translate((0, h * 0.38, 0.78 * r))
    horns = pair(bar((0.35 * r, h - 0.01, 0), (0.6 * r, h + 0.035, 0), 0.018))
    return case + wheel + horns + handset(dice, dice.between(0.2, 0.25)).translate((0, h + 0.01, 0))


def wall_set(dice: Dice) -> Solid:
    """A set for the wall: case, upright handset beside or over the keys, perhaps bells or a cord."""
    w, h, d = dice.between(0.11, 0.2), dice.between(0.2, 0.3), dice.between(0.035, 0.07)
    case = box(w, (0, h), d, 0.01)
    hold = handset(dice, dice.between(0.19, 0.23)).rotate((0, 0, 90)).rotate((0, 90, 0))
    side = w > 0.15
    x = -0.25 * w if side else 0.0
    case += (
        hold.rotate((0, 180, 0)).translate((0, 0, 0))
        if False
        else upright_handset(dice).translate((x, h / 2, d / 2 - 0.003))
    )
    if side:
        case += keys(0.2 * w, (0.25 * h, 0.65 * h), d / 2, 3, 4, 0.006).translate((0.25 * w, 0, 0))
    if dice.chance(0.35):
        case += pair(ball((0.03, h + 0.01, 0), 0.028, 12))
    if dice.chance(0.4):
        cord = [
            (x, 0.01, d / 2),
            (x, -0.08, d / 2 + 0.02),
            (x + 0.05, -0.12, d / 2),
            (x + 0.08, -0.04, d / 2 - 0.02),
            (x + 0.07, 0.03, 0),
        ]
        case += tube(smooth(cord, 4), 0.006, 6)
    return case


def upright_handset(dice: Dice) -> Solid:
    """A handset along y whose flat side lies in z = 0, bulging to +z."""
    return handset(dice, dice.between(0.2, 0.24)).rotate((90, 0, 0)).rotate((0, 0, 90))


def office(dice: Dice) -> Solid:
    """A business set: handset to the left, screen and many keys, propped up on a foot."""
    w, d, t = dice.between(0.18, 0.27), dice.between(0.17, 0.23), dice.between(0.025, 0.04)
    case = box(w, (0, t), d, 0.006)
    case += (
        keys(0.22 * w, (-0.4 * d, 0.1 * d), 0, 3, 4, 0.005)
        .rotate((-90, 0, 0))
        .translate((0.05 * w, t, 0))
    )
    case += (
        keys(0.06 * w, (-0.4 * d, 0.1 * d), 0, 1, 5, 0.005)
        .rotate((-90, 0, 0))
        .translate((0.4 * w, t, 0))
    )
    panel = box(0.6 * w, (t - 0.01, t + 0.012), (-0.46 * d, -0.2 * d))
    screen_ = (
        box(0.55 * w, (0.0, 0.012), (-0.3 * d, 0))
        .rotate((dice.between(15, 60), 0, 0))
        .translate((0.15 * w, t - 0.004, -0.2 * d))
    )
    hold = (
        handset(dice, d * dice.between(0.95, 1.1))
        .rotate((0, 90, 0))
        .translate((-0.37 * w, t - 0.004, 0))
    )
    tilt = dice.between(8, 40)
    whole = (case + panel.translate((0.15 * w, 0, 0)) + screen_ + hold).rotate((tilt, 0, 0))
    low = -np.sin(np.radians(tilt)) * d / 2
    high = -low
    rear = -np.cos(np.radians(tilt)) * d / 2
    return whole + hull(
        box(0.7 * w, (low, low + 0.01), (rear * 1.0, rear * 0.2)),
        box(0.7 * w, (high * 0.7, high * 0.8), (rear * 0.9, rear * 0.6)),
    )


def qwerty(dice: Dice) -> Solid:
    """A broad case with a full keyboard, below the screen or slid out beside it."""
    w, h, t = dice.between(0.06, 0.075), dice.between(0.1, 0.12), dice.between(0.012, 0.018)
    if dice.chance(0.5):
        case = body(dice, w, h, t) - box(0.8 * w, (0.55 * h, 0.92 * h), (0.3 * t, 1))
        return (
            case
            + keys(0.42 * w, (0.08 * h, 0.42 * h), 0.42 * t, 8, 4, 0.15 * t)
            + ball((0, 0.48 * h, 0.45 * t), 0.1 * w, 10)
        )
    base = box(h, (0, 0.8 * t), w, 0.003) + keys(
        0.42 * h, (-0.4 * w, 0.3 * w), 0, 9, 4, 0.15 * t
    ).rotate((-90, 0, 0)).translate((0, 0.8 * t, 0))
    panel = box(h, (0, w * 0.95), (-0.6 * t, 0), 0.002) - box(
        0.8 * h, (0.1 * w, 0.85 * w), (-0.2 * t, 1)
    )
    return base + panel.rotate((-dice.between(5, 50), 0, 0)).translate((0, 0.3 * t, -0.42 * w))
