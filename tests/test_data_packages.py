"""Debian packages, AC3D files and furniture libraries, made here in miniature."""

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fiveviews.data import deb, sweethome
from fiveviews.data.ac3d import load_ac3d, read_parts

CUBE = (
    "".join(f"v {x} {y} {z}\n" for x in (0, 1) for y in (0, 2) for z in (0, 4))
    + "f 1 2 4 3\nf 5 7 8 6\nf 1 5 6 2\nf 3 4 8 7\nf 1 3 7 5\nf 2 6 8 4\n"
)
TRIANGLE = 'AC3Db\nMATERIAL x\nOBJECT world\nkids 1\nOBJECT poly\nname "wing"\nnumvert 3\n' + (
    "0 0 0\n1 0 0\n0 1 0\nnumsurf 1\nSURF 0x20\nmat 0\nrefs 3\n0 0 0\n1 1 0\n2 0 1\nkids 0\n"
)


def make_deb(
    path: Path,
    package: str,
    files: dict[str, bytes],
    kind: str = "xz",
    links: dict[str, str] | None = None,
) -> Path:
    """A .deb like Debian's: an ar archive of debian-binary, control.tar and data.tar."""

    def tar(members: dict[str, bytes]) -> bytes:
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode=f"w:{kind}") as target:
            for name, content in members.items():
                info = tarfile.TarInfo(f"./{name}")
                info.size = len(content)
                target.addfile(info, io.BytesIO(content))
            for name, where in (links or {}).items():
                info = tarfile.TarInfo(f"./{name}")
                info.type, info.linkname = tarfile.SYMTYPE, where
                target.addfile(info)
        return data.getvalue()

    control = f"Package: {package}\nVersion: 1.0\nDescription: tiny\n of course\n".encode()
    members = {
        "debian-binary": b"2.0\n",
        f"control.tar.{kind}": tar({"control": control}),
        f"data.tar.{kind}": tar(files),
    }
    with open(path, "wb") as file:
        file.write(b"!<arch>\n")
        for name, content in members.items():
            file.write(f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode())
            file.write(content + b"\n" * (len(content) % 2))
    return path


def make_library(pieces: list[str], models: dict[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as target:
        rows = [
            "\n".join(
                f"{line.partition('=')[0]}#{i}={line.partition('=')[2]}"
                for line in piece.splitlines()
            )
            for i, piece in enumerate(pieces, start=1)
        ]
        text = "id=Tiny\n# comment\n" + "\n\n".join(rows)
        target.writestr("PluginFurnitureCatalog.properties", text.encode("latin-1"))
        for name, content in models.items():
            target.writestr(name, content)
    return data.getvalue()


CHAIR = """name=Caf\\u00e9 chair
category=Living room
creator=Zoe
model=/tiny/chair.obj
width=40
depth=20
height=80
modelRotation=0 0 1 0 1 0 -1 0 0"""


class TestDeb:
    @pytest.mark.parametrize("kind", ["xz", "gz", "bz2"])
    def test_reads_what_was_packed(self, tmp_path, kind):
        content = bytes(range(256)) * 300
        files = {"usr/share/a.bin": content, "usr/share/b.txt": b"b"}
        path = make_deb(tmp_path / "x.deb", "tiny", files, kind)
        assert deb.control(path)["Package"] == "tiny"
        assert deb.control(path)["Version"] == "1.0"
        assert set(deb.sizes(path)) == set(deb.extract(path, tmp_path / "all", lambda _: True))
        assert deb.extract(path, tmp_path, lambda name: name.endswith(".bin")) == [
            "usr/share/a.bin"
        ]
        assert (tmp_path / "usr/share/a.bin").read_bytes() == content
        assert not (tmp_path / "usr/share/b.txt").exists()

    @pytest.mark.parametrize("keep", [0, 8, 30, 0.3, 0.8, 0.97])
    def test_cut_off(self, tmp_path, keep):
        noise = np.random.default_rng(0).bytes(30_000)
        path = make_deb(tmp_path / "x.deb", "tiny", {"a": noise})
        data = path.read_bytes()
        path.write_bytes(data[: int(keep * len(data)) if 0 < keep < 1 else keep])
        with pytest.raises(ValueError, match=r"x\.deb is (cut off|not a Debian package)"):
            deb.extract(path, tmp_path / "out", lambda _: True)

    def test_damaged(self, tmp_path):
        path = make_deb(tmp_path / "x.deb", "tiny", {"a": np.random.default_rng(0).bytes(30_000)})
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 0xFF
        path.write_bytes(data)
        with pytest.raises(ValueError, match=r"x\.deb is cut off or damaged"):
            deb.extract(path, tmp_path / "out", lambda _: True)

    def test_path_that_climbs_out(self, tmp_path):
        path = make_deb(tmp_path / "x.deb", "tiny", {"../../evil": b"x"})
        with pytest.raises(ValueError, match="leaves its folder"):
            deb.extract(path, tmp_path / "out", lambda _: True)
        assert not (tmp_path.parent / "evil").exists()

    def test_links_are_not_followed(self, tmp_path):
        path = make_deb(tmp_path / "x.deb", "tiny", {"link/evil": b"x"}, links={"link": "/tmp"})
        assert deb.extract(path, tmp_path / "out", lambda _: True) == ["link/evil"]
        assert (tmp_path / "out" / "link" / "evil").is_file()

    def test_other_files(self, tmp_path):
        path = tmp_path / "x.deb"
        path.write_bytes(b"PK\x03\x04 not a deb")
        with pytest.raises(ValueError, match="does not begin with"):
            deb.control(path)
        with pytest.raises(FileNotFoundError, match="no package file"):
            deb.control(tmp_path / "none.deb")

    def test_unknown_compression(self, tmp_path):
        path = make_deb(tmp_path / "x.deb", "tiny", {"a": b"a"})
        path.write_bytes(path.read_bytes().replace(b"data.tar.xz ", b"data.tar.zst"))
        with pytest.raises(ValueError, match="compressed with zst"):
            deb.extract(path, tmp_path, lambda _: True)


class TestAC3D:
    def write(self, tmp_path, text: str) -> Path:
        path = tmp_path / "model.ac"
        path.write_text(text)
        return path

    def test_triangle(self, tmp_path):
        mesh = load_ac3d(self.write(tmp_path, TRIANGLE))
        assert mesh.vertices.tolist() == [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
        assert mesh.faces.tolist() == [[0, 1, 2]]

    def test_nested_places_and_turns(self):
        """A kid is turned and moved in the frame of its parent."""
        quarter = "rot 0 1 0 -1 0 0 0 0 1\n"  # x to y, y to -x, for row vectors
        inner = TRIANGLE.partition("kids 1\n")[2].replace('name "wing"', 'loc 1 0 0\nname "wing"')
        group = f'OBJECT group\nname "g"\nloc 0 0 5\n{quarter}kids 1\n'
        text = f"AC3Db\nOBJECT world\nkids 1\n{group}{inner}"
        part = read_parts(text)[-1]
        assert part.name == "wing"
        assert part.vertices.tolist() == [[0, 1, 5], [0, 2, 5], [-1, 1, 5]]

    def test_quads_strips_lines_and_gaps(self):
        text = TRIANGLE.replace(
            "numvert 3\n", "data 9\na comment\nnumvert 5\n2 2 2\n\n3 3 3\n"
        ).replace(
            "numsurf 1\nSURF 0x20\nmat 0\nrefs 3\n0 0 0\n1 1 0\n2 0 1\n",
            "numsurf 3\nSURF 0x10\nrefs 4\n0 0 0\n1 0 0\n\n2 0 0\n3 0 0\n"
            "SURF 0x12\nrefs 2\n0 0 0\n1 0 0\n"
            "SURF 0x14\nrefs 5\n0 0 0\n1 0 0\n2 0 0\n3 0 0\n4 0 0\n",
        )
        faces = read_parts(text)[-1].faces.tolist()
        assert faces[:2] == [[0, 1, 2], [0, 2, 3]]
        assert [sorted(face) for face in faces[2:]] == [[0, 1, 2], [1, 2, 3], [2, 3, 4]]

    def test_strips_keep_their_orientation(self):
        """A flat strip has all its normals on one side."""
        rows = "".join(f"{x} {y} 0\n" for x in range(3) for y in (0, 1))
        refs = "".join(f"{i} 0 0\n" for i in range(6))
        text = f"AC3Db\nOBJECT poly\nnumvert 6\n{rows}numsurf 1\nSURF 0x4\nrefs 6\n{refs}kids 0\n"
        part = read_parts(text)[0]
        a, b, c = (part.vertices[part.faces[:, k]] for k in range(3))
        assert len({np.sign(z) for z in np.cross(b - a, c - a)[:, 2]}) == 1

    def test_more_kids_promised_than_there_are(self):
        assert len(read_parts(TRIANGLE.replace("kids 1", "kids 7"))) == 2

    def test_parts_can_be_left_out(self, tmp_path):
        path = self.write(tmp_path, TRIANGLE)
        assert len(load_ac3d(path, drop="shadow|prop").faces) == 1
        with pytest.raises(ValueError, match="no faces"):
            load_ac3d(path, drop="WING")

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "not AC3D"),
            ("solid cube\n", "not AC3D"),
            ("AC3Db\n", "no faces"),
            (TRIANGLE[:-30], "breaks off"),
            (TRIANGLE.replace("1 0 0\n0 1 0", "1 zero 0\n0 1 0"), "near line"),
            (TRIANGLE.replace("2 0 1\n", "9 0 1\n"), "a vertex that it does not have"),
            (TRIANGLE.replace("1 0 0\n0 1 0", "nan 0 0\n0 1 0"), "NaN"),
        ],
    )
    def test_damaged_files_are_named(self, tmp_path, text, message):
        with pytest.raises(ValueError, match=rf"model\.ac.*{message}|{message}"):
            load_ac3d(self.write(tmp_path, text))

    @given(st.data())
    def test_no_cut_makes_it_fail_otherwise(self, data):
        """Any prefix of a file is read, or refused with a ValueError; nothing else is raised."""
        length = data.draw(st.integers(0, len(TRIANGLE)))
        try:
            parts = read_parts(TRIANGLE[:length])
        except ValueError:
            return
        assert all(part.faces.max(initial=-1) < len(part.vertices) for part in parts)


class TestSweetHome:
    @pytest.fixture
    def library(self, tmp_path):
        path = tmp_path / "tiny.sh3f"
        path.write_bytes(make_library([CHAIR, "name=No model"], {"tiny/chair.obj": CUBE}))
        return path

    def test_catalogue(self, library):
        (piece,) = sweethome.read_catalogue(library)
        assert (piece.name, piece.creator, piece.model) == ("Café chair", "Zoe", "tiny/chair.obj")
        assert piece.size == (40, 80, 20)
        assert piece.rotation == (0, 0, 1, 0, 1, 0, -1, 0, 0)

    def test_model_is_turned_and_sized(self, library):
        """The file's 1 × 2 × 4 block is turned by 90° about y, then has its size in centimetres."""
        (piece,) = sweethome.read_catalogue(library)
        mesh = sweethome.load_piece(library, piece.model, piece.size, piece.rotation)
        extent = mesh.vertices.amax(0) - mesh.vertices.amin(0)
        assert torch.allclose(extent, torch.tensor([40.0, 80.0, 20.0]))
        plain = sweethome.load_piece(library, piece.model, (4.0, 2.0, 1.0))
        turned = sweethome.load_piece(library, piece.model, (4.0, 2.0, 1.0), piece.rotation)
        first, second = plain.vertices / torch.tensor([4.0, 2, 1]), turned.vertices
        expected = torch.stack([first[:, 2] * 4, first[:, 1] * 2, -first[:, 0]], dim=1)
        assert torch.allclose(second, expected)

    def test_errors_name_library_and_model(self, library, tmp_path):
        with pytest.raises(ValueError, match=r"tiny\.sh3f holds no tiny/none\.obj"):
            sweethome.load_piece(library, "tiny/none.obj", (1, 1, 1))
        library.write_bytes(make_library([CHAIR], {"tiny/chair.obj": "v 0 0\nf 1 2 3"}))
        with pytest.raises(ValueError, match=r"tiny/chair\.obj in .*tiny\.sh3f cannot be read"):
            sweethome.load_piece(library, "tiny/chair.obj", (1, 1, 1))
        library.write_bytes(b"PK\x03\x04 and no more")
        with pytest.raises(ValueError, match="not a whole zip"):
            sweethome.read_catalogue(library)
        with pytest.raises(FileNotFoundError, match="no furniture library"):
            sweethome.read_catalogue(tmp_path / "none.sh3f")
        with zipfile.ZipFile(library, "w") as empty:
            empty.writestr("a", "a")
        with pytest.raises(ValueError, match="is no furniture library"):
            sweethome.read_catalogue(library)
