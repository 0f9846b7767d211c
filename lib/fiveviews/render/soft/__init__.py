"""The soft rasterizer (Liu, Li, Chen and Li, ICCV 2019): pictures of meshes with useful gradients.

A hard rasterizer asks of each pixel which face covers it; the answer jumps as a vertex moves, so
its gradient is zero or undefined. Here a face covers a pixel *with a probability* that falls off
with the distance to the face's edges, and a pixel adds up the opinions of all faces.

    coverage    Dⱼ = sigmoid(± dⱼ² / σ), + inside the face and - outside                  (eq. 1)
    silhouette  A  = 1 - Πⱼ (1 - Dⱼ)                                                      (eq. 5)
    colour      C  = Σⱼ wⱼ Cⱼ + w_b C_b,  wⱼ ∝ Dⱼ exp(zⱼ/γ),  w_b ∝ exp(ε/γ)              (eq. 2, 3)

with dⱼ the distance in image units (half the image's height), zⱼ the inverse normalised depth
(far - depth) / (far - near) at the pixel, and ε the depth that stands for the background.

There are two implementations behind one signature. `readable` is the one to read: plain PyTorch on
(face, pixel) pairs, any floating type, any device. `coverage` and `colour` are the ones that run:
kernels with a hand-written backward pass whose memory grows with the pixels and not with pixels ×
faces.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from fiveviews.cameras import Camera
from fiveviews.launch import Backend, is_fast
from fiveviews.render.inputs import image_size, project
from fiveviews.render.soft import colour, coverage, readable


@dataclass(frozen=True)
class Softness:
    """How faces spread over pixels and how pixels combine them; SoftRas's names and defaults.

    sigma: sharpness σ of the coverage, in squared image units; the silhouette is hard as σ → 0.
    dist: `euclidean` squared distance to the nearest edge; `barycentric`: square of the smallest
        barycentric coordinate, with its sign; `hard`: inside or not.
    dist_eps: a face is left out where its coverage would be below this.
    alpha: `prod` (eq. 5); `sum`: mean coverage over the faces; `hard`: 1 inside any face.
    rgb: `softmax` (eq. 2); `hard`: the nearest face at the pixel centre.
    gamma: sharpness γ of the choice between faces by depth; eps: depth of the background.
    near, far: faces with a vertex nearer or farther (world units) are left out whole.
    two_sided: False draws no colour on faces seen from behind; silhouettes always count them.
    """

    sigma: float = 1e-4
    dist: Literal["euclidean", "barycentric", "hard"] = "euclidean"
    dist_eps: float = 1e-4
    alpha: Literal["prod", "sum", "hard"] = "prod"
    rgb: Literal["softmax", "hard"] = "softmax"
    gamma: float = 1e-4
    eps: float = 1e-3
    near: float = 1.0
    far: float = 100.0
    two_sided: bool = True

    def __post_init__(self) -> None:
        for name, known in (
            ("dist", ("euclidean", "barycentric", "hard")),
            ("alpha", ("prod", "sum", "hard")),
            ("rgb", ("softmax", "hard")),
        ):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"{name} must be one of {', '.join(known)}; got {getattr(self, name)!r}"
                )
        if not (self.sigma > 0 and self.gamma > 0 and 0 < self.dist_eps < 0.5):
            raise ValueError(
                f"sigma and gamma must be positive and dist_eps between 0 and 0.5; got sigma="
                f"{self.sigma}, gamma={self.gamma}, dist_eps={self.dist_eps}"
            )
        if not 0 < self.near < self.far:
            raise ValueError(f"expected 0 < near < far; got near={self.near}, far={self.far}")

    @property
    def threshold(self) -> float:
        """Squared distance at which the coverage of a pixel outside falls to `dist_eps`."""
        return self.sigma * math.log(1 / self.dist_eps - 1)

    @property
    def beyond(self) -> float:
        """Depth of the background, which the colours see as a surface that covers all."""
        return self.far - self.eps * (self.far - self.near)

    @property
    def per_depth(self) -> float:
        """By how much the exponent z / γ falls per unit of depth."""
        return 1 / (self.far - self.near) / self.gamma


def soft_silhouette(
    vertices: Tensor,
    faces: Tensor,
    camera: Camera,
    size: int | tuple[int, int],
    softness: Softness | None = None,
    *,
    anti_aliasing: bool = False,
    backend: Backend = "auto",
    check: bool = True,
    **options: float | str | bool,
) -> Tensor:
    """Probability that each pixel is covered: (B, H, W) in [0, 1].

    vertices: (V, 3) or (B, V, 3), world units. faces: (F, 3) or, where they differ, (B, F, 3);
    a face with a negative index is padding. camera: B cameras, or 1 for all.
    size: side, or (height, width). softness: see `Softness`; its fields may be given by name.
    anti_aliasing: render at twice the size and average.
    backend: `fast` (Warp, float32, CPU and CUDA), `readable` (PyTorch), or `auto`: fast if it can.
    check: refuse NaN and indices out of range (on a GPU this waits for the device).
    Differentiable in vertices and camera.

    Raises ValueError for a mesh, a camera and numbers that do not fit each other or cannot be drawn
    (see `inputs`), for options out of their range, and for `fast` where no kernel runs; TypeError
    for an option that does not exist, and for a size that is no size.

    >>> from fiveviews.cameras import orbit
    >>> from fiveviews.meshes import icosphere
    >>> ball = icosphere(2)
    >>> image = soft_silhouette(0.5 * ball.vertices, ball.faces, orbit(0.0), 16)
    >>> image.shape, image[0, 8, 8].item() > 0.99, image[0, 0, 0].item()
    (torch.Size([1, 16, 16]), True, 0.0)
    """
    softness = _softness(softness, options)
    height, width = ((1 + anti_aliasing) * side for side in image_size(size))
    projected, faces = project(vertices, faces, camera, check)
    cover = coverage.cover if is_fast(backend, projected) else readable.cover
    image = cover(projected, faces, height, width, softness)
    return avg_pool2d(image[:, None], 2)[:, 0] if anti_aliasing else image


def soft_render(
    vertices: Tensor,
    faces: Tensor,
    camera: Camera,
    size: int | tuple[int, int],
    softness: Softness | None = None,
    *,
    vertex_colours: Tensor | None = None,
    face_colours: Tensor | None = None,
    background: tuple[float, float, float] = (0.0, 0.0, 0.0),
    anti_aliasing: bool = False,
    backend: Backend = "auto",
    check: bool = True,
    **options: float | str | bool,
) -> Tensor:
    """Colour and silhouette of each pixel: (B, H, W, 4), RGB then alpha.

    vertex_colours: (V, 3) or (B, V, 3), interpolated over the faces in space; or
    face_colours: (F, 3) or (B, F, 3), constant on each face. Exactly one of the two.
    background: what RGB is composited over. So the colours are not multiplied by alpha, as those of
        `depth.render_views` are.
    Everything else as in `soft_silhouette`; differentiable in colours too.

    Raises ValueError and TypeError as `soft_silhouette` does; ValueError for colours that do not
    fit the mesh, and TypeError unless one of the two kinds is given.
    """
    softness = _softness(softness, options)
    height, width = ((1 + anti_aliasing) * side for side in image_size(size))
    projected, faces = project(vertices, faces, camera, check)
    colours = _corner_colours(vertex_colours, face_colours, projected, faces)
    fast = is_fast(backend, projected)
    cover, shade = (coverage.cover, colour.shade) if fast else (readable.cover, readable.shade)
    alpha = cover(projected, faces, height, width, softness)
    shade = shade if softness.rgb == "softmax" else readable.shade_hard
    seen = height, width, softness, camera.fov is not None
    rgb = shade(projected, faces, colours, background, *seen)
    image = torch.cat([rgb, alpha[..., None]], dim=-1)
    if anti_aliasing:
        image = avg_pool2d(image.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)
    return image


def _softness(softness: Softness | None, options: dict[str, float | str | bool]) -> Softness:
    if softness is not None and options:
        raise TypeError(f"pass a Softness or its fields, not both; got both and {sorted(options)}")
    return softness or Softness(**options)


def _corner_colours(
    vertex: Tensor | None, face: Tensor | None, projected: Tensor, faces: Tensor
) -> Tensor:
    """Colours of the faces' corners: (B, F, 3 corners, 3)."""
    if (vertex is None) == (face is None):
        raise TypeError("pass either vertex_colours or face_colours")
    images, count = len(projected), faces.shape[1]
    given, needed = (vertex, projected.shape[1]) if face is None else (face, count)
    name = "vertex_colours" if face is None else "face_colours"
    if given.shape[-2:] != (needed, 3) or given.ndim not in (2, 3):
        raise ValueError(
            f"{name} must be ({needed}, 3) or (B, {needed}, 3); got {tuple(given.shape)}"
        )
    if given.ndim == 3 and len(given) not in (1, images):
        raise ValueError(f"batch sizes disagree: {len(given)} sets of {name}, {images} images")
    given = given.to(projected).expand(images, -1, -1)
    if face is not None:
        return given[:, :, None].expand(-1, -1, 3, -1)
    image = torch.arange(images, device=faces.device)[:, None, None]
    return given[image, faces.clamp(min=0).expand(images, -1, -1)]
