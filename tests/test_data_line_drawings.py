"""Line drawings as data: fair questions, disjoint splits, SPARE3D's folders there and back."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fiveviews.data import line_drawings as lines
from fiveviews.data import line_drawings_objects as objects
from fiveviews.data import line_drawings_official as official
from fiveviews.data import line_drawings_procedural as procedural
from fiveviews.data import line_drawings_sets as sets
from fiveviews.data.line_drawings import Drawings, Questions, from_rgb, questions_of, to_rgb
from fiveviews.models.line_drawings_results import InkShortcut
from fiveviews.solids import EmptySolid, Primitive, Step, combine, cut, make_solid

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / "data_scripts" / "make_line_drawings.py"


@pytest.fixture(scope="module", autouse=True)
def small_pieces():
    torch.set_num_threads(1)
    before, procedural.PIECE = procedural.PIECE, 12
    yield
    procedural.PIECE = before


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def questions(root) -> Questions:
    return procedural.load_questions("train", 24, 48, root)


@pytest.fixture(scope="module")
def pairs(root) -> Drawings:
    return procedural.load_pairs("train", 12, 48, root)


@pytest.fixture(scope="module")
def views(root) -> Drawings:
    return procedural.load_views("test", 24, 48, root=root)


# --- Ink and colours ------------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1))
def test_colours_and_back_lose_nothing(seed):
    """Whatever a picture of black over red can hold."""
    random = np.random.default_rng(seed)
    visible = random.integers(0, 256, (5, 6))
    hidden = random.integers(0, 256 - visible)
    ink = np.stack([visible, hidden], -1).astype(np.uint8)
    assert np.array_equal(from_rgb(to_rgb(ink)), ink)


def test_other_colours_are_no_drawing():
    with pytest.raises(ValueError, match="green and blue"):
        from_rgb(np.full((4, 4, 3), (255, 0, 255), np.uint8))


def test_ink_is_measured_in_image_sides_whatever_the_size():
    for size in (40, 200):
        drawing = np.zeros((size, size, 2), np.uint8)
        drawing[size // 2, :, 1] = 255
        assert lines.ink(drawing).tolist() == [0, 1]
        assert lines.difference(drawing, drawing[..., ::-1]) == 2  # gone here, new there
        assert lines.difference(drawing, drawing) == 0


# --- Questions are fair ---------------------------------------------------------------------------


def test_the_right_candidate_shows_the_object_of_the_three_views(questions):
    """Drawn anew from the question's own solid."""
    number = int(questions.names[5])
    found, turned_down = objects.make("questions", number, 48)
    assert not turned_down or sum(turned_down.values()) < objects.ATTEMPTS
    assert np.array_equal(questions.given[5], found[:3])
    right = questions.answers[5]
    assert np.array_equal(questions.options[5, right], found[3])
    others = sorted(questions.options[5, k].tobytes() for k in range(4) if k != right)
    assert others == sorted(found[k].tobytes() for k in range(4, 7))


def test_large_drawings_ask_the_same_questions(questions):
    large, small = procedural.redraw(questions[:3], 144), questions[:3]
    assert large.given.shape == (3, 3, 144, 144, 2)
    assert np.array_equal(procedural.redraw(small, 48).options, small.options)
    for k in range(4):  # the same lines are near, at a third of the thickness
        coarse = large.options[:, k].reshape(3, 48, 3, 48, 3, 2).max((2, 4)) > 100
        near = np.max(
            [np.roll(coarse, (i, j), (1, 2)) for i, j in product((-1, 0, 1), repeat=2)], 0
        )
        lines_here = small.options[:, k] > 100
        assert (lines_here & near).sum() > 0.9 * lines_here.sum()
    with pytest.raises(ValueError, match="only generated"):
        procedural.redraw(replace(questions, source="official"), 100)


def test_answers_are_spread_evenly(questions, views):
    assert np.bincount(questions.answers, minlength=4).tolist() == [6, 6, 6, 6]
    for task in ("i2p", "p2i"):
        asked = questions_of(views, task)
        assert np.bincount(asked.answers, minlength=4).tolist() == [6, 6, 6, 6]
    assert np.bincount(asked.poses, minlength=9).tolist() == [0, *[3] * 8]


def test_no_solid_is_in_two_splits_or_kinds():
    """The numbers of a set are consecutive, at most two million, and far from the next set's."""
    firsts = sorted(
        int(procedural._names(kind, split, 1)[0])
        for kind in objects.KINDS
        for split in lines.SPLITS
    )
    assert all(b - a >= 2_000_000 for a, b in pairwise(firsts))
    assert procedural._names("pairs", "val", 3)[2] == "12000002"
    with pytest.raises(ValueError, match="2,000,000"):
        next(procedural.pieces("pairs", "val", 2_000_001, 48))


def test_no_candidate_is_blank_or_like_another(questions, pairs, views):
    for drawings in (questions.given, questions.options, pairs.images, views.images):
        assert lines.ink(drawings).sum(-1).min() >= objects.BLANK
    for a in range(4):
        for b in range(a):
            apart = lines.difference(questions.options[:, a], questions.options[:, b])
            assert apart.min() >= objects.ALIKE
    assert lines.difference(pairs.images[:, 0, 3], pairs.images[:, 1, 3]).min() >= objects.ALIKE
    assert min(objects.symmetry(drawn) for drawn in views.images) >= objects.ALIKE


def test_a_symmetric_solid_is_found_out():
    cube = combine([Step("add", Primitive("box", (1.0, 1.0, 1.0)))])
    drawn = objects.picture(cube, objects.cameras(1, 2, views=True), 48)
    assert objects.symmetry(drawn) < 1e-6
    with pytest.raises(objects.Unfit, match="alike"):
        objects.require_different(drawn[3:])


def test_a_blank_drawing_is_turned_down(monkeypatch):
    monkeypatch.setattr(objects, "rasterize", lambda *a, **k: torch.zeros(1, 48, 48, 2))
    with pytest.raises(objects.Unfit, match="blank"):
        objects.picture(make_solid(0), objects.cameras(2), 48)


def test_what_is_turned_down_is_counted_and_replaced(monkeypatch):
    given = iter([objects.Unfit("alike"), EmptySolid("none"), np.zeros(1)])

    def maker(seed: int, size: int) -> np.ndarray:
        seeds.append(seed)
        if isinstance(result := next(given), Exception):
            raise result
        return result

    seeds: list[int] = []
    monkeypatch.setitem(objects.MAKERS, "pairs", maker)
    _, counts = objects.make("pairs", 7, 48)
    assert counts == {"alike": 1, "empty": 1}
    assert seeds == [7 * objects.ATTEMPTS + k for k in range(3)]


def test_candidates_are_chosen_for_equal_ink(monkeypatch, questions):
    """Their spread is well below that of four cuts taken as they come."""

    def spread(options: np.ndarray) -> float:
        return float(lines.ink(options).sum(-1).std(1).mean())

    as_they_come = []
    for number in range(12):
        solid = make_solid(number)
        parts = [cut(solid, number * 8 + k) for k in range(4)]
        as_they_come.append([objects.picture(p, objects.cameras(2), 48)[0] for p in parts])
    assert spread(questions.options) < 0.75 * spread(np.array(as_they_come))


def test_ink_alone_finds_little(questions, root):
    """A whole test set would say more; the notebooks report it."""
    train, test = questions[:16], procedural.load_questions("val", 24, 48, root)
    assert InkShortcut.fit(train).accuracy(test) < 0.6


def test_hidden_only_questions_are_those_whose_visible_lines_agree(questions):
    same = replace(questions, options=questions.options.copy())
    found = lines.hidden_only(same)
    assert 0 < found.mean() < 1  # some are, some are not
    same.options[..., 0] = same.options[:, :1, ..., 0]
    assert lines.hidden_only(same).all()


def test_p2i_shows_four_poses_of_one_object_and_the_asked_one_is_right(views):
    asked = questions_of(views, "p2i", seed=4)
    for i in range(len(asked)):
        shown = [
            next(k for k in range(8) if np.array_equal(views.images[i, 3 + k], option)) + 1
            for option in asked.options[i]
        ]
        assert len(set(shown)) == 4
        assert shown[asked.answers[i]] == asked.poses[i]
    i2p = questions_of(views, "i2p")
    for i in range(len(i2p)):
        pose = lines.I2P_POSES[i2p.answers[i]]
        assert np.array_equal(i2p.options[i, 0], views.images[i, 2 + pose])


# --- The cache ------------------------------------------------------------------------------------


def test_the_same_number_is_the_same_question_in_any_set(questions, root, tmp_path):
    again = procedural.load_questions("train", 13, 48, tmp_path)
    assert again.sha256 == questions[:13].sha256
    assert procedural.load_questions("train", 13, 48, root).sha256 == again.sha256
    assert procedural.load_questions("val", 1, 48, root).sha256 != questions[:1].sha256


def test_unseen_poses_come_after_the_corners(root):
    drawn = procedural.load_views("val", 2, 48, unseen=True, root=root)
    assert drawn.poses == (*range(1, 21),)
    with pytest.raises(ValueError, match=r"1 \.\.\. 8"):
        questions_of(procedural.load_pairs("train", 12, 48, root), "i2p")


def test_a_damaged_cache_file_is_named(root, tmp_path):
    whole = next(procedural.pieces("questions", "train", 1, 48, root))[0]
    broken = next(procedural.pieces("questions", "train", 1, 48, tmp_path))[0]
    broken.parent.mkdir(parents=True)
    broken.write_bytes(whole.read_bytes()[:2000])
    with pytest.raises(ValueError, match=r"000000\.npz"):
        procedural.load_questions("train", 1, 48, tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [
        ("questions", "all", 1, 48),
        ("cubes", "train", 1, 48),
        ("pairs", "train", 0, 48),
        ("pairs", "train", 1, 8),
    ],
)
def test_sets_that_do_not_exist_are_refused(wrong, tmp_path):
    with pytest.raises(ValueError, match=r"got|there are"):
        procedural.fill(*wrong, tmp_path)


def script(*words: str, **options: object) -> subprocess.Popen[str]:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(SCRIPT), *words]
    return subprocess.Popen(
        command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
        **options,
    )  # fmt: skip


def test_a_killed_command_goes_on_where_it_stopped(tmp_path, monkeypatch):
    """Killed for good after its first file, then run again: the same drawings, none made twice."""
    monkeypatch.setattr(procedural, "PIECE", 25)
    words = ("pairs", "--n", "50", "--size", "32", "--jobs", "1", "--root", str(tmp_path))
    first, second = (p for p, _, _ in procedural.pieces("pairs", "train", 50, 32, tmp_path))
    running = script(*words)
    while not first.exists() and running.poll() is None:
        time.sleep(0.05)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    assert first.exists()
    made = first.stat().st_mtime_ns
    assert not second.exists()
    done = script(*words)
    out, error = done.communicate()
    assert done.returncode == 0, error
    assert "50 pairs of train are in the cache" in out
    assert first.stat().st_mtime_ns == made
    assert second.exists()


# --- SPARE3D's folders ----------------------------------------------------------------------------


def test_questions_there_and_back(questions, views, tmp_path):
    for asked in (questions, questions_of(views, "i2p"), questions_of(views, "p2i")):
        folder = tmp_path / asked.task
        digest = official.write_questions(folder, asked)
        back = official.read_questions(folder, asked.task, asked.split)
        assert back.sha256 == asked.sha256
        assert official.write_questions(folder, asked) == digest
    names = {path.name for path in (tmp_path / "t2i" / questions.names[0]).iterdir()}
    three = {f"{questions.names[0]}_{view}.png" for view in "frt"}
    assert names == three | {"0.png", "1.png", "2.png", "3.png"}
    table = json.loads((tmp_path / "t2i" / "answer.json").read_text())
    assert table == dict(zip(questions.names, questions.answers.tolist(), strict=True))
    i2p = {path.name for path in (tmp_path / "i2p" / views.names[0]).iterdir()}
    assert i2p == {f"{views.names[0]}_{view}.png" for view in "frt"} | {"answer.png"}


def test_the_right_view_is_not_the_answer(views, tmp_path):
    """`*r.png` matches `answer.png` too: a loader that globs takes whichever comes first."""
    asked = questions_of(views, "i2p")
    official.write_questions(tmp_path, asked)
    folder = tmp_path / asked.names[0]
    assert len(list(folder.glob("*r.png"))) == 2
    back = official.read_questions(tmp_path, "i2p", "test")
    assert np.array_equal(back.given[:, 1], views.images[:, 1])


def test_pairs_and_views_there_and_back(pairs, views, tmp_path):
    official.write_pairs(tmp_path / "pairs", pairs)
    assert official.read_pairs(tmp_path / "pairs", "train").sha256 == pairs.sha256
    asked = [questions_of(views, task, seed=2) for task in ("i2p", "p2i")]
    training = replace(views, split="train")
    official.write_views(tmp_path / "views", training, asked)
    back = official.read_views(tmp_path / "views" / "train", "train")
    assert back.sha256 == views.sha256
    for questions in asked:
        found = official.read_table(tmp_path / "views" / "questions.json", back, questions.task)
        assert np.array_equal(found.answers, questions.answers)
        assert np.array_equal(found.options, questions.options)
        assert np.array_equal(found.poses, questions.poses)


def test_validation_views_lie_in_a_folder_of_another_name(views, tmp_path):
    few = replace(views[:3], split="val")
    official.write_views(tmp_path, few, [questions_of(few, "i2p")])
    assert (tmp_path / "valid" / few.names[0] / "8.png").is_file()
    assert official.read_views(tmp_path / "valid", "val", n=2).names == few.names[:2]
    table = json.loads((tmp_path / "questions.json").read_text())
    assert set(table["I2P"]) == {"valid"}


def test_drawings_are_shrunk_by_averaging(tmp_path):
    picture = np.full((200, 200, 3), 255, np.uint8)
    picture[:, :100] = (255, 0, 0)  # all hidden ink
    Image.fromarray(picture).save(tmp_path / "a.png")
    drawing = official.read_drawing(tmp_path / "a.png", 50)
    assert drawing.shape == (50, 50, 2)
    assert (drawing[:, :25, 1] == 255).all()
    assert drawing[..., 0].max() == 0
    alpha = np.zeros((200, 200, 4), np.uint8)  # a transparent page is white paper
    Image.fromarray(alpha).save(tmp_path / "b.png")
    assert official.read_drawing(tmp_path / "b.png").max() == 0


@pytest.fixture
def folder(questions, tmp_path) -> Path:
    official.write_questions(tmp_path, questions[:3])
    return tmp_path


def answers(folder: Path, table: object) -> None:
    (folder / "answer.json").write_text(json.dumps(table))


def test_bad_folders_are_told_in_a_sentence(folder, questions):
    def read() -> Questions:
        return official.read_questions(folder, "t2i", "train")

    name = questions.names[1]
    table = json.loads((folder / "answer.json").read_text())
    for wrong, error, told in (
        (table | {name: 4}, ValueError, f"the answer to {name} is 4"),
        (table | {name: "1"}, ValueError, f"the answer to {name} is '1'"),
        (table | {"../up": 1}, ValueError, "no name of a folder"),
        (table | {"00009999": 1}, FileNotFoundError, "names 00009999"),
        ({}, ValueError, "nothing to ask"),
        ([1, 2], ValueError, "holds a list"),
    ):
        answers(folder, wrong)
        with pytest.raises(error, match=told):
            read()
    (folder / "answer.json").write_text("{")
    with pytest.raises(ValueError, match=r"answer\.json is no JSON"):
        read()
    answers(folder, table)
    view = folder / name / f"{name}_t.png"
    whole = view.read_bytes()
    for damaged in (b"", b"no picture", whole[: len(whole) // 2]):
        view.write_bytes(damaged)
        with pytest.raises(ValueError, match=f"{name}_t.png is not a whole drawing"):
            read()
    Image.fromarray(np.full((48, 48, 3), (0, 0, 200), np.uint8)).save(view)
    with pytest.raises(ValueError, match="green and blue"):
        read()
    Image.fromarray(np.full((64, 64, 3), 255, np.uint8)).save(view)
    with pytest.raises(ValueError, match="give a size"):
        read()
    view.unlink()
    with pytest.raises(FileNotFoundError, match=f"{name}_t.png"):
        read()
    with pytest.raises(FileNotFoundError, match=r"answer\.json"):
        official.read_questions(folder / name, "t2i", "train")


def test_p2i_needs_to_know_which_pose_it_asks_for(views, tmp_path):
    asked = questions_of(views[:4], "p2i")
    official.write_questions(tmp_path, asked)
    mark = next((tmp_path / asked.names[2]).glob("pose_*.txt"))
    mark.rename(mark.with_name("pose_9.txt"))
    with pytest.raises(ValueError, match=r"pose_1\.txt"):
        official.read_questions(tmp_path, "p2i", "test")


def test_empty_and_missing_folders_are_told(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder"):
        official.read_pairs(tmp_path / "none", "train")
    with pytest.raises(ValueError, match="nothing to read"):
        official.read_pairs(tmp_path, "train")
    (tmp_path / "train" / "00000001").mkdir(parents=True)
    with pytest.raises(ValueError, match=r"expected 1 \.\.\. 8"):
        official.read_views(tmp_path / "train", "train")


def test_sets_that_contradict_themselves_are_refused(questions, views):
    with pytest.raises(ValueError, match="answers must lie"):
        replace(questions, answers=questions.answers + 2)
    with pytest.raises(ValueError, match="given must be uint8"):
        replace(questions, given=questions.given[..., :1])
    with pytest.raises(ValueError, match="asks for a pose"):
        replace(questions_of(views, "p2i"), poses=np.zeros(len(views), int))
    with pytest.raises(ValueError, match="no task"):
        replace(questions, task="t3i")
    with pytest.raises(TypeError, match="slice or a list"):
        questions[3]


def test_the_command_writes_folders_that_can_be_read(tmp_path):
    words = ("i2p", "--split", "test", "--n", "5", "--size", "40", "--root", str(tmp_path))
    done = script(*words, "--to", str(tmp_path / "out"), "--jobs", "1")
    out, error = done.communicate()
    assert done.returncode == 0, error
    assert "SHA-256" in out
    assert len(official.read_questions(tmp_path / "out", "i2p", "test")) == 5
    wrong = script("t2i", "--n", "0", "--root", str(tmp_path))
    _, error = wrong.communicate()
    assert wrong.returncode == 1
    assert "n is 1 to" in error


def test_the_digest_of_views_does_not_tell_of_other_splits(views, tmp_path):
    training, few = replace(views[:6], split="train"), replace(views[6:9], split="val")
    first = official.write_views(tmp_path, training, [questions_of(training, "i2p")])
    official.write_views(tmp_path, few, [questions_of(few, "i2p")])
    assert official.write_views(tmp_path, training, [questions_of(training, "i2p")]) == first


def test_splits_written_at_once_are_all_in_the_table(views, tmp_path):
    def write(split: str) -> str:
        some = replace(views[:2], split=split)
        return official.write_views(tmp_path, some, [questions_of(some, "p2i")])

    splits = [f"split{i}" for i in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, splits))
    assert set(json.loads((tmp_path / "questions.json").read_text())["P2I"]) == set(splits)


def test_more_than_there_are_is_refused(questions, pairs, views, tmp_path):
    official.write_questions(tmp_path / "t2i", questions[:2])
    official.write_pairs(tmp_path / "pairs", pairs[:2])
    official.write_views(tmp_path, replace(views[:2], split="train"))
    reads = (
        partial(official.read_questions, tmp_path / "t2i", "t2i", "train"),
        partial(official.read_pairs, tmp_path / "pairs", "train"),
        partial(official.read_views, tmp_path / "train", "train"),
    )
    for read in reads:
        assert len(read(n=2)) == len(read()) == 2
        for n in (0, 3):
            with pytest.raises(ValueError, match=f"holds 2 objects; {n} were asked for"):
                read(n=n)


# --- SPARE3D's folders as a source of training data -----------------------------------------------


@pytest.fixture
def spare3d(questions, pairs, views, tmp_path) -> Path:
    """A data root whose `spare3d/` holds a few folders as the authors' archives do."""
    place = tmp_path / "spare3d"
    official.write_questions(place / "t2i" / "train", questions[:6])
    official.write_questions(place / "t2i" / "valid", questions[6:24])
    official.write_pairs(place / "pairs", pairs[:5])
    for split, some in (("train", views[:4]), ("val", views[4:20])):
        part = replace(some, split=split)
        asked = [questions_of(part, task, seed=3) for task in ("i2p", "p2i")]
        official.write_views(place / "views", part, asked)
    return tmp_path


def official_sets(root: Path, **more: object) -> dict[str, Questions]:
    options = {"source": "official", "root": root, **more}
    return {split: sets.load_questions(split, 100, 48, **options) for split in lines.SPLITS}


def test_validation_and_test_share_the_authors_valid_folder(spare3d, questions):
    found = official_sets(spare3d)
    assert found["train"].sha256 == questions[:6].sha256
    val, test = (set(found[split].names) for split in ("val", "test"))
    assert val
    assert test
    assert not val & test
    assert val | test == set(questions.names[6:24])
    few = sets.load_questions("test", 2, 48, "official", spare3d)
    assert few.names == found["test"].names[:2]
    official.write_questions(spare3d / "spare3d" / "t2i" / "test", questions[:3])
    found = official_sets(spare3d)  # with a test split of their own, valid is for validation alone
    assert found["test"].names == questions.names[:3]
    assert found["val"].names == questions.names[6:24]


def test_official_pairs_and_views_are_what_lies_there(spare3d, pairs, views):
    assert sets.load_pairs("train", 100, 48, "official", spare3d).sha256 == pairs[:5].sha256
    shown = sets.load_views("train", 3, 48, source="official", root=spare3d)
    assert shown.names == views.names[:3]
    assert sets.count_views(spare3d) == 4
    dealt = [
        sets.load_views(split, 100, 48, source="official", root=spare3d)
        for split in ("val", "test")
    ]
    assert sorted(dealt[0].names + dealt[1].names) == sorted(views.names[4:20])
    for split, task in product((shown, *dealt), ("i2p", "p2i")):
        asked = sets.pose_questions(split, task, root=spare3d)  # as the json says, and not by lot
        whole = questions_of(replace(views[4:20], split="val"), task, seed=3)
        if split is shown:
            whole = questions_of(replace(views[:4], split="train"), task, seed=3)
        rows = [whole.names.index(name) for name in asked.names]
        assert len(asked) == len(split)
        assert np.array_equal(asked.answers, whole.answers[rows])
        assert np.array_equal(asked.options, whole.options[rows])


def test_official_questions_are_shown_as_large_as_they_lie_there(spare3d, questions):
    small = sets.load_questions("train", 3, 24, "official", spare3d)
    assert small.size == 24
    large = sets.redraw(small[[2]], 48, spare3d)
    assert large.sha256 == questions[[2]].sha256


def test_what_official_sources_lack_is_told(spare3d, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*spare3d.*poses"):
        sets.load_views("train", 3, 48, unseen=True, source="official", root=spare3d)
    with pytest.raises(FileNotFoundError, match="spare3d"):
        sets.load_questions("val", 3, 48, "official", tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="all for training"):
        sets.load_pairs("val", 3, 48, "official", spare3d)
    with pytest.raises(ValueError, match="source is one of procedural, official"):
        sets.load_pairs("train", 3, 48, "models", spare3d)
    with pytest.raises(ValueError, match="1 or more"):
        sets.load_questions("val", 0, 48, "official", spare3d)
    (spare3d / "spare3d" / "views" / "more.json").write_text("{}")
    shown = sets.load_views("train", 3, 48, source="official", root=spare3d)
    with pytest.raises(ValueError, match="holds 2 json files"):
        sets.pose_questions(shown, "i2p", root=spare3d)
