"""What cars share: body, wheels, glass, lamps; in metres, nose to +z."""

from __future__ import annotations

from dataclasses import dataclass

from .dice import Dice
from .parts import Solid, box, lathe, loft, pair, prism, rect, rod, spread, stack, union


@dataclass(frozen=True)
class Plan:
    """A car's measures; places along it are fractions of its length from its middle, nose +."""

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
    nose: float  # height of the bonnet's front end, as a fraction of the body's
    tail: float  # and of the boot's rear end
    axles: tuple[float, float] = (-0.3, 0.31)

    def at(self, fraction: float) -> float:
        """The z of a place along the car."""
        return fraction * self.length


def read_plans(table: str) -> dict[str, list[tuple[float, float]]]:
    """A table of plans, one kind a row: its name, then a range low-high or a number per measure.

    >>> read_plans("cube 3.0:3.6 1.5")
    {'cube': [(3.0, 3.6), (1.5, 1.5)]}
    """
    rows = [line.split() for line in table.strip().splitlines()]
    ranges = {name: [cell.split(":") for cell in cells] for name, *cells in rows}
    return {k: [(float(c[0]), float(c[-1])) for c in cells] for k, cells in ranges.items()}


def draw(dice: Dice, ranges: list[tuple[float, float]]) -> Plan:
    """A plan with each measure drawn from its range."""
    return Plan(*(dice.between(low, high) for low, high in ranges))


def body(dice: Dice, p: Plan) -> Solid:
    """The lower body, from tail to nose, wheel arches cut."""
    low, belt, bumper = p.clearance, p.belt, p.clearance + 0.1
    arch = 2.3 * p.wheel  # the bonnet clears the front wheels
    nose, tail = (low + (belt - low) * part for part in (p.nose, p.tail))
    blunt, soft = dice.between(0.72, 0.88), dice.between(0.05, 0.18)
    stations = [
        (-0.5, 0.84, bumper, tail - 0.06),
        (min(-0.475, p.deck - 0.005), 0.95, low + 0.04, tail),
        (p.deck, 1.0, low, belt),
        (p.cowl, 1.0, low, belt),
        (max(p.axles[1] + 0.05, p.cowl + 0.02), 0.98, low, max(arch, (nose + belt) / 2)),
        (0.48, 0.92, low + 0.04, nose),
        (0.5, blunt, bumper, nose - 0.1),
    ]
    rings = [(p.at(z), rect(w * p.width, (a, b), soft, 2)) for z, w, a, b in stations]
    return loft(rings, "z") - arches(p)


def arches(p: Plan) -> Solid:
    """What the four wheel arches cut from a body."""
    r, inner = p.wheel * 1.15, p.width / 2 - 0.3
    hole = rod((inner, p.wheel, 0), (9, p.wheel, 0), r, sides=16)
    return pair(union(hole.translate((0, 0, p.at(z))) for z in p.axles))


def wheels(p: Plan, out: float = 0.0) -> Solid:
    """Four wheels with sunk rims, on two axles; `out` moves them outward."""
    x, r, t = p.width / 2 + out, p.wheel, 0.22
    rim = [(0.92, t), (0.66, t), (0.6, t - 0.06), (0.25, t - 0.06), (0.2, t - 0.01)]
    side = [(0.9, 0.0), (1.0, 0.03), (1.0, t - 0.03), *rim]
    wheel = lathe([(r * a, b) for a, b in side], 18).rotate((0, 0, -90)).translate((x - t, r, 0))
    axle = pair(wheel) + box(2 * x - 0.3, (0.8 * r, 1.2 * r), 0.4 * r)
    return union(axle.translate((0, 0, p.at(z))) for z in p.axles)


def cabin(dice: Dice, p: Plan, panes: int) -> Solid:
    """The glass house: narrower at the roof, its windows sunk between the pillars."""
    low, top, wide = p.belt - 0.04, p.roof, p.width
    lean, soft = dice.between(0.74, 0.86), dice.between(0.04, 0.16)
    foot, crown = (p.at(p.deck), p.at(p.cowl)), (p.at(p.rear), p.at(p.front))

    def house(in_x: float, in_z: float) -> Solid:
        """The house, its sides moved inward by in_x and its ends by in_z."""
        levels = [(low, 0.95 * wide, foot), (top - 0.07, lean * wide + 0.04, crown)]
        levels.append((top, lean * wide - 0.1, (crown[0] + 0.1, crown[1] - 0.1)))
        moved = [(y, x - 2 * in_x, (a + in_z, b - in_z)) for y, x, (a, b) in levels]
        return stack(moved, soft)

    def edge(k: int, height: float) -> float:
        """The z of the house's rear (k = 0) or front (k = 1) end at a height."""
        return foot[k] + (crown[k] - foot[k]) * (height - low) / (top - low)

    a, b, pillar = low + 0.09, top - 0.12, 0.12
    frame = [(edge(0, a) + 2 * pillar, a), (edge(1, a) - 2 * pillar, a)]
    sides = prism([*frame, (edge(1, b) - pillar, b), (edge(0, b) + pillar, b)], "x", 9)
    posts = spread(edge(0, b), edge(1, b), panes + 1)[1:-1]
    sides -= union(box(20, 20, (z - 0.05, z + 0.05)) for z in posts)
    pane = [(-0.4 * wide, a), (0.4 * wide, a), (0.33 * wide, b), (-0.33 * wide, b)]
    ends = prism(pane, "z", 20)
    return house(0, 0) - (sides - house(0.07, -1.0)) - (ends - house(-1.0, 0.09))


def lamps(dice: Dice, p: Plan) -> Solid:
    """Headlamps, round or wide, and perhaps bumpers."""
    y = p.clearance + (p.belt - p.clearance) * min(p.nose, 0.9) * 0.6
    z, x = p.at(0.485), 0.33 * p.width
    disc = rod((x, y, z - 0.1), (x, y, z + 0.05), 0.11, sides=12)
    wide = box((x - 0.16, x + 0.14), (y - 0.05, y + 0.06), (z - 0.1, z + 0.04))
    bar = box(0.9 * p.width, (p.clearance + 0.04, p.clearance + 0.2), (z - 0.15, z + 0.1), 0.05)
    return pair(dice.pick(disc, wide)) + dice.maybe(0.5, bar + bar.mirror((0, 0, 1)))


def mirrors(p: Plan) -> Solid:
    """A mirror beside either end of the windscreen."""
    z, x = p.at(p.cowl) - 0.35, p.width / 2
    return pair(box((0.88 * x, x + 0.12), (p.belt - 0.01, p.belt + 0.13), (z, z + 0.1)))
