"""Recorded viewpoint networks, asked about real objects: rows, table and the page's pictures."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from fiveviews.book import viewpoints_real as real
from fiveviews.book.real_objects import LICENCES
from fiveviews.data.views import Credit, ViewSet
from fiveviews.models import viewpoints
from fiveviews.models.mesh_network import Reconstructor
from fiveviews.models.siamvp import SiamVP
from fiveviews.models.viewpoints import SSR
from fiveviews.training import ledger, recorded
from fiveviews.training.history import History

NAME = Credit("A thing", "Somebody", "CC0-1.0", "here")


def objects(n: int, category: str, source: str = "procedural") -> ViewSet:
    """Noise: every picture is like itself alone."""
    random = np.random.default_rng(n)
    images = random.integers(0, 255, (n, 24, 64, 64, 4), np.uint8)
    voxels = np.zeros((n, 32, 32, 32), bool)
    voxels[:, 8:24, 8:24, 8:24] = True
    names, credits = tuple(map(str, range(n))), (NAME,) * n if source == "models" else ()
    return ViewSet(images, voxels, names, category, "test", source, credits)


@pytest.fixture
def book(tmp_path, monkeypatch) -> ledger.Row:
    """A book that has recorded tiny networks of planes; the line that says what they scored."""
    monkeypatch.setattr(real, "WEIGHTS", tmp_path)
    monkeypatch.setattr(real, "LEDGERS", tmp_path)

    def load(category: str, split: str, source: str = "procedural", n: int | None = None):
        return objects(n or 3, category, source)

    monkeypatch.setattr(real, "load_views", load)
    history, folder = History(device="d", seed=0), tmp_path / "viewpoints"
    torch.manual_seed(0)
    config = {"siam_widths": (4, 4, 4), "embedding": 8}
    path = folder / "plane_siamvp_2_0.safetensors"
    recorded.record(path, SiamVP(*config.values()), history, config=config, scale="smoke")
    recipe = viewpoints.recipe("smoke", level=1)
    rows = []
    for name in real.NETWORKS:
        model = SSR(recipe, 3) if name == "ssr" else Reconstructor(recipe)
        config, path = vars(recipe) | {"n_unlabelled": 3}, f"plane_procedural_{name}_2_0"
        digest = recorded.record(
            folder / f"{path}.safetensors", model, history, config=config, scale="smoke"
        )
        about = {"params": {"n_labelled": 2, "n_unlabelled": 3}, "weights_sha256": digest}
        row = ledger.Row(
            chapter="viewpoints", claim="table2", row=name, category="plane", metric="iou",
            unit="fraction", value=0.5, paper_value=0.6, n_items=9, scale="smoke",
            dataset="procedural", data_sha256="0" * 64, **about, **history.provenance(),
        )  # fmt: skip
        rows.append(row)
    ledger.append(tmp_path / "viewpoints.jsonl", rows)
    return rows[-1]


def test_recorded_networks_are_asked_once_about_real_objects(book, tmp_path):
    rows = [row for some in real.measure(["plane"], "smoke") for row in some]
    ledger.append(tmp_path / "viewpoints.jsonl", rows)
    assert list(real.measure(["plane"], "smoke")) == []  # the ledger has them
    assert {r.params["trained_on"] for r in rows} == {"procedural"}
    meshes = {r.row: r for r in rows if r.metric == "iou"}
    assert set(meshes) == {"softras", "ssr", "upper_bound", "mean_shape"}
    assert {(r.dataset, r.n_items, r.paper_value) for r in meshes.values()} == {
        ("open models", 3, None)
    }
    assert meshes["upper_bound"].weights_sha256 == book.weights_sha256
    assert meshes["mean_shape"].value == 1.0  # all objects fill the same cells
    assert meshes["ssr"].value < 1.0

    (line,) = real.lines(ledger.read(tmp_path / "viewpoints.jsonl"), "smoke")
    assert set(line) == set(real.HEADS)
    assert (line["category"], line["n_items"]) == ("plane", 3)
    assert real.lines([book], "smoke") == real.mesh_lines([book], "smoke") == []


def test_networks_that_learned_from_real_objects_stand_beside_those_that_did_not(book, tmp_path):
    own = replace(book, dataset="open models", row="ssr", value=0.7)
    ledger.append(tmp_path / "viewpoints.jsonl", [own])
    rows = [book, own, *(row for some in real.measure(["plane"], "smoke") for row in some)]
    lines = {line["row"]: line for line in real.mesh_lines(rows, "smoke")}
    assert set(lines["SSR"]) == set(lines["mean shape"]) == set(real.MESH_HEADS)
    assert (lines["SSR"]["real"], lines["mean shape"]["real"]) == (0.7, 1.0)
    assert "real" not in lines["SoftRas"]  # which is not recorded
    found = real.numbers(rows, "smoke")
    assert (found["real_ssr"], found["generated_mean_shape"]) == (0.7, 1.0)
    assert found["plane_siamvp"] == real.lines(rows, "smoke")[0]["siamvp"]
    assert math.isnan(found["car_siamvp"])


def test_the_nearest_picture_in_pixels_names_the_views_of_the_labelled_objects():
    known = objects(2, "plane")
    views = real.nearest(known, known)
    assert views.tolist() == [list(range(24))] * 2
    turned = replace(known, images=np.roll(known.images, 3, axis=1))
    assert real.nearest(known, turned)[0].tolist() == [(k - 3) % 24 for k in range(24)]


def test_networks_of_another_scale_are_refused(book):
    with pytest.raises(ValueError, match="is of scale smoke, not lab"):
        real.siamvp_of("plane", "lab")
    with pytest.raises(FileNotFoundError):
        real.siamvp_of("sofa", "smoke")


def test_a_network_that_the_ledger_does_not_know_is_not_asked(book):
    with pytest.raises(ValueError, match="does not say what softras of planes scored"):
        real.mesh_rows([], objects(2, "plane"), "smoke")


def test_only_objects_that_may_be_passed_on_are_drawn(monkeypatch):
    views = objects(1, "plane", "models")
    monkeypatch.setattr(real, "load_views", lambda *_: views)
    assert len(real.find("plane", "test", "0")) == 1
    with pytest.raises(ValueError, match="no plane of test 'x'; there are 0"):
        real.find("plane", "test", "x")
    views = replace(views, credits=(replace(NAME, licence="GPL-2.0-or-later"),))
    with pytest.raises(ValueError, match="asks for more than a name"):
        real.find("plane", "test", "0")


def test_the_real_objects_of_the_page_have_makers_and_no_picture_of_them_is_empty():
    shown = real.read_pictures()
    assert len(shown["who"]) == len(real.ASKED) + 1
    for line in shown["who"]:
        assert line["author"]
        assert line["licence"].startswith(LICENCES)
    for name, count in (("asked", len(real.ASKED)), ("rebuilt", len(real.FROM))):
        assert len(shown[f"{name}_titles"]) == count
        for row, pictures in shown[name].items():
            assert pictures.shape == (count, 64, 64, 4)
            assert ((pictures[..., 3] > 0).sum((1, 2)) > 200).all(), row
    assert shown["iou"].shape == (3, len(real.FROM))
    assert real.SHOWN.stat().st_size < 100_000
