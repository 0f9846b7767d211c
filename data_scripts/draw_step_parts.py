"""Draw real parts: every STEP file of a folder, or of Debian's kicad-packages3d, as an SVG sheet.

    apt-get download kicad-packages3d
    python data_scripts/draw_step_parts.py kicad-packages3d_*.deb --limit 100

Needs OpenCASCADE (pip install 'fiveviews[cad]'). A file that cannot be read, holds no closed solid
or takes too long is listed and passed over. Run again, it goes on where it stopped.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from fiveviews import show
from fiveviews.data import deb
from fiveviews.data.storage import data_root
from fiveviews.progress import progress
from fiveviews.solids import read_step
from fiveviews.solids.occ import NoOpenCascade
from fiveviews.solids.step import SUFFIXES


def parts(source: Path, work: Path) -> list[Path]:
    """The STEP files of a folder or, unpacked under `work`, of a Debian package, smallest first."""
    if source.suffix == ".deb":
        folder = work / source.stem
        if not (folder / "complete").exists():
            deb.extract(source, folder, lambda name: name.lower().endswith(SUFFIXES))
            (folder / "complete").touch()
        source = folder
    found = [path for path in source.rglob("*") if path.suffix.lower() in SUFFIXES]
    if not found:
        raise ValueError(f"{source} holds no STEP file ({', '.join(SUFFIXES)})")
    return sorted(found, key=lambda path: (path.stat().st_size, path))


def families(paths: list[Path], most: int) -> list[Path]:
    """At most so many of the files whose names differ in their numbers only."""
    kept: dict[str, list[Path]] = {}
    for path in paths:
        kept.setdefault(re.sub(r"\d+", "", path.name), []).append(path)
    return [path for family in kept.values() for path in family[:most]]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path, help="a folder of STEP files, or a .deb")
    parser.add_argument("--out", type=Path, help="where the sheets go (step_parts in the data)")
    parser.add_argument("--limit", type=int, default=100, help="parts at most (100)")
    parser.add_argument("--per-family", type=int, default=2, help="of names alike (2)")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds for one file (60)")
    options = parser.parse_args()
    out = options.out or data_root() / "step_parts"
    out.mkdir(parents=True, exist_ok=True)
    drawn, skipped = 0, []
    try:
        chosen = families(parts(options.source, out), options.per_family)[: options.limit]
        for path in progress(chosen, label="parts"):
            target = out / f"{path.stem}.svg"
            if not target.exists():
                try:
                    show.sheet(read_step(path, options.timeout)).save(target)
                except (OSError, ValueError) as error:
                    skipped.append(str(error))
                    continue
            drawn += 1
    except (FileNotFoundError, NoOpenCascade, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{drawn} parts drawn in {out}, {len(skipped)} passed over")
    print("".join(f"  {reason}\n" for reason in skipped), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
