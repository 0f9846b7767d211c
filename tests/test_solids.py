"""Solids: volumes in closed form, closed surfaces for any seed, edges where they belong, STEP."""

import math
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from fiveviews.solids import (
    EmptySolid,
    Primitive,
    Solid,
    Step,
    combine,
    cut,
    make_cuts,
    make_solid,
    read_step,
    step,
)
from fiveviews.solids.occ import NoOpenCascade, exact_shape

TILTED = ((0.6, 0.0, 0.8), (0.0, 1.0, 0.0), (-0.8, 0.0, 0.6))
VOLUMES = [
    ("box", (0.5, 0.4, 0.3), 0.06),
    ("wedge", (0.5, 0.4, 0.3), 0.03),
    ("cylinder", (0.3, 0.8), math.pi * 0.072),
    ("cone", (0.3, 0.0, 0.8), math.pi * 0.024),
    ("cone", (0.0, 0.3, 0.8), math.pi * 0.024),
    ("cone", (0.4, 0.2, 0.6), math.pi * 0.056),
    ("sphere", (0.4,), math.pi * 0.256 / 3),
    ("torus", (0.35, 0.1), math.pi**2 * 0.007),
]
SEEDS = st.integers(min_value=0, max_value=2**32)


def add(kind: str, *size: float, **place) -> Step:
    return Step("add", Primitive(kind, size, **place))


def take(kind: str, *size: float, **place) -> Step:
    return Step("cut", Primitive(kind, size, **place))


def angles(solid: Solid) -> torch.Tensor:
    """Degrees by which the faces turn at each sharp edge."""
    sides = solid.edge_normals[~solid.smooth]
    cosine = (sides[:, :, 0] * sides[:, :, 1]).sum(-1).mean(1)
    return cosine.clamp(-1, 1).arccos().rad2deg()


# Primitives


@pytest.mark.parametrize(("kind", "size", "volume"), VOLUMES)
def test_a_primitive_has_its_volume(kind, size, volume):
    for place in ({}, {"centre": (0.1, -0.2, 0.3), "rotation": TILTED}):
        solid = combine([add(kind, *size, **place)])
        assert solid.volume == pytest.approx(volume, rel=0.02)
        assert solid.volume <= volume * (1 + 1e-9) or kind == "torus"  # facets are chords


@pytest.mark.parametrize(
    ("kind", "size", "edges", "surfaces"),
    [
        ("box", (1.0, 1.0, 1.0), 12, 6),
        ("wedge", (1.0, 1.0, 1.0), 9, 5),
        ("cylinder", (0.5, 1.0), 104, 3),
        ("cone", (0.5, 0.0, 1.0), 52, 2),
        ("sphere", (0.5,), 0, 1),
        ("torus", (0.35, 0.15), 0, 1),
    ],
)
def test_a_primitive_has_its_edges_and_faces(kind, size, edges, surfaces):
    solid = combine([add(kind, *size)])
    assert (len(solid.edges), len(solid.surface.unique())) == (edges, surfaces)
    assert solid.convex.all()


@pytest.mark.parametrize(("kind", "size", "volume"), VOLUMES[2:])
def test_the_normals_of_round_faces_are_those_of_the_true_surface(kind, size, volume):
    solid = combine([add(kind, *size, rotation=TILTED)])
    corners, normals = solid.vertices[solid.faces], solid.normals
    lengths = normals.norm(dim=-1)
    tip = lengths < 0.5
    assert tip.any() == (kind == "cone" and 0.0 in size)
    torch.testing.assert_close(lengths[~tip], torch.ones_like(lengths[~tip]))
    flat = torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    outward = (normals * torch.nn.functional.normalize(flat, dim=-1)[:, None]).sum(-1)
    assert outward[~tip].min() > 0.9
    if kind == "sphere":
        torch.testing.assert_close(normals, corners / size[0])


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        ("pyramid", (1.0,)),
        ("box", (1.0, 1.0)),
        ("box", (1.0, 1.0, 0.0)),
        ("box", (1.0, -1.0, 1.0)),
        ("sphere", (math.nan,)),
        ("cone", (0.0, 0.0, 1.0)),
        ("cone", (0.5, 0.5, 0.0)),
        ("torus", (0.2, 0.3)),
    ],
)
def test_a_primitive_without_volume_is_refused(kind, size):
    with pytest.raises(ValueError, match=r"no primitive 'pyramid'|takes positive numbers"):
        Primitive(kind, size)


# Operations


def test_union_difference_and_intersection_have_their_volumes():
    cube, ball = ("box", 1.0, 1.0, 1.0), Primitive("sphere", (0.3,), (0.5, 0.0, 0.0))
    half = 2 / 3 * math.pi * 0.027
    for operation, volume in (("add", 1 + half), ("cut", 1 - half), ("keep", half)):
        assert combine([add(*cube), Step(operation, ball)]).volume == pytest.approx(
            volume, rel=0.02
        )


def test_a_hole_turns_its_wall_inside_out():
    solid = combine([add("box", 1.0, 1.0, 1.0), take("cylinder", 0.2, 2.0)])
    wall = solid.bend[solid.surface] > 0
    corners, normals = solid.vertices[solid.faces][wall], solid.normals[wall]
    assert ((corners * normals)[..., :2].sum(-1) < 0).all()  # towards the axis
    assert len(solid.edges) == 12 + 2 * 32


def test_no_edge_is_drawn_where_faces_pass_into_each_other():
    """A round end on a bar of the same width is tangent to it; two flush boxes are one."""
    bar = combine([add("box", 0.6, 0.4, 0.2), add("cylinder", 0.2, 0.2, centre=(0.3, 0.0, 0.0))])
    assert angles(bar).min() > 89
    assert len(bar.surface.unique()) == 4  # the round end and both sides are one surface
    assert int(bar.smooth.sum()) == 2
    flush = combine([add("box", 0.5, 0.5, 0.5), add("box", 0.5, 0.5, 0.5, centre=(0.5, 0, 0))])
    ends = flush.vertices[flush.edges]  # the four long edges come in two pieces each
    assert (len(flush.surface.unique()), len(flush.edges), flush.volume) == (6, 16, 0.25)
    assert (ends[:, 1] - ends[:, 0]).norm(dim=-1).sum().item() == pytest.approx(8)


def test_inner_edges_are_concave():
    stairs = combine([add("box", 1.0, 1.0, 1.0), take("box", 1.0, 1.0, 2.0, centre=(0.5, 0.5, 0))])
    concave = stairs.edges[~stairs.convex]
    assert len(concave) == 1
    torch.testing.assert_close(
        stairs.vertices[concave[0]][:, :2], torch.zeros(2, 2, dtype=torch.float64)
    )


def test_a_step_that_leaves_nothing_is_refused():
    with pytest.raises(EmptySolid, match="nothing is left after 'cut' of the box"):
        combine([add("sphere", 0.2), take("box", 1.0, 1.0, 1.0)])
    with pytest.raises(EmptySolid, match="nothing is left after 'keep'"):
        combine([add("sphere", 0.2), Step("keep", Primitive("sphere", (0.2,), (1.0, 0.0, 0.0)))])
    with pytest.raises(ValueError, match="begins with a step 'add'"):
        combine([take("sphere", 0.2)])
    with pytest.raises(ValueError, match="begins with a step 'add'"):
        combine([])
    with pytest.raises(ValueError, match="no operation 'glue'"):
        Step("glue", Primitive("sphere", (0.2,)))


def test_open_triangles_are_refused():
    cube = combine([add("box", 1.0, 1.0, 1.0)])
    arrays = (cube.faces[:-1], cube.normals[:-1], cube.surface[:-1])
    with pytest.raises(ValueError, match="do not close"):
        Solid.from_faces(cube.vertices.numpy(), *(a.numpy() for a in arrays))


# Random parts


@settings(max_examples=25)
@given(SEEDS, st.none() | st.integers(1, 12))
def test_every_seed_gives_a_closed_part_of_the_right_size(seed, primitives):
    solid = make_solid(seed, primitives)
    mesh = trimesh.Trimesh(solid.vertices.numpy(), solid.faces.numpy(), process=False)
    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    assert solid.volume == pytest.approx(mesh.volume)
    assert solid.volume > 1e-3
    assert solid.vertices.abs().max().item() == pytest.approx(0.5, abs=1e-12)
    middle = (solid.vertices.amin(0) + solid.vertices.amax(0)) / 2
    assert middle.abs().max() < 1e-12
    assert len(solid.steps) == primitives if primitives else 3 <= len(solid.steps) <= 6
    assert torch.isfinite(solid.normals).all()
    assert angles(solid).min() >= 1 if len(solid.edges) else True


@settings(max_examples=10)
@given(SEEDS)
def test_a_seed_gives_the_same_part_again_and_its_steps_make_it(seed):
    one = make_solid(seed)
    for again in (make_solid(seed), combine(one.steps)):
        assert again.steps == one.steps
        for name in ("vertices", "faces", "normals", "surface", "edges", "convex"):
            torch.testing.assert_close(getattr(again, name), getattr(one, name))


@settings(max_examples=15)
@given(SEEDS, SEEDS)
def test_a_cut_removes_something_and_stays_in_the_frame(seed, which):
    base = make_solid(seed, 4)
    less = cut(base, which)
    assert 0 < less.volume <= base.volume * 0.991
    assert less.steps[:-1] == base.steps
    assert less.steps[-1].operation == "cut"
    assert less.vertices.abs().max() <= 0.5 + 1e-9
    torch.testing.assert_close(cut(base, which).vertices, less.vertices)


@settings(max_examples=6, deadline=None)
@given(SEEDS, SEEDS)
def test_many_cuts_at_once_are_the_same_as_one_by_one(seed, first):
    """To the last bit: data that are recorded depend on it."""
    base = make_solid(seed)
    which = range(first, first + 3)
    for one, part in zip(which, make_cuts(seed, which), strict=True):
        alone = cut(base, one)
        assert part.steps == alone.steps
        for name in ("vertices", "faces", "normals", "surface", "bend", "edges", "edge_normals"):
            assert torch.equal(getattr(part, name), getattr(alone, name))


def test_different_seeds_give_different_parts_and_cuts():
    assert len({round(make_solid(seed).volume, 9) for seed in range(40)}) == 40
    base = make_solid(5)
    assert len({round(cut(base, seed).volume, 9) for seed in range(20)}) == 20


def test_bad_requests_are_explained():
    with pytest.raises(ValueError, match="a seed from 0 up"):
        make_solid(-1)
    with pytest.raises(ValueError, match="at least one primitive"):
        make_solid(0, primitives=0)
    cube = combine([add("box", 1.0, 1.0, 1.0)])
    from_file = Solid.from_faces(
        *(getattr(cube, name).numpy() for name in ("vertices", "faces", "normals", "surface"))
    )
    assert from_file.volume == pytest.approx(1)
    with pytest.raises(ValueError, match="came from a file"):
        cut(from_file, 0)


# STEP files: what the parent does with any reader; below, with the real one


@pytest.fixture
def part(tmp_path, monkeypatch):
    """A STEP file's path; the reader is replaced by Python code that is given the two names."""
    path = tmp_path / "part.step"
    path.write_text("ISO-10303-21;")
    monkeypatch.setattr(step, "is_installed", lambda: True)

    def read_by(code: str):
        monkeypatch.setattr(step, "READER", (sys.executable, "-c", code))
        return path

    return read_by


def test_a_step_file_is_scaled_and_stood_upright(part, tmp_path):
    bar = combine([add("box", 40.0, 20.0, 80.0, centre=(100.0, 0.0, 0.0))])  # z is up in CAD
    names = ("vertices", "faces", "normals", "surface")
    np.savez(tmp_path / "ready.npz", **{name: getattr(bar, name).numpy() for name in names})
    path = part(f"import sys, shutil; shutil.copy({str(tmp_path / 'ready.npz')!r}, sys.argv[2])")
    solid = read_step(path)
    size = solid.vertices.amax(0) - solid.vertices.amin(0)
    assert size.tolist() == pytest.approx([0.5, 1.0, 0.25])
    assert solid.volume == pytest.approx(0.125)
    assert len(solid.edges) == 12


def test_a_reader_that_hangs_is_ended(part):
    path = part("import time; time.sleep(600)")
    with pytest.raises(TimeoutError, match=r"part.step was not read within 0.3 seconds"):
        read_step(path, timeout=0.3)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import os; os.abort()", "the reader ended with code -6"),
        ("import sys; sys.exit('REFUSED it holds no shape')", ": it holds no shape"),
        ("raise RuntimeError('lost')", "RuntimeError: lost"),
        ("pass", "the reader ended with code 0"),
    ],
)
def test_files_that_cannot_be_read_are_refused_by_name(part, code, told, tmp_path):
    path = part(code)
    with pytest.raises(ValueError, match=f"{path.name}.*{told}"):
        read_step(path)
    with pytest.raises(FileNotFoundError, match="there is no STEP file"):
        read_step(tmp_path / "none.step")


def test_without_opencascade_one_is_told_how_to_get_it(part, monkeypatch, tmp_path):
    path = part("pass")
    monkeypatch.setattr(step, "is_installed", lambda: False)
    with pytest.raises(NoOpenCascade, match=r"pip install 'fiveviews\[cad\]'"):
        read_step(path)
    (tmp_path / "part.obj").write_text("")
    with pytest.raises(ValueError, match=r"expected one of \.step, \.stp"):
        read_step(tmp_path / "part.obj")


def test_opencascade_makes_the_same_solids_and_reads_them_back(tmp_path):
    pytest.importorskip("OCP", reason="the optional wheel: pip install 'fiveviews[cad]'")
    from OCP.STEPControl import STEPControl_AsIs, STEPControl_Writer

    from fiveviews.render.lines.exact import exact_volume

    for seed in (0, 1, 4):
        solid = make_solid(seed)
        shape = exact_shape(solid.steps)
        assert exact_volume(shape) == pytest.approx(solid.volume, rel=0.02)
        writer = STEPControl_Writer()
        writer.Transfer(shape, STEPControl_AsIs)
        writer.Write(str(tmp_path / "part.step"))
        again = read_step(tmp_path / "part.step")
        assert again.volume == pytest.approx(solid.volume, rel=0.02)
    (tmp_path / "bad.step").write_text("ISO-10303-21; HEADER; nothing")
    with pytest.raises(ValueError, match=r"bad\.step"):
        read_step(tmp_path / "bad.step")


def test_real_parts_are_drawn_by_the_script_and_bad_ones_listed(part, tmp_path, capsys):
    """The script goes on where it stopped, and names what it passed over."""
    path = Path(__file__).parents[1] / "data_scripts" / "draw_step_parts.py"
    script = runpy.run_path(str(path))
    cube = combine([add("box", 1.0, 1.0, 1.0)])
    names = ("vertices", "faces", "normals", "surface")
    np.savez(tmp_path / "cube.npz", **{name: getattr(cube, name).numpy() for name in names})
    copy = f"import sys, shutil; shutil.copy({str(tmp_path / 'cube.npz')!r}, sys.argv[2])"
    part(f"import sys\nif 'bad' in sys.argv[1]: sys.exit('REFUSED it is bad')\n{copy}")
    for name in ("bolt_3", "bolt_5", "bolt_8", "bad"):
        (tmp_path / f"{name}.step").write_text("ISO-10303-21;" + "x" * len(name))
    command = ["draw", str(tmp_path), "--out", str(tmp_path / "sheets")]
    for expected in ("4 parts drawn", "1 passed over"), ("4 parts drawn", "bad.step: it is bad"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", [*command, "--per-family", "9"])
            assert script["main"]() == 0
        told = capsys.readouterr().out
        assert all(words in told for words in expected)
    assert len(list((tmp_path / "sheets").glob("*.svg"))) == 4
    assert len(script["families"](list(tmp_path.glob("*.step")), 2)) == 4  # 2 bolts, bad, part
