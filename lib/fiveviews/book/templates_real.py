"""Ask the recorded fields for real objects: python -m fiveviews.book.templates_real

Adds to the ledger how near the networks of seed 0, which learned from generated chairs, sofas and
planes, come to real ones of the test split; trains nothing. Needs the models
(data_scripts/fetch_open_models.py). With --draw it writes the pictures that the chapter shows to
readers who have no models instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from fiveviews.book.pages import RECORDS, ROOT, WEIGHTS
from fiveviews.book.real_objects import check_licence, command, number_of
from fiveviews.chamfer import chamfer_distance
from fiveviews.data.fields import FieldSet, load_fields
from fiveviews.data.models import credit_of
from fiveviews.data.storage import read_npz, write_npz
from fiveviews.data.views import Credit
from fiveviews.fields import MeshField
from fiveviews.meshes import Mesh
from fiveviews.models import templates_evaluation as evaluation
from fiveviews.models import templates_results as results
from fiveviews.models.templates import ImplicitTemplates
from fiveviews.models.templates_data import Objects, load_objects, shrink
from fiveviews.models.templates_encoder import Encoder
from fiveviews.models.templates_meshes import extract_mesh, fit_code
from fiveviews.models.templates_pictures import portraits
from fiveviews.models.templates_runs import Study, load_sets
from fiveviews.models.templates_tables import CATEGORIES, TITLES
from fiveviews.models.templates_training import Reconstructor
from fiveviews.training import ledger, recorded

SHOWN = ROOT / "book" / "templates" / "real_models.npz"
ROWS = ("sol1", "sol2_contrastive", "nearest_neighbour", "fitted", "mean_template")
KINDS = {"phase1": ImplicitTemplates, "sol1": Encoder, "sol2_contrastive": Reconstructor}
PICKS = (  # the objects of the figure: category, split, name
    ("chair", "test", "chair-with-cushion-2"),
    ("chair", "test", "armchair-7"),
    ("chair", "test", "chair-5"),
    ("sofa", "test", "couch-2"),
    ("sofa", "test", "corner-sofa-2"),
    ("plane", "train", "biplane"),
)
PICTURES = ("picture", "object", "sol1", "sol2_contrastive", "nearest_neighbour", "fitted")
HEADS = {
    "category": "",
    "row": "",
    "generated": "generated",
    "real": "real",
    "own": "real, learned from real",
    "generated_median": "generated, median",
    "real_median": "real, median",
    "own_median": "learned from real, median",
    "failed": "failed",
    "n_items": "real objects",
}
SIDE = 96  # of a picture, in pixels
GRID, FEW = 96, 6  # of the surface that a true field has, and of how many objects


def recorded_study(category: str, scale: str) -> Study:
    """The recorded networks of seed 0 on the generated objects that they learned from.

    Raises FileNotFoundError where there are none, ValueError where they learned from others.
    """
    paths = {name: WEIGHTS / "templates" / f"{category}_{name}_0.safetensors" for name in KINDS}
    done = {name: recorded.load(paths[name], kind.of) for name, kind in KINDS.items()}
    recipe = done["phase1"].model.recipe
    train = load_objects(load_sets(category, scale)[0], recipe.size, recipe.levels)
    if len(done["phase1"].model.codes) != len(train):
        raise ValueError(f"{paths['phase1']} is of another scale than {scale}")
    return Study(train, recipe, scale, done=done, device="cpu")


def real_objects(study: Study, split: str) -> Objects:
    """The real objects of a study's category, as its networks see them."""
    fields = load_fields(study.train.fields.category, split, "models")
    return load_objects(fields, study.recipe.size, study.recipe.levels)


def own_surface(test: FieldSet) -> float:
    """What the true field's own surface scores, mean · 1000: nothing learned can do better.

    A mesh that people made has walls inside, and sheets without thickness; a field has neither, and
    jumps where the sign is a judgement.
    """
    surfaces = (extract_mesh(MeshField(test.mesh(i)), GRID) for i in range(FEW))
    distances = [chamfer_distance(mesh, test.mesh(i)) for i, mesh in enumerate(surfaces)]
    return 1000 * sum(distances) / FEW


def find(category: str, split: str, name: str) -> FieldSet:
    """One real object. Raises ValueError where it may not be passed on, or has no inside."""
    fields = load_fields(category, split, "models")
    one = fields[[number_of(fields.names, name, f"{category} of {split}")]]
    check_licence(credit_of(one.meshes[0]))
    return one


def made(study: Study, one: Objects) -> dict[str, Mesh | None]:
    """What the networks make of an object's fixed picture, what is nearest to it, and what a code
    makes that was fitted to the true field."""
    picture, model = one.pictures[:, evaluation.FIXED], study.phase1().model
    of_picture = {
        row: evaluation.reconstruct(study.reconstructor(row), picture)[0]
        for row in ("sol1", "sol2_contrastive")
    }
    nearest = int(evaluation.nearest_picture(study.train, picture))
    fitted = model.field(fit_code(model, one.fields.samples(0)))
    return of_picture | {
        "object": one.fields.mesh(0),
        "nearest_neighbour": study.train.fields.mesh(nearest),
        "fitted": extract_mesh(fitted, study.recipe.resolution),
    }


def write_pictures(path: Path, scale: str) -> None:
    """Draw the picked objects and what all methods make of them, and say whose they are.

    pictures: grey (R, N, S, S), by row of `PICTURES`, blank where there is nothing. own_surface:
    see there, of real and of generated test objects by category.
    """
    studies = {c: recorded_study(c, scale) for c, _, _ in PICKS}
    columns, credits = [], []
    for category, split, name in PICKS:
        study = studies[category]
        one = load_objects(find(category, split, name), study.recipe.size, study.recipe.levels)
        meshes = made(study, one)
        shown = [_grey(p) for p in portraits([meshes.get(row) for row in PICTURES[1:]], SIDE)]
        whole = one.fields.pictures(0).images[evaluation.FIXED]
        columns.append([shrink(whole[None], SIDE)[0, ..., 0], *shown])
        credits.append(astuple(credit_of(one.fields.meshes[0])))
    floors = [
        [own_surface(load_fields(c, "test", "models")), own_surface(load_fields(c, "test", n=FEW))]
        for c in studies
    ]
    write_npz(
        path,
        pictures=np.array(columns).swapaxes(0, 1),
        of=np.array([category for category, _, _ in PICKS]),
        credits=np.array(credits),
        categories=np.array(list(studies)),
        own_surface=np.array(floors),
    )


def _grey(portrait: Tensor) -> np.ndarray:
    """RGBA, grey and multiplied by alpha, laid over white: (S, S)."""
    return (portrait[..., 0] + (255 - portrait[..., 3])).numpy()


def read_pictures(path: Path = SHOWN) -> tuple[dict[str, np.ndarray], list[str], list[Credit]]:
    """Rows of pictures (N, S, S, 3) by what made them, and category and maker of each object."""
    pictures, of, credits = read_npz(path, ("pictures", "of", "credits"))
    titles = TITLES | {"picture": "picture", "object": "object", "fitted": "fitted code"}
    titles |= {"nearest_neighbour": "nearest"}
    rows = {
        titles[row]: np.repeat(drawn[..., None], 3, -1)
        for row, drawn in zip(PICTURES, pictures, strict=True)
    }
    return rows, of.tolist(), [Credit(*credit) for credit in credits.tolist()]


def read_own_surfaces(path: Path = SHOWN) -> dict[str, tuple[float, float]]:
    """By category, what the true field's own surface scores on real and on generated objects."""
    categories, floors = read_npz(path, ("categories", "own_surface"))
    return {c: tuple(pair) for c, pair in zip(categories.tolist(), floors.tolist(), strict=True)}


def beside(rows: Sequence[ledger.Row], scale: str, view: str) -> list[dict[str, Any]]:
    """Lines of a table: Chamfer distances of seed 0 on generated and on real test objects, and of
    networks that learned from real ones; empty where nothing real is recorded.

    A line has key, category, row, generated, real, own (means), generated_median and so on, failed
    (real objects without a surface) and n_items (real ones).
    """
    shared = {"claim": "chamfer", "frame": "shapenet", "seed": 0, "scale": scale}
    rows = ledger.select(ledger.latest(rows), **shared)
    real, learned = {"dataset": "open models"}, {"trained_on": "procedural"}
    asked = {
        "generated": {"dataset": "procedural"},
        "real": real | learned,
        "own": real | {"trained_on": "open models"},
    }
    lines = []
    for category in CATEGORIES:
        for row in ROWS:
            seen = "none" if row in ("fitted", "mean_template") else view
            mine = ledger.select(rows, category=category, row=row, view=seen)
            found = {
                f"{name}{suffix}": ledger.select(mine, metric=metric, **words)[-1:]  # the newest
                for metric, suffix in (("chamfer_mean", ""), ("chamfer_median", "_median"))
                for name, words in asked.items()
            }
            if not found["real"]:
                continue
            failed = ledger.select(mine, metric="failures", **asked["real"])[-1]
            line = {"key": row, "category": category, "row": TITLES[row]}
            line |= {name: one[0].value if one else None for name, one in found.items()}
            lines.append(line | {"failed": failed.value, "n_items": failed.n_items})
    return lines


def heads(lines: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Of the columns those in which something stands."""
    return {key: head for key, head in HEADS.items() if any(li[key] is not None for li in lines)}


def numbers(lines: Sequence[dict[str, Any]], path: Path = SHOWN) -> dict[str, float]:
    """What the page says of the lines of `beside`, by name.

    real_<category>_<row> and, of generated objects, home_… of Sol 1 and of fitted codes;
    own_<category>_<row> of networks that have learned from real objects;
    surface_<category>: what the true fields' own surfaces score on real objects.
    """
    found = {}
    for line in lines:
        for which, value in (("real", line["real"]), ("home", line["generated"])):
            if line["key"] in ("sol1", "fitted") and value is not None:
                found[f"{which}_{line['category']}_{line['key']}"] = value
        if line["own"] is not None:
            found[f"own_{line['category']}_{line['key']}"] = line["own"]
    surfaces = {c: on_real for c, (on_real, _) in read_own_surfaces(path).items()} if found else {}
    return found | {f"surface_{category}": value for category, value in surfaces.items()}


def record(categories: Sequence[str], scale: str) -> Iterator[str]:
    """Add to the ledger what the recorded networks make of real test objects; what it now says."""
    for category in categories:
        study = recorded_study(category, scale)
        test = real_objects(study, "test")
        yield from map(str, results.record_study(study, test, RECORDS, only=ROWS))


def main() -> int:
    return command(__doc__, CATEGORIES, SHOWN, write_pictures, record)


if __name__ == "__main__":
    raise SystemExit(main())
