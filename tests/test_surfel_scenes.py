"""Scenes in a room: what is in them, and the truth behind their pictures."""

import math
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from torch import Tensor

from fiveviews.cameras import look_at, orbit
from fiveviews.data import models, surfel_shards
from fiveviews.data import surfel_scenes as scenes
from fiveviews.data.surfel_objects import real_things
from fiveviews.data.surfel_scenes import (
    KINDS,
    Scene,
    compose,
    make_scene,
    make_views,
    photograph,
    sample_cameras,
    sample_lights,
    stand,
    turn_cameras,
)
from fiveviews.data.views import Credit
from fiveviews.meshes import Mesh, corner_normals, icosphere, save_mesh
from fiveviews.render.depth import rasterize
from fiveviews.render.smooth import smooth_surface
from fiveviews.render.surfels import Lights, surfel_normals, surfel_positions, surfel_render
from fiveviews.shapes.things import HOUSEHOLD, PRIMITIVES, load_thing, make_thing
from fiveviews.shapes.things import normals as creased

every_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.mark.parametrize("name", PRIMITIVES + HOUSEHOLD)
def test_things_are_closed_and_fill_their_cube(name):
    for seed in range(6 if name in HOUSEHOLD else 1):
        thing = make_thing(name, seed)
        vertices, faces = thing.mesh.vertices, thing.mesh.faces
        low, high = vertices.amin(0), vertices.amax(0)
        torch.testing.assert_close(low, -high, atol=1e-6, rtol=0)
        assert (high - low).max().item() == pytest.approx(1.0, abs=1e-6)
        solid = trimesh.Trimesh(vertices.numpy(), faces.numpy(), process=False)
        assert solid.is_watertight
        assert solid.volume > 0.01
        assert len(faces) < 12_000
        torch.testing.assert_close(thing.normals.norm(dim=-1), torch.ones(len(faces), 3))


def test_things_vary_with_their_seed_and_nothing_else():
    for name in HOUSEHOLD:
        things = [make_thing(name, seed) for seed in range(5)]
        assert len({thing.mesh.vertices.sum().item() for thing in things}) == 5
        make_thing.cache_clear()
        assert make_thing(name, 3).mesh.vertices.equal(things[3].mesh.vertices)
    with pytest.raises(ValueError, match="no thing 'spoon'; choose one of box, sphere"):
        make_thing("spoon")


def test_normals_are_smooth_where_a_thing_is_round_and_creased_at_its_edges():
    box = make_thing("box")
    corners = box.mesh.vertices[box.mesh.faces]
    flat = torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    torch.testing.assert_close(
        box.normals, (flat / flat.norm(dim=-1, keepdim=True))[:, None].expand(-1, 3, -1)
    )
    ball = icosphere(2)
    off = torch.linalg.cross(corner_normals(ball), ball.vertices[ball.faces]).norm(dim=-1)
    assert off.max() < 0.02
    # a regular octagonal prism is round at a crease angle above 45° and faceted below
    prism = trimesh.creation.cylinder(1.0, 1.0, sections=8)
    mesh = Mesh(torch.from_numpy(prism.vertices.copy()), torch.from_numpy(prism.faces.copy()))
    side = mesh.vertices[mesh.faces][..., 2].amax(1) > mesh.vertices[mesh.faces][..., 2].amin(1)
    for crease, directions in ((40.0, 8), (50.0, 8)):
        normals = corner_normals(mesh, crease)[side]
        angle = torch.atan2(normals[..., 1], normals[..., 0]).rad2deg()
        step = (angle / 22.5).round()
        torch.testing.assert_close(angle, 22.5 * step, atol=1e-3, rtol=0)
        assert len((step % 16).unique()) == directions
        torch.testing.assert_close(normals[..., 2], torch.zeros_like(angle), atol=1e-6, rtol=0)
    # faceted normals point between the corners, smooth ones along them
    facets, smooth = (corner_normals(mesh, crease)[side] for crease in (40.0, 50.0))
    at = mesh.vertices[mesh.faces][side][..., :2]
    assert ((smooth[..., :2] * at).sum(-1) > 0.999).all()
    assert ((facets[..., :2] * at).sum(-1) < 0.93).all()


def test_the_kernel_for_normals_gives_what_the_readable_function_does():
    open_one = Mesh(icosphere(1).vertices, icosphere(1).faces[1:])
    pinched = Mesh([[0, 0, 0], [1, 0, 0], [0, 1, 0], [-1, 0, 0]], [[0, 1, 2], [0, 2, 3], [1, 1, 2]])
    things = [make_thing(name, 5).mesh for name in ("mug", "bag", "teapot")]
    for mesh in (*things, open_one, pinched):
        for crease in (0.1, 40.0, 180.0):
            fast = creased.corner_normals(mesh, crease)
            torch.testing.assert_close(fast, corner_normals(mesh, crease), atol=1e-6, rtol=0)


@every_kind
def test_pictures_are_the_same_every_time_and_one_by_one(kind):
    views = make_views(kind, 3, seed=40, size=24)
    again = make_views(kind, 2, seed=41, size=24)
    assert torch.equal(views.images[1:], again.images)
    assert torch.equal(views.depth[1:], again.depth)
    assert views[1:].scenes[0].names == again.scenes[0].names
    assert not torch.equal(views.images[0], views.images[1])
    assert len(views) == 3
    assert repr(views) == "SceneViews(3 of 24 × 24)"


@every_kind
def test_pictures_are_whole(kind):
    views = make_views(kind, 6, seed=7, size=48)
    assert views.images.shape == (6, 48, 48, 3)
    assert views.images.dtype == torch.float32
    assert ((views.depth > 0.5) & (views.depth < 2)).all()  # nowhere is there no room
    assert (views.images >= 0).all()
    assert (views.images > 1).float().mean() < 0.02
    assert 0.2 < views.images.mean() < 0.8
    torch.testing.assert_close(views.normals.norm(dim=-1), torch.ones(6, 48, 48))
    toward = (views.normals * surfel_positions(views.depth, views.camera)).sum(-1)
    assert (toward < 1e-4).all()  # every normal is turned to the viewer


@every_kind
def test_things_stand_on_the_floor_inside_the_room_and_apart(kind):
    for seed in range(20):
        scene = make_scene(kind, seed)
        assert 1 <= len(scene.names) <= 4
        low, high = scene.bounds.unbind(1)
        torch.testing.assert_close(low[:, 1], torch.full((len(low),), -0.5))
        assert (low >= -0.5 - 1e-6).all()
        assert (high < 0.5).all()


def test_kinds_hold_what_they_promise():
    names = {kind: [make_scene(kind, seed).names for seed in range(50)] for kind in KINDS}
    assert {n for some in names["box_translation"] + names["box_rotation"] for n in some} == {"box"}
    assert {n for some in names["shapes"] for n in some} == set(PRIMITIVES)
    assert {n for some in names["shapenet"] for n in some} == set(HOUSEHOLD)
    assert {len(some) for some in names["multiple_shapes"]} == {2, 3, 4}
    assert {n for some in names["furnished"] for n in some} == set(scenes.FURNITURE)
    assert {len(some) for some in names["furnished"]} == {3, 4}
    boxes = [make_scene("box_translation", seed).bounds for seed in range(20)]
    sizes = torch.stack([(box[:, 1] - box[:, 0])[0] for box in boxes])
    torch.testing.assert_close(sizes, torch.full((20, 3), 0.2), atol=1e-5, rtol=0)


def test_splits_do_not_share_household_things():
    def vertices(seed):
        scene = make_scene("shapenet", seed)
        thing = scene.vertices[len(compose([]).vertices) :]
        spread = (thing - thing.mean(0)).norm(dim=1)  # the same however it is turned
        return scene.names[0], round(spread.double().mean().item(), 6)

    train = {vertices(seed) for seed in range(40)}
    test = {vertices(2 * scenes.SPLIT + seed) for seed in range(40)}
    assert not train & test


def cast(scene: Scene, origins: Tensor, rays: Tensor) -> Tensor:
    """Distance (R,) to the nearest triangle on each ray, all tried (Möller and Trumbore)."""
    a, b, c = scene.vertices[scene.faces].double().unbind(1)
    origins, rays = origins.double()[:, None], rays.double()[:, None]
    across = torch.linalg.cross(rays, (c - a)[None])
    determinant = (across * (b - a)).sum(-1)
    start = origins - a
    u = (start * across).sum(-1) / determinant
    beyond = torch.linalg.cross(start, (b - a)[None])
    v, t = (rays * beyond).sum(-1) / determinant, (beyond * (c - a)).sum(-1) / determinant
    hit = (u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0)
    return torch.where(hit, t, torch.inf).amin(1)


@every_kind
def test_depth_is_that_of_a_ray_caster(kind):
    views = make_views(kind, 2, seed=3, size=64)
    chosen = torch.randperm(64 * 64, generator=torch.manual_seed(0))[:200]
    for k, scene in enumerate(views.scenes):
        origins, rays = (r.view(-1, 3)[chosen] for r in views.camera[[k]].rays(64, 64))
        forward = -(rays @ views.camera.rotation[k, 2]).double()
        exact = cast(scene, origins, rays) * forward
        error = (views.depth[k].view(-1)[chosen] - exact).abs()
        assert error.quantile(0.97) < 1e-5  # the rest are rays along an edge
        assert error.median() < 1e-6


def test_a_sphere_in_the_room_has_the_depth_and_normals_of_the_formula():
    scene = compose([stand("sphere", 0.3)])
    camera = sample_cameras(2, seed=1)
    views = photograph([scene], camera, sample_lights(2, seed=1), 64)
    centre = torch.tensor([scenes.TARGET[0], -0.35, scenes.TARGET[2]])
    view = ((centre - camera.eye)[:, None] @ camera.rotation.mT)[:, :, None]
    away = surfel_positions(views.depth, camera) - view
    on_ball = (away.norm(dim=-1) - 0.15).abs() < 1.5e-3
    assert on_ball.flatten(1).sum(1).min() > 300
    off = torch.linalg.cross(views.normals, away / 0.15).norm(dim=-1)
    assert off[on_ball].max() < 0.08
    assert off[on_ball].mean() < 0.005


def test_the_floor_and_the_walls_are_where_they_should_be():
    camera, lights = sample_cameras(4, seed=5), sample_lights(4, seed=5)
    views = photograph([compose([])], camera, lights, 64)
    world = surfel_positions(views.depth, camera) @ camera.rotation[:, None]
    world = world + camera.eye[:, None, None]
    normals = views.normals @ camera.rotation[:, None]
    for axis in range(3):
        on_side = (world[..., axis] + 0.5).abs() < 1e-5
        assert on_side.any()
        exact = torch.eye(3)[axis].expand_as(normals)
        inner = on_side & ((world + 0.5).abs() < 1e-3).sum(-1).eq(1)
        torch.testing.assert_close(normals[inner], exact[inner], atol=1e-4, rtol=0)
    assert ((world + 0.5).abs().amin(-1) < 1e-5).all()


def test_normals_from_depth_agree_with_the_true_ones_but_at_edges():
    views = make_views("multiple_shapes", 4, seed=2, size=128)
    found = surfel_normals(views.depth, views.camera)
    angle = torch.linalg.cross(found, views.normals).norm(dim=-1).asin().rad2deg()
    assert angle.median() < 0.5
    assert (angle > 10).float().mean() < 0.08


def test_images_are_equation_1_with_the_true_normals():
    views = make_views("shapes", 2, seed=9, size=32)
    image = surfel_render(
        views.depth.double(),
        views.camera.to(torch.float64),
        views.lights.to(torch.float64),
        scenes.REFLECTANCE,
        normals=views.normals.double(),
        backend="readable",
    )
    torch.testing.assert_close(views.images.double(), image, atol=1e-5, rtol=0)


def test_cameras_and_lights_lie_on_the_patch():
    cameras, lights = sample_cameras(400), sample_lights(400)
    for points in (cameras.eye, lights.positions[:, 0]):
        torch.testing.assert_close(points.norm(dim=1), torch.full((400,), scenes.DISTANCE))
        elevation = (points[:, 1] / scenes.DISTANCE).asin().rad2deg()
        azimuth = torch.atan2(points[:, 0], points[:, 2]).rad2deg()
        assert ((elevation > 20) & (elevation < 70)).all()
        assert ((azimuth > 20) & (azimuth < 70)).all()
        # uniform by area: heights are, elevations are not
        height = points[:, 1] / scenes.DISTANCE
        middle = (math.sin(math.radians(20)) + math.sin(math.radians(70))) / 2
        assert height.mean().item() == pytest.approx(middle, abs=0.03)
    assert lights.positions[:, 1:].std(0).max() < 1e-6
    target = torch.tensor(scenes.TARGET)
    image = cameras.project(target.expand(400, 1, 3))[..., :2]
    torch.testing.assert_close(image, torch.zeros_like(image), atol=1e-5, rtol=0)


@pytest.mark.parametrize("degrees", [0.0, 5.0, 35.0, 55.0, 80.0])
def test_cameras_turn_by_the_angle_and_stay_in_the_room(degrees):
    cameras = sample_cameras(50)
    turned = turn_cameras(cameras, degrees)
    flat, other = cameras.eye[:, [0, 2]], turned.eye[:, [0, 2]]
    cosine = (flat * other).sum(1) / flat.norm(dim=1) / other.norm(dim=1)
    assert cosine.clamp(max=1).acos().rad2deg().sub(degrees).abs().max() < 0.05
    torch.testing.assert_close(turned.eye[:, 1], cameras.eye[:, 1])
    assert (turned.eye > -0.5).all()
    views = photograph([make_scene("shapes", 1)], turned[[0, 1]], sample_lights(2), 16)
    assert views.depth.isfinite().all()


def test_a_wall_that_reaches_behind_the_camera_is_still_seen():
    camera = look_at(torch.tensor([[0.3, 0.3, -0.4]]), (-0.4, -0.2, -0.5), fov=60.0)
    views = photograph([compose([])], camera, sample_lights(1), 32)
    assert views.depth.isfinite().float().mean() > 0.95


@pytest.mark.parametrize(
    ("eye", "told"),
    [
        ((-0.6, 0.2, 0.5), r"camera 0 stands at \[-0.6, 0.2, 0.5\], behind a wall"),
        ((0.5, -0.7, 0.5), "under the floor"),
        ((-0.15, -0.4, -0.1), "camera 0 stands inside the box"),
    ],
)
def test_cameras_where_none_can_be_are_refused(eye, told):
    camera = look_at(torch.tensor([eye]), fov=26.0)
    with pytest.raises(ValueError, match=told):
        photograph([make_scene("box_rotation", 0)], camera, sample_lights(1))


def test_what_cannot_be_asked_for_is_refused():
    with pytest.raises(ValueError, match="no kind of scene 'boxes'; choose one of box_translation"):
        make_views("boxes", 1)
    with pytest.raises(ValueError, match="at least one scene and a seed from 0 up; got 0 and 0"):
        make_views("shapes", 0)
    with pytest.raises(ValueError, match="2 scenes do not fit 3 cameras"):
        photograph([make_scene("shapes", k) for k in (0, 1)], sample_cameras(3), sample_lights(3))


def test_a_mesh_of_ones_own_can_stand_in_the_room(tmp_path):
    path = save_mesh(tmp_path / "ball.obj", icosphere(2))
    scene = compose([stand(load_thing(path), 0.3, turn=20)])
    assert scene.names == ("ball",)
    views = photograph([scene], sample_cameras(1), sample_lights(1), 32)
    empty = photograph([compose([])], sample_cameras(1), sample_lights(1), 32)
    assert (views.depth < empty.depth - 0.01).float().mean() > 0.1


@pytest.fixture
def tableware(tmp_path):
    """A data folder with two bowls and a mug to test on, and a bowl to train on."""
    ball = icosphere(1)
    for name, split in (("a", "test"), ("b", "test"), ("c", "train")):
        models.add(tmp_path, "bowl", name, ball, Credit(name, "Zoe", "CC0-1.0"), split)
    cube = Mesh(torch.tensor(trimesh.creation.box().vertices), trimesh.creation.box().faces)
    models.add(tmp_path, "mug", "d", cube, Credit("d", "Al", "CC0-1.0"), "test")
    return tmp_path


def test_real_things_take_turns_with_their_classes(tableware, tmp_path_factory):
    things, credits = real_things("test", tableware)
    assert [thing.name for thing in things] == ["bowl", "mug", "bowl"]
    assert [credit.title for credit in credits] == ["a", "d", "b"]
    views = make_views("shapenet", 4, 2 * scenes.SPLIT, 32, things)
    assert [scene.names for scene in views.scenes] == [("bowl",), ("mug",), ("bowl",), ("bowl",)]
    alike = make_views("shapenet", 4, 2 * scenes.SPLIT, 32)
    assert torch.equal(views.camera.eye, alike.camera.eye), "seen as generated things are"
    assert torch.equal(views.lights.positions, alike.lights.positions)
    for scene in views.scenes:
        assert scene.bounds[0, 0, 1] == pytest.approx(-0.5, abs=1e-6), "it stands on the floor"
    mugs, _ = real_things("test", tableware, ["mug"])
    assert [thing.name for thing in mugs] == ["mug"]
    with pytest.raises(ValueError, match="'shapes' have things of their own; use 'shapenet'"):
        make_views("shapes", 1, things=things)
    with pytest.raises(ValueError, match="train and test only; got 'val'"):
        real_things("val", tableware)
    with pytest.raises(
        FileNotFoundError, match=r"no bowl, .*, no bag; run `python data_scripts/fe"
    ):
        real_things("test", tmp_path_factory.mktemp("empty"))


def test_shards_may_hold_real_things(tableware, monkeypatch):
    script = Path(__file__).parents[1] / "data_scripts" / "make_surfel_scenes.py"
    main = runpy.run_path(str(script))["main"]
    words = ["x", "shapenet", "--source", "models", "--split", "test", "-n", "3", "--size", "16"]
    monkeypatch.setattr(sys, "argv", [*words, "--root", str(tableware)])
    assert main() == 0
    folder = tableware / "surfel_scenes" / "shapenet_models_16" / "test"
    with np.load(next(folder.glob("*.npz")), allow_pickle=False) as shard:
        assert shard["names"].tolist() == ["bowl", "mug", "bowl"]


def test_lights_may_be_shared_by_all_pictures():
    lights = Lights(torch.tensor([[0.5, 0.7, 0.5]]), torch.ones(1, 3))
    views = photograph([make_scene("shapes", 0)], sample_cameras(2), lights, 16)
    assert views[[1]].lights.positions.equal(lights.positions)


@pytest.mark.parametrize("fov", [30.0, None])
def test_flat_normals_are_those_of_the_z_buffer(fov):
    ball = icosphere(2)
    mesh = Mesh(0.4 * ball.vertices, ball.faces)
    camera = orbit(torch.tensor([10.0, 130.0]), 20.0, fov=fov, scale=0.6)
    flat = corner_normals(mesh, crease=0.1)
    depth, normals = smooth_surface(mesh.vertices, mesh.faces, flat, camera, (20, 30))
    surface = rasterize(mesh.vertices, mesh.faces, camera, (20, 30))
    assert torch.equal(depth, surface.depth)
    expected = surface.normal @ camera.rotation[:, None].mT
    torch.testing.assert_close(normals, expected, atol=1e-5, rtol=0)
    with pytest.raises(ValueError, match="320 faces need normals"):
        smooth_surface(mesh.vertices, mesh.faces, flat[:5], camera, 8)


def test_shards_hold_the_scenes_and_a_stopped_run_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(surfel_shards, "SHARD", 4)
    script = Path(__file__).parents[1] / "data_scripts" / "make_surfel_scenes.py"
    main = runpy.run_path(str(script))["main"]
    arguments = ["x", "shapes", "-n", "10", "--size", "16", "--split", "val"]
    monkeypatch.setattr(sys, "argv", [*arguments, "--root", str(tmp_path)])
    assert main() == 0
    folder = tmp_path / "surfel_scenes" / "shapes_16" / "val"
    files = sorted(folder.glob("*.npz"))
    assert [file.name for file in files] == [
        "10000000_0004.npz",
        "10000004_0004.npz",
        "10000008_0002.npz",
    ]
    kept = files[0].stat().st_mtime_ns
    files[1].unlink()  # as if the run had been stopped there
    assert main() == 0
    assert sorted(folder.glob("*.npz")) == files  # the same, as SHA256SUMS says
    assert files[0].stat().st_mtime_ns == kept
    views = make_views("shapes", 4, scenes.SPLIT + 4, 16)
    with np.load(files[1], allow_pickle=False) as shard:
        assert np.abs(shard["images"] / 255 - views.images.clamp(0, 1).numpy()).max() < 0.003
        assert np.abs(shard["depth"] - views.depth.numpy()).max() == 0
        assert np.abs(shard["normals"] / 127 - views.normals.numpy()).max() < 0.005
        assert shard["eye"].tolist() == views.camera.eye.tolist()
        assert shard["names"].tolist() == [scene.names[0] for scene in views.scenes]
