"""A quiz is a whole page by itself, and keeps score as it says."""

import json
import re
import shutil

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


@pytest.fixture
def page(quiz, tmp_path):
    file = tmp_path / "quiz.html"
    file.write_text(f"<!doctype html><body>{quiz.html}</body>", encoding="utf-8")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("request", lambda request: page.errors.append(request.url)
                if not request.url.startswith(("file:", "data:")) else None)  # fmt: skip
        page.goto(file.as_uri())
        yield page
        browser.close()


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


def test_bad_input_is_told(quiz):
    given, options = np.zeros((2, 3, 8, 8)), np.zeros((2, 4, 8, 8))
    with pytest.raises(ValueError, match="2 questions need as many"):
        show.quiz(given, options, [1])
    with pytest.raises(ValueError, match="between 0 and 3"):
        show.quiz(given, options, [1, 4])
    with pytest.raises(ValueError, match="somebody has 1"):
        show.quiz(given, options, [1, 2], {"somebody": [0]})
