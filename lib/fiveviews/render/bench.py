"""How long the fast renderers take, beside the readable ones: `make bench`.

Both are timed in turn, in one process and on one thread, in CPU-seconds, so that other programs on
the machine disturb neither the numbers nor their ratio much; medians over the repeats. On a GPU the
time is that of the clock. Memory is measured in a process of its own: by how much its largest
resident size (on a GPU, its largest allocation) grows during one run of the fast job.

A chapter adds to the bench by adding an `Entry` to `ENTRIES`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
import warp as wp

from fiveviews.cameras import SHAPENET_DISTANCE, orbit, pixel_centres, spare3d_views
from fiveviews.fields import MeshField
from fiveviews.fields.isosurface import isosurface
from fiveviews.fields.sampling import sample_sdf
from fiveviews.files import write_atomically
from fiveviews.launch import Backend
from fiveviews.memory import forget_peak, peak_mb
from fiveviews.meshes import icosphere
from fiveviews.render.lines import draw, rasterize
from fiveviews.render.lines.exact import exact_drawing
from fiveviews.render.soft import soft_render, soft_silhouette
from fiveviews.render.surfels import Lights, surfel_render
from fiveviews.shapes import make
from fiveviews.solids import make_solid
from fiveviews.solids.occ import exact_shape, is_installed

Job = Callable[[], None]
Result = dict[str, str | float | int]
BACKENDS: tuple[Backend, ...] = ("fast", "readable")
FILE = Path("_build/bench.json")


@dataclass(frozen=True)
class Entry:
    """One line of the bench.

    make: called as make(backend, device); prepares the input and returns the job to be timed.
    repeats: how often each of the two jobs is timed.
    runs: of a job to one timing, which is divided by them: more where a job takes microseconds.
    seconds, ratio: what the fast renderer has to reach: seconds at most, times as fast at least.
    """

    name: str
    make: Callable[[Backend, str], Job]
    repeats: int = 9
    runs: int = 1
    seconds: float | None = None
    ratio: float | None = None


def soft_job(
    backend: Backend, device: str, *, images: int, size: int, level: int, shaded: bool = False
) -> Job:
    """Forward and backward pass of the soft rasterizer on spheres of radius 0.5, as in training."""
    sphere = icosphere(level)
    vertices = (0.5 * sphere.vertices).repeat(images, 1, 1).to(device).requires_grad_()
    colours = sphere.vertices.abs().to(device).requires_grad_()
    faces = sphere.faces.to(device)
    camera = orbit(torch.arange(images) * (360.0 / images)).to(device)
    options = {"sigma": 1e-4, "dist_eps": 1e-4, "backend": backend}

    def job() -> None:
        if shaded:
            image = soft_render(vertices, faces, camera, size, vertex_colours=colours, **options)
        else:
            image = soft_silhouette(vertices, faces, camera, size, **options)
        leaves = [vertices, colours] if shaded else [vertices]
        torch.autograd.grad(image.square().mean(), leaves)

    return job


def surfel_job(
    backend: Backend, device: str, *, images: int, size: int = 128, backward: bool = True
) -> Job:
    """Pictures of wavy surfels under two point lights, and the gradient of their depths."""
    camera = orbit(torch.arange(images) * (360.0 / images)).to(device)
    x, y = pixel_centres(size, size)
    waves = torch.sin(5 * x) * torch.cos(4 * y[:, None])
    depth = (SHAPENET_DISTANCE + 0.2 * waves).repeat(images, 1, 1).to(device)
    places = torch.tensor([[2.0, 3.0, 2.0], [-2.0, 2.0, 2.0]])
    lights = Lights(places, torch.tensor([[4.0, 3.0, 2.0], [2.0, 3.0, 4.0]])).to(device)
    upstream = torch.randn(images, 3, size, size, device=device).movedim(1, -1)

    def job() -> None:
        image = surfel_render(depth.requires_grad_(backward), camera, lights, backend=backend)
        if backward:
            torch.autograd.grad(image, depth, upstream)

    return job


def lines_job(backend: Backend, device: str, *, solids: int, size: int) -> Job:
    """The 11 SPARE3D drawings of each of some random solids; 1 drawing is 1 / 11 of a solid.

    Where OpenCASCADE is installed (and the device is the CPU), its exact hidden-line removal takes
    the place of the readable renderer; both get finished solids, and share the step to pixels.
    """
    camera = spare3d_views()
    made = [make_solid(seed).to(device) for seed in range(solids)]
    if backend == "readable" and device == "cpu" and is_installed():
        shapes = [exact_shape(solid.steps) for solid in made]
        jobs = [partial(exact_drawing, shape, camera) for shape in shapes]
    else:
        jobs = [partial(draw, solid, camera, backend=backend) for solid in made]

    def job() -> None:
        for drawing in jobs:
            rasterize(drawing(), size)

    return job


def sdf_job(backend: Backend, device: str, *, points: int) -> Job:
    """Signed distances to a chair of 458 faces where DeepSDF takes them; its trees are built."""
    chair = make("chair", seed=0)
    places = sample_sdf(chair, points).points.to(device)
    field = MeshField((chair.vertices.to(device), chair.faces), backend)
    return lambda: field(places)


def isosurface_job(backend: Backend, device: str, *, resolution: int) -> Job:
    """The surface of a small network, coarse to fine (`fast`) or by the whole grid."""
    generator = torch.Generator().manual_seed(0)
    first, second, last = (
        (torch.randn(n, m, generator=generator) / n**0.5).to(device)
        for n, m in ((3, 64), (64, 64), (64, 1))
    )

    def network(p: torch.Tensor) -> torch.Tensor:  # a dented ball; steepest_slope: 1.04
        return p.norm(dim=1) - 0.5 + 0.1 * (((p @ first).tanh() @ second).tanh() @ last)[:, 0]

    lipschitz = 1.5 if backend == "fast" else None
    return lambda: isosurface(network, resolution, lipschitz=lipschitz, device=device)


ENTRIES = (
    Entry(
        "soft_silhouette_b64_64",
        partial(soft_job, images=64, size=64, level=3),
        seconds=0.10,
        ratio=8.0,
    ),
    Entry("soft_silhouette_b8_64", partial(soft_job, images=8, size=64, level=3), repeats=25),
    Entry("soft_silhouette_b4_256_20k", partial(soft_job, images=4, size=256, level=5), repeats=3),
    Entry("soft_shaded_b8_64", partial(soft_job, images=8, size=64, level=3, shaded=True), 15),
    Entry(
        "surfel_b1_128_forward",
        partial(surfel_job, images=1, backward=False),
        repeats=15,
        runs=20,
        ratio=10.0,
    ),
    Entry("surfel_b1_128", partial(surfel_job, images=1), repeats=15, runs=5, ratio=10.0),
    Entry("surfel_b16_128_forward", partial(surfel_job, images=16, backward=False), 15, ratio=10.0),
    Entry("surfel_b16_128", partial(surfel_job, images=16), repeats=9, ratio=10.0),
    Entry("line_drawing_200", partial(lines_job, solids=24, size=200), 3, ratio=20.0),
    Entry("sdf_samples_100k", partial(sdf_job, points=100_000), 2, seconds=0.2, ratio=10.0),
    Entry("isosurface_256", partial(isosurface_job, resolution=256), 3, ratio=5.0),
)


def measure(entry: Entry, device: str = "cpu") -> Result:
    """One object of bench.json: medians of both renderers, and the fast one's memory."""
    jobs = [entry.make(backend, device) for backend in BACKENDS]
    fast, readable = (
        statistics.median(times) for times in time_jobs(jobs, entry.repeats, device, entry.runs)
    )
    return {
        "name": entry.name,
        "fast_cpu_s": round(fast, 6),
        "readable_cpu_s": round(readable, 6),
        "ratio": round(readable / fast, 2),
        "fast_peak_mb": peak_in_fresh_process(entry.name, device),
        "device": device,
        "repeats": entry.repeats,
    }


def time_jobs(
    jobs: Sequence[Job], repeats: int, device: str = "cpu", runs: int = 1
) -> list[list[float]]:
    """Seconds of a run of each job, taken in turn on one thread, after a run to warm up."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for job in jobs:
            job()
        rounds = [[_seconds(job, device, runs) for job in jobs] for _ in range(repeats)]
    finally:
        torch.set_num_threads(threads)
    return [list(times) for times in zip(*rounds, strict=True)]


def _seconds(job: Job, device: str, runs: int) -> float:
    clock = time.process_time if device == "cpu" else time.perf_counter
    if device != "cpu":
        torch.cuda.synchronize(device)
    start = clock()
    for _ in range(runs):
        job()
    if device != "cpu":
        torch.cuda.synchronize(device)
    return (clock() - start) / runs


def scaling(
    repeats: int = 3, backends: Sequence[Backend] = BACKENDS, device: str = "cpu"
) -> list[Result]:
    """Time of a silhouette, forward and backward, as faces, pixels or images grow; the rest stays.

    Returns one object per point: what is `varied` (`faces`, `pixels` or `images`), the numbers of
    all three, and `{backend}_s`, the median CPU-seconds (on a GPU, seconds by the clock).
    """
    grid = {
        "faces": [(4, 64, level) for level in (1, 2, 3, 4, 5)],
        "pixels": [(4, size, 3) for size in (32, 64, 128, 256)],
        "images": [(images, 64, 3) for images in (1, 4, 16, 32)],
    }
    results = []
    for varied, points in grid.items():
        for images, size, level in points:
            make = partial(soft_job, images=images, size=size, level=level)
            times = time_jobs([make(backend, device) for backend in backends], repeats, device)
            results.append(
                {"varied": varied, "faces": 20 * 4**level, "pixels": size**2, "images": images}
                | {f"{b}_s": statistics.median(t) for b, t in zip(backends, times, strict=True)}
            )
    return results


def growth(repeats: int = 3, backend: Backend = "fast") -> dict[str, tuple[list, list]]:
    """`scaling` as curves: what varies -> how many times the least of it, and the CPU-seconds."""
    curves: dict[str, tuple[list, list]] = {}
    for point in scaling(repeats, (backend,)):
        times, seconds = curves.setdefault(point["varied"], ([], []))
        times.append(point[point["varied"]])
        seconds.append(point[f"{backend}_s"])
    return {name: ([n / ns[0] for n in ns], s) for name, (ns, s) in curves.items()}


def peak_in_fresh_process(name: str, device: str = "cpu") -> float:
    """Megabytes by which memory grows in one run of an entry's fast job, kernels loaded before."""
    command = [sys.executable, "-m", "fiveviews.render.bench", "--peak", name, "--device", device]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise RuntimeError(f"the memory of {name} could not be measured:\n{answer.stderr}")
    return float(answer.stdout)


def peak(name: str, device: str) -> float:
    """What `peak_in_fresh_process` asks of that process."""
    job = next(entry for entry in ENTRIES if entry.name == name).make("fast", device)
    wp.force_load(device)
    where = torch.device(device)
    forget_peak(where)
    before = peak_mb(where)
    job()
    return round(peak_mb(where) - before, 1)


def main() -> None:
    known = [entry.name for entry in ENTRIES]
    parser = argparse.ArgumentParser(prog="python -m fiveviews.render.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}; or all")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--peak", choices=known, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        print(peak(options.peak, options.device))
        return
    if unknown := sorted(set(options.names) - set(known)):
        parser.error(f"there is no entry {', '.join(unknown)}; there are {', '.join(known)}")

    start = time.perf_counter()
    soft_job("fast", options.device, images=1, size=8, level=0, shaded=True)()
    print(f"kernels ready after {time.perf_counter() - start:.1f} s (compiled once, then cached)")
    print(f"{'':28}  fast s  readable s   ratio  peak MB  device  targets")
    results = []
    for entry in ENTRIES:
        if not options.names or entry.name in options.names:
            results.append(measure(entry, options.device))
            print(_row(entry, results[-1]), flush=True)
    if not options.names:  # part of the bench must not replace the whole
        FILE.parent.mkdir(exist_ok=True)
        write_atomically(FILE, json.dumps(results, indent=1) + "\n")
        print(f"written to {FILE}")


def _row(entry: Entry, r: Result) -> str:
    targets = []
    if entry.seconds is not None:
        verdict = "reached" if r["fast_cpu_s"] <= entry.seconds else "MISSED"
        targets.append(f"<= {entry.seconds:.2f} s {verdict}")
    if entry.ratio is not None:
        verdict = "reached" if r["ratio"] >= entry.ratio else "MISSED"
        targets.append(f">= {entry.ratio:.0f} x {verdict}")
    return (
        f"{r['name']:28} {r['fast_cpu_s']:7.5f} {r['readable_cpu_s']:11.4f} {r['ratio']:6.1f}x "
        f"{r['fast_peak_mb']:8.1f}  {r['device']:6}  {', '.join(targets)}"
    )


if __name__ == "__main__":
    main()
