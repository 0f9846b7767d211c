"""What OpenCASCADE is asked for, in one place: exact solids, and STEP files.

OpenCASCADE is optional: `pip install 'fiveviews[cad]'`. Nothing else in the library needs it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from .csg import Step
from .primitives import Primitive

SEAMS = ((0, 0, 1), (1, 2, 3), (3, 1, 0.5))  # directions in which a ball's poles may lie


class NoOpenCascade(ImportError):
    """The optional wheel is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "this needs OpenCASCADE, which is optional: pip install 'fiveviews[cad]' "
            "(the wheel cadquery-ocp-novtk, about 70 MB)"
        )


def is_installed() -> bool:
    """Whether OpenCASCADE can be imported."""
    return find_spec("OCP") is not None


def exact_shape(steps: Sequence[Step], seam: int = 0) -> Any:
    """The B-rep solid that the steps make, its round faces exact; an OpenCASCADE shape.

    Faces of one plane or one cylinder that come from different primitives become one face, so that
    no line is drawn between them.
    seam: number of the direction in which the poles of balls lie, which changes no shape. But where
    another axis lies in the plane of a ball's seam, a boolean operation can leave a piece too much.

    Raises NoOpenCascade where the wheel is missing, RuntimeError where a boolean operation fails.
    """
    if not is_installed():
        raise NoOpenCascade
    from OCP.BRepAlgoAPI import BRepAlgoAPI_Common, BRepAlgoAPI_Cut, BRepAlgoAPI_Fuse
    from OCP.BRepLib import BRepLib
    from OCP.ShapeUpgrade import ShapeUpgrade_UnifySameDomain

    operations = {"add": BRepAlgoAPI_Fuse, "cut": BRepAlgoAPI_Cut, "keep": BRepAlgoAPI_Common}
    shape = _brick(steps[0].primitive, seam)
    for step in steps[1:]:
        done = operations[step.operation](shape, _brick(step.primitive, seam))
        if not done.IsDone():
            raise RuntimeError(f"OpenCASCADE could not {step.operation} {step.primitive}")
        shape = done.Shape()
    unify = ShapeUpgrade_UnifySameDomain(shape, True, True, False)
    unify.Build()
    shape = unify.Shape()
    BRepLib.EncodeRegularity_s(shape, 1e-3)
    return shape


def _brick(primitive: Primitive, seam: int) -> Any:
    from OCP.BRepBuilderAPI import BRepBuilderAPI_Transform
    from OCP.BRepPrimAPI import (
        BRepPrimAPI_MakeBox,
        BRepPrimAPI_MakeCone,
        BRepPrimAPI_MakeCylinder,
        BRepPrimAPI_MakeSphere,
        BRepPrimAPI_MakeTorus,
        BRepPrimAPI_MakeWedge,
    )
    from OCP.gp import gp_Ax2, gp_Dir, gp_Pnt, gp_Trsf

    size = primitive.size
    kind = primitive.kind
    if kind == "sphere":
        poles = gp_Ax2(gp_Pnt(0, 0, 0), gp_Dir(*SEAMS[seam]))
        shape = BRepPrimAPI_MakeSphere(poles, *size).Shape()
    elif kind == "torus":
        shape = BRepPrimAPI_MakeTorus(*size).Shape()
    elif kind in ("cylinder", "cone"):
        base = gp_Ax2(gp_Pnt(0, 0, -size[-1] / 2), gp_Dir(0, 0, 1))
        make = BRepPrimAPI_MakeCylinder if kind == "cylinder" else BRepPrimAPI_MakeCone
        shape = make(base, *size).Shape()
    else:
        x, y, z = size
        if kind == "box":
            shape = BRepPrimAPI_MakeBox(gp_Pnt(-x / 2, -y / 2, -z / 2), x, y, z).Shape()
        else:  # its own y goes up and its z forward, ours the other way round
            base = gp_Ax2(gp_Pnt(-x / 2, y / 2, -z / 2), gp_Dir(0, -1, 0), gp_Dir(1, 0, 0))
            shape = BRepPrimAPI_MakeWedge(base, x, z, y, 0.0).Shape()
    move = gp_Trsf()
    matrix = np.column_stack([np.asarray(primitive.rotation, float), primitive.centre])
    move.SetValues(*matrix.reshape(-1).tolist())
    return BRepBuilderAPI_Transform(shape, move, True).Shape()


def tessellate(path: str, deflection: float = 1e-3) -> dict[str, np.ndarray]:
    """Triangles of the solids in a STEP file: vertices, faces, normals and surface as in `Solid`.

    deflection: how far triangles may lie from the true surface, as a share of the longest side.
    Meant for a process of its own (see `fiveviews.solids.step`): a bad file can hang or crash it.

    Raises ValueError where the file holds no solid.
    """
    from OCP.Bnd import Bnd_Box
    from OCP.BRepBndLib import BRepBndLib
    from OCP.BRepMesh import BRepMesh_IncrementalMesh
    from OCP.IFSelect import IFSelect_RetDone
    from OCP.STEPControl import STEPControl_Reader
    from OCP.TopAbs import TopAbs_SOLID
    from OCP.TopExp import TopExp_Explorer

    reader = STEPControl_Reader()
    if reader.ReadFile(path) != IFSelect_RetDone:
        raise ValueError("it cannot be read as a STEP file")
    reader.TransferRoots()
    shape = reader.OneShape()
    box = Bnd_Box()
    if not shape.IsNull():
        BRepBndLib.Add_s(shape, box)
    if shape.IsNull() or box.IsVoid():
        raise ValueError("it holds no shape")
    low, high = box.CornerMin(), box.CornerMax()
    side = max(high.X() - low.X(), high.Y() - low.Y(), high.Z() - low.Z())
    BRepMesh_IncrementalMesh(shape, deflection * side, False, 0.25)
    parts = []
    solids = TopExp_Explorer(shape, TopAbs_SOLID)
    while solids.More():
        parts.append(_triangles(solids.Current(), 1e-6 * side))
        solids.Next()
    if not parts:
        raise ValueError("it holds surfaces but no solid")
    offsets = np.cumsum([0] + [len(p["vertices"]) for p in parts])
    faces = np.cumsum([0] + [int(p["surface"].max()) + 1 for p in parts])
    for part, vertex, face in zip(parts, offsets, faces, strict=False):
        part["faces"] += vertex
        part["surface"] += face
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _triangles(solid: Any, near: float) -> dict[str, np.ndarray]:
    """One solid's triangles; nodes nearer than `near` are one vertex, so that faces join."""
    from OCP.BRep import BRep_Tool
    from OCP.BRepLib import BRepLib_ToolTriangulatedShape
    from OCP.TopAbs import TopAbs_FACE, TopAbs_REVERSED
    from OCP.TopExp import TopExp_Explorer
    from OCP.TopLoc import TopLoc_Location
    from OCP.TopoDS import TopoDS

    points, faces, normals, surface = [], [], [], []
    explorer, count = TopExp_Explorer(solid, TopAbs_FACE), 0
    while explorer.More():
        face, place = TopoDS.Face(explorer.Current()), TopLoc_Location()
        explorer.Next()
        mesh = BRep_Tool.Triangulation_s(face, place)
        if mesh is None or mesh.NbTriangles() == 0:
            continue
        BRepLib_ToolTriangulatedShape.ComputeNormals_s(face, mesh)
        move = place.Transformation()
        nodes = range(1, mesh.NbNodes() + 1)
        at = [mesh.Node(i).Transformed(move) for i in nodes]
        out = [mesh.Normal(i).Transformed(move) for i in nodes]
        corner = np.array([mesh.Triangle(i + 1).Get() for i in range(mesh.NbTriangles())]) - 1
        out = np.array([(n.X(), n.Y(), n.Z()) for n in out])
        if face.Orientation() == TopAbs_REVERSED:
            corner, out = corner[:, ::-1], -out
        faces.append(corner + sum(map(len, points)))
        points.append(np.array([(p.X(), p.Y(), p.Z()) for p in at]))
        normals.append(out[corner])
        surface.append(np.full(len(corner), count))
        count += 1
    if not points:
        raise ValueError("its solid could not be cut into triangles")
    joined = np.concatenate(points)
    tree = cKDTree(joined)
    pairs = tree.query_pairs(near, output_type="ndarray")
    links = coo_matrix((np.ones(len(pairs)), tuple(pairs.T)), shape=(len(joined),) * 2)
    number, label = connected_components(links, directed=False)
    vertices = np.zeros((number, 3))
    vertices[label] = joined
    faces = label[np.concatenate(faces)].astype(np.int64)
    real = (faces != np.roll(faces, 1, axis=1)).all(1)
    return {
        "vertices": vertices,
        "faces": faces[real],
        "normals": np.concatenate(normals)[real],
        "surface": np.concatenate(surface)[real].astype(np.int64),
    }


def main() -> None:
    """Read a STEP file and write its triangles as an .npz: python -m fiveviews.solids.occ IN OUT"""
    path, out = sys.argv[1:]
    try:
        arrays = tessellate(path)
    except ValueError as error:
        sys.exit(f"REFUSED {error}")
    with open(out, "wb") as file:
        np.savez(file, **arrays)


if __name__ == "__main__":
    main()
