"""A figure of a page: markup that a script brings to life, and a picture where there is none."""

from __future__ import annotations

import base64
from dataclasses import dataclass


@dataclass(frozen=True)
class PageFigure:
    """What a reader sees without a kernel and without a network. Jupyter shows it.

    html: of the page. picture: PNG, for places that take no markup. alt: for who cannot see it.
    """

    html: str
    picture: bytes
    alt: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        picture = base64.b64encode(self.picture).decode()
        return {"text/html": self.html, "image/png": picture, "text/plain": self.alt}
