"""The mental rotation test for a reader: questions in the page, answers that never leave it.

The page holds the questions and `static/rotation_test.js` asks them against the clock. Nothing is
sent anywhere: a reader sees a score beside others' and may save the answers as a file. Without
JavaScript the first question stays as a picture.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from .images import images as picture_row
from .style import QUIET, SMALL, array, is_static

SCRIPT = Path(__file__).with_name("static") / "rotation_test.js"
LARGEST = 128  # side of a picture as it is stored; the script knows it
GAP = 4  # white pixels between the pictures of a question
FIGURE = """<div class="fv-test" role="group" aria-label="{alt}" style="background:white;\
color:#222;padding:10px"><div class="fv-board"><img class="fv-poster" alt="The first question: a \
reference and three candidates" src="{first}" style="width:100%;max-width:560px;height:auto">\
<div style="font-size:{small}px;color:{quiet}">The test needs JavaScript.</div></div>
<script type="application/json" class="fv-questions">{data}</script></div>"""


@dataclass(frozen=True)
class RotationTest:
    """A test on a page. Jupyter shows it; elsewhere its first question is a picture."""

    html: str
    markup: str
    alt: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.html, "image/svg+xml": self.markup, "text/plain": self.alt}


def rotation_test(
    pictures: ArrayLike, answers: ArrayLike, levels: Mapping[str, float]
) -> RotationTest:
    """Ask a reader which of three pictures shows the figure of the first, turned.

    pictures: uint8 (N, 4, H, W, 3), the reference first. answers: (N,), 0, 1 or 2.
    levels: whose scores to show beside the reader's, as shares of questions answered rightly.
    Raises ValueError for other shapes and for scores outside [0, 1].

    >>> rotation_test(np.zeros((2, 4, 8, 8, 3), np.uint8), [0, 2], {"chance": 1 / 3}).alt
    'A mental rotation test of 2 questions'
    """
    pictures, answers = array(pictures), array(answers)
    if pictures.ndim != 5 or pictures.shape[1] != 4 or pictures.dtype != np.uint8:
        raise ValueError(
            f"a rotation test takes pictures, uint8 (N, 4, H, W, 3); got {pictures.dtype} "
            f"{pictures.shape}"
        )
    if answers.shape != pictures.shape[:1] or not np.isin(answers, (0, 1, 2)).all():
        raise ValueError(f"{len(pictures)} questions need as many answers, each 0, 1 or 2")
    if wrong := {name: value for name, value in levels.items() if not 0 <= value <= 1}:
        raise ValueError(f"a score is a share between 0 and 1; got {wrong}")
    strips = [_strip(question) for question in pictures]
    data = {
        "questions": strips,
        "answers": answers.tolist(),
        "levels": [{"name": name, "score": float(value)} for name, value in levels.items()],
    }
    alt = f"A mental rotation test of {len(pictures)} questions"
    html = FIGURE.format(
        alt=alt,
        first=strips[0],
        small=SMALL,
        quiet=QUIET,
        data=json.dumps(data).replace("<", "\\u003c"),
    )
    if not is_static():  # a notebook loads no scripts of the book
        html += f"<script>{SCRIPT.read_text('utf-8')}</script>"
    titles = ["reference", "1", "2", "3"]
    return RotationTest(html, picture_row(list(pictures[0]), titles=titles).markup, alt)


def _strip(question: np.ndarray) -> str:
    """The four pictures of a question side by side, as a data address."""
    side = LARGEST
    strip = Image.new("RGB", (4 * side + 3 * GAP, side), "white")
    for index, picture in enumerate(question):
        large = Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC)
        strip.paste(large, (index * (side + GAP), 0))
    buffer = io.BytesIO()
    strip.save(buffer, "jpeg", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
