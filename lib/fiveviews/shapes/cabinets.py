"""Cabinets: wardrobes, sideboards, chests of drawers, shelves, lockers; in metres."""

from __future__ import annotations

import numpy as np

from .parts import (
    Dice,
    Solid,
    arc,
    ball,
    box,
    four,
    hull,
    pair,
    prism,
    rod,
    row,
    stack,
    union,
)

Interval = tuple[float, float]


def cabinet(dice: Dice) -> Solid:
    """A cabinet whose doors, drawers or open shelves face +z."""
    style = dice.pick(
        wardrobe,
        sideboard,
        chest,
        chest,
        bookcase,
        hutch,
        corner,
        kitchen,
        stepped,
        stand,
        bureau,
        tall_boy,
    )
    return style(dice)


def doors(dice: Dice, x: Interval, y: Interval, z: float, n: int) -> tuple[Solid, Solid]:
    """What n doors side by side cut from a front at z, and the handles they add."""
    wide = (x[1] - x[0]) / n
    gap, depth = 0.018, 0.03
    style = dice.pick("flat", "framed", "panelled")
    cut, grip = [], []
    for k in range(n):
        a, b = x[0] + k * wide, x[0] + (k + 1) * wide
        frame = box((a + gap, b - gap), (y[0] + gap, y[1] - gap), (z - 2, z + 2))
        cut.append(box((a, b), (y[0], y[1]), (z - depth, z + 1)) - frame)
        edge = min(0.09, wide / 5)
        if style != "flat":
            cut.append(box((a + edge, b - edge), (y[0] + edge, y[1] - edge), (z - depth, z + 1)))
        if style == "panelled":
            grip.append(
                box(
                    (a + 1.7 * edge, b - 1.7 * edge),
                    (y[0] + 1.7 * edge, y[1] - 1.7 * edge),
                    (z - 2 * depth, z),
                )
            )
        side = b - edge / 2 if (k % 2 == 0 and n > 1) else a + edge / 2
        mid = (y[0] + y[1]) / 2
        grip.append(
            box((side - 0.015, side + 0.015), (mid - 0.07, mid + 0.07), (z - 0.02, z + 0.035))
        )
    return union(cut), union(grip)


def drawers(dice: Dice, x: Interval, y: Interval, z: float, n: int) -> tuple[Solid, Solid]:
    """What n drawers one above another cut from a front at z, and the handles they add."""
    tall = (y[1] - y[0]) / n
    gap = 0.018
    style = dice.pick("bar", "knobs", "slot", "cup")
    mid, wide = (x[0] + x[1]) / 2, x[1] - x[0]
    cut, grip = [], []
    for k in range(n):
        a, b = y[0] + k * tall, y[0] + (k + 1) * tall
        front = box((x[0] + gap, x[1] - gap), (a + gap, b - gap), (z - 2, z + 2))
        cut.append(box(x, (a, b), (z - 0.03, z + 1)) - front)
        c = (a + b) / 2
        if style == "knobs":
            spots = (-0.28 * wide, 0.28 * wide) if wide > 0.5 else (0.0,)
            grip += [ball((mid + s, c, z + 0.005), 0.028, 8) for s in spots]
        elif style == "slot":
            cut.append(
                box((mid - 0.2 * wide, mid + 0.2 * wide), (b - 0.08, b - 0.03), (z - 0.04, z + 1))
            )
        else:
            half = wide * (0.25 if style == "bar" else 0.1)
            grip.append(
                box((mid - half, mid + half), (c - 0.016, c + 0.016), (z - 0.02, z + 0.035))
            )
    return union(cut), union(grip)


def shelves(
    x: Interval, y: Interval, z: float, columns: int, rows: int, t: float, deep: float
) -> Solid:
    """What a grid of open compartments cuts from a front at z."""
    wide, tall = (x[1] - x[0]) / columns, (y[1] - y[0]) / rows
    return union(
        box(
            (x[0] + i * wide + t / 2, x[0] + (i + 1) * wide - t / 2),
            (y[0] + j * tall + t / 2, y[0] + (j + 1) * tall - t / 2),
            (z - deep, z + 1),
        )
        for i in range(columns)
        for j in range(rows)
    )


def bay(dice: Dice, body: Solid, x: Interval, y: Interval, z: float, deep: float) -> Solid:
    """The body with one front region made doors, drawers or open shelves, whichever fits."""
    wide, tall = x[1] - x[0], y[1] - y[0]
    kind = dice.pick("doors", "drawers", "shelves") if tall > 0.25 else "drawers"
    if kind == "shelves":
        t = dice.between(0.03, 0.045)
        rows = max(1, round(tall / dice.between(0.25, 0.45)))
        return body - shelves(
            x, y, z, max(1, round(wide / dice.between(0.4, 0.9))), rows, t, deep - 0.035
        )
    if kind == "doors":
        cut, grip = doors(dice, x, y, z, max(1, round(wide / dice.between(0.35, 0.6))))
    else:
        cut, grip = drawers(dice, x, y, z, max(1, round(tall / dice.between(0.15, 0.28))))
    return (body - cut) + grip


def stand_on(dice: Dice, w: float, d: float, h: float) -> Solid:
    """Feet, a plinth or a sled from the floor to just above height h."""
    x, z, r = w / 2, d / 2, dice.between(0.022, 0.035)
    if h < 0.06:
        return box(w - 0.06, (0, h + 0.01), d - 0.06)
    splay = min(0.06, h / 3)
    leg = dice.pick(
        box((x - 2 * r - 0.02, x - 0.02), (0, h + 0.01), (z - 2 * r - 0.02, z - 0.02)),
        rod(
            (x - 0.02, 0, z - 0.02),
            (x - 0.02 - splay, h + 0.01, z - 0.02 - splay),
            0.7 * r,
            1.1 * r,
        ),
        rod((x - 0.06, 0, z - 0.06), (x - 0.06, h + 0.01, z - 0.06), r),
    )
    sled = pair(box((x - 0.08, x - 0.04), (0, 0.04), d - 0.04)) if dice.chance(0.2) else Solid()
    return four(leg) + sled


def crowned(dice: Dice, w: float, d: float, h: float) -> Solid:
    """What tops a body of height h: nothing, an overhanging board, a cornice or a pediment."""
    over = dice.between(0.02, 0.06)
    board = box(w + 2 * over, (h - 0.005, h + 0.035), (-d / 2, d / 2 + over))
    cornice = hull(
        box(w, (h - 0.01, h), d), box(w + 2 * over, (h + 0.05, h + 0.08), (-d / 2, d / 2 + over))
    )
    gable = prism(
        [(-w / 2, h - 0.01), (w / 2, h - 0.01), (0, h + dice.between(0.1, 0.2))],
        "z",
        (-d / 2, d / 2),
    )
    return dice.pick(Solid(), board, board, cornice, gable if w < 1.3 else board)


def wardrobe(dice: Dice) -> Solid:
    """Tall, with one to four doors, perhaps drawers below."""
    n, h = dice.count(1, 4), dice.between(1.7, 2.2)
    w, d, foot = n * dice.between(0.38, 0.55), dice.between(0.4, 0.65), dice.pick(0.05, 0.05, 0.12)
    x, z = w / 2 - 0.02, d / 2
    split = foot + dice.pick(0.04, 0.04, dice.between(0.25, 0.6))
    cut, grip = doors(dice, (-x, x), (split, h - 0.04), z, n)
    body = (box(w, (foot, h), d) - cut) + grip
    if split > foot + 0.1:
        cut, grip = drawers(dice, (-x, x), (foot + 0.03, split - 0.01), z, dice.count(1, 2))
        body = (body - cut) + grip
    return body + stand_on(dice, w, d, foot) + crowned(dice, w, d, h)


def sideboard(dice: Dice) -> Solid:
    """Long and low: two to four bays, each doors, drawers or shelves."""
    w, d = dice.between(1.2, 2.2), dice.between(0.35, 0.52)
    foot, h = dice.pick(0.05, dice.between(0.12, 0.3)), dice.between(0.6, 0.95)
    n, z = dice.count(2, 4), d / 2
    body, wide = box(w, (foot, h), d), (w - 0.06) / n
    mirrored = dice.chance(0.5)
    for k in range(n):
        left = k * wide - w / 2 + 0.03
        if not mirrored or k < (n + 1) // 2:
            seed_bay = (left, left + wide)
        body = bay(
            dice,
            body,
            seed_bay if not mirrored else (left, left + wide),
            (foot + 0.04, h - 0.04),
            z,
            d,
        )
    return (
        body
        + stand_on(dice, w, d, foot)
        + (crowned(dice, w, d, h) if dice.chance(0.4) else Solid())
    )


def chest(dice: Dice) -> Solid:
    """A chest of drawers, one or two columns; a nightstand when small."""
    n = dice.count(1, 6)
    h, w = 0.12 + n * dice.between(0.14, 0.24), dice.between(0.4, 1.3)
    d, foot = dice.between(0.36, 0.55), dice.pick(0.05, dice.between(0.08, 0.3))
    x, top = w / 2 - 0.02, h + foot
    bow = dice.between(0.05, 0.12) if dice.chance(0.25) else 0.0
    columns = 2 if w > 0.95 and dice.chance(0.5) else 1
    body, z = box(w, (foot, top), d), d / 2
    for k in range(columns):
        span = (2 * x * k / columns - x, 2 * x * (k + 1) / columns - x)
        cut, grip = drawers(dice, span, (foot + 0.03, top - 0.03), z, n)
        body = (body - cut) + grip
    if bow:
        belly = prism([(-w / 2, z - 0.04), *arc_front(w, z - 0.04, bow)], "y", (foot, top))
        grooves = row(
            lambda y: box(w + 1, (y - 0.012, y + 0.012), (z - 0.02, z + 1)),
            foot + h / n,
            top - h / n,
            max(1, n - 1),
        )
        body = box(w, (foot, top), d - 0.02) + (belly - (grooves if n > 1 else Solid()))
    return (
        body
        + stand_on(dice, w, d, foot)
        + (crowned(dice, w, d, top) if dice.chance(0.6) else Solid())
    )


def arc_front(w: float, z: float, bow: float) -> np.ndarray:
    """Plan of a front that bulges by `bow` beyond z."""
    t = np.linspace(-1, 1, 11)
    return np.stack([t * w / 2, z + bow * (1 - t * t)], 1)


def bookcase(dice: Dice) -> Solid:
    """Open shelves: a tall case, a grid of cubes, or planks with no back."""
    columns, rows = dice.count(1, 4), dice.count(2, 6)
    cell_w, cell_h = (
        dice.between(0.35, 0.7) if columns < 3 else dice.between(0.3, 0.42),
        dice.between(0.26, 0.42),
    )
    w, h, d = columns * cell_w + 0.05, rows * cell_h + 0.05, dice.between(0.28, 0.45)
    t = max(dice.between(0.03, 0.05), 0.03 * max(w, h))
    x, foot = w / 2, dice.pick(0.05, 0.05, 0.15)
    deep = d - t if dice.chance(0.7) else d + 1
    body = box(w, (foot, foot + h), d) - shelves(
        (-x + t / 2, x - t / 2), (foot + t / 2, foot + h - t / 2), d / 2, columns, rows, t, deep
    )
    if dice.chance(0.35) and rows > 2:
        y = (foot, foot + h / rows)
        cut, grip = doors(dice, (-x, x), y, d / 2, max(1, columns))
        body = (body + box(w, y, d) - cut) + grip
    return (
        body
        + stand_on(dice, w, d, foot)
        + (crowned(dice, w, d, foot + h) if dice.chance(0.3) else Solid())
    )


def hutch(dice: Dice) -> Solid:
    """A base cabinet with a shallower one above: a dresser, vitrine or display cabinet."""
    w, d, h = dice.between(0.8, 1.5), dice.between(0.4, 0.55), dice.between(1.6, 2.1)
    mid, thin, foot = dice.between(0.7, 1.0), dice.between(0.25, 0.34), dice.pick(0.05, 0.1)
    x, z = w / 2 - 0.02, d / 2
    base = bay(dice, box(w, (foot, mid), d), (-x, x), (foot + 0.03, mid - 0.05), z, d)
    lift = dice.pick(0.0, dice.between(0.15, 0.35))
    upper = bay(
        dice,
        box(w - 0.06, (mid + lift - 0.01, h), (-z, thin - z)),
        (-x + 0.03, x - 0.03),
        (mid + lift + 0.03, h - 0.04),
        thin - z,
        thin,
    )
    if lift:
        upper += pair(box((x - 0.07, x - 0.02), (mid - 0.01, mid + lift), (-z, thin - z))) + box(
            w - 0.06, (mid - 0.01, mid + lift), (-z, 0.035 - z)
        )
    top = box(w + 0.04, (mid - 0.035, mid), (-z, z + 0.02))
    return (
        base
        + upper
        + top
        + stand_on(dice, w, d, foot)
        + crowned(dice, w - 0.06, thin, h).translate((0, 0, thin / 2 - z))
    )


def corner(dice: Dice) -> Solid:
    """A plan with five sides, a quarter circle or a half circle."""
    w, h, foot = dice.between(0.6, 0.95), dice.between(0.8, 2.0), dice.pick(0.0, 0.05)
    x, cut = w / 2, dice.between(0.3, 0.5) * w
    quarter = arc(w, 0, 90, 10, (-x, -x))
    half = arc(x, 0, 180, 14, (0, -x / 2))
    five = [(-x, -x), (x, -x), (x, -x + cut), (-x + cut, x), (-x, x)]
    style = dice.pick("five", "quarter", "half")
    plan = np.asarray({"five": five, "quarter": [(-x, -x), *quarter], "half": half}[style])
    centre = plan.mean(axis=0)
    inner = (plan - centre) * 0.9 + centre
    n = max(2, round(h / dice.between(0.3, 0.5)))
    tall = h / n
    body = prism(plan, "y", (foot, foot + h))
    if dice.chance(0.5):
        front = {"five": 0.0, "quarter": 0.0, "half": -x / 2 + 0.06}[style] + 0.0
        hollow = prism(inner + (0.07, 0.07) if style != "half" else inner + (0, 0.06), "y", (0, 9))
        del front
        levels = union(
            box(
                3,
                (foot + k * tall + 0.035, foot + (k + 1) * tall - (0.035 if k == n - 1 else 0)),
                3,
            )
            for k in range(n)
        )
        body -= hollow ^ levels
    else:
        body -= union(
            (
                prism(plan * 2, "y", (foot + k * tall - 0.01, foot + k * tall + 0.01))
                - prism(inner, "y", (0, 9))
            )
            for k in range(1, n)
        )
    body += prism((plan - centre) * 1.05 + centre, "y", (foot + h - 0.04, foot + h))
    if foot:
        body += prism((plan - centre) * 0.85 + centre, "y", (0, foot + 0.01))
    return body.rotate((0, -45, 0)) if style != "half" else body


def kitchen(dice: Dice) -> Solid:
    """Floor units with a worktop, perhaps wall units or a tall unit, in a line or an L."""
    n, d, h = dice.count(2, 5), dice.between(0.55, 0.65), dice.between(0.82, 0.92)
    wide = dice.between(0.42, 0.6)
    w, z = n * wide, d / 2
    x = w / 2
    body = box(w, (0.1, h - 0.02), d)
    for k in range(n):
        body = bay(dice, body, (k * wide - x, (k + 1) * wide - x), (0.12, h - 0.05), z, d)
    whole = (
        body
        + box(w - 0.02, (0, 0.11), (-z, z - 0.06))
        + box(w + 0.02, (h - 0.06, h), (-z, z + 0.03))
    )
    kind = dice.pick("plain", "wall", "tall", "ell")
    if kind == "wall":
        low, top, thin = (
            h + dice.between(0.35, 0.5),
            h + dice.between(0.9, 1.1),
            dice.between(0.28, 0.36),
        )
        cut, grip = doors(dice, (-x, x), (low, top), thin - z, n)
        whole += (
            (box(w, (low, top), (-z, thin - z)) - cut)
            + grip
            + box(w, (h - 0.02, top), (-z, 0.06 - z))
        )
    elif kind == "tall":
        top = dice.between(1.9, 2.2)
        cut, grip = doors(dice, (x, x + wide), (0.12, top - 0.03), z, 1)
        whole += (box((x - 0.01, x + wide), (0, top), d) - cut) + grip
    elif kind == "ell":
        run = dice.between(0.5, 1.2)
        whole += box((x - d, x), (0, h - 0.02), (-z, z + run)) + box(
            (x - d - 0.02, x), (h - 0.06, h), (-z, z + run)
        )
    return whole.mirror((1, 0, 0)) if dice.chance(0.5) else whole


def stepped(dice: Dice) -> Solid:
    """Blocks of different heights side by side: a staircase of shelves or a media wall."""
    n, d = dice.count(2, 4), dice.between(0.3, 0.45)
    heights = sorted(dice.between(0.4, 1.9) for _ in range(n))
    if dice.chance(0.5):
        heights = heights[::2] + heights[1::2][::-1]
    wide = dice.between(0.4, 0.7)
    x, z = n * wide / 2, d / 2
    parts = []
    for k, h in enumerate(heights):
        span = (k * wide - x, (k + 1) * wide - x + (0.01 if k < n - 1 else 0))
        parts.append(
            bay(
                dice, box(span, (0, h), d), (span[0] + 0.02, span[1] - 0.02), (0.05, h - 0.04), z, d
            )
        )
    whole = union(parts)
    return whole.mirror((1, 0, 0)) if dice.chance(0.5) else whole


def stand(dice: Dice) -> Solid:
    """A television stand or low media bench."""
    w, d, h = dice.between(1.2, 2.2), dice.between(0.35, 0.5), dice.between(0.32, 0.55)
    foot = dice.pick(0.04, dice.between(0.08, 0.18))
    x, z, n = w / 2, d / 2, dice.count(2, 4)
    body, wide = box(w, (foot, h), d), (w - 0.06) / n
    for k in range(n):
        span = (k * wide - x + 0.03, (k + 1) * wide - x + 0.03)
        if k % 2:
            body -= shelves(span, (foot + 0.03, h - 0.03), z, 1, dice.count(1, 2), 0.04, d - 0.04)
        else:
            body = bay(dice, body, span, (foot + 0.03, h - 0.03), z, d)
    return body + stand_on(dice, w, d, foot)


def bureau(dice: Dice) -> Solid:
    """A writing cabinet with a sloping front over drawers."""
    w, d, h, foot = (
        dice.between(0.7, 1.0),
        dice.between(0.42, 0.55),
        dice.between(0.95, 1.2),
        dice.between(0.06, 0.3),
    )
    z, mid = d / 2, dice.between(0.6, 0.75)
    side = [(-z, foot), (z, foot), (z, mid), (-z + dice.between(0.15, 0.25), h), (-z, h)]
    x = w / 2 - 0.02
    cut, grip = drawers(dice, (-x, x), (foot + 0.02, mid - 0.04), z, dice.count(2, 4))
    return (
        (prism(side, "x", w) - cut)
        + grip
        + stand_on(dice, w, d, foot)
        + box(w + 0.04, (h - 0.035, h), (-z, -z + 0.27))
    )


def tall_boy(dice: Dice) -> Solid:
    """A narrow column: a filing cabinet, locker, tapering or rounded tower."""
    w, d, h = dice.between(0.35, 0.6), dice.between(0.35, 0.6), dice.between(1.0, 1.9)
    if dice.chance(0.4):
        cut, grip = drawers(
            dice, (-w / 2 + 0.02, w / 2 - 0.02), (0.06, h - 0.03), d / 2, dice.count(2, 6)
        )
        return (box(w, (0, h), d) - cut) + grip
    if dice.chance(0.5):
        s, n = dice.between(0.5, 0.8), dice.count(3, 5)
        body = stack([(0.0, w * 1.5, d), (h, w * 1.5 * s, d * s)], 0.0)
        gaps = row(
            lambda y: box(w * s, (y - 0.36 * h / n, y + 0.36 * h / n), (-d * s / 2 + 0.04, 9)),
            h / n / 2,
            h - h / n / 2,
            n,
        )
        return body - gaps
    cut, grip = doors(
        dice, (-w / 2 + 0.02, w / 2 - 0.02), (h * dice.between(0.3, 0.6), h - 0.05), d / 2, 1
    )
    body = bay(
        dice,
        (box(w, (0.1, h), d) - cut) + grip,
        (-w / 2 + 0.02, w / 2 - 0.02),
        (0.13, h * 0.28),
        d / 2,
        d,
    )
    return body + stand_on(dice, w, d, 0.1)
