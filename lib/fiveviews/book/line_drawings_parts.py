"""Ask the recorded networks about real parts: python -m fiveviews.book.line_drawings_parts

Adds to the ledger what the networks of seed 0, whose weights are recorded, score on questions about
real parts; trains nothing. Needs the parts (data_scripts/fetch_open_models.py --parts, or --bricks
for `--kind bricks`). With --draw also writes the drawings of a few of them, which the chapter shows
to readers who have no parts.
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

from fiveviews import memory
from fiveviews.book.line_drawings import LEDGER, weights
from fiveviews.book.pages import ROOT
from fiveviews.cameras import spare3d_views
from fiveviews.data import bricks, parts
from fiveviews.data import line_drawings_parts as real
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
from fiveviews.solids import Solid
from fiveviews.solids.bricks import Brick, attached
from fiveviews.training import ledger, provenance, recorded
from fiveviews.training.history import History

DATASET = "open models"
CPU = torch.device("cpu")
DRAWN = {
    "parts": ROOT / "book" / "line_drawings" / "real_parts.npz",
    "bricks": ROOT / "book" / "line_drawings" / "bricks.npz",
}
EXACT = ROOT / "book" / "results" / "line_drawings" / "real_parts.json"
SHOWN = {  # names of what the chapter shows; `a+b` is b on a stud of a
    "parts": (
        "Battery/BatteryHolder_Bulgin_BX0036_1xC",
        "Button_Switch_THT/SW_CuK_JS202011CQN_DPDT_Straight",
        "Potentiometer_THT/Potentiometer_Bourns_3296Y_Vertical",
        "Heatsink/Heatsink_Stonecold_HS-132_32x14mm_2xFixation1.5mm",
        "Fuse/Fuseholder_Cylinder-5x20mm_Schurter_FAB_0031-355x_Horizontal_Closed",
    ),
    "bricks": ("28920", "30358", "51377", "4871", f"4871+{real.ON_TOP}"),
}
WORDS = {
    ("t2i", "bce"): "T2I, contrast, no labels",
    ("t2i", "supervised_early"): "T2I, early fusion",
    ("t2i", "supervised_late"): "T2I, late fusion",
    ("t2i", "ink_shortcut"): "T2I, ink alone",
    ("i2p", "self_supervised"): "I2P, self-supervised",
    ("p2i", "self_supervised"): "P2I, self-supervised",
}
NAMES = {"parts": "components", "bricks": "toy bricks"}
CREDIT = (
    f"Whose models these are, from the Debian packages {parts.PACKAGE} and {bricks.PACKAGE}. "
    "Drawings of them are works derived from them, so the two figures are under these licences."
)
SCORES = (
    "Share of right answers, one question per solid, one network per line; guessing gets 0.25. "
    "The intervals are Wilson's, over the parts."
)
VIEWS = ("f", "r", "t", "2")
FINE = 32_000  # steps in an image unit of the stored drawings: a fiftieth of a pixel and finer


def scores(
    scale: str, rows: Sequence[ledger.Row], asked: dict[str, Questions], kind: str = "parts"
) -> Iterator[ledger.Row]:
    """A row of the ledger for each recorded network and each task that it answers.

    rows: the ledger's, of which the one of the same network on generated questions says what was
    trained, and how. asked: task -> questions. kind: of the real parts, `parts` or `bricks`.

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
            started = _started()
            value = measure(trained.model, asked[claim])
            before = _before(rows, scale, claim, name, n_train)
            yield _row(before, kind, value, asked[claim], started, trained.sha256)
    started = _started()
    shortcut = InkShortcut.fit(load_questions("train", n, asked["t2i"].size))
    before = _before(rows, scale, "t2i", "ink_shortcut", n)
    value = shortcut.accuracy(asked["t2i"])
    yield _row(before, kind, value, asked["t2i"], started, None)


def _started() -> float:
    """The time by the clock; the greatest memory counts from now, too."""
    memory.forget_peak(CPU)
    return time.perf_counter()


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
    kind: str,
    value: float,
    asked: Questions,
    started: float,
    sha256: str | None,
) -> ledger.Row:
    history = History(provenance.device_name(CPU), before.seed)
    history.seconds = time.perf_counter() - started
    history.peak_mb = memory.peak_mb(CPU)
    changed = {"value": value, "n_items": len(asked), "data_sha256": asked.sha256}
    changed |= {"dataset": DATASET, "category": kind, "paper_value": None, "weights_sha256": sha256}
    return replace(before, **changed, **history.provenance())


def write_drawings(path: Path, names: Sequence[str], kind: str = "parts") -> None:
    """Front, right, top and isometric drawing of some parts, with what their licence asks for.

    Raises ValueError for a part that is not there.
    """
    there = {part.name: (part.credit, thing) for part, thing in real.load(kind)}
    if missing := {*"+".join(names).split("+")} - {*there}:
        raise ValueError(f"there is no part {min(missing)}; the first is {next(iter(there))}")
    pieces, credits = [], []
    for i, name in enumerate(names):
        credit, solid = _together(*(there[one] for one in name.split("+")))
        drawing = draw(solid, spare3d_views(VIEWS))
        columns = drawing.view, drawing.visible, drawing.curve
        about = torch.stack([torch.full_like(drawing.view, i), *columns], 1)
        ends = (drawing.segments.flatten(1) * FINE).round()
        pieces.append(torch.cat([about, ends], 1).to(torch.int16).numpy())
        credits.append(list(vars(credit).values()))
    write_npz(path, pieces=np.concatenate(pieces), credits=np.array(credits))


def _together(
    below: tuple[Credit, Solid | Brick], above: tuple[Credit, Brick] | None = None
) -> tuple[Credit, Solid]:
    """A part, or a brick with another on its first stud, and whose work that is."""
    credit, thing = below
    if above is None:
        return credit, real.solid_of(thing)
    (solid,) = attached(thing, above[1], [0])
    both = {"title": f"{credit.title}; {above[0].title}"}
    if credit.author != above[0].author:
        both["author"] = f"{credit.author}; {above[0].author}"
    return replace(credit, **both), solid


def read_drawings(path: Path = DRAWN["parts"]) -> list[tuple[Credit, Drawing]]:
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


def titles(count: int, before: int = 0) -> list[str]:
    """What stands over the drawings of so many parts: the letter of the part, which goes on after
    those of others, and the view."""
    views = ("front", "right", "top", "isometric")
    return [f"{chr(65 + before + part)}, {view}" for part in range(count) for view in views]


def credits(drawn: Sequence[tuple[Credit, Drawing]]) -> list[dict[str, str]]:
    """Lines of a table: whose models the drawings are of."""
    return [{"row": chr(65 + i), **vars(credit)} for i, (credit, _) in enumerate(drawn)]


def beside(on_parts: Sequence[ledger.Row], generated: Sequence[ledger.Row]) -> list[dict[str, Any]]:
    """Lines of a table: what each network scores on each kind of real parts, beside its score on
    generated solids; with Wilson's interval over the parts."""
    lines = []
    for (claim, name), words in WORDS.items():
        for kind, things in NAMES.items():
            mine = {"claim": claim, "row": name, "category": kind}
            for row in ledger.select(ledger.latest(on_parts), **mine):
                before = _before(generated, row.scale, claim, name, row.params["n_train"])
                mean, low, high, n = wilson_interval(row.value, row.n_items)
                line = {"row": f"{words}: {things}", "key": f"{kind}_{claim}_{name}"}
                line |= {"generated": before.value, "mean": mean, "low": low, "high": high}
                lines.append(line | {"n_items": n})
    return lines


def glued(lines: Sequence[dict[str, Any]]) -> dict[str, float]:
    """The same numbers under names for the text: `parts_t2i_bce`, `generated_t2i_bce`, …"""
    found = {}
    for line in lines:
        kind, _, which = line["key"].partition("_")
        found |= {f"{kind}_{which}": line["mean"], f"generated_{which}": line["generated"]}
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scale", choices=t2i.RECIPES, default="lab", help="default: %(default)s")
    parser.add_argument("--kind", choices=SHOWN, default="parts", help="default: %(default)s")
    parser.add_argument("--draw", action="store_true", help="write the drawings too")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    try:
        kind = arguments.kind
        if arguments.draw:
            write_drawings(DRAWN[kind], SHOWN[kind], kind)
            print(f"{DRAWN[kind]}: {DRAWN[kind].stat().st_size / 1e3:.0f} kB")
        size = t2i.recipe(arguments.scale).size
        views, cuts = real.load_views(size, kind=kind), real.load_questions(size, kind=kind)
        for drawn in (views, cuts):
            print(f"{drawn!r}; turned down: {dict(drawn.rejected)}")
        asked = {task: questions_of(views, task) for task in ("i2p", "p2i")} | {"t2i": cuts}
        rows = list(scores(arguments.scale, ledger.read(LEDGER), asked, kind))
        ledger.append(LEDGER, rows)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    for row in rows:
        print(f"{row.claim} {row.row}: {row.value:.3f} on {row.n_items}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
