"""What a learned field is used for: meshes, codes of new objects, correspondences."""

from __future__ import annotations

from collections.abc import Callable

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from fiveviews.fields import Field
from fiveviews.fields.isosurface import isosurface, steepest_slope
from fiveviews.fields.sampling import SdfSamples
from fiveviews.meshes import Mesh
from fiveviews.models.templates import ImplicitTemplates
from fiveviews.models.templates_data import Samples

BATCH = 4096  # points at a time: more no longer fit a processor's cache


def extract_mesh(
    field: Field, resolution: int = 64, device: torch.device | str = "cpu"
) -> Mesh | None:
    """The surface of a learned field; None where it has none, which tables count as a failure.

    The grid is filled in near the surface alone, for a slope a quarter above the steepest found,
    and wholly where the field turns out steeper than that.
    """
    field = in_batches(field) if torch.device(device).type == "cpu" else field
    slope = 1.25 * steepest_slope(field, 4000, device=device)
    for lipschitz in (slope, None) if 0 < slope < float("inf") else (None,):
        try:
            return isosurface(field, resolution, lipschitz=lipschitz, device=device)
        except ValueError:  # steeper than promised; then, or at once: no surface, or NaN
            continue
    return None


def in_batches(field: Field, batch: int = BATCH) -> Field:
    """The field, asked for few points at a time."""
    return lambda points: torch.cat([field(part) for part in points.split(batch)])


def fit_code(
    model: ImplicitTemplates,
    samples: SdfSamples,
    *,
    steps: int | None = None,
    seed: int = 0,
    watch: Callable[[int, float, Tensor], None] | None = None,
) -> Tensor:
    """The code (C,) whose field is nearest to samples of a given field; networks stay as they are.

    min over c of mean |clamp(f(p, c)) - clamp(s)| + 1e-4 · mean c²   (Adam, a tenth of the rate
    from half the steps on). What a picture can at best lead to: the upper bound of the tables.

    steps: default, what the recipe says. watch: called with step, loss and code.
    """
    r = model.recipe
    steps = steps or r.fit_steps
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(seed)
    source = Samples([samples])
    code = (0.01 * torch.randn(r.code, generator=generator)).to(device).requires_grad_()
    adam = torch.optim.Adam([code], lr=r.fit_rate)
    one = torch.zeros(1, dtype=torch.int64)
    training = model.training
    model.eval()
    for step in range(steps):
        if step == steps // 2:
            adam.param_groups[0]["lr"] /= 10
        points, true = (t.to(device) for t in source.draw(one, r.fit_points, generator))
        predicted = model.sdf(points, code[None])
        f, s = (t.clamp(-r.clamp, r.clamp) for t in (predicted, true))
        loss = (f - s).abs().mean() + 1e-4 * code.square().mean()
        (code.grad,) = torch.autograd.grad(loss, [code])
        adam.step()
        if watch is not None:
            watch(step, loss.item(), code.detach())
    model.train(training)
    return code.detach()


@torch.no_grad()
def canonical(model: ImplicitTemplates, vertices: Tensor, code: Tensor) -> Tensor:
    """Where the vertices (V, 3) of an object lie in the template: (V, 3)."""
    device = next(model.parameters()).device
    warp = in_batches(lambda points: model.warp(points, code))
    return warp(vertices.float().to(device)).cpu()


def correspond(
    model: ImplicitTemplates, source: tuple[Tensor, Tensor], target: tuple[Tensor, Tensor]
) -> Tensor:
    """For each target vertex, the source vertex that lies nearest in the template: int64 (V,).

    source, target: vertices (V, 3) and the code (C,) of each. Attributes (colours, labels) go over
    by indexing: `colours[correspond(model, source, target)]`. There is no inverse warp.
    """
    places = [canonical(model, *part).numpy() for part in (source, target)]
    return torch.from_numpy(cKDTree(places[0]).query(places[1])[1])


def colours(places: Tensor) -> Tensor:
    """Colours uint8 (V, 3) of places in the template, one for each place: x, y, z as r, g, b."""
    return (255 * (0.5 + 0.5 * places)).clamp(0, 255).round().byte()
