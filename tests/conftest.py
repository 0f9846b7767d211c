"""What several tests share: the book's notebooks executed once, the site built once."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright

# Tests run beside other work and each other: threads that spin while they wait only cost.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("FIVEVIEWS_STATIC", "1")

from fiveviews.book import execute, site
from fiveviews.book.pages import ROOT, Book

# The same examples every time, however slow the machine, so that a test which turns red says that
# the code has changed. `pytest --hypothesis-profile=default` looks for new ones.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def book() -> Book:
    """The book itself, with everything made from it apart from what `make book` made."""
    return Book(ROOT, ROOT / "_build" / "test")


@pytest.fixture(scope="session")
def executed(book: Book) -> Iterator[dict[Path, Path]]:
    """Page -> executed copy, every notebook of the book at smoke scale."""
    book.build.mkdir(parents=True, exist_ok=True)
    with FileLock(book.build / "build.lock"):  # a second test run waits until the first is done
        yield execute.run_all(book, book.build / "notebooks", scale="smoke", timeout=900)


@pytest.fixture(scope="session")
def index(book: Book, executed: dict[Path, Path]) -> Path:
    """The index.html of the site built from those copies."""
    return site.assemble(book, executed)


@pytest.fixture(scope="module")
def headless() -> Iterator[Browser]:
    """This machine's Chromium, for figures that stand on a page by themselves."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on this machine")
    flags = ["--no-sandbox", "--enable-unsafe-swiftshader"]  # WebGL without a graphics card
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=flags)
        yield opened
        opened.close()
