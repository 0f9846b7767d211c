"""Make scenes of Pix2Scene's kinds on disk: images, depths, normals, cameras and lights, in shards.

The book's own training reads none of these files, and the reruns do not make them: it draws its
scenes anew each time, for that takes a few milliseconds each. They are for other programs, or for
the same scenes on many machines. Each file is an npz of arrays, whole or not there.
Stopped halfway, the same command goes on where it stopped.
"""

from __future__ import annotations

from functools import partial

from fiveviews.data import command, surfel_shards
from fiveviews.data.storage import data_root
from fiveviews.data.surfel_objects import real_things
from fiveviews.data.surfel_scenes import KINDS, SIZE, SPLIT

FIRST = {"train": 0, "val": SPLIT, "test": 2 * SPLIT}


def main() -> int:
    parser = command.options(__doc__)
    parser.add_argument("kind", choices=KINDS, help="what stands in the room")
    parser.add_argument(
        "--source", choices=("procedural", "models"), default="procedural",
        help="models: scenes of the kind shapenet with real objects (fetch_open_models.py)",
    )  # fmt: skip
    parser.add_argument("--split", choices=FIRST, default="train", help="no thing is in two splits")
    parser.add_argument("-n", type=int, default=1000, help="scenes (default: %(default)s)")
    parser.add_argument("--size", type=int, default=SIZE, help="pixels (default: %(default)s)")
    asked = parser.parse_args()

    def work() -> None:
        real = asked.source == "models"
        name = f"{asked.kind}{'_models' if real else ''}_{asked.size}"
        folder = data_root(asked.root) / "surfel_scenes" / name / asked.split
        things = real_things(asked.split, asked.root)[0] if real else ()
        one = partial(surfel_shards.write_shard, folder, asked.kind, asked.size, things)
        bounds = surfel_shards.bounds(asked.n, FIRST[asked.split])
        made = command.make_all(one, bounds, asked, f"{asked.kind} {asked.split}")
        print(f"{len(made)} of {len(bounds)} files{command.told(asked)}: {folder}")

    return command.finish(work)


if __name__ == "__main__":
    raise SystemExit(main())
