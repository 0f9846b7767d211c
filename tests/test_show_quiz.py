"""A quiz is a whole page by itself, and keeps score as it says."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, sync_playwright

from fiveviews import show

ANSWERS = [1, 0, 3]


@pytest.fixture
def quiz() -> show.quiz:
    drawings = np.random.default_rng(0).random((3, 7, 12, 12))
    return show.quiz(
        drawings[:, :3],
        drawings[:, 3:],
        ANSWERS,
        {"a network </script>": [1, 1, 1]},
        labels=["front", "right", "top"],
        name="test",
        known={"people": 0.8},
    )


def _goes_out(url: str) -> bool:
    return not url.startswith(("file:", "data:", "blob:"))


@pytest.fixture
def open_page(tmp_path) -> Iterator[Callable[[show.quiz], Page]]:
    """Opens a quiz in a browser; the page keeps what went wrong, and what it asked the network."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])

        def opened(quiz: show.quiz) -> Page:
            file = tmp_path / "quiz.html"
            file.write_text(f"<!doctype html><body>{quiz.html}</body>", encoding="utf-8")
            page = browser.new_page()
            page.errors = []
            page.on("pageerror", lambda error: page.errors.append(str(error)))
            page.on("request", lambda r: page.errors.append(r.url) if _goes_out(r.url) else None)
            page.goto(file.as_uri())
            return page

        yield opened
        browser.close()


@pytest.fixture
def page(quiz, open_page) -> Page:
    return open_page(quiz)


def test_it_holds_all_it_needs(quiz):
    data = json.loads(re.search(r"json\" class=\"fv-quiz-data\">(.*?)</script>", quiz.html)[1])
    assert [len(q["given"]) + len(q["options"]) for q in data["questions"]] == [7, 7, 7]
    assert data["answers"] == ANSWERS
    assert list(data["others"]) == ["a network </script>"]  # and it did not end the script
    assert "<noscript>" in quiz.html


def answer(page: Page, options: list[int]) -> str:
    page.get_by_text("Start the clock").click()
    for i, option in enumerate(options):
        page.get_by_role("button", name=f"option {option + 1}").click()
        last = i == len(ANSWERS) - 1
        page.get_by_text("How did I do?" if last else "Next" if i < len(options) - 1
                         else "Stop here").click()  # fmt: skip
    return page.inner_text(".fv-quiz-body")


def test_whoever_knows_all_answers_has_all_right(page):
    said = answer(page, ANSWERS)
    assert "you: 100 %" in said
    assert "a network </script>: 33 % (on the same questions)" in said
    assert "people: 80 %" in said
    assert said.index("you") < said.index("people") < said.index("a network")
    assert "44 % to 100 %" in said  # Wilson's interval of three of three
    assert page.errors == []


def test_stopping_early_scores_what_was_answered(page):
    said = answer(page, [1, 2])
    assert "2 questions answered" in said
    assert "you: 50 %" in said
    assert "a network </script>: 50 %" in said


def test_a_test_does_not_tell_and_its_answers_can_be_saved(tmp_path, open_page):
    drawings = np.random.default_rng(0).integers(0, 256, (3, 4, 16, 16, 3), np.uint8)
    quiz = show.quiz(drawings[:, :1], drawings[:, 1:], [2, 0, 1], name="turned", tell=False)
    page = open_page(quiz)
    page.get_by_text("Start the clock").click()
    page.get_by_role("button", name="option 3").click()  # right, and the next question is there
    assert "Question 2 of 3" in page.inner_text(".fv-quiz-body")
    page.keyboard.press("2")  # wrong
    page.keyboard.press("2")  # right
    assert "you: 67 % (21 % to 94 %" in page.inner_text(".fv-quiz-body")
    with page.expect_download() as download:
        page.get_by_text("Save my answers").click()
    assert download.value.suggested_filename == "turned.csv"
    rows = Path(download.value.path()).read_text().splitlines()
    assert rows[0] == "question,answer,right_answer,right,seconds"
    assert [row.rsplit(",", 1)[0] for row in rows[1:]] == ["1,3,3,1", "2,2,1,0", "3,2,2,1"]
    assert page.errors == []


def test_the_white_margin_that_all_pictures_have_is_cut_off_alike(open_page):
    drawings = np.ones((1, 5, 100, 100, 3))
    drawings[0, 0, 30:60, 40:50] = 0  # the tallest, and the widest:
    drawings[0, 4, 50:52, 35:55] = 0
    page = open_page(show.quiz(drawings[:, :1], drawings[:, 1:], [2]))
    page.get_by_text("Start the clock").click()
    sizes = page.eval_on_selector_all("img", "i => i.map(i => [i.naturalWidth, i.naturalHeight])")
    assert sizes == [[30 + 2 * 4] * 2] * 5


def test_a_picture_without_white_margin_or_without_anything_stays_whole(open_page):
    drawings = np.zeros((2, 3, 20, 20, 3))
    drawings[1] = 1
    page = open_page(show.quiz(drawings[:, :1], drawings[:, 1:], [0, 1], tell=False))
    page.get_by_text("Start the clock").click()
    for _ in range(2):
        sizes = page.eval_on_selector_all("img", "i => i.map(i => i.naturalWidth)")
        assert sizes == [20, 20, 20]
        page.keyboard.press("1")


@pytest.mark.parametrize(("width", "rows", "least"), [(390, 2, 130), (1200, 1, 150)])
def test_options_stand_two_by_two_on_a_phone(page, width, rows, least):
    page.set_viewport_size({"width": width, "height": 844})
    page.get_by_text("Start the clock").click()
    boxes = [option.bounding_box() for option in page.locator(".fv-quiz-option").all()]
    assert len({box["y"] for box in boxes}) == rows
    assert min(box["width"] for box in boxes) >= least
    given = [image.bounding_box() for image in page.locator(".fv-quiz-body img").all()[:3]]
    assert len({box["y"] for box in given}) == 1
    assert max(box["x"] + box["width"] for box in boxes) <= width


def test_bad_input_is_told(quiz):
    given, options = np.zeros((2, 3, 8, 8)), np.zeros((2, 4, 8, 8))
    with pytest.raises(ValueError, match="2 questions need as many"):
        show.quiz(given, options, [1])
    with pytest.raises(ValueError, match="between 0 and 3"):
        show.quiz(given, options, [1, 4])
    with pytest.raises(ValueError, match="somebody has 1"):
        show.quiz(given, options, [1, 2], {"somebody": [0]})
    with pytest.raises(ValueError, match="a score is a share between 0 and 1"):
        show.quiz(given, options, [1, 2], known={"people": 73.3})
