"""Mesh files: what is saved comes back, what is bad is named, nothing is half written."""

import errno
import gc
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from hypothesis import given
from hypothesis import strategies as st

from fiveviews.files import write_atomically
from fiveviews.meshes import (
    FORMATS,
    Mesh,
    icosphere,
    load_mesh,
    merge_vertices,
    normalise,
    save_mesh,
    wings,
)

BOOK = torch.tensor([[0, 1, 2], [0, 1, 3], [0, 1, 4], [1, 2, 5]])  # three pages at edge (0, 1)


def corners(mesh: Mesh) -> torch.Tensor:
    return mesh.vertices[mesh.faces]


@pytest.mark.parametrize("suffix", FORMATS)
def test_saved_meshes_come_back(tmp_path, suffix):
    mesh = normalise(icosphere(1))
    path = save_mesh(tmp_path / f"ball{suffix.upper()}", mesh)
    back = load_mesh(path)
    assert (len(back.vertices), len(back.faces)) == (42, 80)
    assert len(wings(back.faces)) == 120  # STL too: its triangles find their neighbours again
    torch.testing.assert_close(corners(back), corners(mesh), atol=1e-7, rtol=0)
    if suffix != ".stl":
        assert torch.equal(back.faces, mesh.faces)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", FORMATS)
def test_open_and_branching_meshes_come_back(tmp_path, suffix):
    mesh = Mesh(torch.linspace(0, 9, 18).sin().reshape(6, 3), BOOK)
    back = load_mesh(save_mesh(tmp_path / f"book{suffix}", mesh))
    torch.testing.assert_close(corners(back), corners(mesh), atol=1e-6, rtol=0)


def test_polygons_are_cut_into_triangles_and_parts_joined(tmp_path):
    quad = tmp_path / "quad.obj"
    quad.write_text("v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nf 1 2 3 4\n")
    assert len(load_mesh(quad).faces) == 2
    scene = trimesh.Scene({"a": trimesh.creation.box(), "b": trimesh.creation.box((0.1, 0.2, 0.3))})
    scene.export(tmp_path / "two.glb")
    assert len(load_mesh(tmp_path / "two.glb").faces) == 24


def test_seams_of_textures_and_shading_are_closed(tmp_path):
    path = tmp_path / "seams.obj"
    path.write_text(
        "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nvt 0 0\nvt 1 0\nvt 0 1\nvn 0 0 1\nvn 1 0 0\n"
        "f 1/1/1 3/2/1 2/3/1\nf 1/2/2 2/1/2 4/3/2\nf 2/3/1 3/2/1 4/1/1\nf 1/1/2 4/2/2 3/3/2\n"
    )
    mesh = load_mesh(path)
    assert len(mesh.vertices) == 4
    assert len(wings(mesh.faces)) == 6


@given(st.integers(0, 500))
def test_merging_vertices_keeps_every_triangle_in_place(seed):
    generator = torch.Generator().manual_seed(seed)
    vertices = torch.randint(0, 2, (9, 3), generator=generator).float()
    faces = torch.randint(0, 9, (12, 3), generator=generator)
    merged = merge_vertices(Mesh(vertices, faces))
    assert torch.equal(corners(merged), vertices[faces])
    assert len(merged.vertices) == len(vertices.unique(dim=0))
    assert torch.equal(merge_vertices(merged).vertices, merged.vertices)


def outcome_of(path: Path) -> int | str:
    """Number of faces, or what is said against the file."""
    try:
        return len(load_mesh(path).faces)
    except ValueError as error:
        return str(error)


HEADER = "element vertex 3\nproperty float x\nproperty float y\nproperty float z\n"
LIST = "property list uchar int vertex_indices\nend_header\n"
BAD = {
    "empty.obj": ("", "no faces"),
    "empty.ply": ("", "cannot be read"),
    "empty.glb": ("", "cannot be read"),
    "empty.off": ("", "cannot be read"),
    "empty.stl": ("", "no faces"),
    "points.obj": ("v 0 0 0\nv 1 0 0\n", "no faces"),
    "points.ply": (f"ply\nformat ascii 1.0\n{HEADER}end_header\n0 0 0\n1 1 1\n2 2 2\n", "no faces"),
    "points.off": ("OFF\n2 0 0\n0 0 0\n1 0 0\n", "cannot be read|no faces"),
    "nan.obj": ("v 0 0 nan\nv 1 0 0\nv 1 1 0\nf 1 2 3\n", "1 of 3 mesh vertices are NaN"),
    "inf.off": ("OFF\n3 1 0\n0 0 inf\n1 0 0\n0 1 0\n3 0 1 2\n", "NaN or infinite"),
    "range.obj": ("v 0 0 0\nv 1 0 0\nv 1 1 0\nf 1 2 9\n", "cannot be read"),
    "zero_at_the_end.obj": ("v 0 0 0\nv 1 0 0\nv 1 1 0\nf 1 2 0", "count from 1"),
    "zero.obj": ("v 0 0 0\nv 1 0 0\nv 1 1 0\nf 0 1 2\n", "count from 1"),
    "range.off": ("OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 7\n", "range"),
    "range.ply": (
        f"ply\nformat ascii 1.0\n{HEADER}element face 1\n{LIST}0 0 0\n1 1 1\n1 0 0\n3 0 1 5\n",
        "name vertices 0 to 5",
    ),
    "cut.ply": (
        f"ply\nformat ascii 1.0\n{HEADER}element face 2\n{LIST}0 0 0\n1 1 1\n1 0 0\n3 0 1 2\n",
        "cut short: it promises 5 lines and has 4",
    ),
    "cut.off": (
        "OFF\n# a comment\n4 2 0\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n4 0 1 2 3\n",
        "cut short: it promises 6 lines and has 5",
    ),
    "cut.obj": ("v 0 0 0\nv 1 0 0\nv 1 1 0\nf 1 2", "cut short"),
    "words.obj": ("v one two three\nf 1 2 3\n", "cannot be read"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_named_with_what_is_wrong(tmp_path, name):
    content, message = BAD[name]
    (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match=message) as refusal:
        load_mesh(tmp_path / name)
    assert name in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("suffix", FORMATS)
def test_files_cut_short_and_overwritten_are_refused_or_read_but_never_crash(tmp_path, suffix):
    path = save_mesh(tmp_path / f"ball{suffix}", icosphere(1))
    whole = path.read_bytes()
    generator = np.random.default_rng(0)
    refused = 0
    for _ in range(60):
        part = bytearray(whole[: generator.integers(len(whole))])
        if len(part) and generator.random() < 0.5:
            part[generator.integers(len(part))] = generator.integers(256)
        path.write_bytes(part)
        outcome = outcome_of(path)
        assert (outcome < 80) if isinstance(outcome, int) else (path.name in outcome)
        refused += isinstance(outcome, str)
    assert refused > 40  # an OBJ that ends between two faces is an OBJ


@pytest.mark.parametrize("suffix", [".ply", ".glb", ".off", ".stl"])
def test_no_cut_of_a_file_that_states_its_size_passes(tmp_path, suffix):
    path = save_mesh(tmp_path / f"ball{suffix}", icosphere(0))
    whole = path.read_bytes()
    for length in np.linspace(0, len(whole) - 12, 25).astype(int):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=path.name):
            load_mesh(path)


def test_missing_and_unknown_files_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no mesh file .*absent\.obj"):
        load_mesh(tmp_path / "absent.obj")
    (tmp_path / "scan.xyz").write_text("0 0 0")
    for act in (load_mesh, lambda path: save_mesh(path, icosphere(0))):
        with pytest.raises(ValueError, match=r"scan\.xyz: expected one of \.obj.*found '\.xyz'"):
            act(tmp_path / "scan.xyz")
    with pytest.raises(FileNotFoundError):
        save_mesh(tmp_path / "no_such_folder" / "a.obj", icosphere(0))


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_mesh_without_faces_is_not_written(tmp_path, suffix):
    with pytest.raises(ValueError, match="no faces"):
        save_mesh(tmp_path / f"nothing{suffix}", Mesh(torch.zeros(3, 3), torch.zeros(0, 3)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, suffix, monkeypatch):
    path = save_mesh(tmp_path / f"ball{suffix}", icosphere(0))
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_mesh(path, icosphere(2))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_never_seen_half_written(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    write_atomically(path, "old")
    seen = []
    replace = os.replace

    def watch(source: Path, target: Path) -> None:
        seen.append((Path(target).read_text(), Path(source).read_text(), Path(source).parent))
        replace(source, target)

    monkeypatch.setattr(os, "replace", watch)
    write_atomically(path, b"new")
    assert seen == [("old", "new", tmp_path)]
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_threads_read_files_at_once(tmp_path):
    """Also where the garbage collector hands over to another thread in the midst of a file."""
    path = tmp_path / "ball.ply"
    save_mesh(path, icosphere(1))
    often, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.callbacks.append(lambda *_: sum(range(500)))
    gc.set_threshold(10)
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(2) as pool:
            counts = [len(mesh.faces) for mesh in pool.map(load_mesh, [path] * 600)]
    finally:
        gc.callbacks.pop()
        gc.set_threshold(*often)
        sys.setswitchinterval(interval)
    assert counts == [80] * 600
