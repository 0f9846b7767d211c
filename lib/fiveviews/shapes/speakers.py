"""Loudspeakers: boxes, towers, columns, wedges, horns and radios, cones facing +z; in metres."""

from __future__ import annotations

import numpy as np

from .parts import (
    Dice,
    Solid,
    around,
    ball,
    bar,
    box,
    ellipse,
    fillet,
    four,
    lathe,
    loft,
    pair,
    prism,
    rod,
    row,
    smooth,
    stack,
    tube,
    union,
)


def speaker(dice: Dice) -> Solid:
    """A loudspeaker of any kind."""
    style = dice.pick(
        shelf_box,
        shelf_box,
        tower,
        tower,
        subwoofer,
        wedge,
        column,
        globe,
        soundbar,
        on_stand,
        horn,
        boombox,
        amplifier,
        shell,
        array,
    )
    return style(dice)


def cone(x: float, y: float, z: float, r: float) -> tuple[Solid, Solid]:
    """What a driver of radius r cuts from a front at z, and what it adds: its ring and dust cap."""
    turned = {"rotate": (90, 0, 0), "at": (x, y, z)}
    hole = lathe([(r * 0.3, -r * 0.45), (r * 0.86, -0.001), (r * 0.86, 1)], 18)
    ring = lathe([(r, -0.01), (r, r * 0.12)], 18) - lathe([(r * 0.84, -1), (r * 0.84, 1)], 18)
    cap = ball((0, -r * 0.4, 0), (r * 0.36, r * 0.3, r * 0.36), 10)
    place = lambda s: s.rotate(turned["rotate"]).translate(turned["at"])  # noqa: E731
    return place(hole), place(ring + cap)


def fit(body: Solid, z: float, drivers: list[tuple[float, float, float]]) -> Solid:
    """The body with drivers (x, y, radius) let into its front at z."""
    made = [cone(x, y, z, r) for x, y, r in drivers]
    return body - union(cut for cut, _ in made) + union(added for _, added in made)


def ladder(
    dice: Dice, x: float, low: float, high: float, r: float
) -> list[tuple[float, float, float]]:
    """Drivers one above another from low to high: woofers of radius r below, a tweeter on top."""
    sizes = dice.pick([r, 0.5 * r], [r, r, 0.45 * r], [r, 0.7 * r, 0.4 * r], [r, 0.4 * r, r], [r])
    need = sum(2.3 * s for s in sizes)
    sizes = [s * min(1, (high - low) / need) for s in sizes]
    slack = (high - low - sum(2.3 * s for s in sizes)) / len(sizes)
    out, y = [], low
    for s in sizes:
        out.append((x, y + slack / 2 + 1.15 * s, s))
        y += 2.3 * s + slack
    return out


def cabinet(dice: Dice, w: float, h: float, d: float) -> Solid:
    """An enclosure from the floor to h: straight, rounded, tapering, leaning or bow-sided."""
    x, z = w / 2, d / 2
    s = dice.between(0.6, 0.9)
    lean = dice.between(0.05, 0.25) * d
    bow = np.array([(-x * 0.7, -z), (-x, 0), (-x, z), (x, z), (x, 0), (x * 0.7, -z)])
    return dice.pick(
        box(w, (0, h), d),
        box(w, (0, h), d, 0.12 * min(w, d)),
        stack([(0.0, w, d), (h, w * s, (-z * s, z))], 0.0),
        prism([(-z, 0), (z, 0), (z, h), (-z + lean, h)], "x", w),
        prism(bow, "y", (0, h)),
        prism(
            np.concatenate(
                [
                    [(x, z), (-x, z)],
                    smooth([(-x, z), (-x, -0.2 * z), (0, -z), (x, -0.2 * z), (x, z)], 4)[1:-1],
                ]
            ),
            "y",
            (0, h),
        ),
    )


def shelf_box(dice: Dice) -> Solid:
    """A bookshelf speaker."""
    w, h, d = dice.between(0.15, 0.3), dice.between(0.24, 0.45), dice.between(0.16, 0.36)
    body = fit(cabinet(dice, w, h, d), d / 2, ladder(dice, 0, 0.03 * h, 0.97 * h, 0.4 * w))
    if dice.chance(0.3):
        body = body.rotate((0, 0, 90)).translate((0, w / 2, 0))
    return body + (
        four(rod((0.06, -0.03, 0.06), (0.06, 0.01, 0.06), 0.014)) if dice.chance(0.25) else Solid()
    )


def tower(dice: Dice) -> Solid:
    """A floor-standing speaker with a row of drivers, on a plinth, spikes or its own foot."""
    h, w, d = dice.between(0.8, 1.3), dice.between(0.17, 0.34), dice.between(0.22, 0.42)
    body = cabinet(dice, w, h, d)
    n = dice.count(2, 5)
    r = 0.36 * w * dice.between(0.8, 1)
    start = h - 1.3 * r - (n - 1) * 2.3 * r
    drivers = [
        (0.0, max(start, 0.1) + 2.3 * r * k, r * (0.5 if k == n - 1 and n > 2 else 1))
        for k in range(n)
    ]
    narrow = [(x, y, min(s, 0.3 * w)) for x, y, s in drivers if y < h - 0.5 * s]
    body = fit(body, d / 2, narrow)
    base = box(w * dice.between(1.1, 1.6), (-0.035, 0.005), d * dice.between(1.05, 1.3))
    spikes = four(rod((0.35 * w, -0.06, 0.35 * d), (0.35 * w, 0.01, 0.35 * d), 0.015, 0.025))
    return body + dice.pick(Solid(), base, base, spikes)


def subwoofer(dice: Dice) -> Solid:
    """A cube with one big cone, on feet."""
    s = dice.between(0.3, 0.45)
    w, h, d = s, s * dice.between(0.8, 1.2), s * dice.between(0.8, 1.3)
    body = fit(cabinet(dice, w, h, d), d / 2, [(0.0, h / 2, 0.42 * min(w, h))])
    return body + four(rod((0.36 * w, -0.05, 0.36 * d), (0.36 * w, 0.01, 0.36 * d), 0.02))


def wedge(dice: Dice) -> Solid:
    """A stage monitor: its sloping front aims up at the singer."""
    w, h, d = dice.between(0.4, 0.75), dice.between(0.3, 0.42), dice.between(0.35, 0.55)
    slope = dice.between(35, 60)
    run = h / np.tan(np.radians(slope))
    z = min(d * 0.8, run)
    side = [
        (-d / 2, 0),
        (d / 2, 0),
        (d / 2, 0.06),
        (d / 2 - z, h),
        (-d / 2, h * dice.between(0.5, 1)),
    ]
    face = np.hypot(z, h - 0.06)
    aim = np.degrees(np.arctan2(z, h - 0.06))
    mid = np.array([0, (h + 0.06) / 2, d / 2 - z / 2])
    r = 0.4 * min(face, w / 1.6)
    spots = (
        [(-0.5 * w + 1.2 * r, 0.0, r), (0.5 * w - 0.8 * r, 0.0, 0.5 * r)]
        if w > 3.2 * r
        else [(0.0, 0.0, r)]
    )
    plane = box(w * 0.98, face * 0.96, (-0.03, 0.004))
    front = fit(plane, 0.004, spots).rotate((-aim, 0, 0)).translate(tuple(mid))
    cut = (
        union(cone(x, y, 0.004, s)[0] for x, y, s in spots)
        .rotate((-aim, 0, 0))
        .translate(tuple(mid))
    )
    return (prism(side, "x", w) - cut) + front


def column(dice: Dice) -> Solid:
    """A round or polygonal pillar or puck with bands: the smart speaker and the can."""
    r, h = dice.between(0.05, 0.1), dice.between(0.08, 0.35)
    kind = dice.pick("can", "waist", "cone", "pill", "tilted", "prism")
    if kind == "prism":
        return stack([(0.0, 2 * r, 2 * r), (h, 2 * r, 2 * r)], 0.6 * r) - union(
            box(9, (y - 0.008, y + 0.008), 9) - box(1.7 * r, 9, 1.7 * r) for y in (0.2 * h, 0.8 * h)
        )
    curve = {
        "can": [(r, 0), (r, h)],
        "waist": smooth([(r, 0), (0.8 * r, 0.5 * h), (r, h)], 5),
        "cone": [(r, 0), (dice.between(0.5, 0.8) * r, h)],
        "pill": smooth([(0.7 * r, 0), (r, 0.2 * h), (r, 0.8 * h), (0.7 * r, h)], 4),
        "tilted": [(r, 0), (r, h)],
    }[kind]
    body = lathe(curve, 28)
    if kind == "tilted":
        body = body.trim_by_plane((0, -1, 0.6), -h + 0.3 * r)
    bands = union(
        lathe([(9, y - 0.006), (9, y + 0.006)], 8) - lathe([(0.8 * r, -9), (0.8 * r, 9)], 28)
        for y in (0.15 * h, 0.85 * h)
    )
    body -= bands
    return body + (
        lathe([(0.6 * r, h - 0.01), (0.6 * r, h + 0.02)], 20)
        if kind in ("can", "waist")
        else Solid()
    )


def globe(dice: Dice) -> Solid:
    """A ball or egg with its front cut for a driver, on a ring, stem, tripod or horns."""
    r, s = 0.15, dice.between(0.8, 1.5)
    cut = r * dice.between(0.5, 0.75)
    body = ball((0, 0, 0), (r, r * s, r), 24).trim_by_plane((0, 0, -1), -cut)
    face = np.sqrt(r * r - cut * cut)
    body = fit(body, cut, [(0.0, 0.0, 0.9 * face)])
    low = -r * s
    ring = lathe([(0.6 * r, low - 0.03), (0.6 * r, low + 0.4 * r)], 20)
    stem = rod((0, low + 0.02, 0), (0, low - 0.12, 0), 0.02) + prism(
        ellipse(0.2, 0.2, 20), "y", (low - 0.14, low - 0.11)
    )
    legs = around(rod((0, low * 0.5, 0.06), (0, low - 0.08, 0.13), 0.016), 3, 60)
    tall = rod((0, low + 0.02, 0), (0, low - 0.7, 0), 0.025) + prism(
        ellipse(0.3, 0.3, 20), "y", (low - 0.73, low - 0.69)
    )
    eared = pair(ball((0.8 * r, 0.75 * r * s, 0), 0.4 * r, 12)) + ring
    return body + dice.pick(ring, stem, legs, tall, eared)


def soundbar(dice: Dice) -> Solid:
    """A long low bar, flat or round, drivers along it."""
    w, h, d = dice.between(0.6, 1.1), dice.between(0.07, 0.13), dice.between(0.07, 0.14)
    n = dice.count(2, 6)
    if dice.chance(0.35):
        body = rod((-w / 2, h / 2, 0), (w / 2, h / 2, 0), h / 2, sides=20) + pair(
            box((0.3 * w, 0.34 * w), (-0.02, h / 2), 0.8 * h)
        )
        return body + pair(
            rod((w / 2 - 0.02, h / 2, 0), (w / 2 + 0.02, h / 2, 0), 0.4 * h, sides=16)
        )
    body = dice.pick(
        box(w, (0, h), d),
        box(w, (0, h), d, 0.3 * h),
        prism([(-d / 2, 0), (d / 2, 0), (d / 2 - 0.02, h), (-d / 2, 0.7 * h)], "x", w),
    )
    flat = box(w * 0.98, (0.04 * h, 0.9 * h), (0, d / 2))
    spots = [(float(x), h * 0.48, 0.36 * h) for x in np.linspace(-0.42 * w, 0.42 * w, n)]
    return fit(body + flat, d / 2, spots)


def on_stand(dice: Dice) -> Solid:
    """A box on a pole with tripod or plate, as at a concert or beside a listener."""
    w, h, d, lift = (
        dice.between(0.22, 0.4),
        dice.between(0.35, 0.65),
        dice.between(0.22, 0.4),
        dice.between(0.5, 1.0),
    )
    body = fit(
        cabinet(dice, w, h, d), d / 2, ladder(dice, 0, 0.04 * h, 0.96 * h, 0.4 * w)
    ).translate((0, lift, 0))
    t = 0.02 * (lift + h) / 1.1
    tripod = around(rod((0, 0, 0.36), (0, lift * 0.45, 0.0), t * 0.8), 3) + rod(
        (0, lift * 0.15, 0), (0, lift + 0.01, 0), 1.2 * t
    )
    plate = (
        box(0.3, (0, 0.04), 0.3)
        + box(0.1, (0, lift + 0.01), 0.08)
        + box(w * 0.8, (lift - 0.03, lift + 0.01), d * 0.8)
    )
    posts = box(0.32, (0, 0.04), 0.34) + four(rod((0.09, 0, 0.1), (0.09, lift + 0.01, 0.1), 0.022))
    return body + dice.pick(tripod, plate, posts)


def horn(dice: Dice) -> Solid:
    """A flared horn: the gramophone, the siren on a bracket, a horn on a box."""
    r, long = dice.between(0.16, 0.3), dice.between(0.25, 0.45)
    flare = smooth([(0.03, 0), (0.05, long * 0.5), (0.45 * r, long * 0.85), (r, long)], 4)
    sides = dice.pick(8, 20)
    bell = lathe(flare, sides) - lathe(
        np.maximum(flare - (0.022, 0), (0.006, 0)) + (0, 0.001), sides
    )
    kind = dice.pick("gramophone", "siren", "box")
    if kind == "gramophone":
        neck = smooth([(0, 0.12, -0.1), (0, 0.3, -0.16), (0, 0.42, -0.08), (0, 0.46, 0.02)], 4)
        tip = bell.rotate((dice.between(50, 75), 0, 0)).translate((0, 0.445, -0.02))
        plinth = box(0.34, (0, dice.between(0.1, 0.16)), 0.34) + box(0.4, (0, 0.03), 0.4)
        return (
            tip + tube(neck, 0.026) + plinth + rod((0, 0.08, 0.03), (0, 0.18, 0.03), 0.13, sides=20)
        )
    if kind == "siren":
        aimed = bell.rotate((90, 0, 0)) + rod((0, 0, -0.16), (0, 0, 0.03), 0.07)
        return (
            aimed
            + pair(bar((0.0, -0.0, -0.05), (0.09, -0.2, -0.05), 0.03))
            + box(0.22, (-0.22, -0.18), (-0.1, 0.0))
        )
    box_ = fit(box(0.4, (0, 0.4), 0.3), 0.15, [(0.0, 0.2, 0.17)])
    return (
        box_
        + bell.rotate((90, 0, 0)).translate((0, 0.4 + 0.7 * r, 0.15 - long))
        + box(0.06, (0.39, 0.4 + 0.75 * r), (-0.2, -0.1))
    )


def boombox(dice: Dice) -> Solid:
    """A portable stereo with two cones and a handle."""
    w, h, d = dice.between(0.4, 0.7), dice.between(0.18, 0.32), dice.between(0.1, 0.2)
    r = min(0.42 * h, 0.2 * w)
    body = dice.pick(
        box(w, (0, h), d), box(w, (0, h), d, 0.03), prism(ellipse(w, (0, h), 28, 4), "z", d)
    )
    body = fit(body, d / 2, [(s * (w / 2 - 1.3 * r), h / 2, r) for s in (-1, 1)])
    mid = w - 5.4 * r
    if mid > 0.05:
        body -= box(mid, (0.15 * h, 0.5 * h), (d / 2 - 0.015, 1))
        body += row(
            lambda x: box((x - 0.1 * mid, x + 0.1 * mid), (0.6 * h, 0.75 * h), (0, d / 2 + 0.015)),
            -0.3 * mid,
            0.3 * mid,
            3,
        )
    x, t = w * dice.between(0.25, 0.42), 0.017
    handle = tube(
        fillet([(-x, h - 0.03, 0), (-x, h + 0.07, 0), (x, h + 0.07, 0), (x, h - 0.03, 0)], 0.04), t
    )
    return body + handle


def amplifier(dice: Dice) -> Solid:
    """A guitar amplifier: grille below, a strip of knobs above; combo or head on a cabinet."""
    w, h, d = dice.between(0.45, 0.75), dice.between(0.4, 0.75), dice.between(0.22, 0.36)
    z, strip = d / 2, h - 0.13
    body = (
        box(w, (0, h), d, 0.02)
        - box(w - 0.08, (0.05, strip), (z - 0.03, 1))
        - box(w - 0.08, (strip + 0.03, h - 0.03), (z - 0.02, 1))
    )
    n = dice.pick(1, 2, 4)
    r = {
        1: 0.4 * min(w - 0.1, strip - 0.06),
        2: 0.23 * (w - 0.08),
        4: 0.22 * min(w - 0.08, strip - 0.06),
    }[n]
    mid = (strip + 0.05) / 2
    at = {1: [(0, 0)], 2: [(-1, 0), (1, 0)], 4: [(-1, -1), (1, -1), (-1, 1), (1, 1)]}[n]
    body = fit(body, z - 0.03, [(a * 1.08 * r, mid + b * 1.08 * r, r) for a, b in at])
    body += row(
        lambda x: rod((x, h - 0.065, z - 0.03), (x, h - 0.065, z + 0.01), 0.018, sides=8),
        -0.38 * w,
        0.38 * w,
        dice.count(4, 7),
    )
    if dice.chance(0.4):
        body += box(w * 0.95, (h - 0.01, h + 0.2), d * 0.8, 0.02) - box(
            w * 0.85, (h + 0.04, h + 0.16), (0.4 * d - 0.02, 1)
        )
        return body
    return body + tube(
        fillet(
            [(-0.1, h - 0.02, 0), (-0.1, h + 0.05, 0), (0.1, h + 0.05, 0), (0.1, h - 0.02, 0)], 0.03
        ),
        0.016,
    )


def shell(dice: Dice) -> Solid:
    """Sculpted enclosures: a tapering teardrop on a stem, a spiral of pods, a leaning slab."""
    kind = dice.pick("pods", "slab", "panel", "pyramid")
    if kind == "pods":
        n, parts, y = dice.count(2, 4), [], 0.0
        for k in range(n):
            r = 0.17 * 0.78**k
            pod = lathe(
                smooth([(0.1 * r, -3.2 * r), (0.6 * r, -1.5 * r), (r, -0.2 * r), (r, 0.3 * r)], 4),
                18,
            ).rotate((90, 0, 0))
            parts.append(fit(pod, 0.3 * r, [(0.0, 0.0, 0.85 * r)]).translate((0, y + r, 0)))
            y += 1.9 * r
        base = prism(ellipse(0.36, 0.4, 24), "y", (-0.09, -0.05)) + rod(
            (0, -0.08, -0.05), (0, 0.05, -0.05), 0.05
        )
        return union(parts) + base
    if kind == "pyramid":
        w, h = dice.between(0.25, 0.4), dice.between(0.5, 1.1)
        s = dice.between(0.3, 0.55)
        body = (
            loft(
                [
                    (0.0, ellipse(w, w, dice.pick(4, 6, 24))),
                    (
                        h,
                        ellipse(w * s, w * s, 4)[[0] * 0 or slice(None)]
                        if False
                        else ellipse(w * s, w * s, 4),
                    ),
                ],
                "y",
            )
            if False
            else stack([(0.0, w, w), (h, w * s, w * s)])
        )
        tilt = np.degrees(np.arctan2(w * (1 - s) / 2, h))
        spots = [(0.2, 0.36), (0.55, 0.28), (0.82, 0.16)]
        cuts = [cone(0, 0, 0, w * r) for _, r in spots]
        place = lambda s_, v: s_.rotate((-tilt, 0, 0)).translate(
            (0, v * h, w / 2 - w * (1 - s) / 2 * v)
        )  # noqa: E731
        return (
            body
            - union(place(c, v) for (c, _), (v, _) in zip(cuts, spots, strict=True))
            + union(place(a, v) for (_, a), (v, _) in zip(cuts, spots, strict=True))
        )
    h, w, t = dice.between(0.7, 1.3), dice.between(0.3, 0.6), dice.between(0.05, 0.08)
    slab = box(w, (0, h), t) if kind == "slab" else prism(ellipse(w, (0, h), 28, 3), "z", t)
    slab = fit(
        slab, t / 2, [(0.0, h * v, w * r) for v, r in ((0.25, 0.33), (0.6, 0.22), (0.82, 0.12))]
    )
    return (
        slab.rotate((-dice.between(0, 12), 0, 0))
        + box(w * 1.1, (-0.03, 0.03), 0.36)
        + bar((0, 0, -0.15), (0, h * 0.4, -0.02), 0.06)
    )


def array(dice: Dice) -> Solid:
    """Boxes hung in a curve, or stacked for a concert."""
    n, w, h, d = (
        dice.count(3, 7),
        dice.between(0.5, 0.9),
        dice.between(0.16, 0.26),
        dice.between(0.3, 0.45),
    )
    one = fit(box(w, h, d), d / 2, [(s * 0.3 * w, 0.0, 0.42 * h) for s in (-1, 1)])
    if dice.chance(0.4):
        parts = [one.translate((0, (k + 0.5) * (h - 0.003), 0)) for k in range(n)]
        return union(parts)
    parts, at, step = [], np.zeros(2), dice.between(4, 11)
    for k in range(n):
        a = np.radians(step * k)
        parts.append(one.rotate((step * k, 0, 0)).translate((0, *at)))
        at = at - h * 0.96 * np.array(
            [np.cos(a + np.radians(step / 2)), np.sin(a + np.radians(step / 2))]
        )
    return union(parts) + box(0.7 * w, (0.4 * h, 0.4 * h + 0.06), 0.8 * d)
