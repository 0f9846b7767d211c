"""Real parts: solids of electronic components, from the STEP files of Debian's kicad-packages3d.

`parts.json` lists the parts that the book takes, with their authors; it was written by
data_scripts/pick_real_parts.py. The package itself stands in `open_models.json`. The solids are
never part of the repository, and are CC-BY-SA-4.0, with KiCad's exception for electronic designs.

    parts/          under the data folder: a folder per library, in it an .npz per part
    parts/credits.json   author, licence and origin of each
"""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock

from fiveviews.data import command, deb
from fiveviews.data.models import Failure
from fiveviews.data.open_models import check_package, check_source
from fiveviews.data.storage import data_root, full_disk_explained, read_npz, write_npz
from fiveviews.data.views import Credit
from fiveviews.files import write_atomically
from fiveviews.progress import progress
from fiveviews.solids import Solid, read_step
from fiveviews.solids.occ import NoOpenCascade, is_installed

MANIFEST = Path(__file__).with_name("parts.json")
PACKAGE = "kicad-packages3d"
FOLDER = "usr/share/kicad/3dmodels"  # of the libraries within the package
LICENCE = "CC-BY-SA-4.0"
GET = "python data_scripts/fetch_open_models.py --parts"
ARRAYS = (  # of a Solid, in the order in which it takes them
    *("vertices", "faces", "normals", "surface", "bend"),
    *("edges", "beside", "edge_normals", "convex", "smooth"),
)


@dataclass(frozen=True)
class Part:
    """One part of the manifest.

    path: within the package's folder of libraries. sha256: first 16 digits for the file that was
    looked at, so that another version is noticed.
    """

    path: str
    author: str
    sha256: str

    @property
    def name(self) -> str:
        """`Library/part`, unique."""
        library, _, file = self.path.partition("/")
        return f"{library.removesuffix('.3dshapes')}/{file.rpartition('.')[0]}"

    @property
    def credit(self) -> Credit:
        title = self.name.partition("/")[2]
        return Credit(title, self.author, LICENCE, f"Debian package {PACKAGE}")


def read_manifest() -> list[Part]:
    """The parts that the book takes, by name."""
    return [Part(*row) for row in json.loads(MANIFEST.read_text("utf-8"))["parts"]]


def install(
    package: Path,
    root: str | Path | None = None,
    jobs: int | None = None,
    shard: tuple[int, int] = (0, 1),
) -> list[Failure]:
    """Add the manifest's parts in this .deb to `parts/`; returns what could not be used.

    Parts already there are not read again, so an interrupted run goes on where it stopped; all are
    held against SHA256SUMS in their folder. Once they are there, OpenCASCADE is not needed any
    more.

    jobs: parts that are read at a time; None: as many as there are processors.
    shard: (k, n), part k of n of the list alone.
    Raises FileNotFoundError; ValueError where the file is no whole .deb or none of ours, and for a
    part that is no longer what was stored; and NoOpenCascade (an ImportError) where the optional
    wheel is missing.
    """
    check_package(package)
    target = data_root(root) / "parts"
    parts = read_manifest()
    mine = command.part_of(parts, shard)
    missing = [part for part in mine if not is_whole(stored(target, part))]
    failures = []
    if missing:
        if not is_installed():
            raise NoOpenCascade
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target, prefix=".unpacked-") as unpacked:
            with full_disk_explained(Path(unpacked)):
                wanted = {f"{FOLDER}/{part.path}" for part in missing}
                deb.extract(package, unpacked, wanted.__contains__)
            failures = [*_store_all(Path(unpacked), target, missing, jobs)]
    write_credits(target, parts)
    check_stored(target, mine)
    return failures


def is_whole(path: Path, names: tuple[str, ...] = ARRAYS) -> bool:
    """Whether a part is there as it is stored now, and not as an earlier version did."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {f"{name}.npy" for name in names} <= {*archive.namelist()}
    except (FileNotFoundError, zipfile.BadZipFile):
        return False


def _store_all(
    unpacked: Path, target: Path, parts: list[Part], jobs: int | None
) -> Iterator[Failure]:
    """Read parts, each in a process of its own, so many at a time."""

    def store(part: Part) -> Failure | None:
        file = unpacked / FOLDER / part.path
        try:
            check_source(part.sha256, file)
            solid = read_step(file)
        except (FileNotFoundError, TimeoutError, ValueError) as error:
            return Failure(part.path, str(error).replace(f"{unpacked}/{FOLDER}/", ""))
        store_arrays(target, part, **{a: getattr(solid, a).numpy() for a in ARRAYS})
        return None

    with ThreadPoolExecutor(jobs or os.cpu_count()) as pool:
        for failure in progress(pool.map(store, parts), "parts", total=len(parts), unit="part"):
            if failure:
                yield failure


def load(root: str | Path | None = None) -> Iterator[tuple[Part, Solid]]:
    """The parts that are there, in the manifest's order. Raises as `read_stored` does."""
    there = read_stored(data_root(root) / "parts", read_manifest(), ARRAYS, GET)
    return ((part, Solid(*map(torch.from_numpy, arrays))) for part, arrays in there)


# What real parts of all kinds have in common; a part has a name and a credit.


def stored(target: Path, part: Any) -> Path:
    """Where a part is kept in the folder of its kind."""
    return target / f"{part.name}.npz"


def store_arrays(target: Path, part: Any, **arrays: np.ndarray) -> None:
    """Keep a part that was read, in place of what may be there."""
    command.forget(stored(target, part))
    write_npz(stored(target, part), **arrays)


def check_stored(target: Path, parts: Iterable[Any]) -> None:
    """Hold the parts that are there against SHA256SUMS. Raises ValueError as `command.check`."""
    command.check([path for path in (stored(target, part) for part in parts) if path.is_file()])


def write_credits(target: Path, parts: Iterable[Any]) -> None:
    """Write who made the parts that are there, whoever else stores some: the last to come here
    finds them all."""
    target.mkdir(parents=True, exist_ok=True)
    with FileLock(target / ".credits.lock"):
        credits = {p.name: asdict(p.credit) for p in parts if stored(target, p).is_file()}
        write_atomically(target / "credits.json", json.dumps(credits, indent=1, ensure_ascii=False))


def read_stored(
    target: Path, parts: Iterable[Any], names: tuple[str, ...], get: str
) -> Iterator[tuple[Any, tuple[np.ndarray, ...]]]:
    """The parts that are there, in their order, each with its arrays of these names.

    Raises FileNotFoundError where there is none, ValueError for a file that is damaged or of an
    earlier version, which getting the parts again, by the command `get`, mends.
    """
    there = [part for part in parts if stored(target, part).is_file()]
    if not there:
        raise FileNotFoundError(f"there are no {target.name} in {target}; get them with `{get}`")
    for part in there:
        try:
            yield part, read_npz(stored(target, part), names)
        except ValueError as error:
            raise ValueError(f"{error}; get it again with `{get}`") from error
