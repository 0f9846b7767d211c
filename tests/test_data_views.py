"""View sets: what they hold, where they are cached, and that no two runs spoil each other."""

import errno
import os
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

from fiveviews.data import procedural, rendering
from fiveviews.data.storage import data_root, read_npz, write_npz
from fiveviews.data.views import Credit, ViewSet, load_views
from fiveviews.meshes import Mesh, icosphere
from fiveviews.shapes import CATEGORIES


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def chairs(root) -> ViewSet:
    return load_views("chair", "train", n=3, root=root)


def blank(n: int = 2, **changes) -> ViewSet:
    fields = {
        "images": np.zeros((n, 24, 64, 64, 4), np.uint8),
        "voxels": np.zeros((n, 32, 32, 32), bool),
        "names": tuple(f"object-{i}" for i in range(n)),
        "category": "chair",
        "split": "train",
        "source": "models",
    }
    return ViewSet(**(fields | changes))


def full_disk(monkeypatch) -> None:
    """From here on every write fails at its last step, as it does on a full disk."""

    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)


def test_pictures_and_voxels_show_one_object(chairs):
    """What lies left in a voxel grid lies left in the picture from the front."""
    assert chairs.images.shape == (3, 24, 64, 64, 4)
    assert chairs.voxels.shape == (3, 32, 32, 32)
    assert chairs.images.dtype == np.uint8
    assert chairs.voxels.dtype == np.bool_
    assert (chairs.images[..., :3] <= chairs.images[..., 3:]).all(), "colours carry their alpha"
    assert 0.05 < chairs.masks.mean() < 0.6
    assert chairs.masks.max() == 1


def test_view_k_is_seen_from_azimuth_minus_15_k():
    """A ball at +x is right from the front, and nearest, so largest, in view 18 (azimuth 90)."""
    ball = icosphere(2)
    images, voxels = rendering.observe(
        Mesh(0.09 * ball.vertices + torch.tensor([0.4, 0, 0]), ball.faces)
    )
    assert images[0, :, 32:, 3].sum() == images[0, ..., 3].sum() > 0
    area = images[..., 3].astype(int).sum(axis=(1, 2))
    assert area.argmax() == 18
    assert area.argmin() == 6
    x, y, z = np.nonzero(voxels)
    assert abs(x.mean() - (0.4 * 32 + 15.5)) < 1
    assert abs(y.mean() - 15.5) < 1
    assert abs(z.mean() - 15.5) < 1


def test_same_seed_same_data_and_a_longer_set_begins_with_the_shorter(root, chairs, tmp_path):
    again = load_views("chair", "train", n=2, root=tmp_path)
    longer = load_views("chair", "train", n=5, root=root)
    assert again.sha256 == chairs[:2].sha256 == longer[:2].sha256
    assert longer[:3].sha256 == chairs.sha256
    assert len(longer) == 5
    assert longer.names[:3] == chairs.names


def test_pictures_from_between_the_viewpoints_are_nearest_to_their_own(chairs):
    between = procedural.between_views(chairs, seed=4)
    assert between.names == chairs.names
    assert np.array_equal(between.voxels, chairs.voxels)
    again = procedural.between_views(chairs, seed=4)
    assert np.array_equal(between.images, again.images)
    for ours, grid in zip(between.masks, chairs.masks, strict=True):
        off = np.abs(ours[:, None] - grid[None]).mean((2, 3))  # (between, on the grid)
        assert off.diagonal().min() > 0  # none is a picture of the grid
        closest = (off.argmin(1) - np.arange(24) + 12) % 24 - 12
        assert (np.abs(closest) <= 1).mean() > 0.7
    with pytest.raises(ValueError, match="only procedural objects can be photographed anew"):
        procedural.between_views(blank())


def test_splits_share_no_object(root, chairs):
    others = [load_views("chair", split, n=3, root=root) for split in ("val", "test")]
    assert len({name for views in [chairs, *others] for name in views.names}) == 9
    pictures = {views.images[i].tobytes() for views in [chairs, *others] for i in range(3)}
    assert len(pictures) == 9
    assert len(set(procedural.FIRST_SEED.values())) == 3


def test_cache_is_read_back_unchanged_and_follows_the_generator(root, chairs, monkeypatch):
    def fail(*_: object) -> None:
        raise AssertionError("a cached set was made again")

    monkeypatch.setattr(procedural, "observe_all", fail)
    assert load_views("chair", "train", n=3, root=root).sha256 == chairs.sha256
    monkeypatch.setattr(procedural, "generator_key", lambda: "another-version")
    with pytest.raises(AssertionError, match="made again"):
        load_views("chair", "train", n=3, root=root)


def test_two_notebooks_build_a_cache_once(tmp_path, monkeypatch):
    calls = []
    observe_all = procedural.observe_all

    def count(*arguments: object) -> object:
        calls.append(arguments)
        return observe_all(*arguments)

    monkeypatch.setattr(procedural, "observe_all", count)
    found = []
    threads = [
        threading.Thread(
            target=lambda: found.append(load_views("table", "test", n=2, root=tmp_path).sha256)
        )
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    assert len(set(found)) == 1
    assert len(found) == 2


def test_full_disk_leaves_nothing_and_says_so(tmp_path, monkeypatch):
    full_disk(monkeypatch)
    with pytest.raises(OSError, match=r"the disk is full.*FIVEVIEWS_DATA"):
        load_views("chair", "train", n=1, root=tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".lock"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("chairs", "train"), "no category 'chairs'; choose one of plane"),
        (("chair", "training"), "no split 'training'; choose one of train, val, test"),
        (("chair", "train", "official-ish"), "no source 'official-ish'; choose one of procedural"),
        (("chair", "train", "procedural", 0), "n counts objects"),
        (("sofas", "train", "official"), "no category 'sofas'"),
        (("chair", "val", "models"), "train and test only; got 'val'"),
    ],
)
def test_words_that_do_not_exist_are_refused(arguments, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        load_views(*arguments, root=tmp_path)


@pytest.mark.parametrize("source", ["official", "models"])
def test_missing_data_name_the_command_that_gets_them(source, tmp_path):
    with pytest.raises(FileNotFoundError, match="data_scripts/"):
        load_views("chair", "train", source, root=tmp_path)


def test_categories_are_the_papers_thirteen():
    from fiveviews.data.official import SYNSETS

    assert tuple(SYNSETS) == CATEGORIES


@pytest.mark.parametrize(
    "changes",
    [
        {"images": np.zeros((2, 24, 64, 64, 3), np.uint8)},
        {"images": np.zeros((2, 24, 64, 64, 4), np.float32)},
        {"voxels": np.zeros((3, 32, 32, 32), bool)},
        {"voxels": np.zeros((2, 32, 32, 32), np.uint8)},
        {"credits": (None,)},
    ],
)
def test_arrays_that_do_not_agree_are_refused(changes):
    with pytest.raises(ValueError, match="2 objects"):
        blank(**changes)


def test_choosing_objects_keeps_what_belongs_to_them():
    credits = tuple(Credit(f"Chair {i}", "Ada", "CC0-1.0") for i in range(4))
    views = blank(4, credits=credits)
    chosen = views[[2, 0]]
    assert chosen.names == ("object-2", "object-0")
    assert chosen.credits == (credits[2], credits[0])
    assert str(chosen.credits[0]) == "Chair 2 by Ada (CC0-1.0)"
    assert len(views[views.masks.sum(axis=(1, 2, 3)) > 0]) == 0
    with pytest.raises(TypeError, match="slice or a list"):
        views[1]


def test_digest_sees_every_part():
    views = blank()
    other = views.images.copy()
    other[1, 23, 63, 63, 3] = 1
    solid = views.voxels.copy()
    solid[0, 0, 0, 0] = True
    sets = [
        views,
        replace(views, images=other),
        replace(views, voxels=solid),
        replace(views, names=("a", "b")),
    ]
    assert len({one.sha256 for one in sets}) == 4
    assert replace(views).sha256 == views.sha256


def test_data_root_is_chosen_by_argument_then_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("FIVEVIEWS_DATA", str(tmp_path / "elsewhere"))
    assert data_root() == tmp_path / "elsewhere"
    assert data_root(tmp_path) == tmp_path
    monkeypatch.delenv("FIVEVIEWS_DATA")
    assert data_root().name == "_data"
    assert (data_root().parent / "pyproject.toml").is_file()


class TestDamagedNpz:
    """Every damaged file gives one sentence that names it, and nothing is ever unpickled."""

    def damaged(self, tmp_path, data: bytes):
        path = tmp_path / "piece.npz"
        path.write_bytes(data)
        return path

    def whole(self, tmp_path) -> bytes:
        write_npz(tmp_path / "whole.npz", a=np.arange(5000), b=np.ones(3))
        return (tmp_path / "whole.npz").read_bytes()

    def test_whole(self, tmp_path):
        self.whole(tmp_path)
        a, b = read_npz(tmp_path / "whole.npz", ("a", "b"))
        assert a.tolist() == list(range(5000))
        assert b.tolist() == [1, 1, 1]

    @pytest.mark.parametrize("keep", [0, 10, 0.5, 0.99])
    def test_truncated(self, tmp_path, keep):
        data = self.whole(tmp_path)
        path = self.damaged(tmp_path, data[: int(keep * len(data)) if keep < 1 else keep])
        with pytest.raises(ValueError, match=r"piece\.npz is not a whole npz file"):
            read_npz(path, ("a",))

    def test_bits_flipped(self, tmp_path):
        data = bytearray(self.whole(tmp_path))
        data[200:240] = bytes(40)
        with pytest.raises(ValueError, match=r"piece\.npz"):
            read_npz(self.damaged(tmp_path, bytes(data)), ("a",))

    def test_not_an_archive(self, tmp_path):
        with pytest.raises(ValueError, match=r"piece\.npz"):
            read_npz(self.damaged(tmp_path, b"\x80\x04cos\nsystem\n(S'true'\ntR."), ("a",))

    def test_pickled_objects(self, tmp_path):
        np.savez(tmp_path / "piece.npz", a=np.array([{"any": "thing"}], dtype=object))
        with pytest.raises(ValueError, match=r"piece\.npz"):
            read_npz(tmp_path / "piece.npz", ("a",))

    def test_array_missing(self, tmp_path):
        self.whole(tmp_path)
        with pytest.raises(ValueError, match="no array 'images', only \\['a', 'b'\\]"):
            read_npz(tmp_path / "whole.npz", ("images",))


def test_shards_made_in_any_order_are_what_one_process_makes(tmp_path, monkeypatch):
    """Even where a shorter set was there before, whose last file is not full."""
    monkeypatch.setattr(procedural, "PIECE", 2)
    load_views("chair", "val", n=3, root=tmp_path)
    names = []
    for shard in (1, 0):
        for piece in procedural.pieces("chair", "val", 6, tmp_path)[shard::2]:
            names.append(procedural.make_piece("val", ("chair", *piece)).name)
    assert len(names) == len(set(names))
    whole = load_views("chair", "val", n=6, root=tmp_path / "other")
    assert load_views("chair", "val", n=6, root=tmp_path).sha256 == whole.sha256
