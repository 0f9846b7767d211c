"""The questions of 3D-IQTT that methods learn from and are tested with, from one of two sources.

`procedural` questions are made here on first use and cached. `official` reads the published files,
`3diqtt-v2-train.h5` and `-val.h5`, which lie under `3diqtt/` of the data root. The published test
questions come without answers, so the first half of `-val.h5` validates and the second half tests.
The lights of the published pictures differ from one to the next and are not known; a decoder that
draws with ours has to paint the difference.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from fiveviews.data import iqtt, iqtt_files
from fiveviews.data.iqtt import Questions
from fiveviews.data.storage import data_root

SOURCES = ("procedural", "official")


def load_questions(
    track: str,
    split: str,
    n: int,
    size: int = iqtt.SIZE,
    source: str = "procedural",
    root: str | Path | None = None,
) -> Questions:
    """The first n questions of a track and split, with pictures of `size` pixels; of official ones
    as many as there are, where these are fewer.

    Of official training questions those with answers come first; the others have answer -1.

    Raises ValueError for words and numbers that name no data, and for damaged files;
    FileNotFoundError, saying what belongs where, for official files that are not there.
    """
    if source not in SOURCES:
        raise ValueError(f"source is one of {', '.join(SOURCES)}; got {source!r}")
    if source == "procedural":
        return iqtt.load_questions(track, split, n, size, root)
    if track != "other" or split not in iqtt.SPLITS:
        raise ValueError(
            f"the published files hold the track other, in {', '.join(iqtt.SPLITS)}; got "
            f"{track!r}, {split!r}"
        )
    if n < 1:
        raise ValueError(f"at least 1 question; got n={n}")
    folder = data_root(root) / "3diqtt"
    path = folder / f"3diqtt-v2-{'train' if split == 'train' else 'val'}.h5"
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path}; the published file belongs there")
    if split != "train":
        half = iqtt_files.count(path) // 2
        few = min(n, half)
        first = 0 if split == "val" else half
        return replace(iqtt_files.read_file(path, n=few, first=first, size=size), split=split)
    known = min(n, iqtt_files.count(path, "labeled"))
    others = min(n - known, iqtt_files.count(path, "unlabeled"))
    wanted = {"labeled": known, "unlabeled": others}
    parts = [
        iqtt_files.read_file(path, part, count, size=size)
        for part, count in wanted.items()
        if count
    ]
    images, answers = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("images", "answers")
    )
    return Questions(images, answers, None, track, split)
