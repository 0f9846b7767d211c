"""What aeroplanes are put together from; nose to +z, a unit is about the fuselage's length.

Wings and tails are given by stations (x, leading edge z, chord, height y) from the root outward,
bodies by stations (z, radius, height of the axis) from the tail forward.
"""

from __future__ import annotations

from collections.abc import Iterable

from .dice import Dice
from .parts import (
    Array,
    Solid,
    around,
    bar,
    box,
    ellipse,
    hull,
    lathe,
    loft,
    pair,
    points,
    rod,
)

THIN = 0.028  # a wing no thicker than this slips through a coarse voxel grid
FOIL = points("0 0, -.06 .35, -.3 .5, -.7 .38, -1 .18, -1 -.18, -.7 -.35, -.3 -.4, -.06 -.3")
Stations = Iterable[tuple[float, float, float, float]]


def foil(z: float, chord: float, y: float, thick: float) -> Array:
    """Side view (z, y) of a wing's section, its leading edge at (z, y)."""
    return FOIL * (chord, max(thick * chord, THIN)) + (z, y)


def wing(stations: Stations, thick: float = 0.12) -> Solid:
    """Both wings, or both halves of a tailplane."""
    return pair(loft([(x, foil(z, chord, y, thick)) for x, z, chord, y in stations], "x"))


def straight_wing(
    z: float, chords: tuple[float, float], reach: float, back: float, y: float = 0, rise: float = 0
) -> Solid:
    """A wing with straight edges: chords at root and tip, the tip set back and raised."""
    return wing([(0.0, z, chords[0], y), (reach, z - back, chords[1], y + rise)])


def fin(z: float, chords: tuple[float, float], tall: float, back: float, y: float = 0) -> Solid:
    """One upright fin whose root's leading edge is at height y and z."""
    low, high = (foil(a, c, 0.0, 0.1)[:, ::-1] for a, c in ((z, chords[0]), (z - back, chords[1])))
    return loft([(y, low), (y + tall, high)], "y")


def fuselage(stations: Iterable[tuple[float, float, float]], power: float = 2.0) -> Solid:
    """A round body, or a boxier one with a higher power."""
    rings = [(z, ellipse(2 * r, (y - r, y + r), 14, power)) for z, r, y in stations]
    return loft(rings, "z")


def tube_body(r: float, upsweep: float = 0.6, blunt: float = 0.3) -> Solid:
    """An airliner's or transport's fuselage of radius r from z = -0.5 to 0.5."""
    up = r * upsweep
    tail = [(-0.5, 0.15 * r, up), (-0.38, 0.55 * r, 0.6 * up), (-0.22, r, 0), (0.3, r, 0)]
    nose = [(0.3, 0.85, -0.08), (0.1, 0.55, -0.18), (0, 0.15, -0.25)]
    return fuselage([*tail, *((0.5 - blunt * a, b * r, c * r) for a, b, c in nose)])


def piston_body(dice: Dice, r: float) -> Solid:
    """A light propeller aircraft's fuselage, its engine at z = 0.45."""
    rear = [(-0.5, 0.018, 0.02), (-0.25, 0.55 * r, 0.01), (0, r, 0), (0.2, 1.05 * r, 0)]
    nose = [(0.38, 0.8 * r, -0.1 * r), (0.45, 0.6 * r, -0.1 * r)]
    return fuselage([*rear, *nose], power=dice.between(2.2, 4))


def jet_body(r: float) -> Solid:
    """A fighter's fuselage: long nose, side intakes, bubble canopy, nozzle."""
    rear = [(-0.44, 0.8 * r, 0), (-0.3, r, 0), (0.1, 1.05 * r, 0), (0.28, 0.7 * r, 0)]
    body = fuselage([*rear, (0.42, 0.35 * r, -0.005), (0.54, 0.008, -0.012)], power=2.5)
    intake = points(".6 -.8, 1.5 -.54, 1.5 .5, .6 .5") * r
    canopy = fuselage([(0.1, 0.1 * r, r), (0.2, 0.5 * r, r), (0.34, 0.1 * r, 0.6 * r)])
    nozzle = lathe([(0.62 * r, -0.5), (0.7 * r, -0.42)], 12).rotate((90, 0, 0))
    return body + pair(loft([(-0.3, intake), (0.14, intake)], "z")) + canopy + nozzle


def nacelle(x: float, y: float, z: float, r: float, long: float) -> Solid:
    """A jet engine, open in front, its middle at (x, y, z)."""
    shape = [(0.6 * r, -long / 2), (r, -0.1 * long), (r, 0.4 * long), (0.85 * r, long / 2)]
    hole = [(0.3 * r, 0.35 * long), (0.72 * r, 0.45 * long), (0.72 * r, long)]
    return (lathe(shape, 12) - lathe(hole, 12)).rotate((90, 0, 0)).translate((x, y, z))


def pylon(x: float, y: tuple[float, float], z: tuple[float, float]) -> Solid:
    """An upright plate that holds something to a wing."""
    return box((x - THIN / 2, x + THIN / 2), y, z)


def pod(x: float, y: float, z: tuple[float, float], r: float) -> Solid:
    """A piston engine's cowling on a wing, from z[0] to z[1], blunt in front."""
    mid = z[0] + 0.6 * (z[1] - z[0])
    return fuselage([(z[0], 0.4 * r, y), (mid, r, y), (z[1], 0.85 * r, y)]).translate((x, 0, 0))


def propeller(dice: Dice, at: tuple[float, float, float], reach: float, hub: float) -> Solid:
    """A spinner and two to four blades in a plane of constant z."""
    t = max(0.024, 0.1 * reach)
    blade = hull(box((0, 0.02), 0.7 * t, 2.2 * t), box((reach - 0.03, reach), 0.5 * t, 1.2 * t))
    nose = lathe([(hub, -0.03), (hub, 0), (0.6 * hub, 0.8 * hub), (0.1 * hub, 1.5 * hub)], 12)
    screw = around(blade, dice.count(2, 4), dice.between(0, 90)) + nose
    return screw.rotate((90, 0, 0)).translate(at)


def tail(dice: Dice, y: float, z: float, size: float) -> Solid:
    """Fin and tailplane: low, T-shaped, crossed, V-shaped or twin; roots at height y."""
    root, back = dice.between(0.12, 0.18), dice.between(0.03, 0.12)
    tall, reach = size * dice.between(0.8, 1.2), size * dice.between(0.9, 1.3)
    upright = fin(z, (root, 0.55 * root), tall, back, y - 0.01)
    kind = dice.pick("low", "low", "low", "tee", "cross", "vee", "twin")
    if kind == "tee":
        high = (0.65 * root, 0.4 * root)
        top = y + tall - 0.018
        return upright + straight_wing(z - back + 0.01, high, 0.85 * reach, 0.7 * back, top)
    if kind == "vee":
        return wing([(0, z, root, y), (0.8 * reach, z - back, 0.6 * root, y + 0.9 * tall)])
    if kind == "twin":
        side = fin(z, (0.8 * root, 0.6 * root), 0.8 * tall, 0.5 * back, y - 0.25 * tall)
        level = straight_wing(z, (0.8 * root, 0.75 * root), 0.92 * reach, 0.0, y)
        return level + pair(side.translate((0.9 * reach, 0, 0)))
    lift, chords = (tall / 2, 0.7) if kind == "cross" else (0.0, 0.85)
    chord = (chords * root, 0.5 * root)
    return upright + straight_wing(z - 0.02 - lift * back, chord, reach, back, y + lift, 0.01)


def gear(dice: Dice, z: float, y: float, wide: float, on_tail: bool) -> Solid:
    """Fixed wheels: two beneath the body at height y, one under nose or tail."""
    r = dice.between(0.025, 0.035)

    def wheel(x: float, at: float, top: float, low: float, size: float) -> Solid:
        leg = bar((x * 0.4, top, at), (x, low, at), 0.024)
        return leg + rod((x - 0.014, low, at), (x + 0.014, low, at), size, sides=12)

    rear = wheel(0.0, -0.44, 0.02, -0.03, 0.02)
    third = rear if on_tail else wheel(0.0, 0.36, y + 0.02, y - 0.1, r)
    return pair(wheel(wide, z, y, y - 0.1, r)) + third
