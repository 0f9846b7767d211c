"""The reader's own picture: chosen, cropped, cut out, reconstructed, turned and taken home.

With a kernel it is a small workbench of ipywidgets. On a page the same is done in the reader's
browser: `static/photo.js` cuts out, `static/network.js` is the networks, and nothing is sent.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from html import escape

import ipywidgets
import numpy as np
import torch
import trimesh
from numpy.typing import ArrayLike
from PIL import Image

from ..data.photos import as_render, crop, cut_out, read_photo
from ..data.renders import SIZE
from ..meshes import Mesh
from ..models.familiarity import Familiarity, features
from ..models.templates import ImplicitTemplates
from ..models.templates_data import read_picture
from ..models.templates_encoder import Encoder
from ..models.templates_meshes import extract_mesh
from .browser import export, known_features
from .meshes import scene
from .page_figure import PageFigure
from .painted import Painted, fit_camera, paint
from .style import is_static
from .svg import png
from .turnable import figure, mesh_of, scripts_of

Reconstruct = Callable[[np.ndarray], Mesh | tuple[Mesh, ArrayLike] | None]
VIEW = (35.0, 25.0)
NO_SURFACE = "No surface came out: the field that the network took from this picture has no zero."
STEPS = ("picture", "cut out", "what the network sees", "what it makes of it")


def own_picture(
    encoder: Encoder,
    model: ImplicitTemplates,
    known: Familiarity | None = None,
    example: bytes | None = None,
    resolution: int = 64,
    name: str = "mine",
) -> PageFigure | ipywidgets.Widget:
    """A workbench on which a picture of the reader's becomes a mesh.

    encoder, model: from a picture to a code, and from a code to a field.
    known: features (`encoder.trunk`) of training and of held-out pictures; says how far a picture
        lies from them. On a page its training features take 2 bytes a number.
    example: a PNG or JPEG file to begin with; a page needs one.
    resolution: of the grid from which the mesh is extracted. name: of the GLB file.

    Raises ValueError for a page without an example.
    """
    encoder, model = (network.eval() for network in (encoder, model))

    def reconstruct(picture: np.ndarray) -> Mesh | None:
        with torch.no_grad():
            code = encoder(read_picture(picture, encoder.recipe.size))[0]
        return extract_mesh(model.field(code), resolution)

    def judge(picture: np.ndarray) -> str:
        return "" if known is None else str(known(features(encoder, picture[None])))

    if not is_static():
        return Workbench(reconstruct, judge, example, name).box
    if example is None:
        raise ValueError("a page without a kernel begins with an example: give own_picture one")
    return _page(encoder, model, known, example, reconstruct, resolution, name)


def _page(
    encoder: Encoder,
    model: ImplicitTemplates,
    known: Familiarity | None,
    example: bytes,
    reconstruct: Reconstruct,
    resolution: int,
    name: str,
) -> PageFigure:
    """The steps with the example, and all that the browser needs to take them with another."""
    photo = read_photo(example)
    picture = as_render(photo, cut_out(photo))
    made = reconstruct(picture)
    if made is None:
        raise ValueError(f"the example will not do: {NO_SURFACE}")
    shape = paint(*mesh_of(made))
    with torch.no_grad():
        code = encoder(read_picture(picture, encoder.recipe.size))[0]
    weights, plan = export(encoder, model, code)
    training, familiar = known_features(known)
    attached = {"weights": weights} | ({"features": training} if familiar else {})
    first = f'<script type="text/plain" class="fv-example">{base64.b64encode(example).decode()}'
    return figure(
        "own",
        [shape],
        fit_camera([shape], *VIEW),
        [STEPS[3]],
        "A picture, what a network sees of it, and the 3D shape that it makes of it",
        SIZE,
        flat=[(STEPS[0], _square(photo[..., :3])), (STEPS[2], Image.fromarray(picture))],
        flat_first=True,
        attached=attached,
        more=first + "</script>" + scripts_of("photo.js", "network.js", "own-picture.js"),
        plan=plan,
        familiar=familiar,
        resolution=4 * (resolution // 4) + 1,
        name=name,
    )


def glb(shape: Painted) -> bytes:
    """A coloured mesh as a GLB file, which 3D viewers and printers' programs open."""
    colours = (np.clip(shape.colours, 0, 1) * 255).round().astype(np.uint8)
    arrays = (part.detach().cpu().numpy() for part in (shape.mesh.vertices, shape.mesh.faces))
    return trimesh.Trimesh(*arrays, vertex_colors=colours, process=False).export(file_type="glb")


def _faded(photo: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """RGB with the background nearly white."""
    return np.where(mask[..., None], photo[..., :3], 255 - (255 - photo[..., :3]) // 8)


def _square(picture: np.ndarray, size: int = SIZE) -> Image.Image:
    """A picture (H, W, 3) in the middle of a white square."""
    image = Image.fromarray(picture)
    image.thumbnail((size, size), Image.Resampling.BOX)
    square = Image.new("RGB", (size, size), "white")
    square.paste(image, ((size - image.width) // 2, (size - image.height) // 2))
    return square


class Workbench:
    """The widgets and what happens between them; `box` is what Jupyter shows.

    `load` takes a file's bytes as the button for uploads does; `shape` is what was made last.
    """

    def __init__(
        self,
        reconstruct: Reconstruct,
        judge: Callable[[np.ndarray], object] | None,
        example: bytes | None,
        name: str,
    ):
        self.reconstruct, self.judge, self.name = reconstruct, judge, name
        self.photo: np.ndarray | None = None
        self.picture: np.ndarray | None = None
        self.shape: Painted | None = None
        self.upload = ipywidgets.FileUpload(accept=".png,.jpg,.jpeg", description="Your picture")
        span = {"min": 0, "max": 100, "value": (0, 100), "readout": False}
        self.across = ipywidgets.IntRangeSlider(description="width", **span)
        self.down = ipywidgets.IntRangeSlider(description="height", **span)
        self.tolerance = ipywidgets.FloatSlider(
            value=0.12, min=0.01, max=0.5, step=0.01, description="tolerance"
        )
        self.windows = ipywidgets.Checkbox(value=True, description="see through gaps")
        self.button = ipywidgets.Button(
            description="Reconstruct", button_style="primary", disabled=True
        )
        self.pictures = [ipywidgets.Image(format="png", width=SIZE, height=SIZE) for _ in range(3)]
        self.words, self.solid = ipywidgets.HTML(), ipywidgets.VBox()
        self.upload.observe(self._uploaded, "value")
        for control in (self.across, self.down, self.tolerance, self.windows):
            control.observe(lambda _: self.prepare(), "value")
        self.button.on_click(lambda _: self.make())
        wrap = ipywidgets.Layout(flex_flow="row wrap")
        rows = [
            ipywidgets.HBox([self.upload, self.button], layout=wrap),
            ipywidgets.HBox([self.across, self.down, self.tolerance, self.windows], layout=wrap),
            ipywidgets.HBox([self._titled(*p) for p in zip(STEPS, self.pictures, strict=False)],
                            layout=wrap),
            self.words,
            self.solid,
        ]  # fmt: skip
        self.box = ipywidgets.VBox(rows)
        self.say("Choose a PNG or JPEG of one object, whole and before a plain background.")
        if example is not None:
            self.load(example)

    def load(self, data: bytes) -> None:
        """Take a file, or say in a sentence why not."""
        try:
            self.photo = read_photo(data)
        except ValueError as error:
            self.say(str(error), wrong=True)
            return
        self.prepare()

    def prepare(self) -> None:
        """Crop and cut out what was loaded, and show it."""
        if self.photo is None:
            return
        self.picture = None
        across, down = (tuple(x / 100 for x in s.value) for s in (self.across, self.down))
        try:
            part = crop(self.photo, across, down)
            self._show(0, part[..., :3])
            mask = cut_out(part, self.tolerance.value, self.windows.value)
            self._show(1, _faded(part, mask))
            self.picture = as_render(part, mask)
            self._show(2, self.picture)
            self.say("Is the object whole, and alone? Then reconstruct it.")
        except ValueError as error:
            self.say(str(error), wrong=True)
        self.button.disabled = self.picture is None

    def make(self) -> None:
        """Reconstruct what was prepared, show it in 3D, and say how far to trust it."""
        if self.picture is None:
            return
        self.say("One moment ...")
        made = self.reconstruct(self.picture)
        said = "" if self.judge is None else str(self.judge(self.picture))
        if made is None:
            self.shape, self.solid.children = None, ()
            self.say(f"{NO_SURFACE} {said}", wrong=True)
            return
        self.shape = paint(*mesh_of(made))
        self.solid.children = (scene(self.shape, fit_camera([self.shape], *VIEW), 400),)
        data = base64.b64encode(glb(self.shape)).decode()
        link = f'<a style="text-decoration:underline" download="{escape(self.name)}.glb" '
        link += f'href="data:model/gltf-binary;base64,{data}">'
        self.words.value = (
            f"<p>{escape(said)}</p><p>{link}Save it as {escape(self.name)}.glb</a></p>"
        )

    def say(self, words: str, wrong: bool = False) -> None:
        """Show a sentence."""
        colour = "#D55E00" if wrong else "inherit"
        self.words.value = f'<p style="color:{colour}">{escape(words)}</p>'

    def _uploaded(self, change: dict) -> None:
        if change["new"]:
            self.load(bytes(change["new"][0]["content"]))

    def _show(self, index: int, picture: np.ndarray) -> None:
        self.pictures[index].value = png(_square(picture))

    @staticmethod
    def _titled(title: str, picture: ipywidgets.Image) -> ipywidgets.VBox:
        return ipywidgets.VBox([ipywidgets.Label(title), picture])
