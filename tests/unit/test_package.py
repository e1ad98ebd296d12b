"""What the package exports, and what importing it costs."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import thresher
from thresher import errors


def _imported_by(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_the_package_imports_nothing_heavy() -> None:
    modules = _imported_by("import thresher")
    assert {"pydantic", "pydantic_core", "msgspec", "numpy", "typing", "logging"}.isdisjoint(modules)
    assert {name for name in modules if name.startswith("thresher")} == {"thresher"}


def test_reaching_for_settings_and_errors_needs_no_pydantic() -> None:
    modules = _imported_by("import thresher; thresher.Config; thresher.FileError")
    assert {"pydantic", "pydantic_core", "numpy"}.isdisjoint(modules)


def test_processing_needs_no_numpy() -> None:
    modules = _imported_by("import thresher; thresher.process; thresher.infer; import thresher.run")
    assert "numpy" not in modules
    assert "asyncio" not in modules


@pytest.mark.parametrize("name", thresher.__all__)
def test_every_name_that_is_promised_is_there(name: str) -> None:
    assert getattr(thresher, name) is not None
    assert name in dir(thresher)


def test_what_type_checkers_see_is_what_is_exported() -> None:
    tree = ast.parse(Path(inspect.getfile(thresher)).read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert sorted({*seen, "__version__"}) == sorted(thresher.__all__)
    assert seen == set(thresher._HOME)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'proces'"):
        thresher.proces  # noqa: B018


@pytest.mark.parametrize("name", [name for name in thresher.__all__ if not name.startswith("_")])
def test_every_public_name_is_documented(name: str) -> None:
    assert inspect.getdoc(getattr(thresher, name))


def test_every_error_is_public_and_documented() -> None:
    classes = {
        name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, errors.ThresherError)
    }
    assert classes == set(errors.__all__)
    assert classes <= set(thresher.__all__)
    for name in classes:
        doc = getattr(errors, name).__doc__
        assert doc
        assert name in str(errors.__doc__), "the tree at the head of the module shows every class"
