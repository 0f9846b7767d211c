"""The objects of a category in memory: samples of their fields, and pictures made small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from fiveviews.data.fields import FieldSet
from fiveviews.data.renders import LEVELS, SIZE
from fiveviews.data.storage import read_npz, write_npz
from fiveviews.fields.sampling import SdfSamples
from fiveviews.progress import progress
from fiveviews.training.session import sent


class Samples:
    """SDF samples of N objects, drawn from half and half: as many inside as outside.

    An object without samples on one side is drawn from the other alone.

    Raises ValueError for an object without any.
    """

    def __init__(self, samples: Sequence[SdfSamples]):
        sides = [side for one in samples for side in (one.outside, one.inside)]
        counts = torch.tensor([len(side) for side in sides]).view(-1, 2)
        if not counts.sum(1).all():
            empty = int((counts.sum(1) == 0).nonzero()[0, 0])
            raise ValueError(f"object {empty} has no SDF samples")
        starts = torch.cat([torch.zeros(1, dtype=torch.int64), counts.flatten().cumsum(0)[:-1]])
        self.rows = torch.cat(sides)
        other = counts.flip(1) * (counts == 0)
        self.counts = counts + other
        self.starts = torch.where(counts == 0, starts.view(-1, 2).flip(1), starts.view(-1, 2))

    def __len__(self) -> int:
        return len(self.counts)

    def draw(self, which: Tensor, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """n samples of each of the objects `which` (B,): points (B, n, 3), distances (B, n).

        Outside and inside alternate, so that any stretch of the samples has both; of an odd n the
        last is outside.
        """
        chance = torch.rand(len(which), (n + 1) // 2, 2, generator=generator, dtype=torch.float64)
        counts, starts = self.counts[which][:, None], self.starts[which][:, None]
        index = starts + (chance * counts).long().clamp(max=counts - 1)
        rows = self.rows[index.flatten(1)[:, :n]]
        return rows[..., :3], rows[..., 3]


@dataclass(frozen=True, eq=False)
class Objects:
    """N objects as the models see them.

    fields: where they come from. samples: of their fields. pictures: uint8 (N, V, S, S, 3).
    hard: of the V pictures of each, the last so many are hard views.
    """

    fields: FieldSet
    samples: Samples
    pictures: Tensor
    hard: int = 0

    def __len__(self) -> int:
        return len(self.fields)

    @property
    def size(self) -> int:
        return self.pictures.shape[2]

    @property
    def easy(self) -> Objects:
        """The same objects with their easy pictures alone.

        Raises ValueError where all pictures are hard ones.
        """
        n = self.pictures.shape[1] - self.hard
        if self.hard and not n:
            raise ValueError("there are hard pictures alone; this asks for easy ones")
        return replace(self, pictures=self.pictures[:, :n], hard=0) if self.hard else self

    def draw_pictures(
        self, which: Tensor, generator: torch.Generator, device: torch.device | str = "cpu"
    ) -> Tensor:
        """One picture of each of the objects `which` (B,), from any side: (B, 3, S, S)."""
        views = torch.randint(self.pictures.shape[1], which.shape, generator=generator)
        return to_network(sent(self.pictures[which, views], device))


def to_network(pictures: Tensor) -> Tensor:
    """uint8 (..., S, S, 3) to float (..., 3, S, S) in [0, 1]."""
    return pictures.movedim(-1, -3).float() / 255


def shrink(pictures: np.ndarray, size: int) -> np.ndarray:
    """Pictures uint8 (V, H, W, 3) at size × size: each pixel the mean of those it covers."""
    if pictures.shape[1:3] == (size, size):
        return pictures
    how = {"size": (size, size), "resample": Image.Resampling.BOX}
    return np.stack([np.asarray(Image.fromarray(picture).resize(**how)) for picture in pictures])


def load_objects(
    fields: FieldSet, size: int = SIZE, levels: Sequence[str] = ("easy",), pictures: bool = True
) -> Objects:
    """Read a set of objects; what is not there yet is made. A progress bar says how far.

    size: of the pictures. levels: which of the easy and the hard ones; easy ones come first. Shrunk
    pictures are kept beside the whole ones, since a training run would wait longer for the PNGs
    than for the rest.

    Raises ValueError where two objects have different numbers of pictures; and as the files do.
    """
    levels = [level for level in LEVELS if level in levels]
    samples, images, counts = [], [], []
    for i in progress(range(len(fields)), f"{fields.category} {fields.split}", unit="object"):
        samples.append(fields.samples(i))
        if pictures:
            parts = [_small(fields, i, size, level) for level in levels]
            counts.append(dict(zip(levels, map(len, parts), strict=True)))
            images.append(np.concatenate(parts))
            for level, n in counts[i].items():
                if n != counts[0][level]:
                    raise ValueError(
                        f"{fields.names[i]} has {n} {level} pictures, and {fields.names[0]} "
                        f"{counts[0][level]}; all objects need as many"
                    )
    blank = np.zeros((len(fields), 0, size, size, 3), np.uint8)
    stack = np.stack(images) if images else blank
    hard = counts[0].get("hard", 0) if counts else 0
    return Objects(fields, Samples(samples), torch.from_numpy(stack), hard)


def _small(fields: FieldSet, i: int, size: int, level: str) -> np.ndarray:
    """The pictures of one object at one level and size, from the cache where it has them."""
    if size == SIZE:
        return fields.pictures(i, level).images
    path = fields.folder / "small" / str(size) / fields.category / f"{fields.names[i]}-{level}.npz"
    if _fresh(path, fields, i):
        (images,) = read_npz(path, ("images",))
        if images.ndim == 4 and images.shape[1:] == (size, size, 3):
            return images
    images = shrink(fields.pictures(i, level).images, size)
    write_npz(path, images=images)
    return images


def _fresh(path: Path, fields: FieldSet, i: int) -> bool:
    """Whether the file is there and no older than the mesh it was made from."""
    if fields.meshes is None or not path.exists():
        return path.exists()
    return path.stat().st_mtime_ns >= fields.meshes[i].stat().st_mtime_ns


def read_picture(picture: np.ndarray, size: int) -> Tensor:
    """A picture of any size, uint8 RGB or RGBA, square, for the encoder: (1, 3, size, size).

    RGBA is laid over white. Raises ValueError for other shapes and types.
    """
    picture = np.asarray(picture)
    if picture.ndim != 3 or picture.shape[2] not in (3, 4) or picture.dtype != np.uint8:
        raise ValueError(
            f"a picture is uint8 (H, W, 3) or (H, W, 4); got {picture.dtype} {picture.shape}"
        )
    if picture.shape[0] != picture.shape[1]:
        raise ValueError(
            f"a picture is square; got {picture.shape[1]} × {picture.shape[0]}: crop it first"
        )
    if picture.shape[2] == 4:
        alpha = picture[..., 3:] / 255.0
        picture = (picture[..., :3] * alpha + 255 * (1 - alpha)).round().astype(np.uint8)
    return to_network(torch.from_numpy(shrink(picture[None], size)))
