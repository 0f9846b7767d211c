"""The recipe of a scale, some of its fields changed: what every chapter's `recipe` returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

R = TypeVar("R")


def at_scale(recipes: Mapping[str, R], scale: str, changes: Mapping[str, Any]) -> R:
    """`recipes[scale]`, a dataclass, with some fields changed. Raises ValueError for another scale
    and TypeError for another field."""
    if scale not in recipes:
        raise ValueError(f"scale must be one of {', '.join(recipes)}; got {scale!r}")
    return replace(recipes[scale], **changes)
