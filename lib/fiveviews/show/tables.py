"""Tables made from results, never typed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from .style import SMALL, TEXT

HEADINGS = {
    "row": "",
    "mean": "ours, mean [95 % CI]",
    "dataset": "data set",
    "why": "why they differ",
    "n_items": "test items",
    "n_train": "training objects",
    "wall_s": "time",
    "peak_mb": "memory",
}
NAMES = {  # as their authors write them
    "iou": "IoU",
    "resnet": "ResNet",
    "softras": "SoftRas",
    "ssr": "SSR",
    "siamvp": "SiamVP",
    "bce": "BCE",
    "bce_finetuned": "BCE, fine-tuned",
    "ntxent": "NT-Xent",
    "simclr": "SimCLR",
    "rotnet": "RotNet",
    "jigsaw": "Jigsaw",
    "pix2scene": "Pix2Scene",
    "cnn": "CNN",
}
LINK = re.compile(r"\[([^\]]+)\]\((#[\w-]+)\)")  # to another place of the page
LONG = 24  # letters, beyond which a cell may wrap
TRUST = ("paper", "mean", "seeds", "dataset", "scale", "why")  # the last columns, in this order
UNSHOWN = ("claim", "low", "high", "values", "n_items", "categories", "wall_s", "device", "peak_mb")


@dataclass(frozen=True)
class Table:
    """A table as text, ready to show as HTML or Markdown. A second line of a cell is set small; the
    notes are numbered from 1, below the table. Where `anchor` is given, the rows may be pointed at
    as #anchor-1, #anchor-2, …, by `[words](#anchor-1)` in the cells of any table of the page."""

    heads: list[str]
    cells: list[list[str]]
    numeric: list[bool]
    caption: str
    notes: list[str] = field(default_factory=list)
    anchor: str = ""

    def markdown(self) -> str:
        """The table in GitHub's Markdown."""
        rule = ["---:" if number else "---" for number in self.numeric]
        cells = ([_markdown(cell) for cell in row] for row in self.cells)
        table = "\n".join("| " + " | ".join(line) + " |" for line in [self.heads, rule, *cells])
        notes = "\n".join(f"{i}. {note}" for i, note in enumerate(self.notes, 1))
        return "\n\n".join(part for part in (table, self.caption, notes) if part)

    def html(self) -> str:
        """The table in HTML; it takes its colours from the page, and scrolls sideways on phones."""
        pad = "padding:0.25em 0.6em;text-align:"
        sides = [pad + ("right" if number else "left") for number in self.numeric]
        head = "".join(
            f'<th scope="col" style="{side}">{escape(name)}</th>'
            for name, side in zip(self.heads, sides, strict=True)
        )
        body = ""
        for number, (first, *rest) in enumerate(self.cells, 1):
            wide = ";min-width:11em" if len(first) > LONG else ""
            name = f' id="{self.anchor}-{number}"' if self.anchor else ""
            body += f'<tr{name}><th scope="row" style="{sides[0]}{wide}">{escape(first)}</th>'
            for cell, side in zip(rest, sides[1:], strict=True):
                longest = max(map(len, cell.split("\n")))
                wide = "min-width:11em" if longest > LONG else "white-space:nowrap"
                body += f'<td style="{side};{wide}">{_html(cell)}</td>'
            body += "</tr>\n"
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        notes = f'\n<ol style="font-size:{TEXT}px">{notes}</ol>' if notes else ""
        name = escape(self.caption or "Results")
        caption = f'<p class="fv-caption">{name}</p>\n' if self.caption else ""
        return (
            f'{caption}<div class="fv-table" role="region" aria-label="{name}" tabindex="0" '
            f'style="overflow-x:auto">\n<table class="dataframe" style="font-size:{TEXT}px;'
            f'font-variant-numeric:tabular-nums">\n<thead><tr>{head}</tr></thead>\n'
            f"<tbody>\n{body}</tbody></table></div>{notes}"
        )

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {
            "text/html": self.html(),
            "text/markdown": self.markdown(),
            "text/plain": self.markdown(),
        }


def table(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str] | Mapping[str, str] | None = None,
    digits: int = 3,
    caption: str = "",
    anchor: str = "",
) -> Table:
    """A table with one line per row.

    rows: as `training.ledger.table` gives them, or any dicts with the same keys. `mean`, `low` and
        `high` become one column, and values that are missing (None) a dash.
    columns: which to show, in their order, or names -> headings; by default what tells a reader
        how far to trust the numbers: paper, ours with its interval, seeds, data set, scale, why
        they differ.
    digits: decimals of numbers that are not whole.
    anchor: the rows may be pointed at by this name (see `Table`).
    Raises ValueError where there are no rows or a column is in none of them.

    >>> rows = [{"row": "ours", "paper": 0.6, "mean": 0.59, "low": 0.55, "high": 0.63}]
    >>> print(table(rows).markdown())
    |  | paper | ours, mean [95 % CI] |
    | --- | ---: | ---: |
    | ours | 0.600 | 0.590 [0.550, 0.630] |
    """
    if not rows:
        raise ValueError("there are no results to show: the list of rows is empty")
    unit = ""
    known = list(dict.fromkeys(key for row in rows for key in row))
    if columns is None:
        columns = [key for key in known if key not in UNSHOWN + TRUST]
        columns += [key for key in TRUST if key in known]
        columns = [key for key in columns if key != "why" or any(row.get("why") for row in rows)]
        if len(metrics := {row.get("metric") for row in rows}) == 1 and "metric" in columns:
            columns.remove("metric")
            unit = f"{words(metrics.pop())}, "
    if missing := [key for key in columns if key not in known]:
        raise ValueError(
            f"no row has {', '.join(map(repr, missing))}; they have {', '.join(known)}"
        )
    heads = columns if isinstance(columns, Mapping) else {}
    heads = {"mean": f"{unit}{HEADINGS['mean']}", "paper": f"{unit}paper"} | dict(heads)
    return Table(
        heads=[heads.get(key, HEADINGS.get(key, words(key))) for key in columns],
        cells=[[_cell(row, key, digits) for key in columns] for row in rows],
        numeric=[all(_is_number(row.get(key)) for row in rows) for key in columns],
        caption=caption,
        anchor=anchor,
    )


def _html(cell: str) -> str:
    """A cell in HTML: a command as such, which breaks between words and not at their hyphens."""
    if not cell.startswith("python "):
        first, _, second = escape(cell).partition("\n")
        second = LINK.sub(r'<a href="\2">\1</a>', second)
        quiet = f"font-size:{SMALL}px;color:var(--pst-color-text-muted, inherit)"
        return f'{first}<br><span style="{quiet}">{second}</span>' if second else first
    words = (f'<span style="white-space:nowrap">{escape(word)}</span>' for word in cell.split())
    plain = "background:none;border:0;padding:0;color:inherit;white-space:normal"
    return f'<code style="{plain}">{" ".join(words)}</code>'


def _markdown(cell: str) -> str:
    return cell.replace("|", "\\|").replace("\n", "<br>")


def words(name: object) -> str:
    """A name from the code or the ledger as words; one in capitals is left as it is.

    >>> words("nearest_neighbour"), words("N_TRAIN")
    ('nearest neighbour', 'N_TRAIN')
    """
    name = str(name)
    return name if name.isupper() else NAMES.get(name, name.replace("_", " "))


def _cell(row: Mapping[str, Any], key: str, digits: int) -> str:
    value = row.get(key)
    if value is None:
        return "–"
    if key == "wall_s":
        return duration(value)
    if key == "mean" and row.get("low") is not None:
        return f"{value:.{digits}f} [{row['low']:.{digits}f}, {row['high']:.{digits}f}]"
    if isinstance(value, float):
        return f"{value:.{digits}f}"
    if _is_number(value):
        return f"{value:,}"
    return str(value) if " " in str(value) else words(value)


def duration(seconds: float) -> str:
    """A time as a reader says it.

    >>> duration(7.2), duration(90), duration(9000)
    ('7 s', '1.5 min', '2.5 h')
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
