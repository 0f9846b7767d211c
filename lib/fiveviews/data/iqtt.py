"""The 3D-IQ test task: which of three pictures shows the figure of the first, turned?

Our own generator of the task of Pix2Scene, section 4.4, with two tracks. In `other`, as published,
the two wrong answers are other figures. In `mirror`, as in Shepard and Metzler's experiment, both
are the mirror image of the right one: size, outline and colour give nothing away there.

A figure and its mirror image belong to the training, validation or test questions for good, by the
hash of their shape: no question for testing shows a shape that training has shown in any pose.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock
from torch import Tensor
from torch.nn.functional import avg_pool2d

from fiveviews import polycubes
from fiveviews.cameras import Camera, look_at, orbit
from fiveviews.data.storage import data_root, read_npz, source_key, write_npz
from fiveviews.progress import progress
from fiveviews.render.depth import rasterize
from fiveviews.render.surfels import Lights, surfel_render

TRACKS, SPLITS = ("other", "mirror"), ("train", "val", "test")
SIZE, PIECE = 64, 250  # side of a picture; questions of one cache file
DRAWS = 20_000  # figures drawn for the pool; about one in five is new
DISTANCE, FOV = 2.732, 24.0  # of the camera from the figure, which fits the sphere of radius 0.5
WALL = DISTANCE + 1.5  # depth of the wall behind the figure
SOURCES = (  # whatever has a say in what a question looks like, and nothing else
    "cameras.py",
    "data/iqtt.py",
    "launch.py",
    "meshes.py",
    "polycubes.py",
    "render/depth.py",
    "render/inputs.py",
    "render/surfels/__init__.py",
    "render/surfels/brightness.py",
    "render/surfels/normals.py",
    "render/surfels/rows.py",
    "render/surfels/shading.py",
)
PACKAGES = ("numpy", "warp-lang")


@dataclass(frozen=True, eq=False)
class Questions:
    """N questions: images uint8 (N, 4, H, W, 3), the reference first; answers (N,) in 0, 1, 2.

    answers: -1 where they are not known. turns: (N, 4, 3, 3) float32, rows are the camera's axes in
        the figure's coordinates; None for questions that were not made here.
    """

    images: np.ndarray
    answers: np.ndarray
    turns: np.ndarray | None
    track: str
    split: str

    def __post_init__(self) -> None:
        images, answers = self.images, self.answers
        if images.ndim != 5 or images.shape[1] != 4 or images.shape[-1] != 3:
            raise ValueError(f"questions are images (N, 4, H, W, 3); got {images.shape}")
        if images.dtype != np.uint8:
            raise ValueError(f"images of questions are uint8, 0 to 255; got {images.dtype}")
        if answers.shape != images.shape[:1] or not np.isin(answers, (-1, 0, 1, 2)).all():
            raise ValueError(
                f"{len(images)} questions need as many answers, each 0, 1 or 2 (-1: not known); "
                f"got shape {answers.shape} with {np.unique(answers)[:5].tolist()}"
            )

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: slice | np.ndarray) -> Questions:
        """Some of the questions, as a set of the same kind."""
        turns = None if self.turns is None else self.turns[index]
        return replace(self, images=self.images[index], answers=self.answers[index], turns=turns)

    @property
    def sha256(self) -> str:
        """A hash of pictures and answers, for the ledger."""
        digest = hashlib.sha256(np.ascontiguousarray(self.images))
        digest.update(self.answers.astype(np.int64).tobytes())
        return digest.hexdigest()

    def angles(self) -> np.ndarray:
        """Degrees (N,) between the poses of the reference and of the right answer, 0 to 180.

        Raises ValueError where turns or answers are not known.
        """
        if self.turns is None or (self.answers < 0).any():
            raise ValueError("only questions that were made here, with answers, have angles")
        right = self.turns[np.arange(len(self)), 1 + self.answers]
        trace = (self.turns[:, 0] * right).sum((1, 2))
        return np.degrees(np.arccos(np.clip((trace - 1) / 2, -1, 1)))


def labelled(questions: Questions, n_labels: int) -> Questions:
    """The first `n_labels` questions, the only ones whose answers a method may look at.

    Raises ValueError for more labels than questions, and where an answer is not known.
    """
    if not 0 <= n_labels <= len(questions):
        raise ValueError(
            f"n_labels must lie between 0 and the {len(questions)} questions there are; got "
            f"{n_labels}"
        )
    chosen = questions[:n_labels]
    if (chosen.answers < 0).any():
        raise ValueError("these questions come without answers, so they cannot serve as labels")
    return chosen


def split_of(cells: np.ndarray) -> str:
    """The split that a shape belongs to, with its mirror image: 8 in 10 are for training.

    >>> split_of([[0, 0, 0], [1, 0, 0]]) == split_of([[3, 0, 0], [3, 1, 0]])
    True
    """
    name = min(polycubes.key(cells), polycubes.key(polycubes.mirror(cells)))
    return {0: "val", 1: "test"}.get(hashlib.sha256(name).digest()[0] % 10, "train")


@cache
def pool(root: str | Path | None = None) -> dict[str, list[np.ndarray]]:
    """Split -> its distinct shapes, canonical cells (n, 3), in the order in which they were drawn.

    About 3,000 for training and 400 for each test; a shape and its mirror image may both occur.
    """
    path = _folder(root) / "shapes.npz"
    with FileLock(path.with_name(".shapes.lock")):
        if not path.exists():
            random = np.random.default_rng(0)
            drawn = (polycubes.canonical(polycubes.grow(random)) for _ in range(DRAWS))
            drawn = progress(drawn, "shapes", total=DRAWS)
            distinct = list({cells.tobytes(): cells for cells in drawn}.values())
            counts = np.array([len(cells) for cells in distinct])
            splits = np.array([split_of(cells) for cells in distinct])
            write_npz(path, cells=np.concatenate(distinct), counts=counts, splits=splits)
        cells, counts, splits = read_npz(path, ("cells", "counts", "splits"))
    shapes = np.split(cells, np.cumsum(counts)[:-1])
    return {s: [f for f, of in zip(shapes, splits, strict=True) if of == s] for s in SPLITS}


def load_questions(
    track: str, split: str, n: int, size: int = SIZE, root: str | Path | None = None
) -> Questions:
    """Questions 0 … n - 1 of a track and split, from the cache as far as it reaches.

    Question i is the same whatever n is. Raises ValueError for unknown words and sizes, and for a
    damaged cache file.
    """
    if track not in TRACKS or split not in SPLITS:
        raise ValueError(
            f"track is one of {', '.join(TRACKS)}, split one of {', '.join(SPLITS)}; got "
            f"{track!r}, {split!r}"
        )
    if n < 1 or size < 8:
        raise ValueError(f"at least 1 question of at least 8 pixels; got n={n}, size={size}")
    starts = progress(range(0, n, PIECE), f"3D-IQTT {track} {split}", unit="piece")
    pieces = [load_piece(track, split, first, size, root) for first in starts]
    images, answers, turns = (np.concatenate(a)[:n] for a in zip(*pieces, strict=True))
    return Questions(images, answers, turns, track, split)


def load_piece(
    track: str, split: str, first: int, size: int, root: str | Path | None = None
) -> tuple[np.ndarray, ...]:
    """Images, answers and turns of questions `first` … `first` + 249, made where not yet stored."""
    path = piece_path(track, split, size, first, root)
    with FileLock(path.with_name(f".{path.stem}.lock")):
        if not path.exists():
            made = make_questions(track, split, range(first, first + PIECE), size, root)
            write_npz(path, images=made.images, answers=made.answers, turns=made.turns)
        return read_npz(path, ("images", "answers", "turns"))


def piece_path(
    track: str, split: str, size: int, first: int, root: str | Path | None = None
) -> Path:
    """The cache file that holds questions `first` … `first` + 249."""
    return _folder(root) / f"{track}_{split}_{size}_{first:06d}.npz"


def make_questions(
    track: str, split: str, which: Sequence[int], size: int = SIZE, root: str | Path | None = None
) -> Questions:
    """The questions of these numbers, made now."""
    shapes = pool(root)[split]
    chiral = _chiral(split, root)
    figures, answers, eyes = [], [], []
    for number in which:
        random = np.random.default_rng([SPLITS.index(split), TRACKS.index(track), number])
        if track == "mirror":
            reference = shapes[chiral[random.integers(len(chiral))]]
            wrong = [polycubes.canonical(polycubes.mirror(reference))] * 2
        else:
            chosen = random.choice(len(shapes), 3, replace=False)
            reference, *wrong = (shapes[i] for i in chosen)
        answer = int(random.integers(3))
        figures += [reference, *wrong[:answer], reference, *wrong[answer:]]
        answers.append(answer)
        eyes.append(_directions(random, 4))
    turns = look_at(torch.from_numpy(np.concatenate(eyes)).float()).rotation
    pieces = (slice(first, first + 200) for first in range(0, len(turns), 200))
    images = torch.cat([photograph(figures[p], turns[p], size) for p in pieces])
    return Questions(
        images.view(-1, 4, size, size, 3).numpy(),
        np.array(answers),
        turns.view(-1, 4, 3, 3).numpy(),
        track,
        split,
    )


def viewer() -> Camera:
    """The one camera of all pictures; figures are turned before it."""
    return orbit(0.0, 0.0, DISTANCE, FOV)


def lights() -> Lights:
    """A white light at the camera, an orange one 35° to its left, a blue one 50° to its right.

    paper: the published pictures have three lights of their own each, within such cones. Ours stay
    with the camera, so that they say nothing about the pose and Pix2Scene knows them.
    """
    a, b = np.radians(35), np.radians(50)
    orange = [-0.9 * np.sin(a), 0.44 * np.sin(a), np.cos(a)]
    blue = [0.6 * np.sin(b), 0.8 * np.sin(b), np.cos(b)]
    positions = DISTANCE * torch.tensor([[0.0, 0.0, 1.0], orange, blue]).float()
    colours = torch.tensor([[1.7, 1.7, 1.7], [4.0, 1.8, 0.4], [0.4, 2.0, 4.3]])
    return Lights(positions, colours)


def surfaces(
    figures: Sequence[np.ndarray], turns: Tensor, size: int | tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """Depth (B, H, W) and view-space normals (B, H, W, 3) of turned figures before the wall."""
    meshes = [_mesh(np.asarray(f, np.int64).tobytes()) for f in figures]
    most_v, most_f = (max(len(m[k]) for m in meshes) for k in (0, 1))
    vertices = torch.zeros(len(meshes), most_v, 3)
    faces = torch.full((len(meshes), most_f, 3), -1)
    for i, (points, triangles) in enumerate(meshes):
        vertices[i, : len(points)], faces[i, : len(triangles)] = points, triangles
    seen = rasterize(vertices @ turns.transpose(1, 2), faces, viewer(), size)
    behind = (seen.face < 0)[..., None]
    wall = torch.tensor([0.0, 0.0, 1.0])
    return seen.depth.clamp(max=WALL), torch.where(behind, wall, seen.normal)


def photograph(
    figures: Sequence[np.ndarray], turns: Tensor, size: int = SIZE, samples: int = 2
) -> Tensor:
    """Pictures uint8 (B, size, size, 3) of figures, each turned by its rotation (B, 3, 3).

    samples: pixels are means of samples² rays.
    """
    depth, normals = surfaces(figures, turns, size * samples)
    image = surfel_render(depth, viewer(), lights(), normals=normals).clamp(0, 1)
    image = avg_pool2d(image.permute(0, 3, 1, 2), samples).permute(0, 2, 3, 1)
    return (image * 255).round().byte().contiguous()


def _directions(random: np.random.Generator, n: int) -> np.ndarray:
    """Uniform on the sphere, but not within 1° of the poles, where pictures have no upright."""
    height = random.uniform(-1, 1, n) * np.cos(np.radians(1))
    azimuth = random.uniform(0, 2 * np.pi, n)
    flat = np.sqrt(1 - height**2)
    return np.stack([flat * np.sin(azimuth), height, flat * np.cos(azimuth)], 1)


@cache
def _mesh(cells: bytes) -> tuple[Tensor, Tensor]:
    """Vertices and faces of a figure that just fits the sphere of radius 0.5."""
    mesh = polycubes.to_mesh(np.frombuffer(cells, np.int64).reshape(-1, 3))
    return 0.5 * mesh.vertices / mesh.vertices.norm(dim=1).max(), mesh.faces


@cache
def _chiral(split: str, root: str | Path | None) -> list[int]:
    return [i for i, cells in enumerate(pool(root)[split]) if polycubes.is_chiral(cells)]


def _folder(root: str | Path | None) -> Path:
    folder = data_root(root) / "iqtt" / generator_key()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@cache
def generator_key() -> str:
    """Short hash of the code that makes the questions: other code, other cache."""
    return source_key(SOURCES, PACKAGES)
