"""A sample file brings objects and their makers back as they were, or says what is wrong."""

import numpy as np
import pytest

from fiveviews.book.pages import ROOT
from fiveviews.data.sample import read_sample, write_sample
from fiveviews.data.views import Credit, ViewSet

COMMITTED = ROOT / "book" / "soft_meshes" / "real_models.npz"


def some(category: str, n: int, seed: int = 0) -> ViewSet:
    dice = np.random.default_rng(seed)
    return ViewSet(
        dice.integers(0, 255, (n, 24, 64, 64, 4), dtype=np.uint8),
        dice.random((n, 32, 32, 32)) > 0.5,
        tuple(f"{category}-{seed}-{i}" for i in range(n)),
        category,
        "test",
        "models",
        tuple(Credit(f"Ohře {i}", "Zoë", "CC0-1.0", "a package") for i in range(n)),
    )


def test_objects_come_back_with_their_makers(tmp_path):
    chairs, lamps = some("chair", 2), some("lamp", 1)
    write_sample(tmp_path / "sample.npz", [chairs, lamps, some("chair", 1, seed=1)])
    found = read_sample(tmp_path / "sample.npz")
    assert list(found) == ["chair", "lamp"]
    assert found["lamp"].sha256 == lamps.sha256
    assert found["chair"][:2].sha256 == chairs.sha256
    assert found["chair"].names[2] == "chair-1-0"
    assert found["chair"].credits[:2] == chairs.credits
    assert found["lamp"].source == "models"


def test_what_has_no_maker_is_not_passed_on(tmp_path):
    nameless = some("chair", 1)
    nameless = ViewSet(
        nameless.images, nameless.voxels, nameless.names, "chair", "test", "procedural"
    )
    with pytest.raises(ValueError, match="chair-0-0 has none"):
        write_sample(tmp_path / "sample.npz", [nameless])
    assert not list(tmp_path.iterdir())


def test_damaged_files_are_named(tmp_path):
    path = tmp_path / "sample.npz"
    with pytest.raises(FileNotFoundError, match=r"sample\.npz"):
        read_sample(path)
    write_sample(path, [some("chair", 1)])
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"sample\.npz is not a whole npz"):
        read_sample(path)
    np.savez(path, images=np.zeros(3))
    with pytest.raises(ValueError, match="no array 'voxels'"):
        read_sample(path)


def test_the_book_carries_pictures_that_may_be_passed_on():
    """A page shows these to readers who have no models: few, small, and with names."""
    found = read_sample(COMMITTED)
    credits = [credit for views in found.values() for credit in views.credits]
    assert len(found["chair"]) >= 10
    assert all(c.licence.startswith(("CC0", "CC-BY-3", "CC-BY-4")) for c in credits)
    assert all(c.author and c.title and c.origin for c in credits)
    assert COMMITTED.stat().st_size < 1.5e6
