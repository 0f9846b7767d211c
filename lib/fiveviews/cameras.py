"""Cameras: where the viewer stands. The project's one convention is stated here.

World
    x right, y up, z towards the viewer at azimuth 0; right-handed. Objects live in
    [-0.5, 0.5]³ and their front faces +z. Angles are in degrees.
View
    ``x`` right, ``y`` up, and ``depth`` the distance in front of the camera, measured along the
    viewing axis.
Image
    ``y`` runs from -1 (bottom) to 1 (top) and ``x`` from -W/H to W/H, so a unit is half the height
    of the image and pixels are square at any size. Row 0 is the top row; the centre of pixel
    (row, column) is at x = (2·column + 1 - W) / H and y = (H - 1 - 2·row) / H.

SoftRas and the ShapeNet renderings that it made popular use a left-handed world. Negating z of a
mesh, and nothing else, takes one world to the other: `to_softras`.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

SHAPENET_DISTANCE = 2.732  # 1 / tan(15°) - 1, rounded: the distance of the NMR renderings
SHAPENET_ELEVATION = 30.0
SHAPENET_FOV = 30.0  # full angle; SoftRas calls its half, 15, `viewing_angle`


@dataclass(frozen=True, eq=False)
class Camera:
    """A batch of B cameras that share their intrinsics.

    rotation: (B, 3, 3), rows are the camera's right, up and backward axes in world coordinates.
    eye: (B, 3), the camera's position in world coordinates.
    fov: full vertical field of view in degrees, or None for an orthographic camera.
    scale: half the height of the picture in world units (orthographic cameras only).
    """

    rotation: Tensor
    eye: Tensor
    fov: float | None = SHAPENET_FOV
    scale: float = 1.0

    def __post_init__(self) -> None:
        if self.rotation.shape != (*self.eye.shape[:1], 3, 3) or self.eye.shape[-1:] != (3,):
            raise ValueError(
                f"a camera needs rotation (B, 3, 3) and eye (B, 3); got "
                f"{tuple(self.rotation.shape)} and {tuple(self.eye.shape)}"
            )
        if self.fov is not None and not 0 < self.fov < 180:
            raise ValueError(f"fov must lie between 0 and 180 degrees; got {self.fov}")
        if not self.scale > 0:
            raise ValueError(f"scale must be positive; got {self.scale}")

    def __len__(self) -> int:
        return len(self.eye)

    def __getitem__(self, index: int | slice | Tensor | list[int]) -> Camera:
        if getattr(index, "ndim", 0) == 0 and hasattr(index, "__index__"):
            index = operator.index(index)  # of numpy's and PyTorch's numbers too
            if not -len(self) <= index < len(self):  # a loop over cameras ends by this error
                raise IndexError(f"there is no camera {index} among {len(self)}")
            index = slice(index, index + 1 or None)
        return replace(self, rotation=self.rotation[index], eye=self.eye[index])

    def to(self, *args: torch.device | torch.dtype | str) -> Camera:
        """The same cameras on another device or in another precision."""
        return replace(self, rotation=self.rotation.to(*args), eye=self.eye.to(*args))

    def project(self, points: Tensor) -> Tensor:
        """Image position and depth of world points, differentiable in points and camera.

        points: (B, N, 3), or (N, 3) shown to every camera.
        Returns (B, N, 3): x, y (image units, see the module's docstring) and depth (world units).
        Raises ValueError for point sets that are neither 1 nor as many as the cameras.

        >>> orbit(azimuth=0.0, elevation=0.0).project(torch.zeros(1, 3))
        tensor([[[0.0000, 0.0000, 2.7320]]])
        """
        if points.ndim == 3 and len({len(points), len(self)} - {1}) > 1:
            raise ValueError(f"{len(points)} sets of points do not fit {len(self)} cameras")
        view = (points - self.eye[:, None]) @ self.rotation.transpose(1, 2)
        depth = -view[..., 2:]
        # A point beside the eye has no image: one far off keeps numbers and gradients finite.
        ahead = torch.where(depth.abs() < 1e-6, 1e-6, depth)
        size = self.scale if self.fov is None else ahead * math.tan(math.radians(self.fov / 2))
        return torch.cat([view[..., :2] / size, depth], dim=-1)

    def rays(self, height: int, width: int) -> tuple[Tensor, Tensor]:
        """Origins and unit directions (B, H, W, 3) of the rays through all pixel centres."""
        x, y = pixel_centres(height, width, self.eye.dtype, self.eye.device)
        y, x = torch.meshgrid(y, x, indexing="ij")
        if self.fov is None:
            offset = torch.stack([x, y, torch.zeros_like(x)], -1) * self.scale
            origins = self.eye[:, None, None] + offset @ self.rotation[:, None]
            return origins, (-self.rotation[:, None, None, 2]).expand_as(origins)
        tangent = math.tan(math.radians(self.fov / 2))
        view = torch.stack([x * tangent, y * tangent, -torch.ones_like(x)], -1)
        directions = torch.nn.functional.normalize(view, dim=-1) @ self.rotation[:, None]
        return self.eye[:, None, None].expand_as(directions), directions


def pixel_centres(
    height: int, width: int, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu"
) -> tuple[Tensor, Tensor]:
    """Image coordinates of the pixel centres: x (W,) and y (H,).

    >>> pixel_centres(2, 4)
    (tensor([-1.5000, -0.5000,  0.5000,  1.5000]), tensor([ 0.5000, -0.5000]))
    """
    columns = torch.arange(width, dtype=dtype, device=device)
    rows = torch.arange(height, dtype=dtype, device=device)
    return (2 * columns + 1 - width) / height, (height - 1 - 2 * rows) / height


def look_at(
    eye: Tensor,
    at: tuple[float, float, float] = (0.0, 0.0, 0.0),
    up: tuple[float, float, float] = (0.0, 1.0, 0.0),
    fov: float | None = SHAPENET_FOV,
    scale: float = 1.0,
) -> Camera:
    """Cameras at `eye`, (3,) or (B, 3), that look at the point `at` with `up` upward in the image.

    Raises ValueError where the viewing direction is undefined or parallel to `up`.
    """
    eye = torch.atleast_2d(eye)
    if not torch.isfinite(eye).all():
        raise ValueError("the camera's eye is NaN or infinite, so there is nothing to see")
    back = eye - torch.as_tensor(at, dtype=eye.dtype, device=eye.device)
    upward = torch.as_tensor(up, dtype=eye.dtype, device=eye.device).expand_as(back)
    right = torch.linalg.cross(upward, back)
    if (right.norm(dim=-1) <= 1e-6 * back.norm(dim=-1)).any():
        raise ValueError(
            "the camera looks along its own up direction (or sits on its target), so the picture "
            "has no upright; move the eye or pass another `up`"
        )
    right = torch.nn.functional.normalize(right, dim=-1)
    back = torch.nn.functional.normalize(back, dim=-1)
    return Camera(
        torch.stack([right, torch.linalg.cross(back, right), back], dim=1), eye, fov, scale
    )


def orbit(
    azimuth: float | Tensor,
    elevation: float | Tensor = SHAPENET_ELEVATION,
    distance: float | Tensor = SHAPENET_DISTANCE,
    fov: float | None = SHAPENET_FOV,
    scale: float = 1.0,
) -> Camera:
    """Cameras around the origin; azimuth 0 looks at the object's front, 90 at its right (+x) side.

    Angles in degrees; numbers or tensors of one common shape (B,).

    >>> orbit(90.0, elevation=0.0, distance=2.0).eye.round(decimals=4)
    tensor([[2., 0., -0.]])
    """
    given = azimuth, elevation, distance
    device = next((t.device for t in given if isinstance(t, Tensor)), None)
    azimuth, elevation, distance = torch.broadcast_tensors(
        *(torch.atleast_1d(torch.as_tensor(t, dtype=_float(t), device=device)) for t in given)
    )
    a, e = torch.deg2rad(azimuth), torch.deg2rad(elevation)
    eye = torch.stack([e.cos() * a.sin(), e.sin(), e.cos() * a.cos()], dim=-1) * distance[:, None]
    return look_at(eye, fov=fov, scale=scale)


def shapenet_views() -> Camera:
    """The 24 cameras of the NMR ShapeNet renderings: view k at azimuth -15·k, elevation 30.

    >>> len(shapenet_views())
    24
    """
    return orbit(-15.0 * torch.arange(24))


# SPARE3D's cameras, in its own world with z up: the direction from the object to the viewer, and
# the direction that is right in the picture. Poses 9 to 20 are those of the later "unseen poses".
_SPARE3D = {
    "f": ((0, -1, 0), (1, 0, 0)),
    "r": ((1, 0, 0), (0, 1, 0)),
    "t": ((0, 0, 1), (1, 0, 0)),
    "1": ((-1, -1, 1), (1, -1, 0)),
    "2": ((1, -1, 1), (1, 1, 0)),
    "3": ((1, 1, 1), (-1, 1, 0)),
    "4": ((-1, 1, 1), (-1, -1, 0)),
    "5": ((-1, -1, -1), (1, -1, 0)),
    "6": ((1, -1, -1), (1, 1, 0)),
    "7": ((1, 1, -1), (-1, 1, 0)),
    "8": ((-1, 1, -1), (-1, -1, 0)),
    "9": ((0, -1, 1), (1, 0, 0)),
    "10": ((0, -1, -1), (1, 0, 0)),
    "11": ((1, 0, 1), (0, 1, 0)),
    "12": ((1, 0, -1), (0, 1, 0)),
    "13": ((0, 1, 1), (-1, 0, 0)),
    "14": ((0, 1, -1), (-1, 0, 0)),
    "15": ((-1, 0, 1), (0, -1, 0)),
    "16": ((-1, 0, -1), (0, -1, 0)),
    "17": ((-1, -1, 0), (1, -1, 0)),
    "18": ((1, -1, 0), (1, 1, 0)),
    "19": ((1, 1, 0), (-1, 1, 0)),
    "20": ((-1, 1, 0), (-1, -1, 0)),
}
SPARE3D_VIEWS: tuple[str, ...] = tuple(_SPARE3D)[:11]
SPARE3D_DISTANCE = 2.0  # of the eye; without perspective any distance outside the object will do
SPARE3D_SCALE = 0.85  # half the height of its pictures, for an object whose longest side is 1


def spare3d_views(names: Sequence[str] = SPARE3D_VIEWS) -> Camera:
    """SPARE3D's orthographic cameras in this project's world (its z is our y, its y our -z).

    names: of `f`, `r`, `t` (front, right, top), `1` to `8` (isometric) and `9` to `20` (the unseen
    poses of the later paper); default: the first 11.

    Raises ValueError for a name that is none of these.

    >>> front = spare3d_views(["f"])
    >>> front.project(torch.tensor([[0.0, 0.85, 0.0]]))[0, 0, :2].tolist()
    [0.0, 1.0]
    """
    if unknown := [name for name in names if name not in _SPARE3D]:
        raise ValueError(
            f"SPARE3D has no view {', '.join(map(repr, unknown))}; it has {', '.join(_SPARE3D)}"
        )
    ours = [[1, 0, 0], [0, 0, -1], [0, 1, 0]]  # rows: their x, y and z in our world
    table = torch.tensor([_SPARE3D[name] for name in names], dtype=torch.float64)
    back, right = torch.nn.functional.normalize(
        table.reshape(-1, 2, 3) @ torch.tensor(ours, dtype=torch.float64), dim=-1
    ).unbind(1)
    rotation = torch.stack([right, torch.linalg.cross(back, right), back], dim=1)
    rotation = rotation.to(torch.get_default_dtype())
    return Camera(rotation, SPARE3D_DISTANCE * rotation[:, 2], fov=None, scale=SPARE3D_SCALE)


def to_softras(vertices: Tensor) -> Tensor:
    """World coordinates (..., 3) in SoftRas's left-handed world, and back (it is its own inverse).

    The camera keeps azimuth, elevation and distance. The mirror turns faces inside out, so reverse
    their vertex order too where orientation matters.

    >>> to_softras(torch.tensor([1.0, 2.0, 3.0]))
    tensor([ 1.,  2., -3.])
    """
    return vertices * torch.tensor([1.0, 1.0, -1.0], dtype=vertices.dtype, device=vertices.device)


def _float(value: float | Tensor) -> torch.dtype:
    keep = isinstance(value, Tensor) and value.is_floating_point()
    return value.dtype if keep else torch.get_default_dtype()
