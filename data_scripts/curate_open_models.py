"""Rewrite lib/fiveviews/data/open_models.json from the packages themselves.

Only for whoever wants other models in the book: readers run fetch_open_models.py, which follows the
manifest. The manifest's list `excluded` is kept as it is: it was made by looking at the contact
sheets that `--sheets` writes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import tempfile
from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
import trimesh
from PIL import Image, ImageDraw

from fiveviews.cameras import orbit
from fiveviews.data import deb
from fiveviews.data.models import prepare
from fiveviews.data.open_models import MANIFEST, Entry, load_entry, source_digest
from fiveviews.data.sweethome import IDENTITY, read_catalogue
from fiveviews.files import write_atomically
from fiveviews.meshes import Mesh
from fiveviews.render.depth import render_views
from fiveviews.voxels import voxelise

LICENCES = {
    "Scopia.sh3f": "CC-BY-3.0",
    "BlendSwap-CC-0.sh3f": "CC0-1.0",
    "BlendSwap-CC-BY.sh3f": "CC-BY-3.0",
    "KatorLegaz.sh3f": "CC-BY-3.0-US",
    "sweethome3d.jar": "GPL-2.0-or-later",
    "Contributions.sh3f": "Free Art 1.3",
    "LucaPresidente.sh3f": "Free Art 1.3",
}
RULES = (  # the first that fits the name of a piece decides; an empty category leaves it out
    ("bottle", r"\bbottle$|^(milk|flacon|shampoo)$"),
    ("bowl", r"^((rice|fish) )?bowl\b|^basin$"),
    ("mug", r"\b(mug|cup)$|^beer glass$"),
    ("can", r"^metal box$"),
    ("cap", r"^(cap|hat|helmet)$"),
    ("bag", r"\bbag$|^(handbag|backpack|suitcase|briefcase)$"),
    (
        "",
        r"light source|switch|changing|table (fan|tennis)|pool table|football|"
        r"billiard|wheelchair|freezer|intercom|remote|screen door|shower|xylophone|headphone|"
        r"ottoman|container|train|toilet|baby|piano|piscine",
    ),
    ("lamp", r"lamp|chandelier|lantern|uplight|(hanging|pendant|wall|street|park|porch) light"),
    ("sofa", r"sofa|couch"),
    ("bench", r"bench"),
    ("chair", r"chair|stool|class seat"),
    ("display", r"^tv (16:9|unit)|^tv$|flat tv|monitor lcd|^screen$|imac|laptop"),
    (
        "cabinet",
        r"cabinet|wardrobe|dresser|cupboard|\bchest|drawer|sideboard|bookcase|shel(f|ves)|buffet|"
        r"locker|bedside|tv (stand|shelf)",
    ),
    ("table", r"\btables?\b|desk"),
    ("speaker", r"^speaker"),
    ("phone", r"iphone|(mobile|wireless) phone|^phone"),
    (
        "car",
        r"ford focus|concept sedan|vw new beetle|peugeot 308|renault scenic|chevrolet|seat leon|"
        r"^suv|^van$|smart car|car model",
    ),
    ("vessel", r"rowboat"),
    ("plane", r"biplane"),
)
AFLOAT = (  # files of flightgear-data-models
    r"Maritime/(Civilian|Military)/.*|"
    r"Geometry/((Nimitz/)?(nimitz|truman|vinson|saratoga|container_carrier)|"
    r"(Ferry|SanAntonio|sailboat1)/.*)"
)
ASHORE = r"Military/humvee.*"
WAKES = "wake|^rect$"
NETS = {"Trawler.ac": r"^(cylinder0[23]|object(08|09|10|11)|sqhull01_1)$"}  # trail far behind
BOW_AHEAD = ("saratoga.ac",)  # the others point to -x or -z, whichever they are longer in
SISTERS = (r"cg.?47|cg.?57", r"container_carrier|simplefreighter", r"sailboatunder.*")
PLANE_SKIP = (
    r"light|flare|probe|refueling|bomb|exhaust|tank|wheels|banner|omspods|ssme|balloon|ferry|toggle"
)
DATED = r"[,.]?\s+[A-Z][a-z]+\.?\s+\d{4}\s*$|\W+$"
DISC_PROPELLERS = ("c182.ac", "c182rg.ac")  # there the plain name is the disc
FAMILIES = (  # types that are one aircraft in several lengths; else a folder is a family
    r"73\d", r"74\d", r"75\d", r"76\d", r"77\d", r"78\d", r"A30\d|A310", r"A31[89]|A32\d",
    r"A33\d.*|A34\d|339", r"CR\d|Bombardier.*", r"E[79]\d", r"ERJ.*|Embraer.*",
    r"Fokker-(70|100)", r"MD\d\d|717", r"DH[34]", r"AT\d",
    r"[Bb][Aa][Ee]146.*", r"c1[78].*", r"c310.*", r"b1900d|beech.*",
)  # fmt: skip
TAIL_OVERRULED = ("DH82.ac", "Dragonfly.ac", "G-164A.ac", "ercoupe.ac")  # tails lower than wings
TURNS = {  # to +z, from where a model points
    "-x": (0.0, 0.0, 1.0, 0.0, 1.0, 0.0, -1.0, 0.0, 0.0),
    "+x": (0.0, 0.0, -1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0),
    "-z": (-1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, -1.0),
}
TEST_SHARE, SMALL = 0.25, 20  # categories with fewer than SMALL models are for testing only


@dataclass
class Candidate:
    """An entry with its mesh, its voxels, and the family that stays on one side of the split."""

    entry: Entry
    mesh: Mesh
    voxels: np.ndarray
    family: str


def furniture(package: str, folder: Path) -> list[tuple[Entry, str]]:
    """Entries for the pieces of a package's libraries whose names fit a rule."""
    found = []
    for library in sorted([*folder.rglob("*.sh3f"), *folder.rglob("sweethome3d.jar")]):
        if library.name not in LICENCES:
            continue
        for piece in read_catalogue(library):
            category = next((c for c, rule in RULES if re.search(rule, piece.name.lower())), "")
            if category:
                entry = Entry(
                    category=category,
                    name=slug(piece.name),
                    title=piece.name,
                    author=piece.creator or "eTeks",
                    licence=LICENCES[library.name],
                    split="",
                    package=package,
                    path=f"{library.relative_to(folder).as_posix()}!{piece.model}",
                    sha256=source_digest(library, piece.model),
                    rotation=piece.rotation,
                    size=piece.size,
                )
                found.append((entry, entry.path))
    return found


def described(base: Path) -> tuple[dict[Path, str], dict[Path, str]]:
    """Titles and authors of FlightGear's models, where XML beside them tells."""
    titles, authors = {}, {}
    for xml in sorted(base.rglob("*.xml")):
        text = xml.read_text("utf-8", errors="replace")
        path, title, author = (
            re.search(rf"<{tag}>\s*([^<]+?)\s*</{tag}>", text)
            for tag in ("path", "description", "author")
        )
        if path and path[1].endswith(".ac"):
            model = (xml.parent / path[1]).resolve()
            if title:
                titles.setdefault(model, title[1])
            if author and author[1] != "me":
                authors.setdefault(model, re.sub(DATED, "", author[1]))
    return titles, authors


def flightgear(
    path: Path,
    package: str,
    folder: Path,
    authors: dict[Path, str],
    category: str,
    title: str,
    drop: str,
) -> Entry:
    """The entry of a model of FlightGear's, without a split."""
    return Entry(
        category=category,
        name=slug(path.stem),
        title=title,
        author=authors.get(path.resolve(), "the FlightGear team"),
        licence="GPL-2.0-or-later",
        split="",
        package=package,
        path=path.relative_to(folder).as_posix(),
        sha256=source_digest(path),
        drop=drop,
    )


def aircraft(package: str, folder: Path) -> list[tuple[Entry, str]]:
    """Entries for the aircraft of a FlightGear package, with the names of their families."""
    base = next(folder.rglob("AI/Aircraft"))
    titles, authors = described(base)
    found = []
    for path in sorted(base.rglob("*.ac")):
        inside = path.relative_to(base)
        if re.search(PLANE_SKIP, inside.as_posix(), re.IGNORECASE):
            continue
        rule = next((rule for rule in FAMILIES if re.fullmatch(rule, inside.parts[0])), None)
        drop = "^propeller" if path.name in DISC_PROPELLERS else ""
        title = titles.get(path.resolve(), path.stem)
        entry = flightgear(path, package, folder, authors, "plane", title, drop)
        found.append((entry, rule or inside.parts[0]))
    return found


def ships(package: str, folder: Path) -> list[tuple[Entry, str]]:
    """Entries for what floats, and one car, among FlightGear's models, with their families."""
    base = next(folder.rglob("flightgear/Models"))
    titles, authors = described(base)
    found = []
    for path in sorted(base.rglob("*.ac")):
        inside = path.relative_to(base).with_suffix("").as_posix()
        afloat = re.fullmatch(AFLOAT, inside)
        if not afloat and not re.fullmatch(ASHORE, inside):
            continue
        spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|[_-]", " ", path.stem)
        title = titles.get(path.resolve(), spaced)
        rule = next((r for r in SISTERS if re.fullmatch(r, path.stem, re.IGNORECASE)), None)
        category = "vessel" if afloat else "car"
        drop = "|".join(filter(None, (WAKES if afloat else "", NETS.get(path.name))))
        entry = flightgear(path, package, folder, authors, category, title, drop)
        found.append((entry, rule or path.stem))
    return found


def heading(entry: Entry, mesh: Mesh) -> str:
    """Where a model of FlightGear points in its own coordinates.

    Raises SystemExit for an aircraft that seems to fly elsewhere than the others do.
    """
    name = Path(entry.path).name
    if entry.category == "plane":
        if (found := nose(mesh)) != "-x" and name not in TAIL_OVERRULED:
            raise SystemExit(f"{entry.path}: its nose seems to point to {found}")
        return "-x"
    low, high = mesh.vertices.aminmax(dim=0)
    if name in BOW_AHEAD:
        return "+x"
    return "-x" if (high - low)[0] > (high - low)[2] else "-z"


def nose(mesh: Mesh) -> str:
    """Where an aircraft's nose points, by its tail: the highest 2 % of its surface are there."""
    surface = trimesh.Trimesh(mesh.vertices.numpy(), mesh.faces.numpy(), process=False)
    points = np.asarray(trimesh.sample.sample_surface(surface, 20_000, seed=0)[0])
    tail = points[points[:, 1] >= np.quantile(points[:, 1], 0.98)].mean(axis=0)
    axis = 0 if abs(tail[0]) >= abs(tail[2]) else 2
    return ("-" if tail[axis] > 0 else "+") + "xyz"[axis]


def slug(text: str) -> str:
    """A file name from a title."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two voxel grids."""
    return (a & b).sum() / (a | b).sum()


def distinct(candidates: list[Candidate]) -> list[Candidate]:
    """Without repeats of a shape in another colour: same category, nearly the same voxels."""
    kept: list[Candidate] = []
    for new in candidates:
        faces = len(new.mesh.faces)
        if not any(
            old.entry.category == new.entry.category
            and abs(len(old.mesh.faces) - faces) <= 0.02 * faces
            and overlap(old.voxels, new.voxels) >= 0.95
            for old in kept
        ):
            kept.append(new)
    return kept


def split(candidates: list[Candidate]) -> list[Entry]:
    """Train and test, a quarter for test; families and look-alikes stay on one side."""
    parent = list(range(len(candidates)))

    def find(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    for i, a in enumerate(candidates):
        for j, b in enumerate(candidates[:i]):
            if a.family == b.family or overlap(a.voxels, b.voxels) >= 0.9:
                parent[find(i)] = find(j)
    groups = defaultdict(list)
    for i, candidate in enumerate(candidates):
        groups[find(i)].append(candidate)
    order = sorted(
        groups.values(), key=lambda group: hashlib.sha256(group[0].entry.path.encode()).digest()
    )
    wanted = len(candidates) * (TEST_SHARE if len(candidates) >= SMALL else 1)
    entries, tested = [], 0
    for group in order:
        side = "test" if tested + len(group) / 2 <= wanted else "train"
        tested += len(group) * (side == "test")
        entries += [replace(candidate.entry, split=side) for candidate in group]
    return entries


def number(entries: list[Entry]) -> list[Entry]:
    """Entries in the order of their names, which are made unique by numbers."""
    taken: dict[tuple[str, str], int] = defaultdict(int)
    result = []
    for entry in sorted(entries, key=lambda e: (e.category, e.name, e.package, e.path)):
        key = (entry.category, entry.name)
        taken[key] += 1
        name = entry.name if taken[key] == 1 else f"{entry.name}-{taken[key]}"
        result.append(replace(entry, name=name))
    return result


def sheet(rows: list[tuple[Entry, Mesh]], path: Path, size: int = 110, columns: int = 6) -> None:
    """A picture of the models from the front and from the front left, for looking at."""
    camera = orbit(torch.tensor([0.0, -35.0]), torch.tensor([12.0, 25.0]), 2.4)
    height = size + 12
    canvas = Image.new("RGB", (columns * 2 * size, -(-len(rows) // columns) * height), "white")
    draw = ImageDraw.Draw(canvas)
    for i, (entry, mesh) in enumerate(rows):
        x, y = i % columns * 2 * size, i // columns * height
        views = render_views(mesh, camera, size).numpy()
        picture = np.concatenate(list(views[..., :3] + (255 - views[..., 3:])), axis=1)
        canvas.paste(Image.fromarray(picture), (x, y + 12))
        draw.text((x + 2, y), f"{entry.name} {entry.split}"[:36], fill=(200, 0, 0))
    canvas.save(path)


FINDERS = {"flightgear-data-ai": aircraft, "flightgear-data-models": ships}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "packages", nargs="+", type=Path, help=".deb files, the preferred ones first"
    )
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets, one per category")
    arguments = parser.parse_args()
    manifest = json.loads(MANIFEST.read_text("utf-8"))
    meshes: dict[str, Mesh] = {}
    by_category: dict[str, list[Candidate]] = defaultdict(list)
    for package in arguments.packages:
        name = deb.control(package)["Package"]
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            deb.extract(
                package, folder, lambda path: bool(re.search(r"\.(ac|xml|sh3f|jar)$", path))
            )
            find = FINDERS.get(name, furniture)
            for entry, family in find(name, folder):
                if entry.path in manifest["excluded"]:
                    continue
                mesh = prepare(load_entry(folder, entry))
                if entry.path.endswith(".ac"):
                    entry = replace(entry, rotation=TURNS[heading(entry, mesh)])
                    mesh = prepare(load_entry(folder, entry))
                meshes[entry.path] = mesh
                candidate = Candidate(entry, mesh, voxelise(mesh), family)
                by_category[entry.category].append(candidate)
    entries = []
    for category in sorted(by_category):
        chosen = number(split(distinct(by_category[category])))
        entries += chosen
        tests = sum(entry.split == "test" for entry in chosen)
        print(f"{category}: {len(chosen) - tests} train, {tests} test")
        if arguments.sheets:
            arguments.sheets.mkdir(parents=True, exist_ok=True)
            for first in range(0, len(chosen), 60):
                rows = [(entry, meshes[entry.path]) for entry in chosen[first : first + 60]]
                sheet(rows, arguments.sheets / f"{category}-{first // 60}.png")
    write_atomically(MANIFEST, manifest_text(manifest["packages"], manifest["excluded"], entries))


def manifest_text(packages: dict, excluded: dict, entries: list[Entry]) -> str:
    """The manifest as JSON with one line per package, exclusion and model."""
    empty = {"rotation": IDENTITY, "size": (), "drop": ""}
    rows = [
        {key: value for key, value in asdict(entry).items() if empty.get(key) != value}
        for entry in entries
    ]
    parts = [
        '"packages": {\n'
        + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in packages.items()),
        '},\n"excluded": {\n'
        + ",\n".join(f"{json.dumps(k)}: {json.dumps(excluded[k])}" for k in sorted(excluded)),
        '},\n"models": [\n' + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows),
    ]
    return "{\n" + "\n".join(parts) + "\n]\n}\n"


if __name__ == "__main__":
    main()
