"""Objects as fields and pictures: what the models of the templates chapter learn from.

    fields/<source>/<version>/SdfSamples/<n>/<category>/<name>.npz      DeepSDF's samples
                              NormalizationParameters/<n>/<category>/<name>.npz
                              image/<category>/<name>/{easy,hard}/      DISN's pictures

A cache beside the other data: each object is made when it is first asked for, one file at a time
and each whole or absent, so an interrupted command goes on where it stopped, and several may work
on different objects of one set at once. <n> is the number of samples.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from fiveviews.data import command, models, procedural, renders
from fiveviews.data.sdf import read_frame, read_samples, write_frame, write_samples
from fiveviews.data.storage import data_root, source_key
from fiveviews.data.views import SPLITS
from fiveviews.fields.frames import Frame, unit_sphere
from fiveviews.fields.report import MeshReport, inspect
from fiveviews.fields.sampling import SdfSamples, sample_sdf
from fiveviews.files import write_atomically
from fiveviews.meshes import Mesh, load_mesh
from fiveviews.progress import progress
from fiveviews.shapes import CATEGORIES, make

SOURCES = ("procedural", "models", "official")
SAMPLES = 50_000  # paper: 500,000; a tenth keeps 400 objects within 320 MB
# A sign may be a judgement in this share of the space around a mesh, and in three times the inside.
# Of 202 real chairs, sofas and planes (data_scripts/fetch_open_models.py) 7 are simple closed
# surfaces; these limits leave out 10.
UNCLEAR = 0.1
CODE = (  # whatever has a say in the samples and pictures of an object, and nothing else
    "cameras.py",
    "data/fields.py",
    "data/renders.py",
    "data/sdf.py",
    "fields/__init__.py",
    "fields/dipoles.py",
    "fields/frames.py",
    "fields/kernel.py",
    "fields/report.py",
    "fields/sampling.py",
    "launch.py",
    "meshes.py",
    "render/depth.py",
    "render/inputs.py",
    "shapes/*.py",
)


@dataclass(frozen=True, eq=False)
class FieldSet:
    """N objects of one category and split, read from their files as they are asked for.

    names: unique within the source. folder: of the files. count: SDF samples of each object.
    meshes: where the meshes of `models` lie; None for those that are generated.
    left_out: (name, reason) of real models that have no usable inside.
    """

    names: tuple[str, ...]
    category: str
    split: str
    source: str
    folder: Path
    count: int
    meshes: tuple[Path, ...] | None = None
    left_out: tuple[tuple[str, str], ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return f"FieldSet({len(self)} of {self.category}, {self.split}, {self.source})"

    def __getitem__(self, index: slice | Sequence[int] | np.ndarray) -> FieldSet:
        """Some of the objects, as a set of the same kind."""
        chosen = np.arange(len(self))[index]
        if chosen.ndim != 1:
            raise TypeError(f"choose objects by a slice or a list, not by {index!r}")
        paths = self.meshes and tuple(self.meshes[i] for i in chosen)
        return replace(self, names=tuple(self.names[i] for i in chosen), meshes=paths)

    def mesh(self, i: int) -> Mesh:
        """The true surface of object i, in the frame of its samples (`unit_sphere`)."""
        mesh = self.original(i)
        return unit_sphere(mesh).mesh(mesh)

    def original(self, i: int) -> Mesh:
        """The mesh of object i as it came, in [-0.5, 0.5]³."""
        if self.meshes is not None:
            return load_mesh(self.meshes[i])
        return make(self.category, int(self.names[i].rsplit("-", 1)[1]))

    def samples(self, i: int) -> SdfSamples:
        """Points and signed distances of object i, those outside first."""
        path = self._path("SdfSamples", i)
        if not self._fresh(path, i):
            if path.exists():  # made from another mesh
                command.forget(path)
            mesh = self.original(i)
            frame = unit_sphere(mesh)
            seed = zlib.crc32(self.names[i].encode())
            write_frame(self._path("NormalizationParameters", i), frame)
            write_samples(path, sample_sdf(frame.mesh(mesh), self.count, seed))
        return read_samples(path)

    def frame(self, i: int) -> Frame:
        """The frame of the samples of object i, in which `mesh` is too."""
        path = self._path("NormalizationParameters", i)
        return read_frame(path) if self._fresh(path, i) else unit_sphere(self.original(i))

    def pictures(self, i: int, level: renders.Level = "easy") -> renders.Renders:
        """50 pictures of object i: images uint8 (50, 224, 224, 3) over white, and their views."""
        folder = self.folder / "image" / self.category / self.names[i] / level
        if not self._fresh(folder / renders.METADATA, i):
            seed = zlib.crc32(self.names[i].encode())
            renders.write_renders(folder, *renders.render(self.original(i), level, seed))
        return renders.read_renders(folder)

    def make(self, i: int, pictures: bool = True) -> Path:
        """Make what is missing of object i; the file of its samples."""
        self.samples(i)
        if pictures:
            for level in renders.LEVELS:
                self.pictures(i, level)
        return self._path("SdfSamples", i)

    @property
    def sha256(self) -> str:
        """Digest of names and SDF samples: two sets with one digest hold the same fields."""
        digest = hashlib.sha256("\n".join(self.names).encode())
        for i in range(len(self)):
            self.samples(i)
            digest.update(self._path("SdfSamples", i).read_bytes())
        return digest.hexdigest()

    def _fresh(self, path: Path, i: int) -> bool:
        """Whether a file is there and no older than the mesh it was made from."""
        if self.meshes is None or not path.exists():
            return path.exists()
        return path.stat().st_mtime_ns >= self.meshes[i].stat().st_mtime_ns

    def _path(self, kind: str, i: int) -> Path:
        return self.folder / kind / str(self.count) / self.category / f"{self.names[i]}.npz"


def load_fields(
    category: str,
    split: str,
    source: str = "procedural",
    n: int | None = None,
    samples: int = SAMPLES,
    root: str | Path | None = None,
) -> FieldSet:
    """The first n objects of a category in one split of one source; no object is in two splits.

    The parameters are those of `load_views`, and so are the objects: number k of a split is the
    same chair here and there; for official ones see `fields_official`. Files are made as they are
    asked for; `FieldSet.make` makes all of an object.
    samples: SDF samples of each object; of official ones at most so many.

    Real models of which no inside can be told (see `fields.report`) are left out and listed.

    Raises ValueError on a name that does not exist and where there are fewer than n objects;
    FileNotFoundError, saying what to do, where there are no real models or official files.

    >>> load_fields("chair", "test", n=3)
    FieldSet(3 of chair, test, procedural)
    """
    if split not in SPLITS:
        raise ValueError(f"no split {split!r}; choose one of {', '.join(SPLITS)}")
    if (n is not None and n < 1) or samples < 10:
        raise ValueError(f"n is 1 or more and samples 10 or more; got n={n}, samples={samples}")
    folder = data_root(root) / "fields" / source
    if source == "procedural":
        if category not in CATEGORIES:
            raise ValueError(f"no category {category!r}; choose one of {', '.join(CATEGORIES)}")
        first = procedural.FIRST_SEED[split]
        count = procedural.DEFAULT_SIZE[split] if n is None else n
        names = tuple(f"{category}-{first + i}" for i in range(count))
        return FieldSet(names, category, split, source, folder / _version(), samples)
    if source == "models":
        folder = folder / _version()
        every = models.choose(category, split, None, root)
        paths, left_out = _usable(every, n, folder / "inside.json")
        if not paths or (n is not None and len(paths) < n):
            raise ValueError(
                f"{len(paths)} {category} models of {split} have an inside; "
                f"{'some' if n is None else n} were asked for"
            )
        names = tuple(path.stem for path in paths)
        return FieldSet(names, category, split, source, folder, samples, paths, left_out)
    if source == "official":
        from fiveviews.data import fields_official  # it builds on this module

        return fields_official.load(category, split, n, samples, root)
    raise ValueError(f"no source {source!r}; choose one of {', '.join(SOURCES)}")


def judge(report: MeshReport) -> None:
    """Raise ValueError, with the reason, for a mesh whose inside cannot be told."""
    if report.inside == 0 or report.unclear > min(UNCLEAR, 3 * report.inside):
        raise ValueError(f"no inside can be told: {report}")


def _usable(
    paths: Sequence[Path], n: int | None, notes: Path
) -> tuple[tuple[Path, ...], tuple[tuple[str, str], ...]]:
    """The first n of the paths whose meshes have an inside, and the reasons of the others.

    notes: a file that remembers the verdict on each mesh, until the mesh is replaced.
    """
    try:
        known = json.loads(notes.read_text("utf-8"))
    except (OSError, ValueError):  # not there, or damaged: it is only a memory
        known = {}
    before = dict(known)
    good, bad = [], []
    for path in progress(paths, "looking for the inside", unit="mesh"):
        if len(good) == n:
            break
        key = f"{path.parent.name}/{path.name}/{path.stat().st_mtime_ns}"
        if key not in known:
            known[key] = _verdict(path)
        if known[key]:
            bad.append((path.stem, known[key]))
        else:
            good.append(path)
    if known != before:
        notes.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(notes, json.dumps(known, indent=1))
    return tuple(good), tuple(bad)


def _verdict(path: Path) -> str:
    """Why a mesh cannot be used; empty if it can."""
    try:
        judge(inspect(load_mesh(path)))
    except ValueError as error:
        return str(error)
    return ""


@cache
def _version() -> str:
    """Short hash of the code that makes these data: other code, other cache."""
    return source_key(CODE, procedural.PACKAGES)
