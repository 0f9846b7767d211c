"""Progress bars that know where they are drawn."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

from tqdm.auto import tqdm


def progress(
    steps: Iterable[Any] | None = None, label: str = "", disable: bool = False, **options: Any
) -> tqdm:
    """A bar at most once a second, in a terminal or a notebook; silent in log files and pipes.

    TQDM_DISABLE=1 in the environment silences it everywhere: pages are built so, since the widget
    that tqdm draws in a notebook is dead on a page. `options` are tqdm's own.
    """
    quiet = disable or os.environ.get("TQDM_DISABLE", "0") not in ("", "0")
    in_notebook = type(sys.stderr).__module__.startswith("ipykernel")
    unless_terminal = False if in_notebook else None  # None: tqdm looks for a terminal
    return tqdm(
        steps,
        label or None,
        mininterval=1.0,
        leave=False,
        disable=quiet or unless_terminal,
        **options,
    )
