"""Figures: one function per kind of figure, the same in every chapter.

>>> from fiveviews import show
>>> show.images([[[0.0, 1.0]]]).alt
'1 image'
"""

from fiveviews.parameters import refuse_unknown

from .compass import compass
from .diagrams import Box, diagram
from .drawings import drawings, sheet, turn
from .fields import field
from .images import images, strip
from .live import live
from .matrices import matrix
from .meshes import mesh
from .own_picture import own_picture
from .panels import panels
from .plots import bars_with_intervals, curves, points
from .quiz import quiz
from .relight import relight
from .sliders import slider
from .style import is_static
from .surfel_diagram import surfel_diagram
from .surfels import depth_map, normal_map, surfel_cloud, surfel_views, surfel_walk
from .tables import table
from .templates import correspondence, cut, morph
from .verdicts import verdicts

# Every lesson imports its figures before it computes anything.
refuse_unknown()

__all__ = [
    "Box",
    "bars_with_intervals",
    "compass",
    "correspondence",
    "curves",
    "cut",
    "depth_map",
    "diagram",
    "drawings",
    "field",
    "images",
    "is_static",
    "live",
    "matrix",
    "mesh",
    "morph",
    "normal_map",
    "own_picture",
    "panels",
    "points",
    "quiz",
    "relight",
    "sheet",
    "slider",
    "strip",
    "surfel_cloud",
    "surfel_diagram",
    "surfel_views",
    "surfel_walk",
    "table",
    "turn",
    "verdicts",
]
