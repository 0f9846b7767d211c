"""Pickups, lorries and buses; in metres, nose to +z."""

from __future__ import annotations

from .chassis import Plan, arches, body, cabin, lamps, mirrors, wheels
from .dice import Dice
from .parts import Solid, bar, box, ellipse, loft, pair, prism, row, stack


def pickup(dice: Dice) -> Solid:
    """A cab, short or with four doors, then an open bed."""
    u, crew = dice.between, dice.chance(0.5)
    rear = u(-0.12, -0.06) if crew else u(0.0, 0.06)
    heights = (u(1.6, 1.95), u(1.0, 1.15), u(0.28, 0.45), u(0.36, 0.42))
    places = (u(0.24, 0.28), u(0.14, 0.18), rear, rear - 0.03, u(0.88, 1.0), 1.0)
    p = Plan(u(4.8, 5.8), u(1.75, 2.0), *heights, *places)
    w, z = p.width, p.at(p.deck)
    bed = box(w - 0.28, (p.clearance + 0.3, 9), (p.at(-0.465), z - 0.1))
    whole = body(dice, p) - bed + cabin(dice, p, 2 if crew else 1) + wheels(p) + lamps(dice, p)
    whole += mirrors(p) + box(0.5 * w, (p.wheel * 0.8, p.clearance + 0.4), 0.8 * p.length)
    roll = pair(bar((0.46 * w, p.belt - 0.1, z - 0.35), (0.36 * w, p.roof, z - 0.15), 0.12))
    roll += box(0.76 * w, (p.roof - 0.06, p.roof + 0.06), (z - 0.22, z - 0.08))
    return whole + dice.maybe(0.25, roll)


def lorry(dice: Dice) -> Solid:
    """A cab before a box, a flat bed, a tank or a tipper."""
    u = dice.between
    length, w, r = u(5.0, 7.5), u(1.9, 2.3), u(0.36, 0.42)
    roof, z, nose = u(2.1, 2.6), length / 2, dice.pick(0.0, u(0.4, 0.9))
    p = Plan(length, w, roof, 1.3, 0.4, r, 0.44, 0.4, 0.2, 0.2, 1.0, 1.0, axles=(-0.3, 0.34))
    split, face = z - 1.9, z - nose
    cab = box(w, (0.4, roof), (split, face), 0.12) - box(
        0.82 * w, (1.35, roof - 0.2), (face - 0.08, z + 1)
    )
    cab -= pair(box((w / 2 - 0.07, w), (1.3, roof - 0.25), (split + 0.35, face - 0.3)))
    if nose:
        cab += box(0.85 * w, (0.4, 1.3), (split, z), 0.12)
    whole = cab + box(0.5 * w, (0.35, 0.9), (-z, z - 0.5)) + load(dice, w, (-z, split - 0.15))
    return whole - arches(p) + wheels(p) + box(0.5 * w, (0.3, 0.8), 0.7 * length)


def load(dice: Dice, w: float, z: tuple[float, float]) -> Solid:
    """What a lorry carries behind its cab, from the frame at height 0.8 up."""
    kind, (rear, front) = dice.pick("box", "flat", "tank", "tipper"), z
    if kind == "box":
        top = dice.between(2.2, 3.2)
        ribs = box(9, (0.9, top - 0.1), 0.08) - box(w, 9, 9)
        gap = (front - rear) / 5
        grooves = row(lambda s: ribs.translate((0, 0, s)), rear + gap, front - gap, 4)
        return box(w * 1.05, (0.8, top), z) - grooves
    if kind == "tank":
        ring = ellipse(0.95 * w, (0.8, 0.8 + 0.7 * w), 20)
        hatch = box(0.3, (0.8, 0.95 + 0.7 * w), (rear + 1, front - 1))
        return loft([(rear, ring), (front, ring)], "z") + hatch
    if kind == "tipper":
        outer = [(rear - 0.2, 1.9), (rear + 0.2, 0.8), (front, 0.8), (front, 2.0)]
        inner = [(rear - 0.4, 2.1), (rear + 0.35, 1.0), (front - 0.12, 1.0), (front - 0.12, 2.1)]
        return prism(outer, "x", w) - prism(inner, "x", w - 0.25)
    stake = pair(box((w / 2 - 0.1, w / 2), (0.9, 1.5), 0.12))
    stakes = row(lambda s: stake.translate((0, 0, s)), rear + 0.1, front - 0.1, 4)
    wall = box(w, (0.8, 1.6), (front - 0.1, front))
    return box(w, (0.8, 0.98), z) + wall + dice.maybe(0.6, stakes)


def bus(dice: Dice) -> Solid:
    """A minibus, camper or coach: one tall box with a row of windows."""
    u = dice.between
    n, w, roof, belt = u(4.2, 8.0), u(1.8, 2.3), u(1.9, 2.8), u(1.0, 1.2)
    places = (0.47, 0.45, -0.47, -0.49, 1.0, 1.0)
    p = Plan(n, w, roof, belt, 0.25, u(0.32, 0.42), *places, axles=(-0.29, 0.32))
    z, slope = n / 2, u(0.1, 0.5)
    levels = [(0.25, w, (-z, z)), (belt, w, (-z, z - 0.3 * slope))]
    levels.append((roof - 0.1, w * u(0.86, 1), (0.1 - z, z - slope)))
    levels.append((roof, w * 0.75, (0.3 - z, z - slope - 0.25)))
    pane = box(9, (belt + 0.1, roof - 0.3), 0.66)
    panes = row(lambda s: pane.translate((0, 0, s)), 0.75 - z, z - 1.1, int(n / 0.95))
    glass = box(0.78 * w, (belt + 0.05, roof - 0.28), 99) - box(9, 9, (0.12 - z, z - slope - 0.1))
    whole = stack(levels, u(0.08, 0.3)) - (panes - box(0.86 * w - 0.12, 9, 99)) - glass - arches(p)
    rack = box(0.7 * w, (roof - 0.03, roof + 0.14), 0.6 * n, 0.06)
    return whole + wheels(p) + lamps(dice, p) + dice.maybe(0.35, rack)
