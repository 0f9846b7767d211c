"""The papers' npz layout: exact, invertible, in their axes, and refused with a reason otherwise."""

import math
import runpy
import shutil
import stat
import zipfile

import numpy as np
import pytest
import trimesh
from test_data_views import full_disk

from fiveviews.book.pages import ROOT
from fiveviews.cameras import to_softras
from fiveviews.data import archive, official
from fiveviews.data.command import SUMS
from fiveviews.data.rendering import observe
from fiveviews.data.views import ViewSet, load_views
from fiveviews.meshes import Mesh
from fiveviews.voxels import voxelise

IMAGES, VOXELS = "03001627_test_images.npz", "03001627_test_voxels.npz"


def block(centre: tuple[float, float, float], size: tuple[float, float, float]) -> Mesh:
    box = trimesh.creation.box(size, trimesh.transformations.translation_matrix(centre))
    return Mesh(np.asarray(box.vertices), np.asarray(box.faces))


@pytest.fixture(scope="module")
def planted() -> Mesh:
    """A block that no mirror or swap of axes maps to itself."""
    return block((0.311, -0.143, 0.227), (0.13, 0.29, 0.17))


@pytest.fixture(scope="module")
def views(planted) -> ViewSet:
    ball = block((0.0, 0.1, -0.2), (0.4, 0.5, 0.3))
    pairs = [observe(mesh) for mesh in (planted, ball)]
    images, voxels = (np.stack(arrays) for arrays in zip(*pairs, strict=True))
    names = ("03001627-test-00000", "03001627-test-00001")
    return ViewSet(images, voxels, names, "chair", "test", "official")


@pytest.fixture
def folder(tmp_path, views):
    official.write(tmp_path, views)
    return tmp_path


def test_files_have_the_documented_names_shapes_and_types(folder):
    with np.load(folder / IMAGES) as file:
        assert file.files == ["arr_0"]
        assert file["arr_0"].shape == (2, 24, 4, 64, 64)
        assert file["arr_0"].dtype == np.uint8
    with np.load(folder / VOXELS) as file:
        assert file["arr_0"].shape == (2, 32, 32, 32)
        assert file["arr_0"].dtype == np.bool_


def test_round_trip_is_exact_both_ways(folder, views, tmp_path_factory):
    back = official.read(folder, "chair", "test")
    assert back.sha256 == views.sha256
    again = tmp_path_factory.mktemp("again")
    official.write(again, back)
    for name in (IMAGES, VOXELS):
        with np.load(folder / name) as first, np.load(again / name) as second:
            assert (first["arr_0"] == second["arr_0"]).all()


def test_first_objects_alone(folder, views):
    assert official.read(folder, "chair", "test", n=1).sha256 == views[:1].sha256
    with pytest.raises(ValueError, match=f"{IMAGES}: it holds 2 objects; 3 were asked for"):
        official.read(folder, "chair", "test", n=3)


def test_colours_are_inverted_over_white(folder, views):
    with np.load(folder / IMAGES) as file:
        raw = file["arr_0"][0, 3].astype(int)
    ours = views.images[0, 3].astype(int)
    over_white = ours[..., :3] + 255 - ours[..., 3:]
    assert (raw[:3] == 255 - over_white.transpose(2, 0, 1)).all()
    assert (raw[3] == ours[..., 3]).all()
    assert (raw[:, 0, 0] == 0).all()


def test_voxels_follow_softras_comparison_rule(folder, planted):
    """SoftRas voxelises in its own world, swaps the first two axes and flips the third."""
    theirs = voxelise(Mesh(to_softras(planted.vertices), planted.faces.flip(1)))
    with np.load(folder / VOXELS) as file:
        stored = file["arr_0"][0]
    assert stored.sum() > 20
    assert (theirs.transpose(1, 0, 2)[:, :, ::-1] == stored).all()
    cell = [math.floor((c + 0.5) * 32) for c in (-0.143, 0.311, 0.227)]  # y, x, z of our world
    assert stored[tuple(cell)]


def test_view_k_is_softras_view_k(views, planted):
    """Its left-handed camera, computed here from its own formulas, sees the block where we do."""
    centre = to_softras(planted.vertices).double().numpy().mean(axis=0)
    for k in range(24):
        a, e, d = math.radians(-15 * k), math.radians(30), 2.732
        eye = d * np.array([math.cos(e) * math.sin(a), math.sin(e), -math.cos(e) * math.cos(a)])
        z = -eye / d
        x = np.cross([0, 1, 0], z)
        x /= np.linalg.norm(x)
        point = np.stack([x, np.cross(z, x), z]) @ (centre - eye)
        px, py = point[:2] / point[2] / math.tan(math.radians(15))
        alpha = views.images[0, k, ..., 3].astype(float)
        row, column = (np.indices((64, 64)) * alpha).sum(axis=(1, 2)) / alpha.sum()
        assert abs(column - (px * 64 + 63) / 2) < 0.7
        assert abs(row - (63 - py * 64) / 2) < 0.7


def test_load_views_finds_them(folder, views):
    root = folder / "root"
    (root / "official").mkdir(parents=True)
    for name in (IMAGES, VOXELS):
        shutil.copy(folder / name, root / "official")
    assert load_views("chair", "test", "official", root=root).sha256 == views.sha256


def objects(n: int = 2) -> np.ndarray:
    return np.array([{"a": 1}] * n, dtype=object)


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        (IMAGES, np.zeros((2, 24, 64, 64, 4), np.uint8), r"uint8 \(2, 24, 64, 64, 4\); expected"),
        (IMAGES, np.zeros((2, 20, 4, 64, 64), np.uint8), r"expected uint8 \(n, 24, 4, 64, 64\)"),
        (IMAGES, np.zeros((2, 24, 4, 64, 64), np.float32), "it holds float32"),
        (IMAGES, np.zeros(7, np.uint8), r"it holds uint8 \(7,\)"),
        (IMAGES, objects(), "pickled Python objects"),
        (VOXELS, np.zeros((2, 32, 32, 32), np.uint8), "it holds uint8"),
        (VOXELS, np.zeros((2, 64, 64, 64), bool), r"expected bool \(n, 32, 32, 32\)"),
        (VOXELS, np.zeros((3, 32, 32, 32), bool), f"it holds 3 objects, but {IMAGES} holds 2"),
        (VOXELS, objects(), "pickled Python objects"),
        (VOXELS, np.asfortranarray(np.zeros((2, 32, 32, 32), bool)), "Fortran order"),
    ],
)  # fmt: skip
def test_wrong_arrays_are_described(folder, name, array, message):
    np.savez(folder / name, array)
    for use in (official.read, official.inspect):
        with pytest.raises(ValueError, match=f"{name}: .*{message}"):
            use(folder, "chair", "test")


@pytest.mark.parametrize("name", [IMAGES, VOXELS])
@pytest.mark.parametrize("keep", [0.0, 0.3, 0.97])
def test_truncated_files_are_described(folder, name, keep):
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: int(keep * len(data))])
    with pytest.raises(ValueError, match=name):
        official.read(folder, "chair", "test")


def test_array_shorter_than_its_header(folder):
    whole, short = folder / VOXELS, folder / "short.npz"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(short, "w") as target:
        target.writestr("arr_0.npy", source.read("arr_0.npy")[:-100])
    short.replace(whole)
    with pytest.raises(ValueError, match=f"{VOXELS}: it breaks off"):
        official.read(folder, "chair", "test")


def test_damaged_content_fails_its_checksum(folder):
    data = bytearray((folder / VOXELS).read_bytes())
    data[len(data) // 2] ^= 0xFF
    (folder / VOXELS).write_bytes(data)
    with pytest.raises(ValueError, match=VOXELS):
        official.read(folder, "chair", "test")


def test_two_arrays_in_one_file(folder):
    np.savez(folder / VOXELS, a=np.zeros(1), b=np.zeros(1))
    with pytest.raises(ValueError, match="expected one array, found 2"):
        official.read(folder, "chair", "test")


def test_full_disk_leaves_no_file(tmp_path, views, monkeypatch):
    full_disk(monkeypatch)
    with pytest.raises(OSError, match="the disk is full"):
        official.write(tmp_path, views)
    assert list(tmp_path.iterdir()) == []


class TestZip:
    """The downloaded zip is checked before anything of it is written."""

    @pytest.fixture
    def download(self, folder):
        path = folder / "mesh_reconstruction_dataset.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
            target.writestr("datasets/readme.txt", "not needed")
            for name in (IMAGES, VOXELS):
                target.write(folder / name, f"datasets/{name}")
        return path

    def refused(self, path, folder, message):
        with pytest.raises(ValueError, match=message) as caught:
            archive.unpack(path, folder)
        assert path.name in str(caught.value)
        assert not folder.exists() or list(folder.iterdir()) == []

    def crafted(self, tmp_path, name: str, data: bytes = b"x", mode: int = 0):
        path = tmp_path / "crafted.zip"
        member = zipfile.ZipInfo(name)
        member.external_attr = mode << 16
        with zipfile.ZipFile(path, "w") as target:
            target.writestr(member, data)
            target.writestr(IMAGES, b"anything")
        return path

    def test_unpacks_flat_and_goes_on(self, download, tmp_path, views):
        target = tmp_path / "root" / "official"
        assert [path.name for path in archive.unpack(download, target)] == [IMAGES, VOXELS]
        assert sorted(path.name for path in target.glob("[!.]*")) == [IMAGES, VOXELS, SUMS]
        assert (
            load_views("chair", "test", "official", root=tmp_path / "root").sha256 == views.sha256
        )
        before = (target / IMAGES).stat().st_mtime_ns
        (target / VOXELS).write_bytes(b"half")
        archive.unpack(download, target)
        assert (target / IMAGES).stat().st_mtime_ns == before, "what was there was kept"
        assert official.inspect(target, "chair", "test") == 2

    def test_parts_unpacked_apart_are_the_whole(self, download, tmp_path):
        archive.unpack(download, tmp_path / "whole", jobs=2)
        for shard, name in (((1, 2), VOXELS), ((0, 2), IMAGES)):
            made = archive.unpack(download, tmp_path / "parts", shard=shard)
            assert [path.name for path in made] == [name]
        for name in (IMAGES, VOXELS, SUMS):
            whole = (tmp_path / "whole" / name).read_bytes()
            assert (tmp_path / "parts" / name).read_bytes() == whole

    def test_the_command_notices_a_damaged_file_and_mends_it(
        self, download, tmp_path, monkeypatch, capsys
    ):
        main = runpy.run_path(str(ROOT / "data_scripts" / "import_shapenet.py"))["main"]

        def run(*words: object) -> str:
            arguments = ["import_shapenet.py", *map(str, words), "--root", str(tmp_path)]
            monkeypatch.setattr("sys.argv", arguments)
            main()
            return capsys.readouterr().err

        assert "is not the file" not in run(download)
        stored = tmp_path / "official" / IMAGES
        whole = stored.read_bytes()
        stored.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        assert f"{stored} is not the file that was made" in run()
        assert "is not the file" not in run(download)
        assert stored.read_bytes() == whole
        assert "is not the file" not in run()

    @pytest.mark.parametrize(
        "name", ["../outside.npz", "/etc/passwd", "a/../../b.npz", "..\\b.npz", "C:\\b.npz"]
    )
    def test_paths_that_leave(self, tmp_path, name):
        self.refused(self.crafted(tmp_path, name), tmp_path / "out", "leaves the folder")

    def test_links(self, tmp_path):
        path = self.crafted(tmp_path, VOXELS, b"/etc/passwd", stat.S_IFLNK | 0o777)
        self.refused(path, tmp_path / "out", "symbolic link")

    def test_bomb(self, tmp_path, monkeypatch):
        path = self.crafted(tmp_path, VOXELS, bytes(5000))
        monkeypatch.setattr(archive, "LARGEST", 4000)
        self.refused(path, tmp_path / "out", "declares .* GB in all")

    def test_no_room(self, download, tmp_path, monkeypatch):
        usage = shutil.disk_usage(tmp_path)._replace(free=100)
        monkeypatch.setattr(archive.shutil, "disk_usage", lambda _: usage)
        self.refused(download, tmp_path / "out", "0.0 GB free .* FIVEVIEWS_DATA")

    def test_another_zip(self, tmp_path):
        path = tmp_path / "other.zip"
        with zipfile.ZipFile(path, "w") as target:
            target.writestr("holiday.jpg", b"x")
        self.refused(path, tmp_path / "out", "not the data set")

    @pytest.mark.parametrize("keep", [0, 100, 0.5, 0.98])
    def test_truncated(self, download, tmp_path, keep):
        data = download.read_bytes()
        download.write_bytes(data[: int(keep * len(data)) if keep < 1 else keep])
        self.refused(download, tmp_path / "out", "not a whole zip file.*download it again")

    def test_damaged_member_leaves_no_file_of_its_name(self, download, tmp_path):
        with zipfile.ZipFile(download) as opened:
            start = opened.getinfo(f"datasets/{VOXELS}").header_offset
        data = bytearray(download.read_bytes())
        data[start + 150] ^= 0xFF
        download.write_bytes(data)
        with pytest.raises(ValueError, match="not a whole zip file"):
            archive.unpack(download, tmp_path / "out")
        assert [path.name for path in (tmp_path / "out").iterdir()] == [IMAGES]

    def test_full_disk(self, download, tmp_path, monkeypatch):
        full_disk(monkeypatch)
        with pytest.raises(OSError, match=f"the disk is full, so {IMAGES}"):
            archive.unpack(download, tmp_path / "out")
        assert list((tmp_path / "out").iterdir()) == []


def test_dark_objects_of_foreign_files_survive():
    """Any file whose colours stay within alpha comes through reading and writing unchanged."""
    generator = np.random.default_rng(0)
    alpha = generator.integers(0, 256, (3, 1, 8, 8), dtype=np.uint8)
    raw = np.concatenate(
        [(generator.random((3, 3, 8, 8)) * (alpha + 1.0)).astype(np.uint8), alpha], 1
    )
    assert (official._to_file(official._from_file(raw)) == raw).all()
