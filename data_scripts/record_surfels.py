"""Record the runs behind the tables of the surfels chapter, several at a time.

Runs come in the order in which the pages need them; --seconds ends the launching, --only picks a
part by words of its command. Each run appends its lines to the chapter's ledger,
book/results/surfels.jsonl, and writes its small trace; what it says goes to _runs/surfels_logs.
FIVEVIEWS_RECORDS names another folder for all of these. A run whose lines are there is not done
again, so the same command goes on where it stopped.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fiveviews.book.pages import LEDGERS, ROOT, RUNS
from fiveviews.book.surfels import parse
from fiveviews.training import ledger

PARTS = (  # command of fiveviews.book.surfels, seeds
    ("scenes box_rotation --weights", 1),
    ("iqtt pix2scene --labels 1000", 3),
    ("iqtt pix2scene --labels 200", 3),
    ("iqtt siamese --labels 1000", 3),
    ("iqtt siamese --labels 200", 3),
    ("iqtt cnn --labels 1000", 3),
    ("iqtt cnn --labels 200", 3),
    ("scenes box_rotation", 3),
    ("iqtt pix2scene --labels 0", 3),
    ("iqtt contrastive", 3),
    ("iqtt siamese --labels 0", 3),
    ("iqtt cnn --labels 0", 3),
    ("scenes shapes", 3),
    ("scenes multiple_shapes", 1),
    ("scenes shapenet --classes", 1),
    ("iqtt contrastive --track mirror", 3),
    ("iqtt pix2scene --labels 1000 --track mirror", 3),
    ("iqtt siamese --labels 1000 --track mirror", 3),
    ("scenes box_translation", 3),
    ("scenes box_rotation --variant inverted_sign", 1),
    ("scenes box_rotation --variant no_smoothness", 1),
    ("scenes box_rotation --variant no_adversary", 1),
    ("scenes box_rotation --variant last_sample", 1),
    ("iqtt pix2scene --labels 1000 --ablation", 1),
    ("iqtt pix2scene --labels 1000 --variant no_pictures", 1),
    ("iqtt pix2scene --labels 1000 --variant detached_information", 1),
    ("iqtt pix2scene --labels 1000 --variant no_information", 1),
    ("iqtt pix2scene --labels 1000 --variant asked_more", 1),
    ("iqtt pix2scene --labels 1000 --variant asked_always", 1),
    ("scenes box_rotation --variant no_reconstruction", 1),
    ("scenes box_rotation --variant random_lights", 1),
    ("iqtt cnn --labels 1000 --track mirror", 3),
    ("scenes multiple_shapes", 3),
    ("scenes furnished", 1),
    ("scenes shapenet --things bunny", 1),
    ("iqtt siamese --labels 10000", 3),
    ("iqtt pix2scene --labels 10000", 3),
    ("iqtt cnn --labels 10000", 3),
)


def runs() -> list[str]:
    """All runs, one command line each, without repeating a run that keeps its weights."""
    lines = [f"{part} --seed {seed}" for part, seeds in PARTS for seed in range(seeds)]
    kept = {line.replace(" --weights", "") for line in lines if " --weights" in line}
    return [line for line in dict.fromkeys(lines) if line not in kept]


def finished(line: str, scale: str, rows: list[ledger.Row]) -> bool:
    """Whether the ledger holds what a run writes."""
    run = parse([*line.split(), "--scale", scale])
    if run.command == "scenes" and run.classes:
        about = {"scale": scale, "seed": run.seed, "category": run.kind}
        return bool(ledger.select(rows, claim="objects", row="pix2scene", **about))
    part = run.variant != "whole" or run.ablation
    found = {"scale": scale, "seed": run.seed}
    if run.command == "scenes":
        kind = "_".join(run.things) or run.kind
        whole = "complex" if run.things or kind == "furnished" else "table1"
        found |= {"claim": "ablation" if part else whole, "category": kind}
        return bool(ledger.select(rows, row=run.variant if part else "pix2scene", **found))
    found |= {"claim": "iqtt_ablation" if part else "iqtt", "n_labels": run.labels}
    row = run.variant if part else run.method
    return bool(ledger.select(rows, row=row, track=run.track, **found))


def prepare(jobs: int) -> None:
    """Make the questions that the runs would otherwise all wait for."""
    for track, labelled in (("other", 10_000), ("mirror", 4000)):
        for split, n in {"train": labelled, "val": 250, "test": 1000}.items():
            command = [sys.executable, str(ROOT / "data_scripts" / "make_iqtt.py"), "-n", str(n)]
            command += ["--track", track, "--split", split, "--jobs", str(jobs)]
            subprocess.run(command, check=True, cwd=ROOT)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="start none after")
    parser.add_argument("--only", default="", help="runs whose command holds these words")
    parser.add_argument("--scale", default="lab", help="default: lab")
    parser.add_argument("--device", default="auto", help="default: auto")
    parser.add_argument("--list", action="store_true", help="print the commands and do nothing")
    options = parser.parse_args()
    prefix = [sys.executable, "-W", "ignore", "-m", "fiveviews.book.surfels"]
    suffix = ["--scale", options.scale, "--device", options.device]
    rows = ledger.read(LEDGERS / "surfels.jsonl")
    wanted = [line for line in runs() if options.only in line]
    wanted = [line for line in wanted if not finished(line, options.scale, rows)]
    if options.list:
        print("\n".join(" ".join([*prefix[3:], line, *suffix]) for line in wanted))
        return 0
    (RUNS / "surfels_logs").mkdir(parents=True, exist_ok=True)
    began, lock = time.monotonic(), threading.Lock()
    if options.scale == "lab" and any(line.startswith("iqtt") for line in wanted):
        prepare(options.jobs)
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}

    def one(line: str) -> bool:
        if time.monotonic() - began > options.seconds:
            return True
        started = time.monotonic()
        log = RUNS / "surfels_logs" / (line.replace(" ", "_").replace("--", "") + ".txt")
        with open(log, "w", encoding="utf-8") as file:
            command = [*prefix, *line.split(), *suffix]
            code = subprocess.call(
                command, stdout=file, stderr=subprocess.STDOUT, env=environment, cwd=ROOT
            )
        with lock:
            last = (Path(log).read_text("utf-8").strip().splitlines() or [""])[-1]
            print(f"{time.monotonic() - started:6.0f} s  {line}  {last}", flush=True)
        return code == 0

    with ThreadPoolExecutor(options.jobs) as pool:
        fine = list(pool.map(one, wanted))
    return 0 if all(fine) else 1


if __name__ == "__main__":
    raise SystemExit(main())
