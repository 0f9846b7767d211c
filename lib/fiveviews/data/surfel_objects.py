"""Real things for Pix2Scene's scenes: objects of `models/` that may stand in the room."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, zip_longest
from pathlib import Path

from fiveviews.data.models import choose, credit_of
from fiveviews.data.storage import data_root
from fiveviews.data.views import Credit
from fiveviews.meshes import load_mesh
from fiveviews.shapes.things import HOUSEHOLD, Thing, as_thing


def real_things(
    split: str = "test", root: str | Path | None = None, classes: Sequence[str] = HOUSEHOLD
) -> tuple[list[Thing], list[Credit]]:
    """Real bowls, bottles, mugs, cans, caps and bags, each named by its class, and their makers.

    The classes take turns: the first of each by name, then the second of each, and so on.

    classes: folders of `models/`.
    Raises FileNotFoundError where there is none of them, and ValueError for an unknown split.
    """
    folder = data_root(root) / "models"
    there = [name for name in classes if any((folder / name).glob("*.ply"))]
    if not there:
        raise FileNotFoundError(
            f"{folder} has no {', no '.join(classes)}; run "
            "`python data_scripts/fetch_open_models.py` (--bunny for the bunny), or "
            "`python data_scripts/import_models.py FOLDER` for meshes of your own"
        )
    turns = zip_longest(*(choose(name, split, root=root) for name in there))
    paths = [path for path in chain.from_iterable(turns) if path]
    things = [as_thing(path.parent.name, load_mesh(path)) for path in paths]
    return things, [credit_of(path) for path in paths]
