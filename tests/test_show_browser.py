"""3D figures in a real browser, without a network, over http and from a folder."""

import http.server
import json
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from importlib.metadata import distribution
from pathlib import Path

import pytest
import torch

from fiveviews import show
from fiveviews.meshes import Mesh, icosphere, normalise

SPHERE = normalise(icosphere(2))
STATIC = Path(show.__file__).parent / "static"
FLAGS = ["--headless", "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update",
         "--enable-unsafe-swiftshader"]  # fmt: skip
COLOURS = """canvas => { const copy = document.createElement("canvas");
  [copy.width, copy.height] = [60, 60]; const pen = copy.getContext("2d");
  pen.fillStyle = "white"; pen.fillRect(0, 0, 60, 60); pen.drawImage(canvas, 0, 0, 60, 60);
  return JSON.stringify([...pen.getImageData(0, 0, 60, 60).data]) }"""


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if path is None:
        pytest.skip("no Chromium on this machine; install the package chromium to run this test")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small site: four figures of three meshes on a page two folders down."""
    root = tmp_path_factory.mktemp("site")
    shutil.copytree(STATIC, root / "_static")
    k3d = distribution("k3d").locate_file("k3d/static/standalone.js")
    shutil.copy(str(k3d), root / "_static" / "k3d-standalone.js")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIVEVIEWS_STATIC", "1")
        lopsided = Mesh(SPHERE.vertices * torch.tensor([1.0, 0.6, 0.2]), SPHERE.faces)
        figure = show.mesh([SPHERE, lopsided, lopsided], titles=["a", "b", "c"]).html
    page = root / "chapter" / "part" / "page.html"
    page.parent.mkdir(parents=True)
    page.write_text(
        '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="../../_static/fiveviews.css">'
        '<script src="../../_static/fiveviews.js"></script><body style="width:700px">'
        + "<p style='height:700px'>text</p>".join([figure] * 4),
        encoding="utf-8",
    )
    return root


@pytest.fixture(params=["http", "file"])
def address(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    if request.param == "file":
        yield folder.as_uri()
        return
    handler = partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_meshes_come_alive_without_a_network(browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 800, "height": 700})
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on(
        "console", lambda message: errors.append(message.text) if message.type == "error" else None
    )
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{address}/chapter/part/page.html")
    page.wait_for_selector(".fv-mesh.fv-awake", timeout=60_000)
    page.wait_for_timeout(300)
    canvases = page.query_selector_all(".fv-awake canvas")
    before = [canvas.evaluate(COLOURS) for canvas in canvases]
    assert len(before) == 3
    assert all(len(set(json.loads(colours))) > 8 for colours in before)  # shaded, not one colour

    box = canvases[0].bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.wheel(0, 60)
    page.wait_for_timeout(300)
    assert page.evaluate("scrollY") > 0  # the wheel is the page's, until a click
    page.evaluate("scrollTo(0, 0)")
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 120, steps=4)
    page.mouse.up()
    page.wait_for_timeout(500)
    dragged = [canvas.evaluate(COLOURS) for canvas in canvases]
    assert all(a != b for a, b in zip(before[1:], dragged[1:], strict=True))  # all turn together
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(500)
    assert canvases[1].evaluate(COLOURS) != dragged[1]

    for figure in page.query_selector_all(".fv-mesh"):
        figure.scroll_into_view_if_needed()
        page.wait_for_function(
            "figure => figure.classList.contains('fv-awake')", arg=figure, timeout=60_000
        )
        assert len(page.query_selector_all(".fv-layer canvas")) <= 8
    assert all(url.startswith((address, "data:", "blob:")) for url in asked), asked
    assert errors == []
    page.close()


def test_without_javascript_the_pictures_stay(browser, folder: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{folder.as_uri()}/chapter/part/page.html")
    posters = page.locator("img.fv-poster")
    assert posters.count() == 12
    assert posters.first.is_visible()
    assert posters.first.get_attribute("alt") == "3D view of a (320 faces)"
    context.close()
