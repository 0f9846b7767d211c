"""Ask the recorded networks about real parts: python -m fiveviews.book.line_drawings_parts

Adds to the ledger what the networks of seed 0, whose weights are recorded, score on questions about
real parts; trains nothing. Needs the parts (data_scripts/fetch_open_models.py --parts). Also writes
the drawings of a few of them, which the chapter shows to readers who have no parts.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from fiveviews.book.line_drawings import LEDGER, weights
from fiveviews.book.pages import ROOT
from fiveviews.cameras import spare3d_views
from fiveviews.data import line_drawings_parts as real
from fiveviews.data import parts
from fiveviews.data.line_drawings import Questions, questions_of
from fiveviews.data.line_drawings_procedural import load_questions
from fiveviews.data.storage import read_npz, write_npz
from fiveviews.data.views import Credit
from fiveviews.metrics import wilson_interval
from fiveviews.models import line_drawings as t2i
from fiveviews.models import line_drawings_networks as networks
from fiveviews.models import line_drawings_pose as pose
from fiveviews.models.line_drawings_results import InkShortcut
from fiveviews.models.line_drawings_runs import SIZES
from fiveviews.render.lines import Drawing, draw
from fiveviews.training import ledger, provenance, recorded
from fiveviews.training.history import History

DATASET = "open models"
DRAWN = ROOT / "book" / "line_drawings" / "real_parts.npz"
EXACT = ROOT / "book" / "results" / "line_drawings" / "real_parts.json"
SHOWN = (  # names of the parts that the chapter shows
    "Battery/BatteryHolder_Bulgin_BX0036_1xC",
    "Button_Switch_THT/SW_CuK_JS202011CQN_DPDT_Straight",
    "Potentiometer_THT/Potentiometer_Bourns_3296Y_Vertical",
    "Heatsink/Heatsink_Stonecold_HS-132_32x14mm_2xFixation1.5mm",
    "Fuse/Fuseholder_Cylinder-5x20mm_Schurter_FAB_0031-355x_Horizontal_Closed",
)
WORDS = {
    ("t2i", "bce"): "T2I, contrast, no labels",
    ("t2i", "supervised_early"): "T2I, early fusion",
    ("t2i", "supervised_late"): "T2I, late fusion",
    ("t2i", "ink_shortcut"): "T2I, ink alone",
    ("i2p", "self_supervised"): "I2P, self-supervised",
    ("p2i", "self_supervised"): "P2I, self-supervised",
}
CREDIT = (
    f"Whose models these are, from the Debian package {parts.PACKAGE}. Drawings of them are works "
    "derived from them: this figure is under their licence, unlike the rest of the book."
)
SCORES = (
    "Share of right answers, one question per solid, one network per line; guessing gets 0.25. "
    "The intervals are Wilson's, over the parts."
)
VIEWS = ("f", "r", "t", "2")
FINE = 32_000  # steps in an image unit of the stored drawings: a fiftieth of a pixel and finer


def scores(
    scale: str, rows: Sequence[ledger.Row], asked: dict[str, Questions]
) -> Iterator[ledger.Row]:
    """A row of the ledger for each recorded network and each task that it answers.

    rows: the ledger's, of which the one of the same network on generated questions says what was
    trained, and how. asked: task -> questions.

    Raises ValueError where that row is missing, FileNotFoundError where the weights are.
    """
    n = SIZES[scale].n_train
    kinds: dict[tuple[str, int], Callable[[t2i.Recipe], nn.Module]] = {
        ("bce", 0): networks.Consistency,
        ("supervised_early", n): networks.EarlyFusion,
        ("supervised_late", n): networks.Consistency,
        ("self_supervised", n): lambda recipe: networks.PoseNetwork(recipe, networks.POSES),
    }
    for (name, n_train), build in kinds.items():
        path = weights(name, n_train)
        trained = recorded.load(path, lambda c, build=build: build(t2i.Recipe.of(c)))
        measure = pose.accuracy if name == "self_supervised" else t2i.accuracy
        for claim in ("i2p", "p2i") if name == "self_supervised" else ("t2i",):
            started = time.perf_counter()
            value = measure(trained.model, asked[claim])
            before = _before(rows, scale, claim, name, n_train)
            yield _row(before, value, asked[claim], started, trained.sha256)
    started = time.perf_counter()
    shortcut = InkShortcut.fit(load_questions("train", n, asked["t2i"].size))
    before = _before(rows, scale, "t2i", "ink_shortcut", n)
    yield _row(before, shortcut.accuracy(asked["t2i"]), asked["t2i"], started)


def _before(
    rows: Sequence[ledger.Row], scale: str, claim: str, name: str, n_train: int
) -> ledger.Row:
    """The network's row on generated questions."""
    wanted = {"claim": claim, "row": name, "n_train": n_train, "seed": 0, "scale": scale}
    found = ledger.select(rows, dataset="procedural", **wanted)
    found = [row for row in ledger.latest(found) if "poses" not in row.params]
    if not found:
        raise ValueError(
            f"the ledger has no {claim}/{name} of seed 0 with n_train = {n_train} at {scale}; "
            f"record it first: python -m fiveviews.book.line_drawings --scale {scale} --seeds 0"
        )
    return found[-1]


def _row(
    before: ledger.Row,
    value: float,
    asked: Questions,
    started: float,
    sha256: str | None = None,
) -> ledger.Row:
    history = History(provenance.device_name(torch.device("cpu")), before.seed)
    history.seconds = time.perf_counter() - started
    history.peak_mb = provenance.peak_mb(torch.device("cpu"))
    changed = {"value": value, "n_items": len(asked), "data_sha256": asked.sha256}
    changed |= {"dataset": DATASET, "paper_value": None, "weights_sha256": sha256}
    return replace(before, **changed, **history.provenance())


def write_drawings(path: Path, names: Sequence[str] = SHOWN) -> None:
    """Front, right, top and isometric drawing of some parts, with what their licence asks for.

    Raises ValueError for a part that is not there.
    """
    there = {part.name: (part, solid) for part, solid in parts.load()}
    if missing := [name for name in names if name not in there]:
        raise ValueError(f"there is no part {missing[0]}; the first is {next(iter(there))}")
    pieces, credits = [], []
    for i, name in enumerate(names):
        part, solid = there[name]
        drawing = draw(solid, spare3d_views(VIEWS))
        columns = drawing.view, drawing.visible, drawing.curve
        about = torch.stack([torch.full_like(drawing.view, i), *columns], 1)
        ends = (drawing.segments.flatten(1) * FINE).round()
        pieces.append(torch.cat([about, ends], 1).to(torch.int16).numpy())
        credits.append(list(vars(part.credit).values()))
    write_npz(path, pieces=np.concatenate(pieces), credits=np.array(credits))


def read_drawings(path: Path = DRAWN) -> list[tuple[Credit, Drawing]]:
    """The drawings that `write_drawings` wrote, each of four views, and whose work they show."""
    pieces, credits = read_npz(path, ("pieces", "credits"))
    found = []
    for i, credit in enumerate(credits.tolist()):
        mine = torch.from_numpy(pieces[pieces[:, 0] == i].astype(np.int64))
        ends = mine[:, 4:].double().reshape(-1, 2, 2) / FINE
        drawing = Drawing(ends, mine[:, 2].bool(), mine[:, 1], mine[:, 3], len(VIEWS))
        found.append((Credit(*credit), drawing))
    return found


def exact_agreement() -> dict[str, float]:
    """What data_scripts/compare_real_parts.py found: for how many parts, which share of our
    lines an exact kernel draws too, and which share of its lines we draw; of visible lines, and of
    hidden ones."""
    found = json.loads(EXACT.read_text("utf-8"))
    of = found["agreement"]
    shares = {"ours": of["visible_ours"], "exact": of["visible_exact"]}
    hidden = {name: of[name] for name in ("hidden_ours", "hidden_exact")}
    return {"compared": found["parts"], **shares, **hidden}


def titles(count: int) -> list[str]:
    """What stands over the drawings of so many parts: the letter of the part, and the view."""
    views = ("front", "right", "top", "isometric")
    return [f"{chr(65 + part)}, {view}" for part in range(count) for view in views]


def credits(drawn: Sequence[tuple[Credit, Drawing]]) -> list[dict[str, str]]:
    """Lines of a table: whose models the drawings are of."""
    return [{"row": chr(65 + i), **vars(credit)} for i, (credit, _) in enumerate(drawn)]


def beside(on_parts: Sequence[ledger.Row], generated: Sequence[ledger.Row]) -> list[dict[str, Any]]:
    """Lines of a table: what each network scores on real parts, beside its score on generated
    solids; with Wilson's interval over the parts."""
    lines = []
    for (claim, name), words in WORDS.items():
        for row in ledger.select(ledger.latest(on_parts), claim=claim, row=name):
            before = _before(generated, row.scale, claim, name, row.params["n_train"])
            mean, low, high, n = wilson_interval(row.value, row.n_items)
            line = {"row": words, "key": f"{claim}_{name}", "generated": before.value}
            lines.append(line | {"mean": mean, "low": low, "high": high, "n_items": n})
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scale", choices=t2i.RECIPES, default="lab", help="default: %(default)s")
    parser.add_argument("--draw", action="store_true", help="write the drawings too")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    try:
        if arguments.draw:
            write_drawings(DRAWN)
            print(f"{DRAWN}: {DRAWN.stat().st_size / 1e3:.0f} kB")
        size = t2i.recipe(arguments.scale).size
        views, cuts = real.load_views(size), real.load_questions(size)
        for drawn in (views, cuts):
            print(f"{drawn!r}; turned down: {dict(drawn.rejected)}")
        asked = {task: questions_of(views, task) for task in ("i2p", "p2i")} | {"t2i": cuts}
        rows = list(scores(arguments.scale, ledger.read(LEDGER), asked))
        ledger.append(LEDGER, rows)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    for row in rows:
        print(f"{row.claim} {row.row}: {row.value:.3f} on {row.n_items}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
