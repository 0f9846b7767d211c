"""From pictures to codes: data in memory, encoders, scores, and what a recording leaves behind."""

import copy
import json
import runpy
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from field_shapes import CHAIRS, official_chair
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fiveviews.book import execute
from fiveviews.book import templates_real as real
from fiveviews.book.pages import ROOT
from fiveviews.book.real_objects import LICENCES
from fiveviews.chamfer import chamfer_distance
from fiveviews.data import fields_official, renders
from fiveviews.data.fields import load_fields
from fiveviews.fields.frames import unit_diagonal, unit_sphere
from fiveviews.fields.sampling import SdfSamples
from fiveviews.meshes import Mesh, icosphere
from fiveviews.models import templates_evaluation as evaluation
from fiveviews.models import templates_results as results
from fiveviews.models import templates_tables as tables
from fiveviews.models.templates import ImplicitTemplates, recipe
from fiveviews.models.templates_data import (
    Objects,
    Samples,
    load_objects,
    read_picture,
    shrink,
    to_network,
)
from fiveviews.models.templates_encoder import Encoder, Trunk, load_imagenet
from fiveviews.models.templates_pictures import enlarge, portraits
from fiveviews.models.templates_runs import Study, load_sets
from fiveviews.models.templates_training import (
    Contrast,
    Reconstructor,
    contrast,
    jitter,
    train_encoder,
    train_end_to_end,
)
from fiveviews.training import checkpoints, ledger, recorded

SMOKE = recipe("smoke", size=32)
V = 4  # pictures of each object here


@pytest.fixture(scope="module")
def objects(tmp_path_factory) -> tuple[Objects, Objects]:
    """Six training chairs and three test chairs, with four pictures of each."""
    root = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(renders, "VIEWS", V)
        patch.setattr(renders.read_renders, "__defaults__", (V,))
        return tuple(
            load_objects(load_fields("chair", split, n=n, samples=2000, root=root), SMOKE.size)
            for split, n in (("train", 6), ("test", 3))
        )


# Data


def test_objects_are_read_once_and_kept_small(objects):
    train, _ = objects
    assert train.pictures.shape == (6, V, 32, 32, 3)
    assert (len(train), train.size) == (6, 32)
    whole = renders.read_renders(
        train.fields.folder / "image" / "chair" / train.fields.names[2] / "easy", V
    ).images
    expected = whole.reshape(V, 32, 7, 32, 7, 3).mean((2, 4))
    assert np.abs(train.pictures[2].numpy() - expected).max() <= 1
    kept = sorted((train.fields.folder / "small" / "32" / "chair").glob("*.npz"))
    assert len(kept) == 9


def test_a_drawn_picture_is_of_the_object_that_was_asked_for(objects):
    train, _ = objects
    which = torch.tensor([4, 0, 4])
    drawn = train.draw_pictures(which, torch.Generator().manual_seed(0))
    for picture, k in zip(drawn, which, strict=True):
        assert (to_network(train.pictures[k]) == picture).flatten(1).all(1).any()


def test_samples_that_hold_nan_are_refused_by_the_name_of_their_file(objects, tmp_path):
    fields = load_fields("chair", "train", n=1, samples=50, root=tmp_path)
    fields.samples(0)
    path = next(fields.folder.glob("SdfSamples/50/chair/*.npz"))
    np.savez(path, pos=np.full((3, 4), np.nan, np.float32), neg=np.zeros((0, 4), np.float32))
    with pytest.raises(ValueError, match=f"{path.name}.*3 of 3 rows of 'pos' hold NaN"):
        load_objects(fields, pictures=False)


@pytest.mark.parametrize(
    ("picture", "told"),
    [
        (np.zeros((8, 8), np.uint8), r"uint8 \(H, W, 3\)"),
        (np.zeros((8, 8, 3)), "float64"),
        (np.zeros((8, 6, 3), np.uint8), "square; got 6 × 8"),
        (np.zeros((8, 8, 2), np.uint8), r"\(8, 8, 2\)"),
    ],
    ids=["grey", "float", "oblong", "two channels"],
)
def test_pictures_that_the_encoder_cannot_read_are_refused(picture, told):
    with pytest.raises(ValueError, match=told):
        read_picture(picture, 32)


def test_a_picture_of_any_size_is_laid_over_white_and_shrunk():
    picture = np.zeros((64, 64, 4), np.uint8)
    picture[:32, :, 3] = 255
    read = read_picture(picture, 32)
    assert read.shape == (1, 3, 32, 32)
    assert (read[0, :, :16] == 0).all()
    assert (read[0, :, 16:] == 1).all()
    grown = shrink(np.asarray(Image.new("RGB", (16, 16), "red"))[None], 32)
    assert (grown == [255, 0, 0]).all()


@given(st.integers(1, 9), st.integers(0, 99))
def test_as_many_samples_are_drawn_as_asked_for_one_outside_then_one_inside(n, seed):
    signs = torch.tensor([1.0, -1.0])
    samples = Samples([SdfSamples(torch.full((2, 3), k), signs) for k in (0.0, 1.0)])
    points, distances = samples.draw(
        torch.tensor([1, 0, 1]), n, torch.Generator().manual_seed(seed)
    )
    assert (points.shape, distances.shape) == ((3, n, 3), (3, n))
    assert points[:, :, 0].T.tolist() == [[1.0, 0.0, 1.0]] * n
    assert torch.equal(distances, signs.repeat(5)[:n].expand(3, n))


# Encoders


def test_the_full_trunk_has_the_weights_of_resnet_18():
    trunk = Trunk()
    assert trunk.channels == 512
    assert sum(p.numel() for p in trunk.parameters()) == 11_689_512 - 512 * 1000 - 1000
    names = set(trunk.state_dict())
    assert {"conv1.weight", "layer2.0.downsample.1.running_var", "layer4.1.conv2.weight"} <= names


def test_the_encoder_learns_planted_codes(objects):
    """Six chairs and a code for each: the encoder can tell them apart."""
    train, _ = objects
    codes = torch.eye(6, SMOKE.code)
    easy = recipe("smoke", sol1_steps=150, sol1_halve=100, sol1_rate=5e-3)
    encoder, history = train_encoder(train, codes, easy, seed=0, device="cpu", progress=False)
    losses = history.curve("loss")[1]
    assert losses[-1] < 0.3 * losses[0]
    found = evaluation.encode(encoder, train.pictures[:, 1])
    assert (torch.cdist(found, codes).argmin(1) == torch.arange(6)).double().mean() > 0.8


def test_contrast_brings_the_views_of_one_object_together(objects):
    train, _ = objects
    easy = recipe("smoke", contrast_steps=120, contrast_rate=5e-3)
    torch.manual_seed(0)
    before = Contrast(easy)
    untrained = evaluation.encode(before.trunk, train.pictures.flatten(0, 1)).view(6, V, -1)
    model, history = contrast(train, easy, seed=0, device="cpu", progress=False)
    losses = history.curve("loss")[1]
    assert np.mean(losses[-20:]) < 0.6 * np.mean(losses[:10])
    found = evaluation.encode(model.trunk, train.pictures.flatten(0, 1)).view(6, V, -1)
    assert apart(found) > apart(untrained)


def apart(features: torch.Tensor) -> float:
    """Mean cosine between pictures of one object, less that of all pairs of pictures."""
    unit = torch.nn.functional.normalize(features - features.mean((0, 1)), dim=-1)
    one = torch.einsum("nvf,nwf->nvw", unit, unit).mean()
    return float(one - unit.mean((0, 1)).square().sum())


def test_jitter_changes_brightness_and_keeps_the_range():
    grey = torch.full((64, 3, 2, 2), 0.5)
    grey[..., 0] = 0.25
    changed = jitter(grey, 0.4, torch.Generator().manual_seed(0))
    assert changed.amin() >= 0
    assert changed.amax() <= 1
    assert changed[:, 0, 0, 1].std() > 0.05
    torch.testing.assert_close(changed[:, 0], changed[:, 2])  # grey stays grey
    assert torch.equal(jitter(grey, 0.0, torch.Generator()), grey)


def test_end_to_end_starts_from_the_trunk_it_is_given_and_trains_it_unless_frozen(objects):
    train, _ = objects
    trunk = Contrast(SMOKE).trunk
    for frozen in (True, False):
        model, _ = train_end_to_end(
            train, recipe("smoke", frozen=frozen, sol2_steps=2), seed=0, trunk=trunk,
            device="cpu", progress=False,
        )  # fmt: skip
        same = torch.equal(model.encoder.trunk.conv1.weight, trunk.conv1.weight)
        assert same == frozen


def test_sol2_without_contrast_differs_in_its_first_weights_alone(objects):
    train, _ = objects
    one = recipe("smoke", sol2_steps=1, rate_warper=0.0, rate_template=0.0, sol2_rate=0.0)
    options = {"seed": 5, "device": "cpu", "progress": False}
    torch.manual_seed(99)
    trunk = Contrast(one).trunk
    plain, first = train_end_to_end(train, one, **options)
    other, second = train_end_to_end(train, one, trunk=trunk, **options)
    for part in ("fields", "encoder.head"):
        ours, theirs = (m.get_submodule(part).state_dict() for m in (plain, other))
        assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    ours, theirs = (history.losses[0]["loss"] for history in (first, second))
    assert ours == pytest.approx(theirs, rel=1e-4)  # no code moves a point as yet
    assert not torch.equal(plain.encoder.trunk.conv1.weight, other.encoder.trunk.conv1.weight)


def test_a_model_that_is_handed_in_is_gone_on_with_as_it_is(objects):
    train, _ = objects
    still = recipe("smoke", sol2_steps=1, rate_warper=0.0, rate_template=0.0, sol2_rate=0.0)
    before = Reconstructor(still)
    model, _ = train_end_to_end(
        train, still, seed=0, model=copy.deepcopy(before), trunk=Contrast(still).trunk,
        fields=ImplicitTemplates(still, 6), device="cpu", progress=False,
    )  # fmt: skip
    ours = dict(model.named_parameters())
    assert all(torch.equal(ours[name], p) for name, p in before.named_parameters())


def test_a_run_of_end_to_end_is_told_from_one_that_began_elsewhere(objects, tmp_path):
    train, _ = objects
    options = {"seed": 0, "device": "cpu", "progress": False, "folder": tmp_path}
    short = recipe("smoke", sol2_steps=1)
    trunk, other, fields = Contrast(short).trunk, Contrast(short).trunk, ImplicitTemplates(short, 6)
    train_end_to_end(train, short, trunk=trunk, fields=fields, **options)
    train_end_to_end(train, short, trunk=trunk, fields=fields, **options)  # the very same
    with pytest.raises(ValueError, match=r"another run: config\.trunk is"):
        train_end_to_end(train, short, trunk=other, fields=fields, **options)
    with pytest.raises(ValueError, match=r"another run: config\.fields is"):
        train_end_to_end(train, short, trunk=trunk, **options)


# Scores


def test_views_are_the_same_every_time():
    assert evaluation.chosen_views(3, "fix").tolist() == [30, 30, 30]
    drawn = evaluation.chosen_views(40, "rnd", seed=2)
    assert torch.equal(drawn, evaluation.chosen_views(40, "rnd", seed=2))
    assert not torch.equal(drawn, evaluation.chosen_views(40, "rnd", seed=3))
    assert drawn.min() >= 0
    assert drawn.max() < 50
    with pytest.raises(ValueError, match="fix, rnd"):
        evaluation.chosen_views(3, "random")


def test_the_two_frames_differ_by_the_square_of_their_scale(objects):
    _, test = objects
    ball = icosphere(2)
    wrong = Mesh(ball.vertices * 0.5, ball.faces)
    scores = evaluation.score([wrong, None, wrong], test, n=2000)
    assert scores.failures == 1
    assert np.isnan(scores.shapenet).tolist() == [False, True, False]
    for i in (0, 2):
        truth = test.fields.mesh(i)
        assert scores.shapenet[i] == chamfer_distance(wrong, truth, "unit_diagonal", 2000)
        direct = chamfer_distance(wrong, truth, "unit_sphere", 2000)
        assert scores.unit_sphere[i] == pytest.approx(direct, rel=1e-4)
        factor = (unit_sphere(truth, 1.0).scale / unit_diagonal(truth).scale) ** 2
        assert scores.unit_sphere[i] / scores.shapenet[i] == pytest.approx(factor, rel=1e-9)


def test_the_nearest_picture_of_a_training_picture_is_itself(objects):
    train, test = objects
    assert evaluation.nearest_picture(train, train.pictures[:, 2]).tolist() == [*range(6)]
    scores = evaluation.nearest_neighbour(train, test, "fix", n=500)
    assert scores.failures == 0


def test_retrieval_is_perfect_for_features_of_the_object_and_chance_for_noise():
    own = torch.randn(8, 1, 5).expand(8, 6, 5)
    assert evaluation.retrieval_at_1(own) == 1
    noise = torch.randn(8, 600, 5, generator=torch.Generator().manual_seed(0))
    assert evaluation.retrieval_at_1(noise) == pytest.approx(1 / 8, abs=0.03)


# Recordings


@pytest.fixture
def study(objects, tmp_path) -> Study:
    return Study(
        objects[0], SMOKE, "smoke", weights=tmp_path / "weights", runs=tmp_path / "runs",
        keep=True, device="cpu", progress=False,
    )  # fmt: skip


def test_a_recording_leaves_lines_weights_and_a_trace_and_is_not_done_twice(
    study, objects, tmp_path, monkeypatch
):
    _, test = objects
    monkeypatch.setattr(evaluation, "extract_mesh", lambda *_: icosphere(2))
    told = list(results.record_study(study, test, tmp_path))
    path = tmp_path / "results" / "templates.jsonl"
    lines = path.read_text().splitlines()
    rows = ledger.read(path)
    assert len(told) == 13  # template, fitted, retrieval ×2, three encoders ×2, three features
    assert {row.row for row in rows if row.claim == "retrieval"} == {
        "pixels", "untrained", "contrastive",
    }  # fmt: skip
    both = ledger.select(rows, row="sol1", metric="chamfer_mean", view="rnd")
    assert {row.params["frame"] for row in both} == {"shapenet", "unit_sphere"}
    assert {row.paper_value for row in both} == {1.82, None}
    assert all(row.weights_sha256 for row in ledger.select(rows, row="sol2_contrastive"))
    loss, embedded = results.read_trace(
        tmp_path / "results" / "templates" / "chair_0.npz", "sol2_loss", "embedded_contrastive"
    )
    assert loss.shape == (2, 8)
    assert embedded.shape[0] == 3
    again = Study(study.train, SMOKE, "smoke", runs=tmp_path / "elsewhere", device="cpu")
    assert list(results.record_study(again, test, tmp_path)) == []
    assert again.done == {}  # nor in a checkout that has the lines and the trace, and no runs
    assert path.read_text().splitlines() == lines
    for name, kind in (
        ("phase1", ImplicitTemplates),
        ("sol1", Encoder),
        ("sol2_contrastive", Reconstructor),
    ):
        kept = recorded.load(study.weights / f"chair_{name}_0.safetensors", kind.of)
        assert kept.sha256


def called_real(objects: Objects) -> Objects:
    """The same objects, as if they came from the folder of real models."""
    return replace(objects, fields=replace(objects.fields, source="models"))


def test_real_objects_are_asked_of_what_learned_from_generated_ones_and_of_what_learned_from_real(
    study, objects, tmp_path, monkeypatch
):
    train, test = objects
    monkeypatch.setattr(evaluation, "extract_mesh", lambda *_: icosphere(2))
    path, traces = tmp_path / "results" / "templates.jsonl", tmp_path / "results" / "templates"
    asked = called_real(test)
    assert len(list(results.record_study(study, asked, tmp_path, only=real.ROWS))) == 8
    assert list(results.record_study(study, asked, tmp_path, only=real.ROWS)) == []
    assert not traces.exists()
    assert {(r.dataset, r.params["trained_on"]) for r in ledger.read(path)} == {
        ("open models", "procedural"),
    }  # fmt: skip
    lines = real.beside(ledger.read(path), "smoke", "fix")
    assert [line["key"] for line in lines] == [*real.ROWS]
    assert {(line["generated"], line["own"]) for line in lines} == {(None, None)}

    of_real = replace(study, train=called_real(train), keep=False, done={}, made={})
    assert len(list(results.record_study(of_real, asked, tmp_path))) == 13
    assert [p.name for p in traces.iterdir()] == ["chair_models_0.npz"]
    list(results.record_study(study, test, tmp_path))
    for line in real.beside(ledger.read(path), "smoke", "rnd"):
        assert line["generated"] == pytest.approx(line["real"])  # they are the same objects
        assert line["own"] == pytest.approx(line["real"])  # and all fields are made one ball
        assert (line["failed"], line["n_items"]) == (0, 3)
        assert line["own_median"] == line["real_median"] == pytest.approx(line["generated_median"])
        assert {"real", "real_median", "own_median"} <= set(real.heads([line]))
    assert real.beside(ledger.read(path), "lab", "fix") == []


def test_official_files_are_trained_on_and_named_in_the_ledger(tmp_path, monkeypatch):
    monkeypatch.setattr("fiveviews.models.templates_runs.SIZES", {"smoke": (3, 2)})
    monkeypatch.setattr(evaluation, "extract_mesh", lambda *_: icosphere(2))
    for split, names in (("train", ["a", "b", "c"]), ("test", ["d", "e"])):
        for name in names:
            official_chair(tmp_path, name, ord(name))
        listed = json.dumps({"ShapeNetV2": {CHAIRS: names}})
        (tmp_path / "shapenet" / f"sv2_chairs_{split}.json").write_text(listed)
    train, test = (
        load_objects(fields, SMOKE.size, SMOKE.levels)
        for fields in load_sets("chair", "smoke", "official", tmp_path)
    )
    study = Study(train, SMOKE, "smoke", device="cpu", progress=False)
    assert len(list(results.record_study(study, test, tmp_path / "book"))) == 13
    rows = ledger.read(tmp_path / "book" / "results" / "templates.jsonl")
    assert {(r.dataset, r.params["trained_on"], r.params["n_train"]) for r in rows} == {
        ("official", "official", 3),
    }  # fmt: skip
    traces = tmp_path / "book" / "results" / "templates"
    assert [path.name for path in traces.iterdir()] == ["chair_official_0.npz"]
    again = load_objects(train.fields, SMOKE.size, SMOKE.levels)  # from the small pictures
    assert torch.equal(again.pictures, train.pictures)


def test_objects_with_different_numbers_of_pictures_are_refused(tmp_path):
    official_chair(tmp_path, "a", 0, views=3)
    official_chair(tmp_path, "b", 1, views=2)
    listed = json.dumps({"ShapeNetV2": {CHAIRS: ["a", "b"]}})
    (tmp_path / "shapenet" / "sv2_chairs_train.json").write_text(listed)
    fields = fields_official.load("chair", "train", root=tmp_path)
    with pytest.raises(ValueError, match="b has 2 easy pictures, and a 3"):
        load_objects(fields, 32)


@pytest.fixture(scope="module")
def both_levels(tmp_path_factory) -> tuple[Objects, list[np.ndarray]]:
    """Three chairs with four easy and four hard pictures each; and the easy ones as stored."""
    root = tmp_path_factory.mktemp("levels")
    for k, name in enumerate("abc"):
        official_chair(root, name, k, views=4)
    listed = json.dumps({"ShapeNetV2": {CHAIRS: [*"abc"]}})
    (root / "shapenet" / "sv2_chairs_train.json").write_text(listed)
    fields = fields_official.load("chair", "train", root=root)
    for i in range(3):  # another picture in each file, easy ones dark and hard ones bright
        for level, low in (("easy", 0), ("hard", 128)):
            random = np.random.default_rng(9 * i + low)
            images = random.integers(low, low + 100, (4, 224, 224, 4), np.uint8)
            images[..., 3] = 255
            views = fields.pictures(i, level).views
            folder = root / "shapenet" / "image" / CHAIRS / fields.names[i] / level
            renders.write_renders(folder, images, views)
    objects = load_objects(fields, 32, ("hard", "easy"))  # in whichever order they are asked for
    easy = [shrink(fields.pictures(i, "easy").images, 32) for i in range(3)]
    return objects, easy


def test_scores_and_retrieval_look_at_easy_pictures_alone_as_the_original_does(both_levels):
    objects, easy = both_levels
    assert (objects.pictures.shape[1], objects.hard) == (8, 4)
    assert np.array_equal(objects.easy.pictures.numpy(), np.stack(easy))
    assert objects.easy.easy.pictures.shape[1] == 4
    for seed in range(9):
        drawn = evaluation.asked(objects, "rnd", seed)
        assert drawn.max() < 128
    assert torch.equal(evaluation.asked(objects, "fix"), objects.pictures[:, 0])
    assert evaluation.nearest_picture(objects, objects.pictures[:, 2]).tolist() == [0, 1, 2]
    bright = objects.pictures[:, 5]  # of a hard picture the nearest is some easy one, not itself
    known = objects.easy.pictures.flatten(2).float()
    nearest = (known - bright[0].flatten().float()).square().sum(-1).argmin() // 4
    assert evaluation.nearest_picture(objects, bright)[0] == nearest
    study = Study(objects, SMOKE, "smoke", device="cpu", progress=False)
    found, _ = results.features(study, objects, "pixels")
    assert found.shape[:2] == (3, 4)  # one turn, of which half is the opposite side
    assert found.max() < 0.5


def test_hard_pictures_alone_are_no_easy_ones(both_levels):
    objects, _ = both_levels
    hard = load_objects(objects.fields, 32, ("hard",))
    with pytest.raises(ValueError, match="hard pictures alone"):
        train_encoder(hard, torch.zeros(3, SMOKE.code), SMOKE, seed=0)


def test_sol1_sees_easy_pictures_alone_and_contrast_and_sol2_see_all(both_levels, monkeypatch):
    objects, _ = both_levels
    seen, read = [], to_network
    monkeypatch.setattr(
        "fiveviews.models.templates_data.to_network",
        lambda pictures: seen.append(pictures.amin((1, 2, 3)) >= 128) or read(pictures),
    )
    options = {"seed": 0, "device": "cpu", "progress": False}
    train_encoder(objects, torch.zeros(3, SMOKE.code), SMOKE, **options)
    assert not torch.cat(seen).any()
    for train in (contrast, train_end_to_end):
        seen.clear()
        train(objects, SMOKE, **options)
        bright = torch.cat(seen)
        assert bright.any()
        assert not bright.all()


def test_the_opposite_view_is_half_a_turn_away():
    """Features that turn with the view: of the other objects half a turn on, none is as like."""
    turn = torch.arange(8) * torch.pi / 4
    facing = torch.stack([turn.cos(), turn.sin()], 1)
    mirrored = torch.stack([facing, facing.roll(4, 0)])  # object 1 is object 0, turned by half
    assert evaluation.retrieval_at_1(mirrored) == 0


def test_encoders_begin_with_imagenets_weights_from_a_file_that_the_user_has(objects, tmp_path):
    train, test = objects
    path = tmp_path / "resnet18.safetensors"
    torch.manual_seed(7)
    weights = {name: t.clone() for name, t in Trunk().state_dict().items()}
    checkpoints.replace(path, checkpoints.encode(weights | {"fc.bias": torch.zeros(1000)}))
    whole = replace(SMOKE, blocks=(2, 2, 2, 2), width=64, sol1_steps=1, sol1_rate=0.0)
    study = Study(train, whole, "smoke", imagenet=path, device="cpu", progress=False)
    for model in (
        study.begun(Contrast(whole)).trunk,
        study.begun(Reconstructor(whole)).encoder.trunk,
    ):
        assert torch.equal(model.layer4[1].conv2.weight, weights["layer4.1.conv2.weight"])
    sol1 = study.encoder().model
    assert torch.equal(sol1.trunk.conv1.weight, weights["conv1.weight"])
    assert "imagenet" not in study.config("phase1")
    assert study.config("sol1")["imagenet"] == path.name
    rows = results.retrieval_rows(study, test, "untrained")
    plain = replace(study, imagenet=None, done={}, made={})
    rows += results.retrieval_rows(plain, test, "untrained")
    assert [row.params.get("imagenet") for row in rows] == [True, None]
    assert plain.config("sol1") == vars(whole) | {
        "category": "chair", "source": "procedural", "n_objects": 6,
    }  # fmt: skip
    with pytest.raises(ValueError, match=r"no conv1\.weight .*no ResNet-18"):
        load_imagenet(Trunk(SMOKE.blocks, SMOKE.width), path)
    with pytest.raises(FileNotFoundError, match=r"download\.pytorch\.org/models/resnet18"):
        load_imagenet(Trunk(), tmp_path / "resnet18-f37072fd.pth")


def test_the_real_objects_of_the_page_are_few_whole_and_may_be_passed_on():
    pictures, names, makers = real.read_pictures()
    assert names == [category for category, _, _ in real.PICKS]
    assert all(maker.author and maker.licence.startswith(LICENCES) for maker in makers)
    for row, drawn in pictures.items():
        assert drawn.shape == (len(names), real.SIDE, real.SIDE, 3)
        empty = (drawn == 255).all((1, 2, 3))
        assert not empty[:-1].any(), row
    assert real.SHOWN.stat().st_size < 300_000
    for on_real, on_generated in real.read_own_surfaces().values():
        assert on_real > on_generated > 0


def test_the_page_says_in_words_that_a_short_training_made_no_surface(
    study, objects, tmp_path, monkeypatch
):
    records, page = tmp_path / "records", ROOT / "book" / "templates" / "see.ipynb"
    seen = replace(study, weights=records / "weights" / "templates")
    list(results.record_study(seen, objects[1], records))
    found = ledger.read(records / "results" / "templates.jsonl")
    assert not ledger.select(found, row="mean_template", metric="chamfer_mean")
    monkeypatch.setenv("FIVEVIEWS_RECORDS", str(records))
    execute.run(page, tmp_path / "see.ipynb", {"runs_scale": "smoke"})
    said = (tmp_path / "see.ipynb").read_text("utf-8")
    assert said.count('"no surface came out of networks trained at scale smoke') == 4


def test_objects_of_which_nothing_came_out_are_counted_and_have_no_distance(
    study, objects, monkeypatch
):
    _, test = objects
    monkeypatch.setattr(evaluation, "extract_mesh", lambda *_: None)
    scores = evaluation.evaluate(study.reconstructor("sol1"), test, "fix")
    rows = results.score_rows(scores, study.trained("sol1").history, study, test, "sol1", "fix")
    assert [(row.metric, row.value, row.n_items) for row in rows] == [("failures", 3.0, 3)] * 2
    assert json.dumps(rows[0].params)


def test_rows_that_are_not_encoders_are_refused(study):
    with pytest.raises(ValueError, match="sol1, sol2, sol2_contrastive; got 'sol3'"):
        study.reconstructor("sol3")


def test_the_difference_of_two_rows_is_paired_by_seed(objects, study):
    _, test = objects
    rows = []
    run = study.trained("sol1").history
    for seed, (ours, theirs) in enumerate([(1.0, 1.5), (2.0, 2.6), (3.0, 3.4)]):
        run.seed = seed
        for row, value in (("sol2_contrastive", ours), ("sol2", theirs)):
            scores = evaluation.Scores(np.full(3, value / 1000), np.full(3, 4 * value / 1000))
            rows += results.score_rows(scores, run, study, test, row, "fix")
    found = tables.difference(rows, "sol2_contrastive", "sol2", view="fix", frame="shapenet")
    assert found["values"] == pytest.approx([-0.5, -0.6, -0.4])
    assert found["high"] < 0
    assert tables.difference(rows, "sol2", "sol1", view="fix")["seeds"] == 0


def test_the_table_has_mean_median_and_the_papers_numbers(objects, study):
    _, test = objects
    run, rows = study.trained("sol1").history, []
    for seed in range(2):
        run.seed = seed
        scores = evaluation.Scores(np.array([1, 2, 6]) / 1000, np.array([4, 8, 24]) / 1000)
        rows += results.score_rows(scores, run, study, test, "sol1", "fix")
        other = evaluation.Scores(np.array([2, 2, 5]) / 1000, np.array([8, 8, 20]) / 1000)
        rows += results.score_rows(other, run, study, test, "nearest_neighbour", "rnd")
    rows = [replace(row, scale="lab") for row in rows]
    rows += [replace(row, value=99.0, params={**row.params, "steps": 1}) for row in rows[:3]]
    line, second = tables.lines(rows, "chair")
    assert (second["title"], second["view"], second["mean"]) == (
        "nearest picture's object",
        "rnd",
        3,
    )
    assert (line["mean"], line["median"], line["failures"]) == pytest.approx((3, 2, 0))
    assert (line["paper"], line["paper_median"], line["seeds"]) == (1.61, 1.02, 2)
    sphere, _ = tables.lines(rows, "chair", "unit_sphere")
    assert (sphere["mean"], sphere["paper"]) == (pytest.approx(12), None)
    assert tables.lines([], "chair") == []
    assert tables.medians(rows, "sol1") == {"chair_sol1_median": pytest.approx(2)}
    assert tables.minutes(rows, a="sol1")["a_minutes"] == rows[0].wall_s / 60
    assert np.isnan(tables.minutes(rows, b="fitted")["b_minutes"])
    assert tables.is_clear({"low": 0.1, "high": 0.2})
    assert not tables.is_clear({"low": -0.1, "high": 0.2})


def test_the_unit_sphere_has_four_times_the_squared_distance_or_more(objects):
    assert 4 <= tables.frame_factor(objects[1].fields) < 12
    floors = tables.floors(objects[1].fields.mesh(0), (500, 2000))
    assert floors[500] / floors[2000] == pytest.approx(4, rel=0.4)  # it falls as 1/n


# Pictures and the command


def test_a_mesh_that_is_not_there_leaves_its_place_empty():
    ball = icosphere(2)
    drawn, empty = portraits([ball, None], 32)
    assert drawn.shape == empty.shape == (32, 32, 4)
    assert drawn[16, 16, 3] == 255
    assert drawn[0, 0, 3] == 0  # the unit sphere is seen whole
    assert not empty.any()
    picture = torch.arange(12, dtype=torch.uint8).view(1, 2, 2, 3)
    assert torch.equal(enlarge(picture, 3)[:, ::3, ::3], picture)
    assert enlarge(picture, 3).shape == (1, 6, 6, 3)


def test_the_recording_command_says_in_one_sentence_what_is_wrong(monkeypatch, capsys):
    script = Path(__file__).resolve().parents[1] / "data_scripts" / "record_templates.py"
    monkeypatch.setattr(sys, "argv", ["record_templates.py", "--category", "dragon"])
    with pytest.raises(SystemExit, match="1"):
        runpy.run_path(str(script), run_name="__main__")
    assert "no category 'dragon'" in capsys.readouterr().err
