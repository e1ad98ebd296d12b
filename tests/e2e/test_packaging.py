"""The library installs with and without cargo, and works without its native extension."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


def build(hook: str, directory: Path, **environment: str) -> Path:
    """Call a hook of the build backend in a process of its own; return the file that it made."""
    directory.mkdir(exist_ok=True)
    code = f"import sys; sys.path.insert(0, 'build_backend'); import thresher_build; thresher_build.{hook}(sys.argv[1])"
    command = [sys.executable, "-c", code, str(directory)]
    subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, **environment}, capture_output=True)
    (made,) = directory.iterdir()
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a wheel that was built where no cargo is to be found."""
    return build("build_wheel", tmp_path_factory.mktemp("pure"), PATH=str(tmp_path_factory.mktemp("nothing")))


def test_without_cargo_the_wheel_is_pure(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "thresher/py.typed" in names
    assert "thresher/_python/run.py" in names
    assert [name for name in names if name.endswith((".so", ".pyd", ".dylib"))] == []


def test_a_pure_wheel_can_be_asked_for(tmp_path: Path) -> None:
    assert build("build_wheel", tmp_path / "asked", THRESHER_PURE="1").name.endswith("-py3-none-any.whl")


def test_the_pure_wheel_works_and_warns_once(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    environment = {key: value for key, value in os.environ.items() if key != "THRESHER_ENGINE"}
    environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path / "installed"), str(ROOT)])
    out = tmp_path / "good.jsonl"
    command = [sys.executable, "-m", "thresher", "process", str(ROOT / "examples/defects.csv")]
    command += ["--schema", "examples.orders:Order", "-o", str(out)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert out.read_bytes().count(b"\n") > 5
    assert done.stderr.count("no native extension") == 1


def test_forcing_the_native_engine_fails_where_cargo_is_missing(tmp_path: Path) -> None:
    code = "import sys; sys.path.insert(0, 'build_backend'); import thresher_build as b; print(b.pure())"
    for wanted, printed in (("0", "False"), ("1", "True"), ("", "True")):
        environment = {**os.environ, "PATH": str(tmp_path), "THRESHER_PURE": wanted}
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.stdout.strip() == printed
    environment["THRESHER_PURE"] = "yes"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode != 0
    assert "THRESHER_PURE is 'yes'" in done.stderr


def test_the_source_distribution_is_whole(tmp_path: Path) -> None:
    made = build("build_sdist", tmp_path / "sdist")
    with tarfile.open(made) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}
    for needed in (
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE",
        "Makefile",
        "README.md",
        "build_backend/thresher_build.py",
        "examples/penguins.csv",
        "pyproject.toml",
        "python/thresher/__init__.py",
        "rust/core/src/lib.rs",
        "rust/py/src/lib.rs",
        "tests/e2e/test_packaging.py",
    ):
        assert needed in names, needed
    assert [name for name in names if name.startswith(("target/", ".venv/")) or name.endswith(".so")] == []
