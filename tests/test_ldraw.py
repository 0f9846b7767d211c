"""LDraw parts: the format by hand-written files, their drawings by closed forms, bad input."""

import json
import runpy
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from shards import check_shards
from test_data_packages import make_deb

from fiveviews.book import line_drawings_parts as book_parts
from fiveviews.cameras import SPARE3D_SCALE, spare3d_views
from fiveviews.data import bricks, open_models
from fiveviews.data import line_drawings_parts as real
from fiveviews.data.line_drawings import T2I_POSE
from fiveviews.data.line_drawings_objects import cameras, picture
from fiveviews.render.lines import draw, polylines
from fiveviews.solids import bricks as solids
from fiveviews.solids.bricks import attached, read_brick
from fiveviews.solids.ldraw import Library

SCRIPTS = Path(__file__).parents[1] / "data_scripts"
BACKENDS = ("fast", "readable")
# One side of a cube from -1 to 1: its outside is up, that is -y, and its rim is drawn.
SIDE = """0 A side
0 Name: side.dat
0 BFC CERTIFY CCW
4 16 1 -1 -1 1 -1 1 -1 -1 1 -1 -1 -1
2 24 -1 -1 -1 1 -1 -1
2 24 1 -1 -1 1 -1 1
2 24 1 -1 1 -1 -1 1
2 24 -1 -1 1 -1 -1 -1
"""
TURNS = {  # of that side to the six sides of a cube
    "top": "1 0 0 0 1 0 0 0 1",
    "bottom": "1 0 0 0 -1 0 0 0 -1",
    "front": "1 0 0 0 0 -1 0 1 0",
    "back": "1 0 0 0 0 1 0 -1 0",
    "left": "0 -1 0 1 0 0 0 0 1",
    "right": "0 1 0 -1 0 0 0 0 1",
}
CUBE = "0 A cube\n0 Author: Zoe [zo]\n0 BFC CERTIFY CCW\n"
CUBE += "".join(f"1 16 0 0 0 {turn} side.dat\n" for turn in TURNS.values())


def library(folder, **files):
    for name, text in {"p/side": SIDE, "parts/cube": CUBE, **files}.items():
        path = folder / f"{name}.dat"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Library(folder)


def outward(triangles):
    """Volume that triangles enclose, positive where they face outward."""
    a, b, c = triangles.swapaxes(0, 1)
    return float((a * np.cross(b, c)).sum() / 6)


def prism(sides, radius=1.0, made_up=False):
    """A file of a regular prism around y from -1 to 1, its side edges conditional.

    made_up: the second control point is not on the next face but straight on along the ring, as in
    primitives that end at the line.
    """
    turn = np.arange(sides) * 2 * np.pi / sides
    ring = [(radius * np.cos(t), radius * np.sin(t)) for t in turn]
    rows = ["0 A prism", "0 BFC CERTIFY CCW"]

    def write(kind, *points):
        rows.append(f"{kind} 16 " + " ".join(f"{x:.9f}" for p in points for x in p))

    for k in range(sides):
        (x0, z0), (x1, z1), (x2, z2) = ring[k - 1], ring[k], ring[(k + 1) % sides]
        write(4, (x2, 1, z2), (x2, -1, z2), (x1, -1, z1), (x1, 1, z1))
        after = (x1 - z1, 1, z1 + x1) if made_up else (x2, 1, z2)
        write(5, (x1, 1, z1), (x1, -1, z1), (x0, 1, z0), after)
        for y in (-1, 1):
            write(2, (x1, y, z1), (x2, y, z2))
            write(3, (0, y, 0), *[(x1, y, z1), (x2, y, z2)][::-y])
    return "\n".join(rows) + "\n"


# The format


def test_a_part_is_what_its_files_say_wherever_they_put_each_other(tmp_path):
    twice = "0 Two\n0 BFC CERTIFY CCW\n1 16 5 0 0 2 0 0 0 1 0 0 0 1 s\\Cube2.DAT\n"
    nested = "0 BFC CERTIFY CCW\n1 16 0 3 0 1 0 0 0 1 0 0 0 1 cube.dat\n"
    files = library(tmp_path, **{"parts/twice": twice, "parts/s/cube2": nested})
    found = files.pieces("twice.dat")
    assert found.triangles.shape == (12, 3, 3)
    assert found.lines.shape == (24, 2, 3)
    low, high = found.triangles.min((0, 1)), found.triangles.max((0, 1))
    assert low.tolist() == [3, 2, -1]
    assert high.tolist() == [7, 4, 1]
    assert outward(found.triangles - (5, 3, 0)) == pytest.approx(16)
    assert found.certified.all()


@pytest.mark.parametrize(
    ("row", "volume"),
    [
        ("1 16 0 0 0 1 0 0 0 1 0 0 0 1 cube.dat", 8),
        ("1 16 0 0 0 -1 0 0 0 1 0 0 0 1 cube.dat", 8),  # a mirror image is no inside
        ("0 BFC INVERTNEXT\n1 16 0 0 0 1 0 0 0 1 0 0 0 1 cube.dat", -8),
        ("0 BFC INVERTNEXT\n1 16 0 0 0 1 0 0 0 -1 0 0 0 1 cube.dat", -8),
        ("0 BFC INVERTNEXT\n2 24 0 0 0 1 1 1\n1 16 0 0 0 1 0 0 0 1 0 0 0 1 cube.dat", 8),
    ],
)
def test_mirrors_and_inversions_keep_or_turn_the_outside(tmp_path, row, volume):
    files = library(tmp_path, **{"parts/x": f"0 x\n0 BFC CERTIFY CCW\n{row}\n"})
    assert outward(files.pieces("x.dat").triangles) == pytest.approx(volume)
    twice = "0 y\n0 BFC CERTIFY CCW\n0 BFC INVERTNEXT\n1 16 0 0 0 1 0 0 0 1 0 0 0 1 x.dat\n"
    files = library(tmp_path, **{"parts/y": twice})
    assert outward(files.pieces("y.dat").triangles) == pytest.approx(-volume)


def test_clockwise_files_are_turned_and_uncertified_ones_have_no_outside(tmp_path):
    clockwise = "0 BFC CERTIFY CW\n3 16 0 0 0 1 0 0 0 0 1\n0 BFC CCW\n3 16 0 0 0 0 0 1 1 0 0\n"
    plain = "0 x\n1 16 0 0 0 1 0 0 0 1 0 0 0 1 cube.dat\n"
    files = library(tmp_path, **{"p/cw": clockwise, "parts/plain": plain})
    one, two = files.pieces("cw.dat").triangles
    assert np.cross(one[1] - one[0], one[2] - one[0]) @ (0, 1, 0) > 0
    assert np.cross(two[1] - two[0], two[2] - two[0]) @ (0, 1, 0) > 0
    assert not files.pieces("plain.dat").certified.any()


# Drawings


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", ["cube", "plain"])
def test_a_cube_shows_nine_edges_whether_or_not_its_outside_is_known(tmp_path, backend, name):
    plain = "0 x\n1 16 0 0 0 1 0 0 0 1 0 0 0 1 cube.dat\n"
    files = library(tmp_path, **{"parts/plain": plain})
    solid = read_brick(files, f"{name}.dat").solid
    isometric, front = draw(solid, spare3d_views(["2", "f"]), backend=backend)
    seen = {kind: float(isometric.length(kind)) * SPARE3D_SCALE for kind in (True, False)}
    edge = (2 / 3) ** 0.5
    assert seen[True] == pytest.approx(9 * edge, abs=0.005)  # a corner hides with some leeway
    assert seen[False] == pytest.approx(3 * edge, abs=0.005)
    assert float(front.length(True)) * SPARE3D_SCALE == pytest.approx(4)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("made_up", [False, True])
@pytest.mark.parametrize("sides", [16, 7])
def test_of_conditional_lines_the_two_of_the_outline_are_drawn(tmp_path, backend, sides, made_up):
    """Even where a control point, seen from the front, lies on the line itself."""
    files = library(tmp_path, **{"parts/prism": prism(sides, made_up=made_up)})
    brick = read_brick(files, "prism.dat")
    assert int(brick.solid.smooth.sum()) == sides
    drawing = draw(brick.solid, spare3d_views(["2", "f"]), backend=backend)
    for view in range(2):
        ends = drawing[view].segments
        upright = (ends[:, 0, 0] - ends[:, 1, 0]).abs() < 1e-9
        lines = ends[upright & ((ends[:, 0] - ends[:, 1]).norm(dim=-1) > 0.3)]
        assert len(lines) == 2
        assert lines[:, 0, 0].prod() < 0, "one on either side"
        assert drawing[view].visible[upright].all()


def test_up_is_up_and_front_is_front(tmp_path):
    """LDraw's -y is up, and what lies at -z is nearer to its viewer."""
    mark = "0 x\n3 16 -9 0 0 9 0 0 0 9 0\n2 24 0 -9 0 1 -9 0\n2 24 0 0 -9 1 0 -9\n"
    solid = read_brick(library(tmp_path, **{"parts/mark": mark}), "mark.dat").solid
    ends = solid.vertices[solid.edges].mean(1)
    assert ends[0, 1] > ends[1, 1]
    assert ends[1, 2] > ends[0, 2]


def test_lines_given_twice_are_one_and_a_brick_fits_on_a_stud(tmp_path):
    stud = "0 Stud\n0 BFC CERTIFY CCW\n1 16 0 -0.2 0 0.2 0 0 0 0.2 0 0 0 0.2 cube.dat\n"
    flat = CUBE + "2 24 1 -1 -1 -1 -1 -1\n"
    flat += "".join(f"1 16 {x} -1 0 1 0 0 0 1 0 0 0 1 stud.dat\n" for x in (-0.5, 0.5))
    flat += "1 16 0 1 0 1 0 0 0 -1 0 0 0 1 stud.dat\n"  # upside down: nothing fits there
    files = library(tmp_path, **{"p/stud": stud, "parts/flat": flat})
    brick, small = read_brick(files, "flat.dat"), read_brick(files, "stud.dat")
    assert len(brick.solid.edges) == 4 * 12
    assert len(brick.studs) == 2
    count = len(brick.solid.vertices)
    one, two = (solid.vertices for solid in attached(brick, small, [1, 0]))
    assert torch.equal(one[:count], two[:count]), "the brick below is where it was"
    unit = float((one[:count].amax(0) - one[:count].amin(0))[0]) / 2
    size = one[count:].amax(0) - one[count:].amin(0)
    assert size.tolist() == pytest.approx([0.4 * unit] * 3)
    apart = (one[count:] - two[count:]).mean(0)
    assert apart.tolist() == pytest.approx([unit, 0, 0])
    top = one[:count, 1].amax() - 0.4 * unit  # where its own knobs begin
    assert float(one[count:, 1].amin()) == pytest.approx(float(top))
    everything = torch.cat([one, two])
    assert everything.abs().max() == pytest.approx(0.5)
    assert polylines(draw(attached(brick, small, [1])[0], spare3d_views(["2"])))


def test_it_does_not_matter_how_many_lines_are_looked_at_in_one_go(tmp_path, monkeypatch):
    files = library(tmp_path, **{"parts/prism": prism(9)})
    whole = read_brick(files, "prism.dat").solid
    monkeypatch.setattr(solids, "CELLS", 1)
    for name, value in vars(read_brick(files, "prism.dat").solid).items():
        assert name == "steps" or torch.equal(value, getattr(whole, name)), name


# Bad input


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("3 16 0 0 0 1 0 0\n", r"x\.dat, line 1: a triangle \(type 3\) takes a colour, 9 numbers"),
        ("0 x\n2 24 0 0 0 1 a 0\n", r"x\.dat, line 2: a line \(type 2\) takes"),
        ("2 24 0 0 0 1 nan 0\n", "a line"),
        ("1 16 0 0 0 1 0 0 0 1 0 0 0 1\n", "a reference .* 12 numbers and a file"),
        ("7 16 0\n", "begin with a type from 0 to 5; got '7 16 0'"),
        ("1 16 0 0 0 1 0 0 0 1 0 0 0 1 x.dat\n", r"x\.dat contains itself: x\.dat → x\.dat"),
        ("1 16 0 0 0 1 0 0 0 1 0 0 0 1 y.dat\n", r"contains itself: .*y\.dat → "),
        ("0 nothing\n", r"x\.dat has no triangles"),
        ("3 16 1 1 1 1 1 1 1 1 1\n", r"x\.dat has no triangle with an area"),
        ("3 16 0 0 0 1 1 1 2 2 2\n2 24 0 0 0 1 0 0\n", r"x\.dat has no triangle with an area"),
    ],
)
def test_what_is_no_ldraw_is_told_in_one_sentence(tmp_path, text, said):
    loop = "0 y\n1 16 0 0 0 1 0 0 0 1 0 0 0 1 x.dat\n"
    files = library(tmp_path, **{"parts/x": text, "parts/y": loop})
    with pytest.raises(ValueError, match=said) as error:
        read_brick(files, "x.dat")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["none.dat", "../secret.dat", "/etc/passwd", "..\\secret.dat"])
def test_a_missing_file_is_named_and_no_file_reaches_out(tmp_path, name):
    (tmp_path / "secret.dat").write_text(SIDE)
    row = f"0 x\n0\n1 16 0 0 0 1 0 0 0 1 0 0 0 1 {name}\n"
    files = library(tmp_path / "ldraw", **{"parts/x": row})
    with pytest.raises(FileNotFoundError, match=r"^x\.dat, line 3: there is no file '"):
        files.pieces("x.dat")
    with pytest.raises(FileNotFoundError, match="no LDraw library"):
        Library(tmp_path / "empty").file("x.dat")


# The package


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of a cube and a bad part, and a list that has also one of another version."""
    files = {"p/side.dat": SIDE, "parts/cube.dat": CUBE, "parts/bad.dat": "3 16 0\n"}
    files |= {"parts/old.dat": CUBE, "models/car.ldr": "1", "README": "x"}
    content = {f"{bricks.FOLDER}/{name}": text.encode() for name, text in files.items()}
    rows = []
    for name in ("cube", "bad", "old"):
        (tmp_path / name).write_bytes(content[f"{bricks.FOLDER}/parts/{name}.dat"])
        digest = open_models.source_digest(tmp_path / name)
        rows.append([name, "A cube", "Zoe [zo]", "0" * 16 if name == "old" else digest])

    (tmp_path / "bricks.json").write_text(json.dumps({"parts": rows}))
    monkeypatch.setattr(bricks, "MANIFEST", tmp_path / "bricks.json")
    return make_deb(tmp_path / f"{bricks.PACKAGE}_1_all.deb", bricks.PACKAGE, content)


@pytest.mark.filterwarnings("ignore:.*as Debian published it")
def test_what_cannot_be_used_is_listed_and_the_rest_comes_back_as_it_was(package, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"fetch_open_models\.py --bricks"):
        next(bricks.load(tmp_path))
    failures = {f.path: f.reason for f in bricks.install(package, tmp_path)}
    assert failures.keys() == {"bad", "old"}
    assert failures["bad"].startswith("bad.dat, line 1: a triangle")
    assert "another version" in failures["old"]
    ((part, brick),) = bricks.load(tmp_path)
    assert str(part.credit) == (
        "A cube by Zoe [zo] (CC-BY-4.0, from Debian package ldraw-parts-free)"
    )
    assert len(brick.solid.faces) == 12
    assert brick.unit == 0.5
    stored = tmp_path / "bricks" / "cube.npz"
    before = stored.stat().st_mtime_ns
    bricks.install(package, tmp_path)
    assert stored.stat().st_mtime_ns == before, "it goes on where it stopped"
    there = {path.name for path in (tmp_path / "bricks").glob("[!.]*")}
    assert there == {"cube.npz", "credits.json", "SHA256SUMS"}
    stored.write_bytes(stored.read_bytes()[:200])
    with pytest.raises(ValueError, match=r"get it again with .*--bricks"):
        next(bricks.load(tmp_path))
    bricks.install(package, tmp_path)
    assert next(bricks.load(tmp_path))[0] == part


@pytest.mark.filterwarnings("ignore:.*as Debian published it")
def test_shards_together_are_the_whole_and_damage_is_noticed(package, tmp_path):
    check_shards(bricks.install, package, tmp_path, "bricks", "cube.npz")


@pytest.mark.filterwarnings("ignore:.*as Debian published it")
def test_a_package_that_climbs_out_is_refused(package, tmp_path):
    name = f"{bricks.FOLDER}/parts/../../../../../../../climb.dat"
    bad = make_deb(tmp_path / "bad.deb", bricks.PACKAGE, {name: b"x"})
    with pytest.raises(ValueError, match="leaves its folder"):
        bricks.install(bad, tmp_path)
    assert not (tmp_path / "climb.dat").exists()


@pytest.mark.filterwarnings("ignore:.*as Debian published it")
def test_command(package, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["fetch", str(package), "--root", str(tmp_path)])
    with pytest.raises(SystemExit, match="0"):
        runpy.run_path(str(SCRIPTS / "fetch_open_models.py"), run_name="__main__")
    told = capsys.readouterr()
    assert "1 parts, CC-BY-4.0" in told.out
    assert "left out: bad" in told.err


def test_without_apt_get_the_suite_that_has_the_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(open_models.shutil, "which", lambda name: None)
    with pytest.raises(FileNotFoundError, match=r"debian\.org/trixie/all/ldraw-parts-free"):
        open_models.find_package(bricks.PACKAGE, tmp_path)


# The pick


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(SCRIPTS / "pick_bricks.py"))


HEAD = {"!LDRAW_ORG": "Part UPDATE 2020-01", "!LICENSE": "Licensed under CC BY 4.0 : see x"}
HEAD |= {"title": "Brick  2 x  4", "category": "Brick"}


@pytest.mark.parametrize(
    "changes",
    [
        {"!LDRAW_ORG": "Subpart UPDATE 2020-01"},
        {"!LDRAW_ORG": "Part Alias UPDATE 2020-01"},
        {"!LICENSE": "Not redistributable : see x"},
        {"title": "~Moved to 3001"},
        {"title": "Brick 2 x 4 with Face Pattern"},
        {"category": "Sticker"},
    ],
)
def test_only_whole_plain_and_open_parts_are_picked(script, changes):
    assert script["is_whole_and_plain"](HEAD)
    assert not script["is_whole_and_plain"](HEAD | changes)


def test_the_pick_takes_few_of_a_kind_and_depends_on_the_names_alone(script):
    heads = {
        f"{category}{word}{n}": {"title": f"{category} {word} {n} x 2", "category": category}
        for category in ("Brick", "Plate", "Wheel")
        for word in "abcdefghijklm"
        for n in range(5)
    }
    heads[real.ON_TOP] = {"title": "Brick 1 x 1", "category": "Brick"}
    chosen = script["pick"](heads)
    assert chosen == script["pick"](dict(reversed(heads.items())))
    assert chosen[0] == real.ON_TOP, "without it there are no questions"
    assert {heads[name]["category"] for name in chosen[:3]} == {"Brick", "Plate", "Wheel"}
    families = Counter(script["family"](heads[name]["title"]) for name in chosen)
    assert max(families.values()) == script["PER_FAMILY"]
    categories = Counter(heads[name]["category"] for name in chosen)
    assert set(categories.values()) == {script["PER_CATEGORY"]}


def test_the_list_of_the_book_is_such_a_pick(script):
    found = bricks.read_manifest()
    names = [part.name for part in found]
    assert len(found) == script["COUNT"]
    assert names == sorted({*names})
    assert all(part.author and part.title and len(part.sha256) == 16 for part in found)
    shown = {one for name in book_parts.SHOWN["bricks"] for one in name.split("+")}
    assert {real.ON_TOP, *shown} <= {*names}


# Questions


KNOB = "0 Stud\n0 BFC CERTIFY CCW\n1 16 0 -0.1 0 0.2 0 0 0 0.1 0 0 0 0.2 cube.dat\n"
STEP = "0 Two floors\n0 BFC CERTIFY CCW\n1 16 0 0 0 1 0 0 0 1 0 0 0 3 cube.dat\n"
STEP += "1 16 0 -2 2 1 0 0 0 1 0 0 0 1 cube.dat\n"
STEP += "".join(
    f"1 16 {x} {y} {z} 1 0 0 0 1 0 0 0 1 stud.dat\n"
    for x in (-0.5, 0.5)
    for y, z in ((-1, -2.5), (-1, -0.5), (-3, 2))
)


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """A folder of three: one with six studs, the small brick, and one that has no studs."""
    small = "0 Small\n0 BFC CERTIFY CCW\n1 16 0 0 0 0.45 0 0 0 0.6 0 0 0 0.45 cube.dat\n"
    parts = {"parts/step": STEP, f"parts/{real.ON_TOP}": small, "parts/plain": CUBE}
    files = library(tmp_path / "ldraw", **{"p/stud": KNOB}, **parts)
    names = ("step", real.ON_TOP, "plain")
    rows = [[name, f"Part {name}", "Zoe", f"{i:016d}"] for i, name in enumerate(names)]
    (tmp_path / "bricks.json").write_text(json.dumps({"parts": rows}))
    (tmp_path / "bricks").mkdir()
    for name in names:
        brick = read_brick(files, f"{name}.dat")
        arrays = {a: getattr(brick.solid, a).numpy() for a in bricks.ARRAYS}
        np.savez(tmp_path / "bricks" / name, **arrays, studs=brick.studs, unit=brick.unit)
    monkeypatch.setattr(bricks, "MANIFEST", tmp_path / "bricks.json")
    monkeypatch.setenv("FIVEVIEWS_DATA", str(tmp_path))
    return tmp_path


def test_a_question_about_a_brick_is_on_which_stud_a_small_one_stands(stored):
    asked = real.load_questions(48, kind="bricks")
    assert (asked.task, asked.source, asked.names) == ("t2i", "models", ("step",))
    assert asked.rejected["empty"] == 2, "fewer than four studs"
    there = {part.name: brick for part, brick in bricks.load()}
    options = list(asked.options[0])
    for solid in attached(there["step"], there[real.ON_TOP], range(6)):
        isometric = picture(solid, cameras(T2I_POSE), 48)[0]
        right = np.array_equal(isometric, asked.options[0, asked.answers[0]])
        views = picture(solid, cameras(views=True), 48)
        assert right == np.array_equal(views, asked.given[0])
        options = [one for one in options if not np.array_equal(one, isometric)]
    assert not options, "each candidate has the brick on some stud"


def test_bricks_have_views_too_and_their_small_one_cannot_be_done_without(stored):
    views = real.load_views(48, kind="bricks")
    assert views.names == ("step",), "the other two look the same from several sides"
    assert views.rejected["symmetric"] == 2
    (stored / "bricks" / f"{real.ON_TOP}.npz").unlink()
    with pytest.raises(FileNotFoundError, match=rf"brick {real.ON_TOP} is missing.*--bricks"):
        real.load_questions(48, kind="bricks")
    with pytest.raises(ValueError, match="parts and bricks; got 'boats'"):
        real.load_views(48, kind="boats")


def test_the_book_shows_a_brick_on_another_and_names_both_authors(stored):
    path = stored / "drawn.npz"
    book_parts.write_drawings(path, ["step", f"step+{real.ON_TOP}"], "bricks")
    (alone, below), (both, together) = book_parts.read_drawings(path)
    assert alone.title == "Part step"
    assert (both.title, both.author) == (f"Part step; Part {real.ON_TOP}", "Zoe")
    assert len(together.segments) > len(below.segments)
    with pytest.raises(ValueError, match="no part nine"):
        book_parts.write_drawings(path, ["step+nine"], "bricks")
