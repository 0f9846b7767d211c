"""Solids: random parts made of primitives, and parts from STEP files, ready for line drawings.

>>> part = make_solid(3)
>>> variant = cut(part, seed=0)
>>> variant.volume < part.volume
True
"""

from .csg import EmptySolid, Solid, Step, combine
from .generator import cut, make_cuts, make_solid
from .primitives import Primitive
from .step import read_step

__all__ = [
    "EmptySolid",
    "Primitive",
    "Solid",
    "Step",
    "combine",
    "cut",
    "make_cuts",
    "make_solid",
    "read_step",
]
