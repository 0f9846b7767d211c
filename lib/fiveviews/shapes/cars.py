"""Cars: closed, open, old, and made for racing; in metres, nose to +z."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .chassis import Plan, body, cabin, draw, lamps, mirrors, read_plans, wheels
from .dice import Dice
from .lorries import bus, lorry, pickup
from .parts import (
    Solid,
    arc,
    ball,
    bar,
    box,
    fillet,
    hull,
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

# length, width, roof, belt, clearance, wheel, cowl, front, rear, deck, nose, tail: see Plan
CLOSED = read_plans("""
saloon 4.2:5.1 1.6:1.9 1.38:1.5 .85:.95 .16:.22 .3:.36 .19:.26 .02:.1 -.24:-.16 -.39:-.32 .7:.85 .95
hatch 3.4:4.2 1.6:1.85 1.4:1.58 .85:.98 .16:.22 .3:.34 .2:.3 .05:.14 -.36:-.25 -.47:-.43 .65:.85 .95
estate 4.4:5 1.65:1.9 1.4:1.55 .85:.95 .16:.22 .3:.36 .19:.25 .04:.1 -.43:-.38 -.48:-.46 .7:.85 .95
offroad 4:5 1.75:2 1.65:1.95 1:1.15 .26:.36 .35:.42 .18:.26 .08:.16 -.45:-.38 -.48:-.46 .85:.97 .95
coupe 4:4.8 1.65:1.9 1.15:1.32 .75:.85 .12:.17 .3:.35 .1:.2 -.06:.02 -.22:-.12 -.47:-.36 .6:.85 .9
super 4.1:4.7 1.85:2 1.05:1.18 .72:.8 .1:.14 .31:.35 .24:.34 .02:.08 -.14:-.05 -.44:-.3 .4:.6 1:1.1
minivan 4.2:5 1.65:1.9 1.65:1.85 .95:1.05 .17:.22 .3:.36 .3:.4 .12:.2 -.44:-.4 -.48:-.46 .65:.8 .95
van 4.8:6.2 1.8:2 2:2.8 1.05:1.25 .2:.28 .32:.38 .36:.44 .22:.32 -.47:-.46 -.49:-.48 .7:.9 1
stretch 5.8:8 1.65:1.9 1.4:1.5 .88:.96 .17:.2 .3:.36 .27:.32 .2:.25 -.32:-.26 -.4:-.36 .75:.85 .95
cube 3:3.6 1.5:1.75 1.6:1.85 .95:1.05 .16:.22 .27:.33 .32:.4 .22:.32 -.46:-.4 -.48:-.47 .7:.9 1
""")


def car(dice: Dice) -> Solid:
    """A car or small lorry of any kind."""
    other = dice.pick(pickup, pickup, lorry, roadster, vintage, beetle, formula, jeep, bus)
    return dice.pick(closed, other)(dice)


def closed(dice: Dice) -> Solid:
    """Any car with a closed cabin, perhaps with a spoiler, a rack or a spare wheel."""
    p = draw(dice, CLOSED[dice.pick(*CLOSED)])
    whole = body(dice, p) + wheels(p) + lamps(dice, p)
    whole += cabin(dice, p, dice.count(1, 3) + int(p.length / 5.5)) + dice.maybe(0.6, mirrors(p))
    extra, x = dice.pick("none", "spoiler", "rack", "spare"), 0.3 * p.width
    if extra == "spoiler" and p.deck > -0.42:
        z, y = p.at(-0.47), p.clearance + (p.belt - p.clearance) * p.tail
        whole += box(0.85 * p.width, (y + 0.13, y + 0.2), (z - 0.05, z + 0.25))
        whole += pair(box((x - 0.04, x + 0.04), (y - 0.15, y + 0.15), (z, z + 0.15)))
    elif extra == "rack" and p.roof > 1.4:
        z = (p.at(p.rear) + 0.15, p.at(p.front) - 0.25)
        whole += pair(box((x - 0.04, x + 0.04), (p.roof - 0.05, p.roof + 0.07), z))
    elif extra == "spare" and p.roof > 1.6:
        z = p.at(-0.5)
        whole += rod((0, 0.95, z - 0.16), (0, 0.95, z + 0.15), p.wheel * 0.9, sides=16)
    return whole


def seats(p: Plan, z: float, back: float) -> Solid:
    """Two seats whose backs stand at z and rise to height `back`."""
    x, floor = (0.07 * p.width, 0.33 * p.width), p.clearance + 0.1
    rest = box(x, (floor, back), (-0.06, 0.08)).rotate((-6, 0, 0)).translate((0, 0, z))
    return pair(rest + box(x, (floor, floor + 0.3), (z - 0.02, z + 0.5)))


def roadster(dice: Dice) -> Solid:
    """Open: windscreen, seats, steering wheel and perhaps roll bars."""
    u = dice.between
    places = (u(0.1, 0.2), 0.06, -0.2, u(-0.3, -0.2), u(0.65, 0.9), u(0.85, 1.0))
    heights = (u(1.1, 1.3), u(0.75, 0.88), u(0.13, 0.18), u(0.3, 0.33))
    p = Plan(u(3.7, 4.7), u(1.6, 1.85), *heights, *places)
    w, front, rear, belt = p.width, p.at(p.cowl), p.at(p.deck), p.belt
    pit = box(0.74 * w, (p.clearance + 0.22, 9), (rear + 0.1, front - 0.15))
    lean = u(0.15, 0.5)
    low = box(0.9 * w, (belt - 0.08, belt - 0.04), (front - 0.22, front - 0.1))
    high = box(0.74 * w, (p.roof - 0.04, p.roof), (front - 0.22 - lean, front - 0.1 - lean))
    hub = np.array([0.2 * w, belt - 0.08, front - 0.4])
    wheel = rod(hub, hub + np.array([0, 0.06, -0.06]), 0.17, sides=14)
    wheel += bar(hub, (0.2 * w, belt - 0.15, front), 0.06)
    whole = body(dice, p) - pit + hull(low, high) + seats(p, rear + 0.25, belt + u(0.05, 0.25))
    hoop = [(0.06, -0.1), (0.08, 0.3), (0.32, 0.3), (0.34, -0.1)]
    bars = pair(tube(smooth([(x * w, belt + y, rear + 0.05) for x, y in hoop]), 0.05, 6))
    return whole + wheels(p) + lamps(dice, p) + wheel + dice.maybe(0.4, bars)


def wings(p: Plan) -> Solid:
    """Separate mudguards over the wheels, and running boards between them."""
    r, w = p.wheel, p.width
    parts = Solid()
    for z, start in zip(p.axles, (-18, -2), strict=True):
        outer, inner = (arc(k * r, start, start + 200, 10, (p.at(z), r)) for k in (1.38, 1.1))
        parts += pair(prism(np.concatenate([outer, inner[::-1]]), "x", (0.26 * w, 0.52 * w)))
    ends = (p.at(p.axles[0]) + r, p.at(p.axles[1]) - r)
    return parts + pair(box((0.25 * w, 0.5 * w), (r * 0.7, r * 0.7 + 0.12), ends))


def old_plan(dice: Dice) -> Plan:
    """Tall and narrow, with large wheels."""
    u = dice.between
    heights = (u(1.45, 1.7), u(0.9, 1.05), 0.3, u(0.34, 0.42))
    places = (u(0.06, 0.14), u(0.02, 0.06), u(-0.36, -0.28), u(-0.44, -0.38), 1.0, 1.0)
    return Plan(u(3.6, 4.6), u(1.5, 1.75), *heights, *places, axles=(-0.31, 0.34))


def vintage(dice: Dice) -> Solid:
    """Between the wars: upright cabin, long narrow bonnet, wings over the wheels."""
    p = old_plan(dice)
    w, belt, front, nose = p.width, p.belt, p.at(p.cowl), p.at(0.44)
    bonnet = [(front - 0.1, 0.62, belt, 0.15), (nose, 0.36, belt - 0.06, 0.12)]
    tub = [(p.at(-0.45), 0.55, 0.9 * belt, 0.12), (p.at(-0.36), 0.74, belt, 0.1)]
    tub.append((front, 0.7, belt, 0.1))
    whole = box(0.4 * w, (0.32, belt), (nose - 0.02, nose + 0.07), 0.06)
    for stations in (bonnet, tub):
        whole += loft([(z, rect(x * w, (0.35, y), soft, 2)) for z, x, y, soft in stations], "z")
    narrow = replace(p, width=0.76 * w, cowl=p.cowl - 0.01)
    screen = box(0.6 * w, (belt - 0.05, belt + 0.35), (front - 0.12, front))
    screen += box(0.6 * w, (0.5, belt + 0.15), (p.at(-0.3), p.at(-0.25)), 0.05)
    whole += dice.pick(cabin(dice, narrow, 2), cabin(dice, narrow, 2), screen)
    eye = ball((0.3 * w, belt - 0.12, p.at(0.42)), 0.12, 10)
    eye += bar((0.1 * w, belt - 0.16, p.at(0.42)), (0.3 * w, belt - 0.14, p.at(0.42)), 0.06)
    return whole + pair(eye) + wings(p) + wheels(p) + box(0.5 * w, (0.28, 0.5), 0.8 * p.length)


def beetle(dice: Dice) -> Solid:
    """Round all over: a domed cabin between bulging wings."""
    p = old_plan(dice)
    w, n, top = p.width, p.length, p.roof
    side = [(-0.48, 0.3), (-0.44, 0.5), (-0.32, 0.8), (-0.1, 1), (0.08, 0.98), (0.2, 0.66)]
    ridge = smooth([*side, (0.34, 0.58), (0.44, 0.45), (0.46, 0.3)], 2) * (n, top)

    def shell(y: float) -> float:
        """Half the width at height y: full at the waist, narrow at the roof."""
        return 0.38 * w * np.sqrt(max(0.1, 1 - ((y - 0.45) / (1.1 * top)) ** 2))

    layers = []
    for y in (0.28, 0.55, 0.8, 1.05, 1.25, top - 0.04):
        inside = [z for z, height in ridge if height >= y]
        layers.append((y, 2 * shell(y), (min(inside), max(inside))))
    whole = stack(layers, 0.28, 3) + wings(p) + wheels(p)
    lamp = ball((0.36 * w, 2 * p.wheel, p.at(0.4)), 0.14, 10)
    bumper = box(0.8 * w, (0.34, 0.46), (p.at(0.5) - 0.1, p.at(0.5)), 0.05)
    bumper += box(0.4 * w, (0.34, 0.46), (p.at(0.42), p.at(0.5) - 0.05))
    return whole + pair(lamp) + bumper + bumper.mirror((0, 0, 1))


def formula(dice: Dice) -> Solid:
    """A single-seater with open wheels; wings or a bare cigar."""
    u = dice.between
    axles = (u(-0.38, -0.34), u(0.28, 0.34))
    places = (0.1, 0.05, -0.2, -0.3, 1.0, 1.0)
    p = Plan(u(3.8, 5.0), u(1.6, 1.95), 0.95, 0.5, 0.1, u(0.3, 0.36), *places, axles=axles)
    w, r = p.width, p.wheel
    shape = [(-0.46, 0.16, 0.2, 0.5), (-0.2, 0.34, 0.1, 0.75), (0.0, 0.38, 0.1, 0.62)]
    shape += [(0.2, 0.26, 0.12, 0.52), (0.48, 0.1, 0.16, 0.32)]
    tub = loft([(p.at(z), rect(x * w, (a, b), 0.08, 2)) for z, x, a, b in shape], "z")
    inlet = rect(0.16 * w, (0.5, u(0.9, 1.05)), 0.06, 2)
    tub += loft([(p.at(-0.3), rect(0.08 * w, (0.4, 0.7), 0.04, 2)), (p.at(-0.09), inlet)], "z")
    tub += dice.maybe(
        0.75, pair(box((0.1 * w, 0.4 * w), (0.1, 0.5), (p.at(-0.25), p.at(0.06)), 0.1))
    )
    pit = box(0.2 * w, (0.4, 2.0), (p.at(-0.07), p.at(0.08)))
    driver = ball((0, 0.68, p.at(-0.02)), 0.15, 12)
    driver += rod((0, 0.2, p.at(-0.02)), (0, 0.6, p.at(-0.02)), 0.12)
    arm = bar((-0.4 * w, r, 0), (0.4 * w, r, 0), 0.08)
    arms = [arm.translate((0, 0, p.at(z) + t)) for z in p.axles for t in (-0.14, 0.14)]
    whole = union([tub - pit, driver, wheels(p, out=0.08), *arms])
    y, z = u(0.75, 1.0), p.at(-0.46)
    rear = box(0.6 * w, (y - 0.05, y + 0.05), (z - 0.2, z + 0.2)) + box(
        0.1, (0.3, y), (z, z + 0.15)
    )
    rear += pair(box((0.28 * w, 0.31 * w), (y - 0.25, y + 0.12), (z - 0.22, z + 0.22)))
    z = p.at(0.49)
    front = box(0.95 * w, (0.12, 0.24), (z - 0.15, z + 0.2))
    front += pair(box((0.44 * w, 0.48 * w), (0.1, 0.38), (z - 0.2, z + 0.22)))
    return whole + dice.maybe(0.8, rear + front)


def jeep(dice: Dice) -> Solid:
    """A boxy off-roader without a roof, or with a frame; its spare wheel behind."""
    u = dice.between
    heights = (u(1.65, 1.85), u(1.0, 1.1), 0.4, u(0.38, 0.46))
    places = (u(0.1, 0.16), 0.08, -0.4, -0.45, 1.0, 1.0)
    p = Plan(u(3.3, 4.0), u(1.6, 1.8), *heights, *places, axles=(-0.29, 0.3))
    w, r, belt, roof, front, rear = p.width, p.wheel, p.belt, p.roof, p.at(p.cowl), p.at(-0.48)
    tub = box(0.82 * w, (0.42, belt), (rear, front))
    tub -= box(0.7 * w, (0.62, 9), (rear + 0.12, front - 0.2))
    tub -= pair(box((0.3 * w, w), (0.72, 9), (p.at(-0.14), p.at(0.07))))
    ends = [(front - 0.05, 0.76, belt), (p.at(0.47), 0.62, belt - 0.04)]
    tub += loft([(z, rect(x * w, (0.42, y), 0.06, 2)) for z, x, y in ends], "z")
    guard = (2 * r, 2 * r + 0.1)
    for z, end in ((p.at(p.axles[0]), 1.2 * r), (p.at(p.axles[1]), p.at(0.17))):
        tub += pair(box((0.3 * w, 0.5 * w), guard, (z - 1.2 * r, z + end)))
    glass = box(0.8 * w, (belt - 0.1, roof), (-0.09, 0.0))
    glass -= box(0.64 * w, (belt + 0.1, roof - 0.1), 2)
    whole = tub + glass.rotate((-8, 0, 0)).translate((0, 0, front + 0.1)) + wheels(p)
    whole += seats(p, p.at(-0.14), belt + 0.2).translate((0, 0.1, 0)) + lamps(dice, p)
    whole += box(0.5 * w, (0.3, 0.65), 0.9 * p.length)
    whole += rod((0, 0.95, rear - 0.2), (0, 0.95, rear + 0.04), 0.9 * r, sides=16)
    x, z = 0.36 * w, p.at(-0.17)
    hoop = tube(fillet([(-x, 0.8, z), (-x, roof, z), (x, roof, z), (x, 0.8, z)], 0.2), 0.05, 6)
    hoop += pair(bar((x, roof - 0.12, z), (x, belt - 0.05, p.at(-0.46)), 0.09))
    cover = box(0.78 * w, (roof - 0.06, roof + 0.04), (z - 0.1, front - 0.1))
    return whole + dice.pick(Solid(), hoop, hoop + cover)
