"""Cabinets: wardrobes, sideboards, chests of drawers, shelves, kitchens; in metres."""

from __future__ import annotations

import numpy as np

from .dice import Dice
from .fronts import bay, cells, doors, drawers, inset, shelves
from .parts import (
    Array,
    Solid,
    arc,
    box,
    four,
    hull,
    pair,
    prism,
    rod,
    row,
    smooth,
    stack,
    union,
)


def cabinet(dice: Dice) -> Solid:
    """A cabinet of any kind; its doors, drawers or shelves face +z."""
    tall = dice.pick(wardrobe, bookcase, hutch, corner, column)
    low = dice.pick(sideboard, chest, chest, stand, bureau)
    return dice.pick(tall, low, dice.pick(kitchen, stepped))(dice)


def stand_on(dice: Dice, w: float, d: float, h: float) -> Solid:
    """Feet, a plinth or a sled from the floor to just above height h."""
    x, z, r, y = w / 2 - 0.02, d / 2 - 0.02, dice.between(0.022, 0.035), h + 0.01
    if h < 0.06:
        return box(w - 0.06, (0, y), d - 0.06)
    splay = min(0.06, h / 3)
    square = box((x - 2 * r, x), (0, y), (z - 2 * r, z))
    splayed = rod((x, 0, z), (x - splay, y, z - splay), 0.7 * r, 1.1 * r)
    turned = rod((x - 0.04, 0, z - 0.04), (x - 0.04, y, z - 0.04), r)
    sled = box((x - 2 * r, x), (0, 0.04), 2 * z)
    return dice.pick(four(square), four(square) + pair(sled), four(splayed), four(turned))


def crown(dice: Dice, w: float, d: float, h: float) -> Solid:
    """What tops a body of height h: nothing, an overhanging board, a cornice or a gable."""
    over, z = dice.between(0.02, 0.06), d / 2
    board = box(w + 2 * over, (h - 0.005, h + 0.035), (-z, z + over))
    rim = box(w + 2 * over, (h + 0.05, h + 0.08), (-z, z + over))
    cornice = hull(box(w, (h - 0.01, h), d), rim)
    peak = (0, h + dice.between(0.1, 0.2))
    gable = prism([(-w / 2, h - 0.01), (w / 2, h - 0.01), peak], "z", d)
    return dice.pick(Solid(), board, board, cornice, gable if w < 1.3 else cornice)


def wardrobe(dice: Dice) -> Solid:
    """Tall, with one to four doors, perhaps drawers below."""
    n, h = dice.count(1, 4), dice.between(1.7, 2.2)
    w, d, foot = n * dice.between(0.38, 0.55), dice.between(0.4, 0.65), dice.pick(0.05, 0.05, 0.12)
    front, z = inset((-w / 2, w / 2), 0.02), d / 2
    split = foot + dice.pick(0.04, 0.04, dice.between(0.25, 0.6))
    body = doors(dice, box(w, (foot, h), d), front, (split, h - 0.04), z, n)
    if split > foot + 0.1:
        body = drawers(dice, body, front, (foot + 0.03, split - 0.01), z, dice.count(1, 2))
    return body + stand_on(dice, w, d, foot) + crown(dice, w, d, h)


def sideboard(dice: Dice) -> Solid:
    """Long and low: two to four bays, each doors, drawers or shelves."""
    w, d = dice.between(1.2, 2.2), dice.between(0.35, 0.52)
    foot, h = dice.pick(0.05, dice.between(0.12, 0.3)), dice.between(0.6, 0.95)
    body = box(w, (foot, h), d)
    for across in cells(inset((-w / 2, w / 2), 0.03), dice.count(2, 4)):
        body = bay(dice, body, across, (foot + 0.04, h - 0.04), d / 2, d)
    return body + stand_on(dice, w, d, foot) + dice.maybe(0.4, crown(dice, w, d, h))


def chest(dice: Dice) -> Solid:
    """A chest of drawers, flat or bow-fronted, one or two columns; a nightstand when small."""
    n, w, d = dice.count(1, 6), dice.between(0.4, 1.3), dice.between(0.36, 0.55)
    foot = dice.pick(0.05, dice.between(0.08, 0.3))
    top, z = foot + 0.12 + n * dice.between(0.14, 0.24), d / 2
    if dice.chance(0.2):
        body = bow_front(dice, w, d, (foot, top), n)
    else:
        body = box(w, (foot, top), d)
        columns = 2 if w > 0.95 and dice.chance(0.5) else 1
        for across in cells(inset((-w / 2, w / 2), 0.02), columns):
            body = drawers(dice, body, across, (foot + 0.03, top - 0.03), z, n)
    return body + stand_on(dice, w, d, foot) + dice.maybe(0.6, crown(dice, w, d, top))


def bow_front(dice: Dice, w: float, d: float, y: tuple[float, float], n: int) -> Solid:
    """A body whose front bulges, grooved between n drawers."""
    z, x, bow = d / 2 - 0.04, w / 2, dice.between(0.05, 0.12)
    belly = prism([(-x, z), *smooth([(-x, z), (0, z + bow), (x, z)])], "y", y)
    grooves = [box(w + 1, (a - 0.012, a + 0.012), (z + 0.02, z + 1)) for a, _ in cells(y, n)[1:]]
    return box(w, y, d - 0.02) + (belly - union(grooves))


def bookcase(dice: Dice) -> Solid:
    """Open shelves: a tall case, a grid of cubes, or planks with no back."""
    columns, rows = dice.count(1, 4), dice.count(2, 6)
    cell = dice.between(0.35, 0.7) if columns < 3 else dice.between(0.3, 0.42)
    w, d, foot = columns * cell + 0.05, dice.between(0.28, 0.45), dice.pick(0.05, 0.05, 0.15)
    h, z = foot + rows * dice.between(0.26, 0.42) + 0.05, d / 2
    t = max(dice.between(0.03, 0.05), 0.03 * max(w, h))
    across, up = inset((-w / 2, w / 2), t / 2), inset((foot, h), t / 2)
    deep = d - t if dice.chance(0.7) else d + 1
    body = shelves(box(w, (foot, h), d), across, up, z, (columns, rows), t, deep)
    if dice.chance(0.35) and rows > 2:
        low = cells(up, rows)[0]
        body = doors(dice, body + box(w, (foot, low[1]), d), across, low, z, columns)
    return body + stand_on(dice, w, d, foot) + dice.maybe(0.3, crown(dice, w, d, h))


def hutch(dice: Dice) -> Solid:
    """A base cabinet with a shallower one above: a dresser, vitrine or display cabinet."""
    w, d, h = dice.between(0.8, 1.5), dice.between(0.4, 0.55), dice.between(1.6, 2.1)
    mid, thin, foot = dice.between(0.7, 1.0), dice.between(0.25, 0.34), dice.pick(0.05, 0.1)
    front, z = inset((-w / 2, w / 2), 0.02), d / 2
    base = bay(dice, box(w, (foot, mid), d), front, (foot + 0.03, mid - 0.05), z, d)
    low, face = mid + dice.pick(0.0, dice.between(0.15, 0.35)), thin - z
    upper = box(w - 0.06, (low - 0.01, h), (-z, face))
    upper = bay(dice, upper, inset(front, 0.03), (low + 0.03, h - 0.04), face, thin)
    upper += crown(dice, w - 0.06, thin, h).translate((0, 0, thin / 2 - z))
    if low > mid:
        upper += pair(box((w / 2 - 0.09, w / 2 - 0.04), (mid - 0.01, low), (-z, face)))
        upper += box(w - 0.08, (mid - 0.01, low), (-z, 0.035 - z))
    ledge = box(w + 0.04, (mid - 0.035, mid), (-z, z + 0.02))
    return base + upper + ledge + stand_on(dice, w, d, foot)


def corner(dice: Dice) -> Solid:
    """A plan with five sides, a quarter circle or a half circle: shelves or drawers."""
    w, h, foot = dice.between(0.6, 0.95), dice.between(0.8, 2.0), dice.pick(0.0, 0.05)
    x, cut = w / 2, dice.between(0.3, 0.5) * w
    style = dice.pick("five", "quarter", "half")
    if style == "half":
        plan = arc(x, 0, 180, 14, (0, -x / 2))
    elif style == "quarter":
        plan = np.array([(-x, -x), *arc(w, 0, 90, 10, (-x, -x))])
    else:
        plan = np.array([(-x, -x), (x, -x), (x, cut - x), (cut - x, x), (-x, x)])
    n = max(2, round(h / dice.between(0.3, 0.5)))
    levels = cells((foot, foot + h), n)
    body = prism(plan, "y", (foot, foot + h))
    if dice.chance(0.6):
        shift = np.array((0.0, 0.06) if style == "half" else (0.07, 0.07))
        hollow = prism(shrunk(plan, 0.9) + shift, "y", (0, 9))
        body -= hollow ^ union(box(3, inset(level, 0.02), 3) for level in levels)
    else:
        rings = union(box(3, (y - 0.01, y + 0.01), 3) for y, _ in levels[1:])
        body -= rings - prism(shrunk(plan, 0.92), "y", (0, 9))
    body += prism(shrunk(plan, 1.05), "y", (foot + h - 0.04, foot + h))
    body += prism(shrunk(plan, 0.85), "y", (0, foot + 0.01))
    return body if style == "half" else body.rotate((0, -45, 0))


def shrunk(outline: Array, factor: float) -> Array:
    """The outline scaled about its mean."""
    return outline * factor + outline.mean(axis=0) * (1 - factor)


def kitchen(dice: Dice) -> Solid:
    """Floor units with a worktop, perhaps wall units or a tall unit, in a line or an L."""
    n, d, h = dice.count(2, 5), dice.between(0.55, 0.65), dice.between(0.82, 0.92)
    wide, z = dice.between(0.42, 0.6), d / 2
    w, x = n * wide, n * wide / 2
    body = box(w, (0.1, h - 0.02), d)
    for across in cells((-x, x), n):
        body = bay(dice, body, across, (0.12, h - 0.05), z, d)
    body += box(w - 0.02, (0, 0.11), (-z, z - 0.06)) + box(w + 0.02, (h - 0.06, h), (-z, z + 0.03))
    kind = dice.pick("plain", "wall", "tall", "ell")
    if kind == "wall":
        low, top = h + dice.between(0.35, 0.5), h + dice.between(0.9, 1.1)
        face = dice.between(0.28, 0.36) - z
        body += doors(dice, box(w, (low, top), (-z, face)), (-x, x), (low, top), face, n)
        body += box(w, (h - 0.02, top), (-z, 0.06 - z))
    elif kind == "tall":
        top, side = dice.between(1.9, 2.2), (x, x + wide)
        body += doors(dice, box((x - 0.01, x + wide), (0, top), d), side, (0.12, top - 0.03), z, 1)
    elif kind == "ell":
        run = z + dice.between(0.5, 1.2)
        body += box((x - d, x), (0, h - 0.02), (-z, run))
        body += box((x - d - 0.02, x), (h - 0.06, h), (-z, run))
    return dice.hand(body)


def stepped(dice: Dice) -> Solid:
    """Blocks of different heights side by side: a staircase of shelves or a media wall."""
    n, d = dice.count(2, 4), dice.between(0.3, 0.45)
    heights = sorted(dice.between(0.4, 1.9) for _ in range(n))
    if dice.chance(0.5):
        heights = heights[::2] + heights[1::2][::-1]
    x = n * dice.between(0.4, 0.7) / 2
    blocks = []
    for h, (a, b) in zip(heights, cells((-x, x), n), strict=True):
        block = box((a, min(b + 0.01, x)), (0, h), d)
        blocks.append(bay(dice, block, inset((a, b), 0.02), (0.05, h - 0.04), d / 2, d))
    return dice.hand(union(blocks))


def stand(dice: Dice) -> Solid:
    """A television stand or low media bench."""
    w, d, h = dice.between(1.2, 2.2), dice.between(0.35, 0.5), dice.between(0.32, 0.55)
    foot, z = dice.pick(0.04, dice.between(0.08, 0.18)), d / 2
    body, y = box(w, (foot, h), d), (foot + 0.03, h - 0.03)
    for k, across in enumerate(cells(inset((-w / 2, w / 2), 0.03), dice.count(2, 4))):
        if k % 2:
            body = shelves(body, across, y, z, (1, dice.count(1, 2)), 0.04, d - 0.04)
        else:
            body = bay(dice, body, across, y, z, d)
    return body + stand_on(dice, w, d, foot)


def bureau(dice: Dice) -> Solid:
    """A writing cabinet with a sloping front over drawers."""
    w, d, h = dice.between(0.7, 1.0), dice.between(0.42, 0.55), dice.between(0.95, 1.2)
    foot, z, mid = dice.between(0.06, 0.3), d / 2, dice.between(0.6, 0.75)
    top = dice.between(0.15, 0.25) - z
    body = prism([(-z, foot), (z, foot), (z, mid), (top, h), (-z, h)], "x", w)
    front = inset((-w / 2, w / 2), 0.02)
    body = drawers(dice, body, front, (foot + 0.02, mid - 0.04), z, dice.count(2, 4))
    return body + stand_on(dice, w, d, foot) + box(w + 0.04, (h - 0.035, h), (-z, top + 0.02))


def column(dice: Dice) -> Solid:
    """A narrow tower: a filing cabinet, a locker, or shelves that taper."""
    w, d, h = dice.between(0.35, 0.6), dice.between(0.35, 0.6), dice.between(1.0, 1.9)
    front, z = inset((-w / 2, w / 2), 0.02), d / 2
    style = dice.pick("files", "locker", "taper")
    if style == "files":
        return drawers(dice, box(w, (0, h), d), front, (0.06, h - 0.03), z, dice.count(2, 6))
    if style == "taper":
        s, n = dice.between(0.5, 0.8), dice.count(3, 5)
        body = stack([(0.0, w * 1.5, d), (h, w * 1.5 * s, d * s)])
        hole = box(w * s, 0.72 * h / n, (0.04 - d * s / 2, 9))
        return body - row(lambda y: hole.translate((0, y, 0)), h / n / 2, h - h / n / 2, n)
    split = h * dice.between(0.3, 0.6)
    body = doors(dice, box(w, (0.1, h), d), front, (split, h - 0.05), z, 1)
    body = bay(dice, body, front, (0.13, split - 0.02), z, d)
    return body + stand_on(dice, w, d, 0.1)
