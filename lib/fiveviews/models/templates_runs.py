"""The runs of the templates chapter on one category: recorded, or trained when first asked for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from torch import nn

from fiveviews.data.fields import FieldSet, load_fields
from fiveviews.models import templates_training as training
from fiveviews.models.templates import ImplicitTemplates, Recipe
from fiveviews.models.templates_data import Objects, load_objects
from fiveviews.models.templates_encoder import Encoder, Trunk, load_imagenet
from fiveviews.models.templates_training import Contrast, Reconstructor
from fiveviews.training import recorded
from fiveviews.training.history import History
from fiveviews.training.recorded import Trained
from fiveviews.training.session import find_device

# Training and test objects of a category. paper: 3,281 chairs, 1,628 sofas and 1,780 planes.
SIZES = {"smoke": (6, 4), "lab": (64, 16), "full": (2000, 100)}
ENCODERS = ("sol1", "sol2", "sol2_contrastive")  # rows of the tables, each with an encoder
KEPT = ("phase1", "sol1", "sol2_contrastive")  # runs whose weights a recording keeps
VARIANTS = {  # of Sol 2: the encoder's convolutions as they were; new warper and template
    "frozen": {"frozen": True},
    "scratch": {"warm": False, "slow": 1.0},
}


def load_sets(
    category: str, scale: str, source: str = "procedural", root: Path | None = None
) -> tuple[FieldSet, FieldSet]:
    """Training and test objects of a category at a scale; nothing is made yet.

    source: as `load_fields` takes it. Real objects are all that there are, but official ones at
    `smoke` and `lab` as few as the generated ones are. Raises as `load_fields` does.
    """
    few = source == "procedural" or (source == "official" and scale != "full")
    sizes = SIZES[scale] if few else (None, None)
    return tuple(
        load_fields(category, split, source, n, root=root)
        for split, n in zip(("train", "test"), sizes, strict=True)
    )


@dataclass(eq=False)
class Study:
    """All that is trained on one set of objects with one recipe and seed.

    weights: folder of recorded networks. runs: folder of checkpoints, from which a run that was
    stopped goes on. keep: record the weights of what is trained here. variant: of Sol 2.
    borrow: after training, go on with recorded networks of another scale where there are some.
    imagenet: a file of ResNet-18's weights, which all encoders begin with, as the original's do.
        paper: without it they begin as they are drawn. The book has no such file.

    Each run is a `Trained`: model, history, origin. What one run needs of another it asks for.
    """

    train: Objects
    recipe: Recipe
    scale: str
    seed: int = 0
    weights: Path | None = None
    runs: Path | None = None
    keep: bool = False
    borrow: bool = False
    variant: str = ""
    imagenet: Path | None = None
    device: str = "auto"
    progress: bool = True
    done: dict[str, Trained] = field(default_factory=dict)
    made: dict[str, nn.Module] = field(default_factory=dict)

    @property
    def varied(self) -> Recipe:
        """The recipe of Sol 2: the others' but for the variant."""
        return replace(self.recipe, **VARIANTS[self.variant]) if self.variant else self.recipe

    def config(self, name: str) -> dict[str, Any]:
        """What tells a run of this study from others."""
        fields = self.train.fields
        about = {"category": fields.category, "source": fields.source, "n_objects": len(fields)}
        if self.imagenet and name != "phase1":
            about["imagenet"] = self.imagenet.name
        return vars(self.varied if name.startswith("sol2") else self.recipe) | about

    @cached_property
    def train_sha256(self) -> str:
        """Digest of the training objects."""
        return self.train.fields.sha256

    def phase1(self) -> Trained:
        """Codes, warper and template: an `ImplicitTemplates`."""
        return self._run(
            "phase1",
            lambda: ImplicitTemplates(self.recipe, len(self.train)),
            lambda model, how: training.train_fields(self.train, self.recipe, model=model, **how),
        )

    def encoder(self) -> Trained:
        """The encoder of Sol 1, an `Encoder`."""
        return self._run(
            "sol1",
            lambda: self.begun(Encoder(self.recipe)),
            lambda model, how: training.train_encoder(
                self.train, self._own("phase1").codes, self.recipe, model=model, **how
            ),
        )

    def contrast(self) -> Trained:
        """The encoder's convolutions after contrastive pre-training: a `Contrast`."""
        return self._run(
            "contrast",
            lambda: self.begun(Contrast(self.recipe)),
            lambda model, how: training.contrast(self.train, self.recipe, model=model, **how),
        )

    def end_to_end(self, contrastive: bool) -> Trained:
        """Sol 2, with or without contrastive pre-training: a `Reconstructor`."""
        name = "sol2_contrastive" if contrastive else "sol2"

        def train(model: Reconstructor, how: dict[str, Any]) -> tuple[Reconstructor, History]:
            trunk = self._own("contrast").trunk if contrastive else None
            fields = self._own("phase1") if self.varied.warm else None
            training.begin(model, self.varied, trunk, fields)
            return training.train_end_to_end(
                self.train, self.varied, model=model, trunk=trunk, fields=fields, **how
            )

        return self._run(name, lambda: self.begun(Reconstructor(self.varied)), train)

    def begun(self, model: nn.Module) -> nn.Module:
        """A newly drawn model, its convolutions with ImageNet's weights where the study has them.

        Raises as `load_imagenet` does.
        """
        if self.imagenet:
            load_imagenet(next(m for m in model.modules() if isinstance(m, Trunk)), self.imagenet)
        return model

    def reconstructor(self, row: str) -> Reconstructor:
        """The network of a row of the tables: picture in, field out.

        Raises ValueError for a row that is none of `ENCODERS`.
        """
        if row == "sol1":
            return Reconstructor.join(self.encoder().model, self.phase1().model)
        if row not in ENCODERS:
            raise ValueError(f"row must be one of {', '.join(ENCODERS)}; got {row!r}")
        return self.end_to_end(row == "sol2_contrastive").model

    def trained(self, row: str) -> Trained:
        """The run behind a row of the tables."""
        return self.encoder() if row == "sol1" else self.end_to_end(row == "sol2_contrastive")

    def _own(self, name: str) -> Any:
        """The network of a run of this very study, borrowed ones left aside."""
        {"phase1": self.phase1, "contrast": self.contrast}[name]()
        return self.made[name]

    def _run(
        self,
        name: str,
        build: Callable[[], nn.Module],
        train: Callable[[Any, dict[str, Any]], tuple[nn.Module, History]],
    ) -> Trained:
        if name in self.done:
            return self.done[name]
        fields = self.train.fields
        variant = self.variant if name.startswith("sol2") else ""
        parts = [fields.category, fields.source, name, variant, str(self.seed)]
        title = "_".join(part for part in parts if part and part != "procedural")
        path = (self.weights or Path("nowhere")) / f"{title}.safetensors"
        known = json.dumps(self.config(name), sort_keys=True, default=str)
        digest = hashlib.sha256(known.encode()).hexdigest()[:8]  # another recipe, another folder
        folder = self.runs and self.runs / self.scale / f"templates_{title}_{digest}"
        how = {
            "seed": self.seed,
            "folder": folder,
            "device": self.device,
            "progress": self.progress,
        }
        about: dict[str, Any] = {"config": self.config(name), "scale": self.scale}
        run = recorded.load_or_train(
            path,
            build,
            lambda model: train(model, how)[1],
            **about,
            seed=self.seed,
            device=find_device(self.device).device,
        )
        if self.keep and name in KEPT and run.sha256 is None:
            recorded.record(path, run.model, run.history, **about)
            run = recorded.load(path, lambda config: build())
        self.made[name] = run.model
        if self.borrow and run.sha256 is None and path.exists():
            run = recorded.load(path, type(run.model).of)
        self.done[name] = run
        return run


def study(
    category: str, scale: str, recipe: Recipe, source: str = "procedural", **options: Any
) -> Study:
    """A study of a category at a scale: its training objects are made or read."""
    train, _ = load_sets(category, scale, source)
    return Study(load_objects(train, recipe.size, recipe.levels), recipe, scale, **options)
