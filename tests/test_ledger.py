"""The ledger: what goes in comes out, nothing unknown goes in, tables average as they say."""

import dataclasses
import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fiveviews import metrics
from fiveviews.training import ledger, provenance


def row(**fields) -> ledger.Row:
    known = {
        "chapter": "soft_meshes",
        "claim": "table1",
        "row": "baseline",
        "category": "chair",
        "metric": "iou",
        "unit": "fraction",
        "value": 0.5,
        "paper_value": 0.546209,
        "n_items": 48,
        "seed": 0,
        "scale": "lab",
        "dataset": "procedural",
        "commit": "0" * 40,
        "dirty": False,
        "device": "a processor, 2 threads",
        "torch": "2.13.0",
        "wall_s": 400.0,
        "peak_mb": 900.0,
        "started": "2026-11-21T00:00:00+00:00",
    }
    return ledger.Row(**known | fields)


def test_the_fields_are_those_of_the_design_in_its_order():
    assert [f.name for f in dataclasses.fields(ledger.Row)] == [
        *("chapter", "claim", "row", "category", "metric", "unit", "value", "paper_value"),
        *("n_items", "seed", "scale", "dataset", "params", "commit", "dirty", "data_sha256"),
        *("weights_sha256", "device", "torch", "wall_s", "peak_mb", "started"),
    ]


def test_rows_come_back_as_they_were_appended(tmp_path):
    path = tmp_path / "results" / "soft_meshes.jsonl"
    first, second = row(params={"encoder": "baseline", "n": 2}), row(seed=1, category=None)
    ledger.append(path, [first])
    ledger.append(path, [second])
    assert ledger.read(path) == [first, second]
    assert len(path.read_text().splitlines()) == 2
    assert list(json.loads(path.read_text().splitlines()[0])) == [
        f.name for f in dataclasses.fields(ledger.Row)
    ]


def test_a_ledger_that_is_not_there_yet_is_empty(tmp_path):
    assert ledger.read(tmp_path / "viewpoints.jsonl") == []


@given(st.sampled_from(sorted(ledger.WORDS)), st.data())
def test_every_word_of_the_table_is_accepted(chapter, data):
    claim = data.draw(st.sampled_from(sorted(ledger.WORDS[chapter])))
    rows, names = ledger.WORDS[chapter][claim]
    made = row(
        chapter=chapter,
        claim=claim,
        row=data.draw(st.sampled_from(rows)),
        metric=data.draw(st.sampled_from(names)),
    )
    assert made.claim == claim


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"chapter": "softmeshes"}, "chapter 'softmeshes' is not one of soft_meshes"),
        ({"claim": "table2"}, "claim 'table2' is not one of table1"),
        ({"row": "ssr"}, "row 'ssr' is not one of baseline, resnet"),
        ({"metric": "accuracy"}, "metric 'accuracy' is not one of iou, loss"),
        ({"scale": "teaching"}, "scale 'teaching' is not one of smoke, lab, full"),
        ({"value": float("nan")}, "value .* is nan"),
    ],
)
def test_words_that_the_chapter_does_not_have_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        row(**fields)


def test_a_damaged_line_is_named(tmp_path):
    path = tmp_path / "soft_meshes.jsonl"
    ledger.append(path, [row()])
    path.write_text(path.read_text() + '{"chapter": "soft_me\n')
    with pytest.raises(ValueError, match=r"soft_meshes\.jsonl, line 2"):
        ledger.read(path)


def _append_many(path: Path, seed: int) -> None:
    for index in range(50):
        ledger.append(path, [row(seed=seed, params={"index": index, "long": "x" * 2000})])


def test_writers_that_append_at_once_lose_and_mix_nothing(tmp_path):
    path = tmp_path / "soft_meshes.jsonl"
    with ThreadPoolExecutor(3) as pool:  # each append opens the file anew, as a process would
        list(pool.map(lambda seed: _append_many(path, seed), range(3)))
    written = {(r.seed, r.params["index"]) for r in ledger.read(path)}
    assert written == {(seed, index) for seed in range(3) for index in range(50)}


def test_a_full_disk_adds_no_part_of_a_row(tmp_path, monkeypatch):
    path = tmp_path / "soft_meshes.jsonl"
    ledger.append(path, [row()])
    before = path.read_bytes()
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:100]))
    with pytest.raises(OSError, match=r"disk is full.*no row was added"):
        ledger.append(path, [row(seed=1)])
    assert path.read_bytes() == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a device of Linux")
def test_a_device_without_space_is_reported_in_one_sentence():
    with pytest.raises(OSError, match=r"could not write /dev/full \(the disk is full"):
        ledger.append(Path("/dev/full"), [row()])


def test_the_newest_line_of_a_measurement_replaces_the_older():
    old, new = row(value=0.4), row(value=0.6)
    other = row(params={"encoder": "attention"})
    assert ledger.latest([old, other, new]) == [new, other]


def test_select_looks_into_fields_and_params():
    rows = [row(), row(seed=1, params={"n_labelled": 2}), row(seed=1, params={"n_labelled": 5})]
    assert ledger.select(rows, seed=1, n_labelled=5) == [rows[2]]
    assert ledger.select(rows, seed=1) == rows[1:]
    assert ledger.select(rows, seed=7) == []


def test_a_table_averages_categories_for_each_seed_and_then_seeds():
    values = {("chair", 0): 0.4, ("lamp", 0): 0.6, ("chair", 1): 0.5, ("lamp", 1): 0.7}
    rows = [row(category=c, seed=s, value=v) for (c, s), v in values.items()]
    (line,) = ledger.table(rows, why={"baseline": "one object in ten"})
    expected = metrics.t_interval([0.5, 0.6])
    assert (line["mean"], line["low"], line["high"]) == pytest.approx(expected[:3])
    assert (line["seeds"], line["categories"], line["n_items"]) == (2, 2, 96)
    assert line["paper"] == pytest.approx(0.546209)
    assert (line["row"], line["scale"], line["dataset"]) == ("baseline", "lab", "procedural")
    assert line["why"] == "one object in ten"


def test_a_table_keeps_scales_data_sets_and_metrics_apart():
    rows = [row(), row(scale="full"), row(dataset="official"), row(metric="loss"), row(value=0.9)]
    lines = ledger.table(rows)
    assert len(lines) == 4
    assert lines[0]["mean"] == 0.9  # the newer line of the same measurement
    assert lines[0]["low"] is None  # one seed has no interval


def test_a_table_by_category_and_by_params():
    rows = [row(category=c, params={"n": n}) for c in ("chair", "lamp") for n in (2, 5)]
    lines = ledger.table(rows, by=("category", "n"))
    assert [(line["category"], line["n"]) for line in lines] == [
        ("chair", 2),
        ("chair", 5),
        ("lamp", 2),
        ("lamp", 5),
    ]


def test_a_table_refuses_to_average_unlike_rows():
    with pytest.raises(ValueError, match="differ in params"):
        ledger.table([row(params={"n": 2}), row(params={"n": 5})])
    with pytest.raises(ValueError, match="different categories"):
        ledger.table([row(), row(category="lamp"), row(seed=1)])


def test_the_code_version_is_that_of_the_checkout_that_tracks_the_file(tmp_path):
    def git(*words: str) -> str:
        name = ("-c", "user.name=A", "-c", "user.email=a@b.c")
        done = subprocess.run(["git", *name, *words], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    file = tmp_path / "code.py"
    file.write_text("one")
    assert provenance.code_version(file)["commit"] is None
    git("init", "-q")
    assert provenance.code_version(file)["commit"] is None  # in a checkout, but not of it
    git("add", "code.py")
    git("commit", "-q", "-m", "One")
    assert provenance.code_version(file) == {
        "commit": git("rev-parse", "HEAD"),
        "dirty": False,
        "torch": torch.__version__,
    }
    (tmp_path / "book" / "results").mkdir(parents=True)
    (tmp_path / "book" / "results" / "a.jsonl").write_text("{}")
    git("add", "book")
    assert provenance.code_version(file)["dirty"] is False  # what runs write is not code
    file.write_text("two")
    assert provenance.code_version(file)["dirty"] is True


def test_provenance_without_git_knows_a_commit_only_if_it_is_told(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("FIVEVIEWS_COMMIT", "f" * 40)
    assert provenance.code_version()["commit"] == "f" * 40
    assert provenance.code_version()["dirty"] is None  # nobody can tell
    monkeypatch.delenv("FIVEVIEWS_COMMIT")
    assert provenance.code_version() == {
        "commit": None,
        "dirty": None,
        "torch": torch.__version__,
    }


def test_the_processor_has_a_name():
    assert "threads" in provenance.device_name(torch.device("cpu"))
