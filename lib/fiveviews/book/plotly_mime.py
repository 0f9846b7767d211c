"""Plotly figures on a page of the built book, drawn by the site's own copy of plotly.js."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from typing import ClassVar

from docutils import nodes
from myst_nb.core.render import MimeData, MimeRenderPlugin, NbElementRenderer

PLOTLY = "application/vnd.plotly.v1+json"


class PlotlyRenderer(MimeRenderPlugin):
    """Turns the figure's JSON, which MyST-NB leaves out with a warning, into HTML.

    The page carries the JSON alone; ``plotly-figures.js`` draws it when the reader comes near.
    """

    mime_priority_overrides: ClassVar[Sequence[tuple[str, str, int | None]]] = [("html", PLOTLY, 1)]

    @staticmethod
    def handle_mime(
        renderer: NbElementRenderer, data: MimeData, inline: bool
    ) -> list[nodes.Element] | None:
        """Return the figure as one raw HTML node, or None for any other kind of output."""
        if inline or data.mime_type != PLOTLY:
            return None
        renderer.add_js_file("plotly_figures", "plotly-figures.js", {"defer": "defer"})
        return [nodes.raw(text=figure_html(data.content, _alt_text(data)), format="html")]


def _alt_text(data: MimeData) -> str:
    options = data.cell_metadata.get("mystnb", {})
    return options.get("image", {}).get("alt", "An interactive figure")


def figure_html(figure: dict, alt: str) -> str:
    """Return a box of the figure's own height that holds its JSON, and words for where no script
    runs.

    >>> print(figure_html({"data": [], "layout": {"height": 300}}, 'x < "y"'))
    <div class="plotly-figure" role="figure" aria-label="x &lt; &quot;y&quot;" style="height:300px">
    <script type="application/json">{"data": [], "layout": {"height": 300}}</script>
    <noscript>This figure needs JavaScript. It shows: x &lt; &quot;y&quot;</noscript></div>
    """
    height = figure.get("layout", {}).get("height", 450)
    kept = {key: figure[key] for key in ("data", "layout", "frames", "config") if key in figure}
    inside = json.dumps(kept).replace("</", "<\\/")  # a "</script>" in a label must not end it
    words = html.escape(alt)
    return (
        f'<div class="plotly-figure" role="figure" aria-label="{words}" '
        f'style="height:{height}px">\n<script type="application/json">{inside}</script>\n'
        f"<noscript>This figure needs JavaScript. It shows: {words}</noscript></div>"
    )
