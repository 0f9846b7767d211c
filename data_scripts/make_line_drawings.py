"""Make line drawings: questions T2I, I2P and P2I, or drawings for self-supervision.

    make_line_drawings.py t2i -n 5000 --jobs 2                 into the cache, for notebooks
    make_line_drawings.py t2i --split test -n 500 --size 200 --to DIR/test
        SPARE3D's own folders

Kinds: t2i, i2p and p2i are questions; `pairs` are two cuts of each solid, `views` eight poses of it
and `poses` twenty. Any number of processes, on any number of machines that share the data folder,
may run the same command at once: they share the work, and what was made is never made again. With
--to, what the cache holds is written to a folder as PNG files and json, and their checksum printed.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import torch

from fiveviews.data import command
from fiveviews.data import line_drawings_official as official
from fiveviews.data.line_drawings import SPLITS, questions_of
from fiveviews.data.line_drawings_procedural import (
    fill,
    load_pairs,
    load_questions,
    load_views,
    pieces,
)

CACHED = {"t2i": "questions", "pairs": "pairs", "i2p": "views", "p2i": "views"}
CACHED |= {"views": "views", "poses": "poses"}


def main() -> int:
    parser = command.options(__doc__)
    parser.set_defaults(jobs=os.cpu_count() or 1)
    parser.add_argument("kind", choices=CACHED)
    parser.add_argument("--split", choices=SPLITS, default="train", help="default: %(default)s")
    parser.add_argument("-n", "--n", type=int, default=1000, help="how many; default: %(default)s")
    parser.add_argument("--size", type=int, default=64, help="pixels; default: %(default)s")
    parser.add_argument("--to", type=Path, help="folder to write PNG files and json to")
    asked = parser.parse_args()
    if asked.to and asked.shard != (0, 1):
        parser.error("--to takes all drawings, so no --shard; write them when all parts are made")
    torch.set_num_threads(1)

    def work() -> None:
        what = (CACHED[asked.kind], asked.split, asked.n, asked.size, asked.root)
        fill(*what, asked.jobs, asked.shard)
        part, of = asked.shard
        command.check([path for path, _, _ in pieces(*what)][part::of])
        if asked.to:
            write(asked)
        else:
            kind = f"{asked.kind} of {asked.split}{command.told(asked)}"
            print(f"{asked.n} {kind} are in the cache")

    return command.finish(work)


def write(arguments: argparse.Namespace) -> None:
    """Write what the cache holds in the official layout."""
    what = {"n": arguments.n, "size": arguments.size, "root": arguments.root}
    kind, split, folder = arguments.kind, arguments.split, arguments.to
    if kind == "t2i":
        digest = official.write_questions(folder, load_questions(split, **what))
    elif kind == "pairs":
        digest = official.write_pairs(folder, load_pairs(split, **what))
    else:
        views = load_views(split, unseen=kind == "poses", **what)
        if kind in ("i2p", "p2i"):
            digest = official.write_questions(folder, questions_of(views, kind))
        else:
            asked = [questions_of(views, task) for task in ("i2p", "p2i")]
            digest = official.write_views(folder, views, asked)
    print(f"{folder}: {arguments.n} {kind} of {split}, SHA-256 {digest}")


if __name__ == "__main__":
    raise SystemExit(main())
