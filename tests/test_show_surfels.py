"""Figures of surfels: their colours, their squares in space, and lights that a reader moves."""

import base64
import io
import json
import re
from pathlib import Path

import ipywidgets
import numpy as np
import pytest
import torch
from PIL import Image

from fiveviews import show
from fiveviews.cameras import orbit
from fiveviews.data.surfel_scenes import REFLECTANCE, make_views
from fiveviews.render.surfels import surfel_normals, surfel_positions, surfel_render
from fiveviews.show.surfels import surfel_squares

STATIC = Path(show.__file__).parent / "static"
VIEWS = make_views("box_rotation", 2, seed=1, size=48)


@pytest.fixture(autouse=True)
def on_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIVEVIEWS_STATIC", "1")


def test_near_is_dark_and_nothing_is_white() -> None:
    grey = show.depth_map([[[1.0, 2.0], [4.0, np.inf]]])
    assert grey.shape == (1, 2, 2, 3)
    assert 0 < grey[0, 0, 0, 0] < grey[0, 0, 1, 0] < grey[0, 1, 0, 0] < 1
    assert (grey[0, 1, 1] == 1).all()
    assert (show.depth_map(np.zeros((2, 2))) == 1).all()
    fixed = show.depth_map([[1.0, 3.0]], limits=(2.0, 4.0))
    np.testing.assert_allclose(fixed[0, :, 0], [0.1, 0.525])


def test_normals_have_the_colours_of_the_axes() -> None:
    colours = show.normal_map(np.concatenate([np.eye(3), -np.eye(3), np.zeros((1, 3))]))
    assert (colours[:3] == 0.5 + np.eye(3) / 2).all()
    assert (colours[3:6] == 0.5 - np.eye(3) / 2).all()
    assert (colours[6] == 1).all()


def test_views_show_three_rows_for_each_entry() -> None:
    truth = (VIEWS.images, VIEWS.depth, VIEWS.normals)
    found = (VIEWS.images, VIEWS.depth, surfel_normals(VIEWS.depth, VIEWS.camera))
    figure = show.surfel_views({"true": truth, "found": found})
    assert figure.alt.startswith(
        "6 rows of 2 images: true shading, true depth, true normals, found"
    )
    assert show.surfel_views({"": truth}).alt == "3 rows of 2 images: shading, depth, normals"


@pytest.mark.parametrize(
    "camera", [VIEWS.camera[[0]], orbit(20.0, 30.0, fov=None, scale=0.5)], ids=["lens", "flat"]
)
def test_squares_lie_where_their_surfels_do(camera) -> None:
    depth = VIEWS.depth[0].clone()
    depth[:3] = 0.0
    mesh, colours = surfel_squares(depth, camera)
    assert len(mesh.faces) == len(colours) == 2 * 45 * 48
    corners = mesh.vertices.view(-1, 4, 3)
    world = surfel_positions(depth[None], camera)[0] @ camera.rotation[0] + camera.eye[0]
    centre = world[3:].reshape(-1, 3)
    off = (corners.mean(1) - centre).norm(dim=1)
    assert off.median() < 1e-3
    assert off.max() < 0.05
    seen = camera.project(corners.reshape(1, -1, 3))[0].view(-1, 4, 3)
    size = (seen[:, 2] - seen[:, 0])[:, :2] * 48 / 2  # in pixels
    torch.testing.assert_close(size, torch.full_like(size, 0.92), atol=1e-3, rtol=0)
    normals = surfel_normals(depth[None], camera)[0, 3:].reshape(-1, 3) @ camera.rotation[0]
    plane = ((corners - centre[:, None]) * normals[:, None]).sum(-1).abs().amax(1)
    assert (plane < 1e-5).float().mean() > 0.97  # all but the steepest


def test_a_cloud_is_a_3d_figure_with_a_picture() -> None:
    pair = [VIEWS.depth[0], VIEWS.depth[1]]
    figure = show.surfel_cloud(pair, VIEWS.camera, list(VIEWS.images), ["one", "two"], stride=3)
    assert figure.alt == "3D view: one (512 faces), two (512 faces)"
    assert show.surfel_cloud(VIEWS.depth[0], VIEWS.camera[0], stride=4).alt.endswith("(288 faces)")
    with pytest.raises(ValueError, match=r"got \(2, 48, 48\) and 2"):
        surfel_squares(VIEWS.depth, VIEWS.camera)


def test_a_walk_is_a_slider_over_the_angles_on_one_scale_of_depth() -> None:
    asked = []

    def look(angle: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        asked.append(angle)
        return VIEWS.images[0], VIEWS.depth[0] + angle / 100, VIEWS.normals[0]

    figure = show.surfel_walk(look, [0, 10, 20])
    assert asked == [0, 10, 20]
    assert [step.label for step in figure.layout.sliders[0].steps] == ["0", "10", "20"]
    first, last = (step.args[0]["source"][1] for step in figure.layout.sliders[0].steps[::2])
    assert pixels(first).mean() < pixels(last).mean()  # farther is lighter


def test_a_walk_puts_belief_under_truth_on_one_scale_of_depth() -> None:
    def look(angle: float) -> list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
        image, depth, normals = VIEWS.images[0], VIEWS.depth[0], VIEWS.normals[0]
        return [(image, depth, normals), (0 * image + angle / 100, depth + 1, -normals)]

    figure = show.surfel_walk(look, [0, 50])
    assert [note.text for note in figure.layout.annotations] == ["shading", "depth", "normals"]
    shading, depth, normals = map(pixels, figure.layout.sliders[0].steps[1].args[0]["source"])
    assert shading.shape == (48 + 1 + 48, 48, 3)
    assert (shading[49:] == 128).all()  # the second of the pair, as it looks from there
    assert (shading[48] == 255).all()
    assert depth[49:].mean() > depth[:48].mean()  # farther is lighter
    assert not np.array_equal(normals[49:], normals[:48])
    assert figure.layout.meta["tall"] == 97 / 48
    alone = show.surfel_walk(lambda angle: look(angle)[0], [0, 50])
    assert figure.layout.height > alone.layout.height + 100


def stored(figure: object) -> dict:
    html = figure._repr_mimebundle_()["text/html"]
    assert not re.search(r"https?://|(?:src|href)=.//", html)
    return json.loads(re.search(r'class="fv-surfels">(.*?)</script>', html)[1])


def pixels(uri: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))).convert("RGB"))


def test_a_page_stores_the_surfels_it_is_lit_from() -> None:
    depth = VIEWS.depth[0].clone()
    depth[0, 0] = torch.inf
    figure = show.relight(depth, VIEWS.camera[0], VIEWS.lights[[0]], normals=VIEWS.normals[0])
    scene = stored(figure)
    code = pixels(scene["depth"]).astype(int) @ [256, 1, 0]
    assert code[0, 0] == 0
    found = torch.from_numpy((code - 1) / 65534 * scene["far"]).float()
    torch.testing.assert_close(found[1:], depth[1:], atol=3e-5, rtol=0)
    normals = torch.from_numpy(pixels(scene["normals"]) / 127.5 - 1).float()
    torch.testing.assert_close(normals, VIEWS.normals[0], atol=0.005, rtol=0)
    eye = VIEWS.camera.eye[0]
    back = torch.tensor(scene["lights"]) @ VIEWS.camera.rotation[0] + eye
    torch.testing.assert_close(back, VIEWS.lights.positions[0])
    assert figure.alt == "A scene of 2,304 surfels under 3 lights that can be moved"
    assert len(figure.html) < 40_000


def test_a_kernel_gets_sliders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIVEVIEWS_STATIC", "0")
    widget = show.relight(VIEWS.depth[0], VIEWS.camera[0], VIEWS.lights[[0]])
    names = {child.description for child in widget.children if hasattr(child, "description")}
    assert isinstance(widget, ipywidgets.Widget)
    assert names == {"azimuth", "elevation", "brightness"}


def test_only_one_view_in_perspective_can_be_relit() -> None:
    with pytest.raises(ValueError, match=r"got \(2, 48, 48\) and 2"):
        show.relight(VIEWS.depth, VIEWS.camera, VIEWS.lights)
    with pytest.raises(ValueError, match="in perspective"):
        show.relight(VIEWS.depth[0], orbit(0.0, fov=None), VIEWS.lights)


def test_a_browser_shades_what_the_renderer_shades_and_lights_can_be_moved(tmp_path: Path) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    if not Path("/usr/bin/chromium").exists():
        pytest.skip("needs Chromium")
    one = (VIEWS.depth[0], VIEWS.camera[0], VIEWS.lights[[0]])
    figure = show.relight(*one, REFLECTANCE, normals=VIEWS.normals[0])
    script = (STATIC / "relight.js").read_text("utf-8")
    style = (STATIC / "fiveviews.css").read_text("utf-8")
    page_file = tmp_path / "page.html"
    page_file.write_text(
        f'<meta charset="utf-8"><style>{style}</style>{figure.html}<script>{script}</script>',
        "utf-8",
    )
    read = """() => { const c = document.querySelector('canvas.fv-layer');
        return Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data) }"""
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium")
        page = browser.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(page_file.as_uri())
        page.wait_for_selector(".fv-awake")
        page.wait_for_timeout(200)
        first = np.array(page.evaluate(read)).reshape(48, 48, 4)[..., :3]
        expected = surfel_render(
            VIEWS.depth[:1],
            VIEWS.camera[0],
            VIEWS.lights[[0]],
            REFLECTANCE,
            normals=VIEWS.normals[:1],
        )
        brightest = expected[0].amax(-1).flatten().sort().values
        expected = expected[0] / max(1.0, brightest[int(0.97 * 48 * 48)].item())  # the exposure
        expected = (expected.clamp(0, 1) * 255).numpy()
        assert np.abs(first - expected).max() < 4  # normals are stored in 8 bits
        light = page.locator(".fv-light").first
        box = light.bounding_box()
        page.mouse.move(box["x"] + 9, box["y"] + 9)
        page.mouse.down()
        page.mouse.move(200, 200, steps=3)
        page.mouse.up()
        page.wait_for_timeout(200)
        moved = np.array(page.evaluate(read)).reshape(48, 48, 4)[..., :3]
        assert np.abs(moved - first).mean() > 5
        page.keyboard.press("-")
        page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(200)
        assert (np.array(page.evaluate(read)).reshape(48, 48, 4)[..., :3] != moved).any()
        browser.close()
    assert problems == []


def test_the_diagram_names_what_it_shows_and_stays_on_its_page() -> None:
    picture = show.surfel_diagram()
    for word in ("camera", "pixel", "ray", "surfel at P,", "N", "d", "θ", "lamp L", "depth z"):
        assert f">{word}</text>" in picture.markup
    width, height = map(float, re.search(r'viewBox="0 0 (\S+) (\S+)"', picture.markup).groups())
    ends = re.findall(r'x\d="(\S+)" y\d="(\S+)"', picture.markup)
    assert all(0 <= float(x) <= width and 0 <= float(y) <= height for x, y in ends)
