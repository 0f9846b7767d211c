"""The built book in a real browser without a network, as a reader opens it.

Every request that leaves the machine is refused and counted, so a page that needs one fails.
"""

import functools
import http.server
import io
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import nbformat
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, ElementHandle, Locator, Page, Request, sync_playwright

from fiveviews.book.pages import Book

PAGES = [page.with_suffix(".html").as_posix() for page in Book().pages()]
LESSONS = [page.with_suffix(".html").as_posix() for page in Book().notebooks()]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-unsafe-swiftshader",  # WebGL without a graphics card
]
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


PATIENCE = 300_000  # milliseconds: a busy machine draws in software, and slowly


class Visit:
    """A page opened, with what it asked of the network and what its console said."""

    def __init__(self, page: Page, home: str) -> None:
        self.page, self.home = page, home
        self.refused: list[str] = []
        self.complaints: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.route("**/*", lambda route: self._guard(route))
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: str) -> Page:
        self.page.goto(self.home + path)
        self.page.wait_for_function("document.readyState === 'complete'")
        return self.page

    def _guard(self, route) -> None:
        request: Request = route.request
        if request.url.startswith((self.home, "data:", "blob:")):
            route.continue_()
        else:
            self.refused.append(request.url)
            route.abort()

    def _hear(self, message) -> None:
        if message.type == "error":
            self.complaints.append(message.text)


@pytest.fixture(scope="module")
def chromium() -> str:
    """The path of this machine's Chromium."""
    found = [path for name in NAMES if (path := shutil.which(name))]
    found += [path for path in APPLICATIONS if os.access(path, os.X_OK)]
    if not found:
        pytest.skip(f"no Chromium on this machine (looked for {', '.join(NAMES)})")
    return found[0]


@pytest.fixture(scope="module")
def site(chromium: str, index: Path) -> Path:
    """The folder of the built site; asked for only where there is a browser to look at it."""
    return index.parent


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing: pytest's output is for what went wrong."""


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """The site served on this machine."""
    handler = functools.partial(_Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def browser(chromium: str, index: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Callable[..., Visit]]:
    """A function that opens a fresh window; nothing a page asks of the network may be left over."""
    visits: list[Visit] = []

    def new(home: str = address, viewport: dict = DESKTOP, scheme: str = "light") -> Visit:
        context = browser.new_context(viewport=viewport, color_scheme=scheme)
        visits.append(Visit(context.new_page(), home))
        return visits[-1]

    yield new
    for one in visits:
        one.page.context.close()
        assert one.refused == [], "the page asked the network for these"
        assert one.complaints == [], "the page's console holds these errors"


def pixels(element: Locator | ElementHandle) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(element.screenshot())).convert("RGB"), dtype=int)


def is_picture(image: np.ndarray) -> bool:
    """Whether an image shows something: many colours, and not nearly all of it one."""
    colours, counts = np.unique(image.reshape(-1, 3), axis=0, return_counts=True)
    return len(colours) > 16 and counts.max() < 0.995 * counts.sum()


def test_a_blank_image_is_no_picture() -> None:
    assert not is_picture(np.full((50, 50, 3), 255))
    noise = np.random.default_rng(0).integers(0, 255, (50, 50, 3))
    assert is_picture(noise)


def test_the_guard_counts_what_leaves_the_machine(browser: Browser, address: str) -> None:
    visit = Visit(browser.new_context().new_page(), address)
    page = visit.open(PAGES[0])
    page.evaluate("fetch('https://example.org/').catch(() => null)")
    page.evaluate("console.error('heard')")
    page.context.close()
    assert visit.refused == ["https://example.org/"]
    assert "heard" in visit.complaints


@pytest.mark.parametrize("path", PAGES)
def test_a_page_opens_with_its_mathematics_set(path: str, visit: Callable[..., Visit]) -> None:
    page = visit().open(path)
    assert page.locator("article h1").first.inner_text().strip()
    formulas = "[...document.querySelectorAll('article .math')]"
    page.wait_for_function(f"{formulas}.every(m => m.querySelector('mjx-container svg'))")
    assert page.locator("mjx-merror, [data-mjx-error]").count() == 0


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_a_phone(path: str, visit: Callable[..., Visit]) -> None:
    page = visit(viewport=PHONE).open(path)
    page.wait_for_load_state("networkidle")
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{path} is {wide} pixels wider than a phone"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_wide_table_shows_at_its_edge_that_there_is_more(
    scheme: str, visit: Callable[..., Visit]
) -> None:
    page = visit(viewport=PHONE, scheme=scheme).open("results.html")
    hidden = "t => t.scrollWidth - t.clientWidth"
    tables = page.locator(".fv-table").all()
    table = next(t for t in tables if t.is_visible() and t.evaluate(hidden) > 50)
    table.evaluate("t => { t.style.paddingBottom = '16px' }")  # below the rows it is plain

    def shadows() -> tuple[bool, bool]:
        """Whether the left and the right edge differ from the middle."""
        below = pixels(table)[-10:-6]
        plain = below[:, below.shape[1] // 2]
        left, right = (np.abs(below[:, x] - plain).mean() > 15 for x in (2, -3))
        return left, right

    assert shadows() == (False, True)
    table.evaluate("t => { t.scrollLeft = t.scrollWidth }")
    assert shadows() == (True, False)


@pytest.mark.parametrize("path", LESSONS)
def test_the_titles_of_axes_fit_a_phone(path: str, visit: Callable[..., Visit]) -> None:
    page = visit(viewport=PHONE).open(path)
    draw_plots(page)
    clipped = page.evaluate(
        """() => [...document.querySelectorAll(".plotly-figure")].flatMap(figure => {
          const room = figure.getBoundingClientRect();
          return [...figure.querySelectorAll(".xtitle")].filter(title => {
            const box = title.getBoundingClientRect();
            return box.left < room.left || box.right > room.right;
          }).map(title => title.textContent);
        })"""
    )
    assert clipped == []


def draw_plots(page: Page) -> int:
    """Scroll to each plotly figure and see that it is drawn; return how many there are."""
    boxes = page.locator(".plotly-figure").all()
    for box in boxes:
        box.scroll_into_view_if_needed()
        page.wait_for_function("box => box.dataset.drawn === 'yes'", arg=box.element_handle())
        assert is_picture(pixels(box)), "a plotly figure is blank"
    return len(boxes)


def draw_meshes(page: Page) -> int:
    """Scroll to each 3D figure and see that WebGL, not only its still picture, draws it."""
    figures = page.locator(".fv-mesh").all()
    for figure in figures:
        figure.scroll_into_view_if_needed()
        page.wait_for_function("f => f.classList.contains('fv-awake')", arg=figure.element_handle())
        for canvas in figure.locator("canvas:visible").all():
            if canvas.bounding_box()["height"] > 50:
                assert is_picture(pixels(canvas)), "a 3D figure is blank"
    return len(figures)


def draw_shapes(page: Page) -> int:
    """The same for shapes that change, are cut or pointed at."""
    figures = page.locator(".fv-shapes").all()
    for figure in figures:
        figure.scroll_into_view_if_needed()
        page.wait_for_function("f => f.classList.contains('fv-awake')", arg=figure.element_handle())
        for stage in figure.locator(".fv-stage").all():
            assert is_picture(pixels(stage)), "a figure of shapes is blank"
    return len(figures)


@pytest.mark.parametrize("path", LESSONS)
def test_every_figure_of_a_lesson_is_drawn(path: str, visit: Callable[..., Visit]) -> None:
    page = visit().open(path)
    draw_plots(page)
    draw_meshes(page)
    draw_shapes(page)
    missing = page.evaluate(
        "[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)"
    )
    assert missing == []


def with_figure(site: Path, kind: str) -> str:
    return next(p for p in LESSONS if f'class="{kind}"' in (site / p).read_text("utf-8"))


def test_a_mesh_turns_under_the_mouse(site: Path, visit: Callable[..., Visit]) -> None:
    page = visit().open(with_figure(site, "fv-mesh"))
    stage = page.locator(".fv-mesh .fv-stage").first
    stage.scroll_into_view_if_needed()
    page.wait_for_selector(".fv-mesh.fv-awake")
    before = pixels(stage)
    box = stage.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + box["width"] / 4, y, steps=5)
    page.mouse.up()
    page.wait_for_timeout(500)
    assert (np.abs(pixels(stage) - before).max(axis=-1) > 16).mean() > 0.01


@pytest.mark.parametrize("kind", ["http", "file"])
def test_search_finds_a_word(kind: str, site: Path, visit: Callable[..., Visit]) -> None:
    opened = visit() if kind == "http" else visit(home=site.as_uri() + "/")
    page = opened.open("search.html?q=silhouette")
    page.wait_for_selector("ul.search li a")
    found = [a.get_attribute("href") for a in page.locator("ul.search li a").all()]
    assert any("glossary.html" in href for href in found if href)
    if kind == "file":  # there Sphinx finds pages, but may not read them to quote a line of each
        page.wait_for_load_state("networkidle")
        opened.complaints = [
            c for c in opened.complaints if not re.search("CORS|ERR_FAILED|Failed to fetch", c)
        ]


def test_a_lesson_opened_from_the_disk_draws_its_figures(
    site: Path, visit: Callable[..., Visit]
) -> None:
    opened = visit(home=site.as_uri() + "/")
    assert draw_plots(opened.open(with_figure(site, "plotly-figure"))) > 0
    assert draw_meshes(opened.open(with_figure(site, "fv-mesh"))) > 0
    assert draw_shapes(opened.open(with_figure(site, "fv-shapes"))) > 0
    assert opened.page.locator("mjx-merror").count() == 0


def test_the_theme_follows_the_reader_and_the_switch(visit: Callable[..., Visit]) -> None:
    def brightness(page: Page) -> float:
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(float(c) for c in colour.strip("rgba()").split(",")[:3]) / 3

    page = visit(scheme="dark").open(LESSONS[0])
    assert brightness(page) < 60
    page = visit(scheme="light").open(LESSONS[0])
    assert brightness(page) > 200
    for _ in range(3):  # the switch goes round: by system, light, dark
        page.locator("button.theme-switch-button:visible").first.click()
        if page.evaluate("document.documentElement.dataset.theme") == "dark":
            break
    assert brightness(page) < 60


@pytest.mark.parametrize("path", LESSONS)
def test_a_lesson_can_be_downloaded_and_opened(
    path: str, site: Path, visit: Callable[..., Visit]
) -> None:
    page = visit().open(path)
    page.locator(".dropdown-download-buttons > button").click()
    with page.expect_download() as download:
        page.locator(".btn-download-source-button").click()
    notebook = nbformat.read(download.value.path(), as_version=4)
    nbformat.validate(notebook)
    assert any(cell.get("outputs") for cell in notebook.cells)


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name == "id" and value:
                self.ids.add(value)
            if name in ("href", "src") and value:
                self.links.append(value)


def test_every_link_within_the_book_leads_somewhere(index: Path) -> None:
    pages: dict[Path, _Anchors] = {}
    for file in [*index.parent.glob("*.html"), *index.parent.glob("[!_]*/*.html")]:
        pages[file] = _Anchors()
        pages[file].feed(file.read_text("utf-8"))
    dead = []
    for file, anchors in pages.items():
        for link in anchors.links:
            address, fragment = urldefrag(link)
            if ":" in address or address.startswith("//"):
                continue
            target = (file.parent / unquote(address.split("?")[0])).resolve() if address else file
            known = pages[target].ids if target in pages else {fragment}
            if not target.exists() or (fragment and unquote(fragment) not in known):
                dead.append(f"{file.relative_to(index.parent)} -> {link}")
    assert dead == []
