"""Recipes: of a scale, as every chapter's `recipe` returns, and of a recording, as `of` does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

R = TypeVar("R")


def at_scale(recipes: Mapping[str, R], scale: str, changes: Mapping[str, Any]) -> R:
    """`recipes[scale]`, a dataclass, with some fields changed. Raises ValueError for another scale
    and TypeError for another field."""
    if scale not in recipes:
        raise ValueError(f"scale must be one of {', '.join(recipes)}; got {scale!r}")
    return replace(recipes[scale], **changes)


def from_config(kind: type[R], config: Mapping[str, Any]) -> R:
    """The recipe, a dataclass, that a recorded configuration describes.

    What the recipe does not know is left out; lists, which JSON makes of tuples, are tuples again.
    """
    known = {field.name for field in fields(kind)}
    return kind(
        **{k: tuple(v) if isinstance(v, list) else v for k, v in config.items() if k in known}
    )
