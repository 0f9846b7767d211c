"""Fields and pictures as files: DeepSDF's and DISN's formats, bad input, the cache, the command."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from field_shapes import CHAIRS, box, flipped, moved, official_chair, pierced, soup
from PIL import Image

from fiveviews.data import fields_official, models, renders
from fiveviews.data.fields import judge, load_fields
from fiveviews.data.sdf import read_frame, read_samples, write_frame, write_samples
from fiveviews.data.views import Credit, load_views
from fiveviews.fields import MeshField
from fiveviews.fields.frames import Frame, unit_diagonal, unit_sphere
from fiveviews.fields.report import inspect
from fiveviews.fields.sampling import SdfSamples, sample_sdf
from fiveviews.meshes import Mesh, icosphere, load_mesh, save_mesh
from fiveviews.shapes import make

SCRIPT = Path(__file__).resolve().parents[1] / "data_scripts" / "make_fields.py"
N = 200


@pytest.fixture(autouse=True)
def few_pictures(monkeypatch):
    """Two pictures of each kind instead of 50, where a test makes some."""
    monkeypatch.setattr(renders, "VIEWS", 2)
    monkeypatch.setattr(renders.read_renders, "__defaults__", (2,))


# Samples in DeepSDF's layout


def test_samples_come_back_as_they_were_in_deepsdfs_layout(tmp_path):
    mesh = unit_sphere(box()).mesh(box())
    samples = sample_sdf(mesh, 500)
    write_samples(tmp_path / "a.npz", samples)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        assert sorted(file) == ["neg", "pos"]
        pos, neg = file["pos"], file["neg"]
    assert pos.dtype == neg.dtype == np.float32
    assert pos.shape[1] == neg.shape[1] == 4
    assert (pos[:, 3] > 0).all()
    assert (neg[:, 3] <= 0).all()
    back = read_samples(tmp_path / "a.npz")
    assert torch.equal(back.outside, samples.outside)
    assert torch.equal(back.inside, samples.inside)


def test_a_file_may_have_points_on_one_side_only_and_zero_counts_as_inside(tmp_path):
    write_samples(tmp_path / "a.npz", SdfSamples(torch.zeros(2, 3), torch.tensor([0.0, -1.0])))
    back = read_samples(tmp_path / "a.npz")
    assert (len(back.outside), len(back.inside)) == (0, 2)


ROW = [[0.1, 0.2, 0.3, 0.4]]


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"pos": ROW}, "no array 'neg'"),
        ({"pos": np.array(ROW)[:, :3], "neg": np.zeros((0, 4))}, "'pos' must be numbers"),
        (
            {"pos": np.full((3, 4), np.nan), "neg": np.zeros((0, 4))},
            "3 of 3 rows of 'pos' hold NaN",
        ),
        ({"pos": ROW, "neg": ROW}, "1 of 1 distances in 'neg' have the other sign"),
        ({"pos": np.zeros((1, 4)), "neg": np.zeros((0, 4))}, "it holds distances above 0"),
        ({"pos": np.array([[print]]), "neg": ROW}, "not a whole npz"),
    ],
    ids=["missing", "three numbers", "nan", "neg sign", "pos sign", "pickle"],
)
def test_files_that_are_not_deepsdfs_are_refused_by_name(arrays, told, tmp_path):
    path = tmp_path / "bad.npz"
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=told) as error:
        read_samples(path)
    assert str(path) in str(error.value)


def test_cut_and_missing_files_are_refused(tmp_path):
    path = tmp_path / "a.npz"
    write_samples(path, sample_sdf(box((0.2,) * 3), 100))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ValueError, match=r"a\.npz"):
        read_samples(path)
    with pytest.raises(FileNotFoundError, match="there is no file"):
        read_samples(tmp_path / "b.npz")


def test_frames_come_back_and_deepsdfs_arithmetic_holds(tmp_path):
    frame = unit_sphere(moved(box(), (1.0, 2.0, 3.0), 4.0))
    write_frame(tmp_path / "f.npz", frame)
    assert read_frame(tmp_path / "f.npz") == frame
    assert frame.scale == pytest.approx(1 / (1.03 * 4 * np.sqrt(0.5)), rel=1e-6)
    np.savez(tmp_path / "bad.npz", offset=np.zeros(2), scale=np.ones(1))
    with pytest.raises(ValueError, match="an offset of 3 numbers"):
        read_frame(tmp_path / "bad.npz")
    np.savez(tmp_path / "theirs.npz", offset=np.zeros((3,), np.float32), scale=np.float32(2))
    assert read_frame(tmp_path / "theirs.npz") == Frame((0.0, 0.0, 0.0), 2.0)


# Pictures in DISN's layout


def test_cameras_are_those_of_the_documented_projection():
    """K · RT · Rx · W2O as DISN documents it, written out anew, against ours."""
    random = np.random.default_rng(0)
    views = np.zeros((6, 10))
    views[:, 0], views[:, 1] = random.uniform(0, 360, 6), random.uniform(0, 45, 6)
    views[:, 3], views[:, 7:] = random.uniform(0.6, 1.1, 6), random.uniform(-0.2, 0.2, (6, 3))
    views[:, 4:7] = 35, 32, 1.75
    points = random.uniform(-0.4, 0.4, (20, 3))
    ours = renders.cameras(views).project(torch.from_numpy(points).float()).numpy()
    for k, (yaw, elevation, _, ratio, focal, sensor, farthest, x, y, z) in enumerate(views):
        a, e = np.radians(-yaw), np.radians(-elevation)
        to_object = np.array(
            [
                [np.cos(a) * np.cos(e), -np.sin(a), np.cos(a) * np.sin(e)],
                [np.sin(a) * np.cos(e), np.cos(a), np.sin(a) * np.sin(e)],
                [-np.sin(e), 0, np.cos(e)],
            ]
        ).T
        to_camera = np.diag([1, -1, -1]) @ np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]]).T
        blender = (points + [x, z, -y]) @ np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]).T
        seen = (blender @ to_object.T - [ratio * farthest, 0, 0]) @ to_camera.T
        pixel = focal * 224 / sensor * seen[:, :2] / seen[:, 2:] + 112
        expected = np.column_stack([(pixel[:, 0] - 112) / 112, (112 - pixel[:, 1]) / 112])
        np.testing.assert_allclose(ours[k, :, :2], expected, atol=2e-6)
        np.testing.assert_allclose(ours[k, :, 2], seen[:, 2], rtol=1e-5)


@pytest.mark.parametrize("level", renders.LEVELS)
def test_views_are_drawn_by_the_rules_and_show_the_whole_object(level, monkeypatch):
    monkeypatch.setattr(renders, "VIEWS", 50)
    chair = make("chair", seed=0)
    chair = unit_diagonal(chair).mesh(chair)
    views = renders.draw_views(chair, level, np.random.default_rng(1))
    assert views.shape == (50, 10)
    assert (np.abs(views[:, 0] - 7.2 * np.arange(1, 51)) <= 5).all()
    low, high = (20, 30) if level == "easy" else (0, 45)
    assert ((views[:, 1] >= low) & (views[:, 1] <= high)).all()
    assert np.ptp(views[:, 1]) > 0.7 * (high - low)
    assert (views[:, 2] == 0).all()
    assert ((views[:, 3] >= 0.6) & (views[:, 3] <= 1.1)).all()
    assert (views[:, 4:7] == [35, 32, 1.75]).all()
    shift = np.abs(views[:, 7:])
    assert (shift == 0).all() if level == "easy" else 0.1 < shift.max() <= 0.2
    assert renders.cameras(views).project(chair.vertices)[..., :2].abs().max() < 1


def test_pictures_show_the_object_where_the_cameras_say(tmp_path):
    mesh = moved(box(), (7.0, 0.0, 0.0), 3.0)
    images, views = renders.render(mesh, "hard", seed=5)
    assert images.shape == (2, 224, 224, 4)
    inside = unit_diagonal(mesh).mesh(mesh)
    for image, corners in zip(images, renders.cameras(views).project(inside.vertices), strict=True):
        rows, columns = np.nonzero(image[..., 3])
        left, right = (corners[:, 0].min(), corners[:, 0].max())
        top, bottom = (corners[:, 1].max(), corners[:, 1].min())
        found = [columns.min(), columns.max() + 1, rows.min(), rows.max() + 1]
        expected = [112 + 112 * left, 112 + 112 * right, 112 - 112 * top, 112 - 112 * bottom]
        np.testing.assert_allclose(found, expected, atol=1.0)
    again, other = renders.render(mesh, "hard", seed=5)[0], renders.render(mesh, "hard", seed=6)[0]
    assert (images == again).all()
    assert (images != other).any()


def test_pictures_and_metadata_come_back(tmp_path):
    images, views = renders.render(icosphere(1), "easy", seed=0)
    renders.write_renders(tmp_path, images, views)
    back = renders.read_renders(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["00.png", "01.png", renders.METADATA]
    np.testing.assert_array_equal(back.views, views)
    assert back.images.shape == (2, 224, 224, 3)
    assert (back.images[images[..., 3] == 0] == 255).all()
    solid = images[..., 3] == 255
    assert (back.images[solid] == images[solid][:, :3]).all()
    assert len(back.camera) == 2
    lines = (tmp_path / renders.METADATA).read_text().splitlines()
    assert lines[0].startswith("[")
    assert lines[0].endswith("], ")


def test_a_line_of_the_original_renderer_is_read(tmp_path):
    line = (
        "[13.609081057113638,44.08659091162214,0,0.7250000039172821,35,32,1.75,0.01,0.18,0.006], "
    )
    (tmp_path / "m.txt").write_text(line + "\n")
    (row,) = renders.read_metadata(tmp_path / "m.txt", views=1)
    assert (row[0], row[9]) == (13.609081057113638, 0.006)


GOOD = "[1.0, 20.0, 0.0, 0.7, 35.0, 32.0, 1.75, 0.0, 0.0, 0.0], "


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([GOOD], "has 1 lines; there should be one for each of 2 views"),
        ([GOOD] * 3, "has 3 lines"),
        ([], "has 0 lines"),
        ([GOOD, GOOD.replace("0.0], ", "], ")], "line 2: expected 10 numbers"),
        ([GOOD.replace("1.0,", "nan,"), GOOD], "line 1: not a list of numbers"),
        ([GOOD, "[__import__('os')]"], "line 2: not a list of numbers"),
        ([GOOD, "[" * 5000], "line 2: not a list of numbers"),
        ([GOOD.replace("35.0", "50.0"), GOOD], "line 1: expected no roll and the lens"),
    ],
    ids=["short", "long", "empty", "nine", "nan", "code", "deep", "lens"],
)
def test_metadata_of_wrong_length_or_content_is_refused(lines, told, tmp_path):
    path = tmp_path / renders.METADATA
    path.write_text("\n".join(lines))
    with pytest.raises(ValueError, match=told) as error:
        renders.read_metadata(path, views=2)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("image", "told"),
    [
        (Image.new("RGBA", (137, 137)), "224 × 224 pixels, RGB or RGBA; got 137 × 137, RGBA"),
        (Image.new("L", (224, 224)), "got 224 × 224, L"),
        (Image.new("I;16", (224, 224)), "got 224 × 224, I"),
        (None, "cannot identify"),
    ],
    ids=["size", "grey", "16 bit", "no picture"],
)
def test_pictures_of_wrong_size_or_mode_are_refused(image, told, tmp_path):
    path = tmp_path / "00.png"
    image.save(path) if image else path.write_bytes(b"no picture")
    with pytest.raises(ValueError, match=told) as error:
        renders.read_picture(path)
    assert str(path) in str(error.value)


def test_pictures_that_are_rgb_or_cut_short(tmp_path):
    Image.new("RGB", (224, 224), (1, 2, 3)).save(tmp_path / "00.png")
    assert (renders.read_picture(tmp_path / "00.png") == [1, 2, 3]).all()
    whole = (tmp_path / "00.png").read_bytes()
    (tmp_path / "01.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"01\.png"):
        renders.read_picture(tmp_path / "01.png")
    with pytest.raises(FileNotFoundError, match="there is no picture"):
        renders.read_picture(tmp_path / "02.png")
    with pytest.raises(FileNotFoundError, match="written last"):
        renders.read_renders(tmp_path)


# Sets


def test_objects_are_those_of_the_views_and_made_once(tmp_path, monkeypatch):
    fields = load_fields("sofa", "test", n=2, samples=N, root=tmp_path)
    assert fields.names == ("sofa-20000000", "sofa-20000001")
    mesh, samples = fields.mesh(1), fields.samples(1)
    assert mesh.vertices.norm(dim=1).max().item() == pytest.approx(1 / 1.03, rel=1e-5)
    assert len(samples) == N
    torch.testing.assert_close(MeshField(mesh)(samples.points), samples.distances)
    torch.testing.assert_close(fields.frame(1)(fields.original(1).vertices), mesh.vertices)
    hard = fields.pictures(1, "hard")
    assert (hard.images == 255).mean() < 0.95
    monkeypatch.setattr("fiveviews.data.fields.make", None)  # nothing is made twice
    assert torch.equal(fields.samples(1).points, samples.points)
    assert (fields.pictures(1, "hard").images == hard.images).all()
    assert fields[1:].names == fields.names[1:]
    assert torch.equal(fields[[1]].samples(0).points, samples.points)


def test_two_sets_have_one_digest_only_with_the_same_objects(tmp_path):
    first = load_fields("plane", "train", n=2, samples=N, root=tmp_path / "a")
    same = load_fields("plane", "train", n=2, samples=N, root=tmp_path / "b")
    other = load_fields("plane", "test", n=2, samples=N, root=tmp_path / "a")
    assert first.sha256 == same.sha256 != other.sha256


def test_an_interrupted_folder_of_pictures_is_made_again(tmp_path):
    fields = load_fields("chair", "val", n=1, samples=N, root=tmp_path)
    images = fields.pictures(0).images
    (metadata,) = tmp_path.rglob(renders.METADATA)
    metadata.unlink()
    next(tmp_path.rglob("01.png")).write_bytes(b"half")
    assert (fields.pictures(0).images == images).all()


def store(root: Path, name: str, mesh: Mesh, split: str = "train") -> Path:
    return models.add(root, "chair", name, mesh, Credit(name, "nobody", "CC0"), split)


def test_real_meshes_are_used_where_an_inside_can_be_told_and_left_out_elsewhere(tmp_path):
    store(tmp_path, "a-closed", box())
    store(tmp_path, "b-inverted", flipped(icosphere(1)))
    store(tmp_path, "c-sheets", soup(30, 0))
    store(tmp_path, "d-pinhole", Mesh(icosphere(3).vertices, icosphere(3).faces[1:]))
    fields = load_fields("chair", "train", "models", samples=N, root=tmp_path)
    assert fields.names == ("a-closed", "b-inverted", "d-pinhole")
    ((name, reason),) = fields.left_out
    assert name == "c-sheets"
    assert "no inside can be told: 30 faces in 30 bodies: 90 open edges" in reason
    for i in range(3):
        assert (fields.samples(i).distances < 0).double().mean() > 0.2
    assert len(load_fields("chair", "train", "models", n=2, samples=N, root=tmp_path)) == 2
    with pytest.raises(ValueError, match="3 chair models of train have an inside; 4 were"):
        load_fields("chair", "train", "models", n=4, samples=N, root=tmp_path)


def test_the_verdict_on_a_mesh_is_remembered_until_it_is_replaced(tmp_path, monkeypatch):
    store(tmp_path, "a", soup(30, 0))
    path = store(tmp_path, "b", box())
    first = load_fields("chair", "train", "models", samples=N, root=tmp_path)
    monkeypatch.setattr("fiveviews.data.fields.inspect", None)
    again = load_fields("chair", "train", "models", samples=N, root=tmp_path)
    assert (again.names, again.left_out) == (first.names, first.left_out)
    monkeypatch.undo()
    save_mesh(path, soup(30, 1))
    with pytest.raises(ValueError, match="0 chair models of train have an inside"):
        load_fields("chair", "train", "models", samples=N, root=tmp_path)
    (notes,) = tmp_path.rglob("inside.json")
    notes.write_text("{")
    save_mesh(path, box())
    assert len(load_fields("chair", "train", "models", samples=N, root=tmp_path)) == 1


def test_a_mesh_that_is_replaced_is_sampled_anew(tmp_path):
    path = store(tmp_path, "a", box())
    fields = load_fields("chair", "train", "models", samples=N, root=tmp_path)
    before = fields.samples(0)
    store(tmp_path, "a", icosphere(1))
    newer = max(f.stat().st_mtime_ns for f in tmp_path.rglob("*.npz")) + 10**9
    os.utime(path, ns=(newer, newer))
    assert not torch.equal(fields.samples(0).points, before.points)


def test_what_does_not_exist_is_refused(tmp_path):
    for arguments, told in [
        (("unicorn", "train"), "no category 'unicorn'"),
        (("chair", "exam"), "no split 'exam'"),
        (("chair", "train", "moon"), "no source 'moon'; choose one of procedural, models"),
        (("chair", "train", "procedural", 0), "n is 1 or more"),
    ]:
        with pytest.raises(ValueError, match=told):
            load_fields(*arguments, root=tmp_path)
    with pytest.raises(FileNotFoundError, match="fetch_open_models"):
        load_fields("chair", "train", "models", root=tmp_path)


def test_holes_are_forgiven_as_long_as_they_are_small():
    judge(inspect(pierced(0.99, 3)))
    with pytest.raises(ValueError, match="unclear sign"):
        judge(inspect(pierced(0.5, 3)))


def test_the_views_of_real_models_are_as_before(tmp_path):
    store(tmp_path, "a", box())
    assert load_views("chair", "train", "models", root=tmp_path).names == ("a",)
    assert models.choose("chair", "train", root=tmp_path)[0].stem == "a"


# The command


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    done = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(done, capture_output=True, text=True, check=False)


def test_the_command_makes_a_shard_says_so_and_goes_on(tmp_path):
    arguments = ("chair", "--split", "test", "-n", 2, "--samples", N, "--no-pictures")
    first = command(*arguments, "--root", tmp_path, "--shard", "1/2")
    assert (first.returncode, first.stderr) == (0, "")
    assert "chair, test: 2 objects (part 1/2) in" in first.stdout
    (made,) = tmp_path.rglob("SdfSamples/**/*.npz")
    stamp = made.stat().st_mtime_ns
    fields = load_fields("chair", "test", n=2, samples=N, root=tmp_path)
    for i in range(2):
        fields.make(i, pictures=False)
    assert made.stat().st_mtime_ns == stamp
    assert len(list(tmp_path.rglob("SdfSamples/**/*.npz"))) == 2


def test_a_command_that_is_killed_leaves_whole_files_and_goes_on(tmp_path):
    arguments = ("chair", "--split", "test", "-n", 40, "--samples", 2000, "--no-pictures")
    killed = subprocess.Popen([sys.executable, SCRIPT, *map(str, arguments), "--root", tmp_path])
    deadline = time.monotonic() + 120
    while not list(tmp_path.rglob("SdfSamples/**/chair-*.npz")) and time.monotonic() < deadline:
        time.sleep(0.05)
    killed.kill()
    assert killed.wait() == -signal.SIGKILL
    made = list(tmp_path.rglob("SdfSamples/**/chair-*.npz"))
    assert 0 < len(made) < 40
    assert all(len(read_samples(path)) == 2000 for path in made)
    stamps = {path: path.stat().st_mtime_ns for path in made}
    fields = load_fields("chair", "test", n=len(made) + 1, samples=2000, root=tmp_path)
    for i in range(len(fields)):
        fields.make(i, pictures=False)
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items())
    assert all(len(fields.samples(i)) == 2000 for i in range(len(fields)))


def test_the_command_makes_a_mesh_that_is_replaced_anew_and_notices_other_changes(tmp_path):
    path = store(tmp_path, "a", box())
    store(tmp_path, "b", icosphere(1))
    arguments = ("chair", "--source", "models", "--split", "train", "--samples", N)
    arguments += ("--no-pictures", "--root", tmp_path)
    assert command(*arguments).returncode == 0
    (made,) = tmp_path.rglob("SdfSamples/**/a.npz")
    sums = made.with_name("SHA256SUMS")
    before = sums.read_text().splitlines()
    save_mesh(path, icosphere(1))
    newer = made.stat().st_mtime_ns + 10**9
    os.utime(path, ns=(newer, newer))
    again = command(*arguments)
    assert again.returncode == 0, again.stderr
    after = sums.read_text().splitlines()
    assert [line[66:] for line in after] == ["a.npz", "b.npz"]
    assert after[0] != before[0]
    assert after[1] == before[1]
    made.with_name("b.npz").write_bytes(made.read_bytes())
    assert "is not the file that was made" in command(*arguments).stderr


def test_the_command_explains_what_it_cannot_do(tmp_path):
    bad = command("unicorn", "--root", tmp_path)
    assert bad.returncode == 1
    assert bad.stderr.startswith("no category 'unicorn'")
    assert "k from 0 to n - 1; got '3/2'" in command("chair", "--shard", "3/2").stderr


def test_meshes_as_files_have_what_they_lack_reported(tmp_path):
    """From the file to the sentence: a mesh whose parts are inverted, open, or in pieces."""
    save_mesh(tmp_path / "open.obj", Mesh(box().vertices, box().faces[:-1]))
    assert "3 open edges" in str(inspect(load_mesh(tmp_path / "open.obj")))
    save_mesh(tmp_path / "soup.stl", box())  # STL repeats every vertex
    assert str(inspect(load_mesh(tmp_path / "soup.stl"))).endswith("closed and facing outward.")
    shutil.rmtree(tmp_path)


# The papers' own files as a set


@pytest.fixture
def shapenet(tmp_path) -> Path:
    """A data root with three chairs to train on, of which one was not rendered, and one to test."""
    for seed, name in enumerate(("a1", "b2", "c3", "d4")):
        pictures = official_chair(tmp_path, name, seed)
        if name == "b2":
            shutil.rmtree(pictures)
    for split, names in (("train", ["c3", "b2", "a1", "c3"]), ("test", ["d4"])):
        listed = {"ShapeNetV2": {CHAIRS: names}}
        (tmp_path / "shapenet" / f"sv2_chairs_{split}.json").write_text(json.dumps(listed))
    return tmp_path


def test_official_files_are_a_set_like_any_other(shapenet):
    chairs = load_fields("chair", "train", "official", root=shapenet)
    assert chairs.names == ("c3", "a1")  # in the order of the list, each once, none half there
    assert [name for name, _ in chairs.left_out] == ["b2"]
    assert "easy" in chairs.left_out[0][1]
    mesh, own = make("chair", 0), chairs.mesh(1)
    assert torch.allclose(own.vertices, unit_sphere(mesh).mesh(mesh).vertices, atol=1e-5)
    samples = chairs.samples(1)
    assert len(samples) == 400
    apart = MeshField(own)(samples.points) - samples.distances
    assert apart.abs().max() < 1e-4
    assert chairs.pictures(0).images.shape == (3, 224, 224, 3)
    assert len(chairs.sha256) == 64
    (one,) = fields_official.load("chair", "train", n=1, samples=90, root=shapenet).names
    assert one == "c3"
    few = fields_official.load("chair", "train", samples=90, root=shapenet)
    assert torch.equal(few.samples(0).points, few.samples(0).points)  # the lot is the name's
    assert len(few.samples(0).outside) == len(few.samples(0).inside) == 45
    assert len(few[[1]].samples(0)) == 90


@pytest.mark.parametrize(("outside", "inside"), [(100, 3), (3, 100), (0, 100), (20, 20), (5, 5)])
def test_of_many_samples_half_on_either_side_are_kept_where_there_are_so_many(outside, inside):
    distances = torch.cat([torch.ones(outside), -torch.ones(inside)])
    points = torch.arange(3.0 * len(distances)).view(-1, 3)
    kept = fields_official.thinned(SdfSamples(points, distances), 20, seed=1)
    assert len(kept) == min(20, outside + inside)
    assert len(kept.inside) >= min(inside, 10)
    assert len(kept.outside) >= min(outside, 10)
    assert len(set(kept.points[:, 0].tolist())) == len(kept)  # none twice
    assert ((kept.points[:, 0] < 3 * outside) == (kept.distances > 0)).all()


def test_rows_with_nan_are_left_out_of_official_samples_and_of_no_others(shapenet):
    path = shapenet / "shapenet" / "SdfSamples" / "ShapeNetV2" / CHAIRS / "a1.npz"
    with np.load(path) as file:
        pos, neg = file["pos"], file["neg"]
    pos[:7, 3] = np.nan
    np.savez(path, pos=pos, neg=neg)
    chairs = fields_official.load("chair", "train", root=shapenet)
    assert len(chairs.samples(1)) == 393
    with pytest.raises(ValueError, match=r"7 of .* rows of 'pos' hold NaN"):
        read_samples(path)


def test_what_official_fields_lack_is_told(shapenet):
    with pytest.raises(FileNotFoundError, match=r"sv2_sofas_train\.json; DeepSDF's list"):
        fields_official.load("sofa", "train", root=shapenet)
    with pytest.raises(
        ValueError, match="2 of the 3 chair objects of train; 3 were asked for; of b2"
    ):
        fields_official.load("chair", "train", n=3, root=shapenet)
    with pytest.raises(ValueError, match="DeepSDF has no other"):
        fields_official.load("chair", "val", root=shapenet)
    path = shapenet / "shapenet" / "sv2_chairs_train.json"
    for wrong in ("[]", "{", json.dumps({"ShapeNetV2": {CHAIRS: ["../up"]}})):
        path.write_text(wrong)
        with pytest.raises(ValueError, match=r"must hold \{'ShapeNetV2'"):
            fields_official.load("chair", "train", root=shapenet)
