"""What several tests share: the book's notebooks executed once, the site built once."""

import argparse
import os
import re
import runpy
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# Tests run beside other work and each other: threads that spin while they wait only cost.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("FIVEVIEWS_STATIC", "1")

from fiveviews.book import __main__ as main
from fiveviews.book import execute, grid, site
from fiveviews.book.pages import ROOT, Book

# The same examples every time, however slow the machine, so that a test which turns red says that
# the code has changed. `pytest --hypothesis-profile=default` looks for new ones.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

# These files look at the executed notebooks, whose execution is half of all the work.
OF_THE_BOOK = ("test_notebooks.py", "test_site.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first, so that two processes end at about the same time."""
    for item in items:
        if "executed" in getattr(item, "fixturenames", ()):
            assert item.path.name in OF_THE_BOOK, f"{item.path.name} would execute the book again"
    items.sort(key=lambda item: item.path.name not in OF_THE_BOOK)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """A file's tests run in one process, and those of the book in one together."""
    config.option.loadscopereorder = False
    return _ByFile(config, log)


class _ByFile(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::")[0]
        return "book" if Path(file).name in OF_THE_BOOK else file


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


@pytest.fixture(scope="session")
def accepts() -> Callable[[str], None]:
    """A function that fails for a command that would not run: no such notebook, parameter, script,
    module or option. Words in capitals are what a reader fills in."""

    def check(command: str) -> None:
        command = command.replace("CATEGORY", "chair").replace("--kind KIND", "--kind parts")
        command = command.replace("scenes KIND", "scenes furnished")
        first, *rest = grid.arguments(re.sub(r"\b[A-Z_]{4,}\b", "0", command))
        if rest[:2] == ["fiveviews.book", "run"]:
            options = main.parser().parse_args(rest[1:])
            given = {name: execute.value(text) for name, text in options.p}
            execute.check_parameters(ROOT / options.notebook, given)
            return
        name, words = (rest[0], rest[1:]) if first == "-m" else (first, rest)
        path = ROOT / (f"lib/{name.replace('.', '/')}.py" if first == "-m" else name)
        assert path.is_file(), f"{command}: there is no {path}"
        if name not in parsers:
            parsers[name] = ParserOf(path)
        parsers[name].parse(words, command)

    parsers: dict[str, ParserOf] = {}
    return check


class ParserOf:
    """The parser of a script, caught as its main() asks it to parse."""

    def __init__(self, path: Path) -> None:
        self.main = runpy.run_path(str(path), run_name="read")["main"]

    def parse(self, words: list[str], command: str) -> None:
        original = argparse.ArgumentParser.parse_args

        def parse(parser: argparse.ArgumentParser, given=None, namespace=None):
            original(parser, words)
            raise _Parsed

        argparse.ArgumentParser.parse_args = parse
        try:
            self.main()
        except _Parsed:
            return
        except SystemExit as error:
            raise AssertionError(f"{command} is refused") from error
        finally:
            argparse.ArgumentParser.parse_args = original


class _Parsed(Exception):
    pass
