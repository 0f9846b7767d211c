"""The drawings that belong to a number: of a random solid, of what is cut from it, and no others.

A number whose solid could not be asked about fairly is turned down, with its reason, and the next
derived solid takes its place.

    empty      no solid, or a cut that leaves none
    blank      a drawing with next to nothing on it
    alike      two drawings of one question that can hardly be told apart
    symmetric  views that do not change when the solid is turned: several poses would be right
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache

import numpy as np
import torch

from fiveviews.cameras import Camera, spare3d_views
from fiveviews.data.line_drawings import CORNERS, T2I_POSE, UNSEEN, VIEWS, difference, ink
from fiveviews.render.lines import draw, rasterize
from fiveviews.solids import EmptySolid, Solid, make_cuts, make_solid

FIRST = {"train": 0, "val": 10_000_000, "test": 20_000_000}  # solids of a split
KINDS = {"questions": 0, "pairs": 2_000_000, "views": 4_000_000, "poses": 6_000_000}  # within it
ATTEMPTS = 64  # solids that a number may try
CUTS = 8  # made of a solid, of which a question shows four
LINE = 1.4  # width of lines in pixels; SPARE3D's varies between 0.1 and 3 with the model's size
BLANK = 0.5  # ink, in image sides, below which a drawing counts as empty
ALIKE = 0.25  # difference, in image sides, below which two drawings count as one
REASONS = ("empty", "blank", "alike", "symmetric")


class Unfit(Exception):
    """A candidate that is turned down, with its reason."""


def make(kind: str, number: int, size: int) -> tuple[np.ndarray, Counter[str]]:
    """The drawings that belong to a number, uint8 (..., size, size, 2), and what was turned down.

    `questions` (7,): front, right, top, then isometric drawings, the right one first; `pairs`
    (2, 4), `views` (11,) and `poses` (23,) as in `Drawings`.

    Raises RuntimeError where none of `ATTEMPTS` solids would do.
    """
    turned_down: Counter[str] = Counter()
    for attempt in range(ATTEMPTS):
        seed = number * ATTEMPTS + attempt
        try:
            return MAKERS[kind](seed, size), turned_down
        except EmptySolid:
            turned_down["empty"] += 1
        except Unfit as unfit:
            turned_down[str(unfit)] += 1
    raise RuntimeError(f"{kind} number {number}: none of {ATTEMPTS} solids would do: {turned_down}")


def picture(solid: Solid, camera: Camera, size: int) -> np.ndarray:
    """The drawings of a solid, uint8 (B, size, size, 2); each centred on its own lines.

    Raises Unfit for a drawing that is blank.
    """
    lines = rasterize(draw(solid, camera), size, LINE, centred=True).double()
    visible, hidden = lines.unbind(-1)
    over = torch.stack([visible, hidden * (1 - visible)], -1)  # a visible line covers a hidden one
    drawings = (over * 255).round().to(torch.uint8).numpy()
    if ink(drawings).sum(-1).min() < BLANK:
        raise Unfit("blank")
    return drawings


def question(seed: int, size: int, shown: int | None = None) -> np.ndarray:
    """Of eight cuts the four whose isometric drawings have most nearly the same ink, since
    otherwise how much ink there is gives the answer away; one of these four at random is right.

    shown: another size for the drawings, which changes nothing else.
    """
    pose, random = cameras(T2I_POSE), np.random.default_rng(seed)
    cuts = [*make_cuts(seed, range(seed * CUTS, (seed + 1) * CUTS))]
    isometric = np.concatenate([picture(part, pose, size) for part in cuts])
    amount = ink(isometric)
    apart = np.abs(amount[:, None] - amount).sum(-1)
    chosen = np.argsort(apart, 1)[:, :4]  # of each, itself and its three nearest
    spread = np.take_along_axis(apart, chosen, 1).sum(1)
    chosen = random.permutation(chosen[spread.argmin()])
    require_different(isometric := isometric[chosen])
    if shown:
        isometric = np.concatenate([picture(cuts[i], pose, shown) for i in chosen])
    views = picture(cuts[chosen[0]], cameras(views=True), shown or size)
    return np.concatenate([views, isometric])


def _pair(seed: int, size: int) -> np.ndarray:
    cuts = make_cuts(seed, range(seed * CUTS, seed * CUTS + 2))
    both = np.stack([picture(part, cameras(T2I_POSE, views=True), size) for part in cuts])
    require_different(both[:, 3])
    return both


def _views(seed: int, size: int, unseen: bool = False) -> np.ndarray:
    poses = CORNERS + UNSEEN if unseen else CORNERS
    drawn = picture(make_solid(seed), cameras(*poses, views=True), size)
    if symmetry(drawn) < ALIKE:
        raise Unfit("symmetric")
    require_different(drawn[3:11])
    return drawn


MAKERS: dict[str, Callable[[int, int], np.ndarray]] = {
    "questions": question,
    "pairs": _pair,
    "views": _views,
    "poses": lambda seed, size: _views(seed, size, unseen=True),
}


def symmetry(drawn: np.ndarray) -> float:
    """How far a solid is from one that looks the same when turned, from its views (3 + P, ...).

    paper: the least difference of front and right, front and top, the right view turned by 90
    degrees and top, the front view turned by 180 degrees and itself. A tenth of the objects, those
    with the least, was left out there; here all below a fixed difference are.
    """
    front, right, top = drawn[:3]
    pairs = (
        (front, right),
        (front, top),
        (np.rot90(right), top),
        (front, np.rot90(front, 2)),
    )
    return min(float(difference(a, b)) for a, b in pairs)


@cache
def cameras(*poses: int, views: bool = False) -> Camera:
    """The cameras of front, right and top, if `views`, and then of some poses."""
    return spare3d_views([*(VIEWS if views else ()), *(str(pose) for pose in poses)])


def require_different(drawings: np.ndarray) -> None:
    for i in range(1, len(drawings)):
        if difference(drawings[:i], drawings[i]).min() < ALIKE:
            raise Unfit("alike")
