"""Real parts for line drawings: the pick, the package in miniature, questions, cuts, scores."""

import json
import runpy
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from rounded import SQUARE, prism
from shards import check_shards
from test_data_packages import make_deb

from fiveviews.book import line_drawings as records
from fiveviews.book import line_drawings_parts as book_parts
from fiveviews.cameras import spare3d_views
from fiveviews.data import line_drawings_parts as real
from fiveviews.data import open_models, parts
from fiveviews.data.line_drawings import questions_of
from fiveviews.data.line_drawings_procedural import load_questions, load_views
from fiveviews.models import line_drawings_pose as pose
from fiveviews.models import line_drawings_results as results
from fiveviews.render.lines import draw
from fiveviews.solids import EmptySolid, Primitive, Solid, Step, combine, cut, make_solid, step
from fiveviews.solids.occ import NoOpenCascade
from fiveviews.solids.recut import assembly_of, recut
from fiveviews.training import ledger

SCRIPTS = Path(__file__).parents[1] / "data_scripts"
FACES = ("vertices", "faces", "normals", "surface")


def without_steps(solid: Solid) -> Solid:
    """The same solid as if it came from a file."""
    return Solid.from_faces(*(getattr(solid, name).numpy() for name in FACES))


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(SCRIPTS / "pick_real_parts.py"))


class TestPick:
    def test_names_that_differ_in_numbers_are_one_family(self, script):
        names = [f"Pins.3dshapes/Pin_1x{n:02d}_P2.5{n}mm.step" for n in range(9)]
        assert len({script["family"](name) for name in names}) == 1
        chosen = script["pick"](names)
        assert len(chosen) == script["PER_FAMILY"]

    def test_it_depends_on_the_names_alone(self, script):
        names = [f"{a}.3dshapes/{b}{n}_{a}.step" for a in "xyz" for b in "pqr" for n in range(5)]
        chosen = script["pick"](names)
        assert chosen == script["pick"](reversed(names)) == script["pick"](names * 2)
        assert {name[0] for name in chosen[:3]} == set("xyz"), "the libraries take turns"

    def test_no_library_has_more_than_its_share(self, script):
        names = [f"big.3dshapes/{'abcdefghij'[n % 10] * (1 + n // 10)}.step" for n in range(40)]
        assert len(script["pick"](names)) == script["PER_LIBRARY"]

    def test_the_last_stanza_that_fits_decides_on_the_licence(self, script):
        text = (
            "Format: x\n\nFiles: *\nCopyright: 2018-2022, All of us\nLicense: CC-BY-SA-4.0\n\n"
            "Files: A.3dshapes/one.step\n A.3dshapes/two.step\nCopyright: 2017, Zoe\n"
            "License: GPL-3+\n a line more\n"
        )
        of = script["licences"](text)
        assert of("A.3dshapes/two.step")[0] == "Zoe"
        assert of("A.3dshapes/two.step")[1].startswith("GPL")
        assert of("B.3dshapes/two.step") == ("All of us", "CC-BY-SA-4.0")

    def test_the_list_of_the_book_is_such_a_pick(self, script):
        found = parts.read_manifest()
        assert 150 <= len(found) <= 300
        assert [p.path for p in found] == sorted({p.path for p in found})
        assert len({p.name for p in found}) == len(found)
        assert len({p.sha256 for p in found}) == len(found)
        assert all(p.author and len(p.sha256) == 16 for p in found)
        families = Counter(script["family"](p.path) for p in found)
        libraries = Counter(p.path.partition("/")[0] for p in found)
        assert max(families.values()) <= script["PER_FAMILY"]
        assert max(libraries.values()) <= script["PER_LIBRARY"]
        assert {*book_parts.SHOWN["parts"]} <= {p.name for p in found}


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A package of three parts, one of them unreadable, and a list that also has a fourth with
    another digest; the reader is replaced by one that hands out a generated solid."""
    np.savez(
        tmp_path / "ready.npz", **{name: getattr(make_solid(7), name).numpy() for name in FACES}
    )
    copy = f"shutil.copy({str(tmp_path / 'ready.npz')!r}, sys.argv[2])"
    code = f"import sys, shutil\n'bad' in sys.argv[1] and sys.exit('REFUSED it is bad')\n{copy}"
    monkeypatch.setattr(step, "READER", (sys.executable, "-c", code))
    for module in (step, parts):
        monkeypatch.setattr(module, "is_installed", lambda: True)
    names = ("A.3dshapes/one.step", "A.3dshapes/bad.step", "B.3dshapes/two.step")
    files = {f"{parts.FOLDER}/{name}": f"ISO {name}".encode() for name in names}
    package = make_deb(tmp_path / f"{parts.PACKAGE}_1_all.deb", parts.PACKAGE, files)
    for name, content in files.items():
        (tmp_path / "x" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "x" / name).write_bytes(content)
    digests = [open_models.source_digest(tmp_path / "x" / name) for name in files]
    rows = [[name, "Zoe", digest] for name, digest in zip(names, digests, strict=True)]
    rows[2][2] = "0" * 16
    (tmp_path / "parts.json").write_text(json.dumps({"parts": rows}))
    monkeypatch.setattr(parts, "MANIFEST", tmp_path / "parts.json")
    return package


@pytest.mark.filterwarnings("ignore:.*as Debian published it")
class TestInstall:
    def test_what_cannot_be_used_is_listed_and_the_rest_kept(self, tiny, tmp_path):
        failures = {f.path: f.reason for f in parts.install(tiny, tmp_path)}
        assert failures.keys() == {"A.3dshapes/bad.step", "B.3dshapes/two.step"}
        assert failures["A.3dshapes/bad.step"] == "A.3dshapes/bad.step: it is bad"
        assert "another version" in failures["B.3dshapes/two.step"]
        ((part, solid),) = parts.load(tmp_path)
        assert str(part.credit) == (
            f"one by Zoe (CC-BY-SA-4.0, from Debian package {parts.PACKAGE})"
        )
        assert json.loads((tmp_path / "parts" / "credits.json").read_text()).keys() == {"A/one"}
        assert not list((tmp_path / "parts").glob(".unpacked*"))
        assert solid.volume > 0
        assert solid.vertices.amax().item() == pytest.approx(0.5)

    def test_parts_come_back_as_they_were_read(self, tiny, tmp_path):
        parts.install(tiny, tmp_path)
        ((_, solid),) = parts.load(tmp_path)
        (tmp_path / "one.step").write_text("")
        read = step.read_step(tmp_path / "one.step")
        for name in parts.ARRAYS:
            assert torch.equal(getattr(solid, name), getattr(read, name)), name

    def test_it_goes_on_where_it_stopped_and_then_needs_no_reader(
        self, tiny, tmp_path, monkeypatch
    ):
        parts.install(tiny, tmp_path)
        kept = tmp_path / "parts" / "A" / "one.npz"
        before = kept.stat().st_mtime_ns
        parts.install(tiny, tmp_path)
        assert kept.stat().st_mtime_ns == before
        monkeypatch.setattr(parts, "is_installed", lambda: False)
        with pytest.raises(NoOpenCascade, match=r"pip install 'fiveviews\[cad\]'"):
            parts.install(tiny, tmp_path)
        rows = json.loads(parts.MANIFEST.read_text())["parts"][:1]
        parts.MANIFEST.write_text(json.dumps({"parts": rows}))
        assert parts.install(tiny, tmp_path) == []

    def test_shards_together_are_the_whole_and_damage_is_noticed(self, tiny, tmp_path):
        check_shards(parts.install, tiny, tmp_path, "parts", "A/one.npz")

    def test_a_package_that_is_cut_off_or_another_is_refused(self, tiny, tmp_path):
        tiny.write_bytes(tiny.read_bytes()[:-200])
        with pytest.raises(ValueError, match="cut off"):
            parts.install(tiny, tmp_path)
        other = make_deb(tmp_path / "o.deb", "coreutils", {"a": b"a"})
        with pytest.raises(ValueError, match="is the package 'coreutils'"):
            parts.install(other, tmp_path)
        with pytest.raises(FileNotFoundError, match=r"fetch_open_models\.py --parts"):
            next(parts.load(tmp_path))

    def test_command(self, tiny, tmp_path, monkeypatch, capsys):
        monkeypatch.setattr(sys, "argv", ["fetch", str(tiny), "--root", str(tmp_path)])
        with pytest.raises(SystemExit, match="0"):
            runpy.run_path(str(SCRIPTS / "fetch_open_models.py"), run_name="__main__")
        told = capsys.readouterr()
        assert "1 parts of 1 libraries, CC-BY-SA-4.0" in told.out
        assert "left out: A.3dshapes/bad.step" in told.err


# Cuts of solids that came from a file


@pytest.mark.parametrize("seed", [3, 5])
def test_a_solid_from_a_file_is_cut_as_the_one_that_was_made(seed):
    made = make_solid(seed)
    for i, (ours, theirs) in enumerate(
        zip(recut(without_steps(made), range(3)), (cut(made, i) for i in range(3)), strict=True)
    ):
        assert ours.volume == pytest.approx(theirs.volume, rel=1e-6), i
        views = spare3d_views(["f", "t", "2"])
        mine, other = draw(ours, views), draw(theirs, views)
        for visible in (True, False):
            assert torch.allclose(mine.length(visible), other.length(visible), atol=0.03), i


def test_a_cut_leaves_the_other_roundings_smooth():
    solid = prism(SQUARE, (0.2,) * 4, 0.5)
    for part in recut(solid, range(2)):
        assert 0 < part.volume < solid.volume
        along_z = part.vertices[part.edges[part.smooth]].diff(dim=1)[:, 0, :2].norm(dim=-1) < 1e-9
        assert int(along_z.sum()) >= 4, "of eight, a cut may take some"
    (hole,) = recut(prism(SQUARE, (0,) * 4, 0.5), [0])
    assert not hole.smooth.any()


def test_normals_of_a_round_surface_are_interpolated():
    ball = without_steps(combine([Step("add", Primitive("sphere", (0.5,)))]))
    ((patch, facets),) = assembly_of(ball).parts.values()
    assert not facets.surface.any(), "one surface, a round one"
    some = patch.corners[::25]
    share = np.random.default_rng(0).dirichlet(np.ones(3), len(some))
    points = np.einsum("tk,tki->ti", share, some)
    true = points / np.linalg.norm(points, axis=1, keepdims=True)
    assert np.abs(patch.normals(points) - true).max() < 0.01
    assert np.array_equal(patch.normals(patch.corners[0]), patch.directions[0])


def test_what_is_in_pieces_is_not_cut():
    there = [Step("add", Primitive("box", (0.2, 0.2, 0.2), (x, 0, 0))) for x in (-0.4, 0.4)]
    with pytest.raises(EmptySolid, match="in several pieces"):
        next(recut(without_steps(combine(there)), [0]))


# Questions about parts


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """A folder of three parts: two generated ones, and a cube, about which nothing can be asked."""
    cube = combine([Step("add", Primitive("box", (1.0, 1.0, 1.0)))])
    rows = []
    for i, solid in enumerate((make_solid(7), cube, make_solid(11))):
        rows.append([f"A.3dshapes/p{i}.step", "Zoe", f"{i:016d}"])
        path = tmp_path / "parts" / "A" / f"p{i}.npz"
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays = {name: getattr(solid, name).numpy() for name in parts.ARRAYS}
        np.savez(path, **arrays)
    (tmp_path / "parts.json").write_text(json.dumps({"parts": rows}))
    monkeypatch.setattr(parts, "MANIFEST", tmp_path / "parts.json")
    monkeypatch.setenv("FIVEVIEWS_DATA", str(tmp_path))
    return tmp_path


def test_parts_are_drawn_and_what_has_no_fair_question_is_counted(stored):
    views = real.load_views(32)
    assert views.names == ("A/p0", "A/p2")
    assert views.rejected["symmetric"] == 1
    assert sum(views.rejected.values()) == 1
    assert views.images.shape == (2, 11, 32, 32, 2)
    assert real.load_views(32).sha256 == views.sha256, "from the cache"
    assert len(questions_of(views, "i2p")) == 2
    cuts = real.load_questions(32)
    assert cuts.task == "t2i"
    assert cuts.source == "models"
    assert len(cuts) + sum(cuts.rejected.values()) == 3
    assert real.load_questions(32).sha256 == cuts.sha256


def test_drawings_are_kept_to_a_fiftieth_of_a_pixel(stored):
    book_parts.write_drawings(stored / "drawn.npz", ["A/p2", "A/p0"])
    (credit, drawing), (_, other) = book_parts.read_drawings(stored / "drawn.npz")
    assert (credit.title, credit.author, credit.licence) == ("p2", "Zoe", "CC-BY-SA-4.0")
    solid = {part.name: solid for part, solid in parts.load()}["A/p2"]
    true = draw(solid, spare3d_views(book_parts.VIEWS))
    assert (drawing.segments - true.segments).abs().max() < 2 / 32_000
    for name in ("visible", "view", "curve"):
        assert torch.equal(getattr(drawing, name), getattr(true, name))
    assert len(other) == 4
    with pytest.raises(ValueError, match="no part A/p9"):
        book_parts.write_drawings(stored / "drawn.npz", ["A/p9"])


# Scores


def test_the_recorded_networks_are_scored_and_told_apart_from_generated_questions():
    """Generated questions in the place of real ones: the networks answer them as they always do."""
    views = load_views("test", 25)
    asked = {task: questions_of(views, task) for task in ("i2p", "p2i")}
    asked["t2i"] = load_questions("test", 25)
    rows = ledger.read(records.LEDGER)
    found = list(book_parts.scores("lab", rows, asked))
    assert [(r.claim, r.row) for r in found] == [
        ("t2i", "bce"),
        ("t2i", "supervised_early"),
        ("t2i", "supervised_late"),
        ("i2p", "self_supervised"),
        ("p2i", "self_supervised"),
        ("t2i", "ink_shortcut"),
    ]
    for row in found:
        assert (row.dataset, row.category) == ("open models", "parts")
        assert (row.seed, row.n_items) == (0, 25)
        assert row.data_sha256 == asked[row.claim].sha256
        before = ledger.select(rows, dataset="procedural", claim=row.claim, row=row.row, seed=0)
        assert row.params in [r.params for r in before]
    by = {(r.claim, r.row): r.value for r in found}
    assert by["i2p", "self_supervised"] > 0.5 > by["t2i", "ink_shortcut"]
    with pytest.raises(ValueError, match="has no t2i/bce of seed 0"):
        next(book_parts.scores("lab", [], asked))


def test_a_network_that_knows_the_answers_scores_one(monkeypatch):
    views = load_views("test", 25)
    asked = questions_of(views, "i2p")

    def logits(model, task, given, options, poses):
        place = [
            (given[i] == torch.from_numpy(asked.given)).flatten(1).all(1) for i in range(len(given))
        ]
        number = torch.stack(place).int().argmax(1)
        right = torch.from_numpy(asked.answers)[number]
        return torch.nn.functional.one_hot(right, 4).float()

    monkeypatch.setattr(pose, "task_logits", logits)
    assert pose.accuracy(torch.nn.Linear(1, 1), asked) == 1.0


def test_the_ledgers_gaps_are_those_of_generated_data():
    rows = [r for r in ledger.read(records.LEDGER) if r.scale == "lab"]
    moved = [ledger.Row(**vars(r) | {"dataset": "open models"}) for r in rows]
    assert records.missing(moved, "lab") == records.missing([], "lab")


# What the chapter shows


@pytest.mark.parametrize("kind", real.KINDS)
def test_the_drawings_of_the_book_say_whose_work_they_are(kind):
    path, library = book_parts.DRAWN[kind], real.KINDS[kind]
    of = {part.name: part.credit for part in library.read_manifest()}
    drawn = book_parts.read_drawings(path)
    for name, (credit, drawing) in zip(book_parts.SHOWN[kind], drawn, strict=True):
        several = [of[one] for one in name.split("+")]
        assert credit.title == "; ".join(one.title for one in several)
        assert credit.author == "; ".join(dict.fromkeys(one.author for one in several))
        assert credit.licence == library.LICENCE
        assert len(drawing) == 4
        assert drawing.length(visible=True).min() > 1
    assert path.stat().st_size < 300_000
    licence = path.with_name(path.name + ".license").read_text()
    assert f"SPDX-License-Identifier: {library.LICENCE}" in licence


def test_scores_stand_beside_those_on_generated_solids():
    rows = [r for r in ledger.read(records.LEDGER) if r.dataset == "procedural"]
    (before,) = ledger.select(rows, claim="i2p", row="self_supervised", seed=0, n_train=1000)
    real_ones = vars(before) | {"dataset": "open models", "n_items": 100}
    later = [
        ledger.Row(**real_ones | {"category": kind, "value": value})
        for kind, value in (("bricks", 0.4), ("parts", 0.5))
    ]
    line, other = lines = book_parts.beside(later, rows)
    assert (line["generated"], line["mean"], line["n_items"]) == (before.value, 0.5, 100)
    assert (round(line["low"], 3), round(line["high"], 3)) == (0.404, 0.596)
    assert other["mean"] == 0.4
    assert book_parts.glued(lines) == {
        "generated_i2p_self_supervised": before.value,
        "parts_i2p_self_supervised": 0.5,
        "bricks_i2p_self_supervised": 0.4,
    }
    assert book_parts.beside([], rows) == []


def test_twenty_poses_are_told_by_whether_they_are_new_and_by_the_start():
    (base, *_) = [r for r in ledger.read(records.LEDGER) if r.claim == "i2p"]
    rows = [
        ledger.Row(**vars(base) | {"row": row, "seed": seed, "value": value, "params": params})
        for row, value in (("self_supervised", 0.8), ("supervised", 0.2))
        for seed in (0, 1)
        for params in ({"poses": 20}, {"poses": 20, "unseen_only": True}, {"n_train": 9})
    ]
    lines = {line["row"]: line for line in results.unseen(rows)}
    assert len(lines) == 4
    assert lines["the twelve new ones, from random weights"]["mean"] == pytest.approx(0.2)
    assert lines["all twenty poses, after the eight corners"]["values"] == [0.8, 0.8]
    assert results.unseen([]) == []


def test_the_comparison_with_exact_lines_is_recorded():
    found = book_parts.exact_agreement()
    assert found["compared"] <= len(parts.read_manifest())
    assert min(found["ours"], found["exact"]) > 0.995
    assert min(found["hidden_ours"], found["hidden_exact"]) > 0.99
