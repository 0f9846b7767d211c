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
PICKS = ("chair", "table:2", "sofa:2", "lamp:2")


def pick(wish: str, root: Path | None) -> ViewSet:
    """The first models of a category that may be passed on; `wish` is 'chair' or 'chair:3'."""
    category, _, count = wish.partition(":")
    views = load_views(category, "test", "models", root=root)
    free = [i for i, credit in enumerate(views.credits) if credit.licence.startswith(LICENCES)]
    if len(free) < int(count or 1):
        raise ValueError(
            f"{len(free)} of the {len(views)} {category} models for testing have a licence that "
            f"starts with {', '.join(LICENCES)}; {count or 'at least 1'} asked for"
        )
    return views[free[: int(count) if count else None]]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "picks", nargs="*", default=PICKS, help="CATEGORY or CATEGORY:COUNT (default: %(default)s)"
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
