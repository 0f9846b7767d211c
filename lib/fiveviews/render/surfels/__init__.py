"""The surfel renderer of Pix2Scene: a picture from depths alone, with gradients.

A *surfel* is a small piece of surface: a position, a normal and a reflectance. Here each pixel owns
one, so nothing has to be searched for, sorted or hidden: that it lies on the pixel's ray leaves one
number free, its depth. From the depths follow

    positions   P = the point at that depth on the pixel's ray (back-projection)
    normals     N of the plane through the 8 neighbours, ‖N‖ = 1, n_z > 0               (eq. 3)
    colours     I = ρ (Lₐ + Σⱼ Lⱼ max(0, Nᵀdⱼ/‖dⱼ‖) / (k_l ‖dⱼ‖ + k_q ‖dⱼ‖²))          (eq. 1)

with dⱼ from the surfel to light j. Positions and normals are in view coordinates: x right, y up, z
towards the viewer, so that a visible surfel has z = -depth. Lights are in world coordinates.

There are two implementations behind one signature. `readable` is the one to read: plain PyTorch,
any floating type, any device. `normals` and `shading` are the ones that run: kernels with a
hand-written backward pass.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from fiveviews.cameras import Camera
from fiveviews.launch import Backend, is_fast
from fiveviews.render.surfels import normals as kernels
from fiveviews.render.surfels import readable, shading


@dataclass(frozen=True, eq=False)
class Lights:
    """Point lights and the light from everywhere.

    positions: world coordinates, (L, 3) shared by all images or (B, L, 3).
    colours: intensities at distance 1 (RGB, from 0 up, no upper bound), of the same shape.
    ambient: the colour that reaches every surfel from everywhere, (3,) or (B, 3); default: none.
    attenuation: (constant, linear, quadratic) terms k of the falloff 1 / (k_c + k_l d + k_q d²).
        The paper's has no constant one; (1, 0, 0) is a light that does not fall off.
    A light that lies in a surfel is in no direction from it: that surfel stays dark of it, without
    a warning.

    Raises ValueError for shapes that do not fit and for an attenuation that could be zero.

    >>> Lights(torch.tensor([[0.0, 2.0, 0.0]]), torch.ones(1, 3)).ambient
    tensor([0., 0., 0.])
    """

    positions: Tensor
    colours: Tensor
    ambient: Tensor | None = None
    attenuation: tuple[float, float, float] = (0.0, 0.0, 1.0)

    def __post_init__(self) -> None:
        positions, colours = self.positions, self.colours
        if positions.ndim not in (2, 3) or positions.shape[-1] != 3:
            raise ValueError(
                f"lights need positions (L, 3) or (B, L, 3); got {tuple(positions.shape)}"
            )
        if positions.shape[-2] == 0:
            raise ValueError("a scene needs at least one light; for none, give one that is black")
        # on a GPU the question would wait for the device
        if positions.device.type == "cpu" and not torch.isfinite(positions).all():
            raise ValueError("a light's position is NaN or infinite; set it far away instead")
        if colours.shape[-2:] != positions.shape[-2:] or colours.ndim not in (2, 3):
            raise ValueError(
                f"each light needs a colour: positions are {tuple(positions.shape)}, colours "
                f"{tuple(colours.shape)}"
            )
        if self.ambient is None:
            object.__setattr__(self, "ambient", colours.new_zeros(3))
        if self.ambient.ndim not in (1, 2) or self.ambient.shape[-1] != 3:
            raise ValueError(f"ambient must be (3,) or (B, 3); got {tuple(self.ambient.shape)}")
        object.__setattr__(self, "attenuation", tuple(self.attenuation))
        terms = self.attenuation
        if len(terms) != 3 or min(terms) < 0 or not max(terms) > 0:
            raise ValueError(
                f"attenuation takes three terms, none negative and not all zero; got "
                f"{self.attenuation}"
            )

    def to(self, *args: torch.device | torch.dtype | str) -> Lights:
        """The same lights on another device or in another precision."""
        return replace(
            self,
            positions=self.positions.to(*args),
            colours=self.colours.to(*args),
            ambient=self.ambient.to(*args),
        )

    def __getitem__(self, index: slice | Tensor | list[int]) -> Lights:
        """The lights of some of the images; what all images share stays shared."""
        return replace(
            self,
            positions=self.positions if self.positions.ndim == 2 else self.positions[index],
            colours=self.colours if self.colours.ndim == 2 else self.colours[index],
            ambient=self.ambient if self.ambient.ndim == 1 else self.ambient[index],
        )


def surfel_positions(depth: Tensor, camera: Camera) -> Tensor:
    """Where each surfel lies, in view coordinates: (B, H, W, 3).

    depth: (B, H, W), world units along the viewing axis, as `Camera.project` and `rasterize` give
        it. # paper: "the distance along a ray"; the released code uses this depth, and so do we.
    camera: B cameras, or 1 for all; only its field of view (or scale) matters here.
    A surfel whose depth is not a positive finite number is empty: its position is 0.

    Raises ValueError for depths that are no images of at least 2 × 2 pixels, or do not fit the
    cameras.
    """
    _check_depth(depth, camera)
    return readable.back_project(depth, camera)


def surfel_normals(depth: Tensor, camera: Camera, *, backend: Backend = "auto") -> Tensor:
    """The unit normal of each surfel, in view coordinates, n_z > 0: (B, H, W, 3). Equation 3.

    Least squares over the 8 neighbours, each weighted by 1 / distance², so that a neighbour across
    a depth edge hardly counts. Empty surfels have normal 0 and are no one's neighbours.

    Raises ValueError as `surfel_positions` does, and for `fast` where no kernel runs.
    """
    _check_depth(depth, camera)
    find = kernels.normals if is_fast(backend, depth) else readable.find_normals
    return find(depth, camera)


def surfel_render(
    depth: Tensor,
    camera: Camera,
    lights: Lights,
    reflectance: float | Tensor = 1.0,
    *,
    normals: Tensor | None = None,
    specular: tuple[float, float] | None = None,
    backend: Backend = "auto",
) -> Tensor:
    """What the camera sees of surfels at these depths: (B, H, W, 3), from 0 up. Equation 1.

    depth: (B, H, W), world units along the viewing axis. Surfels whose depth is not a positive
        finite number are empty: black, without gradient, and no one's neighbours.
    camera: B cameras, or 1 for all.
    lights: see `Lights`. One that lies in a surfel does not shine on it, and nothing is raised:
        equation 1 divides by their distance, which is 0.
    reflectance: ρ; a number, (3,), one per image (B, 3), or one per surfel (B, H, W, 3).
    normals: (B, H, W, 3) in view coordinates, to shade with instead of those of equation 3.
    specular: (strength, exponent) of Phong's highlight, which the paper's later code adds.
    backend: `fast` (kernel, float32, CPU and CUDA), `readable` (PyTorch), or `auto`: fast if it
        can.
    Brightness has no upper bound: what is shown is clamped to [0, 1].
    Differentiable in everything but attenuation and specular.

    Raises ValueError as `surfel_normals` does, and for lights, reflectances, normals and highlights
    that do not fit the depths or make no sense.

    >>> from fiveviews.cameras import orbit
    >>> lights = Lights(torch.tensor([[0.0, 0.0, 2.0]]), torch.ones(1, 3))
    >>> image = surfel_render(torch.full((1, 4, 4), 1.0), orbit(0.0, 0.0, 2.0), lights)
    >>> image.shape, image[0, 1, 1, 0].item() > 0.9
    (torch.Size([1, 4, 4, 3]), True)
    """
    _check_depth(depth, camera)
    positions, colours, ambient, per_surfel = _light_up(depth, camera, lights, reflectance)
    specular = None if specular is None else tuple(specular)
    if specular is not None and not (specular[0] >= 0 and specular[1] > 0):
        raise ValueError(
            f"specular is a strength from 0 up and an exponent above 0; got {specular}"
        )
    if normals is not None and normals.shape != (*depth.shape, 3):
        raise ValueError(
            f"depths {tuple(depth.shape)} need normals {(*depth.shape, 3)}; got "
            f"{tuple(normals.shape)}"
        )
    normals = None if normals is None else normals.to(depth)
    shade = shading.shade if is_fast(backend, depth) else readable.shade
    image = shade(depth, normals, positions, colours, ambient, camera, lights, specular)
    return image if per_surfel is None else image * per_surfel


def _light_up(
    depth: Tensor, camera: Camera, lights: Lights, reflectance: float | Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """Lights as the renderers take them: positions (1 or B, L, 3) in view coordinates, colours
    (1 or B, L, 3) and ambient (1 or B, 3), multiplied by the reflectance unless that differs from
    surfel to surfel, (B, H, W, 3), when it comes last."""
    for name, given, one in (
        ("positions", lights.positions, 2),
        ("colours", lights.colours, 2),
        ("ambient", lights.ambient, 1),
    ):
        if given.ndim > one and len(given) not in (1, len(depth)):
            raise ValueError(
                f"{len(given)} sets of {name} of lights do not fit {len(depth)} images"
            )
    eye, rotation = camera.eye.to(depth), camera.rotation.to(depth)
    positions = (lights.positions.to(depth) - eye[:, None]) @ rotation.mT
    colours, ambient = lights.colours.to(depth), lights.ambient.to(depth)
    colours = colours if colours.ndim == 3 else colours[None]
    ambient = ambient if ambient.ndim == 2 else ambient[None]
    if isinstance(reflectance, Tensor):
        reflectance = reflectance.to(depth)
        if reflectance.shape == (*depth.shape, 3):
            return positions, colours, ambient, reflectance
        if (
            reflectance.ndim not in (1, 2)
            or reflectance.shape[-1] != 3
            or (reflectance.ndim == 2 and len(reflectance) not in (1, len(depth)))
        ):
            raise ValueError(
                f"reflectance must be a number, (3,), ({len(depth)}, 3) or {(*depth.shape, 3)}; "
                f"got {tuple(reflectance.shape)}"
            )
        reflectance = torch.atleast_2d(reflectance)
        return positions, colours * reflectance[:, None], ambient * reflectance, None
    if reflectance != 1:
        colours, ambient = colours * reflectance, ambient * reflectance
    return positions, colours, ambient, None


def _check_depth(depth: Tensor, camera: Camera) -> None:
    if depth.ndim != 3 or not depth.is_floating_point():
        raise ValueError(
            f"depth must be floating-point numbers (B, H, W); got {tuple(depth.shape)} "
            f"{str(depth.dtype).removeprefix('torch.')}"
        )
    if min(depth.shape[1:]) < 2:
        raise ValueError(
            f"a normal needs neighbours above or below and beside: at least 2 × 2 pixels; got "
            f"{depth.shape[1]} × {depth.shape[2]}"
        )
    if len(camera) not in (1, len(depth)):
        raise ValueError(f"{len(camera)} cameras do not fit {len(depth)} depth images")
