"""Our signed distance beside trimesh's and libigl's: how long, how often the wrong sign, how exact.

    python -m fiveviews.fields.compare

libigl and the rtree that trimesh needs for it are optional (pip install libigl rtree); what is not
installed is left out. All get the same meshes and points in one run on one thread, in turn; times
are CPU-seconds with the building of trees, and the truth is the readable version in float64.
trimesh gets fewer points: its time is per point too.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from fiveviews.fields import MeshField
from fiveviews.fields.frames import unit_sphere
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


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--points", type=int, default=100_000)
    options = parser.parse_args()
    torch.set_num_threads(1)
    present = {
        name: method
        for name, method in METHODS.items()
        if method[1] is None or importlib.util.find_spec(method[1])
    }
    ours(meshes()["sofa 0"], torch.zeros(1, 3))  # compiles the kernels
    print(f"{'':10} {'µs per point':>12} {'wrong sign %':>12} {'largest error of |s|':>22}")
    for name, mesh in meshes().items():
        points = sample_sdf(mesh, options.points).points
        points = points[torch.randperm(len(points), generator=torch.Generator().manual_seed(0))]
        truth = MeshField(mesh, "readable")(points[:CHECKED].double())
        print(f"{name}: {inspect(mesh)}")
        for method, (function, _, share) in present.items():
            some = points[: int(len(points) * share)]
            start = time.process_time()
            found = function(mesh, some)
            seconds = time.process_time() - start
            found = found[:CHECKED].double()
            known = truth[: len(found)]
            clear = known.abs() > 1e-6
            wrong = ((found > 0) != (known > 0))[clear].double().mean().item()
            error = (found.abs() - known.abs()).abs().max().item()
            micro = 1e6 * seconds / len(some)
            print(f"{method:10} {micro:12.2f} {100 * wrong:12.2f} {error:22.1e}", flush=True)


if __name__ == "__main__":
    main()
