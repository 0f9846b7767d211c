"""What the lesson and the lab on templates need beside the idea, so that pages keep to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from fiveviews.book.pages import LEDGERS, WEIGHTS
from fiveviews.data import renders
from fiveviews.data.fields import load_fields
from fiveviews.data.photos import as_render, cut_out, read_photo
from fiveviews.fields import Field, MeshField
from fiveviews.fields.frames import unit_diagonal
from fiveviews.fields.report import inspect
from fiveviews.fields.sampling import sample_surface
from fiveviews.meshes import Mesh, icosphere
from fiveviews.models.familiarity import Familiarity, features, glimpses
from fiveviews.models.templates import ImplicitTemplates
from fiveviews.models.templates_data import shrink
from fiveviews.models.templates_encoder import Encoder
from fiveviews.render.depth import render_views
from fiveviews.training import recorded

RAY = (0.07, 1.0, 0.04)  # upward, but along no edge
RADIUS = 0.3  # of the ball that is stuck into a mesh
SIGNS = {"mesh": "mesh", "inspect": "inspect says"}  # columns of `wrong_signs`
SIGNS |= {"turns": "wrong by |w| > ½, %", "ray": "wrong by one ray, %"}
SPEED = {"mesh": "mesh", "ours": "ours, µs", "libigl": "libigl, µs", "trimesh": "trimesh, µs"}
SPEED |= {"wrong": "ours, wrong signs %", "wrong_libigl": "libigl, wrong %"}
SPEED |= {"wrong_trimesh": "trimesh, wrong %"}
BROKEN = "%"  # in the name of a mesh with faces missing or flipped
VIEW = np.array([[125.0, 25, 0, 0.8, 35, 32, 1.75, 0, 0, 0]])  # as in the metadata of pictures


def tube(outline: Tensor, height: float = 100.0) -> Mesh:
    """The walls over a closed chain of corners (K, 2), open at both ends, far off."""
    ends = [torch.full_like(outline[:, :1], z) for z in (-height, height)]
    low, high = (torch.cat([outline, z], dim=1) for z in ends)
    a, b, c, d = low, low.roll(-1, 0), high.roll(-1, 0), high
    corners = torch.cat([torch.stack([a, b, c], 1), torch.stack([a, c, d], 1)]).reshape(-1, 3)
    return Mesh(corners, torch.arange(len(corners)).view(-1, 3))


def one_ray(points: Tensor, mesh: Mesh) -> Tensor:
    """Whether a ray from each of the points (N, 3) meets the mesh an odd number of times: (N,)."""
    a, b, c = mesh.vertices[mesh.faces].unbind(1)
    ab, ac, ray = b - a, c - a, normalize(torch.tensor(RAY), dim=0)
    h = torch.linalg.cross(ray.expand_as(ac), ac)
    scale, off = 1 / (ab * h).sum(-1), points[:, None] - a
    q = torch.linalg.cross(off, ab.expand_as(off))
    u, v, t = (off * h).sum(-1) * scale, (q * ray).sum(-1) * scale, (q * ac).sum(-1) * scale
    return ((u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0)).sum(1) % 2 == 1


def damage(mesh: Mesh, seed: int = 0) -> dict[str, Mesh]:
    """A mesh as it is, and in four ways as real ones are."""
    vertices, faces, ball = mesh.vertices, mesh.faces, icosphere(2)
    luck = torch.rand(len(faces), generator=torch.Generator().manual_seed(seed))
    stuck = torch.cat([faces, len(vertices) + ball.faces])
    backwards = torch.where((luck < 0.3)[:, None], faces.flip(1), faces)
    return {
        "as it is": mesh,
        "a ball stuck in it": Mesh(torch.cat([vertices, RADIUS * ball.vertices]), stuck),
        "5 % of the faces missing": Mesh(vertices, faces[luck > 0.05]),
        "30 % of the faces backwards": Mesh(vertices, backwards),
        "inside out": Mesh(vertices, faces.flip(1)),
    }


def wrong_signs(mesh: Mesh, n: int = 4000, seed: int = 0) -> list[dict[str, object]]:
    """For each way of `damage`: what `inspect` says, and the share of points on the wrong side.

    Of n points near the surface of the whole mesh, in per cent, by |w| > ½ and by `one_ray`.
    """
    generator = torch.Generator().manual_seed(seed)
    spread = 0.05 * torch.randn(n, 3, generator=generator)
    points = sample_surface(mesh, n, generator) + spread
    inside = MeshField(mesh)(points) < 0
    ball = MeshField(Mesh(RADIUS * icosphere(2).vertices, icosphere(2).faces))(points) < 0
    rows = []
    for name, one in damage(mesh, seed).items():
        true = inside | ball if "ball" in name else inside
        found = {"turns": MeshField(one)(points) < 0, "ray": one_ray(points, one)}
        wrong = {rule: 100 * (f != true).float().mean().item() for rule, f in found.items()}
        said = "; ".join(inspect(one).troubles) or "nothing amiss"
        rows.append({"mesh": name, "inspect": said} | wrong)
    return rows


def sdf_speed(path: Path = LEDGERS / "sdf_speed.json") -> tuple[list[dict[str, Any]], str, dict]:
    """What `data_scripts/measure_sdf.py` recorded: lines of a table (`SPEED`), its caption, and the
    numbers that the page names.

    whole_…: mean of the meshes that are whole, microseconds a point. objects: of 100,000 points,
    done in a second by the kernels on two cores, trees not counted; objects_whole: of whole meshes,
    from the table, trees counted. surface: how many times as fast coarse to fine is.
    """
    record = json.loads(path.read_text("utf-8"))
    lines: dict[str, dict[str, Any]] = {}
    for one in record["lines"]:
        line = lines.setdefault(one["mesh"], {"mesh": one["mesh"]})
        line[one["method"]] = one["microseconds"]
        line["wrong" if one["method"] == "ours" else f"wrong_{one['method']}"] = one[
            "wrong_percent"
        ]
    whole = [line for name, line in lines.items() if BROKEN not in name]
    kernels, surface, origin = record["kernels"], record["isosurface"], record["origin"]
    found = {f"whole_{m}": np.mean([x[m] for x in whole]) for m in ("ours", "libigl", "trimesh")}
    found |= {"objects": kernels["objects_per_s"], "surface": surface["ratio"]}
    found["objects_whole"] = kernels["cores"] * 1e6 / kernels["points"] / found["whole_ours"]
    versions = record["versions"]
    caption = (
        f"CPU time of a point in µs, trees included, one thread, {kernels['points']:,} points "
        f"(trimesh: a fiftieth): {origin['device']}, {origin['started'][:10]}, libigl "
        f"{versions['libigl']}, trimesh {versions['trimesh']}."
    )
    return list(lines.values()), caption, found


def counting(field: Field) -> tuple[Callable[[Tensor], Tensor], list[int]]:
    """The field, and a list of how many points it was asked for."""
    asked: list[int] = []
    return lambda points: asked.append(len(points)) or field(points), asked


def easy_and_hard(category: str, views: int = 6) -> dict[str, np.ndarray]:
    """Some of the pictures of one training object, (views, 224, 224, 3) of each level."""
    one = load_fields(category, "train", n=1)
    return {level: glimpses(one, views, level) for level in renders.LEVELS}


def seen(mesh: Mesh, size: int) -> np.ndarray:
    """What an encoder is shown of a mesh: uint8 (size, size, 3), always from the same side."""
    images = render_views(unit_diagonal(mesh).mesh(mesh), renders.cameras(VIEW), renders.SIZE)
    return shrink(renders.over_white(images.numpy()), size)[0]


def recorded_networks(
    category: str = "chair",
) -> tuple[ImplicitTemplates, Encoder] | tuple[None, None]:
    """The recorded networks of phase 1 and the encoder of Sol 1; None where there are none yet."""
    names = (("phase1", ImplicitTemplates), ("sol1", Encoder))
    paths = [WEIGHTS / "templates" / f"{category}_{name}_0.safetensors" for name, _ in names]
    if not all(path.exists() for path in paths):
        print("not recorded yet")
        return None, None
    found = [recorded.load(path, k.of).model for path, (_, k) in zip(paths, names, strict=True)]
    return tuple(network.eval().requires_grad_(False) for network in found)


def get_familiar(encoder: Encoder | None, n: int, category: str = "chair") -> Familiarity | None:
    """What an encoder knows: pictures of n training objects, and of n that it has not seen."""
    if encoder is None:
        return None
    sets = [load_fields(category, split, n=n) for split in ("train", "test")]
    return Familiarity.of(*(features(encoder, glimpses(objects)) for objects in sets))


def to_judge(photo: bytes) -> dict[str, np.ndarray]:
    """Pictures (224, 224, 3) from near to far: a photo cut out, other things, and nothing."""
    pixels = read_photo(photo)
    things = {f"a {c}": glimpses(load_fields(c, "test", n=1), 1)[0] for c in ("table", "plane")}
    noise = np.random.default_rng(0).integers(0, 256, (renders.SIZE, renders.SIZE, 3), np.uint8)
    return {"the stand-in photo": as_render(pixels, cut_out(pixels)), **things, "noise": noise}
