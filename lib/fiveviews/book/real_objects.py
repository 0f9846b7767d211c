"""What the pages on objects that nobody here made share: whose may be shown, and their command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import torch

from fiveviews.data.views import Credit
from fiveviews.training import ledger

LICENCES = ("CC0", "CC-BY-3", "CC-BY-4")  # that ask for no more than the author's name


def number_of(names: Sequence[str], name: str, of: str) -> int:
    """Where an object stands among those of a set. Raises ValueError where it does not."""
    if name not in names:
        raise ValueError(f"no {of} {name!r}; there are {', '.join(names)}")
    return names.index(name)


def check_licence(credit: Credit) -> None:
    """Raise ValueError for an object whose pictures may not be passed on with a name alone."""
    if not credit.licence.startswith(LICENCES):
        raise ValueError(
            f"{credit.title} is under {credit.licence}, which asks for more than a name"
        )


def command(
    description: str,
    categories: Sequence[str],
    shown: Path,
    draw: Callable[[Path, str], None],
    measure: Callable[[Sequence[str], str], Iterable[str]],
) -> int:
    """The command line of a chapter: measure and print what was recorded, or draw what is shown.

    draw: writes pictures to a path, of a scale's networks. measure: of categories and a scale,
    records, and says so a line at a time. Returns the exit status.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--category", action="append", help="default: " + ", ".join(categories))
    parser.add_argument("--scale", choices=ledger.SCALES, default="lab", help="of the networks")
    parser.add_argument("--draw", action="store_true", help="write the pictures instead")
    options = parser.parse_args()
    torch.set_num_threads(1)
    try:
        if options.draw:
            draw(shown, options.scale)
            print(f"{shown}: {shown.stat().st_size / 1e3:.0f} kB")
            return 0
        for line in measure(options.category or categories, options.scale):
            print(line, flush=True)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0
