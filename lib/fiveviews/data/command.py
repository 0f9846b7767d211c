"""What commands that make or import data share: options, parts, processes, checksums, ends."""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

from fiveviews.files import sha256_file, write_atomically
from fiveviews.progress import progress

Item = TypeVar("Item")
Made = TypeVar("Made")
SUMS = "SHA256SUMS"


def options(doc: str) -> argparse.ArgumentParser:
    """A parser with what all of them take: --shard, --jobs, --root."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--shard", type=shard, default=(0, 1), metavar="K/N",
        help="make part K (from 0) of N, for N processes or machines that share the data folder",
    )  # fmt: skip
    parser.add_argument("--jobs", type=int, default=1, help="processes; default: %(default)s")
    parser.add_argument("--root", type=Path, help="data folder (default: FIVEVIEWS_DATA or _data)")
    return parser


def shard(text: str) -> tuple[int, int]:
    """Part k of n.

    >>> shard("0/4")
    (0, 4)
    """
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if not found or not int(found[1]) < int(found[2]):
        raise argparse.ArgumentTypeError(f"a shard is k/n with k from 0 to n - 1; got {text!r}")
    return int(found[1]), int(found[2])


def make_all(
    make: Callable[[Item], Path], items: Iterable[Item], asked: argparse.Namespace, label: str
) -> list[Path]:
    """Make the files of a shard in `asked.jobs` processes, and check them; returns them.

    make: makes the file of one item unless it is there, whole or not at all. Must be picklable.

    Raises what `make` raises, without beginning another file; ValueError as `check` does.
    """
    paths = run_all(make, part_of(items, asked.shard), asked.jobs, label)
    check(paths)
    return paths


def part_of(items: Iterable[Item], shard: tuple[int, int]) -> list[Item]:
    """The items of part k of n: every n-th, from the k-th.

    >>> part_of("abcde", (1, 2))
    ['b', 'd']
    """
    part, of = shard
    return list(items)[part::of]


def run_all(
    make: Callable[[Item], Made], items: Sequence[Item], jobs: int, label: str, unit: str = "file"
) -> list[Made]:
    """What `make`, which must be picklable, gives for each item, in `jobs` processes.

    Raises what `make` raises, without beginning another item.
    """
    if min(jobs, len(items)) <= 1:
        return [make(item) for item in progress(items, label, unit=unit)]
    executor = ProcessPoolExecutor(jobs)
    try:
        made = [executor.submit(make, item) for item in items]
        for one in progress(as_completed(made), label, total=len(made), unit=unit):
            one.result()
    finally:
        executor.shutdown(cancel_futures=True)
    return [one.result() for one in made]


def check(paths: Sequence[Path]) -> None:
    """Hold files against SHA256SUMS in their folder, and enter those that are not in it yet.

    Raises ValueError for a file that is no longer what it was.
    """
    folders: dict[Path, list[Path]] = defaultdict(list)
    for path in paths:
        folders[path.parent].append(path)
    for folder, files in folders.items():
        with _sums(folder) as known:
            for path in progress(files, "checking", unit="file"):
                found = sha256_file(path)
                if known.setdefault(path.name, found) != found:
                    raise ValueError(
                        f"{path} is not the file that was made; remove it and its line in {SUMS}, "
                        f"and run this again"
                    )


def forget(path: Path) -> None:
    """Strike a file from SHA256SUMS in its folder: to call before it is made anew, on purpose."""
    if (path.parent / SUMS).exists():
        with _sums(path.parent) as known:
            known.pop(path.name, None)


@contextmanager
def _sums(folder: Path) -> Iterator[dict[str, str]]:
    """Name -> SHA-256, as SHA256SUMS has it, to read and change; nobody else does meanwhile."""
    sums = folder / SUMS
    with FileLock(folder / f".{SUMS}.lock"):
        before = sums.read_text("utf-8") if sums.exists() else ""
        known = {line[66:]: line[:64] for line in before.splitlines()}
        yield known
        text = "".join(f"{digest}  {name}\n" for name, digest in sorted(known.items()))
        if text != before:
            write_atomically(sums, text)


def finish(work: Callable[[], None]) -> int:
    """Do the work of a command; its exit status. What went wrong is said in one sentence."""
    try:
        work()
    except (ImportError, OSError, ValueError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    return 0


def told(asked: argparse.Namespace) -> str:
    """How a shard is named in what a command says last."""
    return "" if asked.shard == (0, 1) else " (part {}/{})".format(*asked.shard)
