"""DeepSDF's, DISN's and ShapeNet's own files as a set of fields and pictures.

They lie under `shapenet/` of the data root, in their authors' layouts:

    sv2_chairs_train.json, sv2_chairs_test.json         DeepSDF's splits; likewise sofas, planes, …
    SdfSamples/ShapeNetV2/<synset>/<id>.npz             DeepSDF's samples
    NormalizationParameters/ShapeNetV2/<synset>/<id>.npz
    image/<synset>/<id>/{easy,hard}/                    DISN's renderings
    ShapeNetCore.v2/<synset>/<id>/models/model_normalized.obj    what reconstructions are held to

Rows of samples with NaN, which DeepSDF's files have here and there, are left out as DeepSDF leaves
them out. Objects whose files are not there are left out and listed; so are second mentions of an id
(the split of cars names each twice).
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from fiveviews.data import renders
from fiveviews.data.fields import SAMPLES, FieldSet
from fiveviews.data.official import SYNSETS
from fiveviews.data.sdf import read_frame, read_samples
from fiveviews.data.storage import data_root
from fiveviews.fields.frames import Frame
from fiveviews.fields.sampling import SdfSamples
from fiveviews.meshes import Mesh

DATASET = "ShapeNetV2"
SPLITS = ("train", "test")  # DeepSDF has no other


@dataclass(frozen=True, eq=False)
class OfficialFields(FieldSet):
    """N objects that others sampled and rendered. Nothing is made here, and nothing written but
    pictures made small."""

    @property
    def synset(self) -> str:
        """WordNet's number of the category, after which its folders are named."""
        return SYNSETS[self.category]

    def mesh(self, i: int) -> Mesh:
        """The true surface of object i, in the frame of its samples: as far as the object's own
        mesh is one."""
        return self.frame(i).mesh(self.original(i))

    def samples(self, i: int) -> SdfSamples:
        """Points and signed distances of object i, those outside first: at most `count`, half of
        them on either side where there are as many, by a lot that the object's name decides."""
        found = read_samples(self._path("SdfSamples", i), drop_nan=True)
        return thinned(found, self.count, zlib.crc32(self.names[i].encode()))

    def frame(self, i: int) -> Frame:
        """The frame of the samples of object i."""
        return read_frame(self._path("NormalizationParameters", i))

    def pictures(self, i: int, level: renders.Level = "easy") -> renders.Renders:
        """The pictures of object i over white, 36 in DISN's set, and their views."""
        return renders.read_renders(_pictures(self.folder, self.synset, self.names[i], level), None)

    def make(self, i: int, pictures: bool = True) -> Path:
        """The file of the samples of object i, which is there."""
        return self._path("SdfSamples", i)

    def _path(self, kind: str, i: int) -> Path:
        return self.folder / kind / DATASET / self.synset / f"{self.names[i]}.npz"


def load(
    category: str,
    split: str,
    n: int | None = None,
    samples: int = SAMPLES,
    root: str | Path | None = None,
) -> OfficialFields:
    """The first n objects of a category in DeepSDF's order, or all; of each at most `samples`.

    Raises ValueError for a category or split that the data do not have, a damaged list, and where
    there are fewer than n objects; FileNotFoundError, saying what belongs where, for a missing one.
    """
    if category not in SYNSETS or split not in SPLITS:
        raise ValueError(
            f"category is one of {', '.join(SYNSETS)}, split one of {', '.join(SPLITS)} (DeepSDF "
            f"has no other); got {category!r}, {split!r}"
        )
    folder, synset = data_root(root) / "shapenet", SYNSETS[category]
    names, found, left_out = read_split(folder, category, split), [], []
    for name in names:
        if len(found) == n:
            break
        if absent := [p for p in _needed(folder, synset, name) if not p.exists()]:
            left_out.append((name, f"there is no {absent[0].relative_to(folder)}"))
        else:
            found.append(name)
    if not found or (n is not None and len(found) < n):
        why = f"; of {left_out[0][0]}, {left_out[0][1]}" if left_out else ""
        raise ValueError(
            f"{folder} has {len(found)} of the {len(names)} {category} objects of {split}; "
            f"{'some' if n is None else n} were asked for{why}"
        )
    meshes = tuple(_mesh(folder, synset, name) for name in found)
    about = (category, split, "official", folder, samples)
    return OfficialFields(tuple(found), *about, meshes, tuple(left_out))


def read_split(folder: Path, category: str, split: str) -> list[str]:
    """The ids that one of DeepSDF's lists names, each once, in its order.

    Raises FileNotFoundError, or ValueError for a list of another form.
    """
    path = folder / f"sv2_{category}s_{split}.json"
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path}; DeepSDF's list of the split belongs there")
    try:
        table: Any = json.loads(path.read_text("utf-8"))
        names = table[DATASET][SYNSETS[category]]
        if not all(isinstance(name, str) and name.isalnum() for name in names):
            raise ValueError("an id is no word of letters and digits")
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} must hold {{{DATASET!r}: {{{SYNSETS[category]!r}: [ids]}}}}: {error}"
        ) from error
    return list(dict.fromkeys(names))


def thinned(samples: SdfSamples, count: int, seed: int) -> SdfSamples:
    """At most `count` of the samples, drawn by lot: half outside and half inside where both have
    so many, and more of one side where the other has fewer."""
    if len(samples.points) <= count:
        return samples
    generator = torch.Generator().manual_seed(seed)
    outside = samples.distances > 0
    n_out, n_in = int(outside.sum()), int((~outside).sum())
    few_in = min(n_in, max(count // 2, count - n_out))
    kept = []
    for side, n in ((outside, count - few_in), (~outside, few_in)):
        rows = side.nonzero()[:, 0]
        kept.append(rows[torch.randperm(len(rows), generator=generator)[:n]])
    rows = torch.cat(kept)
    return SdfSamples(samples.points[rows], samples.distances[rows])


def _needed(folder: Path, synset: str, name: str) -> list[Path]:
    parts = ("SdfSamples", "NormalizationParameters")
    files = [folder / part / DATASET / synset / f"{name}.npz" for part in parts]
    easy = _pictures(folder, synset, name, "easy") / renders.METADATA
    return [*files, easy, _mesh(folder, synset, name)]


def _pictures(folder: Path, synset: str, name: str, level: str) -> Path:
    return folder / "image" / synset / name / level


def _mesh(folder: Path, synset: str, name: str) -> Path:
    return folder / "ShapeNetCore.v2" / synset / name / "models" / "model_normalized.obj"
