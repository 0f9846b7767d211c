"""The table of claims says what the ledger holds, by its stated rule, and leaves no row out."""

import re
import subprocess
from collections import Counter
from dataclasses import replace

import pytest

from fiveviews.book import grid
from fiveviews.book.pages import CLAIMS, LEDGERS, ROOT, WEIGHTS, Book, BookError
from fiveviews.training import ledger
from fiveviews.training.claims import DATASETS, Claim, judge, read_claims

CLAIM = Claim(
    chapter="viewpoints", text="SSR is better", source="here", paper="–", claim="table2",
    row="ssr", against="softras", metric="iou", where={"n_labelled": 2},
)  # fmt: skip
BASE = ledger.Row(
    chapter="viewpoints", claim="table2", row="ssr", category="plane", metric="iou",
    unit="fraction", value=0.5, n_items=10, seed=0, scale="lab", dataset="procedural",
    params={"n_labelled": 2}, commit="c", dirty=False, device="a laptop", torch="2", wall_s=60.0,
    peak_mb=1.0, started="2026-01-01T00:00:00+00:00",
)  # fmt: skip


def rows(gains: dict[str, list[float]], **changes: object) -> list[ledger.Row]:
    """Runs of both methods in each category, one pair for each gain."""
    return [
        replace(BASE, category=category, seed=seed, row=row, value=value, started=row, **changes)
        for category, several in gains.items()
        for seed, gain in enumerate(several)
        for row, value in (("ssr", 0.3 + 0.1 * seed + gain), ("softras", 0.3 + 0.1 * seed))
    ]


def commands(claim: Claim) -> list[str]:
    """A claim's commands, for every data set."""
    return [claim.command(dataset) for dataset in DATASETS]


@pytest.mark.parametrize(
    ("gains", "status"),
    [
        ([0.1, 0.12, 0.11], "holds"),
        ([-0.1, -0.12, -0.11], "does not hold"),
        ([0.1, -0.1, 0.0], "undecided"),
        ([0.1], "undecided"),  # one run proves nothing
    ],
)
def test_the_status_follows_from_the_interval(gains, status):
    (line,) = judge(CLAIM, rows({"plane": gains}))
    assert line["status"] == status
    assert line["mean"] == pytest.approx(sum(gains) / len(gains))
    assert line["runs"] == len(gains)
    assert line["cost"] == {"a laptop": 120 * len(gains)}
    (turned,) = judge(replace(CLAIM, lower=True), rows({"plane": gains}))
    assert turned["mean"] == pytest.approx(-line["mean"])


def test_several_categories_count_once_each_however_many_seeds_they_have():
    (line,) = judge(CLAIM, rows({"plane": [0.1, 0.1, 0.1, 0.1], "car": [0.3], "sofa": [0.2]}))
    assert line["mean"] == pytest.approx(0.2)
    assert (line["runs"], line["seeds"]) == (6, 4)
    assert line["value"] - line["rival"] == pytest.approx(line["mean"])


def test_the_cost_is_of_the_runs_compared_each_training_once_and_by_device():
    ours, rival = rows({"plane": [0.1]})
    unpaired = replace(ours, seed=9, wall_s=1000.0, started="later")
    gpu = replace(rival, device="NVIDIA H200", wall_s=5.0)
    (line,) = judge(CLAIM, [ours, gpu, unpaired])
    assert line["cost"] == {"a laptop": 60.0, "NVIDIA H200": 5.0}
    (line,) = judge(CLAIM, [ours, replace(rival, started=ours.started)])  # one run recorded both
    assert line["cost"] == {"a laptop": 60.0}


def test_a_line_has_the_command_for_its_data_and_scale():
    claim = replace(
        CLAIM, run="train --scale {scale}", run_on={"open models": "train real {scale}"}
    )
    found = rows({"plane": [0.1]}, dataset="open models") + rows({"plane": [0.1]}, scale="full")
    lines = judge(claim, found)
    assert [line["run"] for line in lines] == ["train --scale full", "train real lab"]
    assert judge(claim, [])[0]["run"] == "train --scale lab"


def test_runs_that_have_no_rival_of_their_seed_or_other_params_do_not_count():
    alone = replace(BASE, seed=9, value=0.9)
    other = rows({"plane": [5.0]}, params={"n_labelled": 5})
    (line,) = judge(CLAIM, [*rows({"plane": [0.1, 0.1]}), alone, *other])
    assert line["mean"] == pytest.approx(0.1)
    assert judge(CLAIM, [alone])[0]["status"] == "not measured"
    assert judge(CLAIM, [])[0]["status"] == "not measured"


def test_each_data_set_and_scale_has_a_line_the_most_trusted_first():
    found = rows({"plane": [0.1, 0.1]})
    for dataset, scale in (("official", "full"), ("open models", "lab"), ("procedural", "full")):
        found += rows({"plane": [0.2, 0.2]}, dataset=dataset, scale=scale)
    lines = judge(CLAIM, found)
    assert [(line["scale"], line["dataset"]) for line in lines] == [
        ("full", "official"), ("full", "procedural"), ("lab", "open models"), ("lab", "procedural"),
    ]  # fmt: skip


def test_what_learned_from_real_objects_is_not_compared_with_what_learned_from_others():
    def learned(row: str, trained_on: str, value: float, seeds: int = 2) -> list[ledger.Row]:
        params = {"n_labelled": 2, "trained_on": trained_on}
        some = {"row": row, "value": value, "dataset": "open models", "params": params}
        return [replace(BASE, seed=seed, **some) for seed in range(seeds)]

    both = learned("ssr", "open models", 0.5) + learned("softras", "open models", 0.4)
    (line,) = judge(CLAIM, both + learned("softras", "procedural", 0.9, seeds=3))
    assert line["mean"] == pytest.approx(0.1)
    (line,) = judge(CLAIM, learned("ssr", "procedural", 0.5) + both[2:])
    assert line["status"] == "not measured"


def test_a_rival_without_seeds_is_compared_with_every_run():
    rival = replace(BASE, row="upper_bound", value=0.2)
    runs = [replace(BASE, seed=s, value=0.5 + 0.01 * s) for s in range(3)]
    claim = replace(CLAIM, against="upper_bound", fixed=True)
    (line,) = judge(claim, [*runs, rival])
    assert (line["runs"], line["status"]) == (3, "holds")
    assert line["mean"] == pytest.approx(0.31)


def test_a_claim_can_be_about_a_number():
    better = replace(CLAIM, against=None, above=0.25)
    (line,) = judge(better, [replace(BASE, seed=s, value=0.5 + 0.01 * s) for s in range(3)])
    assert (line["rival"], line["status"]) == (0.25, "holds")


def test_a_rival_that_learnt_from_the_same_data_is_preferred():
    ours = [replace(BASE, seed=s, params={"n_labelled": 2, "steps": 9}) for s in range(2)]
    other = replace(BASE, row="softras", value=0.9, params={"n_labelled": 2, "steps": 1})
    same = [replace(run, row="softras", value=0.4) for run in ours]
    for rivals in ([other, *same], [*same, other, replace(other, seed=1), replace(other, seed=2)]):
        (line,) = judge(CLAIM, [*ours, *rivals])
        assert (line["rival"], line["runs"]) == (pytest.approx(0.4), 2)


def test_a_line_says_which_categories_it_is_about_and_why_on_its_own_data():
    claim = replace(CLAIM, why="{n_labelled} labels", why_on={"open models": "real planes"})
    real = rows({"plane": [0.1]}, dataset="open models")
    first, second = judge(claim, [*real, *rows({"car": [0.1], "plane": [0.1]})])
    assert (first["categories"], first["why"]) == (["plane"], "real planes")
    assert (second["categories"], second["why"]) == (["car", "plane"], "2 labels")


def test_small_numbers_are_multiplied_up():
    (line,) = judge(replace(CLAIM, times=1000), rows({"plane": [0.1, 0.1]}))
    assert line["mean"] == pytest.approx(100)
    assert line["value"] - line["rival"] == pytest.approx(100)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"row": "srr"}, "the ledger has no viewpoints/table2/srr with a metric iou"),
        ({"metric": "loss"}, "with a metric loss"),
        ({"chapter": "meshes"}, "the ledger has no meshes/table2"),
        ({"above": 0.1}, "say either `against` or `above`"),
        ({"against": None}, "say either `against` or `above`"),
    ],
)
def test_claims_that_the_ledger_cannot_answer_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        replace(CLAIM, **changes)


def test_a_damaged_list_of_claims_is_named(tmp_path):
    (tmp_path / "claims.toml").write_text("[[claims]]\nchapter = 'viewpoints'\ncolour = 3")
    with pytest.raises(ValueError, match=r"claims\.toml is no list of claims: .*colour"):
        read_claims(tmp_path / "claims.toml")


def test_every_row_of_the_papers_tables_is_claimed():
    claims = read_claims(CLAIMS)
    spoken = {(c.chapter, c.claim, row) for c in claims for row in (c.row, c.against)}
    rows = {
        (chapter, claim, row)
        for chapter, tables in ledger.WORDS.items()
        for claim, (names, _) in tables.items()
        for row in names
        if not claim.endswith("ablation")
    }
    assert rows - spoken == set()
    assert len({(c.chapter, c.text, c.source) for c in claims}) >= len(claims) - 4


def test_every_claim_says_why_ours_may_differ():
    assert [claim.text for claim in read_claims(CLAIMS) if not claim.why] == []


def test_every_claim_stands_by_itself_and_is_judged_in_its_own_direction():
    for claim in read_claims(CLAIMS):
        texts = (claim.text, claim.why, *claim.why_on.values())
        assert not any("as above" in text or "…" in text for text in texts), claim.text
        less = re.search(r"\b(below|lower|smaller|less)\b", claim.text)
        assert not less or claim.lower, f"'{claim.text}' needs lower = true"
        assert claim.times == 1 or f"· {claim.times:.0f}" in claim.text, claim.text
        ours = claim.source.startswith(("ours", "the published code", "later work"))
        assert claim.added == ours, claim.source


def test_what_the_ledgers_answer_is_one_setting_with_its_own_reasons():
    """A claim must not pick by chance among runs of several settings, and says of each data set but
    the generated one what is different there."""
    for claim in read_claims(CLAIMS):
        runs = ledger.latest(ledger.read(LEDGERS / f"{claim.chapter}.jsonl"))
        mine = ledger.select(
            runs, claim=claim.claim, row=claim.row, metric=claim.metric, **claim.where
        )
        for line in judge(claim, runs):
            if line["status"] == "not measured":
                continue
            here = [r for r in mine if (r.dataset, r.scale) == (line["dataset"], line["scale"])]
            often = Counter(str(sorted(r.params.items())) for r in here).most_common(2)
            assert len({n for _, n in often}) == len(often), f"{claim.text}: {often}"
            assert "{" not in line["why"]
            assert line["dataset"] == "procedural" or line["dataset"] in claim.why_on, claim.text


@pytest.mark.parametrize("chapter", ledger.WORDS)
def test_the_results_page_has_the_claims_form_of_every_chapter(chapter):
    text = (ROOT / "book" / "results.md").read_text("utf-8")
    title = f"## {chapter.replace('_', ' ').capitalize()}\n"
    form = text[text.index(title) :].split("\n## ", 1)[0]
    for word in ("Scope.", "Method.", "What was easy.", "What was difficult."):
        assert f"**{word}**" in form.replace("\n", " ")
    assert f'answers("{chapter}")' in form


def test_every_claim_has_a_command_that_can_be_run(accepts):
    """A notebook that is there and knows the parameters, or a script that knows the options."""
    there = [c for c in read_claims(CLAIMS) if (ROOT / "book" / c.chapter).is_dir()]
    for command in {c for claim in there for c in commands(claim)}:
        accepts(command)


def test_every_claims_command_records():
    """Notebooks record when they are told to, the rest always."""
    told = [command for claim in read_claims(CLAIMS) for command in commands(claim)]
    forgetful = {c for c in told if ".ipynb" in c and "-p record_run True" not in c}
    assert forgetful == set()
    recorders = {grid.arguments(c)[grid.arguments(c)[0] == "-m"] for c in told if ".ipynb" not in c}
    of_grid = {
        job.arguments()[job.arguments()[0] == "-m"]
        for stage in ("train", "report")
        for job in grid.jobs(grid.read(), stage, "lab")
        if job.rows
    }
    assert recorders <= of_grid | {"data_scripts/record_surfels.py"}


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("book/surfels/train.ipynb -p sead 1", "no parameter 'sead'"),
        ("book/surfels/nothing.ipynb", "there is no"),
        ("data_scripts/make_iqtt.py --sise 3", "is refused"),
        ("data_scripts/make_nothing.py", "there is no"),
    ],
)
def test_a_command_that_cannot_be_run_is_found(accepts, command, told):
    with pytest.raises((AssertionError, BookError), match=told):
        accepts(command)


@pytest.mark.parametrize("path", sorted(LEDGERS.glob("*.jsonl")), ids=lambda path: path.stem)
def test_every_recorded_number_says_where_it_comes_from(path):
    for row in ledger.read(path):
        assert len(row.commit or "") == 40, row
        assert len(row.data_sha256 or "") == 64, row
        assert row.device
        assert row.started
        assert row.wall_s >= 0


def typed_tables(text: str) -> list[str]:
    """The lines of tables with numbers in a page's Markdown: with bars, in HTML, as directives."""
    lines = [line.strip() for line in text.splitlines()]
    found = [line for line in lines if line.startswith("|")]
    found += re.findall(r"<t[dh]\b[^>]*>.*?(?=</?t|\Z)", text, re.DOTALL | re.IGNORECASE)
    fence = r"^ *(`{3,}|:{3,})\{(?:list-|csv-)?table\}.*?^ *\1"
    found += [m[0] for m in re.finditer(fence, text, re.DOTALL | re.MULTILINE)]
    return [line for line in found if any(c.isdigit() for c in line)]


def test_no_table_of_the_book_is_typed():
    """Tables of numbers come from the ledger; a typed one cannot follow it."""
    typed = {
        str(page): typed_tables((ROOT / "book" / page).with_suffix(".md").read_text("utf-8"))
        for page in Book().pages()
    }
    assert {page: lines for page, lines in typed.items() if lines} == {}


@pytest.mark.parametrize(
    "text",
    [
        "| a | b |\n|---|---|\n| x | 0.5 |",
        "<table>\n<tr>\n<td>\n0.5\n</td></tr></table>",
        '<table><tr><th>ours</th><TD class="x">62 %</TD></tr></table>',
        "```{list-table} Scores\n* - ours\n  - 0.5\n```",
        "::::{list-table}\n* - ours\n  - 0.5\n::::",
        "```{csv-table}\nours, 0.5\n```",
        "  ```{table} Scores\n| ours | 0.5 |\n```",
    ],
)
def test_a_typed_table_is_found_in_each_of_its_forms(text):
    assert typed_tables(f"In 1 word:\n\n{text}\n\n2 more")
    assert typed_tables(f"In 1 word:\n\n{re.sub('[0-9]', 'x', text)}\n\n2 more") == []


def test_the_weights_of_the_book_stay_small():
    """Who clones the repository takes them along, in every version: 60 MB in all, no more."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "book/weights"], cwd=ROOT, capture_output=True, text=True
    )
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    files = files or [path for path in WEIGHTS.rglob("*") if path.is_file()]  # without git
    assert files
    assert sum(path.stat().st_size for path in files) < 60e6
