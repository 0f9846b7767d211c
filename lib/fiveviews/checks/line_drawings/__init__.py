"""Checks of the line-drawing chapter's exercises, `book/line_drawings/lab`, in their order."""

from fiveviews.checks.line_drawings.drawings import mirror, to_ink
from fiveviews.checks.line_drawings.looking import attention, shortcut
from fiveviews.checks.line_drawings.losses import contrast, nt_xent
from fiveviews.checks.line_drawings.poses import answer_i2p, answer_p2i

__all__ = [
    "answer_i2p",
    "answer_p2i",
    "attention",
    "contrast",
    "mirror",
    "nt_xent",
    "shortcut",
    "to_ink",
]
