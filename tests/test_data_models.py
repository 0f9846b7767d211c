"""Folders of meshes become data sets; what cannot is listed and skipped."""

import json

import numpy as np
import pytest
import torch
import trimesh
from test_data_views import full_disk

from fiveviews.data import models
from fiveviews.data.models import Failure, import_folder
from fiveviews.data.views import Credit, load_views
from fiveviews.meshes import Mesh, icosphere, load_mesh


@pytest.fixture
def folder(tmp_path):
    """Meshes in all formats, in two categories, with some that are no use."""
    folder = tmp_path / "mine"
    (folder / "chair" / "set").mkdir(parents=True)
    (folder / "lamp").mkdir()
    for i, kind in enumerate(("obj", "ply", "glb", "off", "stl")):
        trimesh.creation.box((1 + i, 2, 3)).export(folder / "chair" / f"box{i}.{kind}")
    trimesh.creation.cone(1, 5).export(folder / "chair" / "set" / "cone.obj")
    trimesh.creation.icosphere(1).export(folder / "lamp" / "ball.ply")
    (folder / "chair" / "empty.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\n")
    (folder / "chair" / "nan.obj").write_text("v nan 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    (folder / "chair" / "range.off").write_text("OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 7\n")
    (folder / "chair" / "noise.glb").write_bytes(bytes(range(256)))
    (folder / "chair" / "point.obj").write_text("v 1 1 1\nv 1 1 1\nv 1 1 1\nf 1 2 3\n")
    half = (folder / "chair" / "box1.ply").read_bytes()
    (folder / "chair" / "half.ply").write_bytes(half[: len(half) * 3 // 4])
    (folder / "chair" / "notes.txt").write_text("not a mesh")
    (folder / "loose.obj").write_text("not in a category")
    return folder


BROKEN = {"empty.obj", "nan.obj", "range.off", "noise.glb", "point.obj", "half.ply"}


def test_every_format_comes_in_and_failures_say_why(folder, tmp_path):
    counts, failures = import_folder(folder, root=tmp_path)
    assert counts == {"chair": 6, "lamp": 1}
    assert {failure.path.rpartition("/")[2] for failure in failures} == BROKEN
    assert all(len(failure.reason) > 20 for failure in failures)
    report = json.loads((tmp_path / "models" / "report.json").read_text())
    assert [Failure(**row) for row in report] == failures
    stored = load_mesh(tmp_path / "models" / "chair" / "box0.ply")
    low, high = stored.vertices.aminmax(dim=0)
    assert torch.allclose(high, torch.tensor([1, 2, 3]) / 6)
    assert torch.allclose(low, -high)
    assert (tmp_path / "models" / "chair" / "set-cone.ply").is_file()


def test_they_load_like_any_other_data(folder, tmp_path):
    import_folder(folder, root=tmp_path)
    names = [path.stem for path in sorted((tmp_path / "models" / "chair").glob("*.ply"))]
    train = [name for name in names if models._split(f"chair/{name}") == "train"]
    assert train
    views = load_views("chair", "train", "models", root=tmp_path)
    assert views.names == tuple(train)
    assert views.credits[0].origin.startswith(str(folder))
    assert views.voxels.any(axis=(1, 2, 3)).all()
    again = load_views("chair", "train", "models", n=1, root=tmp_path)
    assert again.sha256 == views[:1].sha256
    with pytest.raises(
        ValueError, match=f"{6 - len(train)} chair models for test; 50 were asked for"
    ):
        load_views("chair", "test", "models", n=50, root=tmp_path)
    with pytest.raises(ValueError, match=r"no models of 'sofa' .* it has chair, lamp"):
        load_views("sofa", "train", "models", root=tmp_path)


def test_pictures_follow_the_meshes(tmp_path):
    """A changed mesh is rendered anew, though its name is the same."""
    credit = Credit("Ball", "Ada", "CC0-1.0")
    models.add(tmp_path, "lamp", "ball", icosphere(1), credit, "test")
    first = load_views("lamp", "test", "models", root=tmp_path)
    assert first.credits == (credit,)
    box = trimesh.creation.box((1, 3, 1))
    mesh = Mesh(np.asarray(box.vertices), np.asarray(box.faces))
    models.add(tmp_path, "lamp", "ball", mesh, credit, "test")
    second = load_views("lamp", "test", "models", root=tmp_path)
    assert second.voxels.sum() < first.voxels.sum()
    assert first.voxels[0, 16, 16, 16]


def test_turned_meshes_stand_up(tmp_path):
    """A post along +z of z-up files stands along +y here; its front, at -y there, is at +z here."""
    (tmp_path / "mine").mkdir()
    post = trimesh.util.concatenate(
        trimesh.creation.box((1, 1, 4)),
        trimesh.creation.box((0.4, 1, 0.4), trimesh.transformations.translation_matrix((0, -1, 0))),
    )
    post.export(tmp_path / "mine" / "post.stl")
    turn = torch.tensor([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    import_folder(tmp_path / "mine", "lamp", tmp_path, turn)
    mesh = load_mesh(tmp_path / "models" / "lamp" / "post.ply")
    extent = mesh.vertices.amax(0) - mesh.vertices.amin(0)
    assert extent.argmax() == 1
    narrow = mesh.vertices[:, 0].abs() < 0.11  # the small box
    assert mesh.vertices[narrow, 2].mean() > 0.1


def test_thin_legs_stay():
    """A plate on legs a hundredth as thick as it is wide: every leg is in the voxels."""
    from fiveviews.voxels import voxelise

    parts = [
        trimesh.creation.box(
            (1, 0.05, 1), trimesh.transformations.translation_matrix((0, 0.475, 0))
        )
    ]
    for x in (-0.45, 0.45):
        for z in (-0.45, 0.45):
            at = trimesh.transformations.translation_matrix((x, 0, z))
            parts.append(trimesh.creation.box((0.01, 0.9, 0.01), at))
    table = trimesh.util.concatenate(parts)
    voxels = voxelise(models.prepare(Mesh(np.asarray(table.vertices), np.asarray(table.faces))))
    slices = voxels[:, 8, :]
    for corner in (slices[:16, :16], slices[:16, 16:], slices[16:, :16], slices[16:, 16:]):
        assert corner.any()
    assert slices.sum() <= 16


def test_unused_vertices_do_not_count():
    mesh = Mesh([[9.0, 9, 9], [0, 0, 0], [1, 0, 0], [0, 1, 0]], [[1, 2, 3]])
    prepared = models.prepare(mesh)
    assert len(prepared.vertices) == 3
    assert prepared.vertices.abs().max() == 0.5


def test_an_import_goes_on_where_it_stopped(folder, tmp_path):
    import_folder(folder, root=tmp_path)
    first = tmp_path / "models" / "chair" / "box0.ply"
    before = first.stat().st_mtime_ns
    (tmp_path / "models" / "lamp" / "ball.ply").unlink()
    counts, _ = import_folder(folder, root=tmp_path)
    assert counts == {"chair": 6, "lamp": 1}
    assert first.stat().st_mtime_ns == before


def test_folders_without_meshes_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder"):
        import_folder(tmp_path / "none")
    (tmp_path / "loose.obj").write_text("f")
    with pytest.raises(ValueError, match=r"no meshes in its sub-folders.*\.obj, \.ply"):
        import_folder(tmp_path, root=tmp_path)


def test_full_disk(folder, tmp_path, monkeypatch):
    full_disk(monkeypatch)
    with pytest.raises(OSError, match="the disk is full"):
        import_folder(folder, root=tmp_path)
    assert not list((tmp_path / "models").rglob("*.ply"))
    assert not list((tmp_path / "models").rglob("*.part"))


def test_broken_credits_are_named(tmp_path):
    models.add(tmp_path, "lamp", "ball", icosphere(1), Credit("Ball", "Ada", "CC0-1.0"), "test")
    (tmp_path / "models" / "credits.json").write_text('{"lamp/ball": ')
    with pytest.raises(ValueError, match=r"credits\.json is not valid JSON"):
        load_views("lamp", "test", "models", root=tmp_path)


def test_meshes_of_one_name_are_not_lost_in_silence(tmp_path):
    for name in ("x.obj", "x.ply", "a/b.ply", "a-b.ply"):
        path = tmp_path / "mine" / "chair" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        trimesh.creation.box((1, 2, 1)).export(path)
    for _ in range(2):
        counts, failures = import_folder(tmp_path / "mine", root=tmp_path)
        assert counts == {"chair": 2}
        assert len(list((tmp_path / "models" / "chair").glob("*.ply"))) == 2
        left_out = [failure.path.rpartition("/")[2] for failure in failures]
        assert left_out == ["a-b.ply", "x.ply"]
        assert all("rename one of them" in failure.reason for failure in failures)


def stored(root):
    """All that an import left, by path; what each part reports for itself apart."""
    found = (path for path in (root / "models").rglob("[!.]*") if path.is_file())
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in found
        if not path.name.startswith("report")
    }


def test_parts_imported_apart_are_the_whole(folder, tmp_path):
    _, failures = import_folder(folder, root=tmp_path / "whole", jobs=2)
    told = []
    for part in (2, 0, 1):
        told += import_folder(folder, root=tmp_path / "parts", shard=(part, 3))[1]
    assert stored(tmp_path / "parts") == stored(tmp_path / "whole")
    assert "models/chair/SHA256SUMS" in stored(tmp_path / "whole")
    assert sorted(map(str, told)) == sorted(map(str, failures))
    reports = (tmp_path / "parts" / "models").glob("report_?_of_3.json")
    rows = [Failure(**row) for path in reports for row in json.loads(path.read_text())]
    assert sorted(map(str, rows)) == sorted(map(str, failures))


def test_a_stopped_import_goes_on_and_ends_as_a_whole_one(folder, tmp_path, monkeypatch):
    import_folder(folder, root=tmp_path / "whole")
    read = iter(range(4))

    def stop(path):
        if next(read, None) is None:
            raise KeyboardInterrupt
        return load_mesh(path)

    monkeypatch.setattr(models, "load_mesh", stop)
    with pytest.raises(KeyboardInterrupt):
        import_folder(folder, root=tmp_path / "half")
    monkeypatch.undo()
    half = stored(tmp_path / "half")
    assert 0 < len(half) < len(stored(tmp_path / "whole"))
    import_folder(folder, root=tmp_path / "half")
    assert stored(tmp_path / "half") == stored(tmp_path / "whole")


def test_a_model_that_is_no_longer_what_was_imported_is_noticed(folder, tmp_path):
    import_folder(folder, root=tmp_path)
    box = tmp_path / "models" / "chair" / "box0.ply"
    whole = box.read_bytes()
    box.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(ValueError, match=r"box0\.ply is not the file that was made"):
        import_folder(folder, root=tmp_path)
    box.unlink()  # and so it is imported anew
    import_folder(folder, root=tmp_path)
    assert box.read_bytes() == whole
