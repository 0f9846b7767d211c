"""Make views of generated objects: 24 pictures and a voxel grid of each, in the book's cache.

The notebooks make what they need themselves; this makes it all beforehand, in files of 64 objects.
Stopped halfway, the same command goes on where it stopped.
"""

from __future__ import annotations

from functools import partial

from fiveviews.data import command, procedural
from fiveviews.data.views import SPLITS
from fiveviews.shapes import CATEGORIES


def main() -> int:
    parser = command.options(__doc__)
    parser.add_argument("categories", nargs="+", choices=CATEGORIES, metavar="CATEGORY")
    parser.add_argument("--split", choices=SPLITS, default="train", help="default: train")
    parser.add_argument("-n", type=int, help="objects of each category (default: the split's)")
    asked = parser.parse_args()

    def work() -> None:
        pieces = [
            (category, *piece)
            for category in asked.categories
            for piece in procedural.pieces(category, asked.split, asked.n, asked.root)
        ]
        one = partial(procedural.make_piece, asked.split)
        made = command.make_all(one, pieces, asked, asked.split)
        print(f"{len(made)} of {len(pieces)} files{command.told(asked)}: {pieces[0][1].parent}")

    return command.finish(work)


if __name__ == "__main__":
    raise SystemExit(main())
