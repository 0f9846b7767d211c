"""The soft-mesh chapter's model says what its equations say, learns, and is scored by the protocol.

The renderer has tests of its own (test_soft.py), and so have the loop and its checkpoints.
"""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from lightning_fabric import seed_everything
from torch import Tensor, nn

from fiveviews.book import soft_meshes as told
from fiveviews.cameras import shapenet_views
from fiveviews.data.rendering import observe
from fiveviews.data.views import ViewSet
from fiveviews.meshes import Mesh, icosphere
from fiveviews.metrics import voxel_iou
from fiveviews.models import reconstruction, soft_meshes
from fiveviews.models.mesh_network import Decoder, Encoder, PlaceAttention, Recipe, Reconstructor
from fiveviews.models.soft_meshes import Objective
from fiveviews.render.soft import soft_silhouette
from fiveviews.training import ledger, recorded
from fiveviews.training.history import History
from fiveviews.voxels import voxelise

ENCODERS = ("baseline", "resnet", "attention")
TINY = soft_meshes.recipe("smoke", level=1, batch=2, steps=10)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def ellipsoid(*axes: float) -> Mesh:
    """An ellipsoid with these half-axes."""
    sphere = icosphere(3)
    return Mesh(sphere.vertices * torch.tensor(axes), sphere.faces)


def view_set(*meshes: Mesh, source: str = "procedural") -> ViewSet:
    pictures, voxels = zip(*(observe(mesh) for mesh in meshes), strict=True)
    names = tuple(f"planted-{i}" for i in range(len(meshes)))
    return ViewSet(np.stack(pictures), np.stack(voxels), names, "chair", "test", source)


@pytest.fixture(scope="module")
def planted() -> ViewSet:
    """Three ellipsoids that cannot be taken for one another: a rod, a plate and a ball."""
    return view_set(
        ellipsoid(0.1, 0.5, 0.1), ellipsoid(0.5, 0.12, 0.5), ellipsoid(0.35, 0.35, 0.35)
    )


def build(recipe: Recipe, seed: int = 0) -> Reconstructor:
    seed_everything(seed, verbose=False)
    return Reconstructor(recipe)


class Oracle(nn.Module):
    """Answers every picture with one mesh."""

    def __init__(self, mesh: Mesh):
        super().__init__()
        self.vertices = nn.Parameter(mesh.vertices)
        self.register_buffer("faces", mesh.faces)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.vertices.expand(len(pictures), -1, -1)


# --- recipes --------------------------------------------------------------------------------------


def test_the_full_recipe_is_the_published_one():
    full = soft_meshes.recipe("full")
    assert (full.batch, full.steps, full.learning_rate) == (64, 250_000, 1e-4)
    assert (full.sigma, full.dist_eps, full.laplacian, full.flatten) == (1e-4, 1e-10, 5e-3, 5e-4)
    assert (full.decay_at * full.steps, full.decay) == (150_000, 0.3)
    factor = soft_meshes.schedule(full)
    assert [factor(step) for step in (0, 149_999, 150_000, 249_999)] == [1.0, 1.0, 0.3, 0.3]


def test_the_full_model_has_as_many_weights_as_the_published_one():
    model = Reconstructor(soft_meshes.recipe("full"))
    count = {
        name: sum(p.numel() for p in part.parameters())
        for name, part in (("encoder", model.encoder), ("decoder", model.decoder))
    }
    assert count == {"encoder": 19_384_384, "decoder": 6_577_033}
    assert round(sum(count.values()) / 1e6, 2) == 25.96


def test_a_recipe_comes_back_from_what_is_recorded_with_it():
    recipe = soft_meshes.recipe("lab", encoder="resnet", laplacian=0.0)
    config = {k: list(v) if isinstance(v, tuple) else v for k, v in vars(recipe).items()}
    assert Recipe.of(config | {"category": "chair", "n_train": 300}) == recipe


def test_names_that_do_not_exist_are_told_with_those_that_do():
    with pytest.raises(ValueError, match="scale must be one of smoke, lab, full; got 'tiny'"):
        soft_meshes.recipe("tiny")
    with pytest.raises(TypeError, match="sigmas"):
        soft_meshes.recipe("lab", sigmas=1e-4)
    with pytest.raises(ValueError, match="baseline, resnet, attention, plain; got 'transformer'"):
        Encoder(soft_meshes.recipe("smoke", encoder="transformer"))


# --- encoders -------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoder", ENCODERS)
def test_every_encoder_learns_from_every_weight(encoder):
    model = build(soft_meshes.recipe("smoke", encoder=encoder))
    pictures = torch.rand(3, 4, 64, 64)
    vertices = model(pictures)
    assert vertices.shape == (3, 162, 3)
    assert model.faces.shape == (320, 3)
    vertices.square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
    assert all(p.grad.any() for p in model.encoder.convolutions.parameters())


def test_the_three_encoders_are_three():
    pictures = torch.rand(2, 4, 64, 64)
    models = [build(soft_meshes.recipe("smoke", encoder=e)).eval() for e in ENCODERS]
    codes = [model.encoder(pictures) for model in models]
    assert all(not torch.allclose(a, b) for a, b in pairwise(codes))
    sizes = [sum(p.numel() for p in model.parameters()) for model in models]
    assert sizes[0] < min(sizes[1:])


def test_attention_is_a_distribution_and_places_are_told_apart_by_their_position_alone():
    attention = PlaceAttention(16).eval()
    features = torch.randn(2, 16, 8, 8)
    _, weights = attention.look(features)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 64))
    assert (weights >= 0).all()

    order = torch.randperm(64)
    shuffled = features.flatten(2)[..., order].view_as(features)

    def follows() -> bool:
        expected = attention(features).flatten(2)[..., order]
        return torch.allclose(attention(shuffled).flatten(2), expected, atol=1e-5)

    assert not follows()
    nn.init.zeros_(attention.position)
    assert follows()


# --- the decoder ----------------------------------------------------------------------------------

DECODER = Decoder(TINY)
SHAPE = tuple(DECODER.logit.shape)


@given(st.integers(0, 10**6), st.floats(0, 30), st.floats(-1, 1))
@settings(max_examples=40)
def test_every_vertex_stays_in_its_octant_and_in_the_cube(seed, size, middle):
    generator = torch.Generator().manual_seed(seed)
    displacement = size * torch.randn(1, *SHAPE, generator=generator)
    centre = torch.full((1, 3), middle) * torch.tensor([1.0, -0.5, 0.0])
    from_centre = DECODER.deform(displacement, centre)[0] - 0.5 * centre
    assert (from_centre * DECODER.sign >= -1e-6).all()
    assert ((from_centre + 0.5 * centre).abs() <= 0.5 + 1e-6).all()


def test_coordinates_on_the_planes_never_leave_them():
    decoder = Decoder(soft_meshes.recipe("full"))
    on_planes = decoder.sign == 0
    # Three great circles of 32 vertices each (SoftRas's file writes 67 of these 96 as exactly 0).
    assert on_planes.sum(0).tolist() == [32, 32, 32]
    torch.testing.assert_close(on_planes, icosphere(3).vertices.abs() < 1e-6)

    displacement = (5 * torch.randn(2, 642, 3)).requires_grad_()
    centre = torch.tensor([[0.1, -0.2, 0.3], [0.0, 0.0, 0.0]])
    vertices = decoder.deform(displacement, centre)
    expected = (0.5 * centre)[:, None].expand_as(vertices)
    torch.testing.assert_close(vertices[:, on_planes], expected[:, on_planes])
    vertices.square().sum().backward()
    assert displacement.grad.isfinite().all()
    assert not displacement.grad[:, on_planes].any()


def test_no_displacement_is_a_sphere_of_radius_a_quarter():
    vertices = DECODER.deform(torch.zeros(1, *SHAPE), torch.zeros(1, 3))
    torch.testing.assert_close(vertices[0], 0.25 * icosphere(1).vertices, atol=1e-6, rtol=0)


def test_the_decoder_is_the_published_formula():
    """SoftRas writes it with two rectifiers: (relu(v)(1 - c) - relu(-v)(1 + c) + c) / 2."""
    displacement, centre = torch.randn(4, *SHAPE).double(), torch.rand(4, 1, 3).double() - 0.5
    base = 0.5 * icosphere(1).vertices.double()
    v = torch.sigmoid(torch.logit(base.abs().clamp(1e-7)) + displacement) * DECODER.sign
    expected = 0.5 * (v.relu() * (1 - centre) - (-v).relu() * (1 + centre) + centre)
    ours = DECODER.deform(displacement.float(), centre[:, 0].float())
    torch.testing.assert_close(ours, expected.float(), atol=1e-6, rtol=0)


# --- the loss -------------------------------------------------------------------------------------


def slow_laplacian(vertices: Tensor, faces: Tensor) -> float:
    neighbours: dict[int, set[int]] = {i: set() for i in range(len(vertices))}
    for a, b, c in faces.tolist():
        neighbours[a] |= {b, c}
        neighbours[b] |= {a, c}
        neighbours[c] |= {a, b}
    means = torch.stack([vertices[sorted(neighbours[i])].mean(0) for i in range(len(vertices))])
    return (vertices - means).square().sum().item()


def slow_flatten(vertices: Tensor, faces: Tensor) -> float:
    """(cos + 1)², where cos is minus the cosine between the normals of two neighbouring faces."""
    by_edge: dict[frozenset[int], list[Tensor]] = {}
    for a, b, c in faces.tolist():
        normal = torch.linalg.cross(vertices[b] - vertices[a], vertices[c] - vertices[a])
        for edge in ((a, b), (b, c), (c, a)):
            by_edge.setdefault(frozenset(edge), []).append(normal / normal.norm())
    return sum((1 - float(m @ n)) ** 2 for m, n in by_edge.values())


@pytest.mark.parametrize("cross_views", [True, False])
def test_the_loss_is_what_a_slow_loop_over_meshes_and_views_says(planted, cross_views):
    recipe = replace(TINY, laplacian=0.7, flatten=0.3, cross_views=cross_views)
    model = build(recipe).eval()
    which, first, second = torch.tensor([2, 0]), torch.tensor([3, 20]), torch.tensor([11, 7])
    objective = Objective(planted, recipe)
    loss, terms = objective.compare(model, *objective.pair(which, first, second), 2e-4)

    silhouettes, smoothness = [], []
    for k, a, b in zip(which.tolist(), first.tolist(), second.tolist(), strict=True):
        for own in (a, b):
            picture = torch.from_numpy(planted.images[k, own]).permute(2, 0, 1)[None].float() / 255
            vertices = model(picture)[0].detach().double()
            for seen in (a, b) if cross_views else (own,):
                drawn = soft_silhouette(
                    vertices,
                    model.faces,
                    shapenet_views()[seen].to(torch.float64),
                    64,
                    sigma=2e-4,
                    dist_eps=recipe.dist_eps,
                    backend="readable",
                )[0]
                mask = torch.from_numpy(planted.masks[k, seen]).double()
                union = drawn + mask - drawn * mask
                silhouettes.append(1 - float((drawn * mask).sum() / union.sum()))
            energies = slow_laplacian, slow_flatten
            smoothness.append([energy(vertices, model.faces) for energy in energies])
    laplacian, flatten = np.mean(smoothness, axis=0)
    assert terms["silhouette"].item() == pytest.approx(np.mean(silhouettes), abs=2e-5)
    assert terms["laplacian"].item() == pytest.approx(laplacian, rel=1e-4)
    assert terms["flatten"].item() == pytest.approx(flatten, rel=1e-3)
    whole = np.mean(silhouettes) + 0.7 * laplacian + 0.3 * flatten
    assert loss.item() == pytest.approx(whole, rel=1e-3)


def test_late_in_training_the_silhouettes_are_sharper(planted):
    model, objective = build(TINY).eval(), Objective(planted, TINY)

    def at(step: int) -> float:
        return objective(model, step, torch.Generator().manual_seed(0))[0].item()

    assert at(0) == at(5)
    assert at(6) == at(9) != at(5)  # decay_at is 0.6 of 10 steps
    generator = torch.Generator().manual_seed(0)
    drawn = [torch.randint(n, (TINY.batch,), generator=generator) for n in (3, 24, 24)]
    assert objective.compare(model, *objective.pair(*drawn), TINY.sigma * TINY.decay)[
        0
    ].item() == at(9)


def test_the_loss_of_an_evaluation_is_the_mean_over_all_objects_and_views(planted):
    model, objective = build(TINY).eval(), Objective(planted, TINY)
    second = torch.randint(24, (72,), generator=torch.Generator().manual_seed(5))
    with torch.no_grad():
        each = [
            objective.compare(model, *objective.pair(*drawn), TINY.sigma * TINY.decay)[0].item()
            for drawn in torch.tensor([[[i // 24], [i % 24], [second[i]]] for i in range(72)])
        ]
    found = soft_meshes.evaluate_loss(model.train(), planted, seed=5)
    assert found == pytest.approx(np.mean(each), abs=1e-5)
    assert model.training  # as it was


# --- learning -------------------------------------------------------------------------------------


def test_a_network_learns_one_object_by_heart(planted):
    recipe = soft_meshes.recipe("smoke", steps=60, learning_rate=3e-3, decay_at=1.0)
    plate = planted[1:2]
    before = reconstruction.evaluate_iou(build(recipe), plate, every=6).mean()
    model, history = soft_meshes.train(plate, recipe, seed=0, device="cpu", progress=False)
    after = reconstruction.evaluate_iou(model, plate, every=6).mean()
    assert before < 0.35
    assert after > 0.7
    _, losses = history.curve("silhouette")
    assert losses[-1] < 0.5 * losses[0]


class PowerCut(Exception):
    """What ends a run in the middle."""


def test_a_run_cut_short_goes_on_to_identical_weights(planted, tmp_path, monkeypatch):
    options = {"seed": 3, "device": "cpu", "progress": False, "checkpoint_every": 4}
    whole, _ = soft_meshes.train(planted, TINY, folder=tmp_path / "whole", **options)

    step = Objective.__call__

    def cut(self, model, number, generator):
        if number == 6:
            raise PowerCut
        return step(self, model, number, generator)

    with monkeypatch.context() as patch:
        patch.setattr(Objective, "__call__", cut)
        with pytest.raises(PowerCut):
            soft_meshes.train(planted, TINY, folder=tmp_path / "cut", **options)
    resumed, _ = soft_meshes.train(planted, TINY, folder=tmp_path / "cut", **options)
    pairs = zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)

    other, _ = soft_meshes.train(planted, TINY, **options | {"seed": 4})
    assert not torch.equal(other.decoder.centre.weight, whole.decoder.centre.weight)


def test_a_recorded_network_makes_the_same_meshes(planted, tmp_path):
    model, history = soft_meshes.train(planted, TINY, seed=0, device="cpu", progress=False)
    path = tmp_path / "run.safetensors"
    recorded.record(path, model, history, config=TINY, scale="smoke", half=False)
    again = recorded.load(path, Reconstructor.of).model
    pictures = torch.from_numpy(planted.images[:, 0])
    first, second = (reconstruction.reconstruct(m, pictures) for m in (model, again))
    assert torch.equal(first, second)


# --- scoring --------------------------------------------------------------------------------------


def test_pictures_for_the_network_have_channels_first_and_values_up_to_one(planted):
    pictures = reconstruction.to_network(torch.from_numpy(planted.images))
    assert pictures.shape == (3, 24, 4, 64, 64)
    assert pictures.min() == 0
    assert pictures[:, :, 3].max() == 1
    assert pictures[1, 5, 3, 40, 20] * 255 == planted.images[1, 5, 40, 20, 3]


def test_batches_change_nothing_and_training_mode_is_left(planted):
    model = build(TINY).train()
    pictures = torch.from_numpy(planted.images[:, :5]).flatten(0, 1)
    whole, parts = (reconstruction.reconstruct(model, pictures, batch=b) for b in (256, 4))
    torch.testing.assert_close(whole, parts)
    made = list(reconstruction.meshes_of(model, whole))
    assert len(made) == 15
    assert torch.equal(made[7].vertices, whole[7])


def test_the_iou_of_an_oracle_is_one_and_of_half_the_object_what_counting_says(planted):
    ball = Oracle(ellipsoid(0.35, 0.35, 0.35))
    scores = reconstruction.evaluate_iou(ball, planted)
    assert scores.shape == (3, 24)
    assert (scores[2] == 1).all()
    ours = voxelise(ellipsoid(0.35, 0.35, 0.35))
    for k in range(3):
        expected = (ours & planted.voxels[k]).sum() / (ours | planted.voxels[k]).sum()
        torch.testing.assert_close(scores[k], torch.full((24,), float(expected)).double())
    assert torch.equal(reconstruction.evaluate_iou(ball, planted, every=6), scores[:, ::6])

    half = planted.voxels.copy()
    half[2, :, 16:] = False  # what is left of the ball lies wholly inside the answer
    cut = ViewSet(planted.images, half, planted.names, "chair", "test", "procedural")
    share = half[2].sum() / planted.voxels[2].sum()
    assert reconstruction.evaluate_iou(ball, cut)[2, 0].item() == pytest.approx(share)


def test_the_mean_shape_of_equal_objects_is_that_object(planted):
    rods = planted[[0, 0, 0]]
    scores, shape, _ = reconstruction.mean_shape_iou(rods, planted)
    assert np.array_equal(np.asarray(shape), planted.voxels[0])
    assert scores[0] == 1
    both = (planted.voxels[0] & planted.voxels[1]).sum()
    either = (planted.voxels[0] | planted.voxels[1]).sum()
    assert scores[1].item() == pytest.approx(both / either)


def test_the_mean_shape_is_chosen_on_the_training_objects(planted):
    """Of two rods and a plate, no other share of the three gives a better mean over the three."""
    train = planted[[0, 0, 1]]
    _, shape, share = reconstruction.mean_shape_iou(train, planted)
    filled = train.voxels.mean(0)
    assert np.array_equal(np.asarray(shape), filled > share)

    def mean_iou(level: float) -> float:
        guess = filled > level
        return np.mean([(guess & v).sum() / (guess | v).sum() for v in train.voxels])

    assert mean_iou(share) == pytest.approx(max(mean_iou(x) for x in np.arange(0.05, 0.95, 0.05)))


def test_retrieval_finds_the_object_whose_picture_it_is(planted):
    scores, chosen = reconstruction.nearest_neighbour_iou(planted, planted[[2, 0]])
    assert chosen.tolist() == [[2] * 24, [0] * 24]
    assert (scores == 1).all()
    scores, chosen = reconstruction.nearest_neighbour_iou(planted[:2], planted[2:])
    overlap = [
        (planted.voxels[k] & planted.voxels[2]).sum()
        / (planted.voxels[k] | planted.voxels[2]).sum()
        for k in range(2)
    ]
    expected = torch.tensor(overlap)[chosen].double()
    torch.testing.assert_close(scores, expected, check_dtype=False)


def test_carving_leaves_every_object_whole_and_adds_what_no_camera_sees(planted):
    line = (torch.arange(32) + 0.5) / 32 - 0.5
    cells = torch.cartesian_prod(line, line, line).view(32, 32, 32, 3)
    axes = torch.tensor([[0.1, 0.5, 0.1], [0.5, 0.12, 0.5], [0.35, 0.35, 0.35]])
    inside = (cells / axes[:, None, None, None]).square().sum(-1) < 1
    hulls = reconstruction.visual_hull(planted)
    assert not (inside & ~hulls).any()
    rod, plate, ball = voxel_iou(hulls, torch.from_numpy(planted.voxels))
    assert min(rod, ball) > 0.85
    assert plate < 0.75  # all cameras look down by 30 degrees, so the air under a plate is not seen


# --- the ledger -----------------------------------------------------------------------------------


def test_a_finished_run_is_recorded_with_the_baselines_once(planted):
    model = build(TINY)
    history = History(device="a processor", seed=0, seconds=1.0, peak_mb=10.0)
    abroad = ViewSet(planted.images, planted.voxels, planted.names, "chair", "test", "models", ())
    about = {"claim": "table1", "row": "baseline", "scale": "smoke"}
    rows = soft_meshes.run_rows(model, history, planted, [planted, abroad], **about)
    found = {(row.dataset, row.row, row.metric): row for row in rows}
    assert set(found) == {
        (dataset, row, "iou")
        for dataset in ("procedural", "open models")
        for row in ("baseline", "mean_shape", "nearest_neighbour")
    } | {("procedural", "baseline", "loss")}
    ours = found["procedural", "baseline", "iou"]
    assert ours.value == pytest.approx(reconstruction.evaluate_iou(model, planted).mean().item())
    assert (ours.paper_value, ours.n_items, ours.seed) == (0.546209, 3, 0)
    assert ours.params == {"n_train": 3, "steps": 10, "trained_on": "procedural"}
    assert found["procedural", "nearest_neighbour", "iou"].value == 1
    assert math.isfinite(found["procedural", "baseline", "loss"].value)

    history.seed = 1
    again = soft_meshes.run_rows(model, history, planted, [planted], **about)
    assert [(row.row, row.metric) for row in again] == [("baseline", "iou"), ("baseline", "loss")]


def test_examples_are_kept_as_the_network_made_them(planted, tmp_path):
    model, path = build(TINY), tmp_path / "kept.npz"
    reconstruction.write_examples(path, model, planted, count=2)
    pictures = torch.from_numpy(planted.images[:2, reconstruction.EXAMPLE_VIEW])
    expected = reconstruction.reconstruct(model, pictures)
    kept = reconstruction.read_examples(path)
    torch.testing.assert_close(kept, expected, atol=1e-3, rtol=0)


def test_what_the_chapter_says_of_its_tables_is_counted_from_them():
    iou = {"baseline": (0.40, 0.41), "resnet": (0.42, 0.4301), "attention": (0.38, 0.45)}
    rows = {
        metric: [
            replace(ROW, row=row, metric=metric, value=scale * value, seed=seed)
            for row, values in iou.items()
            for seed, value in enumerate(values)
        ]
        for metric, scale in (("iou", 1.0), ("loss", 0.5))
    }
    said = told.encoders(rows["iou"], rows["loss"])
    assert (said["rivals"], said["clear"]) == (4, 2)  # not those with attention
    assert said["behind"] == pytest.approx(0.02005)
    assert said["resnet_loss"] == pytest.approx(0.212525)
    assert math.isnan(told.encoders([], [])["behind"])
    line = {"row": "baseline", "trained_on": "open models", "n_train": 47, "mean": 0.4}
    assert told.real([line])["own_baseline"] == 0.4
    assert math.isnan(told.real([line])["made_baseline"])


def test_categories_are_told_apart_and_counted():
    values = {
        ("car", "procedural"): (0.6, 0.5, 0.4),
        ("car", "open models"): (0.5, 0.52, 0.3),
        ("chair", "procedural"): (0.4, 0.3, 0.2),
        ("chair", "open models"): (0.38, 0.3, 0.2),
        ("plane", "procedural"): (0.9, 0.8, 0.7),  # met no real ones
    }
    params = {"n_train": 300, "steps": 6000, "trained_on": "procedural"}
    rows = [
        replace(ROW, category=category, dataset=dataset, row=row, value=value, params=params)
        for (category, dataset), three in values.items()
        for row, value in zip(("baseline", "nearest_neighbour", "mean_shape"), three, strict=True)
    ]
    own = replace(rows[3], value=0.9, params=params | {"trained_on": "open models"})
    lines = told.by_category([*rows, own])
    assert [line["row"] for line in lines] == ["car", "chair"]
    assert lines[0] == {
        "row": "car", "generated": 0.6, "generated_retrieval": 0.5, "real": 0.5,
        "real_retrieval": 0.52, "mean_shape": 0.3, "n_items": 10,
    }  # fmt: skip
    said = told.over_categories(lines)
    assert (said["ahead_generated"], said["ahead_real"]) == (2, 1)
    assert said["most_fall"] == pytest.approx(0.1)
    assert said["lead"] == pytest.approx((-0.02 + 0.08) / 2)
    assert said["lead_low"] < 0 < said["lead_high"]
    assert math.isnan(told.over_categories([])["most_fall"])


def test_the_seeds_gap_is_set_against_the_papers():
    assert "3 lie further apart than the 0.0059 IoU" in told.chance([0.006, 0.01, 0.02, 0.001])
    assert "rarely mere chance" in told.chance([0.001] * 9)
    assert "Not recorded" in told.chance([])


ROW = ledger.Row(
    chapter="soft_meshes", claim="table1", row="baseline", category="chair", metric="iou",
    unit="fraction", value=0.5, n_items=10, seed=0, scale="lab", dataset="procedural", commit="c",
    dirty=False, device="a laptop", torch="2", wall_s=60.0, peak_mb=1.0,
    started="2026-01-01T00:00:00+00:00",
)  # fmt: skip
