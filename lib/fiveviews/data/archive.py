"""Unpacking the papers' zip file with the care that a file from the internet deserves."""

from __future__ import annotations

import re
import shutil
import stat
import zipfile
import zlib
from functools import partial
from pathlib import Path, PurePosixPath

from fiveviews.data import command
from fiveviews.data.storage import full_disk_explained
from fiveviews.files import atomic

WANTED = re.compile(r"\d{8}_(train|val|test)_(images|voxels)\.npz")
LARGEST, LARGEST_SUM = 8 << 30, 48 << 30  # bytes; the real files are far smaller
CHUNK = 1 << 20


def unpack(
    archive: str | Path, folder: str | Path, jobs: int = 1, shard: tuple[int, int] = (0, 1)
) -> list[Path]:
    """Put all `{synset}_{split}_{images|voxels}.npz` files of a zip into `folder`, flat.

    Files already there with the right content are kept, so a stopped run goes on where it stopped;
    each file appears only when it is whole, and its checksum then stands in SHA256SUMS beside it.
    A file that is no longer what the zip holds is unpacked anew. Other members are ignored.

    jobs: processes. shard: (k, n), part k of n of the files alone, which are returned.

    Raises FileNotFoundError; ValueError, before anything is written, on a file that is no whole
    zip, on a member with an absolute path or one that climbs out, on links, on sizes that no honest
    archive declares, on a disk without room; ValueError too where a member is damaged.
    """
    archive, folder = Path(archive), Path(folder)
    if not archive.is_file():
        raise FileNotFoundError(f"there is no file {archive}")
    try:
        with zipfile.ZipFile(archive) as opened:
            members = command.part_of(_members(opened), shard)
        todo = [m for m in members if not _is_there(folder / PurePosixPath(m.filename).name, m)]
        _check_room(folder, sum(member.file_size for member in todo))
        names = [member.filename for member in todo]
        command.run_all(partial(_copy, archive, folder), names, jobs, archive.name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise ValueError(
            f"{archive} is not a whole zip file ({error}); download it again"
        ) from error
    except ValueError as error:
        raise ValueError(f"{archive}: {error}") from error
    paths = [folder / PurePosixPath(member.filename).name for member in members]
    command.check(paths)
    return paths


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The wanted members, after a check of all of them."""
    wanted: dict[str, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", str(path)):
            raise ValueError(f"it holds the path {member.filename!r}, which leaves the folder")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise ValueError(f"it holds a symbolic link, {member.filename!r}")
        if not WANTED.fullmatch(path.name):
            continue
        if member.flag_bits & 1:
            raise ValueError(f"its member {member.filename!r} is encrypted")
        if path.name in wanted:
            raise ValueError(f"it holds {path.name} twice")
        wanted[path.name] = member
    if not wanted:
        raise ValueError(
            "it holds no files like 03001627_train_images.npz, so it is not the data set "
            "mesh_reconstruction_dataset.zip"
        )
    largest = max(wanted.values(), key=lambda member: member.file_size)
    total = sum(member.file_size for member in wanted.values())
    if largest.file_size > LARGEST or total > LARGEST_SUM:
        raise ValueError(
            f"it declares {total / 1e9:.1f} GB in all and {largest.file_size / 1e9:.1f} GB in "
            f"{largest.filename!r}, more than the data set can have"
        )
    return list(wanted.values())


def _check_room(folder: Path, size: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < size:
        raise ValueError(
            f"unpacked it takes {size / 1e9:.1f} GB, but there are {free / 1e9:.1f} GB free in "
            f"{folder}; set FIVEVIEWS_DATA to a folder on another disk"
        )


def _is_there(path: Path, member: zipfile.ZipInfo) -> bool:
    """Is this member unpacked already, byte for byte as far as its checksum tells?"""
    if not path.is_file() or path.stat().st_size != member.file_size:
        return False
    checksum = 0
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            checksum = zlib.crc32(chunk, checksum)
    return checksum == member.CRC


def _copy(archive: Path, folder: Path, member: str) -> None:
    """Unpack one member; the file appears under its name only when its checksum was right."""
    path = folder / PurePosixPath(member).name
    command.forget(path)
    with (
        full_disk_explained(path),
        atomic(path) as temporary,
        zipfile.ZipFile(archive) as opened,
        opened.open(member) as source,
        open(temporary, "wb") as target,
    ):
        shutil.copyfileobj(source, target, CHUNK)  # never more than the size that was declared
