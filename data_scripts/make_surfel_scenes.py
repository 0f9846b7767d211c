"""Make scenes of Pix2Scene's kinds on disk: images, depths, normals, cameras and lights, in shards.

Scenes need not be on disk to be trained on, for making them takes a few milliseconds each; this is
for those who want them in another program, or the same ones on many machines. Each shard is an npz
file of arrays, whole or not there. Stopped halfway, the same command goes on where it stopped.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from fiveviews.data.storage import data_root
from fiveviews.data.surfel_scenes import KINDS, SIZE, SPLIT
from fiveviews.data.surfel_shards import write_shards

FIRST = {"train": 0, "val": SPLIT, "test": 2 * SPLIT}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", choices=KINDS, help="what stands in the room")
    parser.add_argument("--split", choices=FIRST, default="train", help="no thing is in two splits")
    parser.add_argument("--count", type=int, default=1000, help="how many scenes (default: 1000)")
    parser.add_argument("--size", type=int, default=SIZE, help=f"of pictures (default: {SIZE})")
    parser.add_argument("--root", type=Path, help="data folder (default: FIVEVIEWS_DATA or _data)")
    arguments = parser.parse_args()
    folder = data_root(arguments.root) / "surfel_scenes" / f"{arguments.kind}_{arguments.size}"
    folder = folder / arguments.split
    try:
        shards = write_shards(
            folder, arguments.kind, arguments.count, FIRST[arguments.split], arguments.size
        )
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    print(f"{arguments.count} scenes in {len(shards)} shards: {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
