"""Recording Pix2Scene: runs from a command line, into the ledger, weights and small traces.

    python -m fiveviews.book.surfels scenes box_rotation --seed 0
    python -m fiveviews.book.surfels iqtt pix2scene --labels 1000 --track mirror --seed 0
    python -m fiveviews.book.surfels untrained box_rotation  # depths that need no training

Runs of one machine may go side by side: each appends its lines to the ledger in one write.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from fiveviews.book.surfels_options import parse
from fiveviews.book.surfels_questions import run_questions
from fiveviews.book.surfels_scenes import run_scenes, run_untrained


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    options = parse(arguments)
    runs = {"scenes": run_scenes, "iqtt": run_questions, "untrained": run_untrained}
    try:
        runs[options.command](options)
    except (ValueError, RuntimeError, OSError, FloatingPointError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
