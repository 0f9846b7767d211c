"""Aeroplanes, nose to +z; a unit is about the length of the fuselage."""

from __future__ import annotations

import numpy as np

from .parts import (
    Array,
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
    rod,
    union,
)

THIN = 0.014  # half the thinnest a wing may be, to survive a coarse voxel grid


def plane(dice: Dice) -> Solid:
    """An aeroplane of any kind."""
    style = dice.pick(
        airliner,
        airliner,
        airliner,
        light,
        light,
        twin,
        biplane,
        glider,
        delta,
        fighter,
        fighter,
        warbird,
        bomber,
        flying_wing,
        jet,
        jet,
        freighter,
        floatplane,
        supersonic,
        canard,
        shuttle,
    )
    return style(dice)


def foil(z: float, chord: float, y: float, thick: float) -> Array:
    """Side view (z, y) of a wing's section, its leading edge at z."""
    t = max(thick * chord, THIN * 2) / 2
    shape = [
        (0, 0),
        (-0.06, 0.7),
        (-0.3, 1),
        (-0.7, 0.75),
        (-1, 0.35),
        (-1, -0.35),
        (-0.7, -0.7),
        (-0.3, -0.8),
        (-0.06, -0.6),
    ]
    return np.array([(z + a * chord, y + b * t) for a, b in shape])


def wing(stations: list[tuple[float, float, float, float]], thick: float = 0.12) -> Solid:
    """Both wings, through stations (x, leading edge, chord, height) from the root outward."""
    half = loft([(x, foil(z, c, y, thick)) for x, z, c, y in stations], "x")
    return pair(half)


def simple_wing(
    z: float, root: float, tip: float, reach: float, sweep: float, y: float = 0.0, rise: float = 0.0
) -> Solid:
    """A straight-edged wing: root and tip chords, half span, setback of the tip, height, dihedral."""
    return wing([(0.0, z, root, y), (reach, z - sweep, tip, y + rise)])


def fin(z: float, root: float, tip: float, tall: float, sweep: float, y: float = 0.0) -> Solid:
    """One upright fin whose root's leading edge is at (y, z)."""
    section = lambda lead, chord: foil(lead, chord, 0.0, 0.1)[:, ::-1]  # noqa: E731
    return loft([(y, section(z, root)), (y + tall, section(z - sweep, tip))], "y")


def fuselage(
    stations: list[tuple[float, float, float]], power: float = 2.0, flat: float = 1.0
) -> Solid:
    """A body through stations (z, radius, height of its axis), from tail to nose."""
    return loft(
        [(z, ellipse(2 * r, (y - r * flat, y + r * flat), 14, power)) for z, r, y in stations], "z"
    )


def liner(dice: Dice, r: float, upsweep: float = 0.6, blunt: float = 0.3) -> Solid:
    """An airliner's or transport's fuselage from z = -0.5 to 0.5."""
    tail = r * upsweep
    stations = [
        (-0.5, r * 0.15, tail),
        (-0.38, r * 0.55, tail * 0.6),
        (-0.22, r, 0.0),
        (0.3, r, 0.0),
    ]
    stations += [
        (0.5 - blunt * 0.3, r * 0.85, -r * 0.08),
        (0.5 - blunt * 0.1, r * 0.55, -r * 0.18),
        (0.5, r * 0.15, -r * 0.25),
    ]
    return fuselage(stations)


def nacelle(x: float, y: float, z: float, r: float, long: float) -> Solid:
    """A jet engine, open in front, its middle at (x, y, z)."""
    pod = lathe([(0.6 * r, -long / 2), (r, -0.1 * long), (r, 0.4 * long), (0.85 * r, long / 2)], 12)
    pod -= lathe([(0.3 * r, 0.35 * long), (0.72 * r, 0.45 * long), (0.72 * r, long)], 12)
    return pod.rotate((90, 0, 0)).translate((x, y, z))


def propeller(dice: Dice, at: tuple[float, float, float], reach: float, hub: float) -> Solid:
    """A spinner and two to four blades in a plane of constant z."""
    n, t = dice.count(2, 4), max(0.024, 0.1 * reach)
    blade = around(
        hull(box((0, 0.02), 2.2 * t, 0.7 * t), box((reach - 0.03, reach), 1.2 * t, 0.5 * t)).rotate(
            (-90, 0, 0)
        ),
        n,
        dice.between(0, 90),
    )
    nose = lathe([(hub, -0.03), (hub, 0), (0.6 * hub, 0.8 * hub), (0.1 * hub, 1.5 * hub)], 12)
    return (blade + nose).rotate((90, 0, 0)).translate(at)


def tailplane(dice: Dice, y: float, z: float, size: float) -> Solid:
    """Fin and tailplane in any arrangement, the roots at height y and z forward of the tail's end."""
    root, s = dice.between(0.12, 0.18), dice.between(0.03, 0.12)
    tall, reach = size * dice.between(0.8, 1.2), size * dice.between(0.9, 1.3)
    upright = fin(z, root, root * 0.55, tall, s, y - 0.01)
    low = simple_wing(z - 0.02, root * 0.85, root * 0.5, reach, s, y, 0.01)
    kind = dice.pick("low", "low", "low", "tee", "cross", "vee", "twin")
    if kind == "tee":
        return upright + simple_wing(
            z - s + 0.01, root * 0.65, root * 0.4, reach * 0.85, s * 0.7, y + tall - 0.015
        )
    if kind == "cross":
        return upright + simple_wing(z - s * 0.5, root * 0.7, root * 0.45, reach, s, y + tall * 0.5)
    if kind == "vee":
        return wing([(0.0, z, root, y), (reach * 0.8, z - s, root * 0.6, y + tall * 0.9)])
    if kind == "twin":
        sides = pair(
            fin(z, root * 0.8, root * 0.6, tall * 0.8, s * 0.5, y - tall * 0.25).translate(
                (reach * 0.9, 0, 0)
            )
        )
        return simple_wing(z, root * 0.8, root * 0.75, reach * 0.92, 0.0, y) + sides
    return upright + low


def gear(dice: Dice, z: float, y: float, wide: float, tail: bool) -> Solid:
    """Fixed wheels: two beneath the wing, one under nose or tail."""
    r = dice.between(0.025, 0.035)

    def wheel(x: float, z_: float, top: float, size: float) -> Solid:
        foot = y - 0.1
        strut = bar((x * 0.4, top, z_), (x, foot, z_), 0.024)
        return strut + rod((x - 0.013, foot, z_), (x + 0.013, foot, z_), size, sides=12)

    third = wheel(0.0, -0.44, y + 0.06, r * 0.7) if tail else wheel(0.0, 0.36, y, r)
    return pair(wheel(wide, z, y, r)) + third


def airliner(dice: Dice) -> Solid:
    """Swept wings, jets beneath them or at the tail; two, three or four."""
    r, reach, sweep = dice.between(0.042, 0.075), dice.between(0.38, 0.55), dice.between(0.12, 0.28)
    z, root = dice.between(0.08, 0.16), dice.between(0.16, 0.24)
    rise, tip = dice.between(0.02, 0.08), dice.between(0.04, 0.07)
    kink = 0.35
    lead = lambda t: z - sweep * t  # noqa: E731
    body = liner(dice, r) + wing(
        [
            (0.0, z, root, -r * 0.6),
            (reach * kink, lead(kink), root * 0.62, -r * 0.6 + rise * kink),
            (reach, lead(1), tip, rise - r * 0.6),
        ]
    )
    layout = dice.pick("two", "two", "four", "tail", "three")
    e, long = dice.between(0.022, 0.034), dice.between(0.09, 0.13)

    def under(t: float) -> Solid:
        at = (reach * t, -r * 0.6 + rise * t - e * 1.15, lead(t) + 0.01)
        return nacelle(*at, e, long) + box(
            (at[0] - 0.012, at[0] + 0.012), (at[1], at[1] + e * 1.4), (at[2] - 0.1, at[2])
        )

    if layout in ("two", "three"):
        body += pair(under(0.32))
    elif layout == "four":
        body += pair(under(0.3) + under(0.6))
    if layout == "tail":
        body += pair(
            nacelle(r + e * 0.9, r * 0.3, -0.3, e, long)
            + box((r * 0.5, r + e), (r * 0.2, r * 0.5), (-0.33, -0.27))
        )
        return (
            body
            + fin(-0.34, 0.17, 0.12, 0.15, 0.12, r * 0.5)
            + simple_wing(-0.43, 0.09, 0.05, 0.16, 0.05, r * 0.5 + 0.14)
        )
    if layout == "three":
        body += nacelle(0, r * 1.3, -0.36, e, 0.16) + box(0.02, (0, r * 1.3), (-0.42, -0.3))
    tall = dice.between(0.13, 0.19)
    if dice.chance(0.3):
        body += pair(
            fin(lead(1) - 0.01, tip * 0.9, 0.025, 0.05, 0.03).translate(
                (reach - 0.012, rise - r * 0.6, 0)
            )
        )
    return (
        body
        + fin(-0.32, 0.16, 0.07, tall, 0.12, r * 0.6)
        + simple_wing(-0.37, 0.11, 0.05, dice.between(0.14, 0.2), 0.08, r * 0.5, 0.02)
    )


def piston(dice: Dice, r: float) -> Solid:
    """A propeller aircraft's fuselage with its cabin."""
    stations = [
        (-0.5, 0.018, 0.02),
        (-0.25, r * 0.55, 0.01),
        (0.0, r, 0.0),
        (0.2, r * 1.05, 0.0),
        (0.38, r * 0.8, -0.1 * r),
        (0.45, r * 0.6, -0.1 * r),
    ]
    return fuselage(stations, power=dice.between(2.2, 4))


def light(dice: Dice) -> Solid:
    """A single propeller, high or low wing, wheels out."""
    r, reach, chord = dice.between(0.06, 0.085), dice.between(0.5, 0.75), dice.between(0.14, 0.2)
    high, z = dice.chance(0.5), dice.between(0.14, 0.2)
    y = r * 1.3 if high else -r * 0.75
    parts = [
        piston(dice, r),
        simple_wing(
            z,
            chord,
            chord * dice.between(0.55, 1),
            reach,
            dice.between(0, 0.05),
            y,
            0.0 if high else dice.between(0.02, 0.08),
        ),
    ]
    cab = hull(
        box(1.4 * r, (0.3 * r, 0.5 * r), (-0.12, 0.24)),
        box(1.1 * r, (1.3 * r, 1.5 * r), (-0.06, 0.14)),
    )
    parts += [
        cab,
        propeller(dice, (0, -0.1 * r, 0.45), dice.between(0.1, 0.14), 0.03),
        tailplane(dice, 0.02, -0.34, 0.15),
    ]
    if high and dice.chance(0.7):
        parts.append(pair(bar((0.4 * r, -0.6 * r, z - 0.07), (reach * 0.5, y, z - 0.07), 0.024)))
    if dice.chance(0.75):
        parts.append(gear(dice, 0.12, -0.6 * r, 0.12, dice.chance(0.5)))
    return union(parts)


def twin(dice: Dice) -> Solid:
    """A propeller on each wing."""
    r, reach, chord = dice.between(0.045, 0.07), dice.between(0.45, 0.65), dice.between(0.13, 0.18)
    high, z, rise = dice.chance(0.45), dice.between(0.08, 0.14), dice.between(0, 0.05)
    y = r * 0.8 if high else -r * 0.5
    body = liner(dice, r, 0.5, 0.5) + simple_wing(z, chord, chord * 0.5, reach, 0.03, y, rise)
    x = dice.between(0.3, 0.4) * reach
    pod = fuselage(
        [(z - 0.22, 0.014, y), (z - 0.1, 0.03, y), (z + 0.06, 0.03, y), (z + 0.09, 0.022, y)]
    ).translate((x, 0, 0))
    screw = propeller(dice, (x, y, z + 0.09), dice.between(0.08, 0.11), 0.022)
    return body + pair(pod + screw) + tailplane(dice, r * 0.4, -0.33, 0.16)


def biplane(dice: Dice) -> Solid:
    """Two wings, sometimes three, struts between, an open cockpit."""
    r, reach, chord = dice.between(0.055, 0.075), dice.between(0.45, 0.65), dice.between(0.14, 0.18)
    gap, stagger, z = dice.between(0.16, 0.22), dice.between(-0.02, 0.06), dice.between(0.2, 0.26)
    low, top = -0.7 * r, gap - 0.4 * r
    body = piston(dice, r) - rod((0, 0.6 * r, -0.05), (0, 9, -0.05), 0.6 * r)
    upper = simple_wing(z + stagger, chord, chord * 0.9, reach, 0.0, top)
    lower = simple_wing(z, chord, chord * 0.9, reach * dice.between(0.85, 1.0), 0.0, low)
    struts = union(
        bar((x, low, z - s), (x * dice.between(0.9, 1.05), top, z - s + stagger), 0.024)
        for x in (reach * 0.72,)
        for s in (0.04, 0.1)
    )
    cabane = bar((0.4 * r, 0, z - 0.06), (0.5 * r, top, z - 0.06 + stagger), 0.024)
    mid = (
        simple_wing(z + stagger / 2, chord * 0.9, chord * 0.8, reach * 0.95, 0.0, (low + top) / 2)
        if dice.chance(0.2)
        else Solid()
    )
    tail = tailplane(dice, 0.02, -0.36, 0.13)
    return (
        body
        + upper
        + lower
        + mid
        + pair(struts + cabane)
        + tail
        + propeller(dice, (0, -0.1 * r, 0.45), 0.12, 0.03)
        + gear(dice, 0.2, -0.6 * r, 0.09, True)
    )


def glider(dice: Dice) -> Solid:
    """Very long thin wings on a tadpole body."""
    r, reach, chord = dice.between(0.04, 0.055), dice.between(0.75, 1.2), dice.between(0.08, 0.11)
    body = fuselage(
        [
            (-0.5, 0.016, 0.02),
            (-0.1, 0.02, 0.015),
            (0.1, r * 0.9, 0.0),
            (0.26, r, 0.0),
            (0.4, r * 0.7, -0.01),
            (0.46, 0.012, -0.02),
        ],
        flat=1.2,
    )
    tall = dice.between(0.12, 0.16)
    tee = (
        simple_wing(-0.43, 0.06, 0.04, 0.17, 0.02, tall)
        if dice.chance(0.7)
        else simple_wing(-0.4, 0.07, 0.05, 0.18, 0.01, 0.02)
    )
    wings = wing(
        [
            (0.0, 0.16, chord, r * 0.5),
            (reach * 0.6, 0.15, chord * 0.85, r * 0.5 + 0.02),
            (reach, 0.11, chord * 0.4, r * 0.5 + 0.07),
        ]
    )
    return body + wings + fin(-0.38, 0.11, 0.08, tall, 0.04, 0.01) + tee


def fighter_body(dice: Dice, r: float) -> Solid:
    """A long-nosed jet with side intakes and a bubble canopy."""
    body = fuselage(
        [
            (-0.44, r * 0.8, 0.0),
            (-0.3, r, 0.0),
            (0.1, r * 1.05, 0.0),
            (0.28, r * 0.7, 0.0),
            (0.42, r * 0.35, -0.005),
            (0.54, 0.008, -0.012),
        ],
        power=2.5,
    )
    intakes = pair(
        loft([(z, box_outline(r * 0.6, r * 1.5, -0.8 * r, 0.5 * r)) for z in (-0.3, 0.14)], "z")
    )
    canopy = ball((0, r * 0.75, 0.22), (r * 0.55, r * 0.75, 0.12), 12)
    nozzle = (
        lathe([(0.7 * r, -0.03), (0.62 * r, 0.05)], 12).rotate((-90, 0, 0)).translate((0, 0, -0.45))
    )
    return body + intakes + canopy + nozzle


def box_outline(x0: float, x1: float, y0: float, y1: float) -> Array:
    return np.array([(x0, y0), (x1, y0 + 0.2 * (y1 - y0)), (x1, y1), (x0, y1)])


def fighter(dice: Dice) -> Solid:
    """A swept-wing jet fighter, one fin or two, stores under the wings."""
    r, reach, root = dice.between(0.045, 0.06), dice.between(0.26, 0.4), dice.between(0.26, 0.36)
    z, sweep = dice.between(0.04, 0.12), dice.between(0.14, 0.26)
    parts = [
        fighter_body(dice, r),
        simple_wing(
            z, root, root * dice.between(0.2, 0.4), reach, sweep, 0.0, dice.between(-0.03, 0.02)
        ),
    ]
    parts.append(simple_wing(-0.31, 0.15, 0.07, dice.between(0.18, 0.24), 0.12))
    if dice.chance(0.55):
        cant = dice.between(0, 28)
        parts.append(
            pair(
                fin(-0.24, 0.18, 0.08, 0.17, 0.12, -0.01)
                .rotate((0, 0, -cant))
                .translate((r * 1.2, 0.2 * r, 0))
            )
        )
    else:
        parts.append(fin(-0.22, 0.22, 0.08, 0.19, 0.15, r * 0.5))
    if dice.chance(0.6):
        parts.append(pair(store(reach * 0.6, -0.045, z - sweep * 0.6 - 0.06)))
    if dice.chance(0.4):
        parts.append(
            pair(
                rod((reach, 0.0, z - sweep - 0.16), (reach, 0.0, z - sweep + 0.06), 0.014, sides=8)
            )
        )
    return union(parts)


def store(x: float, y: float, z: float) -> Solid:
    """A bomb, missile or tank hung below the wing."""
    shape = fuselage(
        [(z - 0.1, 0.008, y), (z - 0.05, 0.018, y), (z + 0.05, 0.018, y), (z + 0.1, 0.006, y)]
    ).translate((x, 0, 0))
    return shape + box((x - 0.012, x + 0.012), (y, 0.0), (z - 0.03, z + 0.03))


def delta(dice: Dice) -> Solid:
    """A triangular wing, with or without foreplanes."""
    r, reach, root = dice.between(0.045, 0.065), dice.between(0.28, 0.42), dice.between(0.5, 0.62)
    z = root - 0.42
    parts = [
        fighter_body(dice, r),
        simple_wing(z, root, 0.05, reach, root - dice.between(0.05, 0.1), -0.2 * r),
    ]
    if dice.chance(0.5):
        parts.append(simple_wing(0.3, 0.11, 0.04, 0.16, 0.08, 0.3 * r))
    if dice.chance(0.25):
        parts.append(pair(fin(-0.2, 0.2, 0.08, 0.17, 0.1, -0.02).translate((reach * 0.45, 0, 0))))
    else:
        parts.append(fin(-0.12, 0.3, 0.1, dice.between(0.15, 0.22), 0.2, r * 0.5))
    return union(parts)


def warbird(dice: Dice) -> Solid:
    """A single-seat piston fighter: big nose, tapered or elliptical wing."""
    r, reach, chord, z = (
        dice.between(0.055, 0.075),
        dice.between(0.5, 0.65),
        dice.between(0.2, 0.26),
        dice.between(0.16, 0.22),
    )
    body = fuselage(
        [
            (-0.5, 0.015, 0.02),
            (-0.2, r * 0.7, 0.01),
            (0.1, r, 0.0),
            (0.35, r * 0.95, 0.0),
            (0.44, r * 0.75, 0.0),
        ],
        flat=1.15,
    )
    stations = [
        (reach * t, z - 0.25 * chord * (1 - c), chord * c, -0.5 * r + 0.06 * t)
        for t, c in [(0, 1), (0.4, 0.94), (0.75, 0.7), (0.93, 0.45), (1, 0.25)]
    ]
    straight = [(0.0, z, chord, -0.5 * r), (reach, z - 0.04, chord * 0.45, -0.5 * r + 0.06)]
    gull = [
        (0.0, z, chord, -0.2 * r),
        (reach * 0.3, z, chord * 0.95, -1.1 * r),
        (reach, z - 0.03, chord * 0.45, 0.5 * r),
    ]
    canopy = ball((0, r, 0.05), (0.55 * r, 0.6 * r, dice.between(0.07, 0.13)), 12)
    scoop = ball((0, -r, -0.02), (0.5 * r, 0.5 * r, 0.1), 10) if dice.chance(0.4) else Solid()
    tail = fin(-0.35, 0.14, 0.09, 0.14, 0.04, 0.02) + simple_wing(
        -0.36, 0.11, 0.07, 0.19, 0.02, 0.02
    )
    return (
        body
        + wing(dice.pick(stations, straight, gull))
        + canopy
        + scoop
        + tail
        + propeller(dice, (0, 0, 0.44), 0.15, 0.045)
    )


def bomber(dice: Dice) -> Solid:
    """A heavy with two or four propellers, glazed nose, one fin or two."""
    r, reach, chord = dice.between(0.05, 0.065), dice.between(0.6, 0.75), dice.between(0.17, 0.22)
    z, y = dice.between(0.12, 0.18), dice.between(-0.3, 0.7) * r
    body = liner(dice, r, 0.3, 0.4) + simple_wing(z, chord, chord * 0.45, reach, 0.05, y, 0.05)
    parts = [body, ball((0, r * 0.9, dice.between(-0.1, 0.0)), 0.03, 10)]
    for t in (0.28, 0.52) if dice.chance(0.65) else (0.32,):
        yy = y + 0.05 * t
        pod = fuselage([(z - 0.18, 0.012, yy), (z, 0.028, yy), (z + 0.06, 0.028, yy)]).translate(
            (reach * t, 0, 0)
        )
        parts.append(pair(pod + propeller(dice, (reach * t, yy, z + 0.06), 0.075, 0.02)))
    if dice.chance(0.4):
        parts += [
            simple_wing(-0.38, 0.1, 0.09, 0.2, 0.0, 0.02),
            pair(fin(-0.37, 0.12, 0.09, 0.14, 0.02, -0.04).translate((0.19, 0, 0))),
        ]
    else:
        parts += [
            simple_wing(-0.37, 0.12, 0.07, 0.24, 0.03, 0.02),
            fin(-0.3, 0.2, 0.09, 0.18, 0.1, 0.01),
        ]
    return union(parts)


def flying_wing(dice: Dice) -> Solid:
    """All wing: a stealth bomber, or a faceted arrowhead with a V tail."""
    reach, sweep = dice.between(0.6, 0.85), dice.between(0.3, 0.48)
    if dice.chance(0.55):
        notch = dice.between(0.08, 0.14)
        wings = wing(
            [
                (0.0, 0.3, 0.52, 0.0),
                (reach * 0.25, 0.3 - sweep * 0.25, 0.42 - notch, 0.0),
                (reach * 0.5, 0.3 - sweep * 0.5, 0.2, 0.0),
                (reach, 0.3 - sweep, 0.12, 0.0),
            ],
            0.1,
        )
        humps = ball((0, 0.025, 0.05), (0.06, 0.05, 0.16), 14) + pair(
            ball((0.11, 0.02, 0.0), (0.04, 0.035, 0.12), 12)
        )
        return wings + humps
    body = hull(
        box(0.26, (-0.02, 0.0), (-0.3, -0.1)),
        box(0.02, (-0.015, 0.0), (0.4, 0.42)),
        box(0.05, (0.07, 0.08), (0.0, 0.08)),
        box(0.1, (0.0, 0.02), (-0.35, -0.3)),
    )
    tails = pair(
        fin(-0.25, 0.16, 0.08, 0.17, 0.1).rotate((0, 0, -35)).translate((0.03, 0.0, -0.05))
    )
    return (
        body
        + wing([(0.0, 0.15, 0.45, -0.01), (reach * 0.6, 0.15 - sweep - 0.1, 0.08, -0.01)], 0.05)
        + tails
    )


def jet(dice: Dice) -> Solid:
    """A business jet or trainer: low or mid wing, engines beside the tail, T-tail."""
    r, reach = dice.between(0.05, 0.068), dice.between(0.4, 0.52)
    body = liner(dice, r, 0.5, 0.7) + simple_wing(
        0.05, 0.19, 0.06, reach, dice.between(0.08, 0.2), -r * 0.6, dice.between(0.02, 0.06)
    )
    e = dice.between(0.024, 0.032)
    pods = pair(
        nacelle(r + e, r * 0.4, -0.24, e, 0.14)
        + box((r * 0.4, r + e), (r * 0.25, r * 0.55), (-0.28, -0.2))
    )
    tall = dice.between(0.13, 0.17)
    tail = fin(-0.31, 0.17, 0.11, tall, 0.11, r * 0.4) + simple_wing(
        -0.41, 0.1, 0.05, 0.17, 0.05, r * 0.4 + tall - 0.012
    )
    tips = (
        pair(
            fin(-0.02, 0.07, 0.03, 0.06, 0.04).translate((0, 0, 0))
            if False
            else ball((reach, -r * 0.6 + 0.03, -0.08), (0.02, 0.02, 0.08), 10)
        )
        if dice.chance(0.3)
        else Solid()
    )
    return body + pods + tail + tips


def freighter(dice: Dice) -> Solid:
    """A high-winged transport: fat body, T-tail, four engines."""
    r, reach, z = dice.between(0.07, 0.095), dice.between(0.48, 0.62), 0.12
    body = liner(dice, r, 0.75, 0.25)
    jets, sweep = dice.chance(0.5), dice.between(0.02, 0.16)
    y, drop = r * 0.9, dice.between(0, 0.05)
    wings = wing([(0.0, z, 0.19, y), (reach, z - sweep, 0.07, y - drop)])
    parts = [body, wings, pair(ball((r * 0.9, -r * 0.75, -0.02), (0.03, 0.03, 0.13), 10))]
    for t in (0.3, 0.58):
        x, lead, yy = reach * t, z - sweep * t, y - drop * t
        if jets:
            parts.append(
                pair(
                    nacelle(x, yy - 0.045, lead + 0.02, 0.027, 0.11)
                    + box((x - 0.012, x + 0.012), (yy - 0.04, yy), (lead - 0.08, lead))
                )
            )
        else:
            pod = fuselage(
                [(lead - 0.12, 0.012, yy), (lead, 0.024, yy), (lead + 0.07, 0.024, yy)]
            ).translate((x, 0, 0))
            parts.append(pair(pod + propeller(dice, (x, yy, lead + 0.07), 0.08, 0.018)))
    tall = dice.between(0.17, 0.22)
    parts.append(fin(-0.32, 0.18, 0.12, tall, 0.08, r * 0.5))
    parts.append(
        simple_wing(
            -0.38, 0.11, 0.06, 0.2, 0.05, r * 0.5 + (tall - 0.012 if dice.chance(0.6) else 0.02)
        )
    )
    return union(parts)


def floatplane(dice: Dice) -> Solid:
    """A seaplane: on two floats, or a flying boat with its engine above the wing."""
    r, reach, chord = dice.between(0.055, 0.075), dice.between(0.5, 0.65), dice.between(0.14, 0.18)
    wings = simple_wing(0.16, chord, chord * 0.8, reach, 0.01, r * 1.25)
    if dice.chance(0.5):
        floats = fuselage(
            [(-0.3, 0.012, 0.02), (-0.1, 0.032, 0.0), (0.2, 0.036, 0.0), (0.36, 0.012, 0.02)], 3
        ).translate((0.14, -r - 0.12, 0))
        struts = union(bar((0.4 * r, -0.5 * r, z), (0.14, -r - 0.1, z), 0.024) for z in (0.0, 0.18))
        cab = hull(
            box(1.4 * r, (0.3 * r, 0.5 * r), (-0.12, 0.24)),
            box(1.1 * r, (1.2 * r, 1.4 * r), (-0.02, 0.14)),
        )
        return (
            piston(dice, r)
            + cab
            + wings
            + pair(floats + struts)
            + tailplane(dice, 0.02, -0.34, 0.15)
            + propeller(dice, (0, -0.1 * r, 0.45), 0.12, 0.03)
        )
    boat = fuselage(
        [
            (-0.5, 0.02, 0.06),
            (-0.25, r * 0.6, 0.03),
            (0.0, r, 0.0),
            (0.3, r, 0.0),
            (0.47, 0.02, 0.02),
        ],
        3,
    )
    n = dice.pick(1, 2)
    x, y = (0.0, r * 2.5) if n == 1 else (0.13, r * 1.6)
    pod = fuselage([(-0.02, 0.015, y), (0.06, 0.032, y), (0.2, 0.03, y)]).translate(
        (x, 0, 0)
    ) + box((x - 0.02, x + 0.02), (0.0 if n == 1 else r, y), (0.04, 0.12))
    engine = pod + propeller(dice, (x, y, 0.2), 0.1, 0.022)
    tips = pair(
        ball((reach * 0.85, r * 0.6, 0.1), (0.022, 0.025, 0.09), 10)
        + box((reach * 0.85 - 0.012, reach * 0.85 + 0.012), (r * 0.6, r * 1.25), (0.08, 0.12))
    )
    return (
        boat
        + wings
        + (engine if n == 1 else pair(engine))
        + tips
        + fin(-0.38, 0.14, 0.09, 0.17, 0.05, 0.05)
        + simple_wing(-0.4, 0.1, 0.07, 0.18, 0.02, 0.16)
    )


def supersonic(dice: Dice) -> Solid:
    """A needle with a slender ogee wing and boxed engines, or a dart with wing-tip jets."""
    r = dice.between(0.028, 0.036)
    body = fuselage(
        [
            (-0.5, 0.01, 0.01),
            (-0.3, r, 0.0),
            (0.3, r, 0.0),
            (0.42, r * 0.7, -0.005),
            (0.5, 0.008, -0.02),
        ]
    )
    reach = dice.between(0.2, 0.28)
    wings = wing(
        [
            (0.0, 0.3, 0.68, -r * 0.6),
            (reach * 0.35, 0.08, 0.47, -r * 0.6),
            (reach * 0.7, -0.12, 0.28, -r * 0.6),
            (reach, -0.28, 0.1, -r * 0.6),
        ],
        0.04,
    )
    pods = pair(box((reach * 0.3, reach * 0.55), (-r * 0.6 - 0.04, -r * 0.5), (-0.4, -0.16)))
    return body + wings + pods + fin(-0.2, 0.26, 0.08, 0.12, 0.18, r * 0.5)


def canard(dice: Dice) -> Solid:
    """Wing behind, foreplane ahead, a pusher propeller, winglets; or twin booms."""
    r, reach = dice.between(0.05, 0.07), dice.between(0.5, 0.65)
    if dice.chance(0.5):
        body = fuselage(
            [
                (-0.3, 0.03, 0.0),
                (-0.1, r, 0.0),
                (0.15, r, 0.0),
                (0.4, 0.03, -0.01),
                (0.46, 0.01, -0.01),
            ]
        )
        wings = wing(
            [(0.0, 0.0, 0.28, 0.0), (reach * 0.3, -0.12, 0.14, 0.0), (reach, -0.26, 0.08, 0.02)]
        )
        lets = pair(fin(-0.24, 0.1, 0.06, 0.12, 0.06, 0.01).translate((reach - 0.015, 0, 0)))
        return (
            body
            + wings
            + lets
            + simple_wing(0.38, 0.06, 0.05, 0.24, 0.0, -0.01)
            + propeller(dice, (0, 0, -0.3), 0.12, 0.03).mirror((0, 0, 1)).translate((0, 0, -0.6))
        )
    pod = fuselage([(-0.14, 0.03, 0.0), (0.05, r, 0.0), (0.25, r, 0.0), (0.42, 0.02, -0.01)])
    x = dice.between(0.14, 0.2)
    boom = fuselage([(-0.5, 0.015, 0.0), (0.1, 0.022, 0.0), (0.3, 0.024, 0.0)]).translate(
        (x, 0, 0)
    ) + fin(-0.38, 0.12, 0.09, 0.13, 0.04).translate((x, 0, 0))
    screws = (
        pair(propeller(dice, (x, 0, 0.3), 0.1, 0.022))
        if dice.chance(0.6)
        else propeller(dice, (0, 0, -0.13), 0.11, 0.03)
    )
    bridge = hull(box(2 * x, 0.026, (-0.48, -0.4)), box(2 * x, 0.02, (-0.5, -0.38)))
    return (
        pod + simple_wing(0.14, 0.17, 0.09, reach, 0.03, 0.0, 0.02) + pair(boom) + bridge + screws
    )


def shuttle(dice: Dice) -> Solid:
    """A space plane: blunt body, double delta, engine bells."""
    r, reach = dice.between(0.075, 0.1), dice.between(0.3, 0.42)
    body = fuselage(
        [(-0.42, r, 0.0), (0.22, r, 0.0), (0.38, r * 0.75, -0.1 * r), (0.48, r * 0.3, -0.3 * r)], 3
    )
    y = -0.75 * r
    wings = wing(
        [
            (0.0, 0.3, 0.7, y),
            (r * 1.2, 0.12, 0.5, y),
            (r * 1.8, -0.06, 0.32, y),
            (reach, -0.28, 0.1, y),
        ],
        0.06,
    )
    bell = lathe([(0.42 * r, 0), (0.2 * r, 0.09)], 12).rotate((90, 0, 0))
    bells = pair(bell.translate((0.45 * r, -0.2 * r, -0.47))) + bell.translate((0, 0.5 * r, -0.47))
    pods = pair(ball((0.7 * r, 0.7 * r, -0.36), (0.035, 0.035, 0.1), 10))
    return (
        body + wings + bells + pods + fin(-0.22, 0.22, 0.12, dice.between(0.2, 0.26), 0.16, r * 0.7)
    )
