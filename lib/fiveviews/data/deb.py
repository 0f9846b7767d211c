"""Debian packages without Debian: a .deb is an `ar` archive that holds two tar archives."""

from __future__ import annotations

import io
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

MAGIC = b"!<arch>\n"
DAMAGE = (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError)


class _Window(io.RawIOBase):
    """The bytes [start, start + size) of a file, as a file."""

    def __init__(self, file: BinaryIO, start: int, size: int):
        self.file, self.position, self.end = file, start, start + size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        self.file.seek(self.position)
        data = self.file.read(min(len(buffer), self.end - self.position))
        buffer[: len(data)] = data
        self.position += len(data)
        return len(data)


def control(path: str | Path) -> dict[str, str]:
    """Fields of a package's control file: Package, Version, Architecture, …

    Raises FileNotFoundError, or ValueError where the file is not a whole .deb.
    """
    path = Path(path)
    with _tar(path, "control") as tar:
        for member in tar:
            if member.name.removeprefix("./") == "control" and (file := tar.extractfile(member)):
                lines = file.read().decode("utf-8").splitlines()
                pairs = (line.split(":", 1) for line in lines if ":" in line and line[0] != " ")
                return {key: value.strip() for key, value in pairs}
    raise ValueError(f"{path} is not a Debian package: its control archive has no control file")


def sizes(path: str | Path) -> dict[str, int]:
    """Bytes of each of a package's files, by its name (`usr/share/…`). Raises as `extract`."""
    with _tar(Path(path), "data") as tar:
        return {member.name.removeprefix("./"): member.size for member in tar if member.isfile()}


def extract(path: str | Path, folder: str | Path, wanted: Callable[[str], bool]) -> list[str]:
    """Unpack a package's files whose names (`usr/share/…`) are wanted; returns those names.

    Nothing is run, no root is needed, and tarfile's `data` filter keeps every file inside `folder`.
    Raises FileNotFoundError, or ValueError where the file is not a whole .deb or a path climbs out.
    """
    path, names = Path(path), []
    with _tar(path, "data") as tar:
        for member in tar:
            name = member.name.removeprefix("./")
            if not member.isfile() or not wanted(name):
                continue
            try:
                tar.extract(member, folder, filter="data")
            except tarfile.FilterError as error:
                raise ValueError(f"{path} holds a path that leaves its folder: {error}") from error
            names.append(name)
    return names


@contextmanager
def _tar(path: Path, part: str) -> Iterator[tarfile.TarFile]:
    """One of a package's two tar archives ('control' or 'data'), read as a stream."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no package file {path}")
    with open(path, "rb") as file:
        name, start, size = next(
            (entry for entry in _entries(file, path) if entry[0].startswith(f"{part}.tar")),
            ("", 0, 0),
        )
        if not name:
            raise ValueError(f"{path} is not a Debian package: it has no {part}.tar")
        kind = name.removeprefix(f"{part}.tar").lstrip(".")
        if kind not in ("xz", "gz", "bz2", ""):
            raise ValueError(
                f"{path}: its {name} is compressed with {kind}, which Python's standard library "
                "does not read; unpack it with `dpkg-deb -R` and repack, or take another version"
            )
        try:
            window = io.BufferedReader(_Window(file, start, size), 1 << 20)
            with tarfile.open(fileobj=window, mode=f"r|{kind}") as tar:
                yield tar
        except DAMAGE as error:
            raise ValueError(
                f"{path} is cut off or damaged ({error}); download it again"
            ) from error


def _entries(file: BinaryIO, path: Path) -> Iterator[tuple[str, int, int]]:
    """Name, start and size of each member of an `ar` archive."""
    if file.read(8) != MAGIC:
        raise ValueError(f"{path} is not a Debian package: it does not begin with {MAGIC!r}")
    total = path.stat().st_size
    while header := file.read(60):
        if len(header) < 60 or header[58:] != b"`\n" or not header[48:58].strip().isdigit():
            raise ValueError(f"{path} is cut off or damaged; download it again")
        start, size = file.tell(), int(header[48:58])
        if start + size > total:
            raise ValueError(
                f"{path} is cut off: it has {total} bytes of at least {start + size}; "
                "download it again"
            )
        yield header[:16].decode("ascii", "replace").strip().rstrip("/"), start, size
        file.seek(start + size + size % 2)
