"""Furniture libraries of Sweet Home 3D: zip files (.sh3f, or the program's .jar) of OBJ models with
a catalogue that says what each one is, who made it, how big it is and how it must be turned."""

from __future__ import annotations

import re
import tempfile
import zipfile
import zlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import torch

from fiveviews.meshes import Mesh, load_mesh

CATALOGUES = (
    "PluginFurnitureCatalog.properties",
    "com/eteks/sweethome3d/io/DefaultFurnitureCatalog.properties",
)
IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True)
class Piece:
    """One entry of a catalogue. size: width (x), height (y), depth (z) in centimetres."""

    name: str
    kind: str
    creator: str
    model: str
    size: tuple[float, float, float]
    rotation: tuple[float, ...] = IDENTITY


def read_catalogue(path: str | Path) -> list[Piece]:
    """The pieces of a library, in its order; those without a model or a size are left out.

    Raises ValueError where the file is no zip or has no catalogue.
    """
    with _library(path) as library:
        names = [name for name in CATALOGUES if name in library.namelist()]
        if not names:
            raise ValueError(f"{path} is no furniture library: it holds none of {CATALOGUES}")
        properties = read_properties(library.read(names[0]).decode("latin-1"))
    rows: dict[int, dict[str, str]] = defaultdict(dict)
    for key, value in properties.items():
        field, hash_sign, number = key.partition("#")
        if hash_sign and number.isdigit():
            rows[int(number)][field] = value
    pieces = []
    for _, row in sorted(rows.items()):
        if not {"name", "model", "width", "depth", "height"} <= row.keys():
            continue
        rotation = tuple(map(float, row.get("modelRotation", "").split())) or IDENTITY
        pieces.append(
            Piece(
                name=row["name"],
                kind=row.get("category", ""),
                creator=row.get("creator", ""),
                model=row["model"].lstrip("/"),
                size=(float(row["width"]), float(row["height"]), float(row["depth"])),
                rotation=rotation,
            )
        )
    return pieces


def load_piece(
    path: str | Path, model: str, size: tuple[float, ...], rotation: tuple[float, ...] = IDENTITY
) -> Mesh:
    """A model of a library, turned so that it stands on the floor and faces +z, in centimetres.

    Raises ValueError that names the library and the model where it is missing or broken.
    """
    with _library(path) as library, tempfile.TemporaryDirectory() as folder:
        try:
            mesh = load_mesh(library.extract(model, folder))
        except KeyError as error:
            raise ValueError(f"{path} holds no {model}") from error
        except (ValueError, zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise ValueError(f"{model} in {path} cannot be read as a mesh ({error})") from error
    vertices = mesh.vertices @ torch.tensor(rotation, dtype=torch.float32).reshape(3, 3).T
    low, high = vertices[mesh.faces.unique()].aminmax(dim=0)
    extent = (high - low).clamp(min=1e-9)
    return Mesh((vertices - (low + high) / 2) / extent * torch.tensor(size), mesh.faces)


def read_properties(text: str) -> dict[str, str]:
    """Keys and values of a Java .properties text.

    >>> read_properties("name#1 = Caf\\\\u00e9 \\\\\\n  chair\\n! a comment\\n")
    {'name#1': 'Café chair'}
    """
    joined = re.sub(r"(?<!\\)((?:\\\\)*)\\\r?\n[ \t]*", r"\1", text)
    pairs = {}
    for line in joined.splitlines():
        line = line.strip()
        if not line or line[0] in "#!":
            continue
        key, _, value = re.match(r"((?:\\.|[^=:\s\\])*)(\s*[=:]\s*|\s+|$)(.*)", line).groups()
        pairs[_unescape(key)] = _unescape(value)
    return pairs


def _unescape(text: str) -> str:
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
    return re.sub(r"\\(.)", lambda match: {"n": "\n", "t": "\t"}.get(match[1], match[1]), text)


def _library(path: str | Path) -> zipfile.ZipFile:
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no furniture library {path}")
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise ValueError(f"{path} is not a whole zip file ({error})") from error
