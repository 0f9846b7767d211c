"""The reruns: their grid, their jobs, and Snakemake itself, killed and taken up again.

Where Snakemake is not installed, what needs it is skipped; .ci/run installs it.
"""

import itertools
import json
import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import trimesh

from fiveviews.book import gather, grid, job
from fiveviews.book.full_sets import full_sets
from fiveviews.book.pages import LEDGERS, ROOT
from fiveviews.book.surfels_questions import QUESTIONS
from fiveviews.models import surfels_iqtt
from fiveviews.models.templates_runs import SIZES
from fiveviews.training import checkpoints, ledger

FOUND = [
    os.environ.get("SNAKEMAKE", ""),
    str(ROOT / ".venv" / "snakemake" / "bin" / "snakemake"),
    shutil.which("snakemake") or "",
]
SNAKEMAKE = next((path for path in FOUND if path and Path(path).is_file()), "")
needs_snakemake = pytest.mark.skipif(
    not SNAKEMAKE, reason="Snakemake is not installed; 'make reruns' does that"
)
TINY = """
surfels:
  data:
    questions:
      command: data_scripts/make_iqtt.py -n 40 --size 32 --shard {shard}
      over: {shard: [0/1]}
  train:
    iqtt:
      command: -m fiveviews.book.surfels iqtt cnn --labels 16 --steps STEPS --weights
        --scale {scale} --seed {seed}
      rows: [iqtt/cnn]
      over: {seed: [0, 1]}
  report:
    see:
      command: book/surfels/see.ipynb -p runs_scale {scale}
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A grid of one chapter: two short runs, whose pictures are small."""
    path = tmp_path / "grid.yaml"
    path.write_text(TINY.replace("STEPS", "40"), "utf-8")
    return path


def snakemake(*words: object, **options: object) -> subprocess.Popen[str]:
    command = [SNAKEMAKE, "-s", str(ROOT / "book" / "reruns" / "Snakefile")]
    return subprocess.Popen(
        [*command, *map(str, words)],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        **options,
    )


def configured(path: Path, into: Path) -> list[str]:
    settings = {"grid": path, "into": into, "python": sys.executable, "scale": "smoke"}
    return ["--config", *(f"{name}={value}" for name, value in settings.items())]


# The grid


@pytest.mark.parametrize("scale", ["smoke", "lab", "full"])
@pytest.mark.parametrize("stage", grid.STAGES)
def test_every_command_of_the_grid_can_be_run(scale, stage, accepts):
    commands = {found.command for found in grid.jobs(grid.read(), stage, scale)}
    for command in sorted(commands):
        accepts(command)


@pytest.mark.parametrize("scale", ["smoke", "lab", "full"])
def test_questions_are_made_as_the_recipes_read_them(scale):
    """Of another size, or too few, they would be made anew within the first training."""
    made = {"train": 0, "val": 0, "test": 0}
    for found in grid.jobs(grid.read(), "data", scale):
        if "make_iqtt.py" in found.command:
            words = found.command.split()
            option = dict(itertools.pairwise(words))
            assert int(option["--size"]) == surfels_iqtt.RECIPES[scale].size
            made[option.get("--split", "train")] = int(option["-n"])
    n_train, n_test = QUESTIONS[scale]
    assert made["train"] >= n_train
    assert min(made["val"], made["test"]) >= min(200, n_test)
    assert made["test"] >= n_test


def test_every_row_of_every_table_is_made_by_some_job():
    chapters = grid.read()
    made = {
        (found.chapter, *row.split("/"))
        for stage in ("train", "report")  # which asks networks that are recorded already
        for found in grid.jobs(chapters, stage, "full")
        for row in found.rows
    }
    wanted = {
        (chapter, claim, row)
        for chapter in chapters
        for claim, (rows, _) in ledger.WORDS[chapter].items()
        for row in rows
    }
    assert made == wanted


@pytest.mark.parametrize("chapter", ledger.WORDS)
def test_every_recorded_number_has_its_command(chapter):
    """Row by row of the ledger, and by category and data set: the page promises it."""
    made = {
        (*row.split("/"), found.category, dataset)
        for stage in ("train", "report")
        for found in grid.jobs({chapter: grid.read()[chapter]}, stage, "lab")
        for row in found.rows
        for dataset in found.datasets
    }
    recorded = {
        (row.claim, row.row, row.category, row.dataset)
        for row in ledger.latest(ledger.read(LEDGERS / f"{chapter}.jsonl"))
    }
    assert not recorded - made


@pytest.mark.parametrize("scale", ["smoke", "lab", "full"])
@pytest.mark.parametrize("chapter", ledger.WORDS)
def test_commands_are_told_apart_and_their_words_explained(chapter, scale):
    lines = grid.by_row(grid.read(), chapter, scale)
    told = Counter((line["table"], row, line["about"]) for line in lines for row in line["rows"])
    assert [line for line, n in told.items() if n > 1] == []
    said = {
        word
        for line in lines
        for word in re.findall(r"(?<![A-Za-z])[A-Z][A-Z_]*\b", line["command"])
    }
    known = grid.capitals(grid.read(), chapter, scale)
    assert said == set(known)
    assert all(len(values) > 1 for values in known.values())


def test_what_needs_real_models_is_left_out_unless_asked_for():
    chapters = grid.read()
    alone = grid.jobs(chapters, "train", "lab", real=False, given={})
    assert all(found.datasets[0] == "procedural" and not found.real for found in alone)
    assert len(alone) < len(grid.jobs(chapters, "train", "lab"))


def test_what_needs_files_of_yours_is_left_out_unless_they_are_given():
    given = {"official": "/a folder/o'clock.zip"}
    found = grid.jobs(grid.read(), "data", "lab", real=False, given=given)
    imports = [one.arguments() for one in found if one.given]
    assert {words[0] for words in imports} == {"data_scripts/import_shapenet.py"}
    assert {words[1] for words in imports} == {given["official"]}
    trained = grid.jobs(grid.read(), "train", "lab", real=False, given=given)
    assert {one.chapter for one in trained if one.datasets == ("official",)} == {
        "soft_meshes",
        "viewpoints",
    }


def test_a_grid_is_multiplied_out_at_each_scale(tiny):
    found = grid.jobs(grid.read(tiny), "train", "smoke")
    assert [one.name for one in found] == ["iqtt_0", "iqtt_1"]
    assert found[1].arguments()[-1] == "1"
    with pytest.raises(ValueError, match="scale must be one of smoke, lab, full; got 'large'"):
        grid.jobs(grid.read(tiny), "train", "large")


def test_what_has_no_sense_in_a_grid_is_named(tiny):
    tiny.write_text("surfels: {training: {}}", "utf-8")
    with pytest.raises(ValueError, match="surfels: training is no stage"):
        grid.read(tiny)
    twice = {"surfels": {"train": {"a": {"command": "x", "over": {"s": ["1 2", "1-2"]}}}}}
    with pytest.raises(ValueError, match="two jobs of train are called surfels/a_1-2"):
        grid.jobs(twice, "train", "lab")


# A job


def test_a_job_is_done_once_and_records_in_its_own_folder(tmp_path):
    note = "import os; open(os.environ['FIVEVIEWS_RECORDS'] + '/n', 'a').write('x')"
    for _ in range(2):
        assert job.run(tmp_path, ["-c", note]) == 0
    assert (tmp_path / "n").read_text() == "x"


def test_a_job_that_fails_says_so_and_is_not_done(tmp_path, capfd):
    assert job.run(tmp_path, ["-c", "raise SystemExit('no such luck')"]) == 1
    assert "no such luck" in capfd.readouterr().err
    assert not (tmp_path / job.DONE).exists()


def test_a_job_that_outlived_its_scheduler_is_waited_for(tmp_path):
    """Its parent is killed, it works on: the same job begins only when it has ended."""
    slow = f"import time; time.sleep(3); open({str(tmp_path / 'n')!r}, 'a').write('x')"
    words = [sys.executable, "-m", "fiveviews.book.job", str(tmp_path), "--", "-c", slow]
    first = subprocess.Popen(words)
    while not (tmp_path / job.LOG).exists():
        time.sleep(0.02)
    first.kill()
    first.wait()
    started = time.monotonic()
    assert job.run(tmp_path, ["-c", f"assert open({str(tmp_path / 'n')!r}).read() == 'x'"]) == 0
    assert time.monotonic() - started > 1


def test_two_jobs_take_different_gpus_and_a_third_waits(tmp_path):
    (first,), locks = job.take(["0", "1"], 1, tmp_path)
    (second,), more = job.take(["0", "1"], 1, tmp_path)
    assert (first, second) == ("0", "1")
    assert job.hold(tmp_path / "fiveviews-gpu-0.lock", wait=False) is None
    for lock in (*locks, *more):
        os.close(lock)
    assert job.take(["0", "1"], 2, tmp_path)[0] == ["0", "1"]
    with pytest.raises(ValueError, match="takes 2 GPUs, and this machine has 1"):
        job.take(["0"], 2, tmp_path)


def test_what_jobs_recorded_comes_together_once(tmp_path):
    for name in ("a", "b"):
        folder = tmp_path / name / "results"
        folder.mkdir(parents=True)
        (folder / "surfels.jsonl").write_text(f'{{"of": "{name}"}}\n{{"of": "both"}}\n')
        (folder / f"{name}.npz").write_bytes(b"trace")
    folders = [tmp_path / "a", tmp_path / "b"]
    assert gather.gather(tmp_path / "into", folders) == 3
    assert gather.gather(tmp_path / "into", folders) == 0
    assert (tmp_path / "into" / "results" / "surfels.jsonl").read_text().count("both") == 1
    assert (tmp_path / "into" / "results" / "a.npz").read_bytes() == b"trace"
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        gather.gather(tmp_path / "into", [tmp_path / "c"])


# What the data are, and cost


def test_the_amounts_at_full_are_those_that_the_notebooks_take():
    chapters = grid.read()
    lines = {line["row"]: line for line in full_sets(chapters)}
    for chapter, labelled in (("soft_meshes", 0), ("viewpoints", 20)):
        text = (ROOT / "book" / chapter / "train.md").read_text("utf-8")
        n = int(re.search(r'sizes = .*"full": \((\d+)', text)[1])
        assert lines[f"{chapter.replace('_', ' ')}: objects of a category"]["full"] == (
            f"{n + labelled:,}"
        )
    assert lines["surfels: questions of 3D-IQTT"] | {"row": ""} == {
        "row": "", "full": f"{QUESTIONS['full'][0]:,}", "paper": "200,000",
    }  # fmt: skip
    made = chapters["surfels"]["data"]["questions"]["with"]["n"]["full"]
    assert QUESTIONS["full"][0] == made
    assert SIZES["full"][0] == chapters["templates"]["data"]["fields"]["with"]["n"]["full"]
    assert {row.partition(":")[0] for row in lines} == {c.replace("_", " ") for c in chapters}
    some = full_sets({"templates": chapters["templates"]})  # an edition with one chapter
    assert [line["row"] for line in some] == [row for row in lines if "templates" in row]


def test_the_costs_shown_are_those_of_the_sets_that_the_command_measures():
    script = runpy.run_path(str(ROOT / "data_scripts" / "measure_data.py"))
    shown = json.loads(script["FILE"].read_text("utf-8"))
    assert len(shown["origin"]["commit"]) == 40
    about = ("name", "chapter", "unit", "total", "part", "command", "before")
    pairs = list(zip(shown["costs"], script["SETS"], strict=True))
    for cost, what in pairs:
        assert {key: cost[key] for key in about} == {key: getattr(what, key) for key in about}
        assert min(cost["cpu_s"], cost["bytes"], cost["files"]) > 0
    assert len(shown["origin_of_scenes"]["commit"]) == 40
    assert [scenes["kind"] for scenes in shown["scenes"]] == [*script["KINDS"]]
    for scenes in shown["scenes"]:
        assert scenes["pictures"] == script["SCENES"]
        assert min(scenes["cpu_s_first"], scenes["cpu_s_again"], scenes["wall_s_first"]) > 0


# Snakemake


@needs_snakemake
def test_a_dry_run_lists_every_leaf_of_the_full_grid(tmp_path):
    settings = [
        "--config",
        "scale=full",
        "real=yes",
        "official=archive.zip",
        "models=meshes",
        f"into={tmp_path}",
        f"python={sys.executable}",
    ]
    dry = snakemake("-n", "--quiet", "host", *settings, cwd=tmp_path)
    said, _ = dry.communicate(timeout=120)
    assert dry.returncode == 0, said
    for stage in grid.STAGES:
        for found in grid.jobs(grid.read(), stage, "full"):
            assert f"output: {stage}/{found.chapter}/{found.name}/done" in said
    assert "output: table/done" in said
    recording = [found for found in grid.jobs(grid.read(), "report", "full") if found.rows]
    assert recording
    for found in recording:  # what a page shows is there before the page is drawn
        for page in (f"report/{found.chapter}/see/done", "table/done"):
            before = said[: said.index(f"output: {page}")].rsplit("input:", 1)[1]
            assert f"report/{found.chapter}/{found.name}/done" in before


@needs_snakemake
def test_killed_in_the_middle_it_goes_on_to_identical_weights(tmp_path, tiny):
    """First a job is killed, then the scheduler; the third call ends as if nothing had been."""
    settings = configured(tiny, tmp_path / "out")
    slow = os.environ | {"FIVEVIEWS_CHECKPOINT_SECONDS": "0.01"}
    tiny.write_text(TINY.replace("STEPS", "400"), "utf-8")
    runs = tmp_path / "out" / "train" / "surfels"

    def step(seed: int) -> int:
        """The step of a run's last checkpoint, 0 where there is none."""
        found = runs.glob(f"iqtt_{seed}/runs/smoke/*/step-*/manifest.json")
        return max((int(path.parent.name.partition("-")[2]) for path in found), default=0)

    def until(seen: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 240
        while not seen() and time.monotonic() < deadline:
            assert running.poll() is None, running.communicate()[0]
            time.sleep(0.05)

    running = snakemake("--cores", 1, *settings, env=slow, cwd=tmp_path)
    until(lambda: step(0) or step(1))
    one = 0 if step(0) else 1
    (pid,) = trainings(str(runs))
    os.kill(pid, signal.SIGKILL)
    said, _ = running.communicate(timeout=240)  # it does what else there is to do
    assert running.returncode != 0, said
    assert not (runs / f"iqtt_{one}" / "done").exists()
    assert (runs / f"iqtt_{1 - one}" / "done").exists()
    killed = step(one)
    assert 0 < killed < 400

    running = snakemake("--cores", 1, *settings, env=slow, cwd=tmp_path)
    until(lambda: step(one) > killed)
    os.kill(running.pid, signal.SIGKILL)  # and not its job, which works on
    running.communicate()

    running = snakemake("--cores", 2, *settings, env=slow, cwd=tmp_path)
    said, _ = running.communicate(timeout=400)
    assert running.returncode == 0, said
    assert "cannot be locked" not in said
    rows = ledger.latest(ledger.read(tmp_path / "out" / "book" / "results" / "surfels.jsonl"))
    assert {row.seed for row in rows if row.row == "cnn"} == {0, 1}
    assert (tmp_path / "out" / "results.ipynb").is_file()
    assert (tmp_path / "out" / "report" / "surfels" / "see" / "notebook.ipynb").is_file()

    _, command, *words = grid.jobs(grid.read(tiny), "train", "smoke")[0].arguments()
    for seed in (0, 1):  # the same run in one sitting
        alone = [sys.executable, "-m", command, *words[:-1], str(seed)]
        environment = slow | {"FIVEVIEWS_RECORDS": str(tmp_path / f"whole{seed}")}
        subprocess.run(alone, check=True, env=environment, cwd=ROOT, capture_output=True)
        name = f"weights/surfels/iqtt_cnn_other_16_{seed}.safetensors"
        pair = [folder / name for folder in (tmp_path / "out" / "book", tmp_path / f"whole{seed}")]
        assert tensors(pair[0]) == tensors(pair[1])


def trainings(word: str) -> list[int]:
    """The processes whose command is a recording, and whose environment holds a word."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes().decode().split("\0")
            environment = (path / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if words[1:3] == ["-m", "fiveviews.book.surfels"] and word in environment:
            found.append(int(path.name))
    return found


def tensors(path: Path) -> dict[str, str]:
    found, _ = checkpoints.read_tensors(path)
    return {name: tensor.numpy().tobytes() for name, tensor in found.items()}


@needs_snakemake
def test_a_failing_notebook_leaves_its_executed_copy_and_a_non_zero_end(tmp_path, tiny):
    tiny.write_text(
        "surfels:\n  train:\n    bad: {command: book/surfels/train.ipynb -p kind unicorn}\n",
        "utf-8",
    )
    running = snakemake("--cores", 1, *configured(tiny, tmp_path / "out"), cwd=tmp_path)
    said, _ = running.communicate(timeout=120)
    assert running.returncode != 0
    assert "unicorn" in said
    copy = tmp_path / "out" / "train" / "surfels" / "bad" / "notebook.ipynb"
    assert "unicorn" in copy.read_text("utf-8")
    assert not (copy.parent / "done").exists()


@needs_snakemake
def test_meshes_of_yours_are_imported_by_jobs_in_shards(tmp_path):
    for i in range(5):
        path = tmp_path / "my meshes" / "chair" / f"box{i}.obj"
        path.parent.mkdir(parents=True, exist_ok=True)
        trimesh.creation.box((1, 1 + i, 2)).export(path)
    into, data = tmp_path / "out", tmp_path / "data"
    settings = ["models=my meshes", "chapters=soft_meshes", f"into={into}", "scale=smoke"]
    settings.append(f"python={sys.executable}")
    targets = [f"data/soft_meshes/models_{k}-4/done" for k in range(4)]
    command = ["--cores", 2, "--config", *settings, "--", *targets]
    running = snakemake(*command, cwd=tmp_path, env=os.environ | {"FIVEVIEWS_DATA": str(data)})
    said, _ = running.communicate(timeout=200)
    assert running.returncode == 0, said
    assert len(list((data / "models" / "chair").glob("*.ply"))) == 5
    sums = (data / "models" / "chair" / "SHA256SUMS").read_text("utf-8")
    assert len(sums.splitlines()) == 5
