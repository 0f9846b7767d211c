"""What the surfel kernels share: a grid of pixels, and how their threads divide it.

A thread works on `span` pixels of one row. On a GPU that is one pixel. On a CPU it is the whole
row, in a loop that the compiler turns into vector instructions, up to sixteen pixels at a time;
without them a kernel takes several times as long. The compiler does so for a `while` loop without
branches whose arrays lie in memory as plain floats: hence `at` and `put`, where Warp's own indexing
would multiply by a stride that is only known at run time.
"""

from __future__ import annotations

import math
import threading
from functools import cache

import torch
import warp as wp
from torch import Tensor

from fiveviews.cameras import Camera
from fiveviews.launch import OPTIONS, launch

VECTORS = OPTIONS | {
    "cpu_compiler_flags": f"{OPTIONS['cpu_compiler_flags']} -mprefer-vector-width=512"
}
_kept = threading.local()
# Compared with infinity instead, depths would be tested bit by bit, in twice as many instructions.
LARGEST = wp.constant(torch.finfo(torch.float32).max)


@wp.struct
class Grid:
    """Size of the images, pixels to a thread, and how x and y of a surfel follow from its depth:
    (offset + slope · depth) times the pixel's image coordinates, which are `unit` apart."""

    height: int
    width: int
    span: int
    unit: float
    offset: float
    slope: float


@wp.struct
class Run:
    """A thread's pixels: their row, the first column and the one after the last, and y."""

    row: int
    start: int
    stop: int
    y: float


@wp.func_native("return a.data[i];")
def at(a: wp.array(dtype=float), i: int) -> float: ...


@wp.func_native("a.data[i] = v;")
def put(a: wp.array(dtype=float), i: int, v: float): ...


@wp.func
def run(thread: int, g: Grid) -> Run:
    runs = (g.width + g.span - 1) // g.span
    r = Run()
    r.row = thread // runs
    r.start = (thread % runs) * g.span
    r.stop = wp.min(r.start + g.span, g.width)
    r.y = 0.5 * float(g.height - 1 - 2 * r.row) * g.unit
    return r


@wp.func
def x_of(column: int, g: Grid) -> float:
    return 0.5 * float(2 * column + 1 - g.width) * g.unit


@wp.func
def filled(depth: float) -> float:
    """1 for a surfel that is there, 0 for an empty one."""
    return wp.where(depth > 0.0, wp.where(depth <= LARGEST, 1.0, 0.0), 0.0)


@wp.func
def ray(x: float, y: float, g: Grid) -> wp.vec3:
    """How a surfel moves as its depth grows by 1."""
    return wp.vec3(x * g.slope, y * g.slope, -1.0)


@wp.func
def position(x: float, y: float, depth: float, g: Grid) -> wp.vec3:
    scale = g.offset + g.slope * depth
    return wp.vec3(x * scale, y * scale, -depth)


def grid(depth: Tensor, camera: Camera, whole_rows: bool = False) -> Grid:
    """The grid of depth images (B, H, W); whole_rows: one thread for each row on a GPU too."""
    height, width = depth.shape[1:]
    span = 1 if depth.is_cuda and not whole_rows else width
    return _grid(height, width, span, *projection(camera))


@cache
def _grid(height: int, width: int, span: int, offset: float, slope: float) -> Grid:
    g = Grid()
    g.height, g.width, g.span = height, width, span
    g.unit, g.offset, g.slope = 2 / height, offset, slope
    return g


def projection(camera: Camera) -> tuple[float, float]:
    """(offset, slope): half the height of the picture, in world units, at depth 0 and per depth."""
    if camera.fov is None:
        return camera.scale, 0.0
    return 0.0, math.tan(math.radians(camera.fov / 2))


def launch_rows(kernel: wp.Kernel, g: Grid, tensors: list[Tensor], *more: object) -> None:
    """Run a kernel over all pixels of images. It sees the tensors flat; the first has the batch."""
    threads = g.height * -(-g.width // g.span)
    launch(kernel, tensors[0].shape[0], threads, [*tensors, *more, g], flat=True)


def pad(depth: Tensor) -> Tensor:
    """Depths in a frame of empty surfels: it spares the kernels to ask if a neighbour exists."""
    return torch.nn.functional.pad(depth, (1, 1, 1, 1))


def planes(images: Tensor) -> Tensor:
    """Images (B, H, W, C) as (B, C, H, W), contiguous: a copy only where they do not lie so yet."""
    return images.movedim(-1, 1).contiguous()


def scratch_planes(padded: Tensor, channels: int) -> Tensor:
    """Planes with a frame of zeros, for what a backward pass writes, reads and forgets.

    On a CPU each thread keeps its last ones: touching fresh memory would take a tenth of the pass.
    Kernels write within the frame only.
    """
    shape = (len(padded), channels, *padded.shape[1:])
    kept = getattr(_kept, "planes", None)
    if padded.is_cuda or kept is None or kept.shape != shape:
        kept = torch.zeros(shape, device=padded.device)
        if not padded.is_cuda:
            _kept.planes = kept
    return kept


def empty_planes(depth: Tensor, channels: int) -> Tensor:
    return torch.empty(
        (len(depth), channels, *depth.shape[1:]), dtype=torch.float32, device=depth.device
    )
