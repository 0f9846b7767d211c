"""Rifles and other long guns, muzzle to +z; in metres."""

from __future__ import annotations

import numpy as np

from .dice import Dice
from .gunparts import (
    barrel,
    bipod,
    butt,
    grip,
    magazine,
    muzzle,
    one_piece_stock,
    scope,
    side,
    sight,
    trigger,
)
from .parts import (
    Solid,
    bar,
    box,
    ellipse,
    fillet,
    loft,
    pair,
    points,
    rod,
    row,
    sideways,
    tube,
    union,
)


def rifle(dice: Dice) -> Solid:
    """A long gun of any kind."""
    modern = dice.pick(assault, assault, bullpup, sniper, carbine)
    sporting = dice.pick(hunting, shotgun, double, lever)
    other = dice.pick(musket, submachine, machine_gun, heavy)
    return dice.pick(modern, sporting, other)(dice)


def hunting(dice: Dice) -> Solid:
    """A bolt-action rifle in wood, with a scope or without."""
    wood = one_piece_stock(dice, dice.between(0.15, 0.32)) + trigger(-0.06, -0.06)
    action = barrel(0.012, -0.12, 0.02, 0.022) + barrel(0.012, 0, dice.between(0.45, 0.62), 0.017)
    bolt = rod((0.0, 0.01, -0.08), (0.065, -0.015, -0.09), 0.013, sides=8)
    extras = dice.maybe(0.65, scope(dice, -0.04, 0.025))
    return wood + action + bolt + extras + dice.maybe(0.35, magazine(dice, 0.03, -0.055))


def sniper(dice: Dice) -> Solid:
    """A heavy barrel, a scope and a bipod; thumb-hole or skeleton stock."""
    end = dice.between(0.55, 0.8)
    action = box(0.044, (-0.05, 0.012), (-0.12, 0.22)) + barrel(0, 0, end, 0.018)
    action += muzzle(dice, 0.0, end, 0.018) + scope(dice, 0.0, 0.01) + trigger(-0.05, -0.045)
    action += magazine(dice, 0.06, -0.045) + grip(-0.11, -0.04, 0.03, 0.11)
    solid = side("-.1 -.05, -.42 -.14, -.45 -.14, -.45 0, -.16 0, -.1 .01", 0.042)
    hole = side("-.17 -.045, -.4 -.1, -.4 -.035, -.17 -.03", 1)
    bars = box(0.032, (-0.03, 0.005), (-0.45, -0.1)) + box(0.04, (-0.13, 0.02), (-0.47, -0.435))
    bars += box(0.036, (0, 0.03), (-0.38, -0.22))
    feet = dice.maybe(0.7, bipod(dice.between(0.18, 0.3), -0.02, -0.22))
    return action + dice.pick(solid, solid - hole, bars) + feet


def assault(dice: Dice) -> Solid:
    """Receiver, grip, magazine, handguard, barrel, stock and sights, each in several kinds."""
    end, guard, y = dice.between(0.38, 0.58), dice.between(0.26, 0.36), 0.02
    low, bore = y - dice.between(0.06, 0.085), y - 0.026
    receiver = side(
        np.array([(-0.16, low), (0.1, low), (0.12, -0.01), (0.12, y), (-0.16, y)]), 0.044
    )
    rings = [(0.1, ellipse(0.05, (-0.035, y), 10)), (guard, ellipse(0.044, (-0.03, 0.016), 10))]
    vent = pair(box((0.018, 1), (-0.025, 0.005), 0.024))
    square = box(0.05, (-0.038, 0.018), (0.1, guard))
    square -= row(lambda z: vent.translate((0, 0, z)), 0.15, guard - 0.04, 4)
    wood = side(points("0 -.01, .02 -.045, 1 -.035, 1 0, 0 .01") * (guard - 0.1, 1), 0.05, (0.1, 0))
    wood += barrel(0.016, 0.1, guard + 0.04, 0.014)
    parts = [receiver, dice.pick(loft(rings, "z"), square, wood), barrel(bore, 0.1, end, 0.0145)]
    parts += [muzzle(dice, bore, end, 0.0145), magazine(dice, 0.03, low), trigger(-0.06, low)]
    parts += [grip(-0.12, low, dice.between(0.02, 0.05), dice.between(0.09, 0.12))]
    parts += [butt(dice, -0.15, y - 0.01), sight(dice, -0.06, y, end - 0.05)]
    parts.append(box(0.02, (bore, y), (end - 0.07, end - 0.03)))
    launcher = barrel(y - 0.075, 0.13, guard + 0.05, 0.022) + box(
        0.03, (y - 0.08, y - 0.03), (0.14, 0.2)
    )
    foregrip = box(0.03, (y - 0.15, y - 0.045), (guard - 0.08, guard - 0.045))
    return union(parts) + dice.pick(Solid(), Solid(), launcher, foregrip)


def carbine(dice: Dice) -> Solid:
    """A short semi-automatic in a wooden or plastic stock, its barrel half sheathed."""
    end, fore = dice.between(0.32, 0.48), dice.between(0.16, 0.28)
    wood = one_piece_stock(dice, fore) + box(0.036, (-0.03, 0.03), (-0.11, 0.06))
    metal = barrel(0.006, 0.0, end, 0.0145) + muzzle(dice, 0.006, end, 0.0145)
    metal += trigger(-0.06, -0.06) + magazine(dice, 0.03, -0.05)
    metal += box(0.02, (-0.01, 0.03), (end - 0.06, end - 0.02)) + sight(
        dice, -0.04, 0.028, end - 0.04
    )
    return wood + metal + dice.maybe(0.6, box(0.042, (-0.005, 0.025), (0.05, fore)))


def bullpup(dice: Dice) -> Solid:
    """The magazine behind the trigger; one moulded body."""
    end, y = dice.between(0.22, 0.4), 0.03
    body = points("-.42 -.1, -.2 -.07, -.05 -.05, .1 -.055, .16 -.03, .18 .03, -.05 .04, -.42 .03")
    body[0, 1] -= dice.between(0, 0.04)
    parts = [side(body, dice.between(0.046, 0.056)), barrel(0, 0.15, end, 0.016)]
    parts += [muzzle(dice, 0, end, 0.016), magazine(dice, -0.24, -0.07), trigger(0.03, -0.05)]
    parts.append(grip(-0.03, -0.04, dice.between(0.0, 0.04), 0.1))
    rail = box(0.022, (y, y + 0.06), (-0.2, 0.12)) - box(1, (y + 0.012, y + 0.042), (-0.17, 0.09))
    parts.append(
        dice.pick(scope(dice, -0.03, y + 0.003), rail, sight(dice, -0.05, y + 0.004, 0.14))
    )
    return union(parts) + dice.maybe(0.4, grip(0.12, -0.03, -0.02, 0.09))


def shotgun(dice: Dice) -> Solid:
    """A pump gun: a tube under the barrel, a sliding fore-end."""
    end, pump = dice.between(0.42, 0.7), dice.between(0.14, 0.24)
    parts = [side("-.14 -.055, .05 -.055, .06 .02, -.1 .025, -.14 0", 0.042), trigger(-0.08, -0.05)]
    parts += [barrel(0.004, 0.04, end, 0.018)]
    parts += [barrel(-0.032, 0.04, end - dice.between(0.03, 0.2), 0.018)]
    ridge = barrel(-0.034, 0, 0.02, 0.032)
    parts.append(row(lambda z: ridge.translate((0, 0, z)), pump, pump + 0.11, 5))
    parts.append(barrel(-0.034, pump - 0.01, pump + 0.15, 0.028))
    wood = side("-.1 -.05, -.17 -.065, -.44 -.15, -.44 -.03, -.2 -.01, -.1 .015", 0.04)
    tactical = grip(-0.13, -0.045, 0.035, 0.11) + butt(dice, -0.13, 0.0)
    return union(parts) + dice.pick(wood, wood, tactical)


def double(dice: Dice) -> Solid:
    """Two barrels, side by side or one above the other, long or short."""
    end, d = dice.between(0.3, 0.75), 0.017
    level = pair(rod((d, 0, 0.0), (d, 0, end), 0.019))
    twins = dice.pick(level, barrel(d, 0.0, end, 0.019) + barrel(-d, 0.0, end, 0.019))
    action = side("-.13 -.05, .04 -.055, .04 .03, -.06 .035, -.13 .01", 0.05)
    fore = side(".03 -.05, .2 -.035, .2 0, .03 0", 0.052)
    stock = dice.pick(
        "-.12 -.045, -.2 -.075, -.44 -.17, -.44 -.05, -.2 -.01, -.12 .01",
        "-.12 -.045, -.44 -.15, -.44 -.03, -.12 .008",
        "-.12 -.045, -.18 -.12, -.24 -.14, -.22 -.06, -.12 .01",
    )
    return twins + action + fore + trigger(-0.08, -0.045) + side(stock, 0.042)


def lever(dice: Dice) -> Solid:
    """A lever action: loop under the wrist, tube under the barrel, hammer."""
    end = dice.between(0.42, 0.62)
    parts = [side("-.12 -.05, .06 -.05, .06 .028, -.08 .03, -.12 0", 0.042)]
    parts += [barrel(0.014, 0.05, end, 0.017), barrel(-0.017, 0.05, end - 0.03, 0.015)]
    parts.append(side(".05 -.045, .22 -.035, .22 .008, .05 .008", 0.044))
    loop = "0 -.045, -.02 -.1, -.07 -.1, -.08 -.065, -.12 -.11, -.22 -.1, -.2 -.06"
    parts.append(tube(fillet(sideways(0, points(loop)), 0.02), 0.014, 6))
    wood = "-.1 -.048, -.18 -.06, -.44 -.15, -.42 -.09, -.44 -.02, -.18 -.012, -.1 .012"
    parts += [side(wood, 0.038), box(0.018, (0.0, 0.06), (-0.11, -0.085))]
    parts.append(box(0.016, (0.02, 0.05), (end - 0.04, end - 0.01)))
    parts.append(box(0.024, (-0.03, 0.02), (end - 0.1, end - 0.07)))
    return union(parts) + dice.maybe(0.2, scope(dice, 0.0, 0.025))


def musket(dice: Dice) -> Solid:
    """A flintlock: wood almost to the muzzle, bands, a cock, perhaps a bayonet; a blunderbuss."""
    short = dice.chance(0.3)
    end = dice.between(0.2, 0.3) if short else dice.between(0.7, 1.0)
    cock = side("-.1 -.01, -.06 -.01, -.05 .04, -.015 .06, -.03 .08, -.08 .055, -.1 .03", 0.02)
    wood = one_piece_stock(dice, end * 0.85) + trigger(-0.06, -0.06)
    wood += cock.translate((0.02, 0, 0)) + box((0.0, 0.034), (-0.02, 0.035), (-0.03, 0.01))
    if short:
        path = sideways(0, [(z, 0.014) for z in (-0.06, end - 0.1, end, end + 0.04)])
        return wood + tube(path, [0.024, 0.022, 0.036, 0.06], 14)
    band = box(0.046, (-0.04, 0.03), 0.024)
    bands = row(lambda z: band.translate((0, 0, z)), 0.2, end * 0.8, dice.count(2, 3))
    blade = bar((0, 0.0, end - 0.03), (0, -0.012, end + 0.24), 0.022, 0.034, end=0.6)
    blade += box(0.03, (-0.02, 0.03), (end - 0.05, end - 0.01))
    return wood + barrel(0.012, -0.06, end, 0.02, 0.016) + bands + dice.maybe(0.4, blade)


def submachine(dice: Dice) -> Solid:
    """A short weapon: tube or box receiver, straight magazine, small stock."""
    end = dice.between(0.18, 0.3)
    square = box(0.048, (-0.055, 0.02), (-0.18, 0.14))
    tubular = barrel(-0.01, -0.2, 0.15, 0.028) + box(0.036, (-0.06, -0.01), (-0.14, 0.06))
    parts = [dice.pick(square, tubular), barrel(-0.01, 0.1, end, 0.015), trigger(-0.03, -0.055)]
    parts += [muzzle(dice, -0.01, end, 0.016), grip(-0.08, -0.05, dice.between(0, 0.03), 0.1)]
    across = box((0.0, 0.2), (-0.025, 0.01), (0.03, 0.075))
    below = box(0.03, (-0.22, -0.04), (0.04, 0.085))
    parts += [butt(dice, -0.17, 0.0), dice.pick(magazine(dice, 0.06, -0.05), across, below)]
    parts.append(dice.pick(box(0.016, (-0.01, 0.05), (0.08, 0.11)), scope(dice, -0.04, 0.015)))
    return union(parts) + dice.maybe(0.4, grip(0.13, -0.03, -0.02, 0.08))


def machine_gun(dice: Dice) -> Solid:
    """A belt- or drum-fed gun on a bipod or tripod."""
    end, y = dice.between(0.48, 0.68), -0.005
    parts = [box(0.06, (-0.06, 0.03), (-0.2, 0.14)), barrel(y, 0.12, end, 0.016)]
    parts += [grip(-0.14, -0.05, 0.03, 0.1), trigger(-0.08, -0.055), muzzle(dice, y, end, 0.016)]
    parts += [barrel(y, 0.12, end - 0.15, dice.between(0.026, 0.036)), butt(dice, -0.19, 0.0)]
    belt = box((-0.09, -0.02), (-0.15, -0.02), (-0.02, 0.1))
    drum = rod((-0.04, -0.11, 0.03), (0.04, -0.11, 0.03), 0.07, sides=18)
    drum += box(0.04, (-0.08, -0.04), (0.0, 0.06))
    pan = rod((0, 0.02, 0.02), (0, 0.05, 0.02), 0.085, sides=18)
    handle = fillet(sideways(0, points(".06 0, .07 .09, .16 .09, .17 0")), 0.02)
    parts += [dice.pick(belt, drum, pan)]
    parts += [dice.pick(tube(handle, 0.014, 6), sight(dice, -0.1, 0.028, 0.1))]
    tripod = pair(rod((0, -0.04, 0.05), (0.2, -0.32, 0.16), 0.016))
    tripod += rod((0, -0.04, 0.0), (0, -0.32, -0.25), 0.016) + box(0.05, (-0.1, -0.04), (0.0, 0.08))
    two = bipod(end - dice.between(0.14, 0.3), y, -0.24)
    return union(parts) + dice.pick(two, two, two, tripod)


def heavy(dice: Dice) -> Solid:
    """An anti-materiel rifle: long barrel, great brake, skeleton frame."""
    end = dice.between(0.6, 0.9)
    brake = "-.02 -.03, .03 -.045, .05 -.03, .05 .03, .03 .045, -.02 .03"
    parts = [box(0.05, (-0.055, 0.03), (-0.3, 0.16)), barrel(0, 0.1, end, 0.021)]
    parts += [side(brake, 0.05, (end, 0)), scope(dice, -0.02, 0.028), magazine(dice, 0.05, -0.05)]
    parts += [trigger(-0.06, -0.05), grip(-0.12, -0.05, 0.03, 0.11), bipod(0.22, -0.01, -0.24)]
    pad = box(0.05, (-0.1, 0.045), (-0.33, -0.29))
    wood = side("-.28 -.05, -.44 -.13, -.44 .03, -.28 .03", 0.046)
    monopod = rod((0, -0.11, -0.25), (0, 0.0, -0.25), 0.016)
    return union(parts) + dice.pick(pad, wood) + dice.maybe(0.5, monopod)
