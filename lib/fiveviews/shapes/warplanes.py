"""Military aeroplanes and a spaceplane, nose to +z; a unit is about the fuselage's length."""

from __future__ import annotations

from .airframe import (
    fin,
    fuselage,
    jet_body,
    pod,
    propeller,
    pylon,
    straight_wing,
    tube_body,
    wing,
)
from .dice import Dice
from .parts import Solid, ball, box, hull, lathe, pair, rod


def fighter(dice: Dice) -> Solid:
    """A swept-wing jet fighter, one fin or two, stores under or at the ends of its wings."""
    r, reach, root = dice.between(0.045, 0.06), dice.between(0.26, 0.4), dice.between(0.26, 0.36)
    z, back = dice.between(0.04, 0.12), dice.between(0.14, 0.26)
    chords, rise = (root, root * dice.between(0.2, 0.4)), dice.between(-0.03, 0.02)
    body = jet_body(r) + straight_wing(z, chords, reach, back, 0.0, rise)
    body += straight_wing(-0.31, (0.15, 0.07), dice.between(0.18, 0.24), 0.12)
    canted = fin(-0.24, (0.18, 0.08), 0.17, 0.12, -0.01).rotate((0, 0, -dice.between(0, 28)))
    twins = pair(canted.translate((1.2 * r, 0.2 * r, 0)))
    body += dice.pick(twins, fin(-0.22, (0.22, 0.08), 0.19, 0.15, 0.5 * r))
    stores = pair(store(0.6 * reach, -0.045, z - 0.6 * back - 0.06))
    tip = z - back
    missiles = pair(rod((reach, rise, tip - 0.16), (reach, rise, tip + 0.06), 0.015, sides=8))
    return body + dice.maybe(0.6, stores) + dice.maybe(0.4, missiles)


def store(x: float, y: float, z: float) -> Solid:
    """A bomb, missile or tank hung below the wing."""
    shape = [(-0.1, 0.008), (-0.05, 0.018), (0.05, 0.018), (0.1, 0.006)]
    hung = fuselage([(z + a, b, y) for a, b in shape]).translate((x, 0, 0))
    return hung + pylon(x, (y, 0.0), (z - 0.03, z + 0.03))


def delta(dice: Dice) -> Solid:
    """A triangular wing, with or without foreplanes, one fin or two."""
    r, reach, root = dice.between(0.045, 0.065), dice.between(0.28, 0.42), dice.between(0.5, 0.62)
    back = root - dice.between(0.05, 0.1)
    body = jet_body(r) + straight_wing(root - 0.42, (root, 0.05), reach, back, -0.2 * r)
    foreplane = straight_wing(0.3, (0.11, 0.04), 0.16, 0.08, 0.3 * r)
    one = fin(-0.12, (0.3, 0.1), dice.between(0.15, 0.22), 0.2, 0.5 * r)
    two = pair(fin(-0.2, (0.2, 0.08), 0.17, 0.1, -0.02).translate((0.45 * reach, 0, 0)))
    return body + dice.maybe(0.5, foreplane) + dice.pick(one, one, two)


def warbird(dice: Dice) -> Solid:
    """A single-seat piston fighter: big nose; tapered, elliptical or cranked wing."""
    r, reach, root = dice.between(0.055, 0.075), dice.between(0.5, 0.65), dice.between(0.2, 0.26)
    z, y = dice.between(0.16, 0.22), -0.5 * r
    shape = [(-0.5, 0.015, 0.02), (-0.2, 0.7 * r, 0.01), (0.1, r, 0), (0.35, 0.95 * r, 0)]
    curve = [(0, 1), (0.4, 0.94), (0.75, 0.7), (0.93, 0.45), (1, 0.25)]
    oval = [(reach * t, z - 0.25 * root * (1 - c), root * c, y + 0.06 * t) for t, c in curve]
    tapered = [(0, z, root, y), (reach, z - 0.04, 0.45 * root, y + 0.06)]
    gull = [(0, z, root, -0.2 * r), (0.3 * reach, z, 0.95 * root, -1.1 * r)]
    gull.append((reach, z - 0.03, 0.45 * root, 0.5 * r))
    body = fuselage([*shape, (0.44, 0.75 * r, 0)]) + wing(dice.pick(oval, tapered, gull))
    body += ball((0, r, 0.05), (0.55 * r, 0.6 * r, dice.between(0.07, 0.13)), 12)
    body += dice.maybe(0.4, ball((0, -r, -0.02), (0.5 * r, 0.5 * r, 0.1), 10))
    level = straight_wing(-0.36, (0.11, 0.07), 0.19, 0.02, 0.02)
    upright = fin(-0.35, (0.14, 0.09), 0.14, 0.04, 0.02)
    return body + level + upright + propeller(dice, (0, 0, 0.44), 0.15, 0.045)


def bomber(dice: Dice) -> Solid:
    """A heavy with two or four propellers, a turret, one fin or two."""
    r, reach, root = dice.between(0.05, 0.065), dice.between(0.6, 0.75), dice.between(0.17, 0.22)
    z, y = dice.between(0.12, 0.18), dice.between(-0.3, 0.7) * r
    body = tube_body(r, 0.3, 0.4) + straight_wing(z, (root, 0.45 * root), reach, 0.05, y, 0.05)
    body += ball((0, 0.9 * r, dice.between(-0.1, 0.0)), 0.03, 10)
    for t in dice.pick((0.28, 0.52), (0.28, 0.52), (0.32,)):
        x, high = reach * t, y + 0.05 * t
        engine = pod(x, high, (z - 0.18, z + 0.06), 0.03)
        body += pair(engine + propeller(dice, (x, high, z + 0.06), 0.075, 0.02))
    one = straight_wing(-0.37, (0.12, 0.07), 0.24, 0.03, 0.02) + fin(-0.3, (0.2, 0.09), 0.18, 0.1)
    two = pair(fin(-0.37, (0.12, 0.09), 0.14, 0.02, -0.04).translate((0.19, 0, 0)))
    two += straight_wing(-0.38, (0.1, 0.09), 0.2, 0.0, 0.02)
    return body + dice.pick(one, two)


def flying_wing(dice: Dice) -> Solid:
    """All wing: a stealth bomber, or a faceted arrowhead with a V tail."""
    reach, back = dice.between(0.6, 0.85), dice.between(0.3, 0.48)
    if dice.chance(0.55):
        inner = (0.25 * reach, 0.3 - 0.25 * back, dice.between(0.28, 0.34), 0.0)
        outer = (0.5 * reach, 0.3 - 0.5 * back, 0.2, 0.0)
        wings = wing([(0, 0.3, 0.52, 0), inner, outer, (reach, 0.3 - back, 0.12, 0)], 0.1)
        intakes = pair(ball((0.11, 0.02, 0.0), (0.04, 0.035, 0.12), 12))
        return wings + ball((0, 0.025, 0.05), (0.06, 0.05, 0.16), 14) + intakes
    nose, belly = box(0.02, (-0.015, 0.0), (0.4, 0.42)), box(0.26, (-0.02, 0.0), (-0.3, -0.1))
    peak, rear = box(0.05, (0.07, 0.08), (0.0, 0.08)), box(0.1, (0.0, 0.02), (-0.35, -0.3))
    vee = fin(-0.25, (0.16, 0.08), 0.17, 0.1).rotate((0, 0, -35)).translate((0.03, 0.0, -0.05))
    wings = wing([(0, 0.15, 0.45, -0.01), (0.6 * reach, 0.05 - back, 0.08, -0.01)], 0.05)
    return hull(nose, belly, peak, rear) + wings + pair(vee)


def spaceplane(dice: Dice) -> Solid:
    """A shuttle: blunt body, double delta, engine bells."""
    r, reach = dice.between(0.075, 0.1), dice.between(0.3, 0.42)
    y = -0.75 * r
    shape = [(-0.42, r, 0), (0.22, r, 0), (0.38, 0.75 * r, -0.1 * r), (0.48, 0.3 * r, -0.3 * r)]
    edge = [(0, 0.3, 0.7, y), (1.2 * r, 0.12, 0.5, y), (1.8 * r, -0.06, 0.32, y)]
    bell = lathe([(0.42 * r, -0.47), (0.2 * r, -0.38)], 12).rotate((90, 0, 0))
    bells = pair(bell.translate((0.45 * r, -0.2 * r, 0))) + bell.translate((0, 0.5 * r, 0))
    pods = pair(ball((0.7 * r, 0.7 * r, -0.36), (0.035, 0.035, 0.1), 10))
    upright = fin(-0.22, (0.22, 0.12), dice.between(0.2, 0.26), 0.16, 0.7 * r)
    wings = wing([*edge, (reach, -0.28, 0.1, y)], 0.06)
    return fuselage(shape, 3) + wings + bells + pods + upright
