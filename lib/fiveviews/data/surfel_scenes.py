"""Scenes in a room, for Pix2Scene: pictures with the depth and the normals behind them.

The room is the cube [-0.5, 0.5]³ without its three sides nearest the camera: a floor and two walls.
Things stand on the floor in the far corner. Cameras stand on a sphere about the middle of the room,
in the positive octant, and look at one fixed point; for every picture a white light is set on the
same patch of the sphere, while a red and a green one stay where they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np
import torch
from torch import Tensor

from fiveviews.cameras import Camera, look_at
from fiveviews.render.smooth import smooth_surface
from fiveviews.render.surfels import Lights, surfel_render
from fiveviews.shapes import make
from fiveviews.shapes.things import HOUSEHOLD, PRIMITIVES, Thing, as_thing, make_thing

# paper: kinds of scenes, in the order of tables 1 and 2 and figure 7
# (ours: the last, in place of the bedrooms of figure 16)
KINDS = ("box_translation", "box_rotation", "shapes", "multiple_shapes", "shapenet", "furnished")
SIZE, FOV, DISTANCE = 128, 26.0, 0.8
TARGET = (-0.15, -0.35, -0.15)  # what every camera looks at
REFLECTANCE = 0.8
SIDES = {"box": 0.24, "sphere": 0.3, "cone": 0.32, "torus": 0.38, "teapot": 0.42}  # longest sides
FURNITURE = ("sofa", "chair", "table", "cabinet", "lamp")
COLLECTION = 200  # household things, or furniture, of a category: what scenes of one split have
SPLIT = 10_000_000  # seeds from here (validation) and from twice this (test) have other things
PIECE = 32  # pictures drawn at once
TILES = 10  # of the floor and of each wall, along a side


@dataclass(frozen=True, eq=False)
class Scene:
    """One room and what stands in it, as triangles in world coordinates.

    vertices: (V, 3). faces: (F, 3). normals: unit normals at the faces' corners, (F, 3, 3).
    names: of the T things. bounds: their lowest and highest coordinates, (T, 2, 3).
    """

    vertices: Tensor
    faces: Tensor
    normals: Tensor
    names: tuple[str, ...]
    bounds: Tensor

    def __repr__(self) -> str:
        return f"Scene({', '.join(self.names) or 'empty room'})"


@dataclass(frozen=True, eq=False)
class SceneViews:
    """N pictures of scenes, and the truth behind them.

    images: (N, H, W, 3) float32: equation 1 with the true normals, from 0 up; few pixels exceed 1.
    depth: (N, H, W) float32, world units along the viewing axis.
    normals: (N, H, W, 3), unit, in view coordinates.
    camera: N cameras. lights: what each picture was lit by. scenes: what each picture shows.
    """

    images: Tensor
    depth: Tensor
    normals: Tensor
    camera: Camera
    lights: Lights
    scenes: tuple[Scene, ...]

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        n, height, width, _ = self.images.shape
        return f"SceneViews({n} of {height} × {width})"

    def __getitem__(self, index: slice | Sequence[int]) -> SceneViews:
        """Some of the pictures, as a set of the same kind."""
        return replace(
            self,
            images=self.images[index],
            depth=self.depth[index],
            normals=self.normals[index],
            camera=self.camera[index],
            lights=self.lights[index],
            scenes=tuple(self.scenes[i] for i in np.arange(len(self))[index]),
        )


def make_views(
    kind: str, n: int, seed: int = 0, size: int = SIZE, things: Sequence[Thing] = ()
) -> SceneViews:
    """Pictures of n scenes, one each; scene k, its camera and its lights depend on seed + k alone.

    kind: one of `KINDS`. size: side of the pictures in pixels. things: see `make_scene`.
    Raises ValueError for an unknown kind, a negative seed and a set without pictures.

    >>> views = make_views("box_rotation", 2, size=32)
    >>> views.images.shape, views.depth.shape, views.scenes[0]
    (torch.Size([2, 32, 32, 3]), torch.Size([2, 32, 32]), Scene(box))
    """
    if n < 1 or seed < 0:
        raise ValueError(f"expected at least one scene and a seed from 0 up; got {n} and {seed}")
    scenes = [make_scene(kind, seed + k, things) for k in range(n)]
    return photograph(scenes, sample_cameras(n, seed), sample_lights(n, seed), size)


def make_scene(kind: str, seed: int, things: Sequence[Thing] = ()) -> Scene:
    """The scene number `seed` of a kind: the same one every time.

    box_translation: a box that stands straight, anywhere on the visible floor.
    box_rotation: a box in the middle, turned about the vertical.
    shapes: box, sphere, cone, torus or teapot, turned.
    multiple_shapes: two to four of them.
    shapenet: a bowl, bottle, mug, can, cap or bag, turned.
    furnished: three or four pieces of furniture, their backs to a wall.

    things: those of `surfel_objects.real_things`, say, that stand in scenes of the kind `shapenet`
        one after the other, instead of generated ones.
    Raises ValueError for an unknown kind, and for things in scenes of another kind.
    """
    if kind not in KINDS:
        raise ValueError(f"no kind of scene {kind!r}; choose one of {', '.join(KINDS)}")
    if len(things) and kind != "shapenet":
        raise ValueError(f"scenes of the kind {kind!r} have things of their own; use 'shapenet'")
    random = np.random.default_rng([KINDS.index(kind), seed])
    turn = float(random.uniform(0, 360))
    if kind == "box_translation":
        return compose([stand("box", 0.2, random.uniform(-0.09, 0.09, 2))])
    if kind == "box_rotation":
        return compose([stand("box", 0.24, (0, 0), turn)])
    if kind == "shapes":
        name = str(random.choice(PRIMITIVES))
        return compose([stand(name, SIDES[name], (0, 0), turn)])
    if len(things):
        return compose([stand(things[seed % SPLIT % len(things)], 0.34, (0, 0), turn)])
    if kind == "shapenet":
        number = seed // SPLIT * COLLECTION + int(random.integers(COLLECTION))
        return compose([stand(str(random.choice(HOUSEHOLD)), 0.34, (0, 0), turn, number)])
    slots = random.permutation([(-0.09, -0.09), (0.09, -0.09), (-0.09, 0.09), (0.09, 0.09)])
    things = []
    if kind == "furnished":
        for slot in slots[: random.integers(3, 5)]:
            number = seed // SPLIT * COLLECTION + int(random.integers(COLLECTION))
            piece = furniture(str(random.choice(FURNITURE)), number)
            back = float(random.choice((0.0, 90.0))) + random.normal(0, 6)
            things.append(stand(piece, 0.16, slot + random.normal(0, 0.006, 2), back))
        return compose(things)
    for slot in slots[: random.integers(2, 5)]:
        name, at = str(random.choice(PRIMITIVES)), slot + random.normal(0, 0.012, 2)
        things.append(stand(name, 0.55 * SIDES[name], at, random.uniform(0, 360)))
    return compose(things)


@lru_cache(maxsize=len(FURNITURE) * COLLECTION)
def furniture(name: str, number: int) -> Thing:
    """One of `fiveviews.shapes`'s objects as a thing to stand in a room."""
    return as_thing(name, make(name, number))


def stand(
    thing: str | Thing, size: float, at: Sequence[float] = (0, 0), turn: float = 0, number: int = 0
) -> Thing:
    """A thing of this longest side, on the floor at (x, z) from the target, turned by degrees.

    thing: a name that `make_thing` knows, with its number, or a `Thing`.
    """
    thing = make_thing(thing, number) if isinstance(thing, str) else thing
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    spin = torch.tensor([[c, 0, s], [0, 1, 0], [-s, 0, c]], dtype=torch.float32)
    vertices = size * thing.mesh.vertices @ spin.T
    x, z = TARGET[0] + at[0], TARGET[2] + at[1]
    shift = torch.tensor([x, -0.5 - float(vertices[:, 1].min()), z])
    mesh = replace(thing.mesh, vertices=vertices + shift)
    return Thing(thing.name, mesh, thing.normals @ spin.T)


def compose(things: Sequence[Thing]) -> Scene:
    """The room with these things in it."""
    vertices, faces, normals = ([part] for part in _ROOM)
    count = len(vertices[0])
    for thing in things:
        vertices.append(thing.mesh.vertices)
        faces.append(thing.mesh.faces + count)
        normals.append(thing.normals)
        count += len(thing.mesh.vertices)
    names = tuple(thing.name for thing in things)
    bounds = [torch.stack(thing.mesh.vertices.aminmax(dim=0)) for thing in things]
    bounds = torch.stack(bounds) if bounds else torch.empty(0, 2, 3)
    return Scene(torch.cat(vertices), torch.cat(faces), torch.cat(normals), names, bounds)


def sample_cameras(n: int, seed: int = 0) -> Camera:
    """n cameras, uniformly on the patch: elevation and azimuth between 20° and 70°."""
    return look_at(_patch(n, 1, seed), TARGET, fov=FOV)


def turn_cameras(camera: Camera, degrees: float) -> Camera:
    """Cameras that walked round the room's middle by an angle, on their level, and look back.

    Each walks to the side that keeps it within the room: from 20°-70° by 80° to -35°-125° at most.
    # paper: Table 2 turns "the camera around" by 5° to 80° and says no more.
    """
    eye = camera.eye
    flat, azimuth = eye[:, [0, 2]].norm(dim=1), torch.atan2(eye[:, 0], eye[:, 2])
    side = torch.where(azimuth > math.pi / 4, -1.0, 1.0)
    azimuth = azimuth + side * math.radians(degrees)
    return look_at(
        torch.stack([flat * azimuth.sin(), eye[:, 1], flat * azimuth.cos()], 1),
        TARGET,
        fov=camera.fov,
    )


def sample_lights(n: int, seed: int = 0) -> Lights:
    """For each of n pictures a white light, uniformly on the patch, and the two coloured ones."""
    fixed = torch.tensor([[0.6, 0.8, 0.2], [0.8, 0.6, 0.8]]).expand(n, -1, -1)
    positions = torch.cat([_patch(n, 2, seed)[:, None], fixed], 1)
    colours = torch.tensor([[1.2, 1.2, 1.2], [0.8, 0.1, 0.1], [0.2, 0.8, 0.2]])
    return Lights(positions, colours.expand(n, -1, -1))


def photograph(
    scenes: Sequence[Scene], camera: Camera, lights: Lights, size: int = SIZE
) -> SceneViews:
    """Pictures of scenes: one scene for all cameras, or one for each.

    lights: as `Lights` takes them, shared or one set per camera.
    Raises ValueError where the numbers disagree, and for a camera that stands behind a wall, under
    the floor, or within the bounds of a thing.
    """
    scenes = list(scenes) * (len(camera) if len(scenes) == 1 else 1)
    if len(scenes) != len(camera):
        raise ValueError(f"{len(scenes)} scenes do not fit {len(camera)} cameras")
    _check_places(scenes, camera)
    pieces = []
    for first in range(0, len(scenes), PIECE):
        part = slice(first, first + PIECE)
        pieces.append(_depth_and_normals(scenes[part], camera[part], size))
    depth, normals = (torch.cat(arrays) for arrays in zip(*pieces, strict=True))
    images = surfel_render(depth, camera, lights, REFLECTANCE, normals=normals)
    return SceneViews(images, depth, normals, camera, lights, tuple(scenes))


def _check_places(scenes: Sequence[Scene], camera: Camera) -> None:
    for k, (scene, eye) in enumerate(zip(scenes, camera.eye.cpu(), strict=True)):
        if not (eye > -0.5).all():
            raise ValueError(
                f"camera {k} stands at {[round(x, 2) for x in eye.tolist()]}, behind a wall or "
                f"under the floor of the room; each coordinate must be above -0.5"
            )
        low, high = scene.bounds.unbind(1)
        inside = ((eye > low) & (eye < high)).all(1)
        if inside.any():
            raise ValueError(
                f"camera {k} stands inside the {scene.names[int(inside.nonzero()[0])]}, from where "
                f"there is no view of the room; move it away"
            )


def _depth_and_normals(scenes: Sequence[Scene], camera: Camera, size: int) -> tuple[Tensor, Tensor]:
    stack = partial(torch.nn.utils.rnn.pad_sequence, batch_first=True)
    vertices = stack([scene.vertices for scene in scenes])
    faces = stack([scene.faces for scene in scenes], padding_value=-1)
    corners = stack([scene.normals for scene in scenes])
    return smooth_surface(vertices, faces, corners, camera, size)


def _patch(n: int, stream: int, seed: int) -> Tensor:
    """Points (n, 3) on the sphere, uniform by area; number k depends on seed + k alone."""
    draws = [np.random.default_rng([stream, seed + k]).uniform(size=2) for k in range(n)]
    height, azimuth = np.array(draws).T
    low, high = np.sin(np.radians([20, 70]))
    height, azimuth = low + (high - low) * height, np.radians(20 + 50 * azimuth)
    flat = np.sqrt(1 - height**2)
    points = np.stack([flat * np.sin(azimuth), height, flat * np.cos(azimuth)], 1)
    return torch.from_numpy(DISTANCE * points).float()


def _room() -> tuple[Tensor, Tensor, Tensor]:
    """Vertices, faces and corner normals of floor and walls, in tiles: the z-buffer leaves out
    faces that reach behind the camera, which a whole wall may do."""
    ticks = torch.linspace(0, 1, TILES + 1)
    u, v = torch.meshgrid(ticks, ticks, indexing="ij")
    grid = torch.arange((TILES + 1) ** 2).view(TILES + 1, TILES + 1)
    a, b, c, d = grid[:-1, :-1], grid[1:, :-1], grid[1:, 1:], grid[:-1, 1:]
    square = torch.stack([torch.stack([a, b, c], -1), torch.stack([a, c, d], -1)]).view(-1, 3)
    vertices, faces, normals = [], [], []
    for side, normal in enumerate(torch.eye(3)):
        first, second = torch.eye(3)[(side + 1) % 3], torch.eye(3)[(side + 2) % 3]
        vertices.append((u[..., None] * first + v[..., None] * second).view(-1, 3) - 0.5)
        faces.append(square + side * grid.numel())
        normals.append(normal.expand(len(square), 3, 3))
    return torch.cat(vertices), torch.cat(faces), torch.cat(normals)


_ROOM = _room()
