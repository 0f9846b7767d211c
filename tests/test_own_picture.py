"""A reader's picture on a page: what the browser computes is what Python computes."""

import base64
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from playwright.sync_api import Browser, Page
from torch import nn

from fiveviews import show
from fiveviews.chamfer import chamfer
from fiveviews.data.photos import as_render, cut_out, read_photo, staged
from fiveviews.fields.sampling import sample_surface
from fiveviews.meshes import Mesh
from fiveviews.models.familiarity import Familiarity
from fiveviews.models.templates import ImplicitTemplates, recipe
from fiveviews.models.templates_data import read_picture
from fiveviews.models.templates_encoder import Encoder
from fiveviews.models.templates_meshes import extract_mesh
from fiveviews.shapes import make
from fiveviews.show.browser import export
from fiveviews.show.turnable import scripts_of

EXAMPLE, MASK = staged(make("chair", 3), size=240)
PHOTO = read_photo(EXAMPLE)
PICTURE = as_render(PHOTO, cut_out(PHOTO))


@pytest.fixture(scope="module")
def networks() -> tuple[Encoder, ImplicitTemplates]:
    """Small networks at half precision: a template that is about a ball, and some warp."""
    torch.manual_seed(0)
    small = recipe("smoke", template=(32, 32), blocks=(1, 2))
    encoder, model = Encoder(small).eval(), ImplicitTemplates(small, 2).eval()
    for layer in encoder.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for values in (layer.running_mean, layer.bias.data):
                values.normal_(0, 0.1)
            for values in (layer.running_var, layer.weight.data):
                values.uniform_(0.5, 1.5)
    adam = torch.optim.Adam(model.template.parameters(), lr=0.01)
    for _ in range(300):
        points = 2 * torch.rand(500, 3) - 1
        loss = (model.template(points) - (points.norm(dim=1) - 0.5)).abs().mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    nn.init.normal_(model.warper.head.weight, std=0.02)
    return encoder.requires_grad_(False), model.requires_grad_(False)


@pytest.fixture(scope="module")
def page(headless: Browser) -> Iterator[Page]:
    """A page with the two scripts, and functions from JSON to JSON."""
    page = headless.new_page()
    page.set_content(scripts_of("photo.js", "network.js"))
    yield page
    page.close()


# A picture, and points to ask the field at, to all that is computed on the way to a surface.
RECONSTRUCT = """([weights, plan, picture, points, n]) => {
    const api = window.fvNetwork(), bytes = Uint8Array.from(atob(weights), (c) => c.charCodeAt(0));
    const network = api.load(api.halves(bytes.buffer), plan);
    const made = api.reconstruct(network, Float32Array.from(picture), n);
    const values = api.field(network, made.code)(Float32Array.from(points));
    const lists = [made.features, made.code, values, made.vertices, made.faces];
    return lists.map((list) => [...list]).concat(made.asked);
}"""


def test_the_browser_computes_what_python_computes(networks, page: Page) -> None:
    encoder, model = networks
    picture = read_picture(PICTURE, encoder.recipe.size)
    code = encoder(picture)[0]
    weights, plan = export(encoder, model, code)
    points = 2 * torch.rand(50, 3, generator=torch.Generator().manual_seed(1)) - 1
    packed = base64.b64encode(weights).decode()
    told = [packed, plan, picture.flatten().tolist(), points.flatten().tolist(), 33]
    features, their_code, values, vertices, faces, asked = page.evaluate(RECONSTRUCT, told)
    near = {"atol": 5e-3, "rtol": 5e-3}  # weights have half precision
    torch.testing.assert_close(torch.tensor(features), encoder.trunk(picture)[0], **near)
    torch.testing.assert_close(torch.tensor(their_code), code, **near)
    torch.testing.assert_close(torch.tensor(values), model.sdf(points, code), **near)
    assert asked < 0.7 * 33**3
    theirs = Mesh(np.reshape(vertices, (-1, 3)), np.reshape(faces, (-1, 3)))
    solid = trimesh.Trimesh(theirs.vertices.numpy(), theirs.faces.numpy(), process=False)
    assert solid.is_watertight
    assert solid.volume > 0.1  # and faces outward
    assert model.sdf(theirs.vertices, code).abs().max() < 0.02
    ours = extract_mesh(model.field(code), 33)
    a, b = (sample_surface(m, 2000, torch.Generator().manual_seed(2)) for m in (theirs, ours))
    assert chamfer(a, b) < 4 * chamfer(sample_surface(ours, 2000), b)


def test_an_unkept_promise_is_noticed(networks, page: Page) -> None:
    """A plan that understates the slope asks for a second search, and finds the whole surface."""
    encoder, model = networks
    picture = read_picture(PICTURE, encoder.recipe.size)
    weights, plan = export(encoder, model, encoder(picture)[0])
    packed, counts = base64.b64encode(weights).decode(), []
    for slope in (50.0, plan["slope"], 0.4):
        told = [packed, plan | {"slope": slope}, picture.flatten().tolist(), [], 21]
        counts.append(len(page.evaluate(RECONSTRUCT, told)[4]))
    assert counts[0] == counts[1] == counts[2] > 0


def test_cutting_out_is_the_same_in_both(page: Page) -> None:
    script = """([data, width, height, tolerance, windows]) => {
        const photo = window.fvPhoto();
        const image = { width, height, data: Uint8ClampedArray.from(data) };
        const mask = photo.cutOut(image, tolerance, windows);
        return [[...mask], [...photo.asRender(image, mask, 224)]];
    }"""
    for windows in (True, False):
        mask = cut_out(PHOTO, 0.12, windows)
        size = [PHOTO.shape[1], PHOTO.shape[0]]
        theirs, picture = page.evaluate(script, [PHOTO.ravel().tolist(), *size, 0.12, windows])
        theirs = np.reshape(theirs, mask.shape).astype(bool)
        assert (theirs == mask).mean() > 0.999
        assert (theirs & MASK).sum() / (theirs | MASK).sum() > 0.95
        ours = as_render(PHOTO, mask)[..., 0].astype(float)
        apart = np.abs(np.reshape(picture, ours.shape) - ours)
        assert np.quantile(apart, 0.99) <= 2
    with pytest.raises(Exception, match="Nothing is left"):
        page.evaluate(script, [[200] * (4 * 400), 20, 20, 0.12, True])


# The whole figure ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def known(networks) -> Familiarity:
    encoder, _ = networks
    near = encoder.trunk(read_picture(PICTURE, encoder.recipe.size))
    noise = 0.1 * torch.randn(40, near.shape[1], generator=torch.Generator().manual_seed(3))
    return Familiarity.of(near + noise[:20], near + noise[20:])


@pytest.fixture(scope="module")
def figure(networks, known: Familiarity) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIVEVIEWS_STATIC", "1")
        return show.own_picture(*networks, known, EXAMPLE, resolution=24, name="a chair")


@pytest.fixture
def opened(figure, headless: Browser, tmp_path: Path) -> Iterator[Page]:
    file = tmp_path / "own.html"
    scripts = scripts_of("shape-kinds.js", "shapes.js")
    file.write_text(f'<!doctype html><meta charset="utf-8">{figure.html}{scripts}', "utf-8")
    page, wrong = headless.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda r: wrong.append(r.url) if r.url.startswith("http") else None)
    page.goto(file.as_uri())
    page.wait_for_selector(".fv-shapes.fv-awake")
    yield page
    page.close()
    assert wrong == []


def test_the_example_becomes_a_mesh_that_can_be_taken_home(
    opened: Page, tmp_path: Path, networks, known: Familiarity
) -> None:
    encoder, _ = networks
    opened.wait_for_function(
        "document.querySelector('.fv-hint').textContent.includes('reconstruct')"
    )
    opened.get_by_role("button", name="Reconstruct").click()
    opened.wait_for_selector(".fv-shapes[data-made='1']", timeout=60_000)
    numbers = r"\d+(\.\d+)?(e-\d+)?%?"  # they differ in their last digits, by half precision
    ours = re.sub(numbers, "#", str(known(encoder.trunk(read_picture(PICTURE, 32)))))
    assert re.sub(numbers, "#", opened.inner_text(".fv-hint")) == ours
    with opened.expect_download() as download:
        opened.get_by_role("button", name="Save as GLB").click()
    assert download.value.suggested_filename == "a chair.glb"
    download.value.save_as(tmp_path / "made.glb")
    (solid,) = trimesh.load(tmp_path / "made.glb").geometry.values()
    assert solid.is_watertight
    assert len(solid.faces) > 100


def test_another_picture_or_none_is_told(opened: Page) -> None:
    choose = opened.get_by_label("choose a picture")

    def said(words: str) -> None:
        test = f"document.querySelector('.fv-hint').textContent.includes({json.dumps(words)})"
        opened.wait_for_function(test, timeout=10_000)

    choose.set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"no picture"})
    said("no PNG or JPEG picture")
    other, _ = staged(make("sofa", 1), seed=4, size=200)
    choose.set_input_files({"name": "b.jpg", "mimeType": "image/jpeg", "buffer": other})
    said("Is the object whole")
    canvas = opened.locator(".fv-flat").first
    box = canvas.bounding_box()
    opened.mouse.move(box["x"] + 3, box["y"] + 3)
    opened.mouse.down()
    opened.mouse.move(box["x"] + 20, box["y"] + 22)  # a corner of the wall
    opened.mouse.up()
    said("Nothing is left of the picture")
    assert opened.get_by_role("button", name="Reconstruct").is_disabled()


def test_a_page_holds_the_weights_once_and_needs_an_example(
    figure, networks, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = re.search(r'class="fv-weights">(.*?)</script>', figure.html)[1]
    weights, _ = export(*networks, torch.zeros(networks[0].recipe.code))
    assert zlib.decompress(base64.b64decode(packed)) == weights
    monkeypatch.setenv("FIVEVIEWS_STATIC", "1")
    with pytest.raises(ValueError, match="begins with an example"):
        show.own_picture(*networks)


def test_a_kernel_gets_the_bench(networks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIVEVIEWS_STATIC", "0")
    box = show.own_picture(*networks, example=EXAMPLE, resolution=20)
    button = box.children[0].children[1]
    button.click()
    assert "Save it as mine.glb" in box.children[3].value
