"""Meshes: energies against loops and closed forms, files that come back, files that are bad."""

import errno
import itertools
import math
import os
from collections import Counter
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
    Smoothness,
    edges,
    icosphere,
    load_mesh,
    merge_vertices,
    normalise,
    save_mesh,
    wings,
)

TETRAHEDRON = torch.tensor([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])
OPEN = torch.tensor([[0, 1, 2], [2, 1, 3], [2, 3, 4]])  # a strip: five of its edges are a boundary
BOOK = torch.tensor([[0, 1, 2], [0, 1, 3], [0, 1, 4], [1, 2, 5]])  # three pages at edge (0, 1)
LOOSE = torch.tensor([[0, 1, 2], [4, 3, 5], [0, 0, 1]])  # two parts, a face that is a line
TOPOLOGIES = pytest.mark.parametrize("faces", [TETRAHEDRON, OPEN, BOOK, LOOSE])


def scatter(faces: torch.Tensor, batch: int = 2, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, int(faces.max()) + 1, 3, generator=generator, dtype=torch.float64)


def rotation(seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    q, _ = torch.linalg.qr(torch.randn(3, 3, generator=generator, dtype=torch.float64))
    return q * torch.linalg.det(q)


def edge_list(faces: torch.Tensor) -> set[tuple[int, int]]:
    """All edges, one by one."""
    return {
        (min(i, j), max(i, j))
        for face in faces.tolist()
        for i, j in itertools.combinations(face, 2)
        if i != j
    }


def laplacian_by_loop(vertices: np.ndarray, faces: torch.Tensor) -> float:
    energy = 0.0
    for i in range(len(vertices)):
        ring = [a + b - i for a, b in edge_list(faces) if i in (a, b)]
        if ring:
            energy += ((vertices[i] - np.mean([vertices[j] for j in ring], axis=0)) ** 2).sum()
    return energy


def flatten_by_loop(vertices: np.ndarray, faces: torch.Tensor) -> float:
    """From the angle between the faces' normals, where the energy uses altitudes: cos θ = -n·m."""
    energy = 0.0
    for a, b in edge_list(faces):
        rims = [f for f in faces.tolist() if len(set(f)) == 3 and a in f and b in f]
        if len(rims) != 2:
            continue
        normals = []
        for rim in rims:
            (tip,) = set(rim) - {a, b}
            normal = np.cross(vertices[b] - vertices[a], vertices[tip] - vertices[a])
            normals.append(normal / np.linalg.norm(normal))
        energy += (normals[0] @ normals[1] + 1) ** 2
    return energy


@pytest.mark.parametrize("level", [0, 1, 2, 3, 4])
def test_icosphere_is_a_closed_unit_sphere_that_faces_outward(level):
    sphere = icosphere(level)
    v, e, f = len(sphere.vertices), len(edges(sphere.faces)), len(sphere.faces)
    assert (v, e, f) == (10 * 4**level + 2, 30 * 4**level, 20 * 4**level)
    assert v - e + f == 2
    assert len(wings(sphere.faces)) == e  # each edge has two faces
    radius = sphere.vertices.double().norm(dim=1)
    torch.testing.assert_close(radius, torch.ones_like(radius))
    a, b, c = sphere.vertices[sphere.faces].double().unbind(1)
    volume = (torch.linalg.cross(a, b) * c).sum(1)
    assert (volume > 0).all()
    assert volume.sum() / 6 < 4 / 3 * math.pi
    degree = Counter(edges(sphere.faces).flatten().tolist())
    assert Counter(degree.values())[5] == 12


@pytest.mark.parametrize("level", [-1, 9])
def test_icosphere_refuses_levels_that_are_none_or_fill_the_memory(level):
    with pytest.raises(ValueError, match="level from 0"):
        icosphere(level)


@TOPOLOGIES
def test_edges_and_wings_are_those_of_a_search(faces):
    assert {tuple(edge) for edge in edges(faces).tolist()} == edge_list(faces)
    assert len(edges(faces)) == len(edge_list(faces))
    for a, b, c, d in wings(faces).tolist():
        rims = [set(f) for f in faces.tolist() if {a, b} <= set(f) and len(set(f)) == 3]
        assert rims in ([{a, b, c}, {a, b, d}], [{a, b, d}, {a, b, c}])


@TOPOLOGIES
def test_energies_equal_their_definitions_vertex_by_vertex_and_edge_by_edge(faces):
    vertices = 100 * scatter(faces)  # large, so that the 1e-6 in the altitudes does not count
    laplacian, flatten = Smoothness(faces, vertices.shape[1])(vertices)
    for b, one in enumerate(vertices.numpy()):
        assert laplacian[b].item() == pytest.approx(laplacian_by_loop(one, faces))
        assert flatten[b].item() == pytest.approx(flatten_by_loop(one, faces), abs=1e-6)


def test_laplacian_by_hand():
    # A tip 1 above the middle of a triangle. The tip sees the mean of the triangle, 1 below; each
    # corner, such as (1, 0, 0), sees a mean of (-1/3, 0, 1/3).
    height = 0.75**0.5
    vertices = torch.tensor([[0, 0, 1], [1, 0, 0], [-0.5, height, 0], [-0.5, -height, 0]])
    energy = Smoothness(TETRAHEDRON, 4).laplacian(vertices[None])
    torch.testing.assert_close(energy, torch.tensor([1.0 + 3 * ((4 / 3) ** 2 + (1 / 3) ** 2)]))


@pytest.mark.parametrize("degrees", [30.0, 90.0, 135.0, 180.0, 270.0])
def test_flatten_energy_of_a_hinge_is_that_of_its_angle(degrees):
    angle = math.radians(degrees)
    vertices = torch.tensor(
        [[0, 0, 0], [0, 1, 0], [1, 0.3, 0], [math.cos(angle), 0.8, math.sin(angle)]],
        dtype=torch.float64,
    )
    energy = Smoothness(torch.tensor([[0, 1, 2], [1, 0, 3]]), 4).flatten(vertices[None])
    assert energy.item() == pytest.approx((math.cos(angle) + 1) ** 2, abs=1e-5)


def test_flat_meshes_are_flat_and_bumps_cost_both_energies():
    x, y = torch.meshgrid(torch.arange(4.0), torch.arange(4.0), indexing="ij")
    flat = torch.stack([x, y, 0.3 * x - y], dim=-1).reshape(1, 16, 3).double()
    corner = torch.tensor([4 * i + j for i in range(3) for j in range(3)])
    lower = torch.stack([corner, corner + 4, corner + 5], dim=1)
    upper = torch.stack([corner, corner + 5, corner + 1], dim=1)
    smoothness = Smoothness(torch.cat([lower, upper]), 16)
    assert smoothness.flatten(flat).item() < 1e-10
    bumpy = flat.clone()
    bumpy[0, 5, 2] += 0.1  # an inner vertex, in the middle of its six neighbours
    assert smoothness.flatten(bumpy).item() > 1e-5
    # (Lx)² gains h² at the vertex and (h/deg)² at its neighbours, plus cross terms there alone
    gain = smoothness.laplacian(bumpy) - smoothness.laplacian(flat)
    sunk = flat.clone()
    sunk[0, 5, 2] -= 0.1
    gain = gain + smoothness.laplacian(sunk) - smoothness.laplacian(flat)
    degree = torch.bincount(edges(torch.cat([lower, upper])).flatten())
    around = [a + b - 5 for a, b in edges(torch.cat([lower, upper])).tolist() if 5 in (a, b)]
    expected = 2 * 0.01 * (1 + (1 / degree[around].double()).square().sum())
    torch.testing.assert_close(gain[0], expected)


@TOPOLOGIES
@pytest.mark.parametrize("seed", range(3))
def test_energies_do_not_feel_rotation_and_translation(faces, seed):
    vertices = scatter(faces, seed=seed)
    moved = vertices @ rotation(seed).T + scatter(faces, seed=seed + 9)[:, :1]
    smoothness = Smoothness(faces, vertices.shape[1])
    for before, after in zip(smoothness(vertices), smoothness(moved), strict=True):
        torch.testing.assert_close(before, after)


@TOPOLOGIES
def test_laplacian_grows_with_the_square_of_size_and_flatten_does_not(faces):
    vertices = scatter(faces)
    smoothness = Smoothness(faces, vertices.shape[1])
    torch.testing.assert_close(
        smoothness.laplacian(3 * vertices), 9 * smoothness.laplacian(vertices)
    )
    torch.testing.assert_close(
        smoothness.flatten(3 * vertices), smoothness.flatten(vertices), atol=1e-4, rtol=1e-4
    )


@TOPOLOGIES
def test_gradients_of_energies_agree_with_finite_differences(faces):
    vertices = scatter(faces).requires_grad_()
    assert torch.autograd.gradcheck(Smoothness(faces, vertices.shape[1]), (vertices,))


def test_energies_of_collapsed_meshes_are_finite_with_finite_gradients():
    vertices = torch.zeros(1, 4, 3, requires_grad=True)
    laplacian, flatten = Smoothness(TETRAHEDRON, 4)(vertices)
    (laplacian + flatten).sum().backward()
    assert laplacian.item() == 0
    assert torch.isfinite(flatten).all()
    assert torch.isfinite(vertices.grad).all()


def test_energies_move_with_their_module():
    smoothness = Smoothness(TETRAHEDRON, 4)
    assert smoothness.state_dict() == {}  # weights files stay those of the network
    assert all(one.dtype == torch.float64 for one in smoothness(scatter(TETRAHEDRON)))
    assert all(one.dtype == torch.float32 for one in smoothness(scatter(TETRAHEDRON).float()))


@given(st.integers(0, 1000))
def test_normalise_centres_the_box_and_makes_its_longest_side_one(seed):
    vertices = scatter(TETRAHEDRON, 1, seed)[0].float() * 7 + 3
    mesh = normalise(Mesh(vertices, TETRAHEDRON))
    low, high = mesh.vertices.amin(0), mesh.vertices.amax(0)
    torch.testing.assert_close(low, -high, atol=1e-5, rtol=0)
    assert (high - low).max().item() == pytest.approx(1, abs=1e-5)
    again = normalise(mesh).vertices
    torch.testing.assert_close(again, mesh.vertices, atol=1e-5, rtol=0)


def test_normalise_refuses_what_has_no_size():
    with pytest.raises(ValueError, match="single point"):
        normalise(Mesh(torch.ones(3, 3), [[0, 1, 2]]))
    with pytest.raises(ValueError, match="no vertices"):
        normalise(Mesh(torch.zeros(0, 3), torch.zeros(0, 3)))


@pytest.mark.parametrize(
    ("vertices", "faces", "message"),
    [
        (torch.zeros(3, 2), [[0, 1, 2]], r"vertices \(V, 3\) and faces \(F, 3\); got \(3, 2\)"),
        (torch.zeros(3, 3), [[0, 1, 2, 0]], r"got \(3, 3\) and \(1, 4\)"),
        (torch.full((3, 3), torch.nan), [[0, 1, 2]], "3 of 3 mesh vertices are NaN"),
        (torch.tensor([[0, 0, torch.inf]]), [[0, 0, 0]], "1 of 1 mesh vertices are NaN or inf"),
        (torch.zeros(3, 3), [[0, 1, 3]], "name vertices 0 to 3, but there are 3 vertices"),
        (torch.zeros(3, 3), [[0, -1, 2]], "name vertices -1 to 2"),
        (torch.zeros(3, 3), [[0.0, 1.5, 2.0]], "faces are whole numbers"),
    ],
)
def test_mesh_refuses_what_is_none(vertices, faces, message):
    with pytest.raises(ValueError, match=message):
        Mesh(vertices, faces)


# ---------------------------------------------------------------------------------------- files


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
    mesh = Mesh(scatter(BOOK, 1)[0], BOOK)
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
