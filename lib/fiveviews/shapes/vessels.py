"""Ships: for cargo, passengers, war and work; bow to +z. Boats have a file of their own."""

from __future__ import annotations

from .boats import (
    canoe,
    catamaran,
    galleon,
    rowing_boat,
    schooner,
    sloop,
    speedboat,
    yacht,
)
from .dice import Dice
from .hulls import Form, funnel, mast, tiers
from .parts import (
    Solid,
    ball,
    bar,
    box,
    ellipse,
    hull,
    lathe,
    loft,
    pair,
    prism,
    rect,
    rod,
    row,
    spread,
    stack,
    union,
)


def vessel(dice: Dice) -> Solid:
    """A boat or ship of any kind."""
    sailing = dice.pick(sloop, sloop, schooner, galleon, catamaran)
    small = dice.pick(speedboat, speedboat, yacht, yacht, rowing_boat, canoe)
    merchant = dice.pick(container_ship, container_ship, tanker, ferry, liner, barge)
    working = dice.pick(warship, warship, carrier, submarine, tug, trawler)
    return dice.pick(sailing, small, merchant, working)(dice)


def ship_form(dice: Dice, slim: float = 1.0) -> Form:
    """A merchantman's hull."""
    u = dice.between
    ends = (u(0.03, 0.07), u(0.2, 0.7), u(0.74, 0.84), u(0.75, 0.95), 0.15)
    return Form(u(0.065, 0.09) * slim, u(0.07, 0.1), *ends)


def bridge(dice: Dice, f: Form, z: float, tall: float) -> Solid:
    """Accommodation at z with its wings, a funnel behind."""
    front = z + dice.between(0.05, 0.09)
    block = box(1.7 * f.half, (-0.03, tall), (z, front))
    block += box(2 * f.half, (tall - 0.03, tall), (front - 0.035, front + 0.01))
    chimney = funnel(z - 0.02, 0.0, 0.02, tall * dice.between(0.7, 1.0), 0.0)
    return block + chimney + mast((z + front) / 2, tall, 0.05)


def container_ship(dice: Dice) -> Solid:
    """Stacks of containers of uneven height, the bridge aft, amidships or forward."""
    f, z, n = ship_form(dice, 1.1), dice.pick(-0.42, -0.42, -0.15, 0.3), dice.count(5, 9)
    step, parts = 0.78 / n, [f.solid(), bridge(dice, f, z, dice.between(0.14, 0.22))]
    for k in range(n):
        a = -0.44 + k * step
        if z - 0.05 - step < a < z + 0.12:
            continue
        wide, top = 0.94 * min(f.beam(a + 0.5), f.beam(a + step + 0.5)), 0.032 * dice.count(1, 4)
        bay = (a, a + 0.86 * step)
        parts.append(box(2 * wide, (-0.02, top + 0.01), bay))
        parts.append(dice.maybe(0.4, box((0, wide), (0, top + 0.042), bay)))
    bow = [(0.36, -0.02), (0.49, -0.02), (0.5, f.deck(1) + 0.03), (0.37, f.deck(0.9) + 0.02)]
    return union([*parts, prism(bow, "x", 0.05)])


def tanker(dice: Dice) -> Solid:
    """A long low deck with pipes, domes, hatches or cranes, the bridge aft."""
    f = ship_form(dice)
    parts = [f.solid(), bridge(dice, f, -0.44, dice.between(0.12, 0.2))]
    kind, spots = dice.pick("pipes", "domes", "hatches", "cranes"), spread(-0.26, 0.3, 4)
    if kind == "pipes":
        parts += [box(0.035, (-0.01, 0.03), (-0.36, 0.4)), mast(0.36, 0.0, 0.12)]
        parts.append(box(1.6 * f.half, (-0.01, 0.035), (-0.02, 0.03)))
    elif kind == "domes":
        radii = (f.half * 0.88, f.half * 0.95, f.half * 0.88)
        parts += [ball((0, 0.01, z), radii, 14) for z in spots]
    else:
        parts += [box(1.3 * f.half, (-0.02, 0.025), (z - 0.05, z + 0.05)) for z in spots]
    if kind == "cranes":
        for z in (-0.17, 0.02, 0.2):
            parts.append(rod((0, -0.01, z), (0, 0.12, z), 0.02))
            parts.append(bar((0, 0.11, z), (0, 0.15, z + 0.13), 0.024))
    return union(parts)


def ferry(dice: Dice) -> Solid:
    """A slab-sided car ferry, or a paddle steamer."""
    f = Form(dice.between(0.1, 0.13), dice.between(0.08, 0.12), 0.04, 0.3, 0.75, 0.95, 0.1)
    n, tall, r = dice.count(2, 3), dice.between(0.05, 0.07), dice.between(0.02, 0.03)
    decks = tiers(dice, (-0.47, dice.between(0.2, 0.34)), 0.96 * f.half, n, tall, 0.06)
    chimney, b = funnel(-0.2, (n - 1) * tall, r, 0.12 + tall), f.half
    beside = rod((0.8 * b, 0, -0.05), (1.35 * b, 0, -0.05), 0.12, sides=16)
    astern = rod((-0.8 * b, 0.02, -0.53), (0.8 * b, 0.02, -0.53), 0.1, sides=14)
    paddles = dice.pick(pair(beside), astern + box(0.1, 0.04, (-0.55, -0.45)))
    chimneys = dice.pick(chimney, pair(chimney.translate((0.4 * b, 0, 0))))
    return f.solid() + decks + chimneys + dice.maybe(0.35, paddles)


def liner(dice: Dice) -> Solid:
    """A passenger ship: many decks, raked funnels, lifeboats."""
    f, n, tall = ship_form(dice, dice.between(0.9, 1.15)), dice.count(3, 5), 0.036
    decks = tiers(dice, (-0.46, dice.between(0.24, 0.34)), 0.96 * f.half, n, tall, 0.045)
    chimney = funnel(0.0, (n - 1) * tall - 0.03, 0.028, dice.between(0.13, 0.16), 0.03)
    chimneys = row(lambda z: chimney.translate((0, 0, z)), -0.2, 0.05, dice.count(1, 4))
    boat = ball((f.half, 0.03, 0), (0.014, 0.014, 0.03), 8)
    boats = pair(row(lambda z: boat.translate((0, 0, z)), -0.3, 0.12, 6))
    return f.solid() + decks + chimneys + boats + mast(0.26, 0.0, 0.2)


def turret(z: float, y: float, size: float, guns: int) -> Solid:
    """A gun house at height y, its barrels forward."""
    top = box(1.2 * size, (0, size), (-0.9 * size, 0.3 * size))
    house = hull(box(1.6 * size, (-0.02, 0.7 * size), (-size, 0.9 * size)), top)
    r, end = max(0.011, 0.2 * size), (0.75 * size, 3.2 * size)
    for x in spread(-0.45 * size, 0.45 * size, guns):
        house += rod((x, 0.5 * size, 0), (x, *end), r, sides=6)
    return house.translate((0, y, z)) + rod((0, -0.03, z), (0, y, z), 0.7 * size, sides=12)


def warship(dice: Dice) -> Solid:
    """Turrets fore and aft and a stepped superstructure, or a modern faceted frigate."""
    u = dice.between
    ends = (u(0.06, 0.1), u(0.4, 0.9), u(0.5, 0.65), 0.7, 0.3)
    f, s, n = Form(u(0.055, 0.075), u(0.06, 0.08), *ends), u(0.028, 0.04), dice.count(2, 3)
    whole = f.solid() + tiers(dice, (u(-0.28, -0.18), u(0.1, 0.18)), 0.78 * f.half, n, 0.05, 0.06)
    if dice.chance(0.45):
        tower = box(0.5 * f.half, (0.17, 0.19), (0.02, 0.07))
        whole += hull(box(f.half, (-0.02, 0.1), (-0.02, 0.12)), tower) + turret(
            0.27, 0.03, 0.75 * s, 1
        )
        whole += box(0.9 * f.half, (0, 0.13), (-0.2, -0.12)) + box(0.1, (0.24, 0.265), (0.03, 0.05))
        return whole + rod((0, 0.15, 0.05), (0, 0.32, 0.04), 0.015)
    guns, top = dice.count(2, 3), 0.05 * n
    whole += turret(0.3, 0.03, s, guns) + turret(0.2, 0.06, s, guns)
    whole += turret(0.36, 0.02, s, guns).mirror((0, 0, 1))
    whole += rod((0, 0, 0.08), (0, top + 0.16, 0.08), 0.02, 0.015)
    whole += box(0.05, (top + 0.1, top + 0.14), (0.05, 0.11))
    chimney = funnel(0, 0.04, 0.026, top + 0.06)
    return whole + row(lambda z: chimney.translate((0, 0, z)), -0.14, -0.02, dice.count(1, 2))


def carrier(dice: Dice) -> Solid:
    """A flight deck, an island to one side, aircraft parked."""
    f = Form(dice.between(0.07, 0.09), dice.between(0.08, 0.1), 0.04, 0.1, 0.65, 0.9, 0.3)
    w, z = f.half * dice.between(1.2, 1.4), dice.between(-0.15, 0.1)
    right = [(-0.9, -0.52), (0.9, -0.52), (1, -0.3), (1, 0.3), (0.5, 0.51)]
    plan = [*right, (-0.5, 0.51), (-1, 0.2), (-1.25, 0.05), (-1.25, -0.35)]
    whole = f.solid() + prism([(x * w, y) for x, y in plan], "y", (-0.01, 0.035))
    island = tiers(dice, (z - 0.08, z + 0.07), 0.022, 3, 0.04, 0.03).translate((0, 0.04, 0))
    island += rod((0, 0.04, z), (0, 0.26, z), 0.014)
    ramp = prism([(0.3, 0.02), (0.51, 0.02), (0.52, 0.075), (0.42, 0.04)], "x", w)
    parked = box((-0.9 * w, -0.6 * w), (0.03, 0.065), 0.05)
    parked = row(lambda s: parked.translate((0, 0, s)), -0.4, 0.1, dice.count(2, 5))
    return whole + island.translate((0.75 * w, 0, 0)) + parked + dice.maybe(0.35, ramp)


def submarine(dice: Dice) -> Solid:
    """A cigar with a fin, hydroplanes and rudders; perhaps a deck gun."""
    r, z, tall = dice.between(0.05, 0.075), dice.between(0.02, 0.2), dice.between(0.07, 0.12)
    rear = [(-0.5, 0.1), (-0.38, 0.5), (-0.22, 0.9), (-0.1, 1), (0.36, 1)]
    shape = [*rear, (0.45, 0.8), (0.49, 0.4), (0.5, 0.1)]
    whole = loft([(a, ellipse(2 * r * s, 2 * r * s)) for a, s in shape], "z")
    low, high = ellipse(0.045, (z - 0.08, z + 0.06)), ellipse(0.035, (z - 0.07, z + 0.05))
    whole += loft([(0.0, low), (r + tall, high)], "y")
    whole += box(3 * r, 0.028, (-0.46, -0.39)) + box(0.028, 3 * r, (-0.46, -0.39))
    whole += rod((0, r, z), (0, r + tall + dice.between(0.03, 0.1), z), 0.014, sides=8)
    y = r + 0.6 * tall
    on_fin = box(2.4 * r, (y - 0.014, y + 0.014), (z - 0.03, z + 0.02))
    gun = box(0.7 * r, (0, 1.2 * r), (-0.36, 0.42)) + rod(
        (0, r, 0.28), (0, 1.2 * r + 0.03, 0.28), 0.014
    )
    gun += rod((0, 1.2 * r + 0.025, 0.26), (0, 1.2 * r + 0.04, 0.37), 0.014)
    return whole + dice.pick(on_fin, box(3 * r, 0.028, (0.3, 0.36))) + dice.maybe(0.35, gun)


def tug(dice: Dice) -> Solid:
    """Short and stout: high bow, wheelhouse, one big funnel, fenders."""
    f = Form(dice.between(0.18, 0.23), dice.between(0.15, 0.2), 0.08, 0.6, 0.55, 0.8, 0.3)
    b = f.half
    whole = f.solid() + tiers(dice, (-0.12, 0.22), 0.6 * b, 2, dice.between(0.11, 0.14), 0.06)
    whole += stack([(0.2, 0.9 * b, (0.02, 0.16)), (0.36, b, (0.0, 0.2))])
    whole += box(1.2 * b, (0.35, 0.385), (-0.02, 0.23)) + mast(0.08, 0.36, 0.18, 0.018)
    rail = f.solid().trim_by_plane((0, 1, 0), -0.06) - f.solid(0.04).translate((0, 0.02, 0))
    whole += rail.translate((0, 0.045, 0)) + rod((0, -0.02, -0.33), (0, 0.09, -0.33), 0.03)
    fender = rod((0.9 * b, -0.06, 0), (b + 0.035, -0.06, 0), 0.05)
    fenders = pair(row(lambda z: fender.translate((0, 0, z)), -0.25, 0.05, 3))
    return whole + funnel(-0.1, 0.1, 0.06, dice.between(0.2, 0.3)) + dice.maybe(0.6, fenders)


def trawler(dice: Dice) -> Solid:
    """A fishing boat: wheelhouse fore or aft, a mast with derricks, a gallows at the stern."""
    ends = (0.1, dice.between(0.5, 1.0), 0.5, 0.75, 0.4)
    f = Form(dice.between(0.13, 0.18), dice.between(0.13, 0.18), *ends)
    (z, m), b, tall = dice.pick((0.02, -0.08), (-0.4, 0.0)), f.half, dice.between(0.4, 0.6)
    whole = f.solid() + box(1.2 * b, (-0.03, 0.12), (z, z + 0.24))
    whole += stack([(0.1, b, (z + 0.08, z + 0.22)), (0.23, 1.05 * b, (z + 0.06, z + 0.24))])
    whole += box(1.2 * b, (0.22, 0.25), (z + 0.04, z + 0.27)) + mast(m, 0, tall, 0.018)
    whole += box(0.8 * b, (-0.02, 0.04), (m - 0.06, m + 0.06))
    boom = rod((0, 0.1, m), (dice.between(0.1, 0.35), 0.85 * tall, m - 0.05), 0.015)
    whole += dice.pick(pair(boom), rod((0, 0.1, m), (0, 0.8 * tall, m - 0.25), 0.016))
    gallows = pair(box((0.6 * b, 0.6 * b + 0.03), (-0.04, 0.2), (-0.46, -0.43)))
    gallows += box(1.2 * b + 0.06, (0.18, 0.21), (-0.46, -0.43))
    return whole + (gallows if z > 0 else Solid())


def barge(dice: Dice) -> Solid:
    """A flat box of a boat: cargo barge, narrow canal boat, or a hovercraft."""
    kind = dice.pick("cargo", "canal", "hover")
    if kind == "hover":
        skirt = [(0.0, 0.44, (-0.45, 0.45)), (0.06, 0.5, (-0.5, 0.5)), (0.12, 0.42, (-0.44, 0.44))]
        cabin = stack([(0.1, 0.28, (-0.15, 0.32)), (0.24, 0.22, (-0.15, 0.22))], 0.04)
        duct = lathe([(0.1, -0.38), (0.1, -0.28)]) - lathe([(0.072, -1), (0.072, 1)])
        fan = duct.rotate((90, 0, 0)).translate((0.11, 0.25, 0))
        return (
            stack(skirt, 0.14, 3)
            + cabin
            + pair(fan + box((0.095, 0.125), (0.1, 0.34), (-0.36, -0.31)))
        )
    w, d = (dice.between(0.16, 0.26), 0.1) if kind == "cargo" else (dice.between(0.1, 0.13), 0.07)
    body = prism([(-0.5, 0.0), (-0.46, -d), (0.42, -d), (0.5, 0.0)], "x", w)
    if kind == "canal":
        cabin = box(0.8 * w, (-0.01, 0.07), (-0.3, 0.34)) + box(
            0.9 * w, (0.06, 0.085), (-0.32, 0.36)
        )
        return body + cabin + rod((0, 0.06, 0.2), (0, 0.13, 0.2), 0.016)
    heap = loft([(0.03 - d, rect(w - 0.06, (-0.22, 0.38))), (0.05, rect(0.04, (-0.1, 0.26)))], "y")
    house = box(0.8 * w, (-0.03, 0.13), (-0.44, -0.3)) + box(0.9 * w, (0.12, 0.145), (-0.46, -0.27))
    hold = box(w - 0.07, (0.035 - d, 1), (-0.24, 0.4))
    return body - hold + dice.maybe(0.5, heap) + house + mast(-0.36, 0.14, 0.1)
