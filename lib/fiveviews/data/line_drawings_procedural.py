"""Questions and drawings of random solids: as many as you like, the same ones every time.

Every question has a number of its own, and so has the solid that it is made of; the numbers of two
splits have no solid in common. What a number stands for is made by `line_drawings_objects`; here it
is kept.

The cache is a folder per version of the generator, filled by any number of processes at a time.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock, Timeout

from fiveviews.data.line_drawings import CORNERS, SPLITS, UNSEEN, Drawings, Questions
from fiveviews.data.line_drawings_objects import (
    ATTEMPTS,
    FIRST,
    KINDS,
    REASONS,
    make,
    question,
)
from fiveviews.data.storage import data_root, read_npz, source_key, write_npz
from fiveviews.progress import progress

PIECE = 25  # objects per cache file: what an interruption can cost
SOURCES = (  # whatever has a say in what a drawing looks like, and nothing else
    "cameras.py",
    "data/line_drawings.py",
    "data/line_drawings_objects.py",
    "launch.py",
    "render/inputs.py",
    "render/lines/__init__.py",
    "render/lines/drawing.py",
    "render/lines/geometry.py",
    "render/lines/kernel.py",
    "render/lines/raster.py",
    "render/lines/tolerances.py",
    "solids/csg.py",
    "solids/generator.py",
    "solids/primitives.py",
)
PACKAGES = ("manifold3d", "numpy", "warp-lang")


def load_questions(
    split: str, n: int, size: int = 64, root: str | Path | None = None, jobs: int = 1
) -> Questions:
    """The first n T2I questions of a split, with drawings of size x size pixels.

    jobs: processes that make what the cache does not hold yet.

    Raises ValueError for a split that does not exist, or n or size that make no set.
    """
    drawings, kept = _load("questions", split, n, size, root, jobs)
    answers = np.concatenate([_balanced(split, block) for block in range(-(-n // 4))])[:n]
    names, none = _names("questions", split, n), np.zeros(n, int)
    options = _in_place(drawings[:, 3:], answers)
    return Questions(
        "t2i", drawings[:, :3], options, answers, none, names, split, "procedural", kept
    )


def load_pairs(
    split: str, n: int, size: int = 64, root: str | Path | None = None, jobs: int = 1
) -> Drawings:
    """Two cuts of each of n solids, each drawn from front, right, top and pose 2; see above."""
    drawings, kept = _load("pairs", split, n, size, root, jobs)
    return Drawings("pairs", drawings, _names("pairs", split, n), split, "procedural", (), kept)


def load_views(
    split: str,
    n: int,
    size: int = 64,
    unseen: bool = False,
    root: str | Path | None = None,
    jobs: int = 1,
) -> Drawings:
    """Front, right, top and the eight corner poses of each of n solids; see above.

    unseen: the twelve edge-on poses 9 ... 20 too, of other solids.
    """
    kind, poses = ("poses", CORNERS + UNSEEN) if unseen else ("views", CORNERS)
    drawings, kept = _load(kind, split, n, size, root, jobs)
    return Drawings("views", drawings, _names(kind, split, n), split, "procedural", poses, kept)


def redraw(questions: Questions, size: int) -> Questions:
    """The same generated T2I questions in drawings of another size: large ones for people.

    Raises ValueError for questions that were not generated here.
    """
    if questions.source != "procedural" or questions.task != "t2i":
        raise ValueError(f"only generated T2I questions can be drawn anew; got {questions!r}")
    drawings = []
    for name in questions.names:
        _, turned_down = make("questions", int(name), questions.size)
        seed = int(name) * ATTEMPTS + sum(turned_down.values())
        drawings.append(question(seed, questions.size, size))
    drawn = np.stack(drawings)
    options = _in_place(drawn[:, 3:], questions.answers)
    return replace(questions, given=drawn[:, :3], options=options)


def _in_place(options: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Candidates (N, 4, ...), of which the first is right, with it where the answer says."""
    rows = np.arange(len(answers))
    options[rows, 0], options[rows, answers] = options[rows, answers], options[rows, 0].copy()
    return options


def _balanced(split: str, block: int) -> np.ndarray:
    """The answers of four questions in a row: each of 0 ... 3 once."""
    return np.random.default_rng([FIRST[split], block]).permutation(4)


def _names(kind: str, split: str, n: int) -> tuple[str, ...]:
    first = FIRST[split] + KINDS[kind]
    return tuple(f"{first + i:08d}" for i in range(n))


@cache
def generator_key() -> str:
    """Short hash of the code that makes the drawings: other code, other cache."""
    return source_key(SOURCES, PACKAGES)


def _load(
    kind: str, split: str, n: int, size: int, root: str | Path | None, jobs: int
) -> tuple[np.ndarray, dict[str, int]]:
    """Drawings of the first n numbers of a kind and split, made where the cache has none yet."""
    fill(kind, split, n, size, root, jobs)
    found, kept = [], Counter()
    for path, first, count in pieces(kind, split, n, size, root):
        drawings, counts = read_npz(path, ("drawings", "turned_down"))
        if len(drawings) != count or len(counts) != len(REASONS):
            raise ValueError(f"{path} is not of this cache; delete it and run this again")
        found.append(drawings[: n - first])
        kept.update(dict(zip(REASONS, counts.tolist(), strict=True)))
    return np.concatenate(found), dict(kept)


def pieces(
    kind: str, split: str, n: int, size: int, root: str | Path | None = None
) -> Iterator[tuple[Path, int, int]]:
    """The cache files that the first n numbers lie in: path, first number in it, how many.

    Raises ValueError for words and numbers that name no data.
    """
    if kind not in KINDS or split not in SPLITS:
        raise ValueError(f"no {kind!r} of split {split!r}; there are {list(KINDS)} of {SPLITS}")
    if not 1 <= n <= 2_000_000 or not 16 <= size <= 1024:
        raise ValueError(f"n is 1 to 2,000,000 and size 16 to 1024 pixels; got {n} and {size}")
    folder = data_root(root) / "procedural" / f"line_drawings_{generator_key()}"
    for first in range(0, n, PIECE):
        yield folder / f"{kind}_{size}_{split}_{first:06d}.npz", first, PIECE


def fill(
    kind: str,
    split: str,
    n: int,
    size: int,
    root: str | Path | None = None,
    jobs: int = 1,
    shard: tuple[int, int] = (0, 1),
) -> None:
    """Make every cache file that is missing, in `jobs` processes, beside whoever else is at it.

    A file that another process is at work on is left to it, and waited for in the end.
    shard: (k, n), of the files every n-th alone, from the k-th.
    """
    part, of = shard
    todo = list(pieces(kind, split, n, size, root))[part::of]
    if not todo:
        return
    todo[0][0].parent.mkdir(parents=True, exist_ok=True)
    missing = sum(not path.exists() for path, _, _ in todo)
    words = [kind, split, *map(str, (n, size, data_root(root), part, of))]
    command = [sys.executable, "-m", "fiveviews.data.line_drawings_procedural", *words]
    helpers = [subprocess.Popen(command) for _ in range(min(jobs, missing) - 1)]
    try:
        with progress(label=f"{kind} {split}", total=len(todo), unit="file") as bar:
            while todo := [piece for piece in todo if not piece[0].exists()]:
                made = 0
                for piece in todo:
                    made += _make_piece(kind, split, size, *piece)
                    there = sum(path.exists() for path, _, _ in todo)
                    bar.update(bar.total - len(todo) + there - bar.n)
                if not made:
                    time.sleep(0.2)
    finally:
        for helper in helpers:
            helper.terminate()
            helper.wait()


def _make_piece(kind: str, split: str, size: int, path: Path, first: int, count: int) -> int:
    """Make one cache file, unless it is there or another process makes it: 1 if it was made."""
    if path.exists():
        return 0
    lock = path.with_suffix(".lock")
    try:
        with FileLock(lock, timeout=0):
            if path.exists():
                return 0
            start = FIRST[split] + KINDS[kind] + first
            made = [make(kind, start + i, size) for i in range(count)]
            turned_down = sum((counts for _, counts in made), Counter())
            write_npz(
                path,
                drawings=np.stack([drawings for drawings, _ in made]),
                turned_down=np.array([turned_down[reason] for reason in REASONS]),
            )
            lock.unlink(missing_ok=True)
            return 1
    except Timeout:
        return 0


if __name__ == "__main__":
    torch.set_num_threads(1)
    kind, split, n, size, root, part, of = sys.argv[1:]
    fill(kind, split, int(n), int(size), root, shard=(int(part), int(of)))
