"""Views of real parts and questions about cuts of them, as of generated solids.

What is drawn, and what is turned down as no fair question, is the same as there: a part that looks
the same when turned, or twice the same from two corners, is left out and counted. So are parts that
cannot be cut because they are in several pieces.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from fiveviews.data import parts
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
from fiveviews.data.line_drawings_procedural import generator_key
from fiveviews.data.storage import data_root, read_npz, write_npz
from fiveviews.progress import progress
from fiveviews.solids import EmptySolid, Solid
from fiveviews.solids.recut import recut


def load_views(size: int = 64, root: str | Path | None = None) -> Drawings:
    """Front, right, top and the eight corner poses of the real parts that can be asked about.

    Raises FileNotFoundError where there are no parts.
    """
    drawn, names, kept = _load("views", _views, size, root)
    return Drawings("views", drawn, names, "test", "models", CORNERS, kept)


def load_questions(size: int = 64, root: str | Path | None = None) -> Questions:
    """One T2I question for each real part, about four cuts of it. Raises as `load_views`."""
    drawn, names, kept = _load("questions", _question, size, root)
    rows, none = np.arange(len(names)), np.zeros(len(names), int)
    answers = np.random.default_rng(len(names)).permutation(len(names)) % 4
    given, options = drawn[:, :3], drawn[:, 3:]
    options[rows, 0], options[rows, answers] = options[rows, answers], options[rows, 0].copy()
    return Questions("t2i", given, options, answers, none, names, "test", "models", kept)


def _views(solid: Solid, seed: int, size: int) -> np.ndarray:
    drawn = picture(solid, cameras(*CORNERS, views=True), size)
    if symmetry(drawn) < ALIKE:
        raise Unfit("symmetric")
    require_different(drawn[3:])
    return drawn


def _question(solid: Solid, seed: int, size: int) -> np.ndarray:
    """Of eight cuts the four whose isometric drawings have most nearly the same ink; one of them
    at random, the first here, is right. As `line_drawings_objects.question`."""
    random = np.random.default_rng(seed)
    cuts = [*recut(solid, range(seed * CUTS, (seed + 1) * CUTS))]
    isometric = np.concatenate([picture(part, cameras(T2I_POSE), size) for part in cuts])
    amount = ink(isometric)
    apart = np.abs(amount[:, None] - amount).sum(-1)
    chosen = np.argsort(apart, 1)[:, :4]
    spread = np.take_along_axis(apart, chosen, 1).sum(1)
    chosen = random.permutation(chosen[spread.argmin()])
    require_different(isometric[chosen])
    return np.concatenate([picture(cuts[chosen[0]], cameras(views=True), size), isometric[chosen]])


def _load(
    kind: str, make: Callable[[Solid, int, int], np.ndarray], size: int, root: str | Path | None
) -> tuple[np.ndarray, tuple[str, ...], dict[str, int]]:
    """Drawings (N, ...) of the parts that would do, their names, and why the others would not.

    They are kept under `parts/`, for as long as neither the code nor the parts change.
    """
    there = list(parts.load(root))
    digest = hashlib.sha256("\n".join(part.sha256 for part, _ in there).encode()).hexdigest()[:12]
    cache = data_root(root) / "parts" / f"{kind}_{size}_{generator_key()}_{digest}.npz"
    if not cache.exists():
        drawn, names, turned_down = [], [], Counter[str]()
        for part, solid in progress(there, f"{kind} of parts", unit="part"):
            try:
                drawn.append(make(solid, int(part.sha256[:8], 16), size))
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
