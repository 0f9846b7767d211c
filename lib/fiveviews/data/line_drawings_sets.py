"""The drawings that models train on and are tested with, from one of two sources.

`procedural` solids are drawn here on first use and cached. `official` reads SPARE3D's own folders,
which lie under `spare3d/` of the data root as they come from its authors, named so:

    t2i/{train,valid,test}    questions T2I          pairs    two cuts of each solid
    views/{train,valid,test}  eight poses of each    poses/…  twenty poses of each

with the json of the I2P and P2I questions beside `views/train`. Where there is no folder `test`,
which the authors did not part from `valid`, the objects of `valid` are dealt to both by a hash of
their names: a model is never scored with what it was chosen by.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from fiveviews.data import line_drawings_official as official
from fiveviews.data import line_drawings_procedural as procedural
from fiveviews.data.line_drawings import SPLITS, Drawings, Questions, questions_of
from fiveviews.data.storage import data_root

SOURCES = ("procedural", "official")


def load_questions(
    split: str,
    n: int,
    size: int,
    source: str = "procedural",
    root: str | Path | None = None,
    jobs: int = 1,
) -> Questions:
    """The first n T2I questions of a split, with drawings of size x size pixels; of official ones
    as many as there are, where these are fewer.

    jobs: processes that draw what the cache does not hold yet.

    Raises ValueError for words and numbers that name no data, and for damaged files;
    FileNotFoundError, saying what belongs where, for official data that are not there.
    """
    if not _is_official(source, split):
        return procedural.load_questions(split, n, size, root, jobs)
    folder, names = _objects("t2i", split, n, root)
    return official.read_questions(folder, "t2i", split, size, names=names)


def load_pairs(
    split: str,
    n: int,
    size: int,
    source: str = "procedural",
    root: str | Path | None = None,
    jobs: int = 1,
) -> Drawings:
    """Two cuts of each of n solids, each drawn from front, right, top and pose 2; see above.

    Official pairs are all for training.
    """
    if not _is_official(source, split):
        return procedural.load_pairs(split, n, size, root, jobs)
    if split != "train":
        raise ValueError(f"SPARE3D's pairs are all for training; there are none for {split}")
    folder = _existing(_folder(root) / "pairs")
    return official.read_pairs(folder, split, size, names=official.names_in(folder)[:n])


def load_views(
    split: str,
    n: int,
    size: int,
    unseen: bool = False,
    source: str = "procedural",
    root: str | Path | None = None,
    jobs: int = 1,
) -> Drawings:
    """Front, right, top and the eight corner poses of each of n solids; see above.

    unseen: the twelve edge-on poses 9 ... 20 too, of other solids.
    """
    if not _is_official(source, split):
        return procedural.load_views(split, n, size, unseen, root, jobs)
    folder, names = _objects("poses" if unseen else "views", split, n, root)
    return official.read_views(folder, split, size, names=names)


def count_views(root: str | Path | None = None) -> int:
    """How many objects official views for training are of; raises as `load_views`."""
    return len(official.names_in(_existing(_folder(root) / "views" / "train")))


def pose_questions(
    views: Drawings, task: str, seed: int = 0, root: str | Path | None = None
) -> Questions:
    """One I2P or P2I question for each object of `views`: drawn by lot with the seed, or those that
    SPARE3D's json asks, where the views are official ones that it knows.

    Raises ValueError as `questions_of` and `official.read_table`; for more than one json.
    """
    tables = sorted((_folder(root) / "views").glob("*.json")) if views.source == "official" else []
    if not tables:
        return questions_of(views, task, seed)
    if len(tables) > 1:
        raise ValueError(f"{tables[0].parent} holds {len(tables)} json files; expected one")
    return official.read_table(tables[0], views, task)


def redraw(questions: Questions, size: int, root: str | Path | None = None) -> Questions:
    """The same T2I questions in drawings of another size: large ones for people.

    Raises ValueError for questions of another task.
    """
    if questions.task != "t2i":
        raise ValueError(f"only T2I questions are drawn anew; got {questions!r}")
    if questions.source == "procedural":
        return procedural.redraw(questions, size)
    folder, _ = _objects("t2i", questions.split, 1, root)
    return official.read_questions(folder, "t2i", questions.split, size, names=questions.names)


def _is_official(source: str, split: str) -> bool:
    if source not in SOURCES or split not in SPLITS:
        raise ValueError(
            f"source is one of {', '.join(SOURCES)}, split one of {', '.join(SPLITS)}; got "
            f"{source!r}, {split!r}"
        )
    return source == "official"


def _objects(kind: str, split: str, n: int, root: str | Path | None) -> tuple[Path, list[str]]:
    """The folder that the objects of a split lie in, and the first n names; fewer, where there are
    fewer."""
    if n < 1:
        raise ValueError(f"n counts objects, so it is 1 or more; got {n}")
    folder = _folder(root) / kind
    dealt = split != "train" and not (folder / "test").is_dir()
    place = _existing(folder / ("valid" if dealt or split == "val" else split))
    names = official.names_in(place)
    return place, [name for name in names if not dealt or dealt_to(name) == split][:n]


def dealt_to(name: str) -> str:
    """Whether an object of `valid` serves for validation or for testing: even odds, for good."""
    return ("val", "test")[hashlib.sha256(name.encode()).digest()[0] % 2]


def _folder(root: str | Path | None) -> Path:
    return data_root(root) / "spare3d"


def _existing(folder: Path) -> Path:
    if not folder.is_dir():
        raise FileNotFoundError(
            f"there is no folder {folder}; official drawings belong there as SPARE3D's archives "
            "hold them (the page Rerun it says which)"
        )
    return folder
