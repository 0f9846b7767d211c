"""Desks with drawers, drawing tables and games tables; in metres."""

from __future__ import annotations

from .dice import Dice
from .fronts import drawers
from .parts import Solid, bar, box, ends, four, pair, row


def desk(dice: Dice) -> Solid:
    """A writing desk: drawers on one side or both, perhaps a return or a hutch."""
    w, d, h = dice.between(1.1, 1.8), dice.between(0.55, 0.8), dice.between(0.7, 0.78)
    t, wide, foot = dice.between(0.04, 0.07), dice.between(0.32, 0.45), dice.pick(0.0, 0.08)
    x, z, y = w / 2 - 0.02, d / 2 - 0.03, h - t / 2
    block = box((x - wide, x), (foot, y), 2 * z)
    block = drawers(dice, block, (x - wide, x), (foot + 0.02, h - t), z, dice.count(2, 4))
    if foot:
        stub = four(box((wide / 2 - 0.05, wide / 2), (0, foot + 0.01), (z - 0.05, z)))
        block += stub.translate((x - wide / 2, 0, 0))
    posts = ends(box((x - 0.05, x), (0, y), (z - 0.05, z)))
    other = dice.pick(block, block, box((x - 0.05, x), (0, y), 2 * z), posts)
    whole = box(w, (h - t, h), d) + block + other.mirror((1, 0, 0))
    screen = box(2 * x, (h * dice.between(0.15, 0.5), y), (-z, 0.04 - z))
    whole += dice.maybe(0.5, screen) + dice.pick(
        Solid(),
        box(2 * x - wide, (h - 0.16, y), 2 * z - 0.02),
        side_wing(dice, x, h, d, t),
        hutch(dice, w, h, d),
    )
    return dice.hand(whole)


def side_wing(dice: Dice, x: float, h: float, d: float, t: float) -> Solid:
    """A second top that runs forward from the right end of a desk."""
    end = d / 2 + dice.between(0.5, 1.0)
    panel = box((x - 0.5, x), (0, h - t / 2), (end - 0.07, end - 0.02))
    return box((x - 0.5, x + 0.02), (h - t, h), (-d / 2, end)) + panel


def hutch(dice: Dice, w: float, h: float, d: float) -> Solid:
    """Pigeon-holes along the rear edge of a desk of height h."""
    rise, z = dice.between(0.25, 0.6), 0.28 - d / 2
    hole = box(0.28 * w, (h + 0.03, h + rise - 0.04), (z - 0.24, 2))
    holes = row(lambda u: hole.translate((u, 0, 0)), -w / 3.1, w / 3.1, 3)
    return box(w, (h - 0.01, h + rise), (-d / 2, z)) - holes


def drawing_table(dice: Dice) -> Solid:
    """A tilted board on a stand, or a games table with its net."""
    if dice.chance(0.35):
        w, d, h = dice.between(1.7, 2.74), dice.between(1.1, 1.5), 0.76
        x, z = w * 0.36, d * 0.36
        net = box(0.08, (h - 0.02, h + 0.16), d + 0.12)
        frame = four(bar((x, 0, z), (x, h, z), 0.08)) + pair(bar((x, 0.05, -z), (x, 0.05, z), 0.08))
        return box(w, (h - 0.08, h), d) + net + frame
    w, d, h = dice.between(0.8, 1.3), dice.between(0.55, 0.8), dice.between(0.75, 1.0)
    board = box(w, 0.04, d) + box(w * 0.9, (0, 0.05), (d / 2 - 0.05, d / 2))
    board = board.rotate((dice.between(12, 40), 0, 0)).translate((0, h, 0))
    x, z = w * dice.between(0.28, 0.42), d * 0.42
    tee = bar((x, 0.02, -z), (x, 0.02, z), 0.05) + bar((x, 0, 0), (x, h, 0), 0.05)
    cross = bar((x, 0, z), (x, h, -0.05), 0.05) + bar((x, 0, -z), (x, h, 0.05), 0.05)
    cross += bar((x, h * 0.35, -0.7 * z), (x, h * 0.35, 0.7 * z), 0.05)
    return board + pair(dice.pick(tee, cross)) + bar((-x, h * 0.35, 0), (x, h * 0.35, 0), 0.05)
