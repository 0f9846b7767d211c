"""Cars: one body with many proportions, and pickups, trucks, roadsters, racers; in metres, nose to +z."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .parts import (
    Dice,
    Solid,
    arc,
    ball,
    bar,
    box,
    ellipse,
    fillet,
    hull,
    lathe,
    loft,
    pair,
    prism,
    rect,
    rod,
    row,
    smooth,
    stack,
    tube,
    union,
)


def car(dice: Dice) -> Solid:
    """A car or small lorry of any kind."""
    style = dice.pick(
        *([closed] * 9),
        pickup,
        pickup,
        lorry,
        roadster,
        roadster,
        classic,
        classic,
        formula,
        open_jeep,
        bus,
    )
    return style(dice)


@dataclass
class Plan:
    """A car's measures. Places along it are fractions of its length, from its middle, front positive."""

    length: float
    width: float
    roof: float  # heights above the road
    belt: float
    clearance: float
    wheel: float  # radius
    cowl: float  # foot of the windscreen
    front: float  # front of the roof
    rear: float  # rear of the roof
    deck: float  # foot of the rear window
    nose: float = 0.75  # height of the bonnet's front end, as a fraction of the belt
    tail: float = 0.95  # and of the boot's rear end
    axles: tuple[float, float] = (-0.3, 0.31)


def closed_plan(dice: Dice) -> Plan:
    """Saloon, hatchback, estate, off-roader, coupé, supercar, minivan, van, limousine or box car."""
    u = dice.between
    kind = dice.pick(
        "saloon", "hatch", "estate", "suv", "coupe", "super", "minivan", "van", "limousine", "cube"
    )
    w, r = u(1.65, 1.9), u(0.3, 0.36)
    if kind == "saloon":
        return Plan(
            u(4.2, 5.1),
            w,
            u(1.38, 1.5),
            u(0.85, 0.95),
            u(0.16, 0.22),
            r,
            u(0.19, 0.26),
            u(0.02, 0.1),
            u(-0.24, -0.16),
            u(-0.39, -0.32),
        )
    if kind == "hatch":
        return Plan(
            u(3.4, 4.2),
            w,
            u(1.4, 1.58),
            u(0.85, 0.98),
            u(0.16, 0.22),
            r,
            u(0.2, 0.3),
            u(0.05, 0.14),
            u(-0.36, -0.25),
            u(-0.47, -0.43),
        )
    if kind == "estate":
        return Plan(
            u(4.4, 5.0),
            w,
            u(1.4, 1.55),
            u(0.85, 0.95),
            u(0.16, 0.22),
            r,
            u(0.19, 0.25),
            u(0.04, 0.1),
            u(-0.43, -0.38),
            u(-0.48, -0.46),
        )
    if kind == "suv":
        return Plan(
            u(4.0, 5.0),
            w + 0.1,
            u(1.65, 1.95),
            u(1.0, 1.15),
            u(0.26, 0.36),
            r + 0.05,
            u(0.18, 0.26),
            u(0.08, 0.16),
            u(-0.45, -0.38),
            u(-0.485, -0.46),
            u(0.82, 0.97),
        )
    if kind == "coupe":
        return Plan(
            u(4.0, 4.8),
            w,
            u(1.15, 1.32),
            u(0.75, 0.85),
            u(0.12, 0.17),
            r,
            u(0.1, 0.2),
            u(-0.06, 0.02),
            u(-0.22, -0.12),
            u(-0.47, -0.36),
            u(0.6, 0.85),
        )
    if kind == "super":
        return Plan(
            u(4.1, 4.7),
            w + 0.15,
            u(1.05, 1.18),
            u(0.68, 0.78),
            u(0.1, 0.14),
            r,
            u(0.24, 0.34),
            u(0.02, 0.08),
            u(-0.14, -0.05),
            u(-0.44, -0.3),
            u(0.4, 0.6),
            u(0.95, 1.1),
        )
    if kind == "minivan":
        return Plan(
            u(4.2, 5.0),
            w,
            u(1.65, 1.85),
            u(0.95, 1.05),
            u(0.17, 0.22),
            r,
            u(0.32, 0.4),
            u(0.12, 0.22),
            u(-0.44, -0.4),
            u(-0.48, -0.46),
        )
    if kind == "van":
        return Plan(
            u(4.8, 6.2),
            w + 0.15,
            u(2.0, 2.8),
            u(1.05, 1.25),
            u(0.2, 0.28),
            r,
            u(0.36, 0.44),
            u(0.22, 0.32),
            u(-0.475, -0.46),
            u(-0.49, -0.48),
            u(0.75, 0.9),
        )
    if kind == "limousine":
        return Plan(
            u(5.8, 8.0),
            w,
            u(1.4, 1.5),
            u(0.88, 0.96),
            u(0.17, 0.2),
            r,
            u(0.27, 0.32),
            u(0.2, 0.25),
            u(-0.32, -0.26),
            u(-0.4, -0.36),
            axles=(-0.33, 0.36),
        )
    return Plan(
        u(3.0, 3.6),
        w - 0.1,
        u(1.6, 1.85),
        u(0.95, 1.05),
        u(0.16, 0.22),
        r - 0.03,
        u(0.32, 0.4),
        u(0.22, 0.32),
        u(-0.46, -0.4),
        u(-0.485, -0.46),
    )


def hull_of(p: Plan, dice: Dice) -> Solid:
    """The lower body: lofted from tail to nose, wheel arches cut."""
    low, belt, w, n = p.clearance, p.belt, p.width, p.length
    nose, tail = low + (belt - low) * p.nose, low + (belt - low) * p.tail
    blunt, soft = dice.between(0.8, 0.95), dice.between(0.05, 0.18)
    stations = [
        (-0.5, 0.84, low + 0.12, tail - 0.06),
        (-0.475, 0.95, low + 0.04, tail),
        (p.deck, 1.0, low, belt),
        (p.cowl, 1.0, low, belt),
        (0.42, 0.97, low, (nose * 2 + belt) / 3),
        (0.475, 0.9, low + 0.04, nose),
        (0.5, blunt * 0.9, low + 0.1, nose - 0.12),
    ]
    if p.deck < -0.46:
        del stations[1]
    if p.cowl > 0.4:
        del stations[4]
    body = loft(
        [(z * n, rect(x * w, (a, max(b, a + 0.1)), soft, 2)) for z, x, a, b in stations], "z"
    )
    return body - arches(p)


def arches(p: Plan) -> Solid:
    """What the four wheel arches cut from a body."""
    r, inner = p.wheel * 1.17, p.width / 2 - 0.3
    return pair(
        union(
            rod((inner, p.wheel, z * p.length), (9, p.wheel, z * p.length), r, sides=16)
            for z in p.axles
        )
    )


def wheels(p: Plan, out: float = 0.0) -> Solid:
    """Four wheels with sunk rims, on two axles."""
    x, r = p.width / 2 + out, p.wheel
    side = [
        (0.9, 0.0),
        (1.0, 0.03),
        (1.0, 0.19),
        (0.92, 0.22),
        (0.66, 0.22),
        (0.6, 0.16),
        (0.25, 0.16),
        (0.2, 0.21),
    ]
    wheel = lathe([(r * a, b) for a, b in side], 18).rotate((0, 0, -90)).translate((x - 0.22, r, 0))
    axle = box(2 * x - 0.3, (0.8 * r, 1.2 * r), 0.4 * r)
    return union((pair(wheel) + axle).translate((0, 0, z * p.length)) for z in p.axles)


def cabin(p: Plan, dice: Dice, panes: int) -> Solid:
    """The glass house: narrower at the roof, its windows sunk between the pillars."""
    n, low, y = p.length, p.belt - 0.04, p.roof
    lean, soft = dice.between(0.74, 0.86), dice.between(0.04, 0.16)

    def house(x: float, z: float) -> Solid:
        wide, thin = 0.95 * p.width - 2 * x, lean * p.width - 2 * x
        foot, top = (p.deck * n + z, p.cowl * n - z), (p.rear * n + z, p.front * n - z)
        crown = (top[0] + 0.1, top[1] - 0.1)
        return stack(
            [(low, wide, foot), (y - 0.07, thin + 0.04, top), (y, thin - 0.1, crown)], soft
        )

    a, b = low + 0.09, y - 0.12
    at = lambda s, t, v: (s + (t - s) * (v - low) / (y - low)) * n  # noqa: E731
    front, back = ([at(s, t, v) for v in (a, b)] for s, t in ((p.cowl, p.front), (p.deck, p.rear)))
    pillar = 0.12
    frame = [
        (back[0] + 2 * pillar, a),
        (front[0] - 2 * pillar, a),
        (front[1] - pillar, b),
        (back[1] + pillar, b),
    ]
    sides = prism(frame, "x", 9)
    cuts = np.linspace(back[1], front[1], panes + 1)[1:-1]
    sides -= union(box(20, 20, (z - 0.05, z + 0.05)) for z in cuts)
    screens = prism(
        [(-0.4 * p.width, a), (0.4 * p.width, a), (0.33 * p.width, b), (-0.33 * p.width, b)],
        "z",
        20,
    )
    return house(0.0, 0.0) - (sides - house(0.06, -1.0)) - (screens - house(-1.0, 0.08))


def lamps(p: Plan, dice: Dice) -> Solid:
    """What headlamps, a grille and rear lamps add to the ends of the body."""
    y = p.clearance + (p.belt - p.clearance) * min(p.nose, 0.9) * 0.62
    z, x = 0.485 * p.length, 0.33 * p.width
    round_lamp = rod((x, y, z - 0.1), (x, y, z + 0.05), 0.11, sides=12)
    wide_lamp = box((x - 0.16, x + 0.14), (y - 0.05, y + 0.06), (z - 0.1, z + 0.04))
    bumper = box(0.9 * p.width, (p.clearance + 0.04, p.clearance + 0.2), (z - 0.15, z + 0.1), 0.05)
    rear = bumper.mirror((0, 0, 1))
    return pair(dice.pick(round_lamp, wide_lamp)) + dice.pick(Solid(), bumper + rear)


def mirrors(p: Plan) -> Solid:
    z = p.cowl * p.length - 0.35
    return pair(box((0.44 * p.width, 0.5 * p.width + 0.12), (p.belt, p.belt + 0.13), (z, z + 0.1)))


def closed(dice: Dice) -> Solid:
    """Any car with a closed cabin."""
    p = closed_plan(dice)
    whole = (
        hull_of(p, dice)
        + cabin(p, dice, dice.count(1, 3) + int(p.length / 5.5))
        + wheels(p)
        + lamps(p, dice)
    )
    extra = dice.pick("none", "spoiler", "rack", "spare")
    if extra == "spoiler" and p.deck > -0.47:
        z, y = -0.47 * p.length, p.clearance + (p.belt - p.clearance) * p.tail
        whole += box(0.85 * p.width, (y + 0.13, y + 0.2), (z - 0.05, z + 0.25)) + pair(
            box((0.28 * p.width, 0.33 * p.width), (y - 0.1, y + 0.15), (z, z + 0.15))
        )
    elif extra == "rack" and p.roof > 1.4:
        whole += pair(
            box(
                (0.28 * p.width, 0.32 * p.width),
                (p.roof - 0.03, p.roof + 0.07),
                ((p.rear + 0.03) * p.length, (p.front - 0.05) * p.length),
            )
        )
    elif extra == "spare" and p.roof > 1.6:
        z = -0.5 * p.length
        whole += rod((0, 0.95, z - 0.16), (0, 0.95, z + 0.15), p.wheel * 0.9, sides=16)
    return whole + (mirrors(p) if dice.chance(0.6) else Solid())


def pickup(dice: Dice) -> Solid:
    """A cab, then an open bed."""
    u = dice.between
    crew = dice.chance(0.5)
    rear = u(-0.12, -0.06) if crew else u(0.0, 0.06)
    p = Plan(
        u(4.8, 5.8),
        u(1.75, 2.0),
        u(1.6, 1.95),
        u(1.0, 1.15),
        u(0.28, 0.45),
        u(0.36, 0.45),
        u(0.24, 0.28),
        u(0.14, 0.18),
        rear,
        rear - 0.03,
        u(0.85, 1.0),
        1.0,
    )
    floor = p.clearance + 0.3
    bed = box(p.width - 0.28, (floor, 9), (-0.465 * p.length, (p.deck - 0.02) * p.length))
    whole = (
        (hull_of(p, dice) - bed)
        + cabin(p, dice, 2 if crew else 1)
        + wheels(p)
        + lamps(p, dice)
        + mirrors(p)
    )
    if dice.chance(0.25):
        whole += pair(
            bar(
                (0.38 * p.width, p.belt - 0.1, p.deck * p.length - 0.3),
                (0.36 * p.width, p.roof, p.deck * p.length - 0.1),
                0.1,
            )
        )
        whole += box(
            0.74 * p.width,
            (p.roof - 0.06, p.roof + 0.06),
            (p.deck * p.length - 0.2, p.deck * p.length),
        )
    return whole


def lorry(dice: Dice) -> Solid:
    """A cab before a box, a flat bed, a tank or a tipper."""
    u = dice.between
    length, w = u(5.0, 7.5), u(1.9, 2.3)
    p = Plan(
        length,
        w,
        u(2.1, 2.6),
        u(1.2, 1.4),
        0.4,
        u(0.38, 0.48),
        0.44,
        0.4,
        0.22,
        0.2,
        axles=(-0.3, 0.34),
    )
    split = (0.5 - 1.9 / length) * length
    z = length / 2
    nose = u(0.0, 0.9)
    cab = box(w, (0.4, p.roof), (split, z - nose), 0.12) + (
        box(0.85 * w, (0.4, 1.3), (split, z), 0.12) if nose > 0.3 else Solid()
    )
    a = (p.roof + 1.3) / 2
    cab -= box(0.82 * w, (1.35, p.roof - 0.2), (z - nose - 0.08, z + 1))
    cab -= (
        pair(box((w / 2 - 0.07, w), (1.3, p.roof - 0.25), (split + 0.35, z - nose - 0.3)))
        + box(0, 0, 0)
        if False
        else pair(box((w / 2 - 0.07, w), (1.3, p.roof - 0.25), (split + 0.35, z - nose - 0.3)))
    )
    del a
    frame = box(0.55 * w, (0.45, 0.85), (-z, z - 0.5))
    top = u(2.2, 3.2)
    load = dice.pick("box", "flat", "tank", "tipper")
    rear = (-z, split - 0.15)
    if load == "box":
        body = box(w * 1.05, (0.8, top), rear) - union(
            box(9, (0.9, top - 0.1), (s - 0.04, s + 0.04)) - box(w, 9, 9)
            for s in np.linspace(*rear, 5)[1:-1]
        )
    elif load == "tank":
        body = loft([(s, ellipse(0.95 * w, (0.8, 0.8 + 0.7 * w), 20)) for s in rear], "z") + box(
            0.3, (0.8, 0.95 + 0.7 * w), (rear[0] + 1, rear[1] - 1)
        )
    elif load == "tipper":
        side = [(rear[0] - 0.2, 1.9), (rear[0] + 0.2, 0.8), (rear[1], 0.8), (rear[1], 2.0)]
        body = prism(side, "x", w) - prism(
            [
                (rear[0] - 0.4, 2.1),
                (rear[0] + 0.35, 1.0),
                (rear[1] - 0.12, 1.0),
                (rear[1] - 0.12, 2.1),
            ],
            "x",
            w - 0.25,
        )
    else:
        body = (
            box(w, (0.8, 0.98), rear)
            + box(w, (0.8, 1.6), (rear[1] - 0.1, rear[1]))
            + row(
                lambda s: pair(box((w / 2 - 0.1, w / 2), (0.9, 1.5), (s - 0.06, s + 0.06))),
                rear[0] + 0.1,
                rear[1] - 0.1,
                4,
            )
        )
    return ((cab + frame + body) - arches(p)) + wheels(p) + box(0.5 * w, (0.3, 0.8), 0.7 * length)


def roadster(dice: Dice) -> Solid:
    """Open: windscreen, seats and perhaps a roll bar."""
    u = dice.between
    p = Plan(
        u(3.7, 4.7),
        u(1.6, 1.85),
        u(1.1, 1.3),
        u(0.75, 0.88),
        u(0.13, 0.18),
        u(0.3, 0.34),
        u(0.1, 0.2),
        0.06,
        -0.2,
        u(-0.3, -0.2),
        u(0.65, 0.9),
        u(0.85, 1.0),
    )
    n, w = p.length, p.width
    pit = box(0.74 * w, (p.clearance + 0.22, 9), ((p.deck + 0.02) * n, p.cowl * n - 0.15))
    seats = pair(
        box((0.07 * w, 0.33 * w), (p.clearance + 0.1, p.belt + u(0.05, 0.25)), (-0.05, 0.12), 0.05)
        .rotate((-8, 0, 0))
        .translate((0, 0, (p.deck + 0.06) * n))
    )
    seats += pair(
        box(
            (0.07 * w, 0.33 * w),
            (p.clearance + 0.1, p.clearance + 0.4),
            ((p.deck + 0.06) * n, (p.deck + 0.17) * n),
        )
    )
    lean = u(0.15, 0.5)
    foot, top = (p.belt - 0.08, p.cowl * n - 0.1), (p.roof, p.cowl * n - 0.1 - lean)
    glass = hull(
        box(0.9 * w, (foot[0], foot[0] + 0.04), (foot[1] - 0.12, foot[1])),
        box(0.74 * w, (top[0] - 0.04, top[0]), (top[1] - 0.12, top[1])),
    )
    wheel_ = rod(
        (0.2 * w, p.belt - 0.12, (p.cowl - 0.08) * n),
        (0.2 * w, p.belt - 0.02, (p.cowl - 0.08) * n - 0.07),
        0.17,
        sides=14,
    )
    whole = (
        (hull_of(p, dice) - pit)
        + seats
        + glass
        + wheels(p)
        + lamps(p, dice)
        + wheel_
        + bar(
            (0.2 * w, p.belt - 0.15, p.cowl * n),
            (0.2 * w, p.belt - 0.08, (p.cowl - 0.08) * n),
            0.06,
        )
    )
    if dice.chance(0.4):
        hoop = smooth(
            [
                (0.06 * w, p.belt - 0.1, 0),
                (0.08 * w, p.belt + 0.3, 0),
                (0.32 * w, p.belt + 0.3, 0),
                (0.34 * w, p.belt - 0.1, 0),
            ],
            4,
        )
        whole += pair(tube(hoop, 0.05, 6).translate((0, 0, (p.deck + 0.01) * n)))
    return whole


def classic(dice: Dice) -> Solid:
    """Between the wars: upright cabin, long narrow bonnet, wings over the wheels; or a round beetle."""
    u = dice.between
    p = Plan(
        u(3.6, 4.6),
        u(1.5, 1.75),
        u(1.45, 1.7),
        u(0.9, 1.05),
        0.3,
        u(0.34, 0.42),
        u(0.06, 0.14),
        u(0.02, 0.06),
        u(-0.36, -0.28),
        u(-0.44, -0.38),
        axles=(-0.31, 0.34),
    )
    n, w, r = p.length, p.width, p.wheel
    if dice.chance(0.4):
        side = smooth(
            [
                (-0.47 * n, 0.45),
                (-0.36 * n, 0.95),
                (-0.1 * n, p.roof),
                (0.1 * n, p.roof - 0.05),
                (0.2 * n, 0.98),
                (0.38 * n, 0.8),
                (0.46 * n, 0.42),
            ],
            4,
        )
        whole = prism([(-0.46 * n, 0.25), *side, (0.46 * n, 0.25)], "x", 0.66 * w) + loft(
            [
                (z * n, rect(x * w, (0.25, y), 0.1, 2))
                for z, x, y in [
                    (-0.4, 0.6, 0.8),
                    (-0.2, 0.86, 0.95),
                    (0.15, 0.86, 0.95),
                    (0.3, 0.6, 0.75),
                ]
            ],
            "z",
        )
    else:
        bonnet = loft(
            [
                (p.cowl * n - 0.1, rect(0.62 * w, (0.35, p.belt), 0.15, 2)),
                (0.44 * n, rect(0.36 * w, (0.35, p.belt - 0.06), 0.12, 2)),
            ],
            "z",
        )
        grille = box(0.4 * w, (0.32, p.belt), (0.44 * n - 0.02, 0.44 * n + 0.07), 0.06)
        tub = loft(
            [
                (-0.45 * n, rect(0.55 * w, (0.4, p.belt * 0.9), 0.12, 2)),
                (-0.36 * n, rect(0.74 * w, (0.35, p.belt), 0.1, 2)),
                (p.cowl * n, rect(0.7 * w, (0.35, p.belt), 0.1, 2)),
            ],
            "z",
        )
        narrow = Plan(
            n, 0.76 * w, p.roof, p.belt, p.clearance, r, p.cowl - 0.01, p.front, p.rear, p.deck
        )
        upper = (
            cabin(narrow, dice, 2)
            if dice.chance(0.7)
            else box(0.6 * w, (p.belt - 0.05, p.belt + 0.35), (p.cowl * n - 0.12, p.cowl * n))
            + box(0.6 * w, (0.5, p.belt + 0.15), (-0.3 * n, -0.25 * n), 0.05)
        )
        whole = (
            bonnet
            + grille
            + tub
            + upper
            + pair(
                ball((0.3 * w, p.belt - 0.12, 0.42 * n), 0.12, 10)
                + bar((0.1 * w, p.belt - 0.16, 0.42 * n), (0.3 * w, p.belt - 0.14, 0.42 * n), 0.06)
            )
        )
    for z in p.axles:
        wing_ = arc(r * 1.35, -10 if z > 0 else 5, 175 if z > 0 else 190, 9, (z * n, r))
        inner = arc(r * 1.12, -10 if z > 0 else 5, 175 if z > 0 else 190, 9, (z * n, r))
        whole += pair(prism(np.concatenate([wing_, inner[::-1]]), "x", (0.26 * w, 0.52 * w)))
    boards = pair(
        box(
            (0.25 * w, 0.5 * w),
            (r * 0.75, r * 0.75 + 0.1),
            (p.axles[0] * n + r, p.axles[1] * n - r),
        )
    )
    return (
        whole
        + boards
        + wheels(p)
        + box(0.5 * w, (0.28, 0.5), 0.8 * n)
        + lamps(p, dice).trim_by_plane((0, -1, 0), -0.6)
    )


def formula(dice: Dice) -> Solid:
    """A single-seater with open wheels, or a long-nosed record breaker."""
    u = dice.between
    p = Plan(
        u(3.8, 5.0),
        u(1.6, 1.95),
        0.95,
        0.5,
        0.1,
        u(0.3, 0.36),
        0.1,
        0.05,
        -0.2,
        -0.3,
        axles=(u(-0.38, -0.34), u(0.28, 0.34)),
    )
    n, w, r = p.length, p.width, p.wheel
    tub = loft(
        [
            (z * n, rect(x * w, y, 0.08, 2))
            for z, x, y in [
                (-0.46, 0.16, (0.2, 0.5)),
                (-0.2, 0.34, (0.1, 0.75)),
                (0.0, 0.38, (0.1, 0.62)),
                (0.2, 0.26, (0.12, 0.52)),
                (0.48, 0.1, (0.16, 0.32)),
            ]
        ],
        "z",
    )
    pods = (
        pair(box((0.1 * w, 0.4 * w), (0.1, 0.5), (-0.25 * n, 0.06 * n), 0.1))
        if dice.chance(0.75)
        else Solid()
    )
    intake = loft(
        [
            (-0.3 * n, rect(0.08 * w, (0.4, 0.7), 0.04, 2)),
            (-0.09 * n, rect(0.16 * w, (0.5, u(0.9, 1.05)), 0.06, 2)),
        ],
        "z",
    )
    pit = loft(
        [
            (-0.07 * n, rect(0.22 * w, (0.4, 2.0), 0.1, 2)),
            (0.09 * n, rect(0.16 * w, (0.4, 2.0), 0.08, 2)),
        ],
        "z",
    )
    driver = ball((0, 0.66, -0.02 * n), 0.15, 12) + rod(
        (0, 0.2, -0.02 * n), (0, 0.6, -0.02 * n), 0.12
    )
    whole = ((tub + intake + pods) - pit) + driver + wheels(p, out=0.08)
    for z in p.axles:
        whole += row(
            lambda t, z=z: bar((-0.4 * w, r, z * n + t), (0.4 * w, r, z * n + t), 0.08),
            -0.14,
            0.14,
            2,
        )
    if dice.chance(0.8):
        y = u(0.75, 1.0)
        whole += (
            box(0.6 * w, (y - 0.05, y + 0.05), (-0.5 * n, -0.42 * n))
            + pair(box((0.28 * w, 0.31 * w), (0.5, y + 0.12), (-0.51 * n, -0.41 * n)))
            + box(0.1, (0.3, y), (-0.47 * n, -0.43 * n))
            + box(0.6 * w, (0.5, 0.6), (-0.5 * n, -0.44 * n))
        )
        whole += box(0.95 * w, (0.12, 0.24), (0.45 * n, 0.53 * n)) + pair(
            box((0.44 * w, 0.48 * w), (0.1, 0.38), (0.43 * n, 0.54 * n))
        )
    return whole


def open_jeep(dice: Dice) -> Solid:
    """A boxy off-roader without a roof, or with a frame, a spare wheel behind."""
    u = dice.between
    p = Plan(
        u(3.3, 4.0),
        u(1.6, 1.8),
        u(1.65, 1.85),
        u(1.0, 1.1),
        0.4,
        u(0.38, 0.46),
        u(0.1, 0.16),
        0.08,
        -0.4,
        -0.45,
        axles=(-0.29, 0.3),
    )
    n, w, r = p.length, p.width, p.wheel
    tub = box(0.82 * w, (0.42, p.belt), (-0.48 * n, p.cowl * n)) - box(
        0.7 * w, (0.62, 9), (-0.45 * n, p.cowl * n - 0.2)
    )
    tub -= pair(box((0.3 * w, w), (0.72, 9), (-0.14 * n, 0.07 * n)))
    bonnet = loft(
        [
            (p.cowl * n - 0.05, rect(0.76 * w, (0.42, p.belt), 0.06, 2)),
            (0.47 * n, rect(0.62 * w, (0.42, p.belt - 0.04), 0.06, 2)),
        ],
        "z",
    )
    wings = pair(
        box((0.3 * w, 0.5 * w), (2 * r, 2 * r + 0.1), (p.axles[1] * n - 1.2 * r, 0.47 * n))
        + box(
            (0.3 * w, 0.5 * w),
            (2 * r - 0.02, 2 * r + 0.1),
            (p.axles[0] * n - 1.2 * r, p.axles[0] * n + 1.2 * r),
        )
    )
    glass = box(0.8 * w, (p.belt - 0.1, p.roof), (-0.09, 0.0)) - box(
        0.64 * w, (p.belt + 0.1, p.roof - 0.1), 2
    )
    seats = pair(
        box((0.06 * w, 0.3 * w), (0.6, p.belt + 0.2), (-0.14 * n, -0.14 * n + 0.14))
        + box((0.06 * w, 0.3 * w), (0.6, 0.85), (-0.14 * n, 0.0))
    )
    whole = (
        tub
        + bonnet
        + wings
        + glass.rotate((-8, 0, 0)).translate((0, 0, p.cowl * n + 0.1))
        + seats
        + wheels(p)
        + lamps(p, dice)
    )
    whole += box(0.5 * w, (0.3, 0.6), 0.9 * n) + rod(
        (0, 0.95, -0.48 * n - 0.2), (0, 0.95, -0.47 * n), 0.9 * r, sides=16
    )
    if dice.chance(0.6):
        hoop = fillet(
            [
                (-0.36 * w, 0.8, 0),
                (-0.36 * w, p.roof, 0),
                (0.36 * w, p.roof, 0),
                (0.36 * w, 0.8, 0),
            ],
            0.2,
        )
        whole += tube(hoop, 0.05, 6).translate((0, 0, -0.17 * n)) + pair(
            bar((0.36 * w, p.roof - 0.12, -0.17 * n), (0.36 * w, p.belt - 0.05, -0.46 * n), 0.09)
        )
        if dice.chance(0.4):
            whole += box(0.78 * w, (p.roof - 0.06, p.roof + 0.04), (-0.2 * n, p.cowl * n - 0.15))
    return whole


def bus(dice: Dice) -> Solid:
    """A minibus, camper or coach: one tall box with a row of windows."""
    u = dice.between
    p = Plan(
        u(4.2, 8.0),
        u(1.8, 2.3),
        u(1.9, 2.8),
        u(1.0, 1.2),
        0.25,
        u(0.32, 0.42),
        0.47,
        0.45,
        -0.47,
        -0.49,
        axles=(-0.29, 0.32),
    )
    n, w, z = p.length, p.width, p.length / 2
    soft = u(0.08, 0.3)
    body = stack(
        [
            (0.25, w, (-z, z)),
            (p.belt, w, (-z, z - u(0, 0.15))),
            (p.roof - 0.1, w * u(0.86, 1), (-z + 0.1, z - u(0.1, 0.5))),
            (p.roof, w * 0.75, (-z + 0.3, z - 0.7)),
        ],
        soft,
    )
    count = int(n / 0.95)
    panes = row(
        lambda s: box(9, (p.belt + 0.1, p.roof - 0.3), (s - 0.33, s + 0.33)),
        -z + 0.75,
        z - 1.1,
        count,
    ) - box(0.86 * w - 0.12, 9, 99)
    glass = box(0.78 * w, (p.belt + 0.05, p.roof - 0.28), 99) - box(9, 9, (-z + 0.12, z - 0.42))
    whole = (body - panes - glass - arches(p)) + wheels(p) + lamps(p, dice)
    if dice.chance(0.35):
        whole += box(0.7 * w, (p.roof - 0.03, p.roof + 0.14), 0.6 * n, 0.06)
    return whole
