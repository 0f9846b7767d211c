"""How far our drawings agree with OpenCASCADE's exact hidden-line removal, and how fast both are.

    python -m fiveviews.render.lines.exact --solids 200

needs the optional wheel (pip install 'fiveviews[cad]'). Both sides get the same random solids by
the same description, each in the form that is native to it: OpenCASCADE the exact B-rep, whose
cylinders are cylinders, we the mesh. (Given the mesh, OpenCASCADE would draw every facet.) Its
sharp edges and outlines are drawn; its smooth, sewn and iso-parametric lines are not: so did
SPARE3D.

Agreement is counted in pixels of a picture: of those that show a line of one kind in one drawing,
the share that has a line of that kind within 1.5 pixels in the other; both ways. What a visible
line covers is not seen and not asked for, but does count as an answer.
"""

from __future__ import annotations

import argparse
import json
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt

from fiveviews.cameras import SPARE3D_VIEWS, Camera, spare3d_views
from fiveviews.files import write_atomically
from fiveviews.render.inputs import refuse_perspective
from fiveviews.solids import combine, make_solid
from fiveviews.solids.occ import SEAMS, NoOpenCascade, exact_shape, is_installed

from . import draw
from .drawing import Drawing
from .raster import rasterize

DEFLECTION = 1e-4  # how far a chord may lie from the curve it is drawn for, in world units
NEAR = 1.5  # pixels
FILE = Path("_build/hidden_lines.json")


def exact_drawing(shape: Any, camera: Camera) -> Drawing:
    """What HLRBRep_Algo draws of an OpenCASCADE shape, as B orthographic cameras see it.

    Raises ValueError for a camera with perspective, and NoOpenCascade where the wheel is missing.
    """
    refuse_perspective(camera)
    if not is_installed():
        raise NoOpenCascade
    found = [_one_view(shape, camera, view) for view in range(len(camera))]
    segments = [s for of_view in found for s, _ in of_view]
    flags = [np.full(len(s), visible) for of_view in found for s, visible in of_view]
    view = [np.full(len(s), b) for b, of_view in enumerate(found) for s, _ in of_view]
    join = np.concatenate
    return Drawing(
        torch.from_numpy(join(segments) / camera.scale),
        torch.from_numpy(join(flags)),
        torch.from_numpy(join(view)),
        torch.zeros(sum(map(len, segments)), dtype=torch.int64),
        len(camera),
    )


def _one_view(shape: Any, camera: Camera, view: int) -> list[tuple[np.ndarray, bool]]:
    """Segments (n, 2, 2) in world units, and whether they are visible."""
    from OCP.gp import gp_Ax2, gp_Dir, gp_Pnt
    from OCP.HLRAlgo import HLRAlgo_Projector
    from OCP.HLRBRep import HLRBRep_Algo, HLRBRep_HLRToShape

    right, _, back = camera.rotation[view].double().tolist()
    algorithm = HLRBRep_Algo()
    algorithm.Add(shape, 0)
    eye = camera.eye[view].double().tolist()
    frame = gp_Ax2(gp_Pnt(*eye), gp_Dir(*back), gp_Dir(*right))
    algorithm.Projector(HLRAlgo_Projector(frame))
    algorithm.Update()
    algorithm.Hide()
    shapes = HLRBRep_HLRToShape(algorithm)
    kinds = [(shapes.VCompound, True), (shapes.OutLineVCompound, True)]
    kinds += [(shapes.HCompound, False), (shapes.OutLineHCompound, False)]
    return [(_segments(lines()), visible) for lines, visible in kinds]


def _segments(compound: Any) -> np.ndarray:
    """Chords (n, 2, 2) of all edges of a compound."""
    from OCP.BRepAdaptor import BRepAdaptor_Curve
    from OCP.GCPnts import GCPnts_QuasiUniformDeflection
    from OCP.TopAbs import TopAbs_EDGE
    from OCP.TopExp import TopExp_Explorer
    from OCP.TopoDS import TopoDS

    found = [np.zeros((0, 2, 2))]
    edges = TopExp_Explorer(compound, TopAbs_EDGE) if compound and not compound.IsNull() else None
    while edges and edges.More():
        curve = BRepAdaptor_Curve(TopoDS.Edge(edges.Current()))
        points = GCPnts_QuasiUniformDeflection(curve, DEFLECTION)
        if points.IsDone():
            places = [points.Value(i + 1) for i in range(points.NbPoints())]
            line = np.array([(p.X(), p.Y()) for p in places])
            found.append(np.stack([line[:-1], line[1:]], 1))
        edges.Next()
    return np.concatenate(found)


def agreement(ours: Drawing, theirs: Drawing, size: int = 200) -> np.ndarray:
    """Pixels counted (B, 4, 2): matched and all; rows: our visible ones in theirs, their visible
    ones in ours, our hidden ones in theirs, their hidden ones in ours.

    A line of width 1 shows in each pixel that it covers by half, so one that lies between two rows
    of pixels shows in both.
    """
    a, b = (rasterize(d, size, 1.0, 1.0).numpy() > 0.49 for d in (ours, theirs))
    counts = np.zeros((len(a), 4, 2), int)
    for view in range(len(a)):
        for kind in range(2):
            for way, (one, other) in enumerate([(a[view], b[view]), (b[view], a[view])]):
                asked = one[..., 0] if kind == 0 else one[..., 1] & ~one[..., 0]
                there = other[..., kind]
                far = distance_transform_edt(~there) if there.any() else np.full(there.shape, 1e9)
                counts[view, 2 * kind + way] = (asked & (far <= NEAR)).sum(), asked.sum()
    return counts


def exact_volume(shape: Any) -> float:
    """Volume of an OpenCASCADE shape."""
    from OCP.BRepGProp import BRepGProp
    from OCP.GProp import GProp_GProps

    properties = GProp_GProps()
    BRepGProp.VolumeProperties_s(shape, properties)
    return properties.Mass()


def compare(seeds: range, camera: Camera) -> dict[str, Any]:
    """Agreement and CPU-seconds over the random solids with these seeds, one thread.

    A solid whose exact counterpart has another volume (by more than 2 %: a boolean operation of
    OpenCASCADE went wrong) is not the same solid. It is built anew with the seams of its balls
    elsewhere, and where that does not help, listed under `unlike` and left out.
    """
    counts = np.zeros((4, 2), int)
    spent = dict.fromkeys(("solid", "exact_solid", "drawing", "exact_drawing", "picture"), 0.0)
    unlike, worst = [], (0, -1, "")
    draw(make_solid(seeds[0]), camera)  # kernels are compiled before the clock runs
    for seed in seeds:
        steps = make_solid(seed).steps
        solid = _timed(spent, "solid", combine, steps)
        for seam in range(len(SEAMS)):
            shape = _timed(spent, "exact_solid", exact_shape, steps, seam)
            if alike := abs(exact_volume(shape) / solid.volume - 1) <= 0.02:
                break
        if not alike:
            unlike.append(seed)
            continue
        ours = _timed(spent, "drawing", draw, solid, camera)
        theirs = _timed(spent, "exact_drawing", exact_drawing, shape, camera)
        _timed(spent, "picture", rasterize, ours)
        found = agreement(ours, theirs)
        missed = (found[..., 1] - found[..., 0]).max(1)
        worst = max(worst, (int(missed.max()), seed, SPARE3D_VIEWS[int(missed.argmax())]))
        counts += found.sum(0)
    drawings = (len(seeds) - len(unlike)) * len(camera)
    names = ("visible_ours", "visible_exact", "hidden_ours", "hidden_exact")
    return {
        "solids": len(seeds),
        "opencascade": version("cadquery-ocp-novtk"),
        "unlike": unlike,
        "drawings": drawings,
        "agreement": dict(zip(names, (counts[:, 0] / counts[:, 1]).round(6).tolist(), strict=True)),
        "pixels": dict(zip(names, counts[:, 1].tolist(), strict=True)),
        "worst": {"pixels": worst[0], "seed": worst[1], "view": worst[2]},
        "ms_per_drawing": {name: round(1e3 * s / drawings, 4) for name, s in spent.items()},
    }


def _timed(spent: dict[str, float], name: str, function: Any, *arguments: Any) -> Any:
    start = time.process_time()
    result = function(*arguments)
    spent[name] += time.process_time() - start
    return result


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m fiveviews.render.lines.exact", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--solids", type=int, default=200, help="how many random solids (200)")
    parser.add_argument("--first", type=int, default=0, help="seed of the first (0)")
    parser.add_argument("--out", type=Path, default=FILE, help=f"where to write ({FILE})")
    options = parser.parse_args()
    if not is_installed():
        raise SystemExit(str(NoOpenCascade()))
    torch.set_num_threads(1)
    seeds = range(options.first, options.first + options.solids)
    result = compare(seeds, spare3d_views())
    text = json.dumps(result, indent=1)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(options.out, text + "\n")
    print(f"{text}\nwritten to {options.out}")
    ms = result["ms_per_drawing"]
    line = ms["exact_drawing"] / ms["drawing"]
    ink = (ms["exact_drawing"] + ms["picture"]) / (ms["drawing"] + ms["picture"])
    print(f"{line:.1f} times as fast per drawing, {ink:.1f} times per picture of 200 × 200 pixels")


if __name__ == "__main__":
    main()
