"""One lock, and nothing beside it: what is installed, what conda brings, what pyproject asks."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from fiveviews.book.pages import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
ASKED = PROJECT["dependencies"] + EXTRAS["book"] + EXTRAS["test"]


def locked() -> dict[str, Version]:
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(r.name): Version(str(r.specifier).removeprefix("==")) for r in found}


def test_the_lock_pins_everything_and_names_no_build() -> None:
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    for line in lines:
        assert line.startswith("#") or re.fullmatch(r"[A-Za-z0-9._-]+==[^+@/ ]+", line), (
            f"requirements.lock: '{line}' is not of the form name==version"
        )
    kinds = [name for name in locked() if name.startswith("nvidia-") or name == "triton"]
    assert not kinds, f"{kinds} belong to one build of torch, which brings them itself"


@pytest.mark.parametrize("text", ASKED)
def test_the_lock_answers_pyproject(text: str) -> None:
    asked = Requirement(text)
    assert canonicalize_name(asked.name) in locked(), f"'make lock' has not been run since {text}"
    assert asked.specifier.contains(locked()[canonicalize_name(asked.name)], prereleases=True)


def test_what_is_installed_is_what_is_locked() -> None:
    differ = {
        name: f"{version(name)} is installed, {pinned} is locked"
        for name, pinned in locked().items()
        if Version(version(name)).public != pinned.public
    }
    assert not differ


def test_pyproject_asks_for_all_that_is_imported() -> None:
    """What arrives only because another package needs it may stay away one day."""
    optional = {"OCP", "igl"}  # brought by the extra `cad`; to compare with
    asked = {canonicalize_name(Requirement(text).name) for text in ASKED}
    within = {"fiveviews", *(path.stem for path in (ROOT / "tests").glob("*.py"))}
    homes = packages_distributions()
    missing = {}
    for folder in ("lib", "data_scripts", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and not node.level:
                    names = [node.module]
                for name in {name.split(".")[0] for name in names} - within - optional:
                    if name in sys.stdlib_module_names:
                        continue
                    home = {canonicalize_name(h) for h in homes.get(name, [name])}
                    if not home & asked:
                        missing.setdefault(name, path.relative_to(ROOT).as_posix())
    assert not missing


def test_conda_users_get_the_same() -> None:
    conda = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    *names, pip = conda["dependencies"]
    assert pip == {"pip": ["-r requirements.lock", "-e ."]}, "conda adds nothing to the lock"
    python = next(n for n in names if n.startswith("python="))
    assert [n for n in names if n != python] == ["pip"]
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(
        python.removeprefix("python=") + ".0"
    )


def test_make_refuses_an_old_python(tmp_path: Path) -> None:
    old = tmp_path / "python3.8"
    old.write_text(
        '#!/bin/sh\ncase "$1" in --version) echo "Python 3.8.18";; *) exit 1;; esac\n', "utf-8"
    )
    old.chmod(0o755)
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    done = subprocess.run(
        ["make", "book", f"PYTHON={old}"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "Python 3.11 or newer is needed" in done.stderr
    assert "Python 3.8.18" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_make_help_names_every_public_target() -> None:
    environment = os.environ | {"MAKEFLAGS": ""}
    help_text = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, env=environment, check=True
    ).stdout
    for target in ("book", "test", "lab", "bench", "student", "clean"):
        assert f"make {target} " in help_text


def test_the_floors_below_the_book_do_not_need_its_tools() -> None:
    """The library is usable in a course's own environment, without Jupyter Book and papermill."""
    tools = ("jupyter_book", "papermill", "jupytext", "playwright", "nbstripout")
    code = (
        "import sys\n"
        + "".join(f"sys.modules[{tool!r}] = None\n" for tool in tools)
        + "import fiveviews.meshes, fiveviews.show, fiveviews.training, fiveviews.book\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
