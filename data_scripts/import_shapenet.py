"""Import the papers' own data: 24 renderings and a voxel grid of each ShapeNet object.

Download mesh_reconstruction_dataset.zip with a browser from
    https://drive.google.com/open?id=1fY9IWK7yEfLOmS3wUgeXM3NIivhoGhsg
(ShapeNet's terms: research, not commercial) and give its path. The file is checked before anything
is written, and unpacked into `official/` of the data folder; stopped halfway, the command goes on
where it stopped. At the end it says what each category has and what is missing; without a file it
says only that.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from fiveviews.data.archive import unpack
from fiveviews.data.official import SYNSETS, inspect
from fiveviews.data.storage import data_root
from fiveviews.data.views import SPLITS


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("archive", nargs="?", type=Path, help="mesh_reconstruction_dataset.zip")
    parser.add_argument("--root", type=Path, help="data folder (default: FIVEVIEWS_DATA or _data)")
    arguments = parser.parse_args()
    folder = data_root(arguments.root) / "official"
    if arguments.archive:
        try:
            unpack(arguments.archive, folder)
        except (OSError, ValueError) as error:
            print(error, file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("stopped; the same command goes on from here", file=sys.stderr)
            return 130
    print(f"{folder}\n{'':>8} {'synset':>9}" + "".join(f"{split:>9}" for split in SPLITS))
    problems = []
    for category, synset in SYNSETS.items():
        row = []
        for split in SPLITS:
            try:
                row.append(str(inspect(folder, category, split)))
            except FileNotFoundError as error:
                row.append("missing")
                problems.append(f"missing: {error}")
            except ValueError as error:
                row.append("bad")
                problems.append(f"bad: {error}")
        print(f"{category:>8} {synset:>9}" + "".join(f"{cell:>9}" for cell in row))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
