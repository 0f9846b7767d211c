"""Sofas and benches: seats for more than one, in metres."""

from __future__ import annotations

import numpy as np

from .parts import (
    Dice,
    Solid,
    arc,
    bar,
    box,
    ellipse,
    four,
    hull,
    lathe,
    loft,
    pair,
    prism,
    rect,
    rod,
    row,
    smooth,
    sweep,
    tube,
    union,
)
from .seating import back, legs


def sofa(dice: Dice) -> Solid:
    """A sofa: straight, with a chaise, L- or U-shaped, curved, framed, a daybed or a chaise longue."""
    style = dice.pick(
        straight, straight, straight, sectional, sectional, curved, framed, daybed, recamier, tufted
    )
    return style(dice)


def feet(dice: Dice, x: float, z: float, foot: float) -> Solid:
    """Four feet near (±x, ±z), from the floor into the body above height `foot`; or none at 0."""
    if not foot:
        return Solid()
    post = rod((x - 0.1, 0, z - 0.1), (x - 0.1, foot + 0.03, z - 0.1), 0.025, 0.04)
    block = box((x - 0.16, x - 0.04), (0, foot + 0.03), (z - 0.16, z - 0.04))
    slope = rod((x - 0.03, 0, z - 0.03), (x - 0.14, foot + 0.03, z - 0.14), 0.025, 0.04)
    return four(dice.pick(post, block, slope))


def cushions(
    low: float, high: float, y: tuple[float, float], z: tuple[float, float], n: int
) -> Solid:
    """n soft cushions side by side from x = low to high."""
    width = (high - low) / n
    each = [box((low + k * width, low + (k + 1) * width), y, z, 0.05) for k in range(n)]
    return union(each)


def armrest(dice: Dice, style: str, x: float, t: float, y: tuple[float, float], z: float) -> Solid:
    """The right armrest, t thick, its outer side at x, from height y[0] to y[1]."""
    low, high = y
    if style == "rolled":
        r = t * dice.between(0.55, 0.75)
        return box((x - t, x - t * 0.2), (low, high - r), 2 * z - 0.02) + rod(
            (x - t / 2, high - r, -z), (x - t / 2, high - r, z), r, sides=16
        )
    if style == "sloped":
        side = [(z, low), (z, low + (high - low) * 0.55), (-z, high + 0.12), (-z, low)]
        return prism(side, "x", (x - t, x))
    if style == "flared":
        front = [
            (x - t, low),
            (x - t * 0.6, low),
            (x + t * 0.5, high),
            (x - t * 0.1, high),
            (x - t, low + 0.1),
        ]
        return prism(front, "z", 2 * z)
    return box((x - t, x), (low, high), (-z, z), dice.between(0.01, 0.08))


def straight(dice: Dice) -> Solid:
    """Two to four seats between two arms, or one, or none."""
    n, d = dice.count(1, 4), dice.between(0.7, 1.05)
    t, seat, foot = (
        dice.between(0.1, 0.28),
        dice.between(0.36, 0.46),
        dice.pick(0.0, dice.between(0.06, 0.2)),
    )
    w = max(1.1, n * dice.between(0.55, 0.8)) + 2 * t
    x, z, deep = w / 2, d / 2, dice.between(0.14, 0.25)
    top, arm = seat + dice.between(0.25, 0.55), seat + dice.between(0.08, 0.28)
    style = dice.pick("box", "rolled", "sloped", "flared", "none")
    body = box(w - 0.02, (foot, seat - 0.1), (-z, z - 0.02))
    parts = [body, feet(dice, x, z, foot), cushions(t - x, x - t, (seat - 0.14, seat), (-z, z), n)]
    crown = dice.pick(0.0, 0.0, dice.between(0.08, 0.2))
    rear = [
        (-x + 0.01, foot),
        (x - 0.01, foot),
        *smooth([(x - 0.01, top), (0, top + crown), (0.01 - x, top)], 6),
    ]
    parts.append(prism(rear, "z", (-z, -z + deep - 0.02)))
    if not crown:
        lean = hull(
            *(
                box(0.1, (y, y + 0.02), (s - z, s - z + 0.16))
                for y, s in ((seat - 0.05, 0.2), (top + 0.02, 0.06))
            )
        )
        del lean
        parts.append(
            cushions(
                t - x,
                x - t,
                (seat - 0.03, top + dice.between(-0.08, 0.08)),
                (-z + deep - 0.06, -z + deep + 0.12),
                n,
            )
        )
    if style != "none":
        arm_ = armrest(dice, style, x, t, (foot, arm), z)
        parts.append(arm_ if dice.chance(0.15) else pair(arm_))
    return union(parts)


def sectional(dice: Dice) -> Solid:
    """An L, a U or a chaise: one or both ends run forward."""
    d, seat, t = dice.between(0.75, 0.95), dice.between(0.34, 0.44), dice.between(0.12, 0.22)
    w, long = dice.between(1.9, 3.0), dice.between(1.3, 2.3)
    foot, top = dice.pick(0.0, 0.06, 0.12), seat + dice.between(0.2, 0.42)
    x, rear, wall = w / 2, -d / 2, dice.chance(0.6)
    deck = box(w, (foot, seat - 0.1), (rear, rear + d)) + box(w, (foot, top), (rear, rear + t))
    pad = cushions(-x, x, (seat - 0.13, seat), (rear + 0.05, rear + d), dice.count(2, 4))

    def run(length: float, high: bool) -> Solid:
        lower = box((x - d, x), (foot, seat - 0.1), (rear, rear + length))
        soft = box((x - d, x), (seat - 0.13, seat), (rear + 0.05, rear + length), 0.05)
        side = box((x - t, x), (foot, top), (rear, rear + length - 0.02))
        return lower + soft + side if high else lower + soft

    end = box((x - t, x), (foot, seat + dice.between(0.1, 0.2)), (rear, rear + d))
    first, other = (
        run(long, wall),
        run(long * dice.between(0.7, 1), wall) if dice.chance(0.25) else end,
    )
    parts = [deck, pad, first, other.mirror((1, 0, 0)), feet(dice, x, d / 2, foot)]
    if foot:
        parts.append(
            box((x - 0.2, x - 0.1), (0, foot + 0.02), (rear + long - 0.25, rear + long - 0.15))
        )
    whole = union(parts)
    return whole.mirror((1, 0, 0)) if dice.chance(0.5) else whole


def curved(dice: Dice) -> Solid:
    """A crescent, open to the front."""
    radius, half, d = dice.between(0.9, 1.8), dice.between(35, 80), dice.between(0.6, 0.8)
    seat, top, t = dice.between(0.38, 0.45), dice.between(0.65, 0.95), dice.between(0.12, 0.2)

    def band(inner: float, outer: float, y: tuple[float, float]) -> Solid:
        path = arc((inner + outer) / 2, -90 - half, -90 + half, 14)
        turned = [(u, (y[0] + y[1]) / 2, v) for u, v in path]
        return sweep(turned, rect(outer - inner, y[1] - y[0], 0.03, 1))

    foot = dice.pick(0.0, dice.between(0.06, 0.15))
    whole = band(radius - d, radius, (foot, seat)) + band(radius - t, radius, (foot + 0.02, top))
    if foot:
        for a in (-0.8, 0.0, 0.8):
            for r in (radius - 0.12, radius - d + 0.12):
                q = np.radians(-90 + a * half)
                u, v = r * np.cos(q), r * np.sin(q)
                whole += rod((u, 0, v), (u, foot + 0.03, v), 0.03, 0.04)
    return whole


def framed(dice: Dice) -> Solid:
    """Cushions in an open frame of tubes or boards."""
    n, d, seat = dice.count(2, 3), dice.between(0.65, 0.85), dice.between(0.36, 0.44)
    w, r = n * dice.between(0.55, 0.7), dice.between(0.022, 0.035)
    x, z, arm, top = (
        w / 2 + r,
        d / 2,
        seat + dice.between(0.1, 0.22),
        seat + dice.between(0.3, 0.45),
    )
    hoop = (
        bar((x, 0, z), (x, arm, z), 2 * r)
        + bar((x, 0, -z), (x, top, -z), 2 * r)
        + bar((x, arm - r, -z), (x, arm - r, z + r), 2 * r)
    )
    rails = row(lambda t: bar((-x, seat - 0.14, t), (x, seat - 0.14, t), 2.2 * r), -z, z, 2) + bar(
        (-x, top - r, -z), (x, top - r, -z), 2 * r
    )
    fill = cushions(-w / 2, w / 2, (seat - 0.16, seat), (-z - r / 2, z), n)
    lean = cushions(-w / 2, w / 2, (seat - 0.05, top + 0.04), (-0.08, 0.1), n).rotate((-8, 0, 0))
    return pair(hoop) + rails + fill + lean.translate((0, 0.01, 0.1 - z))


def daybed(dice: Dice) -> Solid:
    """A mattress on legs, with a rolled end or a low back."""
    w, d, seat = dice.between(1.6, 2.1), dice.between(0.65, 0.95), dice.between(0.34, 0.46)
    x, z, foot, t = w / 2, d / 2, dice.between(0.12, 0.25), dice.between(0.08, 0.16)
    base = (
        box(w, (foot, seat - 0.1), d)
        + box(w - 0.04, (seat - 0.13, seat), d - 0.02, 0.05)
        + feet(dice, x, z, foot)
    )
    ends = dice.pick("both", "one", "bolster", "back")
    if ends == "bolster":
        return base + rod(
            (x - 0.14, seat + 0.07, -z + 0.04), (x - 0.14, seat + 0.07, z - 0.04), 0.1, sides=16
        )
    if ends == "back":
        return base + box(w * dice.between(0.5, 1), (foot, seat + 0.35), (-z, -z + t))
    height = dice.between(0.15, 0.4)
    scroll = smooth(
        [
            (x - 0.05, foot),
            (x - 0.02, seat),
            (x + 0.06, seat + height),
            (x + 0.14, seat + height + 0.03),
        ],
        4,
    )
    end = sweep([(u, v, 0) for u, v in scroll], rect(d * 0.98, 0.07))
    return base + (pair(end) if ends == "both" else end)


def recamier(dice: Dice) -> Solid:
    """A chaise longue: one raised end, a back that falls away along the side."""
    w, d, seat = dice.between(1.4, 1.9), dice.between(0.6, 0.75), dice.between(0.36, 0.44)
    x, z, foot, high = w / 2, d / 2, dice.between(0.08, 0.22), dice.between(0.3, 0.5)
    curve = smooth(
        [
            (-x, seat + high),
            (-x * 0.3, seat + high * 0.8),
            (x * 0.3, seat + 0.12),
            (x * 0.85, seat + 0.02),
        ],
        5,
    )
    side = prism([(x * 0.85, foot), *curve[::-1], (-x, foot)], "z", (-z, -z + 0.12))
    head = prism(
        [(-x, foot), (-x + 0.16, foot), (-x + 0.12, seat + high), (-x - 0.06, seat + high)], "z", d
    )
    whole = (
        side + head + box(w, (foot, seat - 0.08), d) + box(w - 0.02, (seat - 0.12, seat), d, 0.05)
    )
    whole += feet(dice, x, z, foot)
    return whole.mirror((1, 0, 0)) if dice.chance(0.5) else whole


def tufted(dice: Dice) -> Solid:
    """Arms as high as the back and rolled all round."""
    w, d, seat = dice.between(1.5, 2.3), dice.between(0.8, 0.95), dice.between(0.38, 0.45)
    x, z, top, r, foot = (
        w / 2,
        d / 2,
        seat + dice.between(0.18, 0.36),
        dice.between(0.08, 0.13),
        0.08,
    )
    path = [
        (x - r, top - r, z),
        (x - r, top - r, r - z),
        (r - x, top - r, r - z),
        (r - x, top - r, z),
    ]
    roll = tube(path, r, 12)
    walls = pair(box((x - 1.8 * r, x - 0.4 * r), (foot, top - r), (-z + r, z - 0.02)))
    walls += box(w - 2 * r, (foot, top - r), (-z + 0.4 * r, -z + 1.8 * r))
    pad = cushions(1.6 * r - x, x - 1.6 * r, (seat - 0.15, seat), (-z + r, z), dice.count(1, 3))
    return (
        roll
        + walls
        + pad
        + box(w - 2 * r, (foot, seat - 0.1), (-z + r, z - 0.02))
        + feet(dice, x, z, foot)
    )


def bench(dice: Dice) -> Solid:
    """A bench: with or without a back, of boards, slats, stone or iron, or with a table between two."""
    style = dice.pick(plain, plain, park, park, picnic, pew, slab, iron, chest, round_bench)
    return style(dice)


def plain(dice: Dice) -> Solid:
    """A long seat on any legs, perhaps with a back."""
    w, d, h = dice.between(0.8, 2.0), dice.between(0.28, 0.5), dice.between(0.38, 0.5)
    t = dice.between(0.04, 0.12)
    top = dice.pick(
        box(w, (h - t, h), d),
        box(w, (h - t, h), d, 0.03),
        prism(ellipse(w, d, 28, 3.5), "y", (h - t, h)),
    )
    stand = dice.pick("legs", "legs", "trestle", "turned")
    if stand == "legs":
        base = legs(dice, w, d, h - t + 0.03)
    elif stand == "trestle":
        foot = [
            (-d * 0.45, 0),
            (-d * 0.25, 0),
            (0, h * 0.25),
            (d * 0.25, 0),
            (d * 0.45, 0),
            (d * 0.3, h - t / 2),
            (-d * 0.3, h - t / 2),
        ]
        x = w * dice.between(0.3, 0.45)
        base = pair(prism(foot, "x", (x - 0.03, x + 0.03))) + box(
            2 * x, (h * 0.45, h * 0.45 + 0.07), 0.04
        )
    else:
        post = lathe(
            [(0.035, 0), (0.02, h * 0.1), (0.045, h * 0.35), (0.025, h * 0.6), (0.04, h - t / 2)],
            12,
        )
        base = four(post.translate((w * 0.42, 0, d * 0.34)))
    return (
        top
        + base
        + (back(dice, w, d, h, dice.between(0.25, 0.45)) if dice.chance(0.4) else Solid())
    )


def park(dice: Dice) -> Solid:
    """Slats along the seat and the back, on two or three frames with arms."""
    w, h, lean = dice.between(1.1, 2.0), dice.between(0.4, 0.47), dice.between(8, 25)
    n, m, rise = dice.count(3, 6), dice.count(2, 6), dice.between(0.3, 0.5)
    d, thick = dice.between(0.4, 0.52), dice.between(0.035, 0.05)
    x = w / 2 - dice.between(0.03, 0.2)
    board = lambda z: box(w, (h - thick, h), (z - 0.36 * d / n, z + 0.36 * d / n))  # noqa: E731
    seat = row(board, -d / 2 + 0.05, d / 2 - 0.04, n)
    rung = lambda y: box(w, (y - 0.34 * rise / m, y + 0.34 * rise / m), (0, thick))  # noqa: E731
    boards = row(rung, rise / m / 2 + 0.08, rise - rise / m / 2 + 0.08, m)
    post = box((x - 0.03, x + 0.03), (-0.05, rise + 0.06), (-0.045, 0.01))
    upper = (boards + pair(post)).rotate((-lean, 0, 0)).translate((0, h - 0.01, -d / 2))
    front = bar((x, 0, d / 2 - 0.03), (x, h - 0.02, d / 2 - 0.06), 0.06)
    rear = bar((x, 0, -d / 2 - 0.04), (x, h, -d / 2), 0.06)
    side = front + rear + box((x - 0.03, x + 0.03), (h - thick - 0.05, h - thick + 0.01), d)
    if dice.chance(0.65):
        y = h + dice.between(0.17, 0.24)
        side += box((x - 0.03, x + 0.03), (h - 0.06, y), (d / 2 - 0.09, d / 2 - 0.03))
        side += box((x - 0.04, x + 0.04), (y - 0.04, y), (-d / 2 - 0.12, d / 2))
    return seat + upper + pair(side)


def picnic(dice: Dice) -> Solid:
    """A table between two benches, on A-shaped frames."""
    w, reach, top = dice.between(1.2, 2.0), dice.between(0.6, 0.8), dice.between(0.68, 0.78)
    h, wide, half = dice.between(0.4, 0.46), dice.between(0.22, 0.3), dice.between(0.3, 0.4)
    seats = box(w, (h - 0.05, h), (reach - wide, reach))
    seats += seats.mirror((0, 0, 1))
    x = w * dice.between(0.28, 0.4)
    legs_ = bar((x, 0, reach - 0.1), (x, top - 0.03, half * 0.5), 0.06, 0.08)
    frame = (
        legs_
        + legs_.mirror((0, 0, 1))
        + box((x - 0.03, x + 0.03), (h - 0.12, h - 0.03), 2 * reach - 0.05)
    )
    frame += box((x - 0.03, x + 0.03), (top - 0.12, top - 0.03), 1.6 * half)
    return seats + pair(frame) + box(w, (top - 0.05, top), 2 * half)


def pew(dice: Dice) -> Solid:
    """Board ends cut to a profile, a seat and a high back between them."""
    w, h, d = dice.between(0.9, 2.0), dice.between(0.4, 0.48), dice.between(0.4, 0.5)
    top, x = dice.between(0.8, 1.1), w / 2
    z, arm = d / 2, h + dice.between(0.1, 0.25)
    rear = smooth([(z, arm), (z * 0.2, arm + 0.02), (-z * 0.6, top), (-z - 0.08, top + 0.04)], 3)
    ends = prism([(-z, 0), (z, 0), (z * 0.9, h * 0.6), *rear], "x", (x - 0.05, x))
    board = hull(
        box(w - 0.04, (h - 0.03, h - 0.02), (-z - 0.01, -z + 0.03)),
        box(w - 0.04, (top - 0.06, top - 0.02), (-z - 0.07, -z - 0.03)),
    )
    kick = box(w - 0.04, (h * 0.3, h - 0.02), 0.04) if dice.chance(0.5) else Solid()
    return pair(ends) + board + box(w - 0.04, (h - 0.05, h), d * 0.96) + kick


def slab(dice: Dice) -> Solid:
    """Stone or concrete: a thick seat on two blocks, or one folded plate."""
    w, d, h = dice.between(1.0, 1.8), dice.between(0.35, 0.6), dice.between(0.36, 0.5)
    t, x = dice.between(0.06, 0.14), w / 2
    if dice.chance(0.4):
        path = [
            (-x + t / 2, 0, 0),
            (-x + t / 2, h - t / 2, 0),
            (x - t / 2, h - t / 2, 0),
            (x - t / 2, 0, 0),
        ]
        return sweep(path, rect(t, d))
    a = x * dice.between(0.4, 0.85)
    curve = [(0.5, 0), (0.4, 0.15), (0.3, 0.5), (0.4, 0.85), (0.45, 1)]
    block = loft([(h * v - 0.01 * v, rect(0.3 * u, d * 1.9 * u)) for u, v in curve], "y")
    foot = dice.pick(block, box(dice.between(0.12, 0.35), (0, h - 0.02), d * 0.85))
    return pair(foot.translate((a, 0, 0))) + box(w, (h - t, h), d, dice.pick(0, 0.03))


def iron(dice: Dice) -> Solid:
    """A curved sheet of rails on bent tubes: the seat flows into the back."""
    w, n, r = dice.between(1.0, 1.9), dice.count(9, 13), dice.between(0.017, 0.024)
    h, rise, d = dice.between(0.4, 0.46), dice.between(0.3, 0.45), dice.between(0.4, 0.5)
    side = smooth(
        [
            (d / 2 + 0.02, h - 0.04),
            (d / 2 - 0.05, h),
            (-d * 0.3, h - 0.04),
            (-d / 2 - 0.02, h + 0.08),
            (-d / 2 - 0.14, h + rise),
        ],
        6,
    )
    along = np.linspace(0, len(side) - 1, n).astype(int)
    rails = union(
        rod((-w / 2, side[k, 1], side[k, 0]), (w / 2, side[k, 1], side[k, 0]), r, sides=8)
        for k in along
    )
    x = w / 2 - dice.between(0.02, 0.25)
    frame = tube([(x, y - r, z) for z, y in side], 1.3 * r)
    frame += tube([(x, 0, d / 2 + 0.05), (x, h - 0.02, d * 0.2)], 1.3 * r) + tube(
        [(x, 0, -d / 2 - 0.08), (x, h - 0.02, -d * 0.25)], 1.3 * r
    )
    return rails + pair(frame)


def chest(dice: Dice) -> Solid:
    """A box to sit on, cushioned; doors, arms or a back."""
    w, d, h = dice.between(0.8, 1.5), dice.between(0.36, 0.5), dice.between(0.4, 0.5)
    x, z, foot = w / 2, d / 2, dice.between(0.03, 0.12)
    n = dice.count(1, 3)
    bay = w / n
    doors = union(
        box(
            (k * bay - x + 0.04, (k + 1) * bay - x - 0.04),
            (foot + 0.05, h - 0.12),
            (z - 0.025, z + 1),
        )
        for k in range(n)
    )
    body = (
        box(w, (foot, h - 0.07), d)
        - doors
        + four(box((x - 0.08, x), (0, foot + 0.02), (z - 0.08, z)))
    )
    whole = body + box(w, (h - 0.08, h), d + 0.02, 0.03)
    if dice.chance(0.5):
        whole += box(w, (h - 0.1, h + dice.between(0.2, 0.6)), (-z, -z + 0.06))
    if dice.chance(0.4):
        whole += pair(box((x - 0.05, x), (foot, h + dice.between(0.12, 0.25)), (-z, z)))
    return whole


def round_bench(dice: Dice) -> Solid:
    """An arc of seat, perhaps with a back round the outside."""
    radius, half, d, h = (
        dice.between(0.7, 1.2),
        dice.between(40, 100),
        dice.between(0.32, 0.42),
        dice.between(0.4, 0.46),
    )
    path = lambda r, y: [(u, y, v) for u, v in arc(r, -90 - half, -90 + half, 16)]  # noqa: E731
    whole = sweep(path(radius, h - 0.03), rect(d, 0.06))
    n, tall = dice.count(3, 5), dice.chance(0.4)
    if tall:
        whole += sweep(path(radius + d / 2, h + 0.33), rect(0.05, 0.16))
    for a in np.radians(np.linspace(-90 - half * 0.92, -90 + half * 0.92, n)):
        at = np.array([np.cos(a), 0, np.sin(a)])
        whole += bar(at * (radius - d * 0.3), at * (radius - d * 0.3) + (0, h - 0.02, 0), 0.06)
        whole += bar(
            at * (radius + d * 0.45),
            at * (radius + d * 0.5) + (0, h + 0.35 if tall else h - 0.02, 0),
            0.06,
        )
    return whole
