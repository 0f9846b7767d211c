"""3D figures: true on the page, alive in a kernel, and alive in a browser without a network."""

import base64
import http.server
import io
import json
import re
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from importlib.metadata import distribution
from pathlib import Path

import comm
import ipywidgets
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from fiveviews import show
from fiveviews.cameras import orbit
from fiveviews.meshes import Mesh, icosphere, normalise
from fiveviews.show.painted import fit_camera, paint, poster

SPHERE = normalise(icosphere(2))
STATIC = Path(show.__file__).parent / "static"


@pytest.fixture(autouse=True)
def on_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIVEVIEWS_STATIC", "1")


@given(st.floats(-180, 180), st.floats(-80, 80), st.floats(0.01, 100))
def test_the_camera_sees_every_shape_whole(azimuth: float, elevation: float, size: float) -> None:
    mesh = Mesh(SPHERE.vertices * torch.tensor([3.0, 1.0, 0.3]) * size + 2 * size, SPHERE.faces)
    seen = fit_camera([paint(mesh, "red")], azimuth, elevation).project(mesh.vertices)[0]
    assert seen[:, :2].abs().max() < 1
    assert seen[:, 2].min() > 0


def test_up_is_up_and_the_front_faces_the_viewer() -> None:
    towards = SPHERE.vertices[SPHERE.faces].mean(1)
    colour = np.where(towards[:, 2:] > 0, [[1.0, 0, 0]], [[0, 0, 1.0]])  # front red, back blue
    colour[(towards[:, 1] > 0.25).numpy()] = [0, 1.0, 0]  # the top is green
    shape = paint(SPHERE, colour)
    picture = np.asarray(poster(shape, fit_camera([shape], 0, 0), 100).convert("RGB")).astype(int)
    assert picture[50, 50].argmax() == 0  # the middle: the front
    assert picture[15, 50].argmax() == 1  # high in the picture: the top
    assert (picture[1, 1] == 255).all()


@settings(max_examples=25)
@given(arrays(bool, (4, 4, 4)).filter(np.any))
def test_the_surface_of_voxels_encloses_their_volume(voxels: np.ndarray) -> None:
    mesh = paint(voxels, "red").mesh
    a, b, c = mesh.vertices[mesh.faces].double().unbind(1)
    volume = (a * torch.linalg.cross(b, c)).sum() / 6  # divergence theorem; outward is positive
    assert volume.item() == pytest.approx(voxels.sum() / 64, abs=1e-6)
    centre = mesh.vertices.mean(0)
    assert mesh.vertices.abs().max() <= 0.5
    if voxels.sum() == 1:
        np.testing.assert_allclose(centre, (np.argwhere(voxels)[0] + 0.5) / 4 - 0.5, atol=1e-6)


def test_a_page_gets_pictures_snapshots_and_words() -> None:
    figure = show.mesh([SPHERE, np.ones((2, 2, 2), bool)], ["#ff0000", None], ["ours", "<voxels>"])
    bundle = figure._repr_mimebundle_()
    assert bundle["text/plain"] == "3D view: ours (320 faces), <voxels> (48 faces)"
    assert 'alt="3D view of &lt;voxels&gt; (48 faces)"' in bundle["text/html"]
    assert bundle["text/html"].count('class="fv-snapshot"') == 2
    assert not re.search(r"https?://|(?:src|href)=.//", bundle["text/html"])
    picture = np.asarray(
        Image.open(io.BytesIO(base64.b64decode(bundle["image/png"]))).convert("RGB")
    )
    red = (picture[..., 0].astype(int) - picture[..., 1]) > 60
    assert red[:, : red.shape[1] // 2].any()
    assert not red[:, red.shape[1] // 2 :].any()


def test_a_mesh_of_the_papers_size_weighs_little() -> None:
    assert len(show.mesh(icosphere(3)).html) < 60_000


def test_pages_leave_no_widgets_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    monkeypatch.setattr(comm, "create_comm", lambda **given: opened.append(given))
    before = comm.create_comm
    show.mesh(SPHERE)
    assert opened == []
    assert comm.create_comm is before


def test_a_kernel_gets_widgets_with_y_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIVEVIEWS_STATIC", "0")
    row = show.mesh([SPHERE, SPHERE], titles=["one", "two"])
    assert isinstance(row, ipywidgets.HBox)
    plots = [column.children[-1] for column in row.children]
    assert all(list(plot.camera[6:]) == [0, 1, 0] for plot in plots)
    eye = torch.tensor(plots[0].camera[:3])
    np.testing.assert_allclose(eye / eye.norm(), orbit(30.0, 25.0, 1.0).eye[0], atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (([],), "the list is empty"),
        (([SPHERE, SPHERE], None, ["one"]), "2 meshes need as many titles; got 1"),
        (([SPHERE], ["red", "blue"]), "1 meshes need as many colors; got 2"),
        ((SPHERE, np.zeros((7, 3))), r"V=162 and F=320; got shape \(7, 3\)"),
        ((np.zeros((4, 4, 4)),), "voxels as bool"),
    ],
)
def test_what_cannot_be_drawn_in_3d_is_explained(arguments: tuple, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        show.mesh(*arguments)


# In a browser

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


@pytest.mark.parametrize(
    ("count", "columns", "width", "rows"),
    [(5, 2, 1000, [2, 2, 1]), (3, None, 1000, [3]), (3, None, 360, [2, 1]), (1, None, 360, [1])],
)
def test_views_stand_in_rows_and_are_as_large_as_each_other(
    browser, count: int, columns: int | None, width: int, rows: list[int]
) -> None:
    figure = show.mesh([SPHERE] * count, columns=columns, size=200)
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.set_content(figure._repr_mimebundle_()["text/html"])
    boxes = [view.bounding_box() for view in page.locator(".fv-view").all()]
    tops = [box["y"] for box in boxes]
    assert [tops.count(y) for y in sorted(set(tops))] == rows
    assert max(box["width"] for box in boxes) == min(box["width"] for box in boxes) <= 200
    page.close()
