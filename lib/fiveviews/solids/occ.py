"""What OpenCASCADE is asked for, in one place: exact solids, and STEP files.

OpenCASCADE is optional: `pip install 'fiveviews[cad]'`. Nothing else in the library needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .csg import Step
from .primitives import Primitive


class NoOpenCascade(ImportError):
    """The optional wheel is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "this needs OpenCASCADE, which is optional: pip install 'fiveviews[cad]' "
            "(the wheel cadquery-ocp-novtk, about 70 MB)"
        )


def is_installed() -> bool:
    """Whether OpenCASCADE can be imported."""
    try:
        import OCP  # noqa: F401
    except ImportError:
        return False
    return True


def exact_shape(steps: Sequence[Step]) -> Any:
    """The B-rep solid that the steps make, its round faces exact; an OpenCASCADE shape.

    Faces of one plane or one cylinder that come from different primitives become one face, so that
    no line is drawn between them.

    Raises NoOpenCascade where the wheel is missing, RuntimeError where a boolean operation fails.
    """
    if not is_installed():
        raise NoOpenCascade
    from OCP.BRepAlgoAPI import BRepAlgoAPI_Common, BRepAlgoAPI_Cut, BRepAlgoAPI_Fuse
    from OCP.BRepLib import BRepLib
    from OCP.ShapeUpgrade import ShapeUpgrade_UnifySameDomain

    operations = {"add": BRepAlgoAPI_Fuse, "cut": BRepAlgoAPI_Cut, "keep": BRepAlgoAPI_Common}
    shape = _brick(steps[0].primitive)
    for step in steps[1:]:
        done = operations[step.operation](shape, _brick(step.primitive))
        if not done.IsDone():
            raise RuntimeError(f"OpenCASCADE could not {step.operation} {step.primitive}")
        shape = done.Shape()
    unify = ShapeUpgrade_UnifySameDomain(shape, True, True, False)
    unify.Build()
    shape = unify.Shape()
    BRepLib.EncodeRegularity_s(shape, 1e-3)
    return shape


def _brick(primitive: Primitive) -> Any:
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
        shape = BRepPrimAPI_MakeSphere(*size).Shape()
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
