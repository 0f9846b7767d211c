"""Make questions of the mental rotation test, 3D-IQTT, into the data folder, and export them.

Questions are kept in files of 250, each written whole or not at all; stopped halfway, the same
command goes on where it stopped. SHA256SUMS beside them says what each file was when it was made,
and the command checks it. With --export the questions are also written in the published format
(HDF5, float32), labelled ones first.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from fiveviews.data import command, iqtt


def make(track: str, split: str, size: int, root: Path | None, first: int) -> Path:
    """One file of questions, made unless it is there."""
    iqtt.load_piece(track, split, first, size, root)
    return iqtt.piece_path(track, split, size, first, root)


def export(path: Path, questions: iqtt.Questions, n_labels: int) -> None:
    """Write questions in the published format: in two parts for training, whole for the others."""
    from fiveviews.data.iqtt_files import write_file

    if questions.split != "train":
        write_file(path, {"": questions})
        return
    parts = {"labeled": iqtt.labelled(questions, n_labels), "unlabeled": questions[n_labels:]}
    write_file(path, {name: part for name, part in parts.items() if len(part)})


def main() -> int:
    parser = command.options(__doc__)
    parser.add_argument("--track", choices=iqtt.TRACKS, default="other", help="default: other")
    parser.add_argument("--split", choices=iqtt.SPLITS, default="train", help="default: train")
    parser.add_argument("-n", type=int, default=4000, help="questions (default: %(default)s)")
    parser.add_argument("--size", type=int, default=iqtt.SIZE, help="pixels (default: %(default)s)")
    parser.add_argument("--export", type=Path, metavar="FILE.h5", help="write a published file too")
    parser.add_argument("--labels", type=int, default=1000, help="labelled ones in that file")
    asked = parser.parse_args()
    if asked.export and asked.shard != (0, 1):
        parser.error("--export takes all questions, so no --shard; export when all parts are made")

    def work() -> None:
        iqtt.pool(asked.root)  # once, before the processes would all draw it
        one = partial(make, asked.track, asked.split, asked.size, asked.root)
        starts = range(0, asked.n, iqtt.PIECE)
        made = command.make_all(one, starts, asked, f"{asked.track} {asked.split}")
        if asked.export:
            which = (asked.track, asked.split, asked.n, asked.size, asked.root)
            export(asked.export, iqtt.load_questions(*which), min(asked.labels, asked.n))
        folder = iqtt.piece_path(asked.track, asked.split, asked.size, 0, asked.root).parent
        print(f"{len(made)} of {len(starts)} files{command.told(asked)}: {folder}")

    return command.finish(work)


if __name__ == "__main__":
    raise SystemExit(main())
