"""Where data lie on the disk, and how arrays get there and back without surprises."""

from __future__ import annotations

import ast
import errno
import hashlib
import io
import os
import tokenize
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

import numpy as np

from fiveviews.files import write_atomically

DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, tokenize.TokenError, SyntaxError)


def data_root(root: str | Path | None = None) -> Path:
    """The folder of all data sets: `root`, else the environment variable FIVEVIEWS_DATA, else
    `_data/` at the top of the repository (or of the current folder, where there is no checkout).

        procedural/  views of generated shapes, a cache: delete it and it is made anew
        fields/      SDF samples and pictures of generated shapes and of `models/`, a cache
        models/      meshes of real objects, a folder per category, and credits.json
        official/    the papers' own npz files
        parts/       solids of real parts, a folder per library, and credits.json
        packages/    downloaded Debian packages
        rendered/    views of `models/`, a cache too
    """
    if root is not None:
        return Path(root)
    if chosen := os.environ.get("FIVEVIEWS_DATA"):
        return Path(chosen).expanduser()
    top = Path(__file__).resolve().parents[3]
    return (top if (top / "pyproject.toml").is_file() else Path.cwd()) / "_data"


def source_key(modules: Iterable[str], packages: Iterable[str] = ()) -> str:
    """A short hash by which generated data are kept: other code, other key, other cache.

    modules: patterns of files within the library, of which comments and docstrings don't count;
    packages: distributions whose versions do.

    Raises FileNotFoundError for a pattern that no file fits.
    """
    library = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for pattern in modules:
        if not (paths := sorted(library.glob(pattern))):
            raise FileNotFoundError(f"no module of the library is called {pattern}")
        for path in paths:
            digest.update(_code(path.read_text("utf-8")).encode())
    for package in packages:
        digest.update(f"{package} {version(package)}".encode())
    return digest.hexdigest()[:12]


def _code(text: str) -> str:
    """A module without its comments and docstrings."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body = node.body[1:]
    return ast.dump(tree)


@contextmanager
def full_disk_explained(path: Path) -> Iterator[None]:
    """Say what to do about a full disk, instead of only `No space left on device`."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise OSError(
            error.errno,
            f"the disk is full, so {path.name} was not written and nothing is left of it; free "
            "some space, or set FIVEVIEWS_DATA to a folder on another disk, and run this again",
            str(path),
        ) from error


def write_npz(path: Path, **arrays: np.ndarray) -> None:
    """Write arrays as one compressed npz, whole or not at all."""
    data = io.BytesIO()
    np.savez_compressed(data, **arrays)
    with full_disk_explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, data.getvalue())


def read_npz(path: Path, names: tuple[str, ...]) -> tuple[np.ndarray, ...]:
    """The named arrays of an npz file; never unpickles.

    Raises FileNotFoundError, or ValueError with one sentence on what is wrong with the file.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        with np.load(path, allow_pickle=False) as archive:
            if missing := [name for name in names if name not in archive]:
                raise ValueError(f"it has no array {missing[0]!r}, only {sorted(archive)}")
            return tuple(archive[name] for name in names)
    except DAMAGE as error:
        raise ValueError(f"{path} is not a whole npz file ({error})") from error


@contextmanager
def open_array(path: Path) -> Iterator[tuple[tuple[int, ...], np.dtype, BinaryIO]]:
    """The only array of an npz file as (shape, dtype, open file), so that a big one can be read a
    piece at a time; never unpickles. Raises as `read_npz` does, and
    puts the path before any ValueError that is raised while the file is open.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()
            if len(members) != 1:
                raise ValueError(f"expected one array, found {len(members)}: {members[:5]}")
            with archive.open(members[0]) as file:
                version = np.lib.format.read_magic(file)
                header = (
                    np.lib.format.read_array_header_1_0
                    if version == (1, 0)
                    else np.lib.format.read_array_header_2_0
                )
                shape, fortran, dtype = header(file)
                if dtype.hasobject:
                    raise ValueError("it holds pickled Python objects, which could run code")
                if fortran:
                    raise ValueError("its array is in Fortran order, expected C order")
                yield shape, dtype, file
    except DAMAGE as error:
        raise ValueError(f"{path}: {error}") from error
