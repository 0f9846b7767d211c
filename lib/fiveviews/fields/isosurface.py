"""From a field to a mesh: marching cubes on a grid that is filled in only near the surface.

A grid of 256³ asks for 16.8 million values, of which a surface passes near a few hundred thousand.
A field that changes by at most L per unit of length (its Lipschitz constant; a signed distance has
L = 1) tells where: if |f| at the middle of a block is more than L times its half diagonal, f has no
zero in the block, and its sign at the middle is its sign everywhere in it. So blocks are halved
where they may hold surface and left alone elsewhere, from 8 per side down to 2 × 2 × 2 cells, whose
corners are evaluated. Every cell that the surface cuts then has its eight true values and every
other one its true sign, so marching cubes gives the mesh of the full grid: the same vertices and
faces, to the last bit where the field gives a point the same value in any company.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from skimage.measure import marching_cubes
from torch import Tensor

from fiveviews.fields import Field
from fiveviews.meshes import Mesh

BLOCKS = 8  # per side, to begin with
LEAF = 2  # cells on a side of the smallest block; 1 and 4 evaluate more points
BATCH = 2**18  # points in one call of the field
CORNERS = torch.cartesian_prod(*[torch.arange(2)] * 3)


@dataclass(frozen=True, eq=False)
class Grid:
    """Samples of a field on a grid of N³ points over [-bound, bound]³.

    values: float32 (N, N, N), indexed [x, y, z], minus the level of the surface. Where `known` is
        False only the sign is meant.
    known: bool (N, N, N). bound: half the side of the cube.
    """

    values: Tensor
    known: Tensor
    bound: float


def isosurface(
    field: Field,
    resolution: int = 256,
    level: float = 0.0,
    *,
    bound: float = 1.0,
    lipschitz: float | None = 1.0,
    device: torch.device | str = "cpu",
) -> Mesh:
    """The surface where a field has the value `level`, with faces turned to where it is larger.

    field: from points (M, 3) on `device` to values (M,) or (M, 1), called without gradients in
        batches of up to 2¹⁸.
    resolution: points per side of the grid, whose spacing is 2 · bound / (resolution - 1).
    lipschitz: a bound on how much the field changes per unit of length anywhere in the cube; None
        evaluates the whole grid. It is a promise: where a field is steeper than promised, parts of
        its surface may be missed. A signed distance keeps 1. A network promises nothing:
        `steepest_slope` shows what it needs at least. Clamping a field (|f| <= 0.1) keeps its
        bound, but costs: blocks are told apart only once they are smaller than the clamp.

    What leaves the cube is cut off there, and the mesh is open along the cut.

    Raises ValueError where no surface is found, where the field gives NaN, and where its values, as
    far as they were asked for, break the promise; and for a resolution below 2, or a bound or
    lipschitz that is not positive.

    >>> ball = isosurface(lambda p: p.norm(dim=1) - 0.5, resolution=32)
    >>> ball.vertices.norm(dim=1).mean().round(decimals=2).item()
    0.5
    """
    grid = sample_grid(field, resolution, level, bound=bound, lipschitz=lipschitz, device=device)
    return extract(grid)


def sample_grid(
    field: Field,
    resolution: int = 256,
    level: float = 0.0,
    *,
    bound: float = 1.0,
    lipschitz: float | None = 1.0,
    device: torch.device | str = "cpu",
) -> Grid:
    """The values from which `isosurface` makes its mesh, with its parameters.

    Raises ValueError where no surface is found, where the field gives NaN, where its values break
    the promise, and for parameters that make no grid.
    """
    if resolution < 2:
        raise ValueError(f"a grid needs at least 2 points per side; got {resolution}")
    if not bound > 0 or (lipschitz is not None and not lipschitz > 0):
        raise ValueError(f"bound and lipschitz must be positive; got {bound} and {lipschitz}")
    axis = torch.linspace(-bound, bound, resolution, device=device)
    ask = _Field(field, level)
    if lipschitz is None:
        every = torch.arange(resolution**3, device=device)
        values = ask(len(every), lambda part: _nodes(axis, every[part]))
        ask.refuse_unless_crossed(values)
        values = values.view((resolution,) * 3)
        return Grid(values, torch.ones_like(values, dtype=torch.bool), bound)

    lower, side, sign, middles, values = _descend(ask, axis, lipschitz)
    index = torch.arange(resolution, device=device)
    block = (index // side).clamp(max=sign.shape[0] - 1)
    grid = sign[block][:, block][:, :, block].float()
    known = torch.zeros_like(grid, dtype=torch.bool)
    steps = torch.cartesian_prod(*[torch.arange(side + 1, device=device)] * 3)
    nodes = (lower[:, None] + steps).clamp(max=resolution - 1)  # (blocks, 27, 3)
    flat = (nodes[..., 0] * resolution + nodes[..., 1]) * resolution + nodes[..., 2]
    known.view(-1)[flat.reshape(-1)] = True
    chosen = known.view(-1).nonzero()[:, 0]
    grid.view(-1)[chosen] = ask(len(chosen), lambda part: _nodes(axis, chosen[part]))
    _keep_promise(grid.view(-1)[flat], values[:, None], axis[nodes], middles[:, None], lipschitz)
    ask.refuse_unless_crossed(grid)
    return Grid(grid, known, bound)


def extract(grid: Grid) -> Mesh:
    """Marching cubes on a grid of `sample_grid`: Lewiner's, of scikit-image.

    For a torus at 256³ on one CPU core it takes 0.12 s given the cells that matter and 0.22 s
    without; Warp's takes 2.3 s. Warp also has a sparse version that searches like `sample_grid`
    does, and takes 0.08 s where this module takes 0.35 s; that is little beside the seconds that a
    network takes for its values, and it would not notice a promise that does not hold.

    Raises ValueError for a grid whose known values do not change sign.
    """
    values, known = grid.values.cpu().numpy(), grid.known.cpu().numpy()
    try:
        vertices, faces, _, _ = marching_cubes(
            values, 0.0, gradient_direction="descent", mask=known, allow_degenerate=False
        )
    except RuntimeError as error:
        raise ValueError(
            "the field changes sign, but not where it was evaluated: it is steeper than promised; "
            "pass a larger lipschitz (see steepest_slope), or None to evaluate the whole grid"
        ) from error
    spacing = 2 * grid.bound / (len(values) - 1)
    return Mesh(vertices.astype(np.float64) * spacing - grid.bound, faces.astype(np.int64))


def steepest_slope(
    field: Field,
    n: int = 10_000,
    bound: float = 1.0,
    seed: int = 0,
    device: torch.device | str = "cpu",
) -> float:
    """Largest |∇f| at n random points of [-bound, bound]³: what `lipschitz` has to be at least.

    No proof: the field may be steeper between them. Give a margin, and less where it must be sure.
    """
    generator = torch.Generator().manual_seed(seed)
    points = bound * (2 * torch.rand(n, 3, generator=generator) - 1)
    points = points.to(device).requires_grad_()
    with torch.enable_grad():
        (slope,) = torch.autograd.grad(field(points).sum(), points)
    return slope.norm(dim=1).max().item()


class _Field:
    """A field minus a level, called in batches; checks what it gives and remembers its range."""

    def __init__(self, field: Field, level: float):
        self.field, self.level = field, level
        self.count, self.low, self.high = 0, float("inf"), -float("inf")

    def __call__(self, count: int, points: Callable[[slice], Tensor]) -> Tensor:
        """Values (count,) at the points (m, 3) that `points` gives for each slice of 0 … count."""
        pieces = []
        for start in range(0, count, BATCH):
            batch = points(slice(start, start + BATCH))
            with torch.no_grad():
                values = self.field(batch)
            if values.shape not in ((len(batch),), (len(batch), 1)):
                raise ValueError(
                    f"a field gives a value (M,) for points (M, 3); for M = {len(batch)} it gave "
                    f"{tuple(values.shape)}"
                )
            if torch.isnan(values).any():
                bad = int(torch.isnan(values).sum())
                raise ValueError(f"the field is NaN at {bad} of {len(batch)} points")
            pieces.append(values.reshape(-1).float() - self.level)
            self.low = min(self.low, values.min().item())
            self.high = max(self.high, values.max().item())
        self.count += count
        return torch.cat(pieces) if pieces else points(slice(0)).new_zeros(0)

    def refuse_unless_crossed(self, grid: Tensor) -> None:
        low, high = grid.aminmax()
        if low < 0 <= high:
            return
        where = "above" if self.low >= self.level else "below"
        raise ValueError(
            f"the field never has the value {self.level:g}: at the {self.count:,} points evaluated "
            f"it lies between {self.low:.3g} and {self.high:.3g}, all {where}; there is no surface "
            "in the cube"
        )


def _descend(
    ask: _Field, axis: Tensor, lipschitz: float
) -> tuple[Tensor, int, Tensor, Tensor, Tensor]:
    """Halve the blocks that may hold surface. Returns those left, by their lowest index (M, 3);
    cells on a side of them; the sign of every block of that size (n, n, n); and the middles (M, 3)
    and values (M,) of those left."""
    last, device = len(axis) - 1, axis.device
    side = LEAF
    while side * BLOCKS < last:
        side *= 2
    n = -(-last // side)
    sign = torch.ones(n, n, n, dtype=torch.int8, device=device)
    lower = side * torch.cartesian_prod(*[torch.arange(n, device=device)] * 3)
    middles, reach, values = _middles(ask, axis, lower, side)
    for along in range(3):  # the first blocks are compared with their neighbours
        a, at = (t.unflatten(0, (n, n, n)).transpose(0, along) for t in (values, middles))
        _keep_promise(a[1:], a[:-1], at[1:], at[:-1], lipschitz)
    while True:
        sign[tuple((lower // side).T)] = torch.where(values < 0, -1, 1).to(torch.int8)
        near = values.abs() <= lipschitz * reach * (1 + 1e-4)  # and rounding on the safe side
        lower, middles, values = lower[near], middles[near], values[near]
        if side == LEAF:
            return lower, side, sign, middles, values
        side //= 2
        sign = sign.repeat_interleave(2, 0).repeat_interleave(2, 1).repeat_interleave(2, 2)
        lower = (lower[:, None] + side * CORNERS.to(device)).reshape(-1, 3)
        within = (lower < last).all(1)
        lower = lower[within]
        parents = [t.repeat_interleave(8, 0)[within] for t in (values, middles)]
        middles, reach, values = _middles(ask, axis, lower, side)
        _keep_promise(values, parents[0], middles, parents[1], lipschitz)


def _middles(ask: _Field, axis: Tensor, lower: Tensor, side: int) -> tuple[Tensor, Tensor, Tensor]:
    """Middles (M, 3) of blocks, half their diagonals (M,), and the field there (M,)."""
    low, high = axis[lower], axis[(lower + side).clamp(max=len(axis) - 1)]
    middles = (low + high) / 2
    return middles, (high - low).norm(dim=1) / 2, ask(len(lower), lambda part: middles[part])


def _nodes(axis: Tensor, flat: Tensor) -> Tensor:
    """Points (M, 3) of the grid by their number in it."""
    n = len(axis)
    return torch.stack([axis[flat // (n * n)], axis[flat // n % n], axis[flat % n]], dim=1)


def _keep_promise(a: Tensor, b: Tensor, at: Tensor, other: Tensor, lipschitz: float) -> None:
    """Refuse values a and b of the field at two places that differ by more than was promised."""
    distance = (at - other).norm(dim=-1)
    excess = (a - b).abs() - lipschitz * distance * (1 + 1e-3) - 1e-5 * (1 + b.abs())
    if excess.numel() and excess.max() > 0:
        worst = excess.argmax()
        slope = ((a - b).abs() / distance).reshape(-1)[worst].item()
        raise ValueError(
            f"the field changes by {slope:.3g} per unit of length between points that were "
            f"evaluated, but lipschitz={lipschitz:g} was promised; pass a larger bound (see "
            "steepest_slope), or lipschitz=None to evaluate the whole grid"
        )
