"""Rewrite lib/fiveviews/data/bricks.json from Debian's ldraw-parts-free.

Only for whoever wants other parts in the book: readers run fetch_open_models.py --bricks, which
follows the list. Taken are whole parts without a print: no subparts, aliases, assemblies, stickers
or cloth. Of titles that differ in numbers only two are taken, of each category twenty; of all
categories in turn, until there are enough. The brick that the questions put on others is always
among them. Parts that are the same as another, or have too few lines or too many triangles, are
left; the reasons are printed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tempfile
from pathlib import Path

from fiveviews.data import deb
from fiveviews.data.bricks import FOLDER, LICENCE, MANIFEST, PACKAGE, Part, is_library
from fiveviews.data.line_drawings_parts import ON_TOP
from fiveviews.data.open_models import check_package, find_package, source_digest, take_turns
from fiveviews.data.storage import data_root
from fiveviews.files import write_atomically
from fiveviews.progress import progress
from fiveviews.solids.bricks import Brick, read_brick
from fiveviews.solids.ldraw import Library

PER_FAMILY, PER_CATEGORY, COUNT = 2, 20, 600
HEAD = 3_000  # characters of a file in which its header ends
FEWEST, MOST = 30, 6_000  # lines that are always drawn; triangles
UNFIT = "pattern|sticker|print|sheet|baseplate|string|flag|cloth|obsolete|needs work"


def header(text: str) -> dict[str, str]:
    """Title, kind, category and licence from the head of a file.

    >>> header("0 Brick  2 x  4\\n0 !LDRAW_ORG Part UPDATE 2004-03")["category"]
    'Brick'
    """
    rows = text.splitlines()[:40]
    found = {"title": " ".join(rows[0].removeprefix("0").split()) if rows else ""}
    for row in rows:
        for name in ("!LDRAW_ORG", "!CATEGORY", "!LICENSE", "Author:"):
            if row.startswith(f"0 {name}"):
                found[name] = row.removeprefix(f"0 {name}").strip()
    found["category"] = found.get("!CATEGORY") or found["title"].partition(" ")[0]
    return found


def is_whole_and_plain(head: dict[str, str]) -> bool:
    """Whether a file is one part as it comes out of a mould, and openly licensed."""
    return (
        head.get("!LDRAW_ORG", "").split()[:2] in (["Part", "UPDATE"], ["Part", "ORIGINAL"])
        and "CC BY 4.0" in head.get("!LICENSE", "")
        and head["title"][:1] not in "~_=|"
        and not re.search(UNFIT, f"{head['title']} {head['category']}", re.I)
    )


def family(title: str) -> str:
    """What titles that differ in their numbers share: their first three words without digits."""
    return " ".join(re.sub(r"[\d./]+|\bx\b", "", title).split()[:3])


def pick(heads: dict[str, dict[str, str]]) -> list[str]:
    """Some of the parts in an order that looks random and depends on nothing but the names."""
    return take_turns(
        sorted(heads, key=_shuffled),
        lambda name: heads[name]["category"],
        lambda name: family(heads[name]["title"]),
        PER_CATEGORY,
        PER_FAMILY,
    )


def _shuffled(name: str) -> tuple[bool, str]:
    return name != ON_TOP, hashlib.sha256(name.encode()).hexdigest()


def shape(brick: Brick) -> tuple[int, int, tuple[float, ...]]:
    """What two parts of the same shape have in common."""
    solid = brick.solid
    size = solid.vertices.amax(0) - solid.vertices.amin(0)
    return len(solid.faces), len(solid.edges), tuple(size.double().round(decimals=3).tolist())


def list_parts(folder: Path, count: int) -> list[Part]:
    """The first so many of the pick that can be drawn, by name."""
    heads = {}
    for path in sorted((folder / "parts").glob("*.dat")):
        with open(path, encoding="utf-8", errors="replace") as file:
            head = header(file.read(HEAD))
        if is_whole_and_plain(head):
            heads[path.stem] = head
    library, chosen, shapes = Library(folder), [], {}
    for name in progress(pick(heads), "bricks", unit="part"):
        try:
            pieces = library.pieces(f"{name}.dat")
            lines, triangles = len(pieces.lines), len(pieces.triangles)
            if lines < FEWEST or triangles > MOST:
                raise ValueError(f"{name}: it has {lines} lines and {triangles} triangles")
            brick = read_brick(library, f"{name}.dat")
            if (twin := shapes.setdefault(shape(brick), name)) != name:
                raise ValueError(f"{name}: it has the shape of {twin}")
        except (FileNotFoundError, ValueError) as error:
            print(f"left out: {error}", file=sys.stderr)
            continue
        digest = source_digest(folder / "parts" / f"{name}.dat")
        chosen.append(Part(name, heads[name]["title"], heads[name].get("Author:", ""), digest))
        if len(chosen) == count:
            break
    return sorted(chosen, key=lambda part: part.name)


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
            deb.extract(package, unpacked, is_library)
            chosen = list_parts(Path(unpacked) / FOLDER, arguments.count)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    rows = ([part.name, part.title, part.author, part.sha256] for part in chosen)
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    write_atomically(MANIFEST, f'{{"licence": "{LICENCE}", "parts": [\n{lines}\n]}}\n')
    print(f"{MANIFEST}: {len(chosen)} parts")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
