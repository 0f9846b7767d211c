"""The tables of Pix2Scene: the paper's numbers, and rows of the ledger in their form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from fiveviews.training import ledger
from fiveviews.training.compare import score

METRICS = ("hausdorff_f", "hausdorff_r", "mse_depth")
METHODS = ("pix2scene", "cnn", "siamese", "contrastive")
NAMES = dict(zip(METHODS, ("Pix2Scene", "CNN", "Siamese CNN", "contrastive"), strict=True))
ANGLES = (5, 35, 55, 80)  # of table 2
PAPER = "Pix2Scene, paper"
HEADS = {  # of the columns
    "mse_depth": "MSE of depth",
    "hausdorff_f": "Hausdorff F",
    "hausdorff_r": "Hausdorff R",
    "seeds": "seeds",
}
DIFFERENCE = {
    "row": "",
    "mean": "difference [95 % CI]",
    "seeds": "seeds",
    "verdict": "verdict",
}

# What the pages show: kinds of scenes, labels of each method by track, seeds, and the ablations.
SHOWN = ("box_rotation", "box_translation", "shapes", "multiple_shapes")
LABELS = {
    "other": dict.fromkeys(METHODS[:3], (0, 200, 1000, 10_000)) | {"contrastive": (0,)},
    "mirror": dict.fromkeys(METHODS[:3], (1000,)) | {"contrastive": (0,)},
}
SEEDS = 3
SCENE_CHANGES = {  # variant -> its name in a figure, and what it changes
    "whole": ("whole", "everything, as above"),
    "no_smoothness": ("no price", "no price on bends"),
    "inverted_sign": ("wrong sign", "released code: the price has the wrong sign"),
    "last_sample": ("last pays", "released code: only the batch's last picture pays it"),
    "no_adversary": ("no critic", "no critic, no way from code to code"),
    "no_reconstruction": ("critic alone", "the critic alone"),
    "random_lights": ("any lights", "pictures, and what is drawn of them, under random lights"),
    "random_lights_critic": ("both", "the critic alone, and random lights"),
}
IQTT_CHANGES = {  # without `as_printed`, which has no lower bound and diverges
    "whole": "everything",
    "detached_information": "released code: the encoder gets no gradient of it",
    "no_information": "no information term at all",
    "no_pictures": "questions and information only, nothing is drawn",
    "asked_more": "questions in every second step, not in every tenth",
    "asked_always": "questions in every step",
    "centred": "the decoder begins with every depth at the wall's",
}

# Tables 1 and 2 by kind of scene (and angle), table 3 by labels.
TABLE1 = {
    "box_translation": (0.087, 0.093, 0.032),
    "box_rotation": (0.102, 0.183, 0.022),
    "shapes": (0.125, 0.191, 0.038),
}
TABLE2 = {
    ("shapes", 5): (0.110, 0.156, 0.012),
    ("shapes", 35): (0.143, 0.191, 0.021),
    ("shapes", 55): (0.140, 0.189, 0.022),
    ("shapes", 80): (0.161, 0.202, 0.027),
    ("multiple_shapes", 5): (0.256, 0.308, 0.070),
    ("multiple_shapes", 35): (0.301, 0.355, 0.091),
    ("multiple_shapes", 55): (0.282, 0.329, 0.088),
    ("multiple_shapes", 80): (0.272, 0.316, 0.083),
}
TABLE3 = {
    "cnn": {0: 0.3385, 200: 0.3350, 1000: 0.3392, 10_000: 0.3649},
    "siamese": {0: 0.3698, 200: 0.3610, 1000: 0.3701, 10_000: 0.3752},
    "pix2scene": {0: 0.4372, 200: 0.4691, 1000: 0.5567, 10_000: 0.5983},
}
HUMANS, CHANCE = 0.7329, 1 / 3
HUMANS_SPREAD = 0.1488  # what the paper writes after its ±, without saying what that is


def wide(rows: Iterable[ledger.Row], by: Sequence[str]) -> list[dict[str, Any]]:
    """One line for each value of `by`, with the metrics as columns, means over seeds."""
    lines: dict[tuple[Any, ...], dict[str, Any]] = {}
    for line in ledger.table(rows, (*by, "metric")):
        key = tuple(line[name] for name in by)
        entry = lines.setdefault(key, dict(zip(by, key, strict=True)))
        entry |= {line["metric"]: line["mean"], "seeds": line["seeds"]}
    return list(lines.values())


def table1(rows: Iterable[ledger.Row]) -> list[dict[str, Any]]:
    """Lines of table 1, the paper's first in each kind of scenes."""
    paper = [
        {"category": kind, "row": PAPER, "seeds": None} | dict(zip(METRICS, values, strict=True))
        for kind, values in TABLE1.items()
    ]
    lines = paper + wide(rows, ("category", "row"))
    return sorted(lines, key=lambda line: line["category"])


def table2(rows: Iterable[ledger.Row]) -> list[dict[str, Any]]:
    """Lines of table 2, the paper's first at each angle; also of kinds that it does not have."""
    paper = [
        {"category": kind, "angle": angle, "row": PAPER, "seeds": None}
        | dict(zip(METRICS, values, strict=True))
        for (kind, angle), values in TABLE2.items()
    ]
    lines = paper + wide(rows, ("category", "angle", "row"))
    return sorted(lines, key=lambda line: (line["category"], line["angle"]))


def across(lines: Iterable[Mapping[str, Any]], of: str, metric: str) -> list[dict[str, Any]]:
    """The lines of a table as fewer and wider ones: a column of one metric for each value of `of`.

    of: "category" or "angle". A line has the seeds of its numbers, as words where they differ.
    """
    wider: dict[tuple[Any, ...], dict[str, Any]] = {}
    seeds: dict[tuple[Any, ...], set[int]] = {}
    for line in lines:
        about = {k: line[k] for k in ("category", "row") if k != of}
        key = tuple(about.values())
        wider.setdefault(key, about)[line[of]] = line[metric]
        seeds.setdefault(key, set()).update({line["seeds"]} - {None})
    for key, found in seeds.items():
        several = f"{min(found)}–{max(found)}" if len(found) > 1 else None
        wider[key]["seeds"] = several or next(iter(found), None)
    return list(wider.values())


def table3(rows: Sequence[ledger.Row]) -> list[dict[str, Any]]:
    """Lines of table 3 by track, labels and method; those of the paper that nobody has run here
    have no mean."""
    keys = {("other", labels, method) for method in TABLE3 for labels in TABLE3[method]}
    keys |= {(row.params["track"], row.params["n_labels"], row.row) for row in rows}
    lines = []
    for track, labels, method in sorted(
        keys, key=lambda key: (key[0] != "other", key[1], METHODS.index(key[2]))
    ):
        found = ledger.select(rows, track=track, n_labels=labels, row=method)
        paper = TABLE3.get(method, {}).get(labels) if track == "other" else None
        about = {"track": track, "labels": labels, "paper": paper}
        lines.append(score(NAMES[method], {r.seed: r.value for r in found}, **about))
    return lines


def shares(rows: Sequence[ledger.Row]) -> dict[str, float]:
    """Means of table 3 by what they are of, e.g. `mirror_siamese_1000`."""
    values: dict[str, list[float]] = {}
    for row in rows:
        of = row.params["track"], row.row, row.params["n_labels"]
        values.setdefault("_".join(map(str, of)), []).append(row.value)
    return {name: fmean(of) for name, of in values.items()}


def objects(rows: Iterable[ledger.Row]) -> list[dict[str, Any]]:
    """Lines of the table of household things: generated ones first, then real ones."""
    words = {"procedural": "generated", "open models": "real"}
    lines = []
    for dataset, objects in words.items():
        found = wide([row for row in rows if row.dataset == dataset], ("row",))
        lines += [line | {"objects": objects} for line in found]
    return lines


def shares_left(lines: Iterable[Mapping[str, Any]], by: str) -> dict[str, float]:
    """What Pix2Scene leaves of the squared errors of the other rows, e.g. `bunny_of_constant`.

    lines: of a table with columns `row`, `mse_depth` and the column `by`.
    """
    errors = {(x[by], x["row"]): x["mse_depth"] for x in lines}
    return {
        f"{of}_of_{row.removesuffix('_depth')}": errors[of, "pix2scene"] / error
        for (of, row), error in errors.items()
        if row != "pix2scene" and (of, "pix2scene") in errors
    }


def missing(rows: Sequence[ledger.Row], traces: Iterable[str] = ()) -> list[str]:
    """What a scale's rows still lack of what the pages show, each as the words of the commands that
    record it (`python -m fiveviews.book.surfels ...`); a|b stands for one of several.

    traces: names of the small records that are there; the run by class is known by its two.
    """
    lacking: dict[tuple[str, str, str], list[str]] = {}  # command, its end, seeds -> what with

    def note(command: str, what: object, end: str, **about: object) -> None:
        there = {row.seed for row in ledger.select(rows, **about)}
        if left := "|".join(str(seed) for seed in range(SEEDS) if seed not in there):
            lacking.setdefault((command, end, left), []).append(str(what))

    for kind in SHOWN:
        note("scenes", kind, "", claim="table1", row="pix2scene", category=kind)
    for track, methods in LABELS.items():
        for method, amounts in methods.items():
            for n in amounts:
                about = {"row": method, "track": track, "n_labels": n}
                note(f"iqtt {method} --labels", n, f" --track {track}", claim="iqtt", **about)
    lines = [f"{a} {'|'.join(b)}{end} --seed {left}" for (a, end, left), b in lacking.items()]
    for claim, variants, words in (
        ("ablation", SCENE_CHANGES, "scenes box_rotation"),
        ("iqtt_ablation", IQTT_CHANGES, "iqtt pix2scene --labels 1000"),
    ):
        there = {row.row for row in ledger.select(rows, claim=claim)}
        left = [v for v in variants if v not in there and v != "whole"]
        lines += [f"{words} --variant {'|'.join(left[i : i + 2])}" for i in range(0, len(left), 2)]
    if not {"shapenet_classes", "shapenet_objects"} <= set(traces):  # the latter: of real objects
        lines.append("scenes shapenet --classes")
    lines += [f"scenes {kind}" for kind in ("furnished", "shapenet") if kind not in traces]
    if "bunny_objects" not in traces:
        lines.append("scenes shapenet --things bunny")
    return lines


def what_is_missing(rows: Sequence[ledger.Row], traces: Iterable[str], scale: str) -> str:
    """The same for a reader."""
    if not (lines := missing(rows, traces)):
        return f"Everything is recorded at scale {scale}."
    listed = "\n".join(f"  {line}" for line in lines)
    return (
        f"Not recorded yet at scale {scale}. To record it, put before a line, in which a|b is\n"
        f"a or b: python -m fiveviews.book.surfels\n{listed}"
    )
