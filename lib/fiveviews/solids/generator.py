"""Random mechanical parts: any number of them, each from its seed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from .csg import Assembly, EmptySolid, Solid, Step, assemble, solid_of
from .primitives import Array, Primitive

AXES = {  # columns of the rotation that lays a primitive's own z along a world axis
    "x": ((0, 0, 1), (1, 0, 0), (0, 1, 0)),
    "y": ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
    "z": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
}
LEAST = 0.01  # a step must change the volume by this share at least, or it cannot be seen
TRIES = 60
Random = np.random.Generator


def make_solid(seed: int, primitives: int | None = None) -> Solid:
    """The random solid number `seed`: the same one every time, and any seed >= 0 will do.

    A block, a disc or the like, to which bosses are added and from which holes, slots, pockets and
    bevels are cut, in one piece, filling [-0.5, 0.5]³ along its longest side.
    primitives: how many it is made of; default: 3 to 6, drawn from the seed.

    Raises ValueError for a negative seed or fewer than one primitive.

    >>> solid = make_solid(7)
    >>> round(solid.vertices.abs().max().item(), 9), solid.volume > 0.01
    (0.5, True)
    """
    steps, assembly = _made(seed, primitives)
    return solid_of(assembly, steps)


def cut(solid: Solid, seed: int) -> Solid:
    """The solid with one more piece cut out of it, chosen by the seed, in the same coordinates.

    As in SPARE3D: a box, sphere, cone or cylinder with its middle in the central half of the
    bounding box; its size is a share of A = (length + width + height) / 5.
    # paper: a cone or a cylinder may also lie along x or z, and a cut that removes less than 1 % of
    the volume, nothing, or everything is drawn again.

    Raises ValueError for a solid without steps (from a file), which cannot be cut again.
    """
    if not solid.steps:
        raise ValueError("only a solid made of primitives can be cut; this one came from a file")
    return _cut(solid.steps, assemble(solid.steps), seed)


def make_cuts(seed: int, cuts: Iterable[int]) -> Iterator[Solid]:
    """`cut(make_solid(seed), i)` for each i of `cuts`, quicker: the solid is put together once, and
    its own lines, which nobody draws, are not looked for."""
    steps, assembly = _made(seed)
    yield from (_cut(steps, assembly, i) for i in cuts)


def _made(seed: int, primitives: int | None = None) -> tuple[Sequence[Step], Assembly]:
    """The steps and the surface of random solid number `seed`."""
    if seed < 0 or (primitives is not None and primitives < 1):
        raise ValueError(
            f"a solid takes a seed from 0 up and at least one primitive; got seed={seed}, "
            f"primitives={primitives}"
        )
    for attempt in range(TRIES):  # where a design comes to nothing, the next derived seed is taken
        random = np.random.default_rng([seed, primitives or 0, attempt])
        try:
            return _normalised(*_design(random, primitives or int(random.integers(3, 7))))
        except EmptySolid:
            continue
    raise EmptySolid(f"seed {seed} gave no solid of {primitives} primitives in {TRIES} attempts")


def _cut(steps: Sequence[Step], base: Assembly, seed: int) -> Solid:
    low, high = np.array(base.manifold.bounding_box()).reshape(2, 3)
    share = float((high - low).sum() / 5)
    for attempt in range(TRIES):
        random = np.random.default_rng([seed, attempt, 1])
        r, h = (random.uniform(0.25, 0.5) * share for _ in range(2))
        kind = ("box", "sphere", "cone", "cylinder")[random.integers(4)]
        size = {
            "box": tuple(random.uniform(0.5, 1.0, 3) * share),
            "sphere": (r,),
            "cone": (r, 0.0, 2 * h),
            "cylinder": (r, 2 * h),
        }[kind]
        centre = (low + high) / 2 + random.uniform(-0.25, 0.25, 3) * (high - low)
        step = Step("cut", _placed(kind, size, centre, "xyz"[random.integers(3)]))
        if after := _worth(base, step):
            return solid_of(after, (*steps, step))
    raise EmptySolid(f"seed {seed} gave no cut that leaves a solid in one piece, in {TRIES} tries")


def _placed(kind: str, size: tuple[float, ...], centre: Array, axis: str) -> Primitive:
    return Primitive(
        str(kind), tuple(map(float, size)), tuple(np.asarray(centre, float).tolist()), AXES[axis]
    )


def _worth(base: Assembly, step: Step) -> Assembly | None:
    """The assembly after a step, if the step can be seen and leaves one piece."""
    try:
        after = base.after(step)
    except EmptySolid:
        return None
    before = base.manifold.volume()
    if abs(after.manifold.volume() - before) < LEAST * before:
        return None
    return after if len(after.manifold.decompose()) == 1 else None


def _design(random: Random, count: int) -> tuple[list[Step], Assembly]:
    """Steps in rough units: a base of about unit size, then a random change at a time."""
    steps = [Step("add", _base(random))]
    assembly = assemble(steps)
    for _ in range(TRIES):
        if len(steps) == count:
            return steps, assembly
        bounds = np.array(assembly.manifold.bounding_box()).reshape(2, 3)
        change = CHANGES[random.choice(len(CHANGES), p=CHANCES)]
        step = change(random, *bounds)
        if after := _worth(assembly, step):
            steps.append(step)
            assembly = after
    raise EmptySolid(f"no {count} steps that each change the solid were found")


def _normalised(steps: list[Step], assembly: Assembly) -> tuple[list[Step], Assembly]:
    """The same part, centred, its longest side 1.

    Round faces get as many facets as their size asks for, so another size has another bounding box,
    by a hair; hence again, until it fits.
    """
    for _ in range(TRIES):
        low, high = np.array(assembly.manifold.bounding_box()).reshape(2, 3)
        scale, shift = 1 / (high - low).max(), -(low + high) / 2
        if abs(scale - 1) < 1e-12 and abs(shift).max() < 1e-12:
            break
        steps = [Step(s.operation, s.primitive.moved(scale, scale * shift)) for s in steps]
        assembly = assemble(steps)
    return steps, assembly


# What a designer does to a part. Sizes are shares of the part's own, so no change is out of place.


def _base(random: Random) -> Primitive:
    kind = random.choice(["box", "cylinder", "wedge", "torus"], p=[0.6, 0.25, 0.1, 0.05])
    centre, axis = np.zeros(3), "xyz"[random.integers(3)]
    if kind == "cylinder":
        return _placed(kind, (random.uniform(0.25, 0.5), random.uniform(0.4, 1.2)), centre, axis)
    if kind == "torus":
        return _placed(kind, (random.uniform(0.35, 0.45), random.uniform(0.1, 0.2)), centre, axis)
    return _placed(kind, tuple(random.uniform(0.4, 1.0, 3)), centre, axis)


def _boss(random: Random, low: Array, high: Array) -> Step:
    """Something that stands on one side of the part, sunk into it a little."""
    side = high - low
    along, sign = int(random.integers(3)), random.choice([-1.0, 1.0])
    kind = random.choice(
        ["box", "cylinder", "cone", "sphere", "wedge", "torus"], p=[0.3, 0.3, 0.1, 0.1, 0.1, 0.1]
    )
    others = [axis for axis in range(3) if axis != along]
    small = side[others].min()
    radius = small * random.uniform(0.15, 0.45)
    height = side.mean() * random.uniform(0.2, 0.6)
    size = {
        "box": (*(side[others] * random.uniform(0.25, 0.9, 2)), height),
        "wedge": (*(side[others] * random.uniform(0.25, 0.9, 2)), height),
        "cylinder": (radius, height),
        "cone": (radius, radius * random.choice([0.0, 0.5]), height),
        "sphere": (radius,),
        "torus": (radius, radius * random.uniform(0.25, 0.5)),
    }[kind]
    middle = (low + high) / 2
    centre = middle + random.uniform(-0.25, 0.25, 3) * side
    rise = {"sphere": 0.0, "torus": 0.0}.get(kind, height * 0.4)
    centre[along] = middle[along] + sign * (side[along] / 2 + rise)
    primitive = _placed(kind, size, centre, "xyz"[along])
    return Step("add", primitive if sign > 0 else _flipped(primitive))


def _flipped(primitive: Primitive) -> Primitive:
    """The primitive turned half round its own x axis, so that its z points the other way."""
    rotation = np.asarray(primitive.rotation) @ np.diag([1, -1, -1])
    return Primitive(
        primitive.kind, primitive.size, primitive.centre, tuple(map(tuple, rotation.tolist()))
    )


def _hole(random: Random, low: Array, high: Array) -> Step:
    """A round hole, through the part or blind, straight or tapered."""
    side, along = high - low, int(random.integers(3))
    others = [axis for axis in range(3) if axis != along]
    radius = side[others].min() * random.uniform(0.12, 0.35)
    centre = (low + high) / 2 + random.uniform(-0.25, 0.25, 3) * side
    depth = side[along] * (1.2 if random.random() < 0.6 else random.uniform(0.4, 0.8))
    sign = random.choice([-1.0, 1.0])
    centre[along] = (low + high)[along] / 2
    if depth < side[along]:
        centre[along] += sign * (side[along] * 0.55 - depth / 2)
    if random.random() < 0.15:
        cone = _placed("cone", (0.5 * radius, radius, depth), centre, "xyz"[along])
        return Step("cut", cone if sign > 0 else _flipped(cone))
    return Step("cut", _placed("cylinder", (radius, depth), centre, "xyz"[along]))


def _slot(random: Random, low: Array, high: Array) -> Step:
    """A groove with a flat floor that runs through the part."""
    side = high - low
    along, down = random.permutation(3)[:2]
    across = 3 - along - down
    size = np.zeros(3)
    size[along] = 1.2 * side[along]
    size[across] = side[across] * random.uniform(0.15, 0.5)
    size[down] = side[down] * random.uniform(0.3, 0.7)
    centre = (low + high) / 2
    centre[across] += side[across] * random.uniform(-0.3, 0.3)
    centre[down] += random.choice([-1.0, 1.0]) * side[down] / 2
    return Step("cut", _placed("box", tuple(size), centre, "z"))


def _pocket(random: Random, low: Array, high: Array) -> Step:
    """A box, ball or ring sunk into one side."""
    side, along = high - low, int(random.integers(3))
    others = [axis for axis in range(3) if axis != along]
    kind = random.choice(["box", "sphere", "torus"], p=[0.5, 0.3, 0.2])
    radius = side[others].min() * random.uniform(0.2, 0.4)
    size = {
        "box": tuple(side * random.uniform(0.2, 0.6, 3)),
        "sphere": (radius,),
        "torus": (radius, radius * random.uniform(0.2, 0.4)),
    }[kind]
    centre = (low + high) / 2 + random.uniform(-0.3, 0.3, 3) * side
    centre[along] = random.choice([low[along], high[along]])
    return Step("cut", _placed(kind, size, centre, "z" if kind == "box" else "xyz"[along]))


def _bevel(random: Random, low: Array, high: Array) -> Step:
    """A corner cut off along one edge, as a chamfer."""
    side = high - low
    along = int(random.integers(3))
    others = [axis for axis in range(3) if axis != along]
    sizes = side[others] * random.uniform(0.2, 0.5, 2)
    signs = random.choice([-1.0, 1.0], 2)
    # A wedge is thick at its own (-x, -z): turn that corner to where the part's corner is.
    x, z = np.zeros(3), np.zeros(3)
    x[others[0]], z[others[1]] = -signs[0], -signs[1]
    rotation = np.stack([x, np.cross(z, x), z], axis=1)
    centre = (low + high) / 2
    # Larger than what it cuts off, about the same slope: faces that coincide would leave a skin.
    centre[others] += signs * (side[others] - sizes) / 2
    size = (float(1.2 * sizes[0]), float(1.2 * side[along]), float(1.2 * sizes[1]))
    place = tuple(centre.tolist()), tuple(map(tuple, rotation.tolist()))
    return Step("cut", Primitive("wedge", size, *place))


def _rounding(random: Random, low: Array, high: Array) -> Step:
    """Only what lies within a large cylinder, cone or ball is kept."""
    side, middle = high - low, (low + high) / 2
    along = int(random.integers(3))
    others = [axis for axis in range(3) if axis != along]
    reach = float(np.linalg.norm(side[others]) / 2) * random.uniform(0.8, 0.95)
    kind = random.choice(["cylinder", "sphere", "cone"], p=[0.5, 0.3, 0.2])
    size = {
        "cylinder": (reach, 1.2 * side[along]),
        "sphere": (float(np.linalg.norm(side) / 2) * random.uniform(0.75, 0.95),),
        "cone": (1.3 * reach, 0.7 * reach, 1.05 * side[along]),
    }[kind]
    return Step("keep", _placed(kind, size, middle, "xyz"[along]))


CHANGES = (_boss, _hole, _slot, _pocket, _bevel, _rounding)
CHANCES = (0.32, 0.24, 0.14, 0.12, 0.12, 0.06)
