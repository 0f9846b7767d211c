"""The published files of 3D-IQTT, read and written (`3diqtt-v2-train.h5`, `-val.h5`, `-test.h5`).

    train   labeled/questions, labeled/answers, unlabeled/questions
    val     questions, answers
    test    questions

Questions are float32 (N, 4, 128, 128, 3) in [0, 1], the reference first; answers uint8 (N,) in
0, 1, 2. HDF5 runs no code; links that lead out of the file are refused. Files are read a piece at a
time, since the published ones hold tens of gigabytes, and written whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from fiveviews.data.iqtt import Questions
from fiveviews.data.storage import full_disk_explained
from fiveviews.files import atomic
from fiveviews.progress import progress

PIECE = 64  # questions in memory at once, and in a chunk of a file
SLACK = 1e-3  # by which values may leave [0, 1]


def read_file(
    path: str | Path,
    part: str = "",
    n: int | None = None,
    track: str = "other",
    first: int = 0,
    size: int | None = None,
) -> Questions:
    """n questions (None: all there are) of a part of a published file from number `first` on, and
    their answers.

    part: "labeled" or "unlabeled" of a training file, "" of the others. Unknown answers are -1.
    size: shrink each picture to so many pixels, a divisor of its side, by averaging.

    Raises FileNotFoundError, or ValueError with one sentence that names the file, what it holds and
    what was expected.
    """
    path = Path(path)
    with _open(path) as file:
        questions = _questions(file, part, path)
        there, _, side, _, _ = shape = questions.shape
        n = there - first if n is None else n
        if not 0 < n <= there - first or first < 0:
            after = f" after the first {first}" if first else ""
            raise ValueError(f"{path} holds {there} questions; {n}{after} were asked for")
        size = side if size is None else size
        if size < 1 or side % size:
            raise ValueError(f"{path} has pictures of side {side}, which {size} does not divide")
        block, images = side // size, np.empty((n, 4, size, size, 3), np.uint8)
        for start in progress(range(0, n, PIECE), path.name, unit="piece"):
            values = questions[first + start : first + min(start + PIECE, n)]
            low, high = float(values.min()), float(values.max())
            if not (low >= -SLACK and high <= 1 + SLACK):  # NaN compares false
                raise ValueError(
                    f"{path}: questions {first + start} to {first + start + len(values) - 1} hold "
                    f"values from {low:g} to {high:g}; expected 0 to 1"
                )
            values = values.clip(0, 1).reshape(-1, 4, size, block, size, block, 3).mean((3, 5))
            images[start : start + len(values)] = np.round(values * 255)
        answers = np.full(n, -1)
        name = f"{part}/answers".lstrip("/")
        if name in file:
            stored = _dataset(file, name, path)
            if stored.shape != shape[:1] or stored.dtype.kind not in "iu":
                raise ValueError(
                    f"{path}: its answers are {stored.dtype} {stored.shape}; expected whole "
                    f"numbers ({shape[0]},)"
                )
            answers = stored[first : first + n].astype(np.int64)
            if not np.isin(answers, (0, 1, 2)).all():
                raise ValueError(f"{path}: an answer is {answers.max()}; expected 0, 1 or 2")
    split = next((s for s in ("train", "val") if s in path.stem or part), "test")
    return Questions(images, answers, None, track, split)


def count(path: str | Path, part: str = "") -> int:
    """How many questions a part of a published file holds; raises as `read_file`."""
    path = Path(path)
    with _open(path) as file:
        return len(_questions(file, part, path))


def write_file(path: str | Path, parts: dict[str, Questions]) -> None:
    """Write questions in the published format; parts are named as in `read_file`.

    Answers are written where all are known. Raises ValueError where there is nothing to write.
    """
    path = Path(path)
    if not parts or not all(len(questions) for questions in parts.values()):
        raise ValueError(f"there is no question to write to {path}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with full_disk_explained(path), atomic(path) as temporary, h5py.File(temporary, "w") as file:
        for part, questions in parts.items():
            _write(file.require_group(part) if part else file, questions, path.name)


def _write(group: h5py.Group, questions: Questions, label: str) -> None:
    images = questions.images
    chunk = (1, *images.shape[1:])
    stored = group.create_dataset("questions", images.shape, np.float32, chunks=chunk)
    for first in progress(range(0, len(images), PIECE), label, unit="piece"):
        part = slice(first, first + PIECE)
        stored[part] = images[part].astype(np.float32) / 255
    if (questions.answers >= 0).all():
        group["answers"] = questions.answers.astype(np.uint8)


@contextmanager
def _open(path: Path) -> Iterator[h5py.File]:
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise ValueError(f"{path} is not a whole HDF5 file ({error})") from error
    with file:
        yield file


def _questions(file: h5py.File, part: str, path: Path) -> h5py.Dataset:
    """The questions of a part, of the shape and type that was published."""
    questions = _dataset(file, f"{part}/questions".lstrip("/"), path)
    shape = questions.shape
    if len(shape) != 5 or shape[1] != 4 or shape[4] != 3 or shape[2] != shape[3]:
        raise ValueError(f"{path}: its questions are {shape}; expected (N, 4, S, S, 3)")
    if questions.dtype != np.float32:
        raise ValueError(f"{path}: its questions are {questions.dtype}; expected float32")
    return questions


def _dataset(file: h5py.File, name: str, path: Path) -> h5py.Dataset:
    """A data set that lies in this file."""
    for depth in range(1, name.count("/") + 2):
        step = "/".join(name.split("/")[:depth])
        link = file.get(step, getlink=True)
        if link is None:
            raise ValueError(f"{path} has no {name!r}; it holds {', '.join(_names(file))}")
        if not isinstance(link, h5py.HardLink):
            raise ValueError(f"{path}: {step!r} leads elsewhere, which is not followed")
    found = file[name]
    if not isinstance(found, h5py.Dataset) or found.external:
        raise ValueError(f"{path}: {name!r} is not an array that is stored in the file itself")
    return found


def _names(file: h5py.File) -> Sequence[str]:
    found: list[str] = []
    file.visit(found.append)
    return found or ["nothing"]
