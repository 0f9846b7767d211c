"""Views of real meshes: a folder of them becomes the same kind of data set as any other.

Under `models/` of the data root lie a folder per category, in it a PLY per object (centred, longest
side 1, y up, front to +z), and `credits.json` with the split, the author and the licence of each.
`load` renders them on first use and keeps the pictures under `rendered/`.

Voxels come from the papers' rule at 32³ itself, for closed and for open meshes. It marks every cell
that the surface touches, so thin legs stay, and its coarse walls close the cracks of real models:
measured on 560 pieces of furniture and aircraft, filling at 64³ or 128³ and reducing gives the
same cells or fewer (the flood leaks in: down to 0.7 of the cells), and keeping cells that are half
full loses thin parts (a median chair keeps 0.84 of its cells from 64³, 0.56 from 128³).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from filelock import FileLock
from torch import Tensor

from fiveviews.data import command
from fiveviews.data.rendering import generator_key, observe_all
from fiveviews.data.storage import data_root, full_disk_explained, read_npz, write_npz
from fiveviews.data.views import Credit, ViewSet
from fiveviews.files import write_atomically
from fiveviews.meshes import FORMATS, Mesh, load_mesh, normalise, save_mesh

SPLITS = ("train", "test")
TEST_SHARE = 25  # per cent


@dataclass(frozen=True)
class Failure:
    """A mesh that could not be used, and why."""

    path: str
    reason: str


def load(category: str, split: str, n: int | None, root: str | Path | None = None) -> ViewSet:
    """The first n objects, by name, of a category of `models/`. Raises as `load_views` does."""
    chosen = choose(category, split, n, root)
    records = read_credits(data_root(root) / "models")
    digest = hashlib.sha256()
    for path in chosen:
        digest.update(path.stem.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    rendered = data_root(root) / "rendered" / generator_key()
    rendered.mkdir(parents=True, exist_ok=True)
    cache = rendered / f"{category}_{split}_{digest.hexdigest()[:12]}.npz"
    with FileLock(rendered / f".{category}_{split}.lock"):
        if not cache.exists():
            label = f"{category} models, {split}"
            images, voxels = observe_all(lambda i: load_mesh(chosen[i]), len(chosen), label)
            write_npz(cache, images=images, voxels=voxels)
    images, voxels = read_npz(cache, ("images", "voxels"))
    names = tuple(path.stem for path in chosen)
    credits = tuple(_credit(_record(records, path)) for path in chosen)
    views = ViewSet(images, voxels, names, category, split, "models", credits)
    return views if n is None else views[:n]


def choose(
    category: str, split: str, n: int | None = None, root: str | Path | None = None
) -> list[Path]:
    """The meshes, by name, of one category and split of `models/`.

    Raises ValueError on a name that does not exist and where there are fewer than n, or none;
    FileNotFoundError, with the command to run, where there are no models at all.
    """
    if split not in SPLITS:
        raise ValueError(f"real models are split into {' and '.join(SPLITS)} only; got {split!r}")
    folder = data_root(root) / "models"
    paths = sorted((folder / category).glob("*.ply")) if category else []
    if not paths:
        there = sorted({path.parent.name for path in folder.glob("*/*.ply")})
        if there:
            raise ValueError(f"no models of {category!r} in {folder}; it has {', '.join(there)}")
        raise FileNotFoundError(
            f"there are no models in {folder}; run `python data_scripts/fetch_open_models.py`, or "
            "`python data_scripts/import_models.py FOLDER` for meshes of your own"
        )
    records = read_credits(folder)
    chosen = [path for path in paths if _record(records, path)["split"] == split]
    if not chosen or (n is not None and n > len(chosen)):
        raise ValueError(
            f"{folder / category} has {len(chosen)} {category} models for {split}; "
            f"{'some' if n is None else n} were asked for"
        )
    return chosen


def add(
    root: str | Path | None, category: str, name: str, mesh: Mesh, credit: Credit, split: str
) -> Path:
    """Store one mesh, centred and scaled, with its credit. Raises ValueError if it has no size."""
    folder = data_root(root) / "models"
    path = folder / category / f"{name}.ply"
    with full_disk_explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        command.forget(path)
        save_mesh(path, prepare(mesh))
    with FileLock(folder / ".credits.lock"):
        records = read_credits(folder)
        records[f"{category}/{name}"] = {"split": split, **asdict(credit)}
        text = json.dumps(records, indent=1, sort_keys=True, ensure_ascii=False)
        with full_disk_explained(folder / "credits.json"):
            write_atomically(folder / "credits.json", text + "\n")
    return path


def prepare(mesh: Mesh) -> Mesh:
    """The mesh without vertices that no face uses, centred, longest side 1.

    Raises ValueError for a mesh that has no faces, or no size.
    """
    used, faces = mesh.faces.unique(return_inverse=True)
    if len(used) == 0:
        raise ValueError("the mesh has no faces, so there is no surface to show")
    return normalise(Mesh(mesh.vertices[used], faces.reshape(-1, 3)))


def import_folder(
    folder: str | Path,
    category: str | None = None,
    root: str | Path | None = None,
    turn: Tensor | None = None,
    jobs: int = 1,
    shard: tuple[int, int] = (0, 1),
) -> tuple[dict[str, int], list[Failure]]:
    """Add all meshes under `folder` to `models/`: how many of each category, and what failed.

    category: for all of them; without it each sub-folder's name is the category of what it holds.
    turn: rotation (3, 3) that makes the meshes y-up and front to +z, applied as vertices @ turn.T.
    jobs: processes. shard: (k, n), part k of n alone.
    Models already there are left as they are, so an interrupted import goes on where it stopped;
    each is held against SHA256SUMS in its folder.
    Of two meshes whose names would be the same (x.obj and x.ply, a/b.obj and a-b.obj), the second
    is a failure. The failures are also written to `models/report.json`, see `write_report`.

    Raises FileNotFoundError where there is no such folder; ValueError where it holds no meshes, and
    for a model that is no longer what was imported.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}")
    found = list(_meshes(folder, category))
    if not found:
        where = "" if category else " in its sub-folders (or give all of them one category)"
        raise ValueError(f"{folder} holds no meshes{where}; formats: {', '.join(FORMATS)}")
    target = data_root(root) / "models"
    first: dict[tuple[str, str], Path] = {}  # of each name, whichever part it falls into
    todo = []
    for kind, path in found:
        name = path.relative_to(folder).with_suffix("").as_posix()
        name = name.removeprefix(f"{kind}/").replace("/", "-")
        todo.append((kind, name, path, first.setdefault((kind, name), path)))
    mine = command.part_of(todo, shard)
    made = command.run_all(partial(_import, root, turn), mine, jobs, "meshes", "mesh")
    paths = [path for path in made if isinstance(path, Path)]
    failures = [failure for failure in made if isinstance(failure, Failure)]
    write_report(target, failures, shard)
    command.check(paths)
    return dict(Counter(path.parent.name for path in paths)), failures


def _import(
    root: str | Path | None, turn: Tensor | None, one: tuple[str, str, Path, Path]
) -> Path | Failure:
    """Add one mesh to `models/`, unless it is there.

    one: category, name, file, and the first file that would have this name.
    """
    kind, name, path, first = one
    stored = data_root(root) / "models" / kind / f"{name}.ply"
    try:
        if first != path:
            raise ValueError(f"it would be {kind}/{name}, as {first} is; rename one of them")
        if not stored.exists():
            mesh = load_mesh(path)
            if turn is not None:
                mesh = Mesh(mesh.vertices @ turn.T, mesh.faces)
            credit = Credit(name, "unknown", "unknown", str(path))
            add(root, kind, name, mesh, credit, _split(f"{kind}/{name}"))
    except ValueError as error:
        return Failure(str(path), str(error))
    return stored


def write_report(folder: Path, failures: list[Failure], shard: tuple[int, int] = (0, 1)) -> None:
    """Write the list of failures to `report_path`, as a list of {path, reason}."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [asdict(failure) for failure in failures]
    text = json.dumps(rows, indent=1, ensure_ascii=False)
    write_atomically(report_path(folder, shard), text + "\n")


def report_path(folder: Path, shard: tuple[int, int] = (0, 1)) -> Path:
    """Where an import says what it left out; each part k of n has a file of its own.

    >>> report_path(Path("models")).name, report_path(Path("models"), (0, 2)).name
    ('report.json', 'report_0_of_2.json')
    """
    part, of = shard
    return folder / ("report.json" if of == 1 else f"report_{part}_of_{of}.json")


def read_credits(folder: Path) -> dict[str, dict[str, str]]:
    """Records of `credits.json` by 'category/name'; empty where there is none yet.

    Raises ValueError where the file is damaged.
    """
    path = folder / "credits.json"
    if not path.is_file():
        return {}
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not valid JSON ({error})") from error


def _meshes(folder: Path, category: str | None) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.suffix.lower() in FORMATS and path.is_file() and (category or len(parts) > 1):
            yield category or parts[0], path


def _record(records: dict[str, dict[str, str]], path: Path) -> dict[str, str]:
    key = f"{path.parent.name}/{path.stem}"
    return records.get(key) or {"split": _split(key), "title": path.stem}


def credit_of(path: Path) -> Credit:
    """Who made the mesh at this path of `models/`, and under which licence it is shared."""
    return _credit(_record(read_credits(path.parents[1]), path))


def _split(key: str) -> str:
    """Train or test, from nothing but the model's name, so that new files move no old one."""
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4])
    return "test" if number % 100 < TEST_SHARE else "train"


def _credit(record: dict[str, str]) -> Credit:
    fields = ("title", "author", "licence", "origin")
    return Credit(*(record.get(field, "unknown") for field in fields))
