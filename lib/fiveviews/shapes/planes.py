"""Aeroplanes that carry people and goods, nose to +z; the warlike have a file of their own."""

from __future__ import annotations

from .airframe import (
    fin,
    fuselage,
    gear,
    nacelle,
    piston_body,
    pod,
    propeller,
    pylon,
    straight_wing,
    tail,
    tube_body,
    wing,
)
from .dice import Dice
from .parts import Solid, ball, bar, box, hull, pair, rod
from .warplanes import bomber, delta, fighter, flying_wing, spaceplane, warbird


def plane(dice: Dice) -> Solid:
    """An aeroplane of any kind."""
    jets = dice.pick(airliner, airliner, business_jet, freighter, supersonic)
    propellers = dice.pick(light, light, twin, biplane, floatplane, canard, glider)
    military = dice.pick(fighter, fighter, delta, warbird, bomber, flying_wing, spaceplane)
    return dice.pick(jets, propellers, military)(dice)


def airliner(dice: Dice) -> Solid:
    """Swept wings; two, three or four jets beneath them or at the tail."""
    r, reach, back = dice.between(0.042, 0.075), dice.between(0.38, 0.55), dice.between(0.12, 0.28)
    z, root, tip = dice.between(0.08, 0.16), dice.between(0.16, 0.24), dice.between(0.04, 0.07)
    y, rise, kink = -0.6 * r, dice.between(0.02, 0.08), 0.35
    bend = (reach * kink, z - back * kink, 0.62 * root, y + rise * kink)
    body = tube_body(r) + wing([(0.0, z, root, y), bend, (reach, z - back, tip, y + rise)])
    e, long = dice.between(0.022, 0.034), dice.between(0.09, 0.13)

    def under(t: float) -> Solid:
        x, low, lead = reach * t, y + rise * t - 1.15 * e, z - back * t
        return nacelle(x, low, lead + 0.01, e, long) + pylon(
            x, (low, low + 1.4 * e), (lead - 0.1, lead)
        )

    layout = dice.pick("two", "two", "three", "four", "tail")
    if layout == "tail":
        pods = nacelle(r + 0.9 * e, 0.3 * r, -0.3, e, long)
        pods += box((0.5 * r, r + e), (0.2 * r, 0.5 * r), (-0.33, -0.27))
        upright = fin(-0.34, (0.17, 0.12), 0.15, 0.12, 0.5 * r)
        level = straight_wing(-0.43, (0.09, 0.05), 0.16, 0.05, 0.5 * r + 0.135)
        return body + pair(pods) + upright + level
    body += pair(under(0.3) + under(0.6) if layout == "four" else under(0.32))
    if layout == "three":
        body += nacelle(0, 1.3 * r, -0.36, e, 0.16) + pylon(0, (0, 1.3 * r), (-0.42, -0.3))
    winglet = fin(z - back - 0.01, (0.9 * tip, 0.025), 0.05, 0.03, y + rise)
    body += dice.maybe(0.3, pair(winglet.translate((reach - 0.012, 0, 0))))
    level = straight_wing(-0.37, (0.11, 0.05), dice.between(0.14, 0.2), 0.08, 0.5 * r, 0.02)
    return body + level + fin(-0.32, (0.16, 0.07), dice.between(0.13, 0.19), 0.12, 0.6 * r)


def business_jet(dice: Dice) -> Solid:
    """Low wing, engines beside the tail, T-tail, perhaps tanks at the tips."""
    r, reach, y = dice.between(0.05, 0.068), dice.between(0.4, 0.52), -0.03
    back, rise = dice.between(0.08, 0.2), dice.between(0.02, 0.06)
    body = tube_body(r, 0.5, 0.7) + straight_wing(0.05, (0.19, 0.06), reach, back, y, rise)
    e, tall = dice.between(0.024, 0.032), dice.between(0.13, 0.17)
    pods = nacelle(r + e, 0.4 * r, -0.24, e, 0.14)
    pods += box((0.4 * r, r + e), (0.25 * r, 0.55 * r), (-0.28, -0.2))
    upright = fin(-0.31, (0.17, 0.11), tall, 0.11, 0.4 * r)
    level = straight_wing(-0.41, (0.1, 0.05), 0.17, 0.05, 0.4 * r + tall - 0.018)
    tank = ball((reach, y + rise, 0.02 - back), (0.022, 0.022, 0.09), 10)
    return body + pair(pods) + upright + level + dice.maybe(0.3, pair(tank))


def freighter(dice: Dice) -> Solid:
    """A high-winged transport: fat body, four engines, wheels in blisters."""
    r, reach, z = dice.between(0.07, 0.095), dice.between(0.48, 0.62), 0.12
    y, drop, back = 0.9 * r, dice.between(0, 0.05), dice.between(0.02, 0.16)
    body = tube_body(r, 0.75, 0.25) + straight_wing(z, (0.19, 0.07), reach, back, y, -drop)
    body += pair(ball((0.9 * r, -0.75 * r, -0.02), (0.03, 0.03, 0.13), 10))
    jets = dice.chance(0.5)
    for t in (0.3, 0.58):
        x, lead, high = reach * t, z - back * t, y - drop * t
        if jets:
            engine = nacelle(x, high - 0.045, lead + 0.02, 0.027, 0.11)
            engine += pylon(x, (high - 0.04, high), (lead - 0.08, lead))
        else:
            engine = pod(x, high, (lead - 0.12, lead + 0.07), 0.026)
            engine += propeller(dice, (x, high, lead + 0.07), 0.08, 0.018)
        body += pair(engine)
    tall, low = dice.between(0.17, 0.22), 0.5 * r
    level = low + dice.pick(tall - 0.018, tall - 0.018, 0.02)
    body += fin(-0.32, (0.18, 0.12), tall, 0.08, low)
    return body + straight_wing(-0.38, (0.11, 0.06), 0.2, 0.05, level)


def supersonic(dice: Dice) -> Solid:
    """A needle with a slender ogee wing and boxed engines."""
    r, reach = dice.between(0.028, 0.036), dice.between(0.2, 0.28)
    y = -0.6 * r
    shape = [(-0.5, 0.01, 0.01), (-0.3, r, 0), (0.3, r, 0), (0.42, 0.7 * r, -0.005)]
    edge = [(0, 0.3, 0.68, y), (0.35 * reach, 0.08, 0.47, y), (0.7 * reach, -0.12, 0.28, y)]
    wings = wing([*edge, (reach, -0.28, 0.1, y)], 0.04)
    boxes = pair(box((0.3 * reach, 0.55 * reach), (y - 0.04, y + 0.005), (-0.4, -0.16)))
    upright = fin(-0.2, (0.26, 0.08), dice.between(0.1, 0.15), 0.18, 0.5 * r)
    return fuselage([*shape, (0.5, 0.008, -0.02)]) + wings + boxes + upright


def glasshouse(r: float) -> Solid:
    """The cabin on a light aircraft's fuselage."""
    top = box(1.1 * r, (1.2 * r, 1.45 * r), (-0.04, 0.14))
    return hull(box(1.4 * r, (0.3 * r, 0.5 * r), (-0.12, 0.24)), top)


def light(dice: Dice) -> Solid:
    """A single propeller, high wing on struts or low wing, wheels out."""
    r, reach, root = dice.between(0.06, 0.085), dice.between(0.5, 0.75), dice.between(0.14, 0.2)
    high, z, back = dice.chance(0.5), dice.between(0.14, 0.2), dice.between(0, 0.05)
    y, rise = (1.3 * r, 0.0) if high else (-0.75 * r, dice.between(0.02, 0.08))
    chords = (root, root * dice.between(0.55, 1))
    body = piston_body(dice, r) + straight_wing(z, chords, reach, back, y, rise) + glasshouse(r)
    body += propeller(dice, (0, -0.1 * r, 0.45), dice.between(0.1, 0.14), 0.03)
    strut = bar((0.4 * r, -0.6 * r, z - 0.07), (reach * 0.5, y, z - 0.07), 0.026)
    if high and dice.chance(0.7):
        body += pair(strut)
    legs = gear(dice, 0.12, -0.6 * r, 0.12, on_tail=dice.chance(0.5))
    return body + tail(dice, 0.02, -0.34, 0.15) + dice.maybe(0.75, legs)


def twin(dice: Dice) -> Solid:
    """A propeller on each wing."""
    r, reach, root = dice.between(0.045, 0.07), dice.between(0.45, 0.65), dice.between(0.13, 0.18)
    z, y = dice.between(0.08, 0.14), dice.pick(0.8, -0.5) * r
    wings = straight_wing(z, (root, root / 2), reach, 0.03, y, dice.between(0, 0.03))
    x = dice.between(0.3, 0.4) * reach
    engine = pod(x, y, (z - 0.22, z + 0.09), 0.032)
    engine += propeller(dice, (x, y, z + 0.09), dice.between(0.08, 0.11), 0.022)
    return tube_body(r, 0.5, 0.5) + wings + pair(engine) + tail(dice, 0.4 * r, -0.33, 0.16)


def biplane(dice: Dice) -> Solid:
    """Two wings, sometimes three, struts between, an open cockpit."""
    r, reach, root = dice.between(0.055, 0.075), dice.between(0.45, 0.65), dice.between(0.14, 0.18)
    z, ahead = dice.between(0.2, 0.26), dice.between(-0.02, 0.06)
    low, top = -0.7 * r, dice.between(0.16, 0.22) - 0.4 * r
    short, chords = reach * dice.between(0.85, 1.0), (root, 0.9 * root)
    body = piston_body(dice, r) - rod((0, 0.6 * r, -0.05), (0, 9, -0.05), 0.6 * r)
    body += straight_wing(z + ahead, chords, reach, 0, top)
    body += straight_wing(z, chords, short, 0, low)
    third = straight_wing(z + ahead / 2, chords, short, 0, (low + top) / 2)
    x = 0.72 * reach
    struts = bar((0.4 * r, 0, z - 0.06), (0.5 * r, top, z - 0.06 + ahead), 0.026)
    for back in (0.04, 0.1):
        struts += bar((x, low, z - back), (x, top, z - back + ahead), 0.026)
    body += pair(struts) + propeller(dice, (0, -0.1 * r, 0.45), 0.12, 0.03)
    body += dice.maybe(0.2, third) + gear(dice, 0.2, -0.6 * r, 0.09, on_tail=True)
    return body + tail(dice, 0.02, -0.36, 0.13)


def glider(dice: Dice) -> Solid:
    """Very long thin wings on a tadpole body."""
    r, reach, root = dice.between(0.04, 0.055), dice.between(0.75, 1.1), dice.between(0.08, 0.12)
    shape = [(-0.5, 0.016, 0.02), (-0.1, 0.022, 0.015), (0.1, 0.9 * r, 0), (0.26, r, 0)]
    body = fuselage([*shape, (0.4, 0.7 * r, -0.01), (0.46, 0.012, -0.02)])
    y, tall = 0.5 * r, dice.between(0.12, 0.16)
    mid = (0.6 * reach, 0.15, 0.85 * root, y + 0.02)
    body += wing([(0, 0.16, root, y), mid, (reach, 0.11, 0.4 * root, y + 0.07)])
    tee = straight_wing(-0.43, (0.06, 0.04), 0.17, 0.02, tall - 0.01)
    low = straight_wing(-0.4, (0.07, 0.05), 0.18, 0.01, 0.02)
    return body + fin(-0.38, (0.11, 0.08), tall, 0.04, 0.01) + dice.pick(tee, tee, low)


def floatplane(dice: Dice) -> Solid:
    """A seaplane: on two floats, or a flying boat with its engine above the wing."""
    r, reach, root = dice.between(0.055, 0.075), dice.between(0.5, 0.65), dice.between(0.14, 0.18)
    wings = straight_wing(0.16, (root, 0.8 * root), reach, 0.01, 1.25 * r)
    if dice.chance(0.5):
        y = -r - 0.12
        shape = [
            (-0.3, 0.012, y + 0.02),
            (-0.1, 0.032, y),
            (0.2, 0.036, y),
            (0.36, 0.012, y + 0.02),
        ]
        side = fuselage(shape, 3).translate((0.14, 0, 0))
        side += bar((0.4 * r, -0.5 * r, 0.0), (0.14, y + 0.02, 0.0), 0.026)
        side += bar((0.4 * r, -0.5 * r, 0.18), (0.14, y + 0.02, 0.18), 0.026)
        nose = propeller(dice, (0, -0.1 * r, 0.45), 0.12, 0.03)
        body = piston_body(dice, r) + glasshouse(r) + wings + pair(side) + nose
        return body + tail(dice, 0.02, -0.34, 0.15)
    shape = [(-0.5, 0.02, 0.06), (-0.25, 0.6 * r, 0.03), (0, r, 0), (0.3, r, 0), (0.47, 0.02, 0.02)]
    x, y = dice.pick((0.0, 2.5 * r), (0.13, 1.6 * r))
    engine = pod(x, y, (-0.02, 0.2), 0.032) + propeller(dice, (x, y, 0.2), 0.1, 0.022)
    engine += box((x - 0.02, x + 0.02), (r, y), (0.04, 0.12))
    tip = ball((0.85 * reach, 0.6 * r, 0.1), (0.022, 0.025, 0.09), 10)
    tip += pylon(0.85 * reach, (0.6 * r, 1.25 * r), (0.08, 0.12))
    wings += box(0.06, (0.5 * r, 1.3 * r), (0.02, 0.14))
    body = fuselage(shape, 3) + wings + pair(engine if x else tip) + (pair(tip) if x else engine)
    level = straight_wing(-0.4, (0.1, 0.07), 0.18, 0.02, 0.16)
    return body + fin(-0.38, (0.14, 0.09), 0.17, 0.05, 0.05) + level


def canard(dice: Dice) -> Solid:
    """Wing behind, foreplane ahead and a pusher propeller; or twin booms."""
    r, reach = dice.between(0.05, 0.07), dice.between(0.5, 0.65)
    if dice.chance(0.5):
        shape = [
            (-0.3, 0.03, 0),
            (-0.1, r, 0),
            (0.15, r, 0),
            (0.4, 0.03, -0.01),
            (0.46, 0.01, -0.01),
        ]
        edge = [(0, 0, 0.28, 0), (0.3 * reach, -0.12, 0.14, 0), (reach, -0.26, 0.08, 0.02)]
        lets = fin(-0.24, (0.1, 0.06), 0.12, 0.06, 0.01).translate((reach - 0.015, 0, 0))
        pusher = propeller(dice, (0, 0, 0.3), 0.12, 0.03).mirror((0, 0, 1))
        front = straight_wing(0.38, (0.06, 0.05), 0.24, 0.0, -0.01)
        return fuselage(shape) + wing(edge) + pair(lets) + front + pusher
    x = dice.between(0.14, 0.2)
    body = fuselage([(-0.14, 0.03, 0), (0.05, r, 0), (0.25, r, 0), (0.42, 0.02, -0.01)])
    boom = fuselage([(-0.5, 0.015, 0), (0.1, 0.022, 0), (0.3, 0.024, 0)])
    boom += fin(-0.38, (0.12, 0.09), 0.13, 0.04)
    bridge = hull(box(2 * x, 0.026, (-0.48, -0.4)), box(2 * x, 0.02, (-0.5, -0.38)))
    tractors = pair(propeller(dice, (x, 0, 0.3), 0.1, 0.022))
    pusher = propeller(dice, (0, 0, -0.13), 0.11, 0.03)
    body += straight_wing(0.14, (0.17, 0.09), reach, 0.03, 0.0, 0.02) + bridge
    return body + pair(boom.translate((x, 0, 0))) + dice.pick(tractors, pusher)
