"""Make the data of the templates chapter: SDF samples and pictures of objects, into files.

Samples of signed distances in DeepSDF's layout and 50 easy and 50 hard pictures of each object in
that of the DISN renderings, under `fields/` of the data folder. The notebooks make what they need
themselves; this makes it all beforehand. Stopped halfway, it goes on where it stopped. To share the
work among machines, start it several times with --shard 0/4, 1/4, 2/4, 3/4.
"""

from __future__ import annotations

import sys
from functools import partial

from fiveviews.data import command
from fiveviews.data.fields import SAMPLES, SOURCES, load_fields
from fiveviews.data.views import SPLITS


def main() -> int:
    parser = command.options(__doc__)
    parser.add_argument("categories", nargs="+", metavar="CATEGORY", help="chair, sofa, plane …")
    parser.add_argument("--split", choices=SPLITS, action="append", help="default: train and test")
    parser.add_argument("--source", choices=SOURCES, default="procedural")
    parser.add_argument("-n", type=int, help="objects of each category and split (default: all)")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="of each object (%(default)s)")
    parser.add_argument("--no-pictures", action="store_true", help="SDF samples only")
    asked = parser.parse_args()

    def work() -> None:
        for category in asked.categories:
            for split in asked.split or ("train", "test"):
                what = (asked.source, asked.n, asked.samples, asked.root)
                fields = load_fields(category, split, *what)
                one = partial(fields.make, pictures=not asked.no_pictures)
                command.make_all(one, range(len(fields)), asked, f"{category} {split}")
                for name, reason in fields.left_out:
                    print(f"left out: {name}: {reason}", file=sys.stderr)
                where = f"{command.told(asked)} in {fields.folder}"
                print(f"{category}, {split}: {len(fields)} objects{where}")

    return command.finish(work)


if __name__ == "__main__":
    raise SystemExit(main())
