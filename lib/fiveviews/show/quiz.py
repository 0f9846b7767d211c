"""Questions for the reader: pictures to choose from, a clock, and whom one is compared with.

The whole of it is a piece of a page with its own script, which needs neither kernel nor network.
What a reader answers stays in the browser: nothing is sent, only the best score is remembered, and
a click saves the answers as a CSV file, for a course to put together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files

import numpy as np
from numpy.typing import ArrayLike

from .images import to_rgb
from .style import TEXT, array
from .svg import png_uri

PAGE = """<div class="fv-quiz" id="{name}" role="group" aria-label="{title}" style="{style}">
<strong>{title}</strong>
<div class="fv-quiz-body">{still}<p>{invitation}</p></div>
<noscript>The questions need JavaScript; they run in this page and send nothing.</noscript>
<script type="application/json" class="fv-quiz-data">{data}</script>
<script>{script}</script>
</div>"""

MARGIN = 4  # white pixels that stay around what is drawn
STYLE = "background:white;color:#222;border:1px solid #d9d9d9;border-radius:4px;padding:12px;"
STYLE += f"font-size:{TEXT}px"


@dataclass(frozen=True)
class Quiz:
    """Questions on a page. Jupyter shows them; `html` is all there is to it."""

    html: str
    alt: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.alt}


def quiz(
    given: ArrayLike,
    options: ArrayLike,
    answers: Sequence[int],
    others: Mapping[str, Sequence[int]] | None = None,
    labels: Sequence[str] = (),
    title: str = "Which one is it?",
    name: str = "quiz",
    known: Mapping[str, float] | None = None,
    tell: bool = True,
) -> Quiz:
    """Questions that a reader answers against the clock.

    given: (N, V, H, W) or (N, V, H, W, 3), what is shown. options: (N, K, H, W[, 3]), to choose
        from. Values as in `images`; the white margin that all pictures of a question have is cut
        off, by the same square in each. answers: (N,), the right option of each.
    others: name -> the answers that somebody else, such as a network, gave to these questions.
    labels: one for each of the V pictures. known: name -> a share of right answers, for the end.
    name: under which the browser remembers the best score, and saves answers; one per page.
    tell: say after each question whether it was right; otherwise the next one comes at once.
    Raises ValueError where the numbers of questions differ or an answer is not among the options.

    >>> dark = np.zeros((2, 3, 8, 8)), np.zeros((2, 4, 8, 8))
    >>> quiz(*dark, answers=[0, 3], others={"a network": [0, 1]}).alt
    'Quiz: 2 questions with 4 options each'
    """
    given, options = array(given), array(options)
    count, right = len(given), [int(a) for a in answers]
    everyone = {"answers": right} | {k: [int(a) for a in v] for k, v in (others or {}).items()}
    for who, said in everyone.items():
        if len(said) != count or len(options) != count:
            raise ValueError(f"{count} questions need as many of each; {who} has {len(said)}")
        if not count or min(said) < 0 or max(said) >= options.shape[1]:
            raise ValueError(f"{who} must lie between 0 and {options.shape[1] - 1}; got {said}")
    if wrong := {who: share for who, share in (known or {}).items() if not 0 <= share <= 1}:
        raise ValueError(f"a score is a share between 0 and 1; got {wrong}")
    data = {
        "name": name,
        "labels": list(labels) or [""] * given.shape[1],
        "questions": [_question(g, o) for g, o in zip(given, options, strict=True)],
        "answers": right,
        "others": {who: said for who, said in everyone.items() if who != "answers"},
        "known": dict(known or {}),
        "tell": tell,
    }
    still = "".join(
        f'<img alt="{escape(label or "given")}" src="{uri}" style="width:22%;max-width:150px">'
        for label, uri in zip(data["labels"], data["questions"][0]["given"], strict=True)
    )
    html = PAGE.format(
        name=escape(name),
        title=escape(title),
        style=STYLE,
        still=still,
        invitation=f"{count} questions, {options.shape[1]} options each.",
        data=json.dumps(data).replace("<", "\\u003c"),  # or a name could end the script early
        script=files("fiveviews.show").joinpath("static/quiz.js").read_text(encoding="utf-8"),
    )
    return Quiz(html, f"Quiz: {count} questions with {options.shape[1]} options each")


def _question(given: np.ndarray, options: np.ndarray) -> dict[str, list[str]]:
    """The pictures of one question, all cut to the same square."""
    pictures = [to_rgb(picture) for picture in (*given, *options)]
    if len({picture.shape for picture in pictures}) == 1:
        pictures = _trimmed(np.stack(pictures))
    uris = [png_uri(np.ascontiguousarray(picture)) for picture in pictures]
    return {"given": uris[: len(given)], "options": uris[len(given) :]}


def _trimmed(pictures: np.ndarray) -> np.ndarray:
    """Pictures (N, H, W, 3) without the white margin that all have, square where they were."""
    dark = (pictures < 255).any((0, 3))
    if not dark.any():
        return pictures
    places = [np.flatnonzero(dark.any(axis)) for axis in (1, 0)]
    side = max(at[-1] - at[0] + 1 for at in places) + 2 * MARGIN
    cut = []
    for at, length in zip(places, dark.shape, strict=True):
        first = (at[0] + at[-1] + 1 - side) // 2
        first = max(0, min(first, length - side))
        cut.append(slice(first, first + side))
    return pictures[:, cut[0], cut[1]]
