"""Use meshes of your own: a folder of OBJ, PLY, GLB, OFF or STL files becomes a data set.

The names of the sub-folders are the categories (FOLDER/chair/*.obj), or all files are of one
`--category`. Each mesh is centred, scaled to a longest side of 1 and stored under `models/` of the
data folder; a quarter of them, chosen by name, are for testing. Then
`load_views("chair", "train", source="models")` has them. Files that cannot be read are listed with
the reason and skipped. Stopped halfway, the same command goes on where it stopped. SHA256SUMS
beside the meshes says what each was when it was stored, and the command checks it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from fiveviews.data import command
from fiveviews.data.models import import_folder, report_path
from fiveviews.data.storage import data_root

AXES = {axis: torch.eye(3)[i] for i, axis in enumerate("xyz")} | {
    f"-{axis}": -torch.eye(3)[i] for i, axis in enumerate("xyz")
}


def main() -> int:
    parser = command.options(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--category", help="category of all meshes in the folder")
    parser.add_argument("--up", choices=AXES, default="y", help="upward axis of the files")
    parser.add_argument(
        "--front",
        choices=AXES,
        default="z",
        help="axis to which objects face; --front=-y is Blender's",
    )
    arguments = parser.parse_args()
    up, front = AXES[arguments.up], AXES[arguments.front]
    if up @ front != 0:
        parser.error(f"up ({arguments.up}) and front ({arguments.front}) are the same axis")
    turn = torch.stack([torch.linalg.cross(up, front), up, front])
    counts: dict[str, int] = {}

    def work() -> None:
        what = (arguments.folder, arguments.category, arguments.root, turn)
        found, failures = import_folder(*what, arguments.jobs, arguments.shard)
        counts.update(found)
        for category, count in sorted(found.items()):
            print(f"{category}: {count} models{command.told(arguments)}")
        for failure in failures:
            print(f"left out: {failure.path}: {failure.reason}", file=sys.stderr)
        if failures:
            report = report_path(data_root(arguments.root) / "models", arguments.shard)
            print(f"{len(failures)} left out, see {report}", file=sys.stderr)

    ended = command.finish(work)
    none = not counts and arguments.shard == (0, 1)  # one part of several may well be empty
    return ended or int(none)


if __name__ == "__main__":
    raise SystemExit(main())
