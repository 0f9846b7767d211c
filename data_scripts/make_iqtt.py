"""Make questions of the mental rotation test, 3D-IQTT, into the data folder, and export them.

Questions are kept in files of 250, each written whole or not at all; stopped halfway, the same
command goes on where it stopped. SHA256SUMS beside them says what each file was when it was made,
and the command checks it. With --export the questions are also written in the published format
(HDF5, float32), labelled ones first.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from filelock import FileLock

from fiveviews.data import iqtt
from fiveviews.files import write_atomically
from fiveviews.progress import progress
from fiveviews.training.checkpoints import sha256_file


def make(track: str, split: str, first: int, size: int, root: Path | None) -> Path:
    """One file of questions, made unless it is there."""
    iqtt.load_piece(track, split, first, size, root)
    return iqtt.piece_path(track, split, size, first, root)


def check(paths: list[Path]) -> None:
    """Hold files against SHA256SUMS in their folder, and enter those that are not in it yet.

    Raises ValueError for a file that is no longer what it was.
    """
    sums = paths[0].with_name("SHA256SUMS")
    with FileLock(paths[0].with_name(".SHA256SUMS.lock")):
        lines = sums.read_text("utf-8").splitlines() if sums.exists() else []
        known = {line[66:]: line[:64] for line in lines}
        for path in progress(paths, "checking", unit="file"):
            found = sha256_file(path)
            if known.setdefault(path.name, found) != found:
                raise ValueError(
                    f"{path} is not the file that was made; remove it and run this again"
                )
        text = "".join(f"{digest}  {name}\n" for name, digest in sorted(known.items()))
        write_atomically(sums, text)


def export(path: Path, questions: iqtt.Questions, n_labels: int) -> None:
    """Write questions in the published format: in two parts for training, whole for the others."""
    from fiveviews.data.iqtt_files import write_file

    if questions.split != "train":
        write_file(path, {"": questions})
        return
    parts = {"labeled": iqtt.labelled(questions, n_labels), "unlabeled": questions[n_labels:]}
    write_file(path, {name: part for name, part in parts.items() if len(part)})


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--track", choices=iqtt.TRACKS, default="other", help="default: other")
    parser.add_argument("--split", choices=iqtt.SPLITS, default="train", help="default: train")
    parser.add_argument("-n", type=int, default=4000, help="questions (default: %(default)s)")
    parser.add_argument("--size", type=int, default=iqtt.SIZE, help="pixels (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default: %(default)s)")
    parser.add_argument("--root", type=Path, help="data folder (default: FIVEVIEWS_DATA or _data)")
    parser.add_argument("--export", type=Path, metavar="FILE.h5", help="write a published file too")
    parser.add_argument("--labels", type=int, default=1000, help="labelled ones in that file")
    options = parser.parse_args()
    iqtt.pool(options.root)  # once, before the processes would all draw it
    starts = range(0, options.n, iqtt.PIECE)
    fixed = (options.size, options.root)
    try:
        with ProcessPoolExecutor(options.jobs) as executor:
            made = [executor.submit(make, options.track, options.split, s, *fixed) for s in starts]
            label = f"{options.track} {options.split}"
            for one in progress(as_completed(made), label, total=len(made), unit="file"):
                one.result()
        check([one.result() for one in made])
        questions = iqtt.load_questions(options.track, options.split, options.n, *fixed)
        if options.export:
            export(options.export, questions, min(options.labels, options.n))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    print(f"{len(questions)} questions in {made[0].result().parent}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
