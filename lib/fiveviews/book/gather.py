"""Bring together what the jobs of a rerun recorded: python -m fiveviews.book.gather INTO FOLDER ...

Each job appends to a ledger of its own, so that no two machines write one file. Here their lines
come into one, each once; weights and traces are copied beside it. Done again, it changes nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock

from fiveviews.files import write_atomically

KEPT = ("results", "weights")


def gather(into: Path, folders: Sequence[Path]) -> int:
    """Add the records of `folders` to those of `into`; how many lines of ledgers were new.

    Raises FileNotFoundError for a folder that is not there.
    """
    new = 0
    with FileLock(_made(into) / ".gather.lock"):
        for folder in folders:
            if not folder.is_dir():
                raise FileNotFoundError(f"there is no folder {folder}")
            for kept in KEPT:
                for path in sorted(p for p in (folder / kept).rglob("*") if p.is_file()):
                    target = into / path.relative_to(folder)
                    if path.suffix == ".jsonl":
                        new += _merge(target, path)
                    else:
                        _made(target.parent)
                        write_atomically(target, path.read_bytes())
    return new


def _merge(target: Path, source: Path) -> int:
    there = target.read_text("utf-8").splitlines() if target.exists() else []
    known = set(there)
    lines = source.read_text("utf-8").splitlines()
    more = [line for line in dict.fromkeys(lines) if line not in known]
    if more:
        _made(target.parent)
        write_atomically(target, "".join(f"{line}\n" for line in [*there, *more]))
    return len(more)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("into", type=Path)
    parser.add_argument("folders", type=Path, nargs="*", metavar="FOLDER")
    options = parser.parse_args()
    try:
        new = gather(options.into, options.folders)
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{new} new lines in {options.into}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
