"""What the command line of `fiveviews.book.surfels` takes, and where a run of it lies."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from fiveviews.book.pages import RECORDS, RUNS
from fiveviews.data.iqtt import TRACKS
from fiveviews.data.iqtt_sets import SOURCES
from fiveviews.data.surfel_scenes import KINDS
from fiveviews.models import surfels
from fiveviews.models.surfels_tables import METHODS
from fiveviews.training import ledger

WORDS = ledger.WORDS["surfels"]  # only what has a row is run


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(description="Recording Pix2Scene.")
    commands = top.add_subparsers(dest="command", required=True)
    scenes = commands.add_parser("scenes", help="tables 1 and 2, and the ablation")
    scenes.add_argument("kind", choices=KINDS)
    scenes.add_argument("--variant", choices=WORDS["ablation"][0], default="whole")
    single = scenes.add_mutually_exclusive_group()
    single.add_argument("--classes", action="store_true", help="generate by class")
    single.add_argument(
        "--things", nargs="+", default=[], metavar="CLASS",
        help="stand these classes of models/ in the scenes of kind shapenet, instead of generated "
        "things",
    )  # fmt: skip
    untrained = commands.add_parser("untrained", help="depths without learning, of table 2")
    untrained.add_argument("kind", choices=KINDS)
    questions = commands.add_parser("iqtt", help="table 3")
    questions.add_argument("method", choices=METHODS)
    questions.add_argument("--labels", type=int, default=0)
    questions.add_argument("--track", choices=TRACKS, default="other")
    questions.add_argument(
        "--source", choices=SOURCES, default="procedural",
        help="of the questions; the published files lie under 3diqtt/ of the data folder",
    )  # fmt: skip
    questions.add_argument("--variant", choices=WORDS["iqtt_ablation"][0], default="whole")
    for command in (scenes, questions, untrained):
        command.add_argument("--scale", choices=surfels.RECIPES, default="lab")
        command.add_argument("--book", type=Path, default=RECORDS, help="default: %(default)s")
    for command in (scenes, questions):
        command.add_argument("--seed", type=int, default=0)
        command.add_argument("--steps", type=int, default=0, help="0: the recipe's")
        command.add_argument("--device", default="auto")
        command.add_argument("--ablation", action="store_true", help="the whole, as its first row")
        command.add_argument("--weights", action="store_true", help="keep the weights")
    return top


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of a command line; a usage error for a run that the ledger has no row for."""
    top = parser()
    options = top.parse_args(arguments)
    if options.command == "scenes" and options.classes and is_part(options):
        top.error("--classes records the whole method: leave out --variant and --ablation")
    if options.command == "iqtt" and options.method != "pix2scene" and is_part(options):
        top.error(f"--variant and --ablation are of pix2scene: leave them out of {options.method}")
    if options.command == "iqtt" and options.source == "official" and options.track != "other":
        top.error("the published files hold the track other: leave out --track")
    return options


def is_part(options: argparse.Namespace) -> bool:
    """Whether a run is a row of an ablation."""
    return options.variant != "whole" or options.ablation


def steps_of(options: argparse.Namespace) -> dict[str, int]:
    """The change of a recipe that the command line asks for, if any."""
    return {"steps": options.steps} if options.steps else {}


def checkpoints_of(options: argparse.Namespace, name: str, steps: int) -> Path:
    """The folder of a run's checkpoints, from which it goes on where it was killed."""
    return RUNS / options.scale / f"surfels_{name}_{options.seed}_{steps}"


def sheets_of(checkpoints: Path) -> Path:
    """The folder of a run's sheets of samples, beside its checkpoints, which it outlives."""
    return checkpoints.with_name(f"{checkpoints.name}_samples")
