"""The reruns on Slurm for real: a cluster of this one machine, a job killed, and taken up again.

Needs root, Debian's slurm-wlm and munge (apt-get install slurm-wlm munge) and Snakemake.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from test_reruns import SNAKEMAKE, TINY, configured, needs_snakemake, snakemake

from fiveviews.book.pages import ROOT
from fiveviews.training import checkpoints, ledger

PROGRAMS = ("slurmctld", "slurmd", "munged", "sbatch", "squeue", "scancel")
MISSING = [name for name in PROGRAMS if shutil.which(name) is None]
PROFILE = ROOT / "book" / "reruns" / "profiles" / "slurm"
SITE = [
    *("--workflow-profile", str(PROFILE), "--default-resources", "slurm_partition=debug"),
    *("--slurm-status-command", "squeue", "--slurm-no-account"),  # there is no accounting here
    *("--slurm-init-seconds-before-status-checks", "3", "--seconds-between-status-checks", "3"),
    *("--set-resources", "data:mem_mb=100", "train:mem_mb=100", "report:mem_mb=100"),
    *("--latency-wait", "10"),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """A Slurm of one node, started here and stopped again."""
    if MISSING:
        pytest.skip(f"Slurm is not installed: there is no {MISSING[0]} (apt: slurm-wlm, munge)")
    if os.geteuid() != 0:
        pytest.skip("a Slurm of one's own is started by root")
    script = str(ROOT / "tests" / "slurm.sh")
    started = subprocess.run([script, "start"], capture_output=True, text=True, timeout=60)
    if started.returncode == 2:
        pytest.skip(started.stderr)
    assert started.returncode == 0, started.stderr
    yield
    subprocess.run([script, "stop"], check=True, timeout=60)


@needs_snakemake
def test_a_job_killed_on_slurm_goes_on_to_identical_weights(cluster, tmp_path):
    grid = tmp_path / "grid.yaml"
    text = TINY.replace("STEPS", "400").replace("seed: [0, 1]", "seed: [0]")
    grid.write_text(text[: text.index("  report:")], "utf-8")
    settings = [*configured(grid, tmp_path / "out"), "gpus=0", *SITE]
    slow = os.environ | {"FIVEVIEWS_CHECKPOINT_SECONDS": "0.01"}
    train = tmp_path / "out" / "train" / "surfels" / "iqtt_0"

    running = snakemake(*settings, env=slow, cwd=tmp_path)
    deadline = time.monotonic() + 900
    while not list(train.glob("runs/smoke/*/step-*/manifest.json")):
        assert running.poll() is None, running.communicate()[0]
        assert time.monotonic() < deadline, queue()
        time.sleep(0.05)
    subprocess.run(["scancel", "--signal=KILL", "--full", *queue()], check=True)
    said, _ = running.communicate(timeout=900)
    assert running.returncode != 0, said
    assert not (train / "done").exists()
    (run,) = train.glob("runs/smoke/*")
    assert checkpoints.load(checkpoints.latest(run)).step < 400

    running = snakemake(*settings, env=slow, cwd=tmp_path)
    said, _ = running.communicate(timeout=900)
    assert running.returncode == 0, said
    (row,) = ledger.read(tmp_path / "out" / "book" / "results" / "surfels.jsonl")
    assert (row.row, row.seed) == ("cnn", 0)

    words = (train / "done").read_text("utf-8").split()
    environment = slow | {"FIVEVIEWS_RECORDS": str(tmp_path / "whole")}
    subprocess.run(words, check=True, env=environment, cwd=ROOT, capture_output=True)
    name = "weights/surfels/iqtt_cnn_other_16_0.safetensors"
    one, two = (checkpoints.read_tensors(f / name)[0] for f in (train, tmp_path / "whole"))
    assert all(one[key].equal(two[key]) for key in two)


def queue() -> list[str]:
    """The numbers of all jobs."""
    listed = subprocess.run(
        ["squeue", "-h", "-o", "%A"], capture_output=True, text=True, check=True
    )
    return listed.stdout.split()


def test_the_profile_is_one_that_this_snakemake_reads():
    if not SNAKEMAKE:
        pytest.skip("Snakemake is not installed; 'make reruns' does that")
    command = [SNAKEMAKE, "-s", str(ROOT / "book" / "reruns" / "Snakefile"), "-n", "--quiet", "all"]
    command += ["--workflow-profile", str(PROFILE), "--config", f"python={sys.executable}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
