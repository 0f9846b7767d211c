"""What the recorded networks make of a real photograph of a plane, for the page that shows it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from PIL import Image

from fiveviews.book.pages import ROOT, WEIGHTS
from fiveviews.book.templates import recorded_networks
from fiveviews.data.fields import load_fields
from fiveviews.data.photos import as_render, cut_out, read_photo
from fiveviews.meshes import Mesh
from fiveviews.models import templates_evaluation as evaluation
from fiveviews.models.familiarity import Familiarity, features, glimpses
from fiveviews.models.templates_data import shrink
from fiveviews.models.templates_pictures import portraits
from fiveviews.models.templates_training import Reconstructor
from fiveviews.training import recorded

CATEGORY = "plane"
PHOTO = ROOT / "book" / "templates" / "f22_raptor.png"
TRUE = 13.56 / 18.92  # wingspan over length of an F-22A in metres, as the U.S. Air Force has them
SIDE, GLIMPSES = 128, 4  # of a picture, in pixels; pictures of each object that is compared
TITLES = ("as taken", "", "mirrored", "")
HEADS = {
    "way": "the photograph",
    "true": "true",
    "Sol 1": "Sol 1",
    "Sol 2, contrastive": "Sol 2, contrastive",
    "nearest": "nearest",
    "template": "template",
    "far": "× median",
}


def proportion(mesh: Mesh | None) -> float:
    """Wingspan over length of a plane that flies towards +z; NaN where there is no surface."""
    if mesh is None or not len(mesh.faces):
        return float("nan")
    span, _, length = mesh.vertices.amax(0) - mesh.vertices.amin(0)
    return float(span / length)


def ways() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The photograph as it was taken and mirrored: over white, and as a training picture.

    Both uint8, (SIDE, SIDE, 3) and (224, 224, 3). A plane is its own mirror image, so that the same
    plane should come out of both.
    """
    photo = read_photo(PHOTO.read_bytes())
    whole = Image.fromarray(photo)
    square = Image.new("RGBA", (max(whole.size),) * 2, "white")
    square.alpha_composite(whole, tuple((max(whole.size) - side) // 2 for side in whole.size))
    shown = np.asarray(square.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS))
    picture = as_render(photo, cut_out(photo))
    return {"as taken": (shown, picture), "mirrored": (shown[:, ::-1], picture[:, ::-1].copy())}


def ask(
    resolution: int, known: int = 64, others: int = 24
) -> tuple[dict[str, list[np.ndarray]], list[dict[str, Any]], dict[str, float]]:
    """What comes out of the photograph, both ways: pictures, lines of a table, and numbers.

    pictures: rows of four, of each way the photograph and what the encoder sees of it, and what
    each method makes of it, from the front and from above. lines: `HEADS` says of what; wingspan
    over length, and how many times the median distance of unseen planes the picture is away.
    numbers: what the page says of it, and the smallest and largest proportion among the training
    objects.

    known, others: numbers of training objects and of unseen ones that the picture is compared with.
    """
    fields, encoder = recorded_networks(CATEGORY)
    path = WEIGHTS / "templates" / f"{CATEGORY}_sol2_contrastive_0.safetensors"
    solutions = {
        "Sol 1": Reconstructor.join(encoder, fields),
        "Sol 2, contrastive": recorded.load(path, Reconstructor.of).model,
    }
    size = fields.recipe.size
    train, unseen = load_fields(CATEGORY, "train", n=known), load_fields(CATEGORY, "test", n=others)
    pictures = glimpses(train, GLIMPSES)
    familiar = Familiarity.of(features(encoder, pictures), features(encoder, glimpses(unseen)))
    small = shrink(pictures, size).astype(float)
    template = proportion(evaluation.template_mesh(fields, resolution))
    rows = {name: [] for name in ("photograph", *solutions, "nearest")}
    lines = []
    for way, (shown, picture) in ways().items():
        seen = shrink(picture[None], size)
        nearest = int(np.square(small - seen).sum((1, 2, 3)).argmin()) // GLIMPSES
        made = {
            name: evaluation.reconstruct(model, torch.from_numpy(seen), resolution)[0]
            for name, model in solutions.items()
        }
        made["nearest"] = train.mesh(nearest)
        rows["photograph"] += [shown, np.asarray(Image.fromarray(picture).resize((SIDE, SIDE)))]
        for name, mesh in made.items():
            rows[name] += [
                portraits([mesh], SIDE, azimuth, elevation)[0].numpy()
                for azimuth, elevation in ((35.0, 25.0), (0.0, 80.0))
            ]
        far = familiar(features(encoder, picture[None]))
        line = {"way": way, "true": TRUE} | {name: proportion(m) for name, m in made.items()}
        line |= {"far": far.distance / far.median, "farther": far.farther}
        lines.append(line | {"template": template})
    among = [proportion(train.mesh(i)) for i in range(len(train))]
    taken, mirrored = lines
    numbers = {key: taken[key] for key in ("true", "template", "far", "farther")}
    numbers |= {"sol1": taken["Sol 1"], "sol1_mirrored": mirrored["Sol 1"]}
    return rows, lines, numbers | {"narrowest": min(among), "widest": max(among)}
