"""SPARE3D's own folders: read as they come from its authors, and written for their code to read.

    T2I    ID/ID_f.png ID_r.png ID_t.png 0.png 1.png 2.png 3.png                 answer.json
    I2P    ID/ID_f.png ID_r.png ID_t.png answer.png                              answer.json
    P2I    ID/ID_f.png ID_r.png ID_t.png 0.png ... 3.png pose_K.txt (empty)      answer.json
    pairs  ID/ID_fleft.png ID_rleft.png ID_tleft.png isometric_left.png, and the same with right
    views  {train,valid}/ID/ID_f.png ID_r.png ID_t.png 1.png ... 8.png (or to 20.png)
           and one json that makes I2P and P2I questions of them

`answer.json` maps ID to 0 ... 3. Files are named in full: the published loaders look for
`*r.png`, which `answer.png` matches as well, so that in most folders of I2P the right view was
replaced by the very drawing that is asked about.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from PIL import Image

from fiveviews.data.line_drawings import VIEWS, Drawings, Questions, from_rgb, to_rgb
from fiveviews.data.storage import full_disk_explained
from fiveviews.files import write_atomically
from fiveviews.progress import progress

LARGEST = 4096  # pixels; no drawing of the data set is nearly so large
OPTIONS = {"t2i": ("0", "1", "2", "3"), "i2p": ("answer",), "p2i": ("0", "1", "2", "3")}
SIDES = ("left", "right")


def names_in(folder: str | Path) -> list[str]:
    """The objects of one folder (one split) of the official layout, sorted.

    Raises FileNotFoundError for a missing folder, ValueError for one without objects.
    """
    folder = Path(folder)
    if (folder / "answer.json").is_file():
        return sorted(read_answers(folder / "answer.json"))
    return _folders(folder)


def read_questions(
    folder: str | Path,
    task: str,
    split: str,
    size: int | None = None,
    n: int | None = None,
    names: Sequence[str] | None = None,
) -> Questions:
    """The questions of one folder (one split) of the official layout, sorted by their ID.

    size: shrink each drawing to so many pixels, by averaging. n: only the first n. names: only
        these, in this order.

    Raises FileNotFoundError for a missing folder, answer.json or drawing, and ValueError, naming
    the file, for a damaged picture, an answer out of range, a set without questions, or with fewer
    than n.
    """
    folder = Path(folder)
    answers = read_answers(folder / "answer.json")
    if not answers:
        raise ValueError(f"{folder / 'answer.json'} has no answers: there is nothing to ask")
    names = _chosen(sorted(answers), n, names, folder / "answer.json")
    if absent := [name for name in names if not (folder / name).is_dir()]:
        raise FileNotFoundError(
            f"answer.json names {absent[0]}, but there is no folder {folder / absent[0]}"
            + (f" ({len(absent)} such in all)" if len(absent) > 1 else "")
        )
    files = [[*(f"{name}_{view}" for view in VIEWS), *OPTIONS[task]] for name in names]
    drawings = _read_all(folder, names, files, size)
    return Questions(
        task,
        drawings[:, :3],
        drawings[:, 3:],
        np.array([answers[name] for name in names]),
        np.array([_pose(folder / name) if task == "p2i" else 0 for name in names]),
        tuple(names),
        split,
        "official",
    )


def write_questions(folder: str | Path, questions: Questions) -> str:
    """Write questions in the official layout; returns the SHA-256 over all its files.

    Drawings that are there already with the right content are kept, so a stopped run goes on where
    it stopped; `answer.json` comes last, so a folder that has one is whole.
    """
    folder = Path(folder)
    digest = hashlib.sha256()
    for i in progress(range(len(questions)), f"{questions.task} {questions.split}"):
        name = questions.names[i]
        files = [*(f"{name}_{view}.png" for view in VIEWS)]
        files += [f"{option}.png" for option in OPTIONS[questions.task]]
        drawings = [*questions.given[i], *questions.options[i]]
        _write_drawings(folder / name, files, drawings, digest)
        if questions.task == "p2i":
            _write(folder / name / f"pose_{questions.poses[i]}.txt", b"")
    answers = dict(zip(questions.names, questions.answers.tolist(), strict=True))
    data = json.dumps(answers, indent=4).encode()
    digest.update(data)
    _write(folder / "answer.json", data)
    return digest.hexdigest()


def read_pairs(
    folder: str | Path,
    split: str,
    size: int | None = None,
    n: int | None = None,
    names: Sequence[str] | None = None,
) -> Drawings:
    """Two cuts of each solid, from the layout of the contrastive data; raises as above."""
    folder = Path(folder)
    names = _chosen(_folders(folder), n, names, folder)
    files = [[f for side in SIDES for f in _of_side(name, side)] for name in names]
    drawings = _read_all(folder, names, files, size)
    images = drawings.reshape(len(names), 2, 4, *drawings.shape[2:])
    return Drawings("pairs", images, tuple(names), split, "official")


def write_pairs(folder: str | Path, pairs: Drawings) -> str:
    """Write pairs in that layout, as `write_questions` does."""
    folder, digest = Path(folder), hashlib.sha256()
    for name, both in zip(progress(pairs.names, f"pairs {pairs.split}"), pairs.images, strict=True):
        files = [f"{f}.png" for side in SIDES for f in _of_side(name, side)]
        _write_drawings(folder / name, files, both.reshape(8, *both.shape[2:]), digest)
    return digest.hexdigest()


def read_views(
    folder: str | Path,
    split: str,
    size: int | None = None,
    n: int | None = None,
    names: Sequence[str] | None = None,
) -> Drawings:
    """The views of each solid, from a folder `train/` or `valid/` of the multi-view data; raises as
    above."""
    folder = Path(folder)
    names = _chosen(_folders(folder), n, names, folder)
    poses = sorted(int(p.stem) for p in (folder / names[0]).glob("*.png") if p.stem.isdecimal())
    if poses not in ([*range(1, 9)], [*range(1, 21)]):
        raise ValueError(f"{folder / names[0]} has the poses {poses}; expected 1 ... 8 or 1 ... 20")
    files = [[*(f"{name}_{v}" for v in VIEWS), *map(str, poses)] for name in names]
    images = _read_all(folder, names, files, size)
    return Drawings("views", images, tuple(names), split, "official", tuple(poses))


def write_views(folder: str | Path, views: Drawings, questions: Iterable[Questions] = ()) -> str:
    """Write views in that layout, and the json that makes the I2P and P2I questions of them.

    The json holds all splits: what others have put into it stays, and does not count for the
    SHA-256 that is returned.
    """
    folder, digest = Path(folder), hashlib.sha256()
    place = folder / {"val": "valid"}.get(views.split, views.split)
    for name, drawn in zip(
        progress(views.names, f"views {views.split}"), views.images, strict=True
    ):
        files = [f"{name}_{v}.png" for v in VIEWS] + [f"{pose}.png" for pose in views.poses]
        _write_drawings(place / name, files, drawn, digest)
    ours = {asked.task.upper(): dict(_entries(views, asked)) for asked in questions}
    digest.update(json.dumps(ours).encode())
    path = folder / "questions.json"
    with FileLock(folder / ".questions.json.lock"):
        table: dict[str, Any] = _json(path) if path.is_file() else {"I2P": {}, "P2I": {}}
        for task, entries in ours.items():
            table[task][place.name] = entries
        _write(path, json.dumps(table, indent=4).encode())
    return digest.hexdigest()


def _entries(views: Drawings, asked: Questions) -> Iterable[tuple[str, Any]]:
    """ID -> which file answers which label; for P2I the wrong ones too, in the authors' words."""
    for i, name in enumerate(asked.names):
        row = views.images[views.names.index(name)][3:]
        files = [
            f"{views.poses[next(k for k, d in enumerate(row) if (d == option).all())]}.png"
            for option in asked.options[i]
        ]
        answer = str(asked.answers[i])
        if asked.task == "i2p":
            yield name, {answer: files[0]}
        else:
            wrong = {str(k): file for k, file in enumerate(files) if str(k) != answer}
            yield name, {"correct": {answer: files[int(answer)]}, "wrong": wrong}


def read_table(path: str | Path, views: Drawings, task: str) -> Questions:
    """The I2P or P2I questions that the json of the multi-view data makes of views; of other
    objects it may ask as well.

    Raises FileNotFoundError, or ValueError for a json of another form or of other objects alone.
    """
    try:
        parts = _json(Path(path))[task.upper()]
        asked = parts[views.split if views.split in parts else "valid"]  # as the folders are named
        entries = {name: asked[name] for name in views.names if name in asked}
        if not entries:
            raise ValueError("it asks about other objects")
        rows = [views.names.index(name) for name in entries]
        found = [_entry(entry, task) for entry in entries.values()]
    except (KeyError, TypeError, AttributeError, ValueError, StopIteration) as error:
        raise ValueError(
            f"{path} holds no {task.upper()} questions of {views!r}: {error}"
        ) from error
    images = views.images[rows]
    poses = np.array([[views.poses.index(pose) for pose in shown] for _, shown in found])
    answers = np.array([answer for answer, _ in found])
    options = images[np.arange(len(rows))[:, None], 3 + poses]
    asked = np.array([shown[answer] if task == "p2i" else 0 for answer, shown in found])
    names = tuple(entries)
    return Questions(task, images[:, :3], options, answers, asked, names, views.split, "official")


def _entry(entry: dict[str, Any], task: str) -> tuple[int, list[int]]:
    """The answer, and the poses shown in the order of the options."""
    right = entry if task == "i2p" else entry["correct"]
    ((answer, file),) = right.items()
    if task == "i2p":
        return int(answer), [int(Path(file).stem)]
    shown = {int(answer): file}
    for key, others in entry.items():
        if key != "correct":
            shown |= {int(k): f for k, f in others.items()}
    return int(answer), [int(Path(shown[k]).stem) for k in range(4)]


def read_answers(path: Path) -> dict[str, int]:
    """ID -> answer. Raises FileNotFoundError, or ValueError with the ID for one out of range."""
    table = _json(path)
    if not isinstance(table, dict):
        raise ValueError(f"{path} must map IDs to answers; it holds a {type(table).__name__}")
    for name, answer in table.items():
        if isinstance(answer, bool) or not isinstance(answer, int) or not 0 <= answer <= 3:
            raise ValueError(f"{path}: the answer to {name} is {answer!r}; expected 0, 1, 2 or 3")
        if not re.fullmatch(r"[\w-]+", name):
            raise ValueError(f"{path}: {name!r} is no name of a folder")
    return table


def read_drawing(path: Path, size: int | None = None) -> np.ndarray:
    """One drawing, uint8 (H, W, 2); raises FileNotFoundError, or ValueError naming the file."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no drawing {path}")
    try:
        with Image.open(path) as image:
            if max(image.size) > LARGEST:
                raise ValueError(f"it has {image.size[0]} x {image.size[1]} pixels")
            rgb = image.convert("RGBA")
        paper = Image.new("RGBA", rgb.size, "white")  # a transparent page is white
        flat = Image.alpha_composite(paper, rgb).convert("RGB")
        if size is not None and flat.size != (size, size):
            flat = flat.resize((size, size), Image.Resampling.BOX)
        return from_rgb(np.asarray(flat))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path} is not a whole drawing: {error}") from error


def _read_all(
    folder: Path, names: list[str], files: list[list[str]], size: int | None
) -> np.ndarray:
    first = read_drawing(folder / names[0] / f"{files[0][0]}.png", size)
    drawings = np.empty((len(names), len(files[0]), *first.shape), np.uint8)
    for i, name in enumerate(progress(names, folder.name)):
        for j, file in enumerate(files[i]):
            path = folder / name / f"{file}.png"
            drawing = read_drawing(path, size)
            if drawing.shape != first.shape:
                raise ValueError(
                    f"{path} has {drawing.shape[1]} x {drawing.shape[0]} pixels, the first drawing "
                    f"{first.shape[1]} x {first.shape[0]}; give a size to bring all to one"
                )
            drawings[i, j] = drawing
    return drawings


def _write_drawings(
    folder: Path, files: list[str], drawings: Iterable[np.ndarray], digest: Any
) -> None:
    for file, drawing in zip(files, drawings, strict=True):
        data = io.BytesIO()
        Image.fromarray(to_rgb(drawing)).save(data, "png", optimize=True)
        digest.update(data.getvalue())
        _write(folder / file, data.getvalue())


def _write(path: Path, data: bytes) -> None:
    if path.is_file() and path.read_bytes() == data:
        return
    with full_disk_explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, data)


def _of_side(name: str, side: str) -> list[str]:
    return [*(f"{name}_{view}{side}" for view in VIEWS), f"isometric_{side}"]


def _pose(folder: Path) -> int:
    """The pose that a P2I question asks for: the name of an empty file says it."""
    poses = [re.fullmatch(r"pose_([1-8])", path.stem) for path in folder.glob("pose_*.txt")]
    if len(poses) != 1 or poses[0] is None:
        raise ValueError(
            f"{folder} must hold one file pose_1.txt ... pose_8.txt; it has {len(poses)}"
        )
    return int(poses[0][1])


def _chosen(
    there: list[str], n: int | None, names: Sequence[str] | None, source: Path
) -> list[str]:
    """The first n of the objects that are there, or those of these names, or all."""
    if names is not None:
        if absent := sorted(set(names) - set(there)):
            raise ValueError(f"{source} holds no object {absent[0]!r}")
        there = list(names)
    if n is not None and not 0 < n <= len(there):
        raise ValueError(f"{source} holds {len(there)} objects; {n} were asked for")
    return there[:n]


def _folders(folder: Path) -> list[str]:
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}")
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())
    if not names:
        raise ValueError(f"{folder} holds no folders of drawings: there is nothing to read")
    return names


def _json(path: Path) -> Any:
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path}")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is no JSON file: {error}") from error
