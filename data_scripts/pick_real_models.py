"""Write book/soft_meshes/real_models.npz: pictures of real models, for readers who have no models.

Takes models from the test split under `models/` of the data folder (see fetch_open_models.py), only
those whose licence asks for no more than the author's name, and stores their 24 pictures, the 32³
voxels that keep the score, title, author, licence and origin. No meshes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from fiveviews.book.pages import ROOT
from fiveviews.data.sample import write_sample
from fiveviews.data.views import ViewSet, load_views

TARGET = ROOT / "book" / "soft_meshes" / "real_models.npz"
LICENCES = ("CC0", "CC-BY-3", "CC-BY-4")  # how the names of the licences begin
PICKS = ("chair", "table:2", "sofa:2", "lamp:2", "car:0,1,6,10,11,13")  # cars of different kinds


def pick(wish: str, root: Path | None) -> ViewSet:
    """Models of a category that may be passed on: all for 'chair', the first three for 'chair:3',
    the first and the third for 'chair:0,2'."""
    category, _, which = wish.partition(":")
    views = load_views(category, "test", "models", root=root)
    free = [i for i, credit in enumerate(views.credits) if credit.licence.startswith(LICENCES)]
    asked = [int(k) for k in which.split(",")] if "," in which else range(int(which or len(free)))
    if not asked or max(asked) >= len(free):
        raise ValueError(
            f"{len(free)} of the {len(views)} {category} models for testing have a licence that "
            f"starts with {', '.join(LICENCES)}; {max(asked, default=0) + 1} asked for"
        )
    return views[[free[k] for k in asked]]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "picks",
        nargs="*",
        default=PICKS,
        help="CATEGORY, CATEGORY:COUNT or CATEGORY:I,J (default: %(default)s)",
    )
    parser.add_argument("--root", type=Path, help="data folder (default: FIVEVIEWS_DATA or _data)")
    parser.add_argument("--target", type=Path, default=TARGET, help="default: %(default)s")
    arguments = parser.parse_args()
    try:
        sets = [pick(wish, arguments.root) for wish in arguments.picks]
        write_sample(arguments.target, sets)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    size = arguments.target.stat().st_size
    print(f"{arguments.target}: {sum(map(len, sets))} models, {size / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
