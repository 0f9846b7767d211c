"""Record the runs of the line-drawing chapter: python -m fiveviews.book.line_drawings --help

Each task trains one network or a few and adds its scores to the ledger; some leave their weights
for the pages. Any number of processes share the tasks, and a task that is done is not done again.
With --source official the same tasks run on SPARE3D's own folders, as far as these reach.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from filelock import FileLock, Timeout

from fiveviews.book.pages import LEDGERS, RUNS, WEIGHTS
from fiveviews.data import line_drawings_procedural as procedural
from fiveviews.data import line_drawings_sets as sets
from fiveviews.models import line_drawings as t2i
from fiveviews.models import line_drawings_pose as pose
from fiveviews.models import line_drawings_runs as runs
from fiveviews.models.line_drawings_pretext import PRETEXTS
from fiveviews.models.line_drawings_runs import AMOUNTS, SIZES, Finished
from fiveviews.training import checkpoints, ledger, recorded

LEDGER = LEDGERS / "line_drawings.jsonl"
FOLDER = WEIGHTS / "line_drawings"
CURVE = {"smoke": (15, 25), "lab": (250, 500, 1000, 2800), "full": (1250, 2500, 5000, 14_000)}
KEPT = ("supervised_early", "supervised_late", "bce", "self_supervised")  # whose weights stay
ORDER = ("bce", "supervised_late", "supervised_early", "ntxent", "simclr", *PRETEXTS)
SEVERAL = ("supervised_early", "supervised_late", "bce")  # trained with several amounts


@dataclass(frozen=True)
class Task:
    """One piece of work: `claim` is t2i, pose, unseen or ink; `n` the objects of a pose task."""

    claim: str
    method: str
    seed: int
    n: int = 0

    def __str__(self) -> str:
        return "_".join(
            map(str, (self.claim, self.method, *((self.n,) if self.n else ()), self.seed))
        )


def tasks(scale: str, seeds: Sequence[int], methods: Sequence[str] = ()) -> list[Task]:
    """All tasks of a scale, what matters most first; `methods` leaves some out: it has methods,
    claims or what names of tasks begin with, up to a whole word."""
    found = [Task("ink", "ink_shortcut", 0)]
    found += [Task("t2i", method, seed) for method in ORDER for seed in seeds]
    both = ("self_supervised", "supervised")
    amounts = sorted(AMOUNTS[scale], key=lambda n: -abs(n - sum(AMOUNTS[scale]) / 2))
    found += [Task("pose", method, seed, n) for n in amounts for method in both for seed in seeds]
    found += [Task("unseen", method, seed) for method in both for seed in seeds]
    return [t for t in found if not methods or any(_meant(t, word) for word in methods)]


def _meant(task: Task, word: str) -> bool:
    return word in (task.claim, task.method) or f"{task}_".startswith(f"{word}_")


def make_data(scale: str, size: int) -> None:
    """Fill the cache with all that the tasks of a scale take, beside other processes."""
    sizes = SIZES[scale]
    wanted = [
        ("pairs", "train", sizes.n_pairs),
        ("questions", "train", max(CURVE[scale])),
        ("questions", "test", sizes.n_test),
        ("views", "train", max(AMOUNTS[scale])),
        ("views", "test", sizes.n_test),
        ("poses", "train", sizes.n_train // 2),
        ("poses", "test", sizes.n_test // 4),
        ("questions", "val", sizes.n_val),
        ("views", "val", sizes.n_val),
    ]
    for kind, split, n in wanted:
        procedural.fill(kind, split, n, size)


def do(
    task: Task,
    scale: str,
    recipe: t2i.Recipe,
    device: str,
    folder: Path | None = None,
    source: str = "procedural",
) -> list[Finished]:
    """Run a task, add its rows to the ledger, and keep the weights that the pages show.

    folder: of its checkpoints, from which a run that was killed goes on.
    source: of the drawings; of official ones as many as there are, where these are fewer.

    Raises ValueError for a pose task of more objects than there are; and as `load_questions` does.
    """
    sizes, options = SIZES[scale], {"device": device, "progress": False, "folder": folder}
    kept = {"size": recipe.size, "source": source}
    if task.claim in ("t2i", "ink"):
        amounts = CURVE[scale] if task.method in SEVERAL else (sizes.n_train,)
        data = runs.load_t2i(replace(sizes, n_train=max(amounts)), **kept)
        digest, there = data.train.sha256, len(data.train)
        amounts = sorted({min(n, there) for n in amounts})
        if task.claim == "ink":
            data = replace(data, train=data.train[: sizes.n_train])
            done = [runs.run_ink(data, task.seed)]
        else:
            done = runs.run_t2i(task.method, recipe, data, task.seed, amounts, **options)
    elif task.claim == "pose":
        data = runs.load_poses(replace(sizes, n_train=task.n), **kept)
        digest = data.views.sha256
        done = runs.run_pose(task.method, recipe, data, task.seed, **options)
    else:
        train = sets.load_views("train", sizes.n_train // 2, unseen=True, **kept)
        test = sets.load_views("test", sizes.n_test // 4, unseen=True, **kept)
        digest, start = train.sha256, None
        if task.method == "self_supervised":  # on the eight poses of other objects
            views = sets.load_views("train", sizes.n_train, **kept)
            before = options | {"folder": folder and folder / "start"}
            start, _ = pose.train(views, recipe, seed=task.seed, **before)
        done = runs.run_unseen(task.method, recipe, train, test, task.seed, start, **options)
    for finished in done:
        ours = task.seed == 0 and source == "procedural"
        sha256 = keep(finished, scale, recipe) if ours else None
        ledger.append(LEDGER, [runs.ledger_row(finished, scale, digest, sha256, source)])
    return done


def weights(row: str, n_train: int) -> Path:
    """Where the recorded network of a row lies: of seed 0."""
    return FOLDER / f"{row}_{n_train}_0.safetensors"


def keep(finished: Finished, scale: str, recipe: t2i.Recipe) -> str | None:
    """Record the weights that the pages show; None for those that they don't."""
    n, sizes = int(finished.params["n_train"]), SIZES[scale]
    shown = {"t2i": (0, sizes.n_train), "i2p": (sizes.n_train,), "p2i": ()}[finished.claim]
    if finished.row not in KEPT or n not in shown or scale == "smoke" or "poses" in finished.params:
        return None
    path = weights(finished.row, n)
    config = runs.config(recipe, sizes)
    return recorded.record(path, finished.model, finished.history, config=config, scale=scale)


def missing(rows: Sequence[ledger.Row], scale: str) -> dict[str, str]:
    """What the ledger's rows of a scale still lack: the word that `--only` takes -> in words."""
    rows = [row for row in rows if row.dataset == "procedural"]
    there = {(r.claim, r.row, r.params.get("n_train")) for r in rows if "poses" not in r.params}
    methods = {row.removesuffix("_finetuned") for claim, row, _ in there if claim == "t2i"}
    found = {method: f"T2I by {method}" for method in ORDER if method not in methods}
    whole = [("i2p", "supervised"), ("i2p", "self_supervised")]
    amounts = [n for n in AMOUNTS[scale] if any((*pair, n) not in there for pair in whole)]
    if amounts:
        found["pose"] = f"I2P and P2I of {', '.join(f'{n:,}' for n in amounts)} objects"
    if not any("poses" in row.params for row in rows):
        found["unseen"] = "poses that nobody saw"
    return found


def what_is_missing(rows: Sequence[ledger.Row], scale: str) -> str:
    """The same for a reader, with the command that records it."""
    if not (gaps := missing(rows, scale)):
        return f"Everything is recorded at scale {scale}."
    listed = "\n".join(f"  - {words}" for words in gaps.values())
    command = (
        f"  python -m fiveviews.book.line_drawings --scale {scale} \\\n    --only {' '.join(gaps)}"
    )
    return (
        f"Not recorded yet at scale {scale}:\n{listed}\nTo record it (--help says more):\n{command}"
    )


def work(
    todo: Sequence[Task],
    scale: str,
    recipe: t2i.Recipe,
    device: str,
    folder: Path,
    source: str = "procedural",
) -> Iterator[str]:
    """Do what is left of the tasks, beside other processes; yields a line for each score."""
    folder.mkdir(parents=True, exist_ok=True)
    for task in todo:
        done = folder / f"{task}.done"
        try:
            with FileLock(folder / f"{task}.lock", timeout=0):
                if not done.exists():
                    kept = folder / str(task)
                    finished = do(task, scale, recipe, device, kept, source)
                    yield from map(runs.describe, finished)
                    done.touch()
                    checkpoints.discard(kept)
        except Timeout:
            continue


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", choices=t2i.RECIPES, default="lab", help="default: %(default)s")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument(
        "--only", nargs="*", default=[], help="claims, methods, tasks; default: all"
    )
    parser.add_argument(
        "--source", choices=sets.SOURCES, default="procedural",
        help="of the drawings; official ones lie under spare3d/ of the data folder (default: "
        "%(default)s)",
    )  # fmt: skip
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--jobs", type=int, default=1, help="processes; default: %(default)s")
    parser.add_argument("--steps", type=int, help="of every training, to try something out")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // arguments.jobs))
    changes = {}
    if arguments.steps:
        changes = dict.fromkeys(("steps", "pairs_steps", "pose_steps"), arguments.steps)
    recipe = t2i.recipe(arguments.scale, **changes)
    todo = tasks(arguments.scale, arguments.seeds, arguments.only)
    source = arguments.source
    name = f"{arguments.scale}_{arguments.steps or 'whole'}"
    folder = RUNS / "line_drawings" / (name if source == "procedural" else f"{name}_{source}")
    started, helpers = time.perf_counter(), []
    try:
        if source == "official" and any(task.n for task in todo):
            there, asked = sets.count_views(), len(todo)
            todo = [task for task in todo if task.n <= there]
            if (left_out := asked - len(todo)) and not arguments.worker:
                print(f"{left_out} tasks need views of more than the {there} objects there are")
        if not arguments.worker:
            print(f"{len(todo)} tasks; first the data", flush=True)
            command = [sys.executable, "-m", "fiveviews.book.line_drawings", *sys.argv[1:]]
            command.append("--worker")
            helpers = [subprocess.Popen(command) for _ in range(arguments.jobs - 1)]
        if source == "procedural":
            make_data(arguments.scale, recipe.size)
            print(f"{time.perf_counter() - started:6.0f} s  the data are there", flush=True)
        for line in work(todo, arguments.scale, recipe, arguments.device, folder, source):
            print(f"{time.perf_counter() - started:6.0f} s  {line}", flush=True)
        failed = sum(helper.wait() != 0 for helper in helpers)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    finally:
        for helper in helpers:
            helper.terminate()
    left = [task for task in todo if not (folder / f"{task}.done").exists()]
    if not arguments.worker:
        print(f"{len(todo) - len(left)} of {len(todo)} tasks done; {failed} processes failed")
    return 1 if left and not arguments.worker else 0


if __name__ == "__main__":
    raise SystemExit(main())
