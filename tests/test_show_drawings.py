"""Figures of line drawings: sheets line up, turning is fast enough to drag."""

import re
import time

import ipywidgets
import pytest
from test_show import needs_no_network

from fiveviews import show
from fiveviews.cameras import spare3d_views
from fiveviews.render.lines import draw
from fiveviews.solids import make_solid

SOLID = make_solid(3)


@pytest.fixture(autouse=True)
def on_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIVEVIEWS_STATIC", "1")


def test_drawings_are_vectors_with_dashes_and_titles() -> None:
    drawing = draw(SOLID, spare3d_views(["f", "2"]))
    figure = show.drawings(drawing, titles=["front", "isometric"])
    assert figure.markup.count("<g ") == 2
    assert ">isometric</text>" in figure.markup
    assert "stroke-dasharray" in figure.markup
    assert needs_no_network(figure.markup)
    many = show.drawings([drawing, drawing, drawing], columns=3)
    assert many.alt == "6 line drawings"
    with pytest.raises(ValueError, match="2 drawings need as many titles; got 1"):
        show.drawings(drawing, titles=["front"])
    with pytest.raises(ValueError, match="no drawing to show"):
        show.drawings([])


def test_the_views_of_a_sheet_line_up() -> None:
    """Extents in x of front and top agree, and extents in y of front and right."""
    markup = show.sheet(SOLID).markup
    cells = re.findall(r'translate\(([\d.]+),([\d.]+)\)">(.*?)</g>', markup, re.DOTALL)
    assert len(cells) == 4
    extents = []
    for left, top, body in cells:
        points = re.findall(
            r"([\d.]+),([\d.]+)(?=[ \"])", " ".join(re.findall(r'points="[^"]*"', body))
        )
        x = [float(a) + float(left) for a, _ in points]
        y = [float(b) + float(top) for _, b in points]
        extents.append((min(x), max(x), min(y), max(y)))
    front, right, top, _ = extents
    assert front[:2] == pytest.approx(top[:2], abs=0.02)
    assert front[2:] == pytest.approx(right[2:], abs=0.02)


def test_a_page_turns_the_solid_by_frames() -> None:
    figure = show.turn(SOLID, frames=12)
    steps = figure.layout.sliders[0].steps
    assert [step.label for step in steps[:3]] == ["0°", "30°", "60°"]
    ink, dashes = figure.data
    assert dashes.line.dash == "4px,3px"
    assert ink.line.dash is None
    first, other = (steps[k].args[0]["x"] for k in (0, 1))
    assert all(len(kind) > 10 for kind in first)
    assert first != other
    shown = steps[figure.layout.sliders[0].active].args[0]
    assert list(shown["x"][0]) == list(ink.x)
    values = [v for step in steps for kind in step.args[0]["y"] for v in kind if v is not None]
    assert max(map(abs, values)) <= 1
    assert len(figure.to_json()) < 200_000


def test_a_kernel_redraws_ten_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIVEVIEWS_STATIC", "0")
    widget = show.turn(SOLID)
    assert isinstance(widget, ipywidgets.VBox)
    image, around, above = widget.children
    before = image.value
    start = time.process_time()
    for step in range(20):
        around.value = 5 * step
    above.value = -30
    assert (time.process_time() - start) / 21 < 0.1
    assert image.value != before
    assert image.value[:4] == b"\x89PNG"
