"""What long guns are put together from: side views (z, y), the muzzle towards +z; in metres."""

from __future__ import annotations

from .dice import Dice
from .parts import (
    Array,
    Solid,
    box,
    fillet,
    pair,
    points,
    prism,
    rect,
    rod,
    row,
    sideways,
    sweep,
    tube,
)


def side(text: str | Array, thick: float, at: tuple[float, float] = (0.0, 0.0)) -> Solid:
    """A board cut to a side view: points (z, y), given as text or as an array, moved to `at`."""
    outline = points(text) if isinstance(text, str) else text
    return prism(outline + at, "x", thick)


def barrel(y: float, start: float, end: float, r: float, tip: float | None = None) -> Solid:
    """A tube along z at height y."""
    return rod((0, y, start), (0, y, end), r, tip, 10)


def trigger(z: float, y: float) -> Solid:
    """A guard below height y, its middle at z, with the trigger in it."""
    guard = side("-.045 .01, -.045 -.055, .045 -.055, .045 .01", 0.026, (z, y))
    hole = box(1, (y - 0.041, y + 0.002), (z - 0.031, z + 0.031))
    return guard - hole + side("-.012 .005, .004 .005, .01 -.035, 0 -.035", 0.018, (z, y))


def grip(z: float, y: float, rake: float, long: float) -> Solid:
    """A pistol grip under (z, y), its foot swept back by `rake`."""
    outline = points("-.028 .01, .022 .01, .026 -1, -.034 -1")
    outline[2:] = outline[2:] * (1, long) - (rake, 0)
    return side(outline, 0.038, (z, y))


def magazine(dice: Dice, z: float, y: float) -> Solid:
    """Straight, curved, short or a drum, below (z, y)."""
    kind, long = dice.pick("straight", "curved", "curved", "short", "drum"), dice.between(0.1, 0.2)
    if kind == "drum":
        low = y - dice.between(0.05, 0.07)
        wheel = rod((-0.03, low, z), (0.03, low, z), y - low - 0.005, sides=18)
        return wheel + box(0.03, (y - 0.04, y + 0.01), (z - 0.025, z + 0.025))
    if kind == "short":
        return side("-.035 .01, .035 .01, .03 -.05, -.03 -.05", 0.034, (z, y))
    bend = dice.between(0.03, 0.08) if kind == "curved" else 0.0
    path = [(z + bend * t * t, y + 0.01 - long * t) for t in (0, 0.25, 0.5, 0.75, 1)]
    return sweep(sideways(0, path), rect(0.034, dice.between(0.05, 0.07)))


def scope(dice: Dice, z: float, y: float) -> Solid:
    """A telescope on two rings above (z, y)."""
    long, r = dice.between(0.2, 0.34), dice.between(0.016, 0.02)
    up, a, b = y + r + 0.03, z - long / 2, z + long / 2
    path = [(t, up) for t in (a, a + 0.05, a + 0.08, b - 0.1, b - 0.06, b)]
    glass = tube(sideways(0, path), [1.4 * r, 1.4 * r, r, r, 1.7 * r, 1.7 * r], 10)
    ring = box(0.026, (y - 0.01, up), 0.026)
    mounts = row(lambda t: ring.translate((0, 0, t)), z - long * 0.22, z + long * 0.18, 2)
    return glass + mounts + box(0.02, (up, up + 2 * r), (z - 0.014, z + 0.014))


def sight(dice: Dice, z: float, y: float, front: float) -> Solid:
    """Irons, a red dot, a carrying handle or a scope above (z, y); `front` is the foresight's z."""
    post = side("-.02 -.02, .014 -.02, .006 .045, -.008 .045", 0.02, (front, y))
    rear = box(0.024, (y - 0.01, y + 0.035), (z - 0.02, z + 0.01))
    dot = box(0.04, (y - 0.01, y + 0.055), (z - 0.035, z + 0.035))
    dot -= box(0.024, (y + 0.015, y + 0.04), 9)
    handle = side("-.09 -.01, .08 -.01, .08 .04, .06 .06, -.09 .06", 0.024, (z, y))
    handle -= side("-.06 .006, .05 .006, .05 .038, -.06 .038", 1, (z, y))
    glass = scope(dice, z, y)
    return dice.pick(post + rear, dot, handle + post, glass, glass)


def bipod(z: float, y: float, low: float) -> Solid:
    """Two spread legs under (z, y)."""
    collar = box(0.04, (y - 0.02, y + 0.015), (z - 0.02, z + 0.02))
    return pair(rod((0.012, y, z), (0.1, low, z + 0.03), 0.014, sides=8)) + collar


def muzzle(dice: Dice, y: float, z: float, r: float) -> Solid:
    """A bare end, a brake or a silencer on a barrel that ends at z."""
    brake = barrel(y, z - 0.01, z + 0.05, 1.6 * r)
    silencer = barrel(y, z - 0.01, z + dice.between(0.12, 0.2), max(0.02, 1.7 * r))
    return dice.pick(Solid(), brake, brake, silencer)


def one_piece_stock(dice: Dice, fore: float) -> Solid:
    """Wood from the butt at z = -0.43 to `fore`, its top at height 0."""
    drop, wrist = dice.between(0.02, 0.07), dice.between(0.035, 0.05)
    toe, comb = drop + dice.between(0.11, 0.16), drop / 2 - dice.between(0.0, 0.02)
    heel = [(-0.43, -toe), (-0.2, -0.085), (-0.13, dice.pick(-0.075, -0.115)), (-0.08, -0.06)]
    belly = [(0.0, -0.055), (fore, -0.035), (fore, 0.0), (-0.05, 0.0)]
    ridge = [(-0.1, wrist - 0.055), (-0.18, -comb), (-0.43, -drop)]
    return prism([*heel, *belly, *ridge], "x", dice.between(0.036, 0.046))


def butt(dice: Dice, z: float, y: float) -> Solid:
    """A shoulder stock behind (z, y): solid, skeleton, sliding tube or wire."""
    long = dice.between(0.17, 0.28)
    scale = (long / 0.2, 1)
    solid = side(points(".01 -.045, -.2 -.13, -.2 .005, .01 .012") * scale, 0.038, (z, y))
    hole = side(points("-.05 -.035, -.16 -.085, -.16 -.03, -.05 -.02") * scale, 1, (z, y))
    pad = side(".13 -.035, 0 -.12, 0 .015, .13 .015", 0.038, (z - long, y))
    sliding = pad + rod((0, y - 0.01, z + 0.02), (0, y - 0.01, z - long + 0.06), 0.018)
    loop = points(".02 0, -.2 -.01, -.2 -.11, .01 -.045") * scale + (z, y)
    wire = tube(fillet(sideways(0, loop), 0.02), 0.014, 6)
    return dice.pick(solid, solid, solid - hole, sliding, wire)
