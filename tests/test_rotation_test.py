"""The mental rotation test that readers take: what it stores, and a whole sitting in a browser."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from fiveviews import show
from fiveviews.show.rotation_test import SCRIPT

STATIC = SCRIPT.parent
RANDOM = np.random.default_rng(0)
PICTURES = RANDOM.integers(0, 256, (3, 4, 16, 16, 3), np.uint8)
ANSWERS = np.array([2, 0, 1])


@pytest.fixture(autouse=True)
def static(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIVEVIEWS_STATIC", "1")


def test_the_page_stores_questions_answers_and_levels_and_no_address() -> None:
    figure = show.rotation_test(PICTURES, ANSWERS, {"people </script>": 0.7329})
    text = re.search(r'fv-questions">(.*?)</script>', figure.html, re.DOTALL)[1]
    data = json.loads(text)
    assert data["answers"] == [2, 0, 1]
    assert len(data["questions"]) == 3
    assert data["levels"] == [{"name": "people </script>", "score": 0.7329}]
    assert "http" not in figure.html
    assert figure._repr_mimebundle_()["image/svg+xml"].startswith("<svg")


def test_a_notebook_gets_the_script_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIVEVIEWS_STATIC", "0")
    assert SCRIPT.read_text("utf-8") in show.rotation_test(PICTURES, ANSWERS, {}).html


@pytest.mark.parametrize(
    ("pictures", "answers", "levels", "told"),
    [
        (PICTURES[:, :3], ANSWERS, {}, r"\(N, 4, H, W, 3\)"),
        (PICTURES / 255, ANSWERS, {}, "uint8"),
        (PICTURES, ANSWERS[:2], {}, "3 questions need as many"),
        (PICTURES, ANSWERS + 1, {}, "each 0, 1 or 2"),
        (PICTURES, ANSWERS, {"us": 73.3}, "between 0 and 1"),
    ],
)
def test_what_makes_no_test_is_told(pictures, answers, levels, told) -> None:
    with pytest.raises(ValueError, match=told):
        show.rotation_test(pictures, answers, levels)


def test_a_reader_takes_the_test_in_a_browser_and_saves_the_answers(tmp_path: Path) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    if not Path("/usr/bin/chromium").exists():
        pytest.skip("needs Chromium")
    figure = show.rotation_test(PICTURES, ANSWERS, {"people": 0.7329, "chance": 1 / 3})
    style = (STATIC / "fiveviews.css").read_text("utf-8")
    file = tmp_path / "page.html"
    script = SCRIPT.read_text("utf-8")
    file.write_text(
        f'<meta charset="utf-8"><style>{style}</style>{figure.html}<script>{script}</script>'
    )
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium")
        page = browser.new_page()
        problems: list[str] = []
        asked: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        page.get_by_text("Start").click()
        assert page.locator(".fv-head").inner_text().startswith("Question 1 of 3")
        page.locator(".fv-choice").nth(2).click()  # right
        page.keyboard.press("2")  # wrong
        page.keyboard.press("2")  # right
        said = page.locator("[role=status]").inner_text()
        assert said.startswith("2 of 3 right: 66.7 %, 95 % interval 20.8 % to 93.9 %")
        names = page.locator(".fv-bar > :first-child").all_inner_texts()
        assert names == ["people", "you", "chance"]
        with page.expect_download() as download:
            page.get_by_text("Save my answers").click()
        rows = Path(download.value.path()).read_text().splitlines()
        browser.close()
    assert rows[0] == "question,answer,right_answer,right,seconds"
    assert [row.rsplit(",", 1)[0] for row in rows[1:]] == ["1,3,3,1", "2,2,1,0", "3,2,2,1"]
    assert problems == []
    assert all(url.startswith(("file:", "data:", "blob:")) for url in asked)
