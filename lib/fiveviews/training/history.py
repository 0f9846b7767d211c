"""What a run leaves behind: its curves, its best evaluation and where its numbers come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fiveviews.training import provenance


@dataclass
class History:
    """The record of one run over all its sittings.

    losses: one row per logging interval: `step`, the means over the interval of `loss`, of
        `gradient` (its norm) and of the step's own terms, and the learning-rate factor `rate`.
    metrics: one row per evaluation: `step` and what `evaluate` returned.
    best: the row of `metrics` whose weights were kept, where the run keeps the best.
    seconds: time spent in the loop. peak_mb: the greatest memory held meanwhile, of the GPU where
        there is one, else of the process (on macOS, of all that the process did before, too).
    started: when it first began, UTC. code: the commit and the PyTorch that it began with.
    """

    device: str
    seed: int
    losses: list[dict[str, float]] = field(default_factory=list)
    metrics: list[dict[str, float]] = field(default_factory=list)
    best: dict[str, float] | None = None
    started: str = field(default_factory=provenance.now)
    seconds: float = 0.0
    peak_mb: float = 0.0
    code: dict[str, Any] = field(default_factory=provenance.code_version)

    def curve(self, name: str) -> tuple[list[int], list[float]]:
        """The steps and the values of one term or metric, for a figure.

        Raises ValueError for a name that was not recorded.
        """
        rows = [row for row in self.losses + self.metrics if name in row]
        if not rows:
            known = sorted({key for row in self.losses + self.metrics for key in row} - {"step"})
            raise ValueError(f"the run recorded no {name!r}; it has {', '.join(known)}")
        return [int(row["step"]) for row in rows], [row[name] for row in rows]

    def provenance(self) -> dict[str, Any]:
        """The fields of a ledger row that say where a number comes from."""
        return self.code | {
            "seed": self.seed,
            "device": self.device,
            "wall_s": round(self.seconds, 2),
            "peak_mb": round(self.peak_mb, 1),
            "started": self.started,
        }
