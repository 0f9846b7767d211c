"""Views of real parts and questions about cuts of them, as of generated solids.

There are two kinds, `parts` (electronic components, closed solids) and `bricks` (of toy sets). A
brick is no closed surface and cannot be cut; a question about one shows a small brick on one of
its studs, and the candidates differ in which.

What is drawn, and what is turned down as no fair question, is the same as there: a part that looks
the same when turned, or twice the same from two corners, is left out and counted. So are parts that
cannot be cut because they are in several pieces, and bricks with fewer than four studs.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from fiveviews.data import bricks, parts
from fiveviews.data.line_drawings import CORNERS, T2I_POSE, Drawings, Questions, ink
from fiveviews.data.line_drawings_objects import (
    ALIKE,
    CUTS,
    REASONS,
    Unfit,
    cameras,
    picture,
    require_different,
    symmetry,
)
from fiveviews.data.line_drawings_procedural import PACKAGES, SOURCES
from fiveviews.data.storage import data_root, read_npz, source_key, write_npz
from fiveviews.progress import progress
from fiveviews.solids import EmptySolid, Solid
from fiveviews.solids.bricks import Brick, attached
from fiveviews.solids.recut import recut

KINDS = {"parts": parts, "bricks": bricks}
ON_TOP = "3005"  # the brick that questions about bricks put on a stud


def load_views(size: int = 64, root: str | Path | None = None, kind: str = "parts") -> Drawings:
    """Front, right, top and the eight corner poses of the real parts that can be asked about.

    Raises FileNotFoundError where there are no parts, ValueError for a kind that is none.
    """
    drawn, names, kept = _load("views", kind, _views, size, root)
    return Drawings("views", drawn, names, "test", "models", CORNERS, kept)


def load_questions(
    size: int = 64, root: str | Path | None = None, kind: str = "parts"
) -> Questions:
    """One T2I question for each real part, about four cuts of it, or four places of a brick on it.
    Raises as `load_views`."""
    make = _cut_question
    if kind == "bricks":
        there = {part.name: brick for part, brick in bricks.load(root)}
        if ON_TOP not in there:
            raise FileNotFoundError(f"brick {ON_TOP} is missing; get it with `{bricks.GET}`")
        make = partial(_stud_question, there[ON_TOP])
    drawn, names, kept = _load("questions", kind, make, size, root)
    rows, none = np.arange(len(names)), np.zeros(len(names), int)
    answers = np.random.default_rng(len(names)).permutation(len(names)) % 4
    given, options = drawn[:, :3], drawn[:, 3:]
    options[rows, 0], options[rows, answers] = options[rows, answers], options[rows, 0].copy()
    return Questions("t2i", given, options, answers, none, names, "test", "models", kept)


def load(kind: str, root: str | Path | None = None) -> Iterator[tuple[Any, Solid | Brick]]:
    """The parts of one kind that are there, each with its line of the manifest. Raises as
    `load_views`."""
    if kind not in KINDS:
        raise ValueError(f"the kinds of real parts are {' and '.join(KINDS)}; got {kind!r}")
    return KINDS[kind].load(root)


def solid_of(thing: Solid | Brick) -> Solid:
    """What there is to be drawn of a part."""
    return thing.solid if isinstance(thing, Brick) else thing


def _views(thing: Solid | Brick, seed: int, size: int) -> np.ndarray:
    drawn = picture(solid_of(thing), cameras(*CORNERS, views=True), size)
    if symmetry(drawn) < ALIKE:
        raise Unfit("symmetric")
    require_different(drawn[3:])
    return drawn


def _cut_question(solid: Solid, seed: int, size: int) -> np.ndarray:
    return _question([*recut(solid, range(seed * CUTS, (seed + 1) * CUTS))], seed, size)


def _stud_question(small: Brick, brick: Brick, seed: int, size: int) -> np.ndarray:
    """The same about eight of the studs, on which a small brick stands."""
    if len(brick.studs) < 4:
        raise EmptySolid("there are fewer than four studs")
    studs = np.random.default_rng([seed, 1]).permutation(len(brick.studs))[:CUTS]
    return _question(attached(brick, small, studs), seed, size)


def _question(variants: list[Solid], seed: int, size: int) -> np.ndarray:
    """Of eight variants the four whose isometric drawings have most nearly the same ink; one of
    them at random, the first here, is right. As `line_drawings_objects.question`."""
    random = np.random.default_rng(seed)
    isometric = np.concatenate([picture(part, cameras(T2I_POSE), size) for part in variants])
    amount = ink(isometric)
    apart = np.abs(amount[:, None] - amount).sum(-1)
    chosen = np.argsort(apart, 1)[:, :4]
    spread = np.take_along_axis(apart, chosen, 1).sum(1)
    chosen = random.permutation(chosen[spread.argmin()])
    require_different(isometric[chosen])
    views = picture(variants[chosen[0]], cameras(views=True), size)
    return np.concatenate([views, isometric[chosen]])


def _load(
    what: str,
    kind: str,
    make: Callable[[Solid | Brick, int, int], np.ndarray],
    size: int,
    root: str | Path | None,
) -> tuple[np.ndarray, tuple[str, ...], dict[str, int]]:
    """Drawings (N, ...) of the parts that would do, their names, and why the others would not.

    They are kept under `parts/` or `bricks/`, while neither the code nor the parts change.
    """
    there = list(load(kind, root))
    digest = hashlib.sha256("\n".join(part.sha256 for part, _ in there).encode()).hexdigest()[:12]
    key = source_key((*SOURCES, "solids/bricks.py", "solids/recut.py"), PACKAGES)
    cache = data_root(root) / kind / f"{what}_{size}_{key}_{digest}.npz"
    if not cache.exists():
        drawn, names, turned_down = [], [], Counter[str]()
        for part, thing in progress(there, f"{what} of {kind}", unit="part"):
            try:
                drawn.append(make(thing, int(part.sha256[:8], 16), size))
                names.append(part.name)
            except EmptySolid:
                turned_down["empty"] += 1
            except Unfit as unfit:
                turned_down[str(unfit)] += 1
        if not names:
            raise ValueError(f"none of {len(there)} parts can be asked about: {turned_down}")
        counts = np.array([turned_down[reason] for reason in REASONS])
        write_npz(cache, drawings=np.stack(drawn), names=np.array(names), turned_down=counts)
    drawings, names, counts = read_npz(cache, ("drawings", "names", "turned_down"))
    kept = dict(zip(REASONS, counts.tolist(), strict=True))
    return drawings, tuple(names.tolist()), kept
