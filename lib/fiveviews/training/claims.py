"""What the five papers claim, and what the ledger says of each claim, by one stated rule.

A claim is that one number is greater than another: a method's than a rival's, than chance, than a
person's. Our answer is the mean difference with its 95 % interval, over categories where there
are several and over seeds where there is one, of runs that share their seed. The status follows
from the interval alone:

    holds           the interval lies on the claimed side of zero
    does not hold   it lies on the other side
    undecided       it contains zero, or there is but one run
    not measured    there is no run

A claim that holds does so on the data and at the scale that stand beside it, and nowhere else.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fiveviews.metrics import Interval, paired_difference
from fiveviews.training.compare import most_recorded
from fiveviews.training.ledger import SCALES, WORDS, Row, select

_Values = dict[tuple[str | None, int], float]  # by category and seed
DATASETS = ("procedural", "open models", "official")  # from the least to the most trusted


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One claim of one paper, and where in the ledger its answer is to be found.

    text: the claim. source: where the paper makes it. added: no paper does, the comparison is ours.
    paper: its numbers, the claimed one first.
    claim, row, metric, where: which rows of the ledger; `where` names fields and params.
    against, against_where: the rows that they are to beat, and in what these differ; or
    above: a number that they are to beat.
    fixed: the rival has no seed (retrieval, a mean shape): its value is that of every seed.
    lower: a lower number is better. times: what the numbers are multiplied by to be read; the text
    says so. why: why ours may differ; {names} of params are filled in. why_on: the same on data
    sets of which something else is to be said. run: the command that measures it, as
    `book.grid.arguments` takes it.

    Raises ValueError for words that the ledger does not have, and for none or both of the rivals.
    """

    chapter: str
    text: str
    source: str
    added: bool = False
    paper: str
    claim: str
    row: str
    metric: str
    where: Mapping[str, Any] = field(default_factory=dict)
    against: str | None = None
    against_where: Mapping[str, Any] = field(default_factory=dict)
    above: float | None = None
    fixed: bool = False
    lower: bool = False
    times: float = 1.0
    why: str = ""
    why_on: Mapping[str, str] = field(default_factory=dict)
    run: str = ""

    def __post_init__(self) -> None:
        rows, metrics = WORDS.get(self.chapter, {}).get(self.claim, ((), ()))
        for row in (self.row, self.against or self.row):
            if row not in rows or self.metric not in metrics:
                raise ValueError(
                    f"'{self.text}': the ledger has no {self.chapter}/{self.claim}/{row} with a "
                    f"metric {self.metric}"
                )
        if (self.against is None) == (self.above is None):
            raise ValueError(f"'{self.text}': say either `against` or `above`")


def read_claims(path: Path) -> list[Claim]:
    """The claims in a TOML file of `[[claims]]` tables. Raises ValueError for a damaged one."""
    try:
        tables = tomllib.loads(path.read_text("utf-8")).get("claims", [])
        return [Claim(**table) for table in tables]
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise ValueError(f"{path} is no list of claims: {error}") from error


def judge(claim: Claim, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Lines of the table of claims: one for each data set and scale, the most trusted first.

    The greater scale comes first, then the papers' own data, real models, generated ones. A line
    has claim, source, paper, value and rival (the two numbers), mean, low and high (of their
    difference in the claimed direction), runs, categories, dataset, scale, status, device, wall_s
    (of all the runs behind it), why and run. The rival's runs are those whose params agree best
    with ours.
    """
    told = {"claim": claim.text, "source": claim.source, "paper": claim.paper, "run": claim.run}
    wanted = {"claim": claim.claim, "metric": claim.metric, **claim.where}
    mine = select(rows, row=claim.row, **wanted)
    theirs = select(rows, row=claim.against, **{**wanted, **claim.against_where})
    lines = []
    for dataset, scale in _by_trust(mine):
        here = {"dataset": dataset, "scale": scale}
        ours = most_recorded(select(mine, **here))
        params = ours[0].params
        # real objects are asked of networks that learned from real ones, and of others
        here_too = here | {"trained_on": params.get("trained_on")}
        rivals = most_recorded(_alike(select(theirs, **here_too), params))
        found = _compare(claim, _values(ours), _values(rivals))
        if found:
            runs = {(r.row, r.category, r.seed): r for r in (*ours, *rivals)}.values()
            found |= {"device": ", ".join(sorted({run.device for run in runs}))}
            found |= {"wall_s": sum(run.wall_s for run in runs)}
            found |= {"why": claim.why_on.get(dataset, claim.why).format(**params)}
            lines.append(told | here | found)
    return lines or [told | {"status": "not measured"}]


def _by_trust(rows: Sequence[Row]) -> list[tuple[str, str]]:
    found = {(row.dataset, row.scale) for row in rows}
    known = [d for d, _ in found if d not in DATASETS]
    if known:
        raise ValueError(f"data set {known[0]!r} is not one of {', '.join(DATASETS)}")
    return sorted(found, key=lambda f: (SCALES.index(f[1]), DATASETS.index(f[0])), reverse=True)


def _alike(rows: Sequence[Row], params: Mapping[str, Any]) -> list[Row]:
    """The rows with the most params equal to these: a rival that learnt from the same data for as
    long, where there is one."""
    same = [sum(row.params.get(name) == value for name, value in params.items()) for row in rows]
    return [row for row, n in zip(rows, same, strict=True) if n == max(same)]


def _values(rows: Iterable[Row]) -> _Values:
    return {(row.category, row.seed): row.value for row in rows}


def _compare(claim: Claim, ours: _Values, rivals: _Values) -> dict[str, Any]:
    """Ours against the rivals, over the means of the categories where there are several, else over
    the seeds of the one; empty where no run has a rival."""
    if claim.above is not None:
        rivals = dict.fromkeys(ours, claim.above)
    if claim.fixed:
        of_rival = {category: value for (category, _), value in rivals.items()}
        rivals = {key: of_rival[key[0]] for key in ours if key[0] in of_rival}
    shared = sorted(ours.keys() & rivals.keys(), key=str)
    if not shared:
        return {}
    of_category: dict[str | None, list[float]] = defaultdict(list)
    for key in shared:
        change = ours[key] - rivals[key]
        of_category[key[0]].append(-change if claim.lower else change)
    several = [_mean(values) for values in of_category.values()]
    values = several if len(several) > 1 else next(iter(of_category.values()))
    values = [claim.times * value for value in values]
    change = paired_difference(values, [0.0] * len(values))
    return {
        "value": claim.times * _mean([ours[key] for key in shared]),
        "rival": claim.times * _mean([rivals[key] for key in shared]),
        "mean": change.mean,
        **({"low": change.low, "high": change.high} if change.n > 1 else {}),
        "runs": len(shared),
        "categories": [str(category) for category in of_category if category is not None],
        "status": _status(change),
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _status(change: Interval) -> str:
    if change.n < 2 or change.low <= 0 <= change.high:
        return "undecided"
    return "holds" if change.low > 0 else "does not hold"
