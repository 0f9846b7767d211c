"""Record the runs behind the tables of the templates chapter: one process, one thing at a time.

For each seed and category: phase 1, Sol 1, contrastive pre-training, Sol 2 with and without it, and
their scores. Lines go to book/results/templates.jsonl, traces to book/results/templates/, of seed 0
also the weights to book/weights/templates/, unless the objects are real: --source models, or
official for the files of DeepSDF, DISN and ShapeNet under shapenet/ of the data folder. What the
ledger has is not done again, and what was being trained goes on from its checkpoint in _runs/, so
the same command goes on where it stopped.
To use several machines or processors, start it once for each --category or --seed.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from fiveviews.book.pages import LEDGERS, RECORDS, RUNS, WEIGHTS
from fiveviews.data.fields import SOURCES
from fiveviews.models.templates import RECIPES, recipe
from fiveviews.models.templates_data import load_objects
from fiveviews.models.templates_results import record_study
from fiveviews.models.templates_runs import VARIANTS, Study, load_sets
from fiveviews.models.templates_tables import CATEGORIES


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--category", action="append", help="default: chair, sofa, plane")
    parser.add_argument("--seed", type=int, action="append", help="default: 0, 1, 2")
    parser.add_argument("--scale", choices=RECIPES, default="lab", help="default: lab")
    parser.add_argument("--source", choices=SOURCES, default="procedural")
    parser.add_argument("--variant", choices=VARIANTS, default="", help="Sol 2 done otherwise")
    parser.add_argument(
        "--imagenet", type=Path, help="ResNet-18's weights, as published; only at --scale full"
    )
    parser.add_argument("--device", default="auto", help="default: auto")
    options = parser.parse_args()
    settings = recipe(options.scale)
    began = time.monotonic()
    try:
        for seed in options.seed or (0, 1, 2):
            for category in options.category or CATEGORIES:
                sets = load_sets(category, options.scale, options.source)
                train, test = (
                    load_objects(fields, settings.size, settings.levels) for fields in sets
                )
                other = options.variant or options.imagenet or options.source != "procedural"
                study = Study(
                    train,
                    settings,
                    options.scale,
                    seed,
                    weights=WEIGHTS / "templates",
                    runs=RUNS,
                    keep=seed == 0 and not other,
                    variant=options.variant,
                    imagenet=options.imagenet,
                    device=options.device,
                    progress=False,
                )
                for line in record_study(study, test, RECORDS):
                    print(f"{time.monotonic() - began:7.0f} s  {line}", flush=True)
    except (OSError, ValueError, RuntimeError, FloatingPointError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"stopped; the same command goes on ({LEDGERS} and {RUNS})", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
