"""Import the papers' own data: 24 renderings and a voxel grid of each ShapeNet object.

Download mesh_reconstruction_dataset.zip with a browser from
    https://drive.google.com/open?id=1fY9IWK7yEfLOmS3wUgeXM3NIivhoGhsg
(ShapeNet's terms: research, not commercial) and give its path. The file is checked before anything
is written, and unpacked into `official/` of the data folder; stopped halfway, the command goes on
where it stopped. At the end it says what each category has and what is missing; without a file it
says only that. SHA256SUMS beside the files says what each was when it was unpacked, and the command
checks it; a damaged one is unpacked anew.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fiveviews.data import command
from fiveviews.data.archive import WANTED, unpack
from fiveviews.data.official import SYNSETS, inspect
from fiveviews.data.storage import data_root
from fiveviews.data.views import SPLITS


def main() -> int:
    parser = command.options(__doc__)
    parser.add_argument("archive", nargs="?", type=Path, help="mesh_reconstruction_dataset.zip")
    arguments = parser.parse_args()
    part = arguments.shard != (0, 1)
    if part and not arguments.archive:
        parser.error("without a file there is nothing to share, so no --shard")
    folder = data_root(arguments.root) / "official"
    problems: list[str] = []

    def work() -> None:
        if arguments.archive:
            made = unpack(arguments.archive, folder, arguments.jobs, arguments.shard)
            print(f"{len(made)} files{command.told(arguments)}: {folder}")
        elif folder.is_dir():
            command.check([p for p in sorted(folder.iterdir()) if WANTED.fullmatch(p.name)])
        if not part:
            problems.extend(tell(folder))

    ended = command.finish(work)
    for problem in problems:
        print(problem, file=sys.stderr)
    return ended or int(bool(problems))


def tell(folder: Path) -> list[str]:
    """Print how many objects each category and split has; returns what is missing or bad."""
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
    return problems


if __name__ == "__main__":
    raise SystemExit(main())
