"""What the documentation says is so: its commands print what it shows, its tables list what there is."""

from __future__ import annotations

import contextlib
import doctest
import importlib
import importlib.util
import io
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

import thresher
from thresher.config import Config

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").glob("*.md")])
ENGINE = "rust" if importlib.util.find_spec("thresher._engine") else "python"

VARYING = [
    # Times, rates, memory, the engine's name: whatever differs from run to run or machine to machine.
    (r"\b\d[\d,.]*\s?(?:ns|µs|ms|s|min|h)\b", "TIME"),
    (r"\b\d[\d,.]*\s?(?:k|M|G)?(?:i?B|records)(?:/s| a second)", "RATE"),
    (r"\b[0-9a-f]{32}\b", "ID"),
    (r"\b(?:rust|python)\b", "ENGINE"),
    (r"[ \t]+", " "),
    (r" ?\n", "\n"),
]


class Block(NamedTuple):
    """A fenced block of a page, and the block of output that follows it, if any."""

    page: Path
    line: int
    language: str
    text: str
    output: str | None

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page."""
    text = page.read_text()
    found = list(re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    made = []
    for number, this in enumerate(found):
        following = found[number + 1] if number + 1 < len(found) else None
        shows = following is not None and following[1] == "text" and not text[this.end() : following.start()].strip()
        output = following[2] if following is not None and shows else None
        made.append(Block(page, text[: this.start()].count("\n") + 1, this[1], this[2], output))
    return made


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block with the output that is shown."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        lines = part.splitlines(keepends=True)
        end = next(i for i, line in enumerate(lines) if not line.endswith("\\\n")) + 1
        yield "".join(lines[:end]), "".join(lines[end:])


def settled(text: str) -> str:
    """Return a text without what varies."""
    for pattern, word in VARYING:
        text = re.sub(pattern, word, text)
    return text.strip()


def assert_same(actual: str, shown: str) -> None:
    """Compare what was printed with what is shown; a line of three dots stands for any lines."""
    pattern = re.escape(settled(shown)).replace(r"\.\.\.\n", r"(?:.*\n)*").replace(r"\n\.\.\.", r"(?:\n.*)*")
    assert re.fullmatch(pattern, settled(actual)), f"printed:\n{actual}\nshown:\n{shown}"


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a directory in which the examples stand as in the repository, and from which they are imported."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("out", "__pycache__"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THRESHER_ENGINE", ENGINE)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


CONSOLE = [page for page in PAGES if any(block.language == "console" for block in blocks(page))]
PYTHON = [page for page in PAGES if any(block.language == "python" for block in blocks(page))]


@pytest.mark.parametrize("page", CONSOLE, ids=lambda page: page.name)
def test_commands_print_what_is_shown(page: Path, workplace: Path) -> None:
    for block in blocks(page):
        if block.language == "console":
            for command, shown in commands(block):
                done = subprocess.run(
                    ["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60
                )
                assert_same(done.stdout, shown)


@pytest.mark.parametrize("page", PYTHON, ids=lambda page: page.name)
def test_python_prints_what_is_shown(page: Path, workplace: Path) -> None:
    names: dict[str, Any] = {"__name__": "page"}
    for block in blocks(page):
        if block.language == "python":
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(block.text, str(block), "exec", dont_inherit=True), names)
            if block.output is not None:
                assert_same(printed.getvalue(), block.output)


def modules() -> list[str]:
    """Return the names of all modules of the package."""
    found = [module.name for module in pkgutil.walk_packages(thresher.__path__, "thresher.")]
    return sorted(set(found) - {"thresher.__main__", "thresher._engine"})


@pytest.mark.parametrize("name", modules())
def test_examples_in_docstrings(name: str, workplace: Path) -> None:
    if name == "thresher._rust" and ENGINE != "rust":
        pytest.skip("the extension is not installed")
    module = importlib.import_module(name)
    assert module.__doc__ or not (module.__file__ and Path(module.__file__).read_text().strip())
    assert doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).failed == 0


def table(page: str) -> list[list[str]]:
    """Return the rows of the tables of a page, heads and rules left out."""
    body: list[list[str]] = []
    for line in (ROOT / "docs" / page).read_text().splitlines():
        if re.fullmatch(r"\|[|:\- ]+", line):
            # The row above the rule was the head.
            body.pop()
        elif line.startswith("|"):
            body.append([cell.strip().replace("`", "") for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return body


def test_settings_are_those_of_config() -> None:
    listed = {row[0]: row[1] for row in table("settings.md") if row[0] in Config.__struct_fields__}
    defaults = {field.name: repr(field.default) for field in msgspec.structs.fields(Config)}
    assert listed == defaults


def test_options_of_settings_exist() -> None:
    command = [sys.executable, "-m", "thresher", "process", "--help"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    options = {row[2] for row in table("settings.md") if len(row) == 4 and row[2].startswith("--")}
    assert options
    assert [option for option in options if option not in told] == []


def requirement(text: str) -> str:
    """Return the name of a requirement."""
    return re.split(r"[<>=~!\[; ]", text, maxsplit=1)[0]


def test_dependencies_are_listed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    cargo = tomllib.loads((ROOT / "Cargo.toml").read_text())
    groups = project["dependency-groups"]
    needed = [*project["project"]["dependencies"]]
    needed += [one for extra in project["project"]["optional-dependencies"].values() for one in extra]
    needed += [one for group in groups.values() for one in group if isinstance(one, str)]
    names = {requirement(one) for one in needed} | set(cargo["workspace"]["dependencies"])
    assert names <= {row[0] for row in table("dependencies.md")}


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_files_named_in_architecture_exist() -> None:
    named = re.findall(r"`((?:python|rust|tests|benches)/[^` ]+)`", (ROOT / "docs" / "architecture.md").read_text())
    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_version_is_written_once() -> None:
    cargo = tomllib.loads((ROOT / "Cargo.toml").read_text())
    assert thresher.__version__ == cargo["workspace"]["package"]["version"]


def test_public_names_are_those_exported() -> None:
    for name in thresher.__all__:
        assert getattr(thresher, name) is not None
