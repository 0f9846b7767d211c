"""Questions about line drawings, and the drawings that answer themselves.

A drawing is uint8 (H, W, 2), ink on paper: channel 0 the visible lines, channel 1 the hidden ones,
255 where a line covers a pixel and 0 where none does. SPARE3D's PNG files hold black visible lines
over red hidden ones on white; `to_rgb` and `from_rgb` go there and back without loss.

    T2I  front, right and top view are given: which of four isometric drawings is of this object?
    I2P  the isometric drawing too: from which of the corners 1, 2, 5, 6 is it seen?
    P2I  the corner too, one of 1 ... 8: which of four isometric drawings of the object is it?
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

TASKS = ("t2i", "i2p", "p2i")
SPLITS = ("train", "val", "test")
VIEWS = ("f", "r", "t")  # front, right, top
CORNERS = tuple(range(1, 9))  # the eight isometric poses
UNSEEN = tuple(range(9, 21))  # twelve poses along the edges of a cube, kept from training
T2I_POSE = 2  # paper: the pose of every isometric drawing in T2I
I2P_POSES = (1, 2, 5, 6)  # what the answers 0 ... 3 of I2P mean
OPTIONS = {"t2i": 4, "i2p": 1, "p2i": 4}  # isometric drawings in a question


@dataclass(frozen=True, eq=False)
class Questions:
    """N questions of one task.

    given: uint8 (N, 3, H, W, 2), front, right and top view.
    options: uint8 (N, K, H, W, 2), isometric drawings: K = 4 to choose from, or K = 1 in I2P.
    answers: int64 (N,), 0 ... 3. poses: int64 (N,), the pose that P2I asks for, 0 in other tasks.
    names: one per question; no name is in two splits. source: `procedural` or `official`.
    rejected: why candidates for questions were turned down in the making -> how many.

    Raises ValueError where the arrays do not fit one another or an answer is out of range.
    """

    task: str
    given: np.ndarray
    options: np.ndarray
    answers: np.ndarray
    poses: np.ndarray
    names: tuple[str, ...]
    split: str
    source: str
    rejected: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise ValueError(f"no task {self.task!r}; choose one of {', '.join(TASKS)}")
        n, size = len(self.names), self.given.shape[2:4]
        _expect("given", self.given, (n, 3, *size, 2))
        _expect("options", self.options, (n, OPTIONS[self.task], *size, 2))
        for name, low, high in (("answers", 0, 3), ("poses", 0, 8)):
            values = getattr(self, name)
            if values.shape != (n,):
                raise ValueError(f"{name} of {n} questions must be ({n},); got {values.shape}")
            if bad := sorted(set(values[(values < low) | (values > high)].tolist())):
                raise ValueError(f"{name} must lie between {low} and {high}; got {bad[:5]}")
        if self.task == "p2i" and n and self.poses.min() < 1:
            raise ValueError("every P2I question asks for a pose, 1 ... 8; one has none")

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return f"Questions({len(self)} of {self.task}, {self.split}, {self.source})"

    def __getitem__(self, index: slice | Sequence[int] | np.ndarray) -> Questions:
        """Some of the questions, as a set of the same kind."""
        chosen = np.arange(len(self))[index]
        if chosen.ndim != 1:
            raise TypeError(f"choose questions by a slice or a list, not by {index!r}")
        arrays = {n: getattr(self, n)[chosen] for n in ("given", "options", "answers", "poses")}
        return replace(self, **arrays, names=tuple(self.names[i] for i in chosen))

    @property
    def size(self) -> int:
        """Side of the drawings, in pixels."""
        return self.given.shape[2]

    @cached_property
    def sha256(self) -> str:
        """Digest of everything in it: two sets with one digest ask the same questions."""
        return _digest(self.names, self.given, self.options, self.answers, self.poses)


@dataclass(frozen=True, eq=False)
class Drawings:
    """Drawings of N objects without any question: what self-supervised methods learn from.

    images: uint8 (N, ..., H, W, 2). In between stands what was drawn:
        `pairs` (N, 2, 4): two cuts of one solid, each as front, right, top and pose 2;
        `views` (N, 3 + P): front, right, top and the P poses of `poses`, of one solid.
    """

    kind: str
    images: np.ndarray
    names: tuple[str, ...]
    split: str
    source: str
    poses: tuple[int, ...] = ()
    rejected: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        layouts = {"pairs": (2, 4), "views": (3 + len(self.poses),)}
        if self.kind not in layouts:
            raise ValueError(f"drawings are {' or '.join(layouts)}; got {self.kind!r}")
        size = self.images.shape[-3:-1]
        _expect("images", self.images, (len(self.names), *layouts[self.kind], *size, 2))

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return f"Drawings({len(self)} {self.kind}, {self.split}, {self.source})"

    def __getitem__(self, index: slice | Sequence[int] | np.ndarray) -> Drawings:
        """Some of the objects, as a set of the same kind."""
        chosen = np.arange(len(self))[index]
        if chosen.ndim != 1:
            raise TypeError(f"choose objects by a slice or a list, not by {index!r}")
        names = tuple(self.names[i] for i in chosen)
        return replace(self, images=self.images[chosen], names=names)

    @property
    def size(self) -> int:
        """Side of the drawings, in pixels."""
        return self.images.shape[-2]

    @cached_property
    def sha256(self) -> str:
        """Digest of everything in it."""
        return _digest(self.names, self.images, np.array(self.poses, np.int64))


def to_rgb(drawings: np.ndarray) -> np.ndarray:
    """Ink (..., 2) as the papers' colours, uint8 (..., 3): black over red on white.

    >>> to_rgb(np.array([[0, 0], [255, 0], [0, 255]], np.uint8)).tolist()
    [[255, 255, 255], [0, 0, 0], [255, 0, 0]]
    """
    visible, hidden = drawings[..., 0].astype(np.int16), drawings[..., 1].astype(np.int16)
    both = np.minimum(visible + hidden, 255)
    return (255 - np.stack([visible, both, both], -1)).astype(np.uint8)


def from_rgb(picture: np.ndarray) -> np.ndarray:
    """The inverse of `to_rgb`: red shows what is not visible, green and blue all ink.

    Raises ValueError for a picture in which green and blue differ: it has other colours.
    """
    red, green, blue = (255 - picture[..., i].astype(np.int16) for i in range(3))
    if picture.size and np.abs(green - blue).max() > 8:
        raise ValueError("it is no drawing in black and red: its green and blue channels differ")
    visible = np.minimum(red, green)
    return np.stack([visible, green - visible], -1).astype(np.uint8)


def ink(drawings: np.ndarray) -> np.ndarray:
    """Ink of visible and of hidden lines, float32 (..., 2), in image sides of covered pixels."""
    side = drawings.shape[-2]
    return drawings.sum((-3, -2), dtype=np.int64).astype(np.float32) / (255 * side)


def difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """How much two drawings differ: ink (...) in one and not in the other, in image sides.

    Both kinds of lines count, and a line that is visible here and hidden there counts twice.
    """
    return ink(np.abs(a.astype(np.int16) - b.astype(np.int16))).sum(-1)


def questions_of(views: Drawings, task: str, seed: int = 0) -> Questions:
    """One I2P or P2I question for each object of a set of `views`, answers evenly spread.

    paper: one question per object, of the views of the whole solid; `seed` says which pose.

    Raises ValueError where the drawings hold no corner poses, or for T2I, which needs cuts.
    """
    if task not in ("i2p", "p2i") or views.kind != "views" or views.poses[:8] != CORNERS:
        raise ValueError(
            f"I2P and P2I are asked of views with the poses 1 ... 8; got {task!r} of {views!r} "
            f"with poses {views.poses}"
        )
    random = np.random.default_rng([seed, TASKS.index(task)])
    n, rows = len(views), np.arange(len(views))
    answers = random.permutation(n) % 4
    if task == "i2p":
        shown, poses = np.array(I2P_POSES)[answers][:, None], np.zeros(n, int)
    else:
        poses = 1 + random.permutation(n) % 8
        others = random.permuted(np.tile(np.arange(1, 8), (n, 1)), axis=1)[:, :3]
        shown = np.insert(others, 0, 0, axis=1)  # steps round from the right pose, it first
        shown = (poses[:, None] - 1 + shown) % 8 + 1
        shown[rows, 0], shown[rows, answers] = shown[rows, answers], shown[rows, 0]
    options = views.images[rows[:, None], 2 + shown]
    given, names = views.images[:, :3], views.names
    return Questions(task, given, options, answers, poses, names, views.split, views.source)


def hidden_only(questions: Questions, threshold: float = 0.1) -> np.ndarray:
    """Which questions only hidden lines decide, bool (N,): the right drawing differs from some
    other one by less than `threshold` (in image sides) of visible ink.

    Raises ValueError for I2P, which has no other drawing to compare with.
    """
    if questions.task == "i2p":
        raise ValueError("an I2P question shows one isometric drawing: nothing to compare")
    rows, visible = np.arange(len(questions)), questions.options.copy()
    visible[..., 1] = 0
    apart = difference(visible, visible[rows, questions.answers][:, None])
    apart[rows, questions.answers] = np.inf
    return apart.min(1) < threshold


def _expect(name: str, array: np.ndarray, shape: tuple[int, ...]) -> None:
    if array.dtype != np.uint8 or array.shape != shape:
        raise ValueError(f"{name} must be uint8 {shape}; got {array.dtype} {array.shape}")


def _digest(names: Sequence[str], *arrays: np.ndarray) -> str:
    digest = hashlib.sha256("\n".join(names).encode())
    for array in arrays:
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()
