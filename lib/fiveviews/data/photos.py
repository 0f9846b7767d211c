"""A reader's own picture made as much like a training picture as can be done without a network.

    photo = read_photo(data)              whatever PNG or JPEG it was, as RGBA, 1024 pixels at most
    part = crop(photo, across, down)      the rectangle with the object
    mask = cut_out(part, tolerance)       the object without its background
    picture = as_render(part, mask)       224 × 224, grey, over white, as large as training objects

None of this can give a photograph the light, the lens and the floorless world of the renderings:
how far it stays from them has to be measured (`models.familiarity`).
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from scipy.ndimage import binary_fill_holes, label

from fiveviews.cameras import orbit
from fiveviews.data.renders import SIZE, straight
from fiveviews.meshes import Mesh, normalise
from fiveviews.render.depth import render_views

MOST_BYTES, MOST_PIXELS = 40_000_000, 100_000_000
LARGEST = 1024  # side of a photo as it is worked on, in pixels
FILL = 0.61  # of the picture's side, the median over easy views of chairs, sofas and planes
DARK, LIGHT = 85, 205  # brightness of their darker and lighter parts (5 and 95 %)
SPECK, WINDOW = 0.05, 0.001  # parts smaller than this share of the object, of the picture


def read_photo(data: bytes) -> np.ndarray:
    """A PNG or JPEG file as straight RGBA uint8 (H, W, 4), upright, 1024 pixels at most.

    Raises ValueError with one sentence for what is no such picture, is damaged, or is too large.
    """
    if len(data) > MOST_BYTES:
        raise ValueError(
            f"this file has {len(data) / 1e6:.0f} MB; up to {MOST_BYTES / 1e6:.0f} MB will do, so "
            "make the picture smaller first"
        )
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise ValueError(
                    f"this picture has {width} × {height} pixels; up to {MOST_PIXELS / 1e6:.0f} "
                    "million will do, so make it smaller first"
                )
            image.draft("RGB", (2 * LARGEST, 2 * LARGEST))
            photo = _upright(image)
    except UnidentifiedImageError as error:
        raise ValueError(
            "this file is no PNG or JPEG picture; open it in a viewer and save it as one of these"
        ) from error
    except Image.DecompressionBombError as error:
        raise ValueError("this picture has too many pixels; make it smaller first") from error
    except (OSError, SyntaxError, EOFError, IndexError) as error:
        raise ValueError(f"this picture is damaged or cut short ({error}); save it anew") from error
    if min(photo.shape[:2]) < 16:
        raise ValueError(
            f"this picture has {photo.shape[1]} × {photo.shape[0]} pixels; there is nothing to see "
            "in fewer than 16 × 16"
        )
    return photo


def _upright(image: Image.Image) -> np.ndarray:
    """RGBA of any mode, turned as the camera was held, 1024 pixels at most."""
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I") or image.mode == "F":  # 16 bits, which Pillow would clip at 255
        values = np.asarray(image).astype(float)
        image = Image.fromarray((values / max(values.max(), 1) * 255).astype(np.uint8))
    image = image.convert("RGBA")
    image.thumbnail((LARGEST, LARGEST), Image.Resampling.BOX)
    return np.array(image)


def crop(photo: np.ndarray, across: tuple[float, float], down: tuple[float, float]) -> np.ndarray:
    """The part of a photo (H, W, C) between two shares of its width and two of its height.

    Raises ValueError for shares that leave nothing, or leave the photo.

    >>> crop(np.zeros((100, 200, 4), np.uint8), (0.0, 0.5), (0.25, 1.0)).shape
    (75, 100, 4)
    """
    spans = []
    for (low, high), length in ((down, photo.shape[0]), (across, photo.shape[1])):
        start, stop = round(low * length), round(high * length)
        if not 0 <= start < stop <= length:
            raise ValueError(f"a crop is from a share to a larger one, within 0 and 1; got {low:g} "
                             f"to {high:g}")  # fmt: skip
        spans.append(slice(start, stop))
    return photo[tuple(spans)]


def cut_out(photo: np.ndarray, tolerance: float = 0.12, windows: bool = True) -> np.ndarray:
    """Which pixels of a photo (H, W, 4) show the object: bool (H, W).

    The background is what looks like the border: its colour may change evenly across the picture,
    as a wall's does. tolerance: how far, in shares of the range from black to white, a colour may
    be from that. windows: background seen through the object, between a chair's legs, is background
    too. A picture with transparency already says what its object is.

    Raises ValueError where nothing is left, or everything.
    """
    rgb, alpha = photo[..., :3] / 255.0, photo[..., 3] / 255.0
    if (alpha < 0.5).mean() > 0.01:
        kept = alpha >= 0.5
    else:
        like = np.abs(rgb - _border(rgb)).max(-1) < tolerance
        groups, _ = label(like)
        rim = np.concatenate([groups[0], groups[-1], groups[:, 0], groups[:, -1]])
        sizes = np.bincount(groups.ravel())
        background = np.isin(groups, np.unique(rim[rim > 0]))
        if windows:
            background |= like & (sizes[groups] > WINDOW * like.size)
        kept = ~background
    groups, _ = label(kept)
    sizes = np.bincount(groups.ravel())
    sizes[0] = 0
    kept = sizes[groups] > SPECK * sizes.max()
    kept = kept if windows else binary_fill_holes(kept)
    if not 0.002 < kept.mean() < 0.98:
        left = "nothing is" if kept.mean() <= 0.002 else "all of it is"
        raise ValueError(
            f"{left} left of the picture: object and background cannot be told apart like this; "
            "change the tolerance, crop it otherwise, or take a picture before a plain wall"
        )
    return kept


def _border(rgb: np.ndarray) -> np.ndarray:
    """The border's colour carried on over the picture: (H, W, 3), linear in row and column."""
    height, width = rgb.shape[:2]
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y], axis=-1)
    wide = max(1, min(height, width) // 50)
    rim = np.ones((height, width), bool)
    rim[wide:-wide, wide:-wide] = False
    colours, places = rgb[rim], terms[rim]
    good = np.ones(len(colours), bool)
    for _ in range(3):  # an object that touches the border does not count
        fit = np.linalg.lstsq(places[good], colours[good], rcond=None)[0]
        off = np.abs(colours - places @ fit).max(-1)
        good = off <= np.quantile(off, 0.75)
    return terms @ fit


def as_render(photo: np.ndarray, mask: np.ndarray, size: int = SIZE) -> np.ndarray:
    """The object of a photo as a training picture has it: uint8 (size, size, 3).

    Grey, from 85 to 205 where it is dark and light, over white, in the middle, its longer side 61 %
    of the picture's. photo: (H, W, 3 or 4); mask: bool (H, W). Raises ValueError for an empty mask.
    """
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        raise ValueError("the mask is empty: there is no object to put into a picture")
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    grey = photo[part][..., :3] @ np.array([0.299, 0.587, 0.114])
    low, high = np.quantile(grey[mask[part]], [0.05, 0.95])
    unit = (grey - low) / max(high - low, 1.0) if high - low > 8 else np.full_like(grey, 0.5)
    grey = np.clip(DARK + (LIGHT - DARK) * unit, 60, 230)
    longer = max(grey.shape)
    shape = [max(1, round(FILL * size * n / longer)) for n in grey.shape]
    how = {"size": shape[::-1], "resample": Image.Resampling.BOX}
    alpha = Image.fromarray(mask[part].astype(np.float32)).resize(**how)
    colour = Image.fromarray((grey * mask[part]).astype(np.float32)).resize(**how)
    picture = np.full((size, size), 255.0)
    top, left = (size - shape[0]) // 2, (size - shape[1]) // 2
    inner = np.s_[top : top + shape[0], left : left + shape[1]]
    picture[inner] = np.asarray(colour) + 255 * (1 - np.asarray(alpha))
    return np.repeat(picture.round().astype(np.uint8)[..., None], 3, axis=-1)


def staged(
    mesh: Mesh, azimuth: float = 35.0, seed: int = 0, size: int = 480
) -> tuple[bytes, np.ndarray]:
    """A stand-in for a photograph, and its true mask: a JPEG (size, size) and bool (size, size).

    The mesh in a random colour before a wall that is lit from one side, under another lens than the
    renderings', with noise. A camera would add a floor, shadows, materials and more.
    """
    random = np.random.default_rng(seed)
    camera = orbit(azimuth, 15.0, distance=2.2, fov=38.0)
    drawn = straight(render_views(normalise(mesh), camera, size).numpy())[0] / 255.0
    alpha = drawn[..., 3:]
    colour = random.uniform(0.25, 0.75, 3) * (0.4 + 0.9 * drawn[..., :3])
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    wall = random.uniform(0.75, 0.9, 3) + (0.08 * x - 0.06 * y)[..., None]
    picture = alpha * colour + (1 - alpha) * wall + 0.012 * random.standard_normal((size, size, 3))
    file = io.BytesIO()
    pixels = (np.clip(picture, 0, 1) * 255).round().astype(np.uint8)
    Image.fromarray(pixels).save(file, "JPEG", quality=88)
    return file.getvalue(), alpha[..., 0] > 0.5
