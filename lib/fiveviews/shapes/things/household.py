"""Bowls, bottles, mugs, cans, caps and bags: Pix2Scene's six categories of ShapeNet, generated."""

from __future__ import annotations

import numpy as np

from ..dice import Dice
from ..parts import (
    Array,
    Solid,
    ball,
    box,
    disc,
    ellipse,
    fillet,
    lathe,
    loft,
    rect,
    smooth,
    sweep,
    tube,
)

SIDES = 40


def hollow(profile: Array, wall: float, floor: float) -> Solid:
    """A vessel turned from an outer profile (radius, height), open at the top."""
    inside = np.array(profile) - (wall, 0)
    inside = inside[inside[:, 0] > 0.01]
    low = np.array([(np.interp(floor, inside[:, 1], inside[:, 0]), floor)])
    inside = np.concatenate([low, inside[inside[:, 1] > floor + 1e-4]])
    inside = np.concatenate([inside, inside[-1:] + (0, 0.1)])  # cut clean through the rim
    return lathe(profile, SIDES) - lathe(inside, SIDES)


def ear(top: Array, bottom: Array, reach: float, radius: float, square: bool) -> Solid:
    """A handle in the plane of x and y, from one point of a vessel's side to another below it."""
    (x0, y0), (x1, y1) = top, bottom
    if square:
        corners = [(x0 - 0.03, y0), (x0 + reach, y0), (x1 + reach, y1), (x1 - 0.03, y1)]
        path = fillet(corners, 0.6 * reach, 6)
    else:
        middle = (y0 + y1) / 2
        path = smooth(
            [(x0 - 0.03, y0), (max(x0, x1) + 0.8 * reach, y0 + 0.02)]
            + [(max(x0, x1) + reach, middle), (x1 + 0.7 * reach, y1 + 0.02), (x1 - 0.03, y1)],
            5,
        )
    return tube(np.column_stack([path, np.zeros(len(path))]), radius, 12)


def bowl(dice: Dice) -> Solid:
    """Deep or flat, round or flaring, on a foot or none."""
    tall, foot = dice.between(0.35, 0.8), dice.between(0.3, 0.55)
    belly = dice.between(0.72, 0.95)
    side = [(foot, 0.0), (belly, 0.35 * tall), (dice.between(0.97, 1.02), 0.75 * tall), (1, tall)]
    if dice.chance(0.3):
        side = [(foot, 0.0), (0.6, 0.15 * tall), (0.78, 0.5 * tall), (1.0, tall)]
    wall = dice.between(0.05, 0.09)
    profile = smooth(side, 6)
    if dice.chance(0.5):
        stand = dice.between(0.05, 0.12)
        ring = [(foot, 0.0), (0.93 * foot, stand)]
        profile = np.concatenate([ring, profile[1:] + (0, stand)])
        return hollow(profile, wall, stand + wall)
    return hollow(profile, wall, wall)


def bottle(dice: Dice) -> Solid:
    """Wine, beer, sauce or water: a body, shoulders, a neck, a cap."""
    radius, neck = dice.between(0.12, 0.22), dice.between(0.035, 0.06)
    body, shoulder = dice.between(0.45, 0.65), dice.between(0.1, 0.2)
    waist = dice.between(0.88, 1.0)
    side = [(0.92 * radius, 0), (radius, 0.03), (waist * radius, body / 2), (radius, body)]
    side += [(0.62 * radius + 0.3 * neck, body + 0.6 * shoulder), (neck, body + shoulder)]
    top = dice.between(0.9, 1.0)
    side += [(neck, top)]
    solid = lathe(np.concatenate([smooth(side, 5)]), SIDES)
    cap = disc(2.6 * neck, 2.6 * neck, (top - dice.between(0.05, 0.1), top + 0.02), SIDES)
    ribs = disc(2.05 * radius, 2.05 * radius, (0.3 * body, 0.7 * body), SIDES)
    return solid + cap + (dice.maybe(0.4, ribs) if waist > 0.95 else Solid())


def mug(dice: Dice) -> Solid:
    """Straight, tapered or bellied, with a round or a square handle."""
    tall, low, high = dice.between(0.75, 1.15), dice.between(0.34, 0.44), dice.between(0.38, 0.46)
    belly = (low + high) / 2 + dice.pick(0.0, 0.0, dice.between(0.0, 0.07))
    profile = smooth([(low, 0.0), (belly, 0.5 * tall), (high, tall)], 8)
    cup = hollow(profile, dice.between(0.03, 0.05), 0.06)
    top, bottom = dice.between(0.75, 0.88) * tall, dice.between(0.15, 0.3) * tall
    at = [np.array((np.interp(y, profile[:, 1], profile[:, 0]), y)) for y in (top, bottom)]
    loop = ear(*at, dice.between(0.22, 0.32), dice.between(0.035, 0.055), dice.chance(0.4))
    inside = lathe([(low - 0.05, 0.03), (high - 0.05, tall + 0.1)], SIDES)
    return cup + (loop - inside)


def can(dice: Dice) -> Solid:
    """A drinks can with necked ends, or a food tin with rims and perhaps ribs."""
    radius = dice.between(0.24, 0.42)
    if dice.chance(0.5):
        edge = dice.between(0.75, 0.88) * radius
        side = [(edge, 0.0), (radius, 0.07), (radius, 0.9), (edge, 0.97), (edge, 1.0)]
        dent = disc(1.85 * edge, 1.85 * edge, (0.975, 1.1), SIDES)
        tab = box((-0.3 * radius, 0.5 * radius), (0.97, 0.99), 0.35 * radius)
        return lathe(side, SIDES) - dent + tab
    tall, rim = dice.between(0.45, 1.0), 0.025
    side = [(radius + 0.02, 0), (radius + 0.02, rim), (radius, rim + 0.01)]
    if dice.chance(0.5):
        for y in np.linspace(0.3 * tall, 0.7 * tall, 2 * dice.count(3, 5) + 1):
            side.append((radius + (0.012 if len(side) % 2 else 0.0), y))
    side += [(radius, tall - rim - 0.01), (radius + 0.02, tall - rim), (radius + 0.02, tall)]
    return lathe(side, SIDES) - disc(1.9 * radius, 1.9 * radius, (tall - 0.02, tall + 0.1), SIDES)


def cap(dice: Dice) -> Solid:
    """A baseball cap, or a hat with a brim all round; crown upward, peak to the front."""
    tall, wide = dice.between(0.5, 0.68), dice.between(0.9, 1.05)
    crown = smooth(
        [(0.5, 0), (0.5, 0.3 * tall), (0.42, 0.72 * tall), (0.22, 0.96 * tall), (0.001, tall)], 5
    )
    dome = lathe(crown, SIDES).scale((0.95 * wide, 1, 1.08))
    dome = dome - dome.scale((0.93, 0.93, 0.93)).translate((0, -0.01, 0))
    if dice.chance(0.3):
        reach = dice.between(0.75, 0.95)
        brim = lathe([(reach, 0.0), (reach, 0.03)], SIDES).scale((wide, 1, 1.1))
        band = lathe([(0.515, 0.0), (0.515, 0.1)], SIDES).scale((0.95 * wide, 1, 1.08))
        hole = lathe([(0.46, -0.1), (0.46, 0.2)], SIDES).scale((0.95 * wide, 1, 1.08))
        return dome + ((brim + band) - hole)
    long, drop = dice.between(0.45, 0.62), dice.between(0.02, 0.12)
    outline = ellipse(0.86 * wide, 2 * (0.5 + long), SIDES)
    stations = [(z, rect((-0.5, 0.5), 0.035)) for z in np.linspace(0, 1, 9)]
    peak = loft(stations, along="z").warp_batch(lambda v: _peak(v, outline, drop))
    hole = lathe([(0.44, -0.2), (0.44, 0.3)], SIDES).scale((0.95 * wide, 1, 1.08))
    return dome + (peak - hole) + ball((0, tall, 0), 0.035, 12)


def _peak(vertices: Array, outline: Array, drop: float) -> Array:
    """A flat tongue (x in ±0.5, z in 0 to 1) cut to half an ellipse and bent down at its sides."""
    reach, half = outline[:, 1].max(), outline[:, 0].max()
    z = vertices[:, 2] * reach
    width = half * np.sqrt(np.clip(1 - (z / reach) ** 2, 4e-4, 1))
    x = 2 * vertices[:, 0] * width
    return np.stack([x, vertices[:, 1] + 0.03 - drop * (2 * x / half) ** 2 / 4, z], 1)


def bag(dice: Dice) -> Solid:
    """A handbag, a shopping bag or a satchel with a flap."""
    wide, deep, tall = dice.between(0.7, 1.0), dice.between(0.22, 0.4), dice.between(0.5, 0.8)
    kind = dice.pick("hand", "shopping", "satchel")
    narrow = {"hand": 0.75, "shopping": 1.0, "satchel": 0.95}[kind]
    thin = {"hand": 0.45, "shopping": 0.85, "satchel": 0.7}[kind]
    levels = [(t, 1 - (1 - narrow) * t**2, 1 - (1 - thin) * t**2) for t in np.linspace(0, 1, 7)]
    body = loft([(t * tall, rect(wide * w, deep * d, 0.09, 4)) for t, w, d in levels], along="y")
    span, rise = dice.between(0.2, 0.3) * wide, dice.between(0.25, 0.5)
    arch = smooth(
        [(-span, tall - 0.04), (-0.8 * span, tall + 0.7 * rise), (0, tall + rise)]
        + [(0.8 * span, tall + 0.7 * rise), (span, tall - 0.04)],
        6,
    )
    path = np.column_stack([arch, np.zeros(len(arch))])
    strap = sweep(path, ellipse(0.05, 0.05, 10))
    if kind == "satchel":
        lid = [
            (t * tall, rect(wide * 0.97, deep * (1.03 - 0.3 * t**2), 0.09, 4))
            for t in (0.45, 0.7, 1.0)
        ]
        flap = loft(lid, along="y") - box(9, 9, (-9, 0))
        return body + flap + box(0.1 * wide, (0.4 * tall, 0.5 * tall), (0, 0.55 * deep)) + strap
    apart = 0.32 * thin * deep
    straps = strap.translate((0, 0, apart)) + strap.translate((0, 0, -apart))
    if kind == "shopping":
        inner = loft(
            [
                (0.05, rect(0.94 * wide, 0.85 * deep, 0.06, 4)),
                (tall + 0.1, rect(0.94 * wide * narrow, 0.85 * thin * deep, 0.06, 4)),
            ],
            along="y",
        )
        return (body - inner) + straps
    return body + straps
