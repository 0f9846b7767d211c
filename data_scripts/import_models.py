"""Use meshes of your own: a folder of OBJ, PLY, GLB, OFF or STL files becomes a data set.

The names of the sub-folders are the categories (FOLDER/chair/*.obj), or all files are of one
`--category`. Each mesh is centred, scaled to a longest side of 1 and stored under `models/` of the
data folder; a quarter of them, chosen by name, are for testing. Then
`load_views("chair", "train", source="models")` has them. Files that cannot be read are listed with
the reason and skipped.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch

from fiveviews.data.models import import_folder
from fiveviews.data.storage import data_root

AXES = {axis: torch.eye(3)[i] for i, axis in enumerate("xyz")} | {
    f"-{axis}": -torch.eye(3)[i] for i, axis in enumerate("xyz")
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--category", help="category of all meshes in the folder")
    parser.add_argument("--up", choices=AXES, default="y", help="upward axis of the files")
    parser.add_argument(
        "--front",
        choices=AXES,
        default="z",
        help="axis to which objects face; --front=-y is Blender's",
    )
    parser.add_argument("--root", type=Path, help="data folder (default: FIVEVIEWS_DATA or _data)")
    arguments = parser.parse_args()
    up, front = AXES[arguments.up], AXES[arguments.front]
    if up @ front != 0:
        parser.error(f"up ({arguments.up}) and front ({arguments.front}) are the same axis")
    turn = torch.stack([torch.linalg.cross(up, front), up, front])
    try:
        counts, failures = import_folder(arguments.folder, arguments.category, arguments.root, turn)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    for category, count in sorted(counts.items()):
        print(f"{category}: {count} models")
    for failure in failures:
        print(f"left out: {failure.path}: {failure.reason}", file=sys.stderr)
    if failures:
        report = data_root(arguments.root) / "models" / "report.json"
        print(f"{len(failures)} left out, see {report}", file=sys.stderr)
    return 0 if counts else 1


if __name__ == "__main__":
    raise SystemExit(main())
