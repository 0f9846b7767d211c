"""Questions of 3D-IQTT: what they promise, how they are stored, how answers are scored."""

import re
import runpy
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from fiveviews import polycubes
from fiveviews.book import surfels as records
from fiveviews.book import surfels_options
from fiveviews.book.pages import ROOT
from fiveviews.data import command, iqtt, iqtt_files, iqtt_sets
from fiveviews.data.iqtt import Questions, labelled, load_questions
from fiveviews.models import surfels_baselines
from fiveviews.models.surfels_iqtt import right
from fiveviews.training import ledger


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a small pool of shapes."""
    folder = tmp_path_factory.mktemp("data")
    before = iqtt.DRAWS, iqtt.PIECE
    iqtt.DRAWS, iqtt.PIECE = 600, 20
    yield folder
    iqtt.DRAWS, iqtt.PIECE = before


def figures_of(track: str, split: str, number: int, root: Path, monkeypatch) -> list[np.ndarray]:
    """The four figures of a question, caught on their way to the renderer."""
    caught: list[np.ndarray] = []

    def photograph(figures, turns, size):
        caught.extend(figures)
        return torch.zeros(len(figures), size, size, 3, dtype=torch.uint8)

    monkeypatch.setattr(iqtt, "photograph", photograph)
    made = iqtt.make_questions(track, split, [number], 16, root)
    return [
        caught[0],
        caught[1 + made.answers[0]],
        *np.delete(np.arange(3), made.answers[0]),
    ], caught


@pytest.mark.parametrize("track", iqtt.TRACKS)
def test_one_answer_shows_the_reference_and_the_others_do_not(track, root, monkeypatch) -> None:
    for number in range(12):
        (reference, answer, *wrong), caught = figures_of(track, "train", number, root, monkeypatch)
        assert polycubes.key(answer) == polycubes.key(reference)
        for index in wrong:
            figure = caught[1 + index]
            assert polycubes.key(figure) != polycubes.key(reference)
            if track == "mirror":
                assert polycubes.key(polycubes.mirror(figure)) == polycubes.key(reference)
                assert polycubes.is_chiral(reference)


def test_no_shape_is_in_two_splits_nor_is_its_mirror_image(root) -> None:
    pool = iqtt.pool(root)
    keys = {split: {polycubes.key(f) for f in shapes} for split, shapes in pool.items()}
    mirrored = {s: {polycubes.key(polycubes.mirror(f)) for f in fs} for s, fs in pool.items()}
    for split, other in (("train", "val"), ("train", "test"), ("val", "test")):
        assert keys[split]
        assert not keys[split] & (keys[other] | mirrored[other])
    assert all(len(keys[split]) == len(shapes) for split, shapes in pool.items())


def test_a_question_does_not_depend_on_how_many_are_asked_for(root) -> None:
    few = load_questions("other", "val", 5, 32, root)
    more = load_questions("other", "val", 25, 32, root)
    assert (more.images[:5] == few.images).all()
    assert (more.answers[:5] == few.answers).all()
    assert len(np.unique(more.answers)) == 3
    assert more.images.dtype == np.uint8
    assert more.images.std() > 10  # there is something to see


def test_the_pictures_of_one_pose_are_one_picture_and_depth_matches_them(root) -> None:
    cells = iqtt.pool(root)["train"][0]
    turn = torch.eye(3)[None]
    a, b = iqtt.photograph([cells], turn, 32), iqtt.photograph([cells + 3], turn, 32)
    assert (a == b).all()
    depth, _ = iqtt.surfaces([cells], turn, 32)
    assert depth.max() == pytest.approx(iqtt.WALL)
    assert depth.min() > iqtt.DISTANCE - 0.5  # the figure fits the sphere of radius 0.5


def test_a_figure_turned_by_a_rotation_of_its_cells_looks_the_same(root) -> None:
    cells = iqtt.pool(root)["train"][1]
    camera = iqtt.look_at(torch.tensor([[1.0, 0.7, 0.4]])).rotation
    quarter = polycubes.rotations()[5]
    back = torch.from_numpy(quarter.T).float()
    same = iqtt.photograph([cells @ quarter.T], camera @ back, 48)
    difference = (same.int() - iqtt.photograph([cells], camera, 48).int()).abs()
    assert difference.float().mean() < 0.5


def test_angles_between_poses() -> None:
    turns = torch.eye(3).expand(1, 4, 3, 3).clone().numpy()
    c, s = np.cos(np.radians(50)), np.sin(np.radians(50))
    turns[0, 2] = [[c, 0, s], [0, 1, 0], [-s, 0, c]]
    images = np.zeros((1, 4, 8, 8, 3), np.uint8)
    assert Questions(images, np.array([1]), turns, "other", "val").angles() == pytest.approx(50)
    assert Questions(images, np.array([0]), turns, "other", "val").angles() == pytest.approx(0)


def test_labels_beyond_the_set_and_unknown_ones_are_refused(root) -> None:
    questions = load_questions("other", "val", 5, 32, root)
    assert len(labelled(questions, 0)) == 0
    for count in (-1, 6):
        with pytest.raises(ValueError, match=f"the 5 questions there are; got {count}"):
            labelled(questions, count)
    unknown = Questions(questions.images, np.full(5, -1), None, "other", "val")
    with pytest.raises(ValueError, match="come without answers"):
        labelled(unknown, 2)


@pytest.mark.parametrize(
    ("images", "answers", "told"),
    [
        (np.zeros((2, 3, 8, 8, 3), np.uint8), np.zeros(2, int), "(N, 4, H, W, 3)"),
        (np.zeros((2, 4, 8, 8, 3), float), np.zeros(2, int), "uint8"),
        (np.zeros((2, 4, 8, 8, 3), np.uint8), np.zeros(3, int), "2 questions need as many"),
        (np.zeros((2, 4, 8, 8, 3), np.uint8), np.array([0, 3]), "each 0, 1 or 2"),
    ],
)
def test_what_are_no_questions_is_told(images, answers, told) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        Questions(images, answers, None, "other", "val")


def test_unknown_tracks_and_sizes_are_told(root) -> None:
    with pytest.raises(ValueError, match="track is one of other, mirror"):
        load_questions("both", "val", 5, 32, root)
    with pytest.raises(ValueError, match="at least 1 question"):
        load_questions("other", "val", 0, 32, root)


# The published files.


def small(count: int, seed: int = 0, known: bool = True, side: int = 16) -> Questions:
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (count, 4, side, side, 3), np.uint8)
    answers = random.integers(0, 3, count) if known else np.full(count, -1)
    return Questions(images, answers, None, "other", "train")


def test_questions_come_back_from_a_file_as_they_were(tmp_path) -> None:
    path = tmp_path / "3diqtt-v2-train.h5"
    parts = {"labeled": small(70), "unlabeled": small(3, 1, known=False)}
    iqtt_files.write_file(path, parts)
    for part, questions in parts.items():
        back = iqtt_files.read_file(path, part)
        assert (back.images == questions.images).all()
        assert (back.answers == questions.answers).all()
    assert len(iqtt_files.read_file(path, "labeled", n=65)) == 65
    with h5py.File(path) as file:
        assert file["labeled/questions"].dtype == np.float32
        assert file["labeled/answers"].dtype == np.uint8
        assert "answers" not in file["unlabeled"]
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_files_are_read_from_any_question_on_and_shrunk_by_averaging(tmp_path) -> None:
    path, questions = tmp_path / "3diqtt-v2-val.h5", small(70)
    iqtt_files.write_file(path, {"": questions})
    assert iqtt_files.count(path) == 70
    back = iqtt_files.read_file(path, n=3, first=66, size=8)
    blocks = questions.images[66:69].reshape(3, 4, 8, 2, 8, 2, 3).astype(float).mean((3, 5))
    assert np.abs(back.images - blocks).max() <= 0.5 + 1e-3
    assert (back.answers == questions.answers[66:69]).all()
    assert len(iqtt_files.read_file(path, first=66)) == 4
    with pytest.raises(ValueError, match="70 questions; 5 after the first 66 were asked for"):
        iqtt_files.read_file(path, n=5, first=66)
    with pytest.raises(ValueError, match="side 16, which 5 does not divide"):
        iqtt_files.read_file(path, size=5)


@pytest.fixture
def published(tmp_path) -> Path:
    """A data root that holds published files: 9 answered and 5 other questions, 21 to validate."""
    folder = tmp_path / "3diqtt"
    parts = {"labeled": small(9), "unlabeled": small(5, 1, known=False)}
    iqtt_files.write_file(folder / "3diqtt-v2-train.h5", parts)
    iqtt_files.write_file(folder / "3diqtt-v2-val.h5", {"": small(21, 2)})
    return tmp_path


def test_published_files_serve_as_a_source_of_three_splits(published) -> None:
    load = partial(iqtt_sets.load_questions, "other", size=16, source="official", root=published)
    train, val, test = (load(split, 100) for split in iqtt.SPLITS)
    assert (train.answers[:9] == small(9).answers).all()  # those with answers come first
    assert (train.answers[9:] == -1).all()
    assert len(train) == 14
    assert len(load("train", 11)) == 11
    whole = small(21, 2)  # val.h5 is shared out, since test.h5 has no answers
    assert (np.concatenate([val.images, test.images]) == whole.images[:20]).all()
    assert (np.concatenate([val.answers, test.answers]) == whole.answers[:20]).all()
    assert [part.split for part in (train, val, test)] == list(iqtt.SPLITS)
    with pytest.raises(ValueError, match="hold the track other"):
        iqtt_sets.load_questions("mirror", "val", 3, source="official", root=published)
    with pytest.raises(ValueError, match="source is one of procedural, official"):
        iqtt_sets.load_questions("other", "val", 3, source="models", root=published)
    with pytest.raises(ValueError, match="n=0"):
        load("val", 0)
    (published / "3diqtt" / "3diqtt-v2-val.h5").unlink()
    with pytest.raises(FileNotFoundError, match=r"3diqtt-v2-val\.h5; the published file belongs"):
        load("val", 3)


def test_pairs_are_made_of_answered_questions_alone() -> None:
    """An answer of -1 would pair the reference with itself."""
    mixed = replace(small(4), answers=np.array([0, -1, 2, -1]))
    found = surfels_baselines.pairs(mixed)
    assert (found[:, 0] == mixed.images[[0, 2], 0]).all()
    assert (found[:, 1] == mixed.images[[0, 2], [1, 3]]).all()
    with pytest.raises(ValueError, match="none of these questions has an answer"):
        surfels_baselines.pairs(small(3, known=False))


@pytest.mark.parametrize("method", ["pix2scene", "siamese", "contrastive"])
def test_the_recorder_trains_on_published_files(tmp_path, monkeypatch, method) -> None:
    folder = tmp_path / "data" / "3diqtt"
    answered = small(20, 3, side=64)
    parts = {"labeled": answered[:12], "unlabeled": replace(answered[12:], answers=np.full(8, -1))}
    iqtt_files.write_file(folder / "3diqtt-v2-train.h5", parts)
    iqtt_files.write_file(folder / "3diqtt-v2-val.h5", {"": answered})
    monkeypatch.setenv("FIVEVIEWS_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(surfels_options, "RUNS", tmp_path / "runs")
    words = f"iqtt {method} --source official --scale smoke --steps 2 --device cpu --book"
    labels = ["--labels", "0" if method == "contrastive" else "5"]
    assert records.main([*words.split(), str(tmp_path), *labels]) == 0
    (row,) = ledger.read(tmp_path / "results" / "surfels.jsonl")
    assert (row.row, row.dataset, row.n_items, row.params["n_train"]) == (
        method, "official", 10, 20,
    )  # fmt: skip
    assert not (tmp_path / "results" / "surfels").exists()  # the pages' traces are of our questions


def broken(path: Path, **arrays: object) -> Path:
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            file[name] = values
    return path


GOOD = np.zeros((2, 4, 8, 8, 3), np.float32)


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"questions": GOOD[:, :3]}, "expected (N, 4, S, S, 3)"),
        ({"questions": GOOD.astype(np.float64)}, "expected float32"),
        ({"questions": GOOD + 2}, "hold values from 2 to 2; expected 0 to 1"),
        ({"questions": GOOD + np.float32(np.nan)}, "expected 0 to 1"),
        ({"questions": GOOD, "answers": np.array([0, 3])}, "an answer is 3; expected 0, 1 or 2"),
        ({"questions": GOOD, "answers": np.zeros(3, int)}, "expected whole numbers (2,)"),
        ({"pictures": GOOD}, "has no 'questions'; it holds pictures"),
        ({"questions": GOOD, "n": 5}, None),
    ],
)
def test_a_file_of_wrong_shape_or_range_is_told_in_a_sentence(tmp_path, arrays, told) -> None:
    path = broken(tmp_path / "x.h5", **arrays)
    if told is None:
        assert len(iqtt_files.read_file(path)) == 2
        with pytest.raises(ValueError, match="holds 2 questions; 3 were asked for"):
            iqtt_files.read_file(path, n=3)
        return
    with pytest.raises(ValueError, match=re.escape(told)) as caught:
        iqtt_files.read_file(path)
    assert "x.h5" in str(caught.value)


def test_links_out_of_a_file_and_torn_files_are_refused(tmp_path) -> None:
    broken(tmp_path / "other.h5", questions=GOOD)
    with h5py.File(tmp_path / "link.h5", "w") as file:
        file["questions"] = h5py.ExternalLink("other.h5", "/questions")
    with pytest.raises(ValueError, match="leads elsewhere"):
        iqtt_files.read_file(tmp_path / "link.h5")
    whole = (tmp_path / "other.h5").read_bytes()
    (tmp_path / "torn.h5").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"torn\.h5 is not a whole HDF5 file"):
        iqtt_files.read_file(tmp_path / "torn.h5")
    with pytest.raises(FileNotFoundError, match="there is no file"):
        iqtt_files.read_file(tmp_path / "none.h5")


def test_the_command_makes_checks_exports_and_goes_on(root, tmp_path, monkeypatch, capsys) -> None:
    script = runpy.run_path(str(ROOT / "data_scripts" / "make_iqtt.py"))
    out = tmp_path / "3diqtt-v2-train.h5"
    asked = ["make_iqtt.py", "-n", "30", "--size", "16", "--root", str(root), "--labels", "10"]
    asked += ["--jobs", "2"]
    monkeypatch.setattr("sys.argv", [*asked, "--export", str(out)])
    # processes of their own would not know of the small pool: threads do
    monkeypatch.setattr(command, "ProcessPoolExecutor", ThreadPoolExecutor)
    assert script["main"]() == 0
    assert len(iqtt_files.read_file(out, "labeled")) == 10
    assert len(iqtt_files.read_file(out, "unlabeled")) == 20
    first = iqtt.piece_path("other", "train", 16, 0, root)
    sums = first.with_name("SHA256SUMS").read_text()
    assert first.name in sums
    assert script["main"]() == 0  # again: nothing is made anew
    assert first.with_name("SHA256SUMS").read_text() == sums
    piece = load_questions("other", "train", 20, 16, root)
    iqtt.write_npz(first, images=piece.images[::-1], answers=piece.answers, turns=piece.turns)
    assert script["main"]() == 1
    assert "is not the file that was made" in capsys.readouterr().err


# Scoring.


def test_a_tie_is_wrong_and_a_collapsed_encoder_scores_nothing() -> None:
    answers = torch.tensor([0, 1, 2, 1])
    assert right(torch.zeros(4, 3), answers).sum() == 0
    assert right(torch.zeros(4, 3), answers, ties="right").sum() == 4  # the released code's rule
    distances = torch.tensor([[1.0, 1.0, 2.0], [3.0, 1.0, 2.0], [0.5, 2.0, 1.0], [2.0, 1.0, 3.0]])
    assert right(distances, answers).tolist() == [False, True, False, True]


def test_what_is_not_a_number_is_not_right() -> None:
    nan = float("nan")
    found = right(torch.tensor([[nan, 1.0, 2.0], [0.5, nan, 2.0]]), torch.tensor([0, 0]))
    assert found.tolist() == [False, False]


def test_scoring_wants_three_distances_and_one_answer_each() -> None:
    with pytest.raises(ValueError, match="distances"):
        right(torch.zeros(4, 2), torch.zeros(4, dtype=torch.long))
