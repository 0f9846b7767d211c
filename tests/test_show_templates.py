"""Figures of learned fields: whole on a page, alive in a browser, made anew in a kernel."""

import base64
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import ipywidgets
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from playwright.sync_api import Browser, Page

from fiveviews import show
from fiveviews.fields.isosurface import isosurface
from fiveviews.meshes import Mesh, icosphere
from fiveviews.show.page_figure import PageFigure
from fiveviews.show.painted import paint
from fiveviews.show.turnable import pack, scripts_of

BALL, LARGER = icosphere(2), Mesh(1.3 * icosphere(2).vertices, icosphere(2).faces)


@pytest.fixture(autouse=True)
def on_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIVEVIEWS_STATIC", "1")


def ball(points: torch.Tensor) -> torch.Tensor:
    return points.norm(dim=1) - 0.5


def ellipsoid(wide: float = 1.0) -> Mesh:
    return Mesh(0.5 * icosphere(1).vertices * torch.tensor([wide, 1.0, 1.0]), icosphere(1).faces)


def data_of(figure: PageFigure) -> dict:
    return json.loads(re.search(r'class="fv-data">(.*?)</script>', figure.html)[1])


# Packing ------------------------------------------------------------------------------------------


def unpack(packed: str, told: dict) -> list[dict[str, np.ndarray]]:
    """What static/shapes.js does, in NumPy."""
    stream = np.frombuffer(zlib.decompress(base64.b64decode(packed)), "<u2")
    at, found = 0, []

    def take(count: int) -> np.ndarray:
        nonlocal at
        columns = stream[at : at + 3 * count].reshape(3, count).astype(np.int64)
        at += 3 * count
        return (columns.cumsum(1) & 65535).T

    def places(count: int) -> np.ndarray:
        return (take(count) / 32767.5 - 1) * told["bound"]

    for mesh in told["meshes"]:
        one = {"vertices": places(mesh["vertices"])}
        if mesh["painted"]:
            one["colours"] = take(mesh["vertices"]) / 255
        if mesh["canonical"]:
            one["canonical"] = places(mesh["vertices"])
        found.append(one | {"faces": take(mesh["faces"])})
    assert at == len(stream)
    return found


@settings(max_examples=20)
@given(st.integers(0, 1000), st.floats(1e-3, 1e3), st.booleans(), st.booleans())
def test_what_is_packed_can_be_unpacked(
    seed: int, size: float, painted: bool, canonical: bool
) -> None:
    random = np.random.default_rng(seed)
    meshes, paints, inner = [], [], []
    for _ in range(2):
        n = int(random.integers(3, 40))
        faces = np.array([random.permutation(n)[:3] for _ in range(2 * n)])
        meshes.append(Mesh(size * random.uniform(-1, 1, (n, 3)), faces))
        paints.append(random.uniform(0, 1, (n, 3)) if painted else "#8fb8d6")
        inner.append(random.uniform(-1, 1, (n, 3)))
    shapes = [paint(m, c) for m, c in zip(meshes, paints, strict=True)]
    found = unpack(*pack(shapes, inner if canonical else None))
    step = 2 * max(size, 1.0) / 65535
    for mesh, colour, place, one in zip(meshes, paints, inner, found, strict=True):
        assert np.array_equal(one["faces"], mesh.faces.numpy())
        np.testing.assert_allclose(one["vertices"], mesh.vertices.numpy(), atol=step)
        assert ("colours" in one) == painted
        if painted:
            np.testing.assert_allclose(one["colours"], colour, atol=0.5 / 255 + 1e-9)
        if canonical:
            np.testing.assert_allclose(one["canonical"], place, atol=step)


def test_a_mesh_too_large_for_a_page_is_refused() -> None:
    many = Mesh(np.random.default_rng(0).random((65_536, 3)), np.array([[0, 1, 65_535]]))
    with pytest.raises(ValueError, match="up to 65,535 vertices; got 65,536"):
        pack([paint(many, "red")])


def test_a_chair_takes_little_room() -> None:
    torus = isosurface(lambda p: ((p[:, :2].norm(dim=1) - 0.6) ** 2 + p[:, 2] ** 2) - 0.04, 64,
                       lipschitz=None)  # fmt: skip
    assert len(torus.faces) > 8000
    assert len(pack([paint(torus, "#8fb8d6")])[0]) < 12 * len(torus.faces)


# On a page ----------------------------------------------------------------------------------------


def test_a_cut_holds_the_field_from_end_to_end() -> None:
    figure = show.cut(ball, BALL, side=9, limit=0.2)
    volume = re.search(r'class="fv-volume">(.*?)</script>', figure.html)[1]
    codes = np.frombuffer(zlib.decompress(base64.b64decode(volume)), np.uint8).reshape(9, 9, 9)
    axis = np.linspace(-1, 1, 9)
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    values = np.clip(np.sqrt(x**2 + y**2 + z**2) - 0.5, -0.2, 0.2)
    np.testing.assert_allclose((codes / 127.5 - 1) * 0.2, values, atol=0.2 / 255 + 1e-6)
    assert data_of(figure)["kind"] == "cut"
    assert show.cut(ball, side=9).alt.endswith("from -0.2 to 0.2")


def test_shapes_change_along_the_first_control() -> None:
    figure = show.morph(lambda wide, tall: ellipsoid(wide * tall), wide=[0.5, 1.0, 2.0], tall=[1])
    data = data_of(figure)
    assert (data["label"], data["values"], data["start"]) == ("wide", ["0.5", "1", "2"], 1)
    packed = re.search(r'class="fv-packed">(.*?)</script>', figure.html)[1]
    widths = [np.ptp(one["vertices"][:, 0]) for one in unpack(packed, data)]
    np.testing.assert_allclose(widths, widths[1] * np.array([0.5, 1, 2]), rtol=1e-3)
    with pytest.raises(ValueError, match="no surface was found"):
        show.morph(lambda t: None, t=[1, 2])
    with pytest.raises(ValueError, match="at least one control"):
        show.morph(lambda: BALL)


def test_what_corresponds_has_one_colour() -> None:
    canonical = [BALL.vertices, BALL.vertices]
    figure = show.correspondence([BALL, LARGER], canonical, ["small", "large"])
    one, other = unpack(re.search(r'"fv-packed">(.*?)</script>', figure.html)[1], data_of(figure))
    assert np.array_equal(one["colours"], other["colours"])
    np.testing.assert_allclose(one["canonical"], BALL.vertices.numpy(), atol=1e-4)
    assert len(np.unique(one["colours"], axis=0)) > 100
    with pytest.raises(ValueError, match="two meshes or more"):
        show.correspondence([BALL], [BALL.vertices])
    with pytest.raises(ValueError, match="a place"):
        show.correspondence([BALL, BALL], [BALL.vertices, BALL.vertices[:5]])
    with pytest.raises(ValueError, match="a place"):
        show.correspondence([BALL, BALL], [BALL.vertices, BALL.vertices * torch.nan])


def test_a_page_loads_the_scripts_and_a_kernel_gets_them_along(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    figure = show.correspondence([BALL, BALL], [BALL.vertices] * 2, ["a </script>", "b"])
    assert figure.html.count("</script>") == 2
    bundle = figure._repr_mimebundle_()
    assert {"text/html", "image/png", "text/plain"} == set(bundle)
    monkeypatch.setenv("FIVEVIEWS_STATIC", "0")
    assert "fvKinds" in show.cut(ball, BALL, side=5).html


# In a kernel --------------------------------------------------------------------------------------


def test_a_shape_is_made_anew_as_a_slider_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIVEVIEWS_STATIC", "0")

    def make(wide: float) -> Mesh | None:
        return None if wide > 5 else ellipsoid(wide)

    box = show.morph(make, wide=[0.5, 1.0, 2.0, 9.0])
    assert isinstance(box, ipywidgets.VBox)
    plot, slider, words = box.children[:3]
    solid = plot.objects[0]
    assert np.ptp(solid.vertices[:, 0]) == pytest.approx(2 * np.ptp(solid.vertices[:, 1]), rel=0.2)
    slider.value = 0.5
    assert np.ptp(solid.vertices[:, 0]) == pytest.approx(
        0.5 * np.ptp(solid.vertices[:, 1]), rel=0.2
    )
    slider.value = 9.0
    assert "no surface was found" in words.value
    slider.value = 1.0
    assert words.value == ""


# In a browser -------------------------------------------------------------------------------------


@pytest.fixture
def open_page(tmp_path: Path, headless: Browser) -> Iterator[Callable[[PageFigure], Page]]:
    """Opens a figure in a browser; the page keeps what went wrong, and what left the machine."""
    pages = []

    def opened(figure: PageFigure) -> Page:
        scripts = scripts_of("shape-kinds.js", "shapes.js")
        file = tmp_path / "figure.html"
        head = '<!doctype html><meta charset="utf-8"><body style="width:680px">'
        file.write_text(head + figure.html + scripts, encoding="utf-8")
        page = headless.new_page(viewport={"width": 720, "height": 700})
        page.wrong = []
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.on("request", lambda r: page.wrong.append(r.url) if "://" in r.url[:8] and not
                r.url.startswith("file:") else None)  # fmt: skip
        page.goto(file.as_uri())
        page.wait_for_selector(".fv-shapes.fv-awake")
        pages.append(page)
        return page

    yield opened
    for page in pages:
        page.close()
        assert page.wrong == []


def pixels(page: Page, selector: str) -> np.ndarray:
    page.wait_for_timeout(150)
    picture = page.locator(selector).first.screenshot()
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)


def drag(page: Page, selector: str, x: float, y: float) -> None:
    box = page.locator(selector).first.bounding_box()
    at = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*at)
    page.mouse.down()
    page.mouse.move(at[0] + x, at[1] + y, steps=5)
    page.mouse.up()


def test_the_live_picture_is_the_still_one(open_page) -> None:
    figure = show.morph(lambda wide: ellipsoid(wide), wide=[1.0, 1.5, 2.0])
    page = open_page(figure)
    live = pixels(page, ".fv-stage")
    page.evaluate("document.querySelector('.fv-over').remove()")
    page.add_style_tag(content=".fv-poster { visibility: visible !important; }")
    still = pixels(page, ".fv-stage")
    assert np.abs(live - still).mean() < 3
    assert (np.abs(live - still).max(-1) > 40).mean() < 0.02


def test_a_shape_turns_and_changes(open_page) -> None:
    page = open_page(show.morph(lambda wide: ellipsoid(wide), wide=[1.0, 1.5, 2.0]))
    first = pixels(page, ".fv-stage")
    drag(page, ".fv-stage", 120, 0)
    turned = pixels(page, ".fv-stage")
    assert (np.abs(turned - first).max(-1) > 16).mean() > 0.02
    page.locator(".fv-stage").dblclick()
    assert np.abs(pixels(page, ".fv-stage") - first).mean() < 1
    page.locator("input[type=range]").fill("0")
    narrow = pixels(page, ".fv-stage")
    assert (narrow < 250).any(-1).sum() < (first < 250).any(-1).sum()
    assert "1" in page.locator(".fv-controls").inner_text()
    page.locator(".fv-stage").focus()
    page.keyboard.press("ArrowUp")
    assert (np.abs(pixels(page, ".fv-stage") - narrow).max(-1) > 16).mean() > 0.005


def test_a_plane_cuts_the_shape_and_shows_its_field(open_page) -> None:
    half = Mesh(0.5 * icosphere(4).vertices, icosphere(4).faces)
    page = open_page(show.cut(ball, half, side=33, limit=0.5))
    assert "orange is inside; colours end at ±0.5" in page.inner_text(".fv-hint")

    def orange(selector: str) -> int:
        shown = pixels(page, selector)
        return int((shown[..., 0] > shown[..., 2] + 20).sum())

    slice_ = page.locator(".fv-flat").bounding_box()["width"]
    middle = orange(".fv-flat")
    assert middle == pytest.approx(np.pi * (0.5 * slice_ / 2) ** 2 * 0.9, rel=0.15)  # a disc
    assert orange(".fv-stage") > 1000
    page.get_by_role("button", name="cut across y").click()
    assert "y = 0.00" in page.inner_text(".fv-controls")
    page.locator("input[type=range]").fill("70")
    assert orange(".fv-flat") == 0
    assert orange(".fv-stage") == 0


def test_a_point_is_found_on_the_other_shape(open_page) -> None:
    wide = Mesh(BALL.vertices * torch.tensor([1.5, 1.0, 1.0]), BALL.faces)
    figure = show.correspondence([BALL, wide], [BALL.vertices, BALL.vertices], view=(0.0, 0.0))
    page = open_page(figure)
    box = page.locator(".fv-stage").first.bounding_box()
    x, y = box["x"] + 0.58 * box["width"], box["y"] + 0.42 * box["height"]
    before = [pixels(page, f".fv-view:nth-child({k}) .fv-stage") for k in (1, 2)]
    page.mouse.move(x, y)
    after = [pixels(page, f".fv-view:nth-child({k}) .fv-stage") for k in (1, 2)]
    marks = []
    for one, other in zip(before, after, strict=True):
        rows, columns = np.nonzero(np.abs(one - other).max(-1) > 60)
        marks.append(((columns.mean() / one.shape[1]) - 0.5, 0.5 - rows.mean() / one.shape[0]))
    assert marks[0] == pytest.approx((0.08, 0.08), abs=0.02)
    assert marks[1][0] == pytest.approx(1.5 * marks[0][0], abs=0.05)  # a vertex near it
    assert marks[1][1] == pytest.approx(marks[0][1], abs=0.05)
    assert re.search(r"apart in the template: 2: 0\.\d{3}", page.inner_text(".fv-hint"))
