"""Make the data of the templates chapter: SDF samples and pictures of objects, into files.

Samples of signed distances in DeepSDF's layout and 50 easy and 50 hard pictures of each object in
that of the DISN renderings, under `fields/` of the data folder. The notebooks make what they need
themselves; this makes it all beforehand. Stopped halfway, it goes on where it stopped. To share the
work, start it several times with --shard 0/4, 1/4, 2/4, 3/4.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from fiveviews.data.fields import SAMPLES, SOURCES, load_fields
from fiveviews.data.views import SPLITS


def shard(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if not found or not int(found[1]) < int(found[2]):
        raise argparse.ArgumentTypeError(f"a shard is k/n with k from 0 to n - 1; got {text!r}")
    return int(found[1]), int(found[2])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("categories", nargs="+", metavar="CATEGORY", help="chair, sofa, plane …")
    parser.add_argument("--split", choices=SPLITS, action="append", help="default: train and test")
    parser.add_argument("--source", choices=SOURCES, default="procedural")
    parser.add_argument("-n", type=int, help="objects of each category and split (default: all)")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="of each object (%(default)s)")
    parser.add_argument("--no-pictures", action="store_true", help="SDF samples only")
    parser.add_argument("--shard", type=shard, default=(0, 1), metavar="K/N", help="part K of N")
    parser.add_argument("--root", type=Path, help="data folder (default: FIVEVIEWS_DATA or _data)")
    options = parser.parse_args()
    try:
        for category in options.categories:
            for split in options.split or ("train", "test"):
                fields = load_fields(
                    category, split, options.source, options.n, options.samples, options.root
                )
                fields.prepare(not options.no_pictures, options.shard)
                for name, reason in fields.left_out:
                    print(f"left out: {name}: {reason}", file=sys.stderr)
                part = "" if options.shard == (0, 1) else " (part {}/{})".format(*options.shard)
                print(f"{category}, {split}: {len(fields)} objects{part} in {fields.folder}")
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
