"""Line drawings: networks, losses and methods, held to slow loops and to cases that are known.

Objects are planted: the drawings show a code of four bits, so that which isometric drawing belongs
to which views can be learned in seconds, and only from the views.
"""

import itertools
import math
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fiveviews.book import line_drawings as records
from fiveviews.data import line_drawings_official as folders
from fiveviews.data.line_drawings import CORNERS, I2P_POSES, Drawings, Questions, questions_of
from fiveviews.data.line_drawings_objects import cameras, picture
from fiveviews.models import line_drawings as t2i
from fiveviews.models import line_drawings_pose as pose
from fiveviews.models import line_drawings_results as results
from fiveviews.models import line_drawings_runs as runs
from fiveviews.models import line_drawings_tables as tables
from fiveviews.models.contrastive import nt_xent
from fiveviews.models.line_drawings import Recipe
from fiveviews.models.line_drawings_attention import attention, pointing
from fiveviews.models.line_drawings_augment import mirror, vary
from fiveviews.models.line_drawings_networks import (
    Architecture,
    Consistency,
    EarlyFusion,
    PoseNetwork,
    Tower,
    load_imagenet,
    to_network,
    vgg16_features,
)
from fiveviews.models.line_drawings_pretext import (
    PRETEXTS,
    arrangements,
    copy_towers,
    cut_tiles,
)
from fiveviews.solids import Primitive, Step, combine
from fiveviews.training import checkpoints, ledger, recorded

SIZE = 32
EASY = t2i.recipe(
    "smoke",
    size=SIZE,
    width=8,
    hidden=32,
    steps=80,
    pairs_steps=80,
    pairs_batch=16,
    batch=16,
    augment=False,
)
TINY = t2i.recipe("smoke", size=SIZE, steps=3, pairs_steps=3, pose_steps=3)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def draw(codes: np.ndarray) -> np.ndarray:
    """Codes 0 ... 15, any shape, as drawings (..., 32, 32, 2): a quarter is hatched for each bit.

    Two bits with visible lines, two with hidden ones.
    """
    images = np.zeros((*codes.shape, SIZE, SIZE, 2), np.uint8)
    half = SIZE // 2
    for bit in range(4):
        rows = slice(0, half) if bit % 2 == 0 else slice(half, SIZE)
        columns = slice(0, half) if bit < 2 else slice(half, SIZE)
        images[..., rows, columns, bit % 2][codes >> bit & 1 == 1] = 200
    return images


def codes(n: int, k: int, seed: int) -> np.ndarray:
    """k different codes for each of n questions."""
    random = np.random.default_rng(seed)
    return random.permuted(np.tile(np.arange(16), (n, 1)), axis=1)[:, :k]


def ask(n: int, seed: int = 0, split: str = "train") -> Questions:
    shown = codes(n, 4, seed)
    answers = np.random.default_rng(seed).integers(0, 4, n)
    own = shown[np.arange(n), answers]
    names = tuple(f"{split}{seed}-{i}" for i in range(n))
    given = np.repeat(draw(own)[:, None], 3, 1)
    none = np.zeros(n, int)
    return Questions("t2i", given, draw(shown), answers, none, names, split, "procedural")


def pairs(n: int, seed: int = 0) -> Drawings:
    images = np.repeat(draw(codes(n, 2, seed))[:, :, None], 4, 2)
    return Drawings("pairs", images, tuple(map(str, range(n))), "train", "procedural")


def turntable(n: int, seed: int = 0, split: str = "train") -> Drawings:
    """Objects whose pose can be read off: pose p hatches one eighth of a ring, of any strength."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
    angle = np.floor((np.arctan2(y, x) / math.pi + 1) * 4).clip(0, 7)
    images = np.zeros((n, 11, SIZE, SIZE, 2), np.uint8)
    for i in range(n):
        images[i, :3, 8:24, 8:24, 0] = random.integers(50, 250)
        for p in range(8):
            images[i, 3 + p, angle == p, random.integers(2)] = random.integers(120, 250)
    names = tuple(f"{split}{i}" for i in range(n))
    return Drawings("views", images, names, split, "procedural", CORNERS)


@pytest.fixture(scope="module")
def seen() -> Questions:
    return ask(120)


@pytest.fixture(scope="module")
def unseen() -> Questions:
    return ask(100, seed=1, split="test")


@pytest.fixture(scope="module")
def contrasted() -> nn.Module:
    torch.set_num_threads(1)
    model, _ = t2i.pretrain(
        "bce", pairs(150), replace(EASY, pairs_steps=120), seed=0, device="cpu", progress=False
    )
    return model


# --- Networks -------------------------------------------------------------------------------------


def test_vgg16_has_torchvisions_names_and_shapes():
    shapes = {n: tuple(p.shape) for n, p in Tower(Architecture()).state_dict().items()}
    convolutions = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28]
    widths = [64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512]
    expected, channels = {}, 3
    for layer, width in zip(convolutions, widths, strict=True):
        expected[f"features.{layer}.weight"] = (width, channels, 3, 3)
        expected[f"features.{layer}.bias"] = (width,)
        channels = width
    assert shapes == expected
    assert sum(math.prod(shape) for shape in shapes.values()) == 14_714_688


def test_the_published_networks_have_their_published_sizes():
    with torch.device("meta"):
        full = t2i.recipe("full")
        ours, posed = Consistency(full), PoseNetwork(full)
    assert ours.towers["i"].out_features == 18_432
    assert sum(p.numel() for p in ours.parameters()) == 394_419_457
    assert sum(p.numel() for p in posed.parameters()) == 394_448_136


@pytest.mark.parametrize("backbone", ["vgg16", "small"])
def test_a_tower_says_how_many_features_it_has(backbone):
    for size in (32, 50, 64, 70):
        a = Architecture(backbone, size, 2, width=2, hidden=4)
        assert Tower(a)(torch.rand(2, 2, size, size)).shape == (2, Tower(a).out_features)


def test_drawings_in_the_papers_colours():
    ink = torch.tensor([[0, 0], [255, 0], [0, 255], [100, 50]], dtype=torch.uint8).view(4, 1, 1, 2)
    rgb = to_network(ink, 3)[:, :, 0, 0]
    expected = [[1, 1, 1], [0, 0, 0], [1, 0, 0], [155 / 255, 105 / 255, 105 / 255]]
    torch.testing.assert_close(rgb, torch.tensor(expected))
    torch.testing.assert_close(to_network(ink, 2)[3, :, 0, 0], torch.tensor([100 / 255, 50 / 255]))


@pytest.mark.parametrize("network", [EarlyFusion, Consistency])
def test_every_candidate_is_scored_by_itself(network):
    """Another order of the candidates is the same order of the scores, and each counts alone."""
    torch.manual_seed(0)
    model = network(TINY).eval()
    given, options = torch.rand(3, 3, 2, SIZE, SIZE), torch.rand(3, 4, 2, SIZE, SIZE)
    scores, order = model.score(given, options), torch.tensor([2, 0, 3, 1])
    torch.testing.assert_close(model.score(given, options[:, order]), scores[:, order])
    torch.testing.assert_close(model.score(given, options[:, 1:2]), scores[:, 1:2])
    assert (model.score(given.flip(1), options) - scores).abs().min() > 0  # all views are used


def test_imagenet_weights_come_from_a_file_and_absence_is_explained(tmp_path):
    a = Architecture("vgg16", 32, 3, hidden=8)
    torch.manual_seed(1)
    weights = {f"features.{n}": t for n, t in vgg16_features().state_dict().items()}
    weights["classifier.6.bias"] = torch.zeros(1000)  # the rest of the file is of no concern
    path = tmp_path / "vgg16.safetensors"
    checkpoints.replace(path, checkpoints.encode(weights))
    late, early = Consistency(a), EarlyFusion(a)
    first = early.tower.features[0].weight.clone()
    load_imagenet(late, path)
    load_imagenet(early, path)
    for name in "frti":
        assert torch.equal(late.towers[name].features[0].weight, weights["features.0.weight"])
    assert torch.equal(early.tower.features[28].weight, weights["features.28.weight"])
    assert torch.equal(early.tower.features[0].weight, first)  # 12 channels: nothing fits
    with pytest.raises(FileNotFoundError, match=r"download\.pytorch\.org"):
        load_imagenet(late, tmp_path / "vgg16-397923af.pth")
    torch.save(weights, tmp_path / "vgg16-397923af.pth")
    with pytest.raises(ValueError, match="fetch it again"):
        load_imagenet(late, tmp_path / "vgg16-397923af.pth")
    with pytest.raises(ValueError, match="another backbone"):
        load_imagenet(Consistency(TINY), path)
    checkpoints.replace(path, checkpoints.encode({"features.0.weight": torch.zeros(2, 2)}))
    with pytest.raises(ValueError, match=r"no features\.0\.bias"):
        load_imagenet(early, path)


# --- Losses, against slow loops -------------------------------------------------------------------


def bce(logit: float, same: bool) -> float:
    p = 1 / (1 + math.exp(-logit))
    return -math.log(p if same else 1 - p)


def test_the_contrast_is_four_cross_entropies_for_each_solid():
    torch.manual_seed(0)
    model = Consistency(TINY).eval()
    batch = torch.rand(3, 2, 4, 2, SIZE, SIZE)
    loss, right = t2i.contrast(model, batch)
    total, apart = 0.0, 0
    for solid in batch:
        logit = {
            (v, i): model.score(solid[v, None, :3], solid[None, i, None, 3]).item()
            for v, i in itertools.product(range(2), range(2))
        }
        total += sum(bce(z, v == i) for (v, i), z in logit.items())
        apart += logit[0, 0] + logit[1, 1] > logit[0, 1] + logit[1, 0]
    assert loss.item() == pytest.approx(total / 12, rel=1e-5)
    assert right.item() == pytest.approx(apart / 3)


def test_nt_xent_is_what_a_slow_loop_says():
    torch.manual_seed(0)
    b, a = F.normalize(torch.randn(2, 5, 7, dtype=torch.float64), dim=-1)
    loss, right = nt_xent(b, a, temperature=0.3)
    both, total, nearest = [*b, *a], 0.0, 0
    for i in range(10):
        partner = (i + 5) % 10
        e = {j: math.exp(float(both[i] @ both[j]) / 0.3) for j in range(10) if j != i}
        total -= math.log(e[partner] / sum(e.values()))
        nearest += max(e, key=e.get) == partner
    assert loss.item() == pytest.approx(total / 10)
    assert right.item() == pytest.approx(nearest / 10)


def test_the_normalised_pose_loss_has_the_floor_that_it_is_said_to_have():
    logits = torch.full((1, 8, 8), -1.0) + 2 * torch.eye(8)
    loss, right = pose.pose_loss(3 * logits, normalised=True)  # its length does not matter
    floor = (bce(8**-0.5, True) + 7 * bce(-(8**-0.5), False)) / 8
    assert loss.item() == pytest.approx(floor, abs=1e-6)
    assert floor == pytest.approx(0.532, abs=5e-4)
    assert right == 1
    torch.manual_seed(0)
    free = (logits + 0.1 * torch.randn(1, 8, 8)).requires_grad_()
    adam = torch.optim.Adam([free], lr=0.01)
    for _ in range(300):
        adam.zero_grad()
        pose.pose_loss(free, normalised=True)[0].backward()
        adam.step()
    assert pose.pose_loss(free, normalised=True)[0].item() == pytest.approx(floor, abs=1e-4)


def test_tiles_can_be_put_together_again():
    drawings = torch.rand(2, 3, 12, 12)
    tiles = cut_tiles(drawings)
    rows = [torch.cat(list(tiles[:, 3 * r : 3 * r + 3].unbind(1)), -1) for r in range(3)]
    assert torch.equal(torch.cat(rows, -2), drawings)
    assert cut_tiles(torch.rand(1, 1, 64, 64)).shape == (1, 9, 1, 21, 21)


def test_arrangements_differ_and_each_is_one():
    orders = arrangements(60)
    assert orders.sort(1).values.eq(torch.arange(9)).all()
    apart = (orders[:, None] != orders).sum(2) + 9 * torch.eye(60, dtype=torch.long)
    assert apart.min() >= 4
    assert torch.equal(orders, arrangements(60))


def test_the_mirror_image_is_what_the_mirrored_solid_looks_like():
    """Of a solid of three boxes, drawn before and after its x and z change places."""

    def drawings(swap: bool) -> Tensor:
        steps = []
        for operation, size, centre in (
            ("add", (1.0, 0.7, 0.6), (0.0, 0.0, 0.0)),
            ("cut", (0.3, 0.3, 0.3), (0.4, 0.25, 0.1)),
            ("cut", (0.2, 0.9, 0.15), (-0.2, 0.0, 0.25)),
        ):
            order = slice(None, None, -1 if swap else 1)
            steps.append(Step(operation, Primitive("box", size[order], centre[order])))
        return torch.from_numpy(picture(combine(steps), cameras(2, views=True), 64))

    before, after = drawings(False), drawings(True)
    given, isometric = mirror(before[:3], before[3])
    off = (torch.cat([given, isometric[None]]).int() - after.int()).abs()
    assert off.float().mean((1, 2, 3)).max() < 0.5  # of 255, what rounding leaves
    assert (before.int() - after.int()).abs().float().mean() > 10
    again = mirror(given, isometric)
    assert torch.equal(again[0], before[:3])
    assert torch.equal(again[1], before[3])


def test_varied_drawings_stay_together():
    """Every object of a batch is itself or its mirror image as a whole, whatever is drawn of it."""
    given = torch.randint(0, 256, (9, 2, 3, 8, 8, 2), dtype=torch.uint8)
    isometric = torch.randint(0, 256, (9, 2, 8, 8, 2), dtype=torch.uint8)
    new = vary(given, isometric, torch.Generator().manual_seed(1))
    other = mirror(given, isometric)
    mirrored = [bool((new[0][i] == other[0][i]).all()) for i in range(9)]
    assert 0 < sum(mirrored) < 9
    for i, is_mirrored in enumerate(mirrored):
        for part, theirs, own in zip(new, other, (given, isometric), strict=True):
            assert torch.equal(part[i], theirs[i] if is_mirrored else own[i])


# --- Methods learn --------------------------------------------------------------------------------


@pytest.mark.parametrize("fusion", ["early", "late"])
def test_supervised_networks_learn_what_can_be_learned(fusion, seen, unseen):
    recipe = replace(EASY, steps=150)
    model, history = t2i.learn(
        seen, recipe, fusion=fusion, seed=0, validation=ask(40, 2), device="cpu", progress=False
    )
    assert t2i.accuracy(model, unseen) > 0.8
    assert history.best["accuracy"] > 0.5
    shuffled = replace(unseen, answers=np.random.default_rng(3).integers(0, 4, len(unseen)))
    assert 0.1 < t2i.accuracy(model, shuffled) < 0.4  # chance, within three deviations


def test_contrast_answers_questions_that_it_was_never_asked(contrasted, unseen):
    assert t2i.accuracy(contrasted, unseen) > 0.8
    blind = replace(unseen, given=np.zeros_like(unseen.given))
    assert t2i.accuracy(contrasted, blind) < 0.45  # the candidates alone do not tell


@pytest.mark.parametrize("method", ["ntxent", "simclr"])
def test_embeddings_answer_without_labels_too(method, unseen):
    model, history = t2i.pretrain(
        method, pairs(150), EASY, seed=0, validation=ask(20, 5), device="cpu", progress=False
    )
    assert t2i.accuracy(model, unseen) > 0.6
    assert history.curve("accuracy")[1][-1] > 0.5


@pytest.mark.parametrize("method", PRETEXTS)
def test_pretexts_learn_their_own_task(method):
    """Which side is up and which lines are hidden is planted above; for the order of nine tiles,
    every drawing grows darker from left to right and from top to bottom."""
    data = pairs(60)
    if method == "jigsaw":
        ramp = np.linspace(0, 255, SIZE)
        images = np.zeros_like(data.images)
        images[..., 0], images[..., 1] = ramp, ramp[:, None]
        data = replace(data, images=images)
    recipe = replace(EASY, pairs_steps=60, pairs_batch=4)
    model, history = t2i.pretrain(method, data, recipe, seed=0, device="cpu", progress=False)
    right = history.curve("train accuracy")[1]
    chance = {"rotnet": 0.25, "jigsaw": 0.01, "colorization": 0.5}[method]
    assert np.mean(right[-10:]) > max(1.3 * chance, np.mean(right[:5]))
    started = Consistency(recipe)
    assert copy_towers(model, started) == 4 * len(model.tower.state_dict())
    for name in "frti":
        for mine, theirs in zip(
            started.towers[name].parameters(), model.tower.parameters(), strict=True
        ):
            assert torch.equal(mine, theirs)


def test_fine_tuning_begins_where_the_contrast_ended(contrasted, seen, unseen):
    frozen = replace(EASY, finetune_rate=0.0, steps=1)
    model, _ = t2i.learn(seen, frozen, seed=9, start=contrasted, device="cpu", progress=False)
    for (name, mine), theirs in zip(model.named_parameters(), contrasted.parameters(), strict=True):
        assert torch.equal(mine, theirs), name


def test_a_checkpoint_of_another_method_is_refused(tmp_path, seen):
    few, more = replace(EASY, steps=1, pairs_steps=1), {"seed": 0, "device": "cpu"}
    more["progress"] = False
    model, _ = t2i.pretrain("ntxent", pairs(4), few, folder=tmp_path / "pairs", **more)
    with pytest.raises(ValueError, match="method is ntxent there and simclr here"):
        t2i.pretrain("simclr", pairs(4), few, folder=tmp_path / "pairs", **more)
    few = replace(few, finetune_rate=few.learning_rate)
    t2i.learn(seen, few, start=model, folder=tmp_path / "asked", **more)
    t2i.learn(seen, few, start=model, folder=tmp_path / "asked", **more)
    with pytest.raises(ValueError, match=r"start is .* there and None here"):
        t2i.learn(seen, few, folder=tmp_path / "asked", **more)


def test_nothing_transferred_is_an_error_and_not_a_silence():
    """As the published SimCLR fine-tuning: `model_f.0.weight` is looked for as `0.weight`."""
    with pytest.raises(ValueError, match=r"no weight of Linear fits Consistency"):
        copy_towers(nn.Linear(2, 2), Consistency(TINY))


@pytest.mark.parametrize("method", runs.METHODS)
def test_a_run_of_every_method_ends_in_rows_of_the_ledger(method, seen, unseen):
    data = runs.T2I(seen, pairs(20), ask(8, 6), unseen[:20])
    done = runs.run_t2i(method, TINY, data, seed=0, device="cpu", progress=False)
    rows = [runs.ledger_row(f, "smoke", data.train.sha256) for f in done]
    assert len(rows) == (2 if method in t2i.ZERO_SHOT else 1)
    assert len({row.key() for row in rows}) == len(rows)
    assert rows[-1].params["n_train"] == len(seen)
    if len(rows) == 2:
        assert rows[0].params["n_train"] == 0
    for line in rows:
        assert 0 <= line.value <= 1
        assert line.paper_value is None  # not of the paper's sizes


# --- Poses ----------------------------------------------------------------------------------------


def test_the_pose_network_learns_both_tasks_from_free_labels():
    recipe = replace(EASY, pose_steps=100, pose_batch=6)
    model, history = pose.train(turntable(60), recipe, seed=0, device="cpu", progress=False)
    test = turntable(60, 1, "test")
    assert np.diag(pose.accuracy_by_pose(model, test)).mean() > 0.8
    for task in ("i2p", "p2i"):
        assert pose.accuracy(model, questions_of(test, task)) > 0.8
    assert history.curve("train accuracy")[1][-1] > 0.8


@pytest.mark.parametrize("task", ["i2p", "p2i"])
def test_supervised_networks_learn_one_task_each(task):
    recipe = replace(EASY, pose_steps=100, pose_batch=6)
    asked = questions_of(turntable(80), task)
    held_out = {task: questions_of(turntable(40, 2, "val"), task)}
    model, _ = pose.train(asked, recipe, seed=0, validation=held_out, device="cpu", progress=False)
    assert pose.accuracy(model, questions_of(turntable(60, 1, "test"), task)) > 0.8


class Oracle(nn.Module):
    """A pose network that reads a code off the drawing's first pixel; it never errs."""

    def __init__(self, poses: int = 8):
        super().__init__()
        self.architecture, self.poses = TINY, nn.Linear(1, poses)

    def forward(self, given: Tensor, isometric: Tensor) -> Tensor:
        shown = (isometric[..., 0, 0, 0] * 255).round().long() - 1
        return F.one_hot(shown, self.poses.out_features).float()


def test_both_tasks_read_the_right_columns():
    """Drawing p has p in its first pixel: whoever reads it answers every question."""
    images = np.zeros((40, 11, SIZE, SIZE, 2), np.uint8)
    for p in CORNERS:
        images[:, 2 + p, 0, 0, 0] = p
    views = Drawings("views", images, tuple(map(str, range(40))), "test", "procedural", CORNERS)
    for task in ("i2p", "p2i"):
        asked = questions_of(views, task)
        assert pose.accuracy(Oracle(), asked) == 1
        wrong = replace(asked, answers=(asked.answers + 1) % 4)
        assert pose.accuracy(Oracle(), wrong) == 0
    assert (pose.CORNERS + 1).tolist() == list(I2P_POSES)
    with pytest.raises(ValueError, match="knows the four poses"):
        pose.accuracy(Oracle(4), questions_of(views, "p2i"))


def test_more_poses_take_over_all_but_the_last_layer():
    few, many = PoseNetwork(TINY, 8), PoseNetwork(TINY, 20)
    last = many.poses.weight.clone()
    copy_towers(few, many)
    assert torch.equal(few.head[0].weight, many.head[0].weight)
    assert torch.equal(many.poses.weight, last)


# --- Attention ------------------------------------------------------------------------------------


def test_attention_is_the_mean_square_of_the_activations(seen):
    torch.manual_seed(0)
    model = Consistency(TINY).eval()
    given = torch.from_numpy(seen.given[:2])
    isometric = torch.from_numpy(seen.options[:2, 0])
    maps = attention(model, given, isometric)
    assert list(maps) == ["front", "right", "top", "isometric"]
    top = model.towers["t"].features(to_network(given[:, 2], 2))
    raw = (top**2).sum(1) / top.shape[1]
    for found, one in zip(maps["top"], raw, strict=True):
        scaled = (one - one.min()) / (one.max() - one.min())
        large = F.interpolate(scaled[None, None], SIZE, mode="bilinear")[0, 0]
        torch.testing.assert_close(found, large, rtol=1e-4, atol=1e-5)
    assert list(attention(EarlyFusion(TINY), given, isometric)) == ["isometric"]


def test_attention_of_vgg16_is_taken_after_its_pools(seen):
    model = Consistency(Architecture("vgg16", SIZE, 3, hidden=4)).eval()
    given, isometric = torch.from_numpy(seen.given[:1]), torch.from_numpy(seen.options[:1, 0])
    for stage, layer in enumerate((4, 9, 16, 23, 30)):
        found = attention(model, given, isometric, stage)["front"]
        raw = model.towers["f"].features[: layer + 1](to_network(given[:, 0], 3)).square().mean(1)
        scaled = (raw - raw.min()) / (raw.max() - raw.min()).clamp(min=1e-12)
        large = F.interpolate(scaled[None], SIZE, mode="bilinear")[0]
        torch.testing.assert_close(found, large, rtol=1e-4, atol=1e-5)


# --- Results --------------------------------------------------------------------------------------


def test_the_ink_shortcut_finds_what_ink_gives_away(seen):
    """Where the right drawing has as much ink as the front view, and the others do not."""
    random = np.random.default_rng(0)

    def hatched(n: int, fair: bool) -> Questions:
        amounts = random.permuted(np.tile([40, 80, 160, 240], (n, 1)), axis=1).astype(np.uint8)
        answers = random.integers(0, 4, n)
        own = amounts[np.arange(n), answers] if not fair else random.integers(40, 240, n)
        given = np.zeros((n, 3, SIZE, SIZE, 2), np.uint8)
        given[..., 0] = own[:, None, None, None]
        options = np.zeros((n, 4, SIZE, SIZE, 2), np.uint8)
        options[..., 0] = amounts[:, :, None, None]
        names = tuple(map(str, range(n)))
        return Questions(
            "t2i", given, options, answers, np.zeros(n, int), names, "train", "procedural"
        )

    assert results.InkShortcut.fit(hatched(60, False)).accuracy(hatched(60, False)) == 1
    assert results.InkShortcut.fit(hatched(60, True)).accuracy(hatched(400, True)) < 0.35
    same = replace(seen, options=np.repeat(seen.options[:, :1], 4, 1))
    assert results.InkShortcut.fit(seen).accuracy(same) == pytest.approx(0.25)  # ties
    with pytest.raises(ValueError, match="at least 16"):
        results.InkShortcut.fit(seen[:3])


def test_the_papers_numbers_stand_only_beside_the_papers_sizes():
    paper = results.paper_value
    assert paper("t2i", "supervised_early", {"n_train": 5000}) == 0.55
    assert paper("t2i", "supervised_early", {"n_train": 14000, "imagenet": True}) == 0.514
    assert paper("t2i", "bce_finetuned", {"n_train": 5000}) == 0.749
    assert paper("t2i", "supervised_late", {"n_train": 5000}) is None  # not in the paper
    assert paper("i2p", "self_supervised", {"n_train": 40_000}) == 0.98
    assert paper("p2i", "supervised", {"n_train": 10_000}) == 0.671
    assert paper("p2i", "supervised", {"n_train": 1000}) is None
    for claim, row in results.PAPER_POSE:
        assert row in ledger.WORDS["line_drawings"][claim][0]
    assert {key[0] for key in results.PAPER_T2I} <= set(ledger.WORDS["line_drawings"]["t2i"][0])


def test_every_row_of_the_ledger_has_a_task_and_no_task_is_done_twice(tmp_path, monkeypatch):
    todo = records.tasks("lab", [0, 1, 2])
    assert len(set(map(str, todo))) == len(todo)
    methods = {task.method for task in todo if task.claim == "t2i"}
    assert methods == set(runs.METHODS)
    assert [t.method for t in records.tasks("lab", [0], ["jigsaw", "ink"])] == [
        "ink_shortcut", "jigsaw",
    ]  # fmt: skip
    done: list[str] = []
    monkeypatch.setattr(records, "do", lambda task, *_: done.append(str(task)) or [])
    few = records.tasks("smoke", [0], ["bce", "ink"])
    for _ in range(2):
        assert list(records.work(few, "smoke", TINY, "cpu", tmp_path)) == []
    assert done == ["ink_ink_shortcut_0", "t2i_bce_0"]


def test_the_recorder_trains_on_official_folders(tmp_path, monkeypatch, capsys):
    """SPARE3D's layout, written small: rows are named after their data, and no weights are kept."""
    place = tmp_path / "data" / "spare3d"
    folders.write_questions(place / "t2i" / "train", ask(24, 1))
    folders.write_questions(place / "t2i" / "valid", ask(16, 2))
    folders.write_pairs(place / "pairs", pairs(6))
    for split, n in (("train", 15), ("val", 16)):
        part = turntable(n, len(split), split)
        asked = [questions_of(part, task) for task in results.TASKS]
        folders.write_views(place / "views", part, asked)
    monkeypatch.setenv("FIVEVIEWS_DATA", str(tmp_path / "data"))
    for name in ("LEDGER", "FOLDER", "RUNS"):
        monkeypatch.setattr(records, name, tmp_path / name)
    monkeypatch.setattr(t2i, "RECIPES", {"smoke": replace(TINY, steps=2, pairs_steps=2)})
    some = ("ink", "bce", "supervised_late", "jigsaw", "pose")
    words = ["--scale", "smoke", "--seeds", "0", "--source", "official", "--device", "cpu"]
    monkeypatch.setattr(sys, "argv", ["line_drawings", *words, "--only", *some])
    assert records.main() == 0
    said = capsys.readouterr().out
    assert "2 tasks need views of more than the 15 objects there are" in said
    rows = ledger.read(tmp_path / "LEDGER")
    found = {(row.claim, row.row) for row in rows}
    t2i_rows = ("ink_shortcut", "bce", "bce_finetuned", "supervised_late", "jigsaw")
    assert found == {("t2i", row) for row in t2i_rows} | set(results.PAPER_POSE)
    assert {row.dataset for row in rows} == {"official"}
    assert {row.params["n_train"] for row in rows} <= {0, 15, 24}
    assert not (tmp_path / "FOLDER").exists()
    monkeypatch.setattr(sys, "argv", ["line_drawings", *words, "--only", "unseen"])
    assert records.main() == 1
    assert "there is no folder" in capsys.readouterr().err


# --- Bad input ------------------------------------------------------------------------------------


def test_bad_input_is_told_in_a_sentence(seen):
    with pytest.raises(ValueError, match="at least one"):
        t2i.Labelled(seen[:0], TINY)
    with pytest.raises(ValueError, match="learns from pairs"):
        t2i.Unlabelled("bce", turntable(2), TINY)
    with pytest.raises(ValueError, match="no method 'magic'"):
        t2i.Unlabelled("magic", pairs(2), TINY)
    with pytest.raises(ValueError, match="fusion must be"):
        t2i.learn(seen, TINY, seed=0, fusion="middle", device="cpu")
    with pytest.raises(ValueError, match="views of objects"):
        pose.EveryPose(pairs(2), TINY)
    with pytest.raises(ValueError, match="I2P or P2I"):
        pose.OneQuestion(seen, TINY)
    with pytest.raises(ValueError, match="set is empty"):
        pose.accuracy(PoseNetwork(TINY), questions_of(turntable(2), "p2i")[:0])
    with pytest.raises(ValueError, match="scale must be"):
        t2i.recipe("huge")
    with pytest.raises(ValueError, match="too small"):
        Tower(replace(TINY, size=16))


def test_recorded_networks_come_back_as_the_pages_load_them(tmp_path, monkeypatch, seen):
    monkeypatch.setattr(records, "FOLDER", tmp_path / "line_drawings")
    lab = t2i.recipe("lab", width=4, hidden=8)
    history = runs.run_ink(runs.T2I(seen, pairs(2), seen, seen), 0).history
    shown = [
        ("t2i", "bce", Consistency(lab), 0),
        ("i2p", "self_supervised", PoseNetwork(lab), 1000),
    ]
    for claim, row, model, n in shown:
        finished = runs.Finished(claim, row, model, history, 0.5, 10, {"n_train": n})
        assert len(records.keep(finished, "lab", lab)) == 64
        back = recorded.load(records.weights(row, n), lambda c, m=model: type(m)(Recipe.of(c)))
        for mine, theirs in zip(back.model.parameters(), model.parameters(), strict=True):
            torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-4)
    unshown = runs.Finished("t2i", "bce", shown[0][2], history, 0.5, 10, {"n_train": 250})
    assert records.keep(unshown, "lab", lab) is None


def test_recorded_scores_of_the_pose_network_are_found_by_task_and_seed() -> None:
    one = replace(ledger.read(records.LEDGER)[0], dataset="procedural")
    ours = [
        replace(one, claim="i2p", row="self_supervised", seed=s, value=v, params=params)
        for s, v, params in (
            (0, 0.1, {"n_train": 9}),
            (0, 0.7, {"n_train": 9}),  # a newer line of the same run
            (1, 0.8, {"n_train": 9}),
            (1, 0.9, {"n_train": 99}),
            (1, 0.5, {"n_train": 9, "poses": 20}),
        )
    ]
    others = [replace(ours[1], row="supervised"), replace(ours[1], dataset="open models")]
    rows = ledger.latest([*ours, *others])
    about = {"row": "self_supervised", "dataset": "procedural", "n_train": 9}
    assert tables.values(rows, "i2p", **about) == {0: 0.7, 1: 0.8}
    assert tables.values(rows, "p2i", **about) == {}


def test_the_table_of_poses_has_the_amounts_that_have_a_run_and_no_others() -> None:
    one = ledger.read(records.LEDGER)[0]
    one = replace(one, dataset="procedural", claim="i2p", row="supervised")
    rows = [
        replace(one, seed=seed, value=value, params={"n_train": 500})
        for seed, value in ((0, 0.4), (1, 0.6))
    ]
    rows.append(replace(rows[0], params={"n_train": 250, "poses": 20}))  # another task
    (line,) = tables.poses(rows, (250, 500))
    assert (line["objects"], line["paper"], line["seeds"]) == (500, 10_000, 2)
    assert (line["i2p_sl"], line["p2i_ssl"]) == (0.5, None)
    assert line["i2p_sl_paper"] == pytest.approx(0.864)
    assert set(line) == set(tables.POSE_HEADS)
    assert [line["mean"] for line in tables.t2i(rows, 9, 99)] == [None] * 17


def test_attention_points_at_a_target_or_not() -> None:
    target = torch.zeros(2, 6, 6, dtype=torch.bool)
    target[:, 2:4, 2:4] = True
    lines = torch.ones_like(target)
    assert pointing(target.double(), target, lines).tolist() == [1, 1]
    assert pointing(1 - target.double(), target, lines).tolist() == [0, 0]
    assert pointing(torch.ones(2, 6, 6), target, lines).tolist() == [0.5, 0.5]
    noise = torch.rand(2, 6, 6, generator=torch.Generator().manual_seed(0))
    shift = pointing(3 + 2 * noise, target, lines)  # only the order counts
    torch.testing.assert_close(pointing(noise, target, lines), shift)
    lines[1] = False  # a drawing without a line says nothing
    assert pointing(noise, target, lines).isnan().tolist() == [False, True]
    with pytest.raises(ValueError, match="within the target and outside"):
        pointing(noise, lines, lines)


def test_what_a_ledger_lacks_is_said_with_its_command() -> None:
    def row(claim: str, name: str, **params: object) -> ledger.Row:
        return replace(one, claim=claim, row=name, params=params)

    one = ledger.read(records.LEDGER)[0]
    everything = set(records.ORDER) | {"pose", "unseen"}
    assert set(records.missing([], "lab")) == everything
    some = [
        row("t2i", "bce_finetuned", n_train=1000),
        row("i2p", "supervised", poses=20, n_train=9),
    ]
    assert set(records.missing(some, "lab")) == everything - {"bce", "unseen"}
    rows = [row("t2i", method, n_train=0) for method in records.ORDER]
    for n in records.AMOUNTS["lab"]:
        rows += [row("i2p", name, n_train=n) for name in ("supervised", "self_supervised")]
    assert set(records.missing(rows, "lab")) == {"unseen"}
    assert "--only unseen" in records.what_is_missing(rows, "lab")
    rows.append(some[-1])
    assert records.what_is_missing(rows, "lab") == "Everything is recorded at scale lab."
