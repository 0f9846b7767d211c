"""What a Pix2Scene run leaves for the figures, without its weights: some 100 kB of depths."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from fiveviews.cameras import Camera
from fiveviews.data import surfel_lighting as lighting
from fiveviews.data.iqtt import lights, viewer
from fiveviews.data.storage import read_npz, write_npz
from fiveviews.data.surfel_scenes import SceneViews
from fiveviews.data.views import Credit
from fiveviews.models import surfels
from fiveviews.models import surfels_evaluation as evaluation
from fiveviews.models.surfels import Pix2Scene
from fiveviews.models.surfels_tables import ANGLES
from fiveviews.render.surfels import surfel_normals
from fiveviews.training.history import History

TURNS = (0, *ANGLES)
EXAMPLES = 6  # pictures kept in a trace
OBJECTS = 5  # of real objects, one of each class that there is
CURVES = (
    "mse depth", "mse picture", "normals", "critic gap", "picture", "latent", "critic gradient",
    "networks gradient", "statistics gradient", "gradient", "loss", "information", "question",
    "accuracy", "training accuracy",
)  # fmt: skip
SHEETS = ("samples", "samples_steps")
MOMENTS, SIDE = 4, 3  # sheets of samples that a trace keeps of a run, and pictures in their rows
Shown = tuple[Tensor, Tensor, Tensor]  # shading, depth and normals of some views


@torch.no_grad()
def write_trace(
    path: Path,
    model: Pix2Scene,
    history: History,
    test: SceneViews,
    classes: int = 0,
    sheets: Path | None = None,
) -> None:
    """Keep what the figures of a finished run need, without its weights.

    Depths in half precision: `rebuilt` (6, 5, S, S), from the input's camera and the four angles;
    `between` (2, 6, S, S), codes halfway from one picture to the next; `invented` (n, S, S), of
    random codes, by class where there are classes; and the curves of the history. Of the `sheets`
    of samples that the run left in that folder, some.
    """
    few, device = test[:EXAMPLES], next(model.parameters()).device
    camera = few.camera.to(device)
    generator = torch.Generator().manual_seed(0)
    count = 4 * classes if classes else 2 * EXAMPLES
    of = torch.arange(classes).repeat_interleave(4).to(device) if classes else None
    noise = torch.randn(count, model.sizes.code, generator=generator).to(device)
    at = camera[[i % EXAMPLES for i in range(count)]]
    arrays = {"invented": model.decode(noise, at, of)}
    if not classes:
        cameras = [lighting.turned(few, a).camera if a else few.camera for a in TURNS]
        arrays["rebuilt"] = torch.stack([evaluation.reconstruct(model, few, c) for c in cameras], 1)
        codes = model.encode(evaluation.pictures(few).to(device), camera)
        arrays["between"] = torch.stack(
            [_between(model, codes[i : i + 2], camera[0]) for i in (0, 2)]
        )
    stored = {name: depth.cpu().half().numpy() for name, depth in arrays.items()}
    write_npz(path, **stored, **curves(history), **some_sheets(sheets))


def curves(history: History) -> dict[str, np.ndarray]:
    """Steps and values (2, n) of each of `CURVES` that a run has, by name, for its trace."""
    found = [n for n in CURVES if any(n in row for row in history.losses + history.metrics)]
    return {n.replace(" ", "_"): np.array(history.curve(n), np.float32) for n in found}


def some_sheets(folder: Path | None) -> dict[str, np.ndarray]:
    """Of the sheets that `surfels_evaluation.watch` left in a folder, the first pictures of some,
    from the first to the last, for a trace: uint8 (n, 5 S, 3 S, 3), and their steps."""
    paths = sorted(folder.glob("samples-*.png")) if folder else []
    if not paths:
        return {}
    count = min(MOMENTS, len(paths))
    chosen = [paths[round(i)] for i in np.linspace(0, len(paths) - 1, count)]
    sheets = np.stack([np.asarray(Image.open(path)) for path in chosen])
    side = sheets.shape[1] // 5
    steps = [int(path.stem.removeprefix("samples-")) for path in chosen]
    return {"samples": sheets[:, :, : SIDE * side], "samples_steps": np.array(steps)}


def sheets(path: Path, folder: Path | None = None) -> dict[int, np.ndarray]:
    """Step -> the sheet of samples of that moment: of the run in this folder where it left some,
    else of the trace; none where that was written before there were sheets."""
    found = some_sheets(folder)
    if not found:
        try:
            found = dict(zip(SHEETS, read_trace(path, *SHEETS), strict=True))
        except (FileNotFoundError, ValueError):
            return {}
    return dict(zip(found["samples_steps"].tolist(), found["samples"], strict=True))


def write_objects(path: Path, views: SceneViews, rebuilt: Tensor, credits: list[Credit]) -> None:
    """Keep the first pictures of real objects, what was made of them, and whom to thank.

    The page has them even where the objects are not: nothing here can be computed from a seed.
    credits: of the objects, which stand in the scenes of `views` one after the other.
    """
    few, depth = views[:OBJECTS], rebuilt[:OBJECTS]
    believed = drawn(depth, few), depth, surfel_normals(depth, few.camera)
    stored = {"names": np.array([scene.names[0] for scene in few.scenes])}
    makers = [credits[i % len(credits)] for i in range(len(few))]
    stored["credits"] = np.array([tuple(asdict(maker).values()) for maker in makers])
    for of, shown in (("truth", (few.images, few.depth, few.normals)), ("belief", believed)):
        shading, depth, normals = shown
        stored[f"{of}_shading"] = (shading.clamp(0, 1) * 255).round().byte().numpy()
        stored[f"{of}_depth"] = depth.half().numpy()
        stored[f"{of}_normals"] = (normals * 127).round().to(torch.int8).numpy()
    write_npz(path, **stored)


def objects(path: Path) -> tuple[Shown, Shown, list[str], list[Credit]]:
    """Truth and belief of the real objects that a run kept, their classes, and who made them."""
    both = []
    for of in ("truth", "belief"):
        shading, normals = read_trace(path, f"{of}_shading", f"{of}_normals")
        depth = _depths(path, f"{of}_depth")
        both.append((torch.from_numpy(shading) / 255, depth, torch.from_numpy(normals) / 127))
    names, credits = read_trace(path, "names", "credits")
    return *both, names.tolist(), [Credit(*row) for row in credits.tolist()]


def _between(model: Pix2Scene, ends: Tensor, camera: Camera, steps: int = 6) -> Tensor:
    """Depths (steps, S, S) of codes on the line between two."""
    share = torch.linspace(0, 1, steps, device=ends.device)[:, None]
    codes = torch.lerp(ends[:1], ends[1:], share)
    where = replace(
        camera, rotation=camera.rotation.expand(steps, -1, -1), eye=camera.eye.expand(steps, -1)
    )
    return model.decode(codes, where)


def read_trace(path: Path, *names: str) -> tuple[np.ndarray, ...]:
    """Parts of a trace by their names, as `write_trace` gives them. Raises as `read_npz` does."""
    return read_npz(path, names)


def drawn(depth: Tensor, views: SceneViews) -> Tensor:
    """Pictures (N, S, S, 3) of believed depths under the lights of some views."""
    picture = surfels.draw(depth, views.camera, views.lights)
    return picture.permute(0, 2, 3, 1).clamp(0, 1)


def kept(path: Path, kind: str, index: int = 0) -> tuple[Shown, Shown]:
    """Truth and belief of the six kept scenes of a run, seen from angle `TURNS[index]`."""
    depth = _depths(path, "rebuilt")[:, index].contiguous()
    views = lighting.training_views(kind, "test", EXAMPLES, depth.shape[-1])
    if TURNS[index]:
        views = lighting.turned(views, TURNS[index])
    truth = views.images.clamp(0, 1), views.depth, surfel_normals(views.depth, views.camera)
    return truth, (drawn(depth, views), depth, surfel_normals(depth, views.camera))


def invented(path: Path, kind: str, count: int) -> tuple[Tensor, Tensor]:
    """Shading and depth of scenes from random codes, for the cameras of test pictures."""
    depth = _depths(path, "invented")[:count]
    views = lighting.training_views(kind, "test", EXAMPLES, depth.shape[-1])
    return drawn(depth, views[[i % EXAMPLES for i in range(len(depth))]]), depth


def between(path: Path, kind: str) -> list[Tensor]:
    """Shading (6, S, S, 3) along the two lines between codes of pictures, from one camera."""
    depth = _depths(path, "between")
    views = lighting.training_views(kind, "test", 1, depth.shape[-1])[[0] * depth.shape[1]]
    return [drawn(line.contiguous(), views) for line in depth]


def figures(path: Path) -> tuple[Tensor, Tensor]:
    """Shading and depth of the figures of 3D-IQTT that a run rebuilt."""
    depth = _depths(path, "rebuilt")
    return surfels.draw(depth, viewer(), lights()).permute(0, 2, 3, 1).clamp(0, 1), depth


def _depths(path: Path, name: str) -> Tensor:
    (depth,) = read_trace(path, name)
    return torch.from_numpy(depth.astype(np.float32))
