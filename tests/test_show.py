"""Figures: what they show is true, and a page that carries them needs no network and no kernel."""

import base64
import dataclasses
import io
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from fiveviews import show
from fiveviews.meshes import icosphere, normalise
from fiveviews.metrics import t_interval
from fiveviews.show import style
from fiveviews.show.diagrams import _place
from fiveviews.show.images import to_rgb
from fiveviews.training.history import History

SVG = "{http://www.w3.org/2000/svg}"
SPHERE = normalise(icosphere(2))


@pytest.fixture(autouse=True)
def on_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIVEVIEWS_STATIC", "1")


def pixels(uri: str) -> np.ndarray:
    """The picture in a data address."""
    head, data = uri.split(",", 1)
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))


def needs_no_network(markup: str) -> bool:
    names = markup.replace("http://www.w3.org/", "")  # of XML namespaces, which nobody fetches
    return not re.search(r"https?://|(?:src|href)=.//", names)


# The look


def test_text_and_lines_stand_out_from_white() -> None:
    def luminance(colour: str) -> float:
        channel = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        linear = np.where(channel <= 0.04045, channel / 12.92, ((channel + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    contrast = {c: 1.05 / (luminance(c) + 0.05) for c in (style.INK, style.QUIET, *style.PALETTE)}
    assert min(contrast[style.INK], contrast[style.QUIET]) >= 4.5  # WCAG AA, text
    assert min(contrast.values()) > 2


@given(st.floats(0.01, 1))
def test_a_positive_value_has_one_colour_whether_or_not_others_are_negative(value: float) -> None:
    alone, signed = style.colours([value], (0, 1))[0], style.colours([value], (-1, 1))[0]
    assert np.argmax(alone) == np.argmax(signed) == 2  # blue
    assert np.argmax(style.colours([-value], (-1, 1))[0]) == 0  # orange


def test_zero_is_white_and_the_scale_is_symmetric() -> None:
    assert style.colours([-1.0, 0.0, 3.0])[1].tolist() == [255, 255, 255]
    assert style.value_range([-1.0, np.nan, 3.0]) == (-3.0, 3.0)
    assert style.value_range([]) == (0.0, 1.0)


def test_the_environment_decides_between_page_and_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    assert show.is_static()
    monkeypatch.setenv("FIVEVIEWS_STATIC", "0")
    assert not show.is_static()
    monkeypatch.delenv("FIVEVIEWS_STATIC")
    assert show.is_static()  # this is no kernel
    monkeypatch.setenv("FIVEVIEWS_STATIC", "yes")
    with pytest.raises(ValueError, match="must be 0 or 1"):
        show.is_static()


# Images


@given(arrays(np.uint8, (3, 4, 4)))
def test_transparent_pixels_show_white_and_opaque_ones_their_colour(image: np.ndarray) -> None:
    alpha = image[..., 3:]
    image = np.concatenate([np.minimum(image[..., :3], alpha), alpha], -1)  # multiplied by alpha
    rgb = to_rgb(image).astype(int)
    assert np.abs(rgb - (image[..., :3].astype(int) + 255 - alpha)).max() <= 1


@given(arrays(float, (5, 3), elements=st.floats(0, 1)))
def test_ink_is_dark_where_the_image_is_one(image: np.ndarray) -> None:
    order = np.argsort(image, axis=None)
    assert (np.diff(to_rgb(image)[..., 0].ravel()[order].astype(int)) <= 0).all()
    assert (np.diff(to_rgb(image, ink=False)[..., 0].ravel()[order].astype(int)) >= 0).all()


@pytest.mark.parametrize(
    ("image", "told"),
    [
        (np.zeros((4, 8, 8)), r"\(4, 8, 8\).*channels come last"),
        (np.full((4, 4), 255.0), "divide by 255"),
        (np.full((4, 4, 3), np.nan), r"must lie in \[0, 1\]"),
    ],
)
def test_what_is_no_image_is_refused(image: np.ndarray, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        to_rgb(image)


@pytest.mark.parametrize(("shape", "count"), [((8, 6), 1), ((8, 6, 4), 1), ((5, 8, 6), 5),
                                              ((5, 8, 6, 3), 5), ((2, 3, 8, 6, 1), 6)])  # fmt: skip
def test_a_grid_holds_each_image_pixel_for_pixel(shape: tuple[int, ...], count: int) -> None:
    values = np.random.default_rng(0).random(shape) * 0.5
    values[..., -1] = 1.0  # alpha, where there is one
    picture = show.images(torch.from_numpy(values))
    root = ElementTree.fromstring(picture.markup)
    drawn = [pixels(node.get("href")) for node in root.iter(f"{SVG}image")]
    assert len(drawn) == count
    first = (
        values
        if count == 1
        else values.reshape(-1, *shape[-3:] if len(shape) > 3 else shape[1:])[0]
    )
    np.testing.assert_array_equal(drawn[0], to_rgb(first))
    assert needs_no_network(picture.markup)


@given(st.integers(1, 30))
def test_grids_fit_the_column_and_no_two_images_overlap(count: int) -> None:
    root = ElementTree.fromstring(show.images(np.zeros((count, 9, 7)), ["title"] * count).markup)
    assert float(root.get("width")) <= style.WIDTH + 1
    boxes = [
        [float(i.get(k)) for k in ("x", "y", "width", "height")] for i in root.iter(f"{SVG}image")
    ]
    assert no_overlap(boxes)


def no_overlap(boxes: list[list[float]]) -> bool:
    return all(
        a[0] + a[2] <= b[0] or b[0] + b[2] <= a[0] or a[1] + a[3] <= b[1] or b[1] + b[3] <= a[1]
        for i, a in enumerate(boxes)
        for b in boxes[:i]
    )


def test_a_strip_names_its_rows_and_they_are_equally_long() -> None:
    picture = show.strip({"input": np.zeros((2, 5, 5)), "ours": np.zeros((2, 5, 5, 3))}, ["a", "b"])
    words = [text.text for text in ElementTree.fromstring(picture.markup).iter(f"{SVG}text")]
    assert sorted(words) == ["a", "b", "input", "ours"]
    with pytest.raises(ValueError, match=r"same number of images.*'ours': 3"):
        show.strip({"input": np.zeros((2, 5, 5)), "ours": np.zeros((3, 5, 5))})


def test_titles_must_fit_and_there_must_be_something_to_show() -> None:
    with pytest.raises(ValueError, match="3 images need as many titles; got 1"):
        show.images(np.zeros((3, 5, 5)), titles=["one"])
    with pytest.raises(ValueError, match="empty"):
        show.images([])


def test_pictures_are_saved_as_svg_only(tmp_path: Path) -> None:
    saved = show.images(np.eye(3)).save(tmp_path / "eye.svg")
    assert ElementTree.parse(saved).getroot().tag == f"{SVG}svg"
    with pytest.raises(ValueError, match=r"saved as \.svg; got 'eye.png'"):
        show.images(np.eye(3)).save(tmp_path / "eye.png")


# Numbers


def test_curves_are_the_mean_with_students_interval() -> None:
    runs = [[1.0, 0.5, 0.2], [1.2, 0.4, 0.3], [1.1, 0.6, 0.1]]
    figure = show.curves({"ours": runs, "baseline": [1.0, 1.0]}, x="epoch", y="loss (1 − IoU)")
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == (
        "epoch",
        "loss (1 − IoU)",
    )
    band, line, single = figure.data
    for step, values in enumerate(zip(*runs, strict=True)):
        expected = t_interval(values)
        got = (line.y[step], band.y[5 - step], band.y[step])
        assert got == pytest.approx((expected.mean, expected.low, expected.high))
    assert line.name == "ours (3 seeds)"
    assert (single.name, len(single.x)) == ("baseline", 2)
    assert band.mode == "lines"  # dots on the edge of an interval would look like measurements
    assert (band.name, band.showlegend) == ("95 % CI of the mean", True)
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "white"


def test_panels_share_axes_colours_and_one_legend() -> None:
    near, far = {"ours": ([0, 1], [1, 2])}, {"plane": ([0, 1], [3, 3]), "ours": ([0, 1], [2, 4])}
    figure = show.panels({"near": near, "far": far, "none": {}}, "degrees", "error")
    assert [(t.name, t.xaxis, t.showlegend) for t in figure.data] == [
        ("ours", "x", True), ("plane", "x2", True), ("ours", "x2", False),
    ]  # fmt: skip
    assert figure.data[0].line.color == figure.data[2].line.color != figure.data[1].line.color
    assert (figure.layout.xaxis2.matches, figure.layout.yaxis3.matches) == ("x", "y")
    words = [note.text for note in figure.layout.annotations]
    assert words == ["near", "far", "none", "degrees", "error"]  # the axes are named once
    assert [figure.layout[f"yaxis{n}"].showticklabels for n in ("", 2, 3)] == [True, False, True]
    assert {trace.mode for trace in figure.data} == {"lines+markers"}
    clouds = show.panels({"near": near}, "", "", lines=False)
    assert clouds.data[0].mode == "markers"
    with pytest.raises(ValueError, match="no panel to show"):
        show.panels({}, "x", "y")


def test_measured_points_are_marked_where_they_are_few() -> None:
    figure = show.curves({"ours": [1.0, 0.5]}, dots=True)
    assert figure.data[0].mode == "lines+markers"


def test_points_are_where_they_are_said_to_be_and_named() -> None:
    figure = show.points({"a": ([1, 2], [3, 4]), "b": ([5], [6])}, "x", "y", names={"b": ["six"]})
    assert [(*t.x, *t.y) for t in figure.data] == [(1, 2, 3, 4), (5, 6)]
    assert figure.data[1].text == ("six",)
    assert figure.data[0].marker.symbol != figure.data[1].marker.symbol  # told apart without colour
    with pytest.raises(ValueError, match="a has 1 xs and 2 ys"):
        show.points({"a": ([1], [2, 3])}, "x", "y")


def test_names_of_points_keep_clear_of_each_other() -> None:
    pairs = show.points({"": ([1, 1, 9], [1, 1.1, 9])}, "x", "y", names={"": ["low", "high", "c"]})
    assert pairs.data[0].textposition == ("bottom center", "top center", "top center")
    crowd = show.points({"": ([1] * 9, [1] * 9)}, "x", "y", names={"": list("abcdefghi")})
    assert len(crowd.data[0].textposition) == 9  # where there is no room they overlap, and remain


def test_curves_read_the_history_of_a_run() -> None:
    losses = [{"step": 10, "loss": 1.0}, {"step": 20, "loss": 0.5}]
    history = History("cpu", 0, losses=losses, metrics=[{"step": 20, "iou": 0.7}])
    assert list(show.curves({"": history}).data[0].x) == [10, 20]
    figure = show.curves(history, "iou")
    assert (figure.layout.yaxis.title.text, list(figure.data[0].y)) == ("IoU", [0.7])
    with pytest.raises(ValueError, match="no 'los'; it has"):
        show.curves(history, "los")
    with pytest.raises(ValueError, match="as many steps as values"):
        show.curves({"": ([1, 2, 3], [0.1, 0.2])})


def test_a_dotted_curve_has_the_colour_of_the_one_it_is_compared_with() -> None:
    both = {"a": [3.0, 2.0], "b": [3.0, 1.0]}
    figure = show.curves(both, dotted={"b": ([1, 10], [4.0, 4.0])}, log_x=True)
    _, solid, dotted = figure.data
    assert (solid.name, list(dotted.y), dotted.showlegend) == ("b", [4.0, 4.0], False)
    assert (dotted.line.color, dotted.line.dash) == (solid.line.color, "dot")
    assert figure.layout.xaxis.type == "log"


OURS = {"row": "attention", "paper": 0.594, "mean": 0.58, "low": 0.55, "high": 0.61, "seeds": 3}
BASELINE = {"row": "mean_shape", "paper": None, "mean": 0.41, "low": None, "high": None, "seeds": 1}
SAME = {"metric": "iou", "dataset": "procedural", "scale": "lab"}
ROWS = [
    OURS | SAME | {"values": [0.57, 0.58, 0.59], "why": "data & scale"},
    BASELINE | SAME | {"why": None},
]


@pytest.mark.parametrize("zoom", [False, True])
def test_results_show_interval_seeds_and_paper(zoom: bool) -> None:
    figure = show.bars_with_intervals(ROWS, "IoU", baselines=["mean_shape"], zoom=zoom)
    ours, seeds, paper = figure.data
    assert ours.type == ("scatter" if zoom else "bar")
    assert (ours.error_x.array[0], ours.error_x.arrayminus[0]) == pytest.approx((0.03, 0.03))
    assert ours.error_x.array[1] is None
    assert list(seeds.x) == [0.57, 0.58, 0.59]
    assert (list(paper.x), list(paper.y)) == ([0.594], [0])
    assert list(figure.layout.yaxis.ticktext) == ["attention", "mean shape"]
    cut = " (not from 0)" if zoom else ""
    assert figure.layout.xaxis.title.text == f"IoU{cut}"


class _Table(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.scopes: list[str] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scopes += [value for name, value in attrs if name == "scope" and value]

    def handle_data(self, data: str) -> None:
        self.words += [data] if data.strip() else []


def test_a_table_says_how_far_to_trust_it() -> None:
    table = show.table(ROWS, caption="Table 1 < ours")
    parsed = _Table(table.html())
    assert parsed.scopes.count("row") == 2
    assert parsed.scopes.count("col") == 7
    for words in (
        "0.580 [0.550, 0.610]",
        "0.594",
        "mean shape",
        "data & scale",
        "–",
        "procedural",
        "lab",
    ):
        assert words in parsed.words
    assert parsed.words[0] == "Table 1 < ours"
    heads = ["", "IoU, paper", "IoU, ours, mean [95 % CI]", "seeds", "data set", "scale"]
    assert table.heads == [*heads, "why they differ"]
    line = "| attention | 0.594 | 0.580 [0.550, 0.610] | 3 | procedural | lab | data & scale |"
    assert line in table.markdown().splitlines()
    assert show.table(ROWS, columns={"row": "encoder", "mean": "IoU"}).heads == ["encoder", "IoU"]


def test_a_command_in_a_table_is_code_whose_options_do_not_break() -> None:
    parsed = _Table(show.table([{"row": "a", "command": "python -m x --only t2i"}]).html())
    assert parsed.words[-5:] == ["python", "-m", "x", "--only", "t2i"]


def test_a_second_line_and_notes_follow_a_table_in_each_of_its_forms() -> None:
    table = dataclasses.replace(show.table([{"row": "a", "x": "b\n< c"}]), notes=["d < e"])
    parsed = _Table(table.html())
    assert parsed.words[-3:] == ["b", "< c", "d < e"]
    assert "| a | b<br>< c |" in table.markdown()
    assert table.markdown().endswith("1. d < e")


def test_the_table_of_claims_says_a_claim_once_and_its_status_first() -> None:
    said = {"claim": "more is better", "source": "ours", "paper": "–", "status": "undecided"}
    real = said | {"value": 0.5, "rival": 0.4, "mean": 0.1, "runs": 1, "seeds": 1, "scale": "lab"}
    real |= {"dataset": "open models", "categories": ["plane"], "why": "planes alone", "run": "b"}
    real |= {"cost": {"NVIDIA H200": 7.0}}
    every = real | {"dataset": "procedural", "status": "holds", "low": 0.05, "high": 0.15}
    every |= {"runs": 39, "seeds": 3, "categories": [str(n) for n in range(13)], "why": "all"}
    every |= {"cost": {"AMD, 1 threads": 60.0, "NVIDIA H200": 1800.0, "Intel, 2 threads": 30.0}}
    other = said | {"claim": "less", "source": "A", "paper": "1 % or 2", "status": "not measured"}
    table = show.verdicts([real, every, other | {"run": "a"}], commands=["a", "b"])
    assert table.cells == [
        ["undecided", "more is better\nours", "0.500", "0.400", "0.100",
         "open models¹\nplane, lab, 1 seed; NVIDIA H200 7 s; [command 2](#command-2)"],
        ["holds", "", "0.500", "0.400", "0.100\n[0.050, 0.150]",
         "procedural²\n13 categories, lab, 39 runs, 3 seeds; CPU 1.5 min, NVIDIA H200 30.0 min; "
         "[command 2](#command-2)"],
        ["not measured", "less\nA: 1 % or 2", "–", "–", "–", "–\n[command 1](#command-1)"],
    ]  # fmt: skip
    assert table.notes == ["planes alone", "all"]
    assert show.verdicts([other]).cells[0][-1] == "–"


def test_a_row_can_be_pointed_at_from_another_table() -> None:
    html = show.table([{"row": "a"}, {"row": "b"}], anchor="command").html()
    assert '<tr id="command-2"><th scope="row"' in html
    html = show.table([{"row": "a", "x": "b\nsee [command < 2](#command-2), f[1](2)"}]).html()
    assert 'see <a href="#command-2">command &lt; 2</a>, f[1](2)' in html
    assert "id=" not in html


def test_a_table_of_nothing_or_of_unknown_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="list of rows is empty"):
        show.table([])
    with pytest.raises(ValueError, match="no row has 'iou'; they have row, paper, mean"):
        show.table(ROWS, columns=["row", "iou"])


# Fields, sliders, diagrams


def test_a_field_is_drawn_with_scale_arrows_and_outlines() -> None:
    y, x = np.mgrid[1:-1:32j, -1:1:32j]
    triangle = np.array([[[-0.5, -0.5], [0.5, -0.5], [0, 0.6]]])
    vectors = np.stack([x, y], -1)
    picture = show.field(x * y, vectors=vectors, triangles=triangle, label="product", levels=[0.0])
    root = ElementTree.fromstring(picture.markup)
    assert picture.alt == "Field of product, from -1 to 1"
    assert len(list(root.iter(f"{SVG}image"))) >= 1
    assert needs_no_network(picture.markup)
    assert show.field(x * y).markup == show.field(x * y).markup  # rebuilt pages do not change
    with pytest.raises(ValueError, match=r"a field is \(H, W\)"):
        show.field(vectors[None])


def test_a_slider_shows_each_frame_in_its_turn() -> None:
    frames = np.linspace(0, 1, 5)[:, None, None] * np.ones((5, 8, 8))
    figure = show.slider(
        {"grey": frames, "signed": frames - 0.5}, "σ", [1e-1, 1e-2, 1e-3, 1e-4, 1e-5]
    )
    steps = figure.layout.sliders[0].steps
    assert [step.label for step in steps] == ["0.1", "0.01", "0.001", "0.0001", "1e-05"]
    greys = [int(pixels(step.args[0]["source"][0])[0, 0, 0]) for step in steps]
    assert greys == sorted(greys, reverse=True)
    shown = steps[figure.layout.sliders[0].active].args
    assert [figure.data[i].source for i in shown[1]] == shown[0]["source"]
    assert (pixels(steps[2].args[0]["source"][1]) == 255).all()  # signed, at zero
    assert [t.marker.cmin for t in figure.data if t.type == "scatter"] == [-0.5]
    with pytest.raises(ValueError, match="2 values need as many pictures; grey has 5"):
        show.slider({"grey": frames}, "σ", [1, 2])


def test_a_slider_stays_small_however_large_the_frames() -> None:
    noise = np.random.default_rng(0).random((30, 256, 256))
    assert len(show.slider({"a": noise, "b": noise - 0.5}, "step", range(30)).to_json()) < 400_000


def test_live_figures_are_computed_beforehand_for_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def draw(sigma: float, size: int) -> dict[str, np.ndarray]:
        calls.append((sigma, size))
        return {"picture": np.full((size, size), sigma)}

    figure = show.live(draw, sigma=[0.1, 0.2, 0.3], size=[4, 6, 8])
    assert calls == [(0.1, 6), (0.2, 6), (0.3, 6)]
    assert figure.layout.sliders[0].currentvalue.prefix == "size = 6, sigma = "
    monkeypatch.setenv("FIVEVIEWS_STATIC", "0")
    controls = show.live(draw, sigma=[0.1, 0.2, 0.3], size=[4, 6, 8]).children[:2]
    assert [control.value for control in controls] == [0.2, 6]
    with pytest.raises(ValueError, match="at least one control"):
        show.live(draw)


@given(
    st.lists(
        st.lists(st.text("abc mW", min_size=1, max_size=24), min_size=1, max_size=3),
        min_size=1,
        max_size=9,
    )
)
def test_boxes_of_a_diagram_never_overlap_and_fit_the_column(labels: list[list[str]]) -> None:
    stacks = [[show.Box(f"{i}{j}{name}") for j, name in enumerate(s)] for i, s in enumerate(labels)]
    placed, width, height = _place(stacks, gap=34)
    boxes = [[p.x, p.y, p.width, p.height] for p in placed.values()]
    assert no_overlap(boxes)
    assert width <= style.WIDTH
    assert all(x >= 0 and y >= 0 and x + w <= width and y + h <= height for x, y, w, h in boxes)


def test_a_diagram_joins_neighbours_unless_told_otherwise() -> None:
    Box = show.Box
    columns = [Box("image", kind="data"), [Box("a"), Box("b")], Box("loss", kind="loss")]
    lines = re.findall(r'marker-end="url\(#head\)"', show.diagram(columns).markup)
    assert len(lines) == 4
    assert "soft" in show.diagram(columns, [("image", "loss", "soft")]).markup
    with pytest.raises(ValueError, match="arrows name lose; the boxes are image, a, b, loss"):
        show.diagram(columns, [("image", "lose")])
    with pytest.raises(ValueError, match="a label of its own"):
        show.diagram([Box("a"), Box("a")])
    with pytest.raises(ValueError, match="a box is data, learned, fixed, loss"):
        Box("a", kind="layer")


# Matrices and compasses


def test_a_matrix_has_its_first_row_on_top_and_refuses_names_that_do_not_fit() -> None:
    figure = show.matrix([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]], columns="abc", rows=["x", "y"])
    assert figure.layout.yaxis.range == (1.5, -0.5)
    assert (figure.data[0].zmin, figure.data[0].zmax) == (0, 5)
    assert list(figure.data[0].x) == ["a", "b", "c"]
    assert np.array_equal(figure.data[0].z, [[0, 1, 2], [3, 4, 5]])
    with pytest.raises(ValueError, match="3 columns need as many names; got 2"):
        show.matrix(np.zeros((2, 3)), columns="ab")
    with pytest.raises(ValueError, match=r"got an array of shape \(3,\)"):
        show.matrix(np.zeros(3))


def test_names_of_a_matrix_fit_on_a_phone() -> None:
    def every(names: Sequence[str]) -> int:
        return show.matrix(np.zeros((24, len(names))), columns=names).layout.xaxis.dtick

    assert every([str(k) for k in range(24)]) == 3  # 0, 3, 6 …
    assert every([f"{-15 * k}°" for k in range(24)]) == 6  # 0°, -90°, -180°, -270°
    assert every(["a long name"] * 24) == 12
    assert every(["a long name", "another"]) == 1  # of few, none is left out


def test_marks_do_not_stretch_a_matrix() -> None:
    figure = show.matrix(np.zeros((24, 24)))
    figure.add_scatter(x=["0"], y=["23"], mode="markers")
    assert figure.layout.yaxis.range == (23.5, -0.5)
    assert figure.layout.yaxis.autorange is None


@given(st.integers(0, 23), st.booleans())
def test_a_petal_points_where_its_direction_is(view: int, clockwise: bool) -> None:
    values = np.zeros(24)
    values[view] = 0.9
    picture = show.compass(values, clockwise=clockwise)
    blue = (picture[..., 2] - picture[..., 0]) > 0.3
    row, column = np.argwhere(blue).mean(0) / 112 - 1
    azimuth = np.radians((-15 if clockwise else 15) * view)
    # seen from above: azimuth 0 is below the middle, and 90 at its right
    assert np.hypot(column - 0.57 * np.sin(azimuth), row - 0.57 * np.cos(azimuth)) < 0.05


def test_longer_petals_for_larger_values() -> None:
    areas = [(show.compass([v, 0, 0, 0])[..., 0] < 0.5).sum() for v in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert sorted(areas) == areas
    assert areas[2] * 4 == pytest.approx(areas[4], rel=0.1)
    with pytest.raises(ValueError, match="values between 0 and 1"):
        show.compass([0.5, 1.5])
    with pytest.raises(ValueError, match="values between 0 and 1"):
        show.compass([0.5, np.nan])


def test_a_missing_image_leaves_its_place_empty() -> None:
    grey = np.full((4, 4), 0.5)
    drawn = show.images([grey, None, grey], titles=["a", "b", "c"], columns=3).markup
    assert drawn.count("<image") == 2
    places = [float(x) for x in re.findall(r'<image x="([\d.]+)"', drawn)]
    whole = show.images([grey] * 3, titles=["a", "b", "c"], columns=3).markup
    assert places == [float(x) for x in re.findall(r'<image x="([\d.]+)"', whole)][::2]
    with pytest.raises(ValueError, match="no image to show"):
        show.images([None, None])


def test_bars_promise_an_interval_only_where_there_is_one() -> None:
    alone = {"row": "ours", "mean": 0.6}
    assert show.bars_with_intervals([alone], "IoU").data[0].name == "ours"
    both = [alone, alone | {"low": 0.5, "high": 0.7}]
    assert "95 % CI" in show.bars_with_intervals(both, "IoU").data[0].name


def test_bars_are_compared_with_marks_across_all_of_them() -> None:
    figure = show.bars_with_intervals(ROWS, "IoU", marks={"chance": 0.25})
    mark = figure.data[-1]
    assert (mark.name, list(mark.x), mark.line.dash) == ("chance", [0.25, 0.25], "dash")
    assert list(mark.y) == list(figure.layout.yaxis.range)


def test_a_logarithmic_axis_is_labelled_with_plain_numbers() -> None:
    axis = show.curves({"a": [0.003, 0.02, 0.4]}, log=True).layout.yaxis
    assert axis.type == "log"
    assert list(axis.ticktext) == ["0.002", "0.005", "0.01", "0.02", "0.05", "0.1", "0.2", "0.5"]
    assert list(axis.tickvals) == [float(text) for text in axis.ticktext]
    assert show.curves({"a": [1e-8, 1.0]}, log=True).layout.yaxis.dtick == 1


def test_an_arrow_within_a_column_goes_from_one_edge_to_the_other() -> None:
    boxes = [[show.Box("upper"), show.Box("lower")]]
    down = show.diagram(boxes, [("upper", "lower")]).markup
    start, end = re.search(r'<path d="M\S+ (\S+) V\S+ H\S+ V(\S+)"', down).groups()
    tops = [float(y) for y in re.findall(r'<rect x="\S+" y="(\S+)"', down)]
    assert tops[0] < float(start) < float(end) < tops[1] + 1
