"""The papers' own data: ShapeNet renderings in the npz layout of NMR, SoftRas and SSR.

    {synset}_{split}_images.npz   one array, uint8 (n, 24, 4, 64, 64)
    {synset}_{split}_voxels.npz   one array, bool (n, 32, 32, 32)

Pictures. Channels come before rows and columns. RGB was laid over white and then inverted, so the
background is 0 and a dark object is bright: rgb_file = alpha · (1 - colour). Here colours are
multiplied by alpha and not inverted, so rgb_here = alpha - rgb_file; alpha is the same. View k is
our view k: the left-handed world of the files changes the sign of z and nothing in the picture.

Voxels. SoftRas scores its prediction P[x, y, z'], in its left-handed world, against the file after
`transpose(y, x, z')` and a flip of z', so the file is indexed [y, x, -z']; with z = -z' that is
[y, x, z] in the world of this book, and swapping the first two axes gives [x, y, z].
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np

from fiveviews.data.rendering import RESOLUTION, SIZE, VIEWS
from fiveviews.data.storage import data_root, open_array, write_npz
from fiveviews.data.views import SPLITS, ViewSet

SYNSETS = {
    "plane": "02691156",
    "bench": "02828884",
    "cabinet": "02933112",
    "car": "02958343",
    "chair": "03001627",
    "display": "03211117",
    "lamp": "03636649",
    "speaker": "03691459",
    "rifle": "04090263",
    "sofa": "04256520",
    "table": "04379243",
    "phone": "04401088",
    "vessel": "04530566",
}
IMAGES, VOXELS = (VIEWS, 4, SIZE, SIZE), (RESOLUTION,) * 3


def paths(folder: str | Path, category: str, split: str) -> tuple[Path, Path]:
    """The files of the pictures and of the voxels of one category and split.

    Raises ValueError on a category or split that the data do not have.
    """
    if category not in SYNSETS:
        raise ValueError(f"no category {category!r}; choose one of {', '.join(SYNSETS)}")
    if split not in SPLITS:
        raise ValueError(f"no split {split!r}; choose one of {', '.join(SPLITS)}")
    stem = f"{SYNSETS[category]}_{split}"
    return Path(folder) / f"{stem}_images.npz", Path(folder) / f"{stem}_voxels.npz"


def load(category: str, split: str, n: int | None, root: str | Path | None = None) -> ViewSet:
    """Views from the files under `official/` of the data root; see `read`.

    Raises as `read` does; FileNotFoundError says where to get the files.
    """
    folder = data_root(root) / "official"
    for path in paths(folder, category, split):
        if not path.is_file():
            raise FileNotFoundError(
                f"there is no {path.name} in {folder}; download mesh_reconstruction_dataset.zip "
                "and run `python data_scripts/import_shapenet.py` on it"
            )
    return read(folder, category, split, n)


def read(folder: str | Path, category: str, split: str, n: int | None = None) -> ViewSet:
    """The first n objects (None: all) of one category and split.

    Raises FileNotFoundError, or ValueError with one sentence that names the file, what it holds and
    what was expected. Nothing is unpickled.
    """
    image_path, voxel_path = paths(folder, category, split)
    with open_array(image_path) as (shape, dtype, file):
        _expect(shape, dtype, IMAGES, np.uint8)
        total = shape[0]
        if n is not None and n > total:
            raise ValueError(f"it holds {total} objects; {n} were asked for")
        n = total if n is None else n
        images = np.empty((n, VIEWS, SIZE, SIZE, 4), np.uint8)
        for i in range(n):  # one at a time: a whole category is gigabytes
            images[i] = _from_file(_take(file, IMAGES, np.uint8))
        _finish(file, whole=n == total)
    with open_array(voxel_path) as (shape, dtype, file):
        _expect(shape, dtype, VOXELS, np.bool_)
        _expect_count(shape[0], total, image_path)
        voxels = _take(file, (n, *VOXELS), np.bool_).swapaxes(1, 2)
        _finish(file, whole=n == total)
    names = tuple(f"{SYNSETS[category]}-{split}-{i:05d}" for i in range(n))
    return ViewSet(images, np.ascontiguousarray(voxels), names, category, split, "official")


def inspect(folder: str | Path, category: str, split: str) -> int:
    """How many objects the files of one category and split hold, from their headers alone.

    Raises as `read` does.
    """
    image_path, voxel_path = paths(folder, category, split)
    with open_array(image_path) as (shape, dtype, _):
        _expect(shape, dtype, IMAGES, np.uint8)
        total = shape[0]
    with open_array(voxel_path) as (shape, dtype, _):
        _expect(shape, dtype, VOXELS, np.bool_)
        _expect_count(shape[0], total, image_path)
    return total


def write(folder: str | Path, views: ViewSet) -> tuple[Path, Path]:
    """Write a set of views in the papers' layout, so that their own code can read it."""
    image_path, voxel_path = paths(folder, views.category, views.split)
    write_npz(image_path, arr_0=np.ascontiguousarray(_to_file(views.images)))
    write_npz(voxel_path, arr_0=np.ascontiguousarray(views.voxels.swapaxes(1, 2)))
    return image_path, voxel_path


def _to_file(images: np.ndarray) -> np.ndarray:
    """RGBA (…, H, W, 4), colours multiplied by alpha -> inverted (…, 4, H, W) of the files."""
    rgb, alpha = images[..., :3], images[..., 3:]
    return np.moveaxis(np.concatenate([alpha - np.minimum(rgb, alpha), alpha], axis=-1), -1, -3)


def _from_file(images: np.ndarray) -> np.ndarray:
    """The inverse of `_to_file`."""
    rgb, alpha = images[..., :3, :, :], images[..., 3:, :, :]
    return np.moveaxis(np.concatenate([alpha - np.minimum(rgb, alpha), alpha], axis=-3), -3, -1)


def _expect(shape: tuple[int, ...], dtype: np.dtype, item: tuple[int, ...], kind: type) -> None:
    if len(shape) != len(item) + 1 or shape[1:] != item or dtype != kind:
        dimensions = ", ".join(map(str, item))
        raise ValueError(f"it holds {dtype} {shape}; expected {np.dtype(kind)} (n, {dimensions})")


def _expect_count(found: int, total: int, image_path: Path) -> None:
    if found != total:
        raise ValueError(f"it holds {found} objects, but {image_path.name} holds {total}")


def _take(file: BinaryIO, shape: tuple[int, ...], dtype: type) -> np.ndarray:
    """The next array of this shape from an open file."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    data = file.read(size)
    if len(data) < size:
        raise EOFError("it breaks off before the end of its array")
    return np.frombuffer(data, dtype).reshape(shape)


def _finish(file: BinaryIO, whole: bool) -> None:
    """Read to the end, where the archive's checksum is verified, if the whole array was wanted."""
    if whole and file.read(1):
        raise ValueError("there is more in it than its header says")
