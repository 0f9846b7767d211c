"""On a GPU: the kernels and training steps give what they give on the CPU, and nothing waits.

These need a CUDA device; elsewhere the same kernels are tested on the CPU by the other files.
"""

import warnings

import pytest
import torch
from soft_scenes import VIEWS, colours_of, draw, soup
from training_steps import CASES, HOW

from fiveviews.cameras import orbit, spare3d_views
from fiveviews.data.iqtt import make_questions
from fiveviews.data.line_drawings import Drawings
from fiveviews.data.surfel_lighting import training_views
from fiveviews.data.views import load_views
from fiveviews.fields import MeshField
from fiveviews.fields.isosurface import isosurface
from fiveviews.fields.report import inspect
from fiveviews.meshes import Mesh, corner_normals, icosphere, merge_vertices, normalise
from fiveviews.models import (
    line_drawings,
    soft_meshes,
    surfels,
    surfels_baselines,
    surfels_iqtt,
    viewpoints,
)
from fiveviews.models.mesh_network import Reconstructor
from fiveviews.models.viewpoints import SSR
from fiveviews.render import lines
from fiveviews.render.depth import rasterize
from fiveviews.render.soft import soft_silhouette
from fiveviews.shapes import make
from fiveviews.solids import make_solid
from fiveviews.training import fit

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")


def silhouette_and_gradient(device: str, size: int = 64) -> tuple[torch.Tensor, torch.Tensor]:
    ball = icosphere(3)
    vertices = (0.5 * ball.vertices).repeat(4, 1, 1).to(device).requires_grad_()
    camera = orbit(torch.arange(4) * 90.0).to(device)
    image = soft_silhouette(vertices, ball.faces.to(device), camera, size, sigma=1e-4)
    pattern = torch.linspace(-1, 2, image.numel(), device=device).cos().reshape(image.shape)
    (gradient,) = torch.autograd.grad((image * pattern).sum(), vertices)
    return image.detach().cpu(), gradient.cpu()


def test_renderers_move_the_faces_to_the_vertices():
    ball = icosphere(1)
    moved = ball.to("cuda")
    camera = orbit(torch.tensor([0.0, 90.0]))
    for faces in (ball.faces, moved.faces):
        drawn = rasterize(moved.vertices, faces, camera, 16).face
        assert torch.equal(drawn.cpu(), rasterize(ball.vertices, ball.faces, camera, 16).face)
        soft = soft_silhouette(moved.vertices, faces, camera, 16)
        assert close(soft.cpu(), soft_silhouette(ball.vertices, ball.faces, camera, 16), 1e-5)


def test_meshes_are_merged_shaded_and_inspected_where_they_are():
    chair = make("chair", seed=0)
    moved = chair.to("cuda")
    assert torch.equal(merge_vertices(moved).faces.cpu(), merge_vertices(chair).faces)
    assert close(corner_normals(moved).cpu(), corner_normals(chair), 1e-5)
    assert inspect(moved) == inspect(chair)


def close(ours: torch.Tensor, theirs: torch.Tensor, relative: float) -> bool:
    return (ours - theirs).abs().max() <= relative * theirs.abs().max()


def test_silhouettes_and_their_gradients_do_not_depend_on_the_device():
    (image, gradient), (expected, slope) = map(silhouette_and_gradient, ("cuda", "cpu"))
    assert close(image, expected, 1e-5)
    assert close(gradient, slope, 1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_shaded_pictures_of_crossing_triangles_do_not_depend_on_the_device(seed):
    results = []
    for device in ("cuda", "cpu"):
        vertices, faces = soup(12, seed)
        vertices = vertices.to(device).requires_grad_()
        colours = colours_of(vertices.shape[1], seed).to(device).requires_grad_()
        image = draw(
            vertices, faces.to(device), VIEWS.to(device), 32, "fast",
            vertex_colours=colours, sigma=1e-3, gamma=1e-2, dist_eps=1e-10,
        )  # fmt: skip
        results.append([image, *torch.autograd.grad(image.square().sum(), [vertices, colours])])
    for ours, theirs in zip(*results, strict=True):
        assert close(ours.cpu(), theirs, 1e-4)


def test_the_hard_rasterizer_finds_the_same_surface():
    ball = normalise(icosphere(3))
    ours, theirs = (
        rasterize(ball.vertices.to(d), ball.faces.to(d), VIEWS, 96) for d in ("cuda", "cpu")
    )
    same = ours.face.cpu() == theirs.face
    assert same.float().mean() > 0.999  # a pixel centre may lie on an edge
    assert torch.allclose(ours.depth.cpu()[same], theirs.depth[same], atol=1e-5)


@pytest.mark.parametrize("seed", [0, 1, 12])
def test_line_drawings_do_not_depend_on_the_device(seed):
    """Threads of a GPU finish in any order; the pieces come in the order of their lines."""
    solid, camera = make_solid(seed), spare3d_views()
    theirs = lines.draw(solid, camera)
    for _ in range(2):
        ours = lines.draw(solid.to("cuda"), camera)
        assert ours.segments.is_cuda
        for kind in (True, False):
            assert torch.allclose(ours.length(kind).cpu(), theirs.length(kind), atol=1e-5)
        ink = lines.rasterize(ours, 200).cpu()
        assert (ink - lines.rasterize(theirs, 200)).abs().max() < 0.01
        again = lines.draw(solid.to("cuda"), camera)
        assert torch.equal(ours.segments, again.segments)
    readable = lines.draw(solid.to("cuda"), camera, backend="readable")
    assert torch.allclose(readable.length(True).cpu(), theirs.length(True), atol=1e-5)


@pytest.mark.parametrize("keep", [1.0, 0.95, 0.3], ids=["closed", "holes", "tatters"])
def test_signed_distances_do_not_depend_on_the_device(keep):
    chair = make("chair", seed=1)
    generator = torch.Generator().manual_seed(0)
    chair = Mesh(
        chair.vertices, chair.faces[torch.rand(len(chair.faces), generator=generator) < keep]
    )
    points = 2 * torch.rand(5000, 3, generator=generator) - 1
    here, there = MeshField(chair), MeshField((chair.vertices.cuda(), chair.faces))
    expected, winding = here(points), here.winding_number(points)
    found = there(points.cuda()).cpu()
    assert (found.abs() - expected.abs()).abs().max() < 1e-6
    assert (there.winding_number(points.cuda()).cpu() - winding).abs().max() < 1e-3
    clear = (winding.abs() - 0.5).abs() > 1e-3
    assert torch.equal(found[clear].sign(), expected[clear].sign())


def test_an_isosurface_on_the_gpu_is_that_of_its_whole_grid():
    def torus(p: torch.Tensor) -> torch.Tensor:
        return ((p[:, ::2].norm(dim=1) - 0.5).square() + p[:, 1].square()).sqrt() - 0.2

    ours, whole = (
        isosurface(torus, 100, lipschitz=lipschitz, device="cuda") for lipschitz in (1.0, None)
    )
    assert torch.equal(ours.vertices, whole.vertices)
    assert torch.equal(ours.faces, whole.faces)


def test_one_training_step_costs_the_same_on_both_devices():
    views = load_views("plane", "train", "procedural", 4)
    recipe = soft_meshes.recipe("smoke")
    terms = []
    for device in ("cuda", "cpu"):
        torch.manual_seed(0)
        model = Reconstructor(recipe).to(device).train()
        objective = soft_meshes.Objective(views, recipe, device)
        loss, _ = objective(model, 0, torch.Generator().manual_seed(0))
        loss.backward()
        norm = torch.stack([p.grad.norm() for p in model.parameters()]).norm()
        terms.append([loss.item(), norm.item()])
    assert terms[0] == pytest.approx(terms[1], rel=1e-2)  # TF32 is off; convolutions differ a bit


def with_pseudo_labels(steps: int, device: str) -> object:
    """SSR between two rounds of pseudo-labels, which do wait."""
    recipe = viewpoints.recipe("smoke", steps=steps, siam_first=0, cycle=steps, decay_at=1.0)
    labelled, rest = viewpoints.split_labels(load_views("plane", "train", "procedural", 4), 2)
    model = SSR(recipe, len(rest))
    model.pseudo.random_(24)
    return viewpoints.train(labelled, rest, recipe, model=model, device=device, **HOW)


@pytest.mark.parametrize("name", CASES)
def test_a_training_step_never_waits_for_the_device(name, monkeypatch):
    """From the third step on: in the first kernels are compiled and graphs recorded."""
    run, update = {**CASES, "viewpoints": with_pseudo_labels}[name], fit._update
    steps = []

    def watched(run: object, *arguments: object) -> object:
        steps.append(run.step)
        torch.cuda.set_sync_debug_mode("warn" if len(steps) > 2 else "default")
        try:
            return update(run, *arguments)
        finally:
            torch.cuda.set_sync_debug_mode("default")

    monkeypatch.setattr(fit, "_update", watched)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        run(8, "cuda")
    assert len(steps) > 5
    assert not {f"{w.filename}:{w.lineno}" for w in found if "synchroniz" in str(w.message)}


def test_a_step_replayed_as_a_graph_is_the_step_itself(monkeypatch):
    """Same weights after some steps, running statistics and the change of sigma included."""
    views = load_views("plane", "train", "procedural", 4)
    recipe = soft_meshes.recipe("smoke", steps=10)
    models = []
    for graphs in ("0", "1"):
        monkeypatch.setenv("FIVEVIEWS_GRAPHS", graphs)
        model, history = soft_meshes.train(views, recipe, seed=0, device="cuda", progress=False)
        models.append((model.state_dict(), [row["loss"] for row in history.losses]))
    assert models[1][1] == pytest.approx(models[0][1], rel=1e-3)
    for name, weights in models[0][0].items():
        assert torch.allclose(models[1][0][name].float(), weights.float(), atol=2e-3), name


def test_a_short_run_on_the_gpu_learns_its_objects():
    views = load_views("plane", "train", "procedural", 2)
    recipe = soft_meshes.recipe("lab", steps=150)
    _, history = soft_meshes.train(views, recipe, seed=0, device="cuda", progress=False)
    assert history.losses[-1]["silhouette"] < 0.6 * history.losses[0]["silhouette"]


@pytest.mark.parametrize("method", line_drawings.SELF_SUPERVISED)
def test_steps_on_line_drawings_do_not_depend_on_the_device(method):
    images = torch.randint(0, 256, (6, 2, 4, 64, 64, 2), dtype=torch.uint8).numpy()
    pairs = Drawings("pairs", images, tuple("abcdef"), "train", "procedural")
    recipe, losses = line_drawings.recipe("smoke"), []
    for device in ("cpu", "cuda"):
        torch.manual_seed(0)
        model = line_drawings.build(method, recipe).to(device)
        step = line_drawings.Unlabelled(method, pairs, recipe, device)
        loss, _ = step(model, 0, torch.Generator().manual_seed(0))
        loss.backward()
        losses.append(loss.item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)


@pytest.mark.parametrize("kind", ["scenes", "classes", "questions"])
def test_pix2scene_plays_its_game_on_the_device(kind):
    if kind == "questions":
        asked = make_questions("other", "train", range(6), 32)
        recipe = surfels_iqtt.recipe("smoke", n_labels=4, alone=0.0)
        objective = surfels_iqtt.IQObjective(asked, recipe, "cuda")
    else:
        views = training_views("box_rotation", "train", 6, 32)
        classes = torch.arange(6) % 2 if kind == "classes" else None
        recipe = surfels.recipe("smoke", classes=2 if kind == "classes" else 0)
        objective = surfels.Objective(views, recipe, "cuda", classes)
    scene, history = surfels.train(objective, seed=0, progress=False)
    assert next(scene.parameters()).is_cuda
    assert all(torch.isfinite(torch.tensor(row["networks loss"])) for row in history.losses)


@pytest.mark.parametrize("method", ["cnn", "siamese", "contrastive"])
def test_baselines_of_the_mental_rotation_test_train_on_the_device(method):
    asked = make_questions("other", "train", range(6), 32)
    recipe = surfels_baselines.recipe("smoke", method, n_labels=4)
    model, _ = surfels_baselines.train(asked, recipe, seed=0, device="cuda", progress=False)
    assert surfels_baselines.answered(model, asked).shape == (6,)
