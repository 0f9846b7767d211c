"""Winding numbers of surfaces in pieces: faces seen from far away act like dipoles.

A tree of the faces; from afar, the faces of a node are replaced by the first two terms of their
Taylor series about the node's middle, so only faces nearby are visited one by one (Barill, Dickson,
Schmidt, Levin and Jacobson, "Fast Winding Numbers for Soups and Clouds", SIGGRAPH 2018). Right to
some hundredths of a turn, which decides between inside and outside except right beside a hole.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
import warp as wp
from torch import Tensor

from fiveviews.launch import OPTIONS, launch

wp.set_module_options(OPTIONS)

LEAF = 4  # faces in a leaf of the tree
FAR = 2.0  # a node is far at this many times its radius: the authors' β
INVERSE_2PI = wp.constant(0.5 / math.pi)


@dataclass(frozen=True, eq=False)
class Tree:
    """A complete binary tree of faces as a heap: node i has the children 2i and 2i + 1, 1 is the
    root, and leaf k holds the faces 4k … 4k + 3.

    corners: (F', 9) of the faces in the order of the leaves; missing ones are points.
    nodes: (2 L, 16): middle (3), squared radius beyond which it is far, dipole Σ a·n (3), and
        second-order terms Σ a·n ⊗ (centre - middle) (9), for area a and unit normal n of a face.
    """

    corners: Tensor
    nodes: Tensor


@wp.func
def corner(corners: wp.array2d(dtype=float), f: int, k: int, point: wp.vec3) -> wp.vec3:
    return wp.vec3(corners[f, k], corners[f, k + 1], corners[f, k + 2]) - point


@wp.func
def one_face(corners: wp.array2d(dtype=float), f: int, point: wp.vec3) -> float:
    """The solid angle of a face over 4π, by the formula of `readable.winding_number`."""
    a, b, c = (
        corner(corners, f, 0, point),
        corner(corners, f, 3, point),
        corner(corners, f, 6, point),
    )
    la, lb, lc = wp.length(a), wp.length(b), wp.length(c)
    below = la * lb * lc + wp.dot(a, b) * lc + wp.dot(b, c) * la + wp.dot(c, a) * lb
    return wp.atan2(wp.dot(a, wp.cross(b, c)), below) * INVERSE_2PI


@wp.func
def from_afar(nodes: wp.array2d(dtype=float), n: int, r: wp.vec3) -> float:
    """What the faces of node n add at the distance r from its middle: (r·N + tr S - 3 r·S r / r²)
    / 4π r³, with N the dipole and S the second-order terms."""
    square = wp.dot(r, r)
    row0 = wp.vec3(nodes[n, 7], nodes[n, 8], nodes[n, 9])
    row1 = wp.vec3(nodes[n, 10], nodes[n, 11], nodes[n, 12])
    row2 = wp.vec3(nodes[n, 13], nodes[n, 14], nodes[n, 15])
    bent = r[0] * wp.dot(row0, r) + r[1] * wp.dot(row1, r) + r[2] * wp.dot(row2, r)
    straight = wp.dot(r, wp.vec3(nodes[n, 4], nodes[n, 5], nodes[n, 6]))
    trace = row0[0] + row1[1] + row2[2]
    return (straight + trace - 3.0 * bent / square) * 0.5 * INVERSE_2PI / (square * wp.sqrt(square))


@wp.kernel
def _wind(
    first: int,
    points: wp.array2d(dtype=float),
    corners: wp.array2d(dtype=float),
    nodes: wp.array2d(dtype=float),
    leaves: int,
    per_leaf: int,
    winding: wp.array(dtype=float),
):
    i, _ = wp.tid()
    i += first
    point = wp.vec3(points[i, 0], points[i, 1], points[i, 2])
    total = wp.float32(0.0)
    node = wp.int32(1)
    while node > 0:
        r = wp.vec3(nodes[node, 0], nodes[node, 1], nodes[node, 2]) - point
        far = wp.dot(r, r) > nodes[node, 3]
        if far:
            total += from_afar(nodes, node, r)
        elif node >= leaves:
            for k in range(per_leaf):
                total += one_face(corners, (node - leaves) * per_leaf + k, point)
        if far or node >= leaves:  # on to the next that is no descendant: up from right children
            while node % 2 == 1 and node > 1:
                node = node / 2
            node = wp.where(node == 1, 0, node + 1)
        else:
            node = 2 * node
    winding[i] = total


def winding_number(points: Tensor, tree: Tree) -> Tensor:
    """Winding number (N,) of points (N, 3); see `readable.winding_number`."""
    points = points.detach().contiguous()
    winding = torch.empty(len(points), device=points.device)
    leaves = len(tree.nodes) // 2
    launch(_wind, len(points), 1, [points, tree.corners, tree.nodes, leaves, LEAF, winding])
    return winding


def build_tree(corners: Tensor) -> Tree:
    """The tree of faces (F, 3, 3): each node halves its faces across its longest side."""
    faces = corners.cpu().double().numpy()
    levels = max(0, math.ceil(math.log2(len(faces) / LEAF)))
    padding = faces[:1, :1].repeat(LEAF * 2**levels - len(faces), axis=0).repeat(3, axis=1)
    faces = np.concatenate([faces, padding])
    for level in range(levels):
        centres = faces.mean(axis=1).reshape(2**level, -1, 3)
        axis = np.ptp(centres, axis=1).argmax(axis=1)
        order = np.take_along_axis(centres, axis[:, None, None], axis=2)[..., 0].argsort(axis=1)
        faces = faces.reshape(2**level, -1, 9)
        faces = np.take_along_axis(faces, order[..., None], axis=1).reshape(-1, 3, 3)
    nodes = np.zeros((2 ** (levels + 1), 16))
    for level in range(levels + 1):
        nodes[2**level : 2 ** (level + 1)] = _moments(faces.reshape(2**level, -1, 3, 3))
    flat = torch.from_numpy(faces.reshape(-1, 9)).float(), torch.from_numpy(nodes).float()
    return Tree(*(array.contiguous().to(corners.device) for array in flat))


def _moments(faces: np.ndarray) -> np.ndarray:
    """Rows of `Tree.nodes` for nodes with the faces (nodes, faces of each, 3, 3)."""
    a, b, c = (faces[:, :, k] for k in range(3))
    normal = 0.5 * np.cross(b - a, c - a)
    area = np.linalg.norm(normal, axis=-1, keepdims=True)
    centre = faces.mean(axis=2)
    weight = area / np.maximum(area.sum(axis=1, keepdims=True), 1e-300)
    middle = (weight * centre).sum(axis=1)
    radius = np.linalg.norm(faces - middle[:, None, None], axis=-1).max(axis=(1, 2))
    second = np.einsum("nfi,nfj->nij", normal, centre - middle[:, None])
    far = np.square(FAR * radius)[:, None]
    return np.concatenate([middle, far, normal.sum(axis=1), second.reshape(-1, 9)], axis=1)
