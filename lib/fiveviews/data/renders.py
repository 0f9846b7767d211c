"""Pictures of objects from many sides in the layout of the DISN renderings.

    <folder>/easy/00.png … 49.png, rendering_metadata.txt      seen from 20° to 30° above
    <folder>/hard/00.png … 49.png, rendering_metadata.txt      from 0° to 45°, object off centre

A picture is 224 × 224, RGBA. Line k of the metadata is a list with a comma after it, of picture k:

    [yaw, elevation, 0, distance / 1.75, 35, 32, 1.75, x, y, z],

angles in degrees, focal length and width of the sensor in millimetres, and the object's shift. The
object's bounding box has a diagonal of 1 (ShapeNet's frame). Yaw 90 looks at its front, yaw 0 at
its right side; the shift is along x, -z and y of this book's world, since Blender's z points up.

paper: the original has 36 pictures of each kind; the project rendered 50. It calls the hard views
"larger changes of angle"; what the renderer changes is elevation and position.
"""

from __future__ import annotations

import ast
import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError

from fiveviews.cameras import Camera, orbit
from fiveviews.data.storage import full_disk_explained
from fiveviews.fields.frames import unit_diagonal
from fiveviews.files import write_atomically
from fiveviews.meshes import Mesh
from fiveviews.render.depth import render_views

Level = Literal["easy", "hard"]
LEVELS: tuple[Level, ...] = ("easy", "hard")
VIEWS, SIZE = 50, 224
FOCAL, SENSOR, FARTHEST = 35.0, 32.0, 1.75
FOV = math.degrees(2 * math.atan(SENSOR / 2 / FOCAL))
TRIES = 100
METADATA = "rendering_metadata.txt"
AT_ONCE = 2  # pictures rendered together; more no longer fit the processor's cache


@dataclass(frozen=True, eq=False)
class Renders:
    """V pictures of one object: images uint8 (V, 224, 224, 3) over white, views float64 (V, 10),
    the numbers of the metadata."""

    images: np.ndarray
    views: np.ndarray

    @property
    def camera(self) -> Camera:
        """Where they were taken from, for the object in the frame `unit_diagonal`."""
        return cameras(self.views)


def cameras(views: np.ndarray) -> Camera:
    """The cameras of lines of metadata (V, 10). An object moved is a camera moved the other way."""
    yaw, elevation, ratio = (torch.from_numpy(views[:, k].copy()) for k in (0, 1, 3))
    camera = orbit(90.0 - yaw, elevation, ratio * FARTHEST, fov=FOV)
    x, y, z = torch.from_numpy(views[:, 7:].copy()).T
    shift = torch.stack([x, z, -y], dim=1)
    return Camera(camera.rotation.float(), (camera.eye - shift).float(), FOV)


def draw_views(mesh: Mesh, level: Level, random: np.random.Generator) -> np.ndarray:
    """Random lines of metadata (50, 10), one every 7.2° of yaw, that show all of a mesh.

    mesh: in the frame `unit_diagonal`. Views that it leaves are drawn anew; after 5 attempts hard
    ones from farther away and nearer the centre.

    paper: the original looks whether the border of the finished picture is empty; the vertices
    tell the same beforehand.

    Raises ValueError for a mesh that leaves every picture.
    """
    views, missing = np.zeros((VIEWS, 10)), np.ones(VIEWS, bool)
    for attempt in range(TRIES):
        low, high, near, far, reach = (20, 30, 0.65, 1.0, 0.0)
        if level == "hard":
            low, high, near, far, reach = 0, 45, 0.6, 1.0, 0.2
            if attempt >= 5:
                near, far, reach = 0.75, 1.1, 0.1
        drawn = np.zeros((VIEWS, 10))
        drawn[:, 0] = (np.arange(VIEWS) + 1) * 360 / VIEWS + random.uniform(-5, 5, VIEWS)
        drawn[:, 1] = random.uniform(low, high, VIEWS)
        drawn[:, 3] = random.uniform(near, far, VIEWS)
        drawn[:, 4:7] = FOCAL, SENSOR, FARTHEST
        drawn[:, 7:] = random.uniform(-reach, reach, (VIEWS, 3))
        views[missing] = drawn[missing]
        seen = cameras(views).project(mesh.vertices)[..., :2].abs().amax((1, 2))
        missing = seen.numpy() > 1 - 2 / SIZE
        if not missing.any():
            return views
    raise ValueError(
        f"{missing.sum()} {level} views of {mesh} leave the picture, {TRIES} times over"
    )


def render(mesh: Mesh, level: Level, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures uint8 (50, 224, 224, 4), straight RGBA, and their metadata (50, 10).

    The mesh may be in any frame. Raises ValueError for another level, and as `draw_views` does.
    """
    if level not in LEVELS:
        raise ValueError(f"level must be easy or hard; got {level!r}")
    mesh = unit_diagonal(mesh).mesh(mesh)
    views = draw_views(mesh, level, np.random.default_rng([seed, LEVELS.index(level)]))
    parts = [cameras(views[k : k + AT_ONCE]) for k in range(0, VIEWS, AT_ONCE)]
    images = torch.cat([render_views(mesh, camera, SIZE) for camera in parts]).numpy()
    return straight(images), views


def straight(images: np.ndarray) -> np.ndarray:
    """RGBA whose colours are not multiplied by alpha, as PNG has it, from RGBA whose are."""
    alpha = np.maximum(images[..., 3:], 1)
    colour = np.minimum((images[..., :3].astype(int) * 255 + alpha // 2) // alpha, 255)
    return np.concatenate([colour.astype(np.uint8), images[..., 3:]], axis=-1)


def over_white(images: np.ndarray) -> np.ndarray:
    """RGB, uint8, of straight RGBA laid over white."""
    alpha = images[..., 3:].astype(int)
    return ((images[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def write_renders(folder: str | Path, images: np.ndarray, views: np.ndarray) -> None:
    """Write pictures (V, 224, 224, 3 or 4) and metadata, which comes last: where it is, all is.

    Raises ValueError for arrays of other shapes, OSError where the disk is full.
    """
    if len(images) != len(views) or images.shape[1:3] != (SIZE, SIZE) or views.shape[1:] != (10,):
        raise ValueError(
            f"expected pictures (V, {SIZE}, {SIZE}, 3 or 4) and metadata (V, 10); got "
            f"{images.shape} and {views.shape}"
        )
    folder = Path(folder)
    with full_disk_explained(folder / METADATA):
        folder.mkdir(parents=True, exist_ok=True)
        for k, image in enumerate(images):
            data = io.BytesIO()
            Image.fromarray(image).save(data, "PNG", compress_level=3)
            write_atomically(folder / f"{k:02d}.png", data.getvalue())
        lines = [f"[{', '.join(repr(float(x)) for x in view)}], " for view in views]
        write_atomically(folder / METADATA, "\n".join(lines) + "\n")


def read_renders(folder: str | Path, views: int | None = VIEWS) -> Renders:
    """What `write_renders` or the DISN renderer wrote: RGBA is laid over white, RGB taken as it is.

    views: how many there must be; None takes any number (the original's is 36).

    Raises FileNotFoundError, or ValueError that names the file and says what is wrong with it.
    """
    folder = Path(folder)
    lines = read_metadata(folder / METADATA, views)
    return Renders(
        np.stack([read_picture(folder / f"{k:02d}.png") for k in range(len(lines))]), lines
    )


def read_metadata(path: str | Path, views: int | None = VIEWS) -> np.ndarray:
    """The numbers (V, 10) of a file of metadata. Raises as `read_renders` does."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"there is no file {path}; it is written last, so the set is not whole"
        )
    rows = []
    text = path.read_text("utf-8", errors="replace")
    for number, line in enumerate(filter(None, map(str.strip, text.splitlines())), 1):
        try:
            row = np.array(ast.literal_eval(line.rstrip(", ")), float)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
            raise ValueError(
                f"{path}, line {number}: not a list of numbers: {line[:60]!r}"
            ) from error
        if row.shape != (10,) or not np.isfinite(row).all():
            raise ValueError(
                f"{path}, line {number}: expected 10 numbers (yaw, elevation, 0, distance ratio, "
                f"focal length, sensor, farthest, x, y, z); got {row.size}: {line[:60]!r}"
            )
        if tuple(row[4:7]) != (FOCAL, SENSOR, FARTHEST) or row[2] != 0:
            raise ValueError(
                f"{path}, line {number}: expected no roll and the lens 35, 32, 1.75; got roll "
                f"{row[2]} and {row[4:7].tolist()}"
            )
        rows.append(row)
    if not rows or (views is not None and len(rows) != views):
        raise ValueError(
            f"{path} has {len(rows)} lines; there should be one for each of {views} views"
        )
    return np.stack(rows)


def read_picture(path: str | Path) -> np.ndarray:
    """A picture, uint8 (224, 224, 3), over white. Raises as `read_renders` does."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no picture {path}, though its metadata is there")
    try:
        with Image.open(path) as image:
            if image.size != (SIZE, SIZE) or image.mode not in ("RGB", "RGBA"):
                raise ValueError(
                    f"expected {SIZE} × {SIZE} pixels, RGB or RGBA; got {image.size[0]} × "
                    f"{image.size[1]}, {image.mode}"
                )
            pixels = np.asarray(image)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error
    return over_white(pixels) if pixels.shape[2] == 4 else pixels
