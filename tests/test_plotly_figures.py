"""Plotly figures on a page of their own, in a real browser: printed, on a phone, without script."""

import json
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser

from fiveviews import show
from fiveviews.book.plotly_mime import figure_html
from fiveviews.book.site import vendor


@pytest.fixture(scope="module")
def figures(tmp_path_factory) -> Path:
    """A page of a wide slider, far above a curve, with nothing of the book around them."""
    folder = tmp_path_factory.mktemp("figures")
    vendor(folder / "_static")
    slider = show.slider({"a": np.eye(8)[None].repeat(3, 0)}, "n", [0, 1, 2])
    narrow = show.slider(dict.fromkeys("abc", np.eye(8)[None].repeat(3, 0)), "n", [0, 1, 2])
    tall = show.slider(dict.fromkeys("abc", np.ones((3, 16, 8))), "n", [0, 1, 2])
    curve = show.curves([3.0, 2.0])
    boxes = [figure_html(json.loads(f.to_json()), "words") for f in (slider, narrow, tall, curve)]
    page = "<!doctype html><body style='margin:0'>" + "<p style='height:3000px'>".join(boxes)
    page += "<script defer src='_static/plotly-figures.js'></script>"
    (folder / "index.html").write_text(page, "utf-8")
    return folder / "index.html"


def test_all_figures_of_a_page_are_drawn_before_it_is_printed(
    figures: Path, headless: Browser
) -> None:
    page = headless.new_page()
    page.goto(figures.as_uri())
    page.wait_for_function("window.Plotly")
    assert page.locator(".plotly-figure:not([data-drawn=yes])").count() > 0
    page.pdf()
    assert page.locator(".plotly-figure:not([data-drawn=yes])").count() == 0
    page.close()


def test_a_box_is_as_high_as_its_panels_are_on_a_phone(figures: Path, headless: Browser) -> None:
    heights = []
    for width in (680, 358):
        page = headless.new_page(viewport={"width": width, "height": 800})
        page.goto(figures.as_uri())
        for box in page.locator(".plotly-figure").all():
            box.scroll_into_view_if_needed()
            page.wait_for_function("b => b.dataset.drawn === 'yes'", arg=box.element_handle())
            assert box.locator("svg").first.bounding_box()["height"] <= box.bounding_box()["height"]
        heights.append([b.bounding_box()["height"] for b in page.locator(".plotly-figure").all()])
        page.close()
    (one, three, tall, curve), (one_phone, three_phone, tall_phone, curve_phone) = heights
    assert one_phone == pytest.approx(one, abs=10)  # one panel has room enough
    assert three_phone < three - 60  # three share the width
    assert tall - three == pytest.approx(2 * (tall_phone - three_phone), rel=0.15)  # as much lower
    assert tall_phone > three_phone + 80
    assert curve_phone == curve


def test_a_figure_says_in_words_what_it_shows_where_no_script_runs(
    figures: Path, headless: Browser
) -> None:
    page = headless.new_context(java_script_enabled=False).new_page()
    page.goto(figures.as_uri())
    said = page.locator("noscript").all()
    assert ["It shows: words" in one.inner_text() and one.is_visible() for one in said] == [
        True
    ] * 4
    page.context.close()
