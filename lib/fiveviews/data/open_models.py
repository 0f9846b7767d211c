"""Openly licensed models of real things, from furniture to ships, in packages of Debian.

`open_models.json` lists every model that the book uses: where it lies in which package, who made
it, under which licence, its category and split, and how it must be turned so that it stands on
the floor and faces +z. It also lists what was left out by hand after looking, and why. The meshes
themselves are never part of the repository.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from filelock import FileLock

from fiveviews.data import command, deb
from fiveviews.data.ac3d import load_ac3d
from fiveviews.data.models import Failure, add, read_credits
from fiveviews.data.storage import data_root, full_disk_explained
from fiveviews.data.sweethome import IDENTITY, load_piece
from fiveviews.data.views import Credit
from fiveviews.files import sha256_file
from fiveviews.meshes import Mesh, load_mesh

MANIFEST = Path(__file__).with_name("open_models.json")
NO_PART = (  # of an aircraft: shadows, glows, parachutes, and blurred propellers drawn as discs
    r"shadow|prop.?dis[ck]|blur|(fast|slow)$|fastprop|slowprop|girohelice|disquehelice|"
    r"propellerdisk|prplr-disk|halo|glow|flare|condens|^chute$|light.?cone"
)


@dataclass(frozen=True)
class Entry:
    """One model of the manifest.

    path: file inside the package; `library.sh3f!model.obj` for a model inside a furniture library.
    sha256: first 16 digits for the file that was looked at, so that another version is noticed.
    size: width, height, depth in centimetres (Sweet Home 3D only).
    drop: pattern of more parts to leave out than `NO_PART` (FlightGear only).
    """

    category: str
    name: str
    title: str
    author: str
    licence: str
    split: str
    package: str
    path: str
    sha256: str
    rotation: tuple[float, ...] = IDENTITY
    size: tuple[float, ...] = ()
    drop: str = ""

    @property
    def credit(self) -> Credit:
        return Credit(self.title, self.author, self.licence, f"Debian package {self.package}")


def read_manifest() -> tuple[dict[str, dict[str, str]], list[Entry]]:
    """The packages by name (version, sha256, bytes, default or not) and the models in them."""
    manifest = json.loads(MANIFEST.read_text("utf-8"))
    return manifest["packages"], [Entry(**row) for row in manifest["models"]]


def find_package(name: str, root: str | Path | None = None) -> Path:
    """The .deb of a package under `packages/`, downloaded by apt-get if it is not there yet, by the
    first of several processes that look for it.

    Needs no root. Raises FileNotFoundError, with what to do instead, where apt-get cannot get it.
    """
    folder = data_root(root) / "packages"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f".{name}.lock"):
        found = sorted(folder.glob(f"{name}_*.deb"))
        return found[-1] if found else _download(name, folder)


def _download(name: str, folder: Path) -> Path:
    suite = read_manifest()[0].get(name, {}).get("suite", "bookworm")
    help_text = (
        f"cannot download the Debian package {name} here ({{}}); get it in a browser from "
        f"https://packages.debian.org/{suite}/all/{name}/download and give the file's path, or "
        f"put it into {folder}"
    )
    if shutil.which("apt-get") is None:
        raise FileNotFoundError(help_text.format("there is no apt-get"))
    with tempfile.TemporaryDirectory(dir=folder, prefix=".download-") as temporary:
        result = subprocess.run(["apt-get", "download", name], cwd=temporary, check=False)
        packages = sorted(Path(temporary).glob("*.deb"))
        if result.returncode or not packages:
            raise FileNotFoundError(
                help_text.format("apt-get failed; `apt-get update` as root may help")
            )
        return packages[0].replace(folder / packages[0].name)


def check_package(path: Path) -> str:
    """Name of the package in a .deb; warns where it is not the file that the manifest knows.

    Raises FileNotFoundError, or ValueError where the file is no whole .deb or none of ours.
    """
    known, _ = read_manifest()
    name = deb.control(path).get("Package", "")
    if name not in known:
        raise ValueError(f"{path} is the package {name!r}; models come from {', '.join(known)}")
    found = sha256_file(path)
    if found != known[name]["sha256"]:
        warnings.warn(
            f"{path.name} is not {name} {known[name]['version']} as Debian published it (sha256 "
            f"{found[:16]}…, expected {known[name]['sha256'][:16]}…); each model in it is compared "
            "with the manifest, and those that differ are left out",
            stacklevel=2,
        )
    return name


def install(
    packages: Iterable[Path],
    root: str | Path | None = None,
    jobs: int = 1,
    shard: tuple[int, int] = (0, 1),
) -> list[Failure]:
    """Add the manifest's models in these .deb files to `models/`; returns what could not be used.

    Models already there are not unpacked again, so an interrupted run goes on where it stopped;
    but for those that the manifest has moved to the other split. All are held against SHA256SUMS
    in their folder.

    jobs: processes. shard: (k, n), of each package's models part k of n alone.
    Raises FileNotFoundError; ValueError where a file is no whole .deb or none of ours, and for a
    model that is no longer what was stored.
    """
    _, entries = read_manifest()
    target = data_root(root) / "models"
    failures = []
    for package in packages:
        name = check_package(package)
        have = read_credits(target)
        mine = command.part_of([entry for entry in entries if entry.package == name], shard)
        paths = [target / entry.category / f"{entry.name}.ply" for entry in mine]
        missing = [
            entry
            for entry, path in zip(mine, paths, strict=True)
            if have.get(f"{entry.category}/{entry.name}", {}).get("split") != entry.split
            or not path.is_file()
        ]
        if missing:
            failures += _install_package(package, missing, root, jobs)
        command.check([path for path in paths if path.is_file()])
    return failures


def _install_package(
    package: Path, entries: list[Entry], root: str | Path | None, jobs: int
) -> list[Failure]:
    folder = data_root(root) / "packages"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".unpacked-") as unpacked:
        files = {entry.path.partition("!")[0] for entry in entries}
        with full_disk_explained(Path(unpacked)):
            deb.extract(package, unpacked, files.__contains__)
        one = partial(_install_entry, Path(unpacked), root, package.name)
        return [f for f in command.run_all(one, entries, jobs, package.name, "model") if f]


def _install_entry(
    unpacked: Path, root: str | Path | None, package: str, entry: Entry
) -> Failure | None:
    try:
        mesh = load_entry(unpacked, entry)
        add(root, entry.category, entry.name, mesh, entry.credit, entry.split)
    except (FileNotFoundError, ValueError) as error:
        return Failure(f"{package}: {entry.path}", str(error).replace(f"{unpacked}/", ""))
    return None


def load_entry(unpacked: Path, entry: Entry) -> Mesh:
    """A model of the manifest from the folder in which its package was unpacked.

    Raises FileNotFoundError, or ValueError where the file is not the one that was looked at.
    """
    file, _, inner = entry.path.partition("!")
    check_source(entry.sha256, unpacked / file, inner)
    if inner:
        return load_piece(unpacked / file, inner, entry.size, entry.rotation)
    if file.endswith(".ac"):
        mesh = load_ac3d(unpacked / file, "|".join(filter(None, (NO_PART, entry.drop))))
    else:
        mesh = load_mesh(unpacked / file)
    turn = torch.tensor(entry.rotation, dtype=torch.float32).reshape(3, 3)
    return Mesh(mesh.vertices @ turn.T, mesh.faces)


def take_turns(
    names: Iterable[str],
    group: Callable[[str], str],
    family: Callable[[str], str],
    per_group: int,
    per_family: int,
) -> list[str]:
    """A varied pick of many names: the first of each group, then the second of each, and so on.

    names: in the order in which they are preferred. At most `per_group` of a group are taken, and
    `per_family` of a family, which may reach over groups.
    """
    families: Counter[str] = Counter()
    groups: dict[str, list[str]] = {}
    for name in names:
        mine, kin = groups.setdefault(group(name), []), family(name)
        if families[kin] < per_family and len(mine) < per_group:
            families[kin] += 1
            mine.append(name)
    turns = [(i, of) for of, mine in groups.items() for i in range(len(mine))]
    return [groups[of][i] for i, of in sorted(turns)]


def check_source(expected: str, file: Path, inner: str = "") -> None:
    """Raise ValueError where a file is not the one that a manifest describes by `source_digest`."""
    if (found := source_digest(file, inner)) != expected:
        raise ValueError(
            f"the file is not the one that the manifest describes (sha256 {found}…, expected "
            f"{expected}…); the package is of another version"
        )


def source_digest(file: Path, inner: str = "") -> str:
    """First 16 digits of the SHA-256 of a file, or of a member of a zip file.

    Raises FileNotFoundError where there is no such file, ValueError where it has no such member.
    """
    if not file.is_file():
        raise FileNotFoundError(f"the package holds no {file.name}")
    if not inner:
        return hashlib.sha256(file.read_bytes()).hexdigest()[:16]
    with zipfile.ZipFile(file) as library:
        if inner not in library.namelist():
            raise ValueError(f"{file.name} holds no {inner}")
        return hashlib.sha256(library.read(inner)).hexdigest()[:16]
