"""A reader's own picture: read or refused in a sentence, cut out, made like a training picture."""

import base64
import io
from datetime import UTC, datetime

import numpy as np
import pytest
import torch
import trimesh
from PIL import Image

from fiveviews.data.fields import load_fields
from fiveviews.data.photos import LARGEST, as_render, crop, cut_out, read_photo, staged
from fiveviews.data.renders import SIZE, render
from fiveviews.meshes import Mesh, icosphere
from fiveviews.models.familiarity import Familiarity, features, glimpses
from fiveviews.models.templates import recipe
from fiveviews.models.templates_encoder import Encoder
from fiveviews.shapes import make
from fiveviews.show.own_picture import Workbench

CHAIR = make("chair", 3)


def file_of(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def noise(*shape: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 255, shape, np.uint8))


# Reading ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16", "CMYK"])
def test_every_mode_becomes_the_same_picture(mode: str) -> None:
    grey = Image.fromarray(np.tile(np.arange(0, 256, 4, np.uint8), (40, 1)))
    if mode == "I;16":
        image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 256)
    else:
        image = grey.quantize(64) if mode == "P" else grey.convert("RGB").convert(mode)
    photo = read_photo(file_of(image, "JPEG" if mode == "CMYK" else "PNG"))
    assert photo.shape == (40, 64, 4)
    assert (photo[..., 3] == 255).all()
    if mode != "1":
        np.testing.assert_allclose(photo[..., 0], np.asarray(grey), atol=12)


def test_large_photos_shrink_and_lying_ones_stand_up() -> None:
    assert read_photo(file_of(noise(1500, 3000, 3), "JPEG")).shape == (LARGEST // 2, LARGEST, 4)
    image, exif = noise(40, 80, 3), Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    assert read_photo(file_of(image, "JPEG", exif=exif)).shape == (80, 40, 4)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no PNG or JPEG"),
        (b"hello, I am a text", "no PNG or JPEG"),
        (file_of(noise(30, 30, 3), "GIF"), "no PNG or JPEG"),
        (file_of(noise(300, 300, 3))[:4000], "damaged or cut short"),
        (file_of(noise(300, 300, 3), "JPEG")[:400], "damaged or cut short"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "damaged or cut short|no PNG or JPEG"),
        (file_of(noise(4, 400, 3)), "fewer than 16"),
        (file_of(Image.new("1", (20_000, 12_000))), "pixels"),
        (b"\0" * 40_000_001, "40 MB"),
    ],
)
def test_what_is_no_picture_gets_one_sentence(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        read_photo(data)
    assert "\n" not in str(caught.value)


def test_damage_anywhere_is_told_or_harmless() -> None:
    random = np.random.default_rng(1)
    for kind in ("PNG", "JPEG"):
        whole = file_of(noise(60, 60, 3), kind)
        for _ in range(60):
            data = bytearray(whole)
            for place in random.integers(0, len(data), 4):
                data[place] = random.integers(256)
            try:
                photo = read_photo(bytes(data))
            except ValueError:
                continue
            assert photo.ndim == 3


# Cutting out --------------------------------------------------------------------------------------


@pytest.mark.parametrize("category", ["chair", "sofa", "plane"])
@pytest.mark.parametrize("seed", range(3))
def test_an_object_before_a_wall_is_found(category: str, seed: int) -> None:
    data, true = staged(make(category, seed), seed=seed)
    mask = cut_out(read_photo(data))
    assert (mask & true).sum() / (mask | true).sum() > 0.95


def test_gaps_are_seen_through_or_filled() -> None:
    photo = read_photo(staged(make("chair", 0))[0])
    with_gaps, filled = cut_out(photo), cut_out(photo, windows=False)
    assert (filled & ~with_gaps).mean() > 0.005
    assert not (with_gaps & ~filled).any()


def test_transparency_is_a_mask_already() -> None:
    images, _ = render(CHAIR, "easy", 0)
    photo = read_photo(file_of(Image.fromarray(images[0])))
    assert (cut_out(photo) == (images[0, ..., 3] > 127)).mean() > 0.999


def test_nothing_left_or_everything_is_told() -> None:
    wall = np.full((50, 50, 4), 200, np.uint8)
    with pytest.raises(ValueError, match="nothing is left"):
        cut_out(wall)
    strange = np.random.default_rng(0).integers(0, 255, (50, 50, 4), np.uint8)
    strange[..., 3] = 255
    with pytest.raises(ValueError, match="all of it is left"):
        cut_out(strange, tolerance=0.01)


def test_a_crop_is_a_part() -> None:
    photo = np.arange(100 * 50 * 4).reshape(100, 50, 4)
    assert np.array_equal(crop(photo, (0.2, 0.6), (0.5, 1.0)), photo[50:, 10:30])
    for wrong in ((0.6, 0.2), (-0.1, 0.5), (0.0, 1.1), (0.5, 0.5)):
        with pytest.raises(ValueError, match="from a share to a larger one"):
            crop(photo, wrong, (0, 1))


def test_a_cut_out_looks_like_a_training_picture() -> None:
    data, _ = staged(CHAIR)
    photo = read_photo(data)
    picture = as_render(photo, cut_out(photo))
    assert picture.shape == (SIZE, SIZE, 3)
    assert (picture[0] == 255).all()
    assert (np.ptp(picture, axis=-1) == 0).all()
    inside = picture[..., 0] < 240
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    assert max(np.ptp(rows), np.ptp(columns)) / SIZE == pytest.approx(0.61, abs=0.02)
    for ends in (rows, columns):
        assert (ends[0] + ends[-1]) / 2 == pytest.approx(SIZE / 2, abs=3)
    low, high = np.quantile(picture[..., 0][inside], [0.05, 0.95])
    assert (low, high) == (pytest.approx(85, abs=15), pytest.approx(205, abs=15))
    with pytest.raises(ValueError, match="mask is empty"):
        as_render(photo, np.zeros(photo.shape[:2], bool))


# How far from what is known -----------------------------------------------------------------------


def test_familiarity_is_where_a_picture_stands_among_held_out_ones() -> None:
    generator = torch.Generator().manual_seed(0)
    known = Familiarity.of(*(torch.randn(n, 4, generator=generator) for n in (500, 200)))
    apart = [known(torch.randn(4, generator=generator)).farther for _ in range(300)]
    assert np.mean(apart) == pytest.approx(0.5, abs=0.1)
    near, far = known(torch.zeros(1, 4)), known(torch.full((4,), 9.0))
    assert near.distance < near.median
    assert far.farther == 0
    assert "as near as pictures of unseen objects" in str(near)
    assert "of which none are farther; it is from another world" in str(far)
    with pytest.raises(ValueError, match="finite numbers"):
        Familiarity.of(torch.zeros(0, 4), torch.zeros(2, 4))
    with pytest.raises(ValueError, match="finite numbers"):
        Familiarity.of(torch.zeros(2, 4), torch.full((2, 4), torch.nan))


def test_glimpses_are_some_of_the_pictures_of_the_set(tmp_path) -> None:
    fields = load_fields("sofa", "test", n=1, root=tmp_path)
    few = glimpses(fields, 3)
    assert np.array_equal(few, fields.pictures(0).images[[0, 24, 49]])
    hard = glimpses(fields, 2, "hard")
    assert np.array_equal(hard, fields.pictures(0, "hard").images[[0, 49]])
    encoder = Encoder(recipe("smoke"))
    assert features(encoder, few).shape == (3, encoder.trunk.channels)


# The workbench ------------------------------------------------------------------------------------


def ball(picture: np.ndarray) -> tuple[Mesh, np.ndarray]:
    assert picture.shape == (SIZE, SIZE, 3)
    mesh = icosphere(1)
    return mesh, np.tile([1.0, 0.0, 0.0], (len(mesh.vertices), 1))


def bench(reconstruct=ball, **options: object) -> Workbench:
    options = {"judge": lambda p: "A <strange> one.", "example": None} | options
    return Workbench(reconstruct, name="my chair", **options)


def test_from_file_to_mesh_to_glb() -> None:
    work = bench()
    assert work.button.disabled
    content = memoryview(staged(CHAIR)[0])
    told = {"type": "image/jpeg", "size": len(content), "last_modified": datetime.now(UTC)}
    work.upload.value = ({"name": "chair.jpg", "content": content} | told,)
    assert all(len(p.value) > 500 for p in work.pictures)
    assert not work.button.disabled
    work.button.click()
    assert len(work.solid.children) == 1
    assert "A &lt;strange&gt; one." in work.words.value
    assert 'download="my chair.glb"' in work.words.value
    data = base64.b64decode(work.words.value.split("base64,")[1].split('"')[0])
    scene = trimesh.load(io.BytesIO(data), file_type="glb")
    (back,) = scene.geometry.values()
    assert len(back.faces) == len(icosphere(1).faces)
    assert (back.visual.vertex_colors[:, :3] == [255, 0, 0]).all()


def test_controls_change_the_mask() -> None:
    work = bench(example=staged(CHAIR)[0])
    before = work.pictures[2].value
    work.across.value = (0, 55)
    assert work.pictures[2].value != before
    work.across.value = (0, 1)  # a sliver of wall
    assert work.button.disabled
    assert "D55E00" in work.words.value
    work.across.value = (0, 100)
    assert work.pictures[2].value == before
    assert not work.button.disabled


def test_bad_files_and_no_surface_are_told() -> None:
    work = bench(reconstruct=lambda p: None, example=b"no picture")
    assert "no PNG or JPEG" in work.words.value
    work.make()  # nothing to do yet
    work.load(staged(CHAIR)[0])
    work.make()
    assert "No surface came out" in work.words.value
    assert work.shape is None
