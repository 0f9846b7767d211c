"""Meshes: spheres, edges, energies against loops and closed forms."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fiveviews.meshes import (
    Mesh,
    Smoothness,
    edges,
    icosphere,
    merge_vertices,
    normalise,
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


def test_merged_vertices_pass_on_gradients():
    vertices = torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 0, 0], [0, 1, 0]], requires_grad=True)
    merged = merge_vertices(Mesh(vertices, torch.tensor([[2, 1, 3]])))
    merged.vertices.sum().backward()
    assert vertices.grad.tolist() == [[1, 1, 1], [1, 1, 1], [0, 0, 0], [1, 1, 1]]


def test_a_mesh_on_its_way_to_a_device_keeps_its_gradients():
    vertices = torch.eye(3, requires_grad=True)
    Mesh(vertices, torch.tensor([[0, 1, 2]])).to("cpu").vertices.sum().backward()
    assert (vertices.grad == 1).all()


def test_meshes_are_found_in_a_list_by_identity():
    one, other = icosphere(0), icosphere(1)
    assert other in [one, other]
    assert icosphere(0) not in [one, other]
