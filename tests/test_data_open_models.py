"""The book's real models: the manifest, packages in miniature, the commands."""

import hashlib
import json
import os
import re
import runpy
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from test_data_packages import CHAIR, CUBE, TRIANGLE, make_deb, make_library
from test_data_views import full_disk

from fiveviews.data import models, open_models
from fiveviews.data.storage import data_root
from fiveviews.data.views import load_views
from fiveviews.meshes import load_mesh
from fiveviews.shapes import CATEGORIES
from fiveviews.shapes.things import HOUSEHOLD

SCRIPTS = Path(__file__).parents[1] / "data_scripts"
TURN = [0, 0, 1, 0, 1, 0, -1, 0, 0]


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A manifest of two packages in miniature, and the packages."""
    library = make_library([CHAIR], {"tiny/chair.obj": CUBE, "tiny/other.obj": CUBE})
    furniture = make_deb(
        tmp_path / "tiny-furniture_1_all.deb", "tiny-furniture", {"usr/tiny.sh3f": library}
    )
    planes = make_deb(
        tmp_path / "tiny-planes_1_all.deb",
        "tiny-planes",
        {"usr/jet.ac": TRIANGLE.encode(), "usr/odd.ac": b"AC3Db\n", "usr/box.obj": CUBE.encode()},
    )
    common = {"author": "Zoe", "licence": "CC0-1.0"}

    def digest(text: str | bytes) -> str:
        return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()[:16]

    chair = {
        "category": "chair",
        "title": "Café chair",
        "package": "tiny-furniture",
        "sha256": digest(CUBE),
        "size": [40, 80, 20],
        "rotation": TURN,
        **common,
    }
    plane = {"category": "plane", "title": "Jet", "package": "tiny-planes", **common}
    jet = plane | {"path": "usr/jet.ac", "split": "test"}
    test = chair | {"split": "test"}
    manifest = {
        "packages": {
            path.name.partition("_")[0]: {
                "version": "1",
                "default": True,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            }
            for path in (furniture, planes)
        },
        "excluded": {},
        "models": [
            chair | {"name": "cafe", "split": "train", "path": "usr/tiny.sh3f!tiny/chair.obj"},
            test | {"name": "other", "path": "usr/tiny.sh3f!tiny/other.obj"},
            test | {"name": "gone", "path": "usr/tiny.sh3f!tiny/gone.obj"},
            jet | {"name": "jet", "sha256": digest(TRIANGLE), "rotation": TURN},
            jet | {"name": "odd", "path": "usr/odd.ac", "sha256": digest(b"AC3Db\n")},
            jet | {"name": "new", "sha256": "0" * 16},
            jet | {"name": "box", "sha256": digest(CUBE), "rotation": TURN, "path": "usr/box.obj"},
        ],
    }
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(manifest))
    monkeypatch.setattr(open_models, "MANIFEST", path)
    return furniture, planes


class TestOpenModels:
    def test_install(self, tiny, tmp_path):
        failures = open_models.install(tiny, tmp_path)
        assert sorted(failure.path.rpartition("/")[2] for failure in failures) == [
            "gone.obj",
            "jet.ac",
            "odd.ac",
        ]
        assert any("another version" in failure.reason for failure in failures)
        train = load_views("chair", "train", "models", root=tmp_path)
        test = load_views("chair", "test", "models", root=tmp_path)
        assert (train.names, test.names) == (("cafe",), ("other",))
        assert (
            str(train.credits[0])
            == "Café chair by Zoe (CC0-1.0, from Debian package tiny-furniture)"
        )
        jet = load_mesh(tmp_path / "models" / "plane" / "jet.ply")
        assert jet.vertices[:, 0].abs().max() < 1e-6, "what lay along -x lies along z"
        box = load_mesh(tmp_path / "models" / "plane" / "box.ply")
        sides = box.vertices.amax(dim=0) - box.vertices.amin(dim=0)
        torch.testing.assert_close(sides, torch.tensor([1.0, 0.5, 0.25]))  # of 1 × 2 × 4, turned
        assert not list((tmp_path / "packages").glob(".unpacked*")), (
            "nothing is left of the unpacking"
        )

    def test_goes_on_where_it_stopped(self, tiny, tmp_path):
        open_models.install(tiny, tmp_path)
        kept = tmp_path / "models" / "chair" / "cafe.ply"
        before = kept.stat().st_mtime_ns
        (tmp_path / "models" / "plane" / "jet.ply").unlink()
        open_models.install(tiny, tmp_path)
        assert kept.stat().st_mtime_ns == before
        assert (tmp_path / "models" / "plane" / "jet.ply").is_file()

    def test_what_moved_to_the_other_split_moves(self, tiny, tmp_path):
        open_models.install(tiny, tmp_path)
        text = open_models.MANIFEST.read_text()
        open_models.MANIFEST.write_text(text.replace('"split": "train"', '"split": "test"'))
        open_models.install(tiny, tmp_path)
        assert load_views("chair", "test", "models", root=tmp_path).names == ("cafe", "other")

    def test_another_version_of_a_package_is_said(self, tiny, tmp_path):
        library = make_library(
            [CHAIR], {"tiny/chair.obj": CUBE, "tiny/other.obj": CUBE + "v 9 9 9\n"}
        )
        changed = make_deb(tmp_path / "new.deb", "tiny-furniture", {"usr/tiny.sh3f": library})
        with pytest.warns(
            UserWarning, match=r"new\.deb is not tiny-furniture 1 as Debian published"
        ):
            failures = open_models.install([changed], tmp_path)
        assert {"gone.obj", "other.obj"} == {f.path.rpartition("/")[2] for f in failures}
        assert (tmp_path / "models" / "chair" / "cafe.ply").is_file()

    def test_parts_installed_apart_are_the_whole_and_damage_is_noticed(self, tiny, tmp_path):
        def found(root: Path) -> dict[str, bytes]:
            paths = (path for path in (root / "models").rglob("[!.]*") if path.is_file())
            return {str(path.relative_to(root)): path.read_bytes() for path in paths}

        whole = open_models.install(tiny, tmp_path / "whole", jobs=2)
        failures = []
        for part in (1, 0):
            failures += open_models.install(tiny, tmp_path / "parts", shard=(part, 2))
        assert found(tmp_path / "parts") == found(tmp_path / "whole")
        assert "models/plane/SHA256SUMS" in found(tmp_path / "whole")
        assert sorted(map(str, failures)) == sorted(map(str, whole))
        jet = tmp_path / "whole" / "models" / "plane" / "jet.ply"
        jet.write_bytes(jet.read_bytes()[:-1] + b"x")
        with pytest.raises(ValueError, match=r"jet\.ply is not the file that was made"):
            open_models.install(tiny, tmp_path / "whole")

    def test_other_packages_are_refused(self, tiny, tmp_path):
        other = make_deb(tmp_path / "other.deb", "coreutils", {"a": b"a"})
        with pytest.raises(ValueError, match="is the package 'coreutils'; models come from tiny-f"):
            open_models.install([other], tmp_path)

    def test_full_disk(self, tiny, tmp_path, monkeypatch):
        full_disk(monkeypatch)
        with pytest.raises(OSError, match="the disk is full"):
            open_models.install(tiny, tmp_path)
        assert not list((tmp_path / "models").rglob("*.ply"))

    def test_packages_at_hand_are_used(self, tiny, tmp_path):
        folder = tmp_path / "packages"
        folder.mkdir()
        for path in tiny:
            path.rename(folder / path.name)
        assert open_models.find_package("tiny-planes", tmp_path) == folder / tiny[1].name

    def test_a_package_that_several_look_for_is_downloaded_once(self, tmp_path, monkeypatch):
        apt = tmp_path / "bin" / "apt-get"
        apt.parent.mkdir()
        apt.write_text(
            f'#!/bin/sh\necho x >> "{tmp_path}/calls"\nsleep 0.2\ntouch "$2_1_all.deb"\n'
        )
        apt.chmod(0o755)
        monkeypatch.setenv("PATH", f"{apt.parent}:{os.environ['PATH']}")
        with ThreadPoolExecutor(4) as pool:
            found = set(pool.map(open_models.find_package, ["some"] * 4, [tmp_path] * 4))
        assert found == {tmp_path / "packages" / "some_1_all.deb"}
        assert (tmp_path / "calls").read_text() == "x\n"

    def test_no_apt(self, tiny, tmp_path, monkeypatch):
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(FileNotFoundError, match=r"no apt-get.*packages\.debian\.org/bookworm"):
            open_models.find_package("tiny-absent", tmp_path)

    def test_command(self, tiny, tmp_path, monkeypatch, capsys):
        arguments = ["fetch_open_models.py", *map(str, tiny), "--root", str(tmp_path)]
        monkeypatch.setattr(sys, "argv", arguments)
        with pytest.raises(SystemExit, match="0"):
            runpy.run_path(str(SCRIPTS / "fetch_open_models.py"), run_name="__main__")
        printed = capsys.readouterr()
        assert "chair:   1 for training,   1 for testing" in printed.out
        assert "CC0-1.0 (4)" in printed.out
        assert "left out: tiny-planes_1_all.deb: usr/odd.ac" in printed.err


@pytest.mark.parametrize(
    ("script", "arguments", "code", "message"),
    [
        ("fetch_open_models.py", ["none.deb"], 1, "no package file none.deb"),
        ("import_shapenet.py", ["none.zip"], 1, "no file none.zip"),
        ("import_shapenet.py", [], 1, "missing: .*02691156_train_images.npz"),
        ("import_models.py", ["none"], 1, "no folder none"),
        ("import_models.py", ["none", "--up=-z", "--front=z"], 2, "the same axis"),
        ("curate_open_models.py", ["--help"], 0, ""),
        ("import_models.py", ["--help"], 0, ""),
        ("import_shapenet.py", ["--help"], 0, ""),
        ("fetch_open_models.py", ["--help"], 0, ""),
    ],
)
def test_commands_end_with_one_clear_sentence(
    script, arguments, code, message, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("FIVEVIEWS_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [script, *arguments])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(SCRIPTS / script), run_name="__main__")
    assert ended.value.code == code
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    assert re.search(message, printed.err)


class TestManifest:
    """The list of the book's real models is complete and consistent."""

    def test_every_model_is_described(self):
        packages, entries = open_models.read_manifest()
        for entry in entries:
            assert entry.category in (*CATEGORIES, *HOUSEHOLD, "bunny")
            assert entry.split in models.SPLITS
            assert entry.package in packages
            assert all([entry.title, entry.author, entry.licence])
            assert len(entry.sha256) == 16
            turn = np.array(entry.rotation).reshape(3, 3)
            assert np.allclose(turn @ turn.T, np.eye(3), atol=1e-3)
            assert np.linalg.det(turn) > 0, "a rotation, not a mirror"
        assert len({(entry.category, entry.name) for entry in entries}) == len(entries)

    def test_nothing_is_in_both_splits_or_excluded_too(self):
        _, entries = open_models.read_manifest()
        excluded = json.loads(open_models.MANIFEST.read_text("utf-8"))["excluded"]
        assert len({entry.path for entry in entries}) == len(entries)
        assert len({(entry.category, entry.sha256) for entry in entries}) == len(entries)
        assert not excluded.keys() & {entry.path for entry in entries}

    def test_there_is_enough_to_train_on(self):
        _, entries = open_models.read_manifest()
        counts = Counter((entry.category, entry.split) for entry in entries)
        for category in ("chair", "table", "plane", "lamp", "cabinet", "sofa"):
            assert counts[category, "train"] >= 20
            assert counts[category, "test"] >= 5

    def test_what_the_rooms_of_pix2scene_need_is_there_without_the_nonfree_package(self):
        packages, entries = open_models.read_manifest()
        free = [entry for entry in entries if packages[entry.package]["default"]]
        counts = Counter(entry.category for entry in free if entry.split == "test")
        for category in set(HOUSEHOLD) - {"can"}:  # the one can is under the Free Art License
            assert counts[category] >= 2
        assert sum(counts[category] for category in HOUSEHOLD) >= 20
        assert all(entry.split == "test" for entry in entries if entry.category in HOUSEHOLD)
        assert counts["vessel"] >= 5
        assert counts["car"] >= 14

    def test_what_was_left_out_has_a_reason(self):
        excluded = json.loads(open_models.MANIFEST.read_text("utf-8"))["excluded"]
        assert list(excluded) == sorted(excluded)
        assert all(len(reason.split()) > 1 for reason in excluded.values())


class TestRealPackages:
    """Run only where the real data are already there: CI does not download 560 MB."""

    def test_sweet_home(self, tmp_path):
        found = sorted((data_root() / "packages").glob("sweethome3d_*.deb"))
        if not found:
            pytest.skip(f"the package sweethome3d is not in {data_root() / 'packages'}")
        assert open_models.install(found, tmp_path) == []
        tables = load_views("table", "train", "models", root=tmp_path)
        assert {credit.licence for credit in tables.credits} == {"GPL-2.0-or-later"}
        front, side = (tables.masks[:, view].any(axis=1).sum(axis=1) for view in (0, 6))
        assert (front >= side).mean() > 0.5, "tables are wider than deep when they face the viewer"

    def test_aircraft_fly_towards_the_viewer(self):
        """The fin, the highest part of an airliner, is behind; the wings are left and right."""
        paths = sorted((data_root() / "models" / "plane").glob("a3*.ply"))
        if not paths:
            pytest.skip(f"no aircraft in {data_root() / 'models'}: run fetch_open_models.py")
        for path in paths:
            vertices = load_mesh(path).vertices
            top = vertices[vertices[:, 1] > vertices[:, 1].max() - 0.02]
            assert top[:, 2].mean() < -0.2, path
            assert top[:, 0].abs().max() < 0.05, path

    def test_ships_sail_towards_the_viewer(self):
        """A freighter's bridge, its highest part, is behind; and it is far longer than wide."""
        folder = data_root() / "models" / "vessel"
        names = ("containership", "freighter", "tanker", "simplefreighter")
        paths = [path for name in names for path in folder.glob(f"{name}.ply")]
        if not paths:
            pytest.skip(f"no ships in {folder}: run fetch_open_models.py")
        for path in paths:
            vertices = load_mesh(path).vertices
            top = vertices[vertices[:, 1] > vertices[:, 1].max() - 0.03]
            assert top[:, 2].mean() < -0.2, path
            low, high = vertices.aminmax(dim=0)
            assert (high - low)[2] > 3 * (high - low)[0], path
