"""Our signed distance beside trimesh's and libigl's: how long, how often the wrong sign, how exact.

libigl and the rtree that trimesh needs for it are optional (pip install libigl rtree); what is not
installed is left out. All get the same meshes and points in one run on one thread, in turn; times
are CPU-seconds with the building of trees, and the truth is the readable version in float64.
trimesh gets fewer points: its time is per point too. `data_scripts/measure_sdf.py` records it.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fiveviews.fields import MeshField
from fiveviews.fields.frames import unit_sphere
from fiveviews.fields.isosurface import isosurface
from fiveviews.fields.report import inspect
from fiveviews.fields.sampling import sample_sdf
from fiveviews.meshes import Mesh
from fiveviews.shapes import make

Method = Callable[[Mesh, Tensor], Tensor]
CHECKED = 4000  # points of each mesh whose truth is computed


def ours(mesh: Mesh, points: Tensor) -> Tensor:
    """The Warp kernels."""
    return MeshField(mesh, "fast")(points)


def by_trimesh(mesh: Mesh, points: Tensor) -> Tensor:
    """trimesh.proximity.signed_distance; it is positive inside."""
    import trimesh

    solid = trimesh.Trimesh(mesh.vertices.numpy(), mesh.faces.numpy(), process=False)
    return -torch.from_numpy(trimesh.proximity.signed_distance(solid, points.numpy()))


def by_libigl(mesh: Mesh, points: Tensor) -> Tensor:
    """Unsigned distance of libigl, with the sign of its fast winding number.

    Its signed_distance of type FAST_WINDING_NUMBER would multiply the distance by 1 - 2|w|, which
    is no distance beside a hole.
    """
    import igl

    vertices, faces = mesh.vertices.double().numpy(), mesh.faces.numpy()
    places = points.double().numpy()
    square = igl.point_mesh_squared_distance(places, vertices, faces)[0]
    winding = igl.fast_winding_number(vertices, faces, places)
    return torch.from_numpy(np.sqrt(square) * np.where(np.abs(winding) > 0.5, -1, 1))


METHODS: dict[str, tuple[Method, str | None, float]] = {  # function, wheel, share of the points
    "ours": (ours, None, 1.0),
    "libigl": (by_libigl, "igl", 1.0),
    "trimesh": (by_trimesh, "rtree", 0.02),
}


def meshes() -> dict[str, Mesh]:
    """A chair, a sofa and a plane, and the chair as real models are: in holes and half flipped."""
    made = {f"{name} {seed}": make(name, seed) for name, seed in (("sofa", 0), ("plane", 4))}
    chair = made["chair 1"] = make("chair", 1)
    random = torch.Generator().manual_seed(0)
    keep = torch.rand(len(chair.faces), generator=random) > 0.05
    made["chair 1, 5 % of faces gone"] = Mesh(chair.vertices, chair.faces[keep])
    turned = torch.rand(len(chair.faces), generator=random) < 0.02
    faces = torch.where(turned[:, None], chair.faces.flip(1), chair.faces)
    made["chair 1, 2 % of faces flipped"] = Mesh(chair.vertices, faces)
    return {name: unit_sphere(mesh).mesh(mesh) for name, mesh in made.items()}


def compare(points: int) -> Iterator[dict[str, Any]]:
    """A line for each of `meshes` and each method that is installed, one thread each.

    mesh, inspect, method; points that it was asked for; microseconds of CPU time for each;
    wrong_percent of the signs; error, the largest of |s|, in units of the unit sphere.
    """
    present = {
        name: method
        for name, method in METHODS.items()
        if method[1] is None or importlib.util.find_spec(method[1])
    }
    ours(meshes()["sofa 0"], torch.zeros(1, 3))  # compiles the kernels
    for name, mesh in meshes().items():
        asked = _points(mesh, points)
        truth = MeshField(mesh, "readable")(asked[:CHECKED].double())
        for method, (function, _, share) in present.items():
            some = asked[: max(1, int(len(asked) * share))]
            start = time.process_time()
            found = function(mesh, some)
            seconds = time.process_time() - start
            found = found[:CHECKED].double()
            known = truth[: len(found)]
            clear = known.abs() > 1e-6
            wrong = ((found > 0) != (known > 0))[clear].double().mean().item()
            yield {
                "mesh": name,
                "inspect": str(inspect(mesh)),
                "method": method,
                "points": len(some),
                "microseconds": 1e6 * seconds / len(some),
                "wrong_percent": 100 * wrong,
                "error": (found.abs() - known.abs()).abs().max().item(),
            }


def _points(mesh: Mesh, n: int) -> Tensor:
    """Points (n, 3) as training draws them, in any order."""
    points = sample_sdf(mesh, n).points
    return points[torch.randperm(len(points), generator=torch.Generator().manual_seed(0))]


def rate(points: int, cores: int = 2, repeats: int = 5) -> dict[str, float]:
    """How many objects of so many samples the kernels get done in a second, on all cores.

    Trees are built before and not counted. cpu_s: CPU-seconds of an object, the least of `repeats`
    for each mesh, then their mean; objects_per_s follows from it, as if no core ever waited.
    wall_s: the same by the clock, for what else the machine does.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(cores)
    cpu, wall = [], []
    try:
        for mesh in meshes().values():
            field, asked = MeshField(mesh, "fast"), _points(mesh, points)
            field(asked[:1])  # builds the trees
            times = []
            for _ in range(repeats):
                start = time.process_time(), time.perf_counter()
                field(asked)
                times.append((time.process_time() - start[0], time.perf_counter() - start[1]))
            cpu.append(min(c for c, _ in times))
            wall.append(min(w for _, w in times))
    finally:
        torch.set_num_threads(before)
    seconds = sum(cpu) / len(cpu)
    return {
        "cores": cores,
        "points": points,
        "cpu_s": seconds,
        "wall_s": sum(wall) / len(wall),
        "objects_per_s": cores / seconds,
    }


def coarse_to_fine(cells: int = 256) -> dict[str, float | bool]:
    """CPU-seconds of one chair's isosurface on a whole grid and coarse to fine, one thread.

    same: whether the two meshes are alike in every number.
    """
    field, found, seconds = MeshField(meshes()["chair 1"], "fast"), [], []
    field(torch.zeros(1, 3))
    for lipschitz in (None, 1.0):
        start = time.process_time()
        found.append(isosurface(field, cells + 1, lipschitz=lipschitz))
        seconds.append(time.process_time() - start)
    whole, sparse = found
    same = torch.equal(whole.vertices, sparse.vertices) and torch.equal(whole.faces, sparse.faces)
    return {
        "cells": cells,
        "whole_s": seconds[0],
        "coarse_to_fine_s": seconds[1],
        "ratio": seconds[0] / seconds[1],
        "same": same,
    }
