"""Rewrite lib/fiveviews/data/parts.json from Debian's kicad-packages3d.

Only for whoever wants other parts in the book: readers run fetch_open_models.py --parts, which
follows the list. Of names that differ in their numbers only, and then in what comes after their
second word, two are taken; of each library ten; of all libraries in turn, until there are enough.
Files under another licence than the others (GPL) are left, and so are those that hold no solid that
can be drawn, or the same one as another file; the reasons are printed. Needs OpenCASCADE (pip
install 'fiveviews[cad]').
"""

from __future__ import annotations

import argparse
import fnmatch
import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from fiveviews.data import deb
from fiveviews.data.open_models import check_package, find_package, source_digest, take_turns
from fiveviews.data.parts import FOLDER, LICENCE, MANIFEST, PACKAGE, Part
from fiveviews.data.storage import data_root
from fiveviews.files import write_atomically
from fiveviews.progress import progress
from fiveviews.solids import read_step
from fiveviews.solids.step import SUFFIXES

COPYRIGHT = f"usr/share/doc/{PACKAGE}/copyright"
PER_FAMILY, PER_LIBRARY, COUNT = 2, 10, 300
SMALLEST, LARGEST = 8_000, 1_000_000  # bytes of a STEP file
FEWEST, MOST = 30, 10_000  # triangles of a solid: neither a bare box nor what takes long to draw


def family(path: str) -> str:
    """What names that differ in numbers only share: their first two words without digits.

    >>> family("Connector_PinHeader_2.54mm.3dshapes/PinHeader_1x02_P2.54mm_Vertical.step")
    'PinHeader_x'
    """
    words = re.sub(r"[\d.,]+", "", path.rpartition("/")[2].rpartition(".")[0]).split("_")
    return "_".join(words[:2])


def pick(paths: Iterable[str]) -> list[str]:
    """Some of the paths in an order that looks random and depends on nothing but the names: first
    one of each library, then a second, and so on; at most `PER_FAMILY` of a family."""
    shuffled = sorted(set(paths), key=_shuffled)
    return take_turns(
        shuffled, lambda path: path.partition("/")[0], family, PER_LIBRARY, PER_FAMILY
    )


def _shuffled(path: str) -> str:
    return hashlib.sha256(f"{FOLDER}/{path}".encode()).hexdigest()


def licences(text: str) -> Callable[[str], tuple[str, str]]:
    """From Debian's copyright file: path within the libraries -> its author and licence.

    The last stanza of the file that fits decides, as Debian has it.
    """
    stanzas = []
    for stanza in re.split(r"\n[ \t]*\n", text):
        found = re.findall(r"^(Files|Copyright|License):(.*(?:\n[ \t].*)*)", stanza, re.M)
        fields = {name: " ".join(value.split()) for name, value in found}
        if "Files" in fields:
            stanzas.append((fields["Files"].split(), fields["Copyright"], fields["License"]))

    def of(path: str) -> tuple[str, str]:
        fitting = [s for s in stanzas if any(fnmatch.fnmatchcase(path, p) for p in s[0])]
        _, author, licence = fitting[-1]
        return re.sub(r"^[\d, -]+", "", author), licence

    return of


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--package", type=Path, help="the .deb, if it is not downloaded yet")
    parser.add_argument("--root", type=Path, help="data folder (default: FIVEVIEWS_DATA or _data)")
    parser.add_argument("--count", type=int, default=COUNT, help="parts (default: %(default)s)")
    arguments = parser.parse_args()
    try:
        package = arguments.package or find_package(PACKAGE, arguments.root)
        check_package(package)
        with tempfile.TemporaryDirectory(dir=data_root(arguments.root)) as unpacked:
            chosen = list_parts(package, Path(unpacked), arguments.count)
    except (ImportError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    lines = ",\n".join(json.dumps([part.path, part.author, part.sha256]) for part in chosen)
    write_atomically(MANIFEST, f'{{"licence": "{LICENCE}", "parts": [\n{lines}\n]}}\n')
    print(f"{MANIFEST}: {len(chosen)} parts")
    return 0


def list_parts(package: Path, unpacked: Path, count: int) -> list[Part]:
    """The first so many of the pick that can be drawn, by path."""
    folder, fitting = unpacked / FOLDER, []
    for name, size in deb.sizes(package).items():
        path = name.removeprefix(f"{FOLDER}/")
        if path != name and path.lower().endswith(SUFFIXES) and SMALLEST <= size <= LARGEST:
            fitting.append(path)
    deb.extract(package, unpacked, COPYRIGHT.__eq__)
    licence_of = licences((unpacked / COPYRIGHT).read_text("utf-8"))
    picked = pick(path for path in fitting if licence_of(path)[1].startswith(LICENCE))
    deb.extract(package, unpacked, {f"{FOLDER}/{path}" for path in picked}.__contains__)
    chosen: list[Part] = []
    shapes: dict[tuple[int, int, float], str] = {}
    for path in progress(picked, "parts", unit="part"):
        try:
            solid = read_step(folder / path)
            if not FEWEST <= len(solid.faces) <= MOST:
                raise ValueError(f"{path}: it has {len(solid.faces)} triangles")
            shape = len(solid.faces), len(solid.edges), round(solid.volume, 6)
            if (twin := shapes.setdefault(shape, path)) != path:
                raise ValueError(f"{path}: it has the shape of {twin}")
        except (TimeoutError, ValueError) as error:
            print(f"left out: {str(error).removeprefix(f'{folder}/')}", file=sys.stderr)
            continue
        chosen.append(Part(path, licence_of(path)[0], source_digest(folder / path)))
        if len(chosen) == count:
            break
    return sorted(chosen, key=lambda part: part.path)


if __name__ == "__main__":
    raise SystemExit(main())
