"""Figures: one function per kind of figure, the same in every chapter.

>>> from fiveviews import show
>>> show.images([[[0.0, 1.0]]]).alt
'1 image'
"""

from .images import images, strip
from .meshes import mesh
from .style import is_static

__all__ = ["images", "is_static", "mesh", "strip"]
