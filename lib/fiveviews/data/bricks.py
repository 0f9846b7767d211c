"""Real parts of another kind: bricks, wheels and gears of toy sets, as LDraw's authors drew them.

`bricks.json` lists those that the book takes, with their authors; it was written by
data_scripts/pick_bricks.py. The files lie in Debian's ldraw-parts-free (in `open_models.json`), are
never part of the repository, and are CC-BY-4.0.

    bricks/          under the data folder: an .npz per part
    bricks/credits.json   title, author, licence and origin of each
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import torch

from fiveviews.data import command, deb
from fiveviews.data.models import Failure
from fiveviews.data.open_models import check_package, check_source
from fiveviews.data.parts import (
    ARRAYS,
    check_stored,
    is_whole,
    read_stored,
    store_arrays,
    stored,
    write_credits,
)
from fiveviews.data.storage import data_root, full_disk_explained
from fiveviews.data.views import Credit
from fiveviews.solids import Solid
from fiveviews.solids.bricks import Brick, read_brick
from fiveviews.solids.ldraw import Library

MANIFEST = Path(__file__).with_name("bricks.json")
PACKAGE = "ldraw-parts-free"
FOLDER = "usr/share/ldraw"  # of the library within the package
LICENCE = "CC-BY-4.0"
GET = "python data_scripts/fetch_open_models.py --bricks"
STORED = (*ARRAYS, "studs", "unit")


@dataclass(frozen=True)
class Part:
    """One part of the manifest. name: of its file, without `.dat`. sha256: first 16 digits for the
    file that was looked at, so that another version is noticed."""

    name: str
    title: str
    author: str
    sha256: str

    @property
    def credit(self) -> Credit:
        return Credit(self.title, self.author, LICENCE, f"Debian package {PACKAGE}")


def read_manifest() -> list[Part]:
    """The parts that the book takes, by name."""
    return [Part(*row) for row in json.loads(MANIFEST.read_text("utf-8"))["parts"]]


def install(
    package: Path,
    root: str | Path | None = None,
    jobs: int = 1,
    shard: tuple[int, int] = (0, 1),
) -> list[Failure]:
    """Add the manifest's parts in this .deb to `bricks/`; returns what could not be used.

    Parts already there are not read again, so an interrupted run goes on where it stopped; all are
    held against SHA256SUMS in their folder.

    jobs: processes. shard: (k, n), part k of n of the list alone.
    Raises FileNotFoundError; ValueError where the file is no whole .deb or none of ours, and for a
    part that is no longer what was stored.
    """
    check_package(package)
    target = data_root(root) / "bricks"
    parts = read_manifest()
    mine = command.part_of(parts, shard)
    missing = [part for part in mine if not is_whole(stored(target, part), STORED)]
    failures = []
    target.mkdir(parents=True, exist_ok=True)
    if missing:
        with tempfile.TemporaryDirectory(dir=target, prefix=".unpacked-") as unpacked:
            with full_disk_explained(Path(unpacked)):
                deb.extract(package, unpacked, is_library)
            one = partial(_store, Path(unpacked) / FOLDER, target)
            failures = [f for f in command.run_all(one, missing, jobs, "bricks", "part") if f]
    write_credits(target, parts)
    check_stored(target, mine)
    return failures


def is_library(name: str) -> bool:
    """Whether a file of the package is a part or a primitive."""
    return name.startswith((f"{FOLDER}/parts/", f"{FOLDER}/p/")) and name.endswith(".dat")


@lru_cache(maxsize=1)  # it keeps the files that many parts share
def _library(folder: Path) -> Library:
    return Library(folder)


def _store(folder: Path, target: Path, part: Part) -> Failure | None:
    try:
        check_source(part.sha256, folder / "parts" / f"{part.name}.dat")
        brick = read_brick(_library(folder), f"{part.name}.dat")
    except (FileNotFoundError, ValueError) as error:
        return Failure(part.name, str(error).replace(f"{folder}/", ""))
    arrays = {name: getattr(brick.solid, name).numpy() for name in ARRAYS}
    store_arrays(target, part, **arrays, studs=brick.studs, unit=brick.unit)
    return None


def load(root: str | Path | None = None) -> Iterator[tuple[Part, Brick]]:
    """The parts that are there, in the manifest's order. Raises as `parts.read_stored` does."""
    for part, arrays in read_stored(data_root(root) / "bricks", read_manifest(), STORED, GET):
        *solid, studs, unit = arrays
        yield part, Brick(Solid(*map(torch.from_numpy, solid)), studs, float(unit))
