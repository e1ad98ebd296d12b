"""What every test may ask for: the engines, one after the other; and how hard Hypothesis works."""

from __future__ import annotations

import importlib.util
import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", settings.get_profile("default"), max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(params=["rust", "python"])
def engine(request: pytest.FixtureRequest) -> str:
    """Return the name of each engine in turn. Rust is left out only where its extension is not installed."""
    name: str = request.param
    if name == "rust" and importlib.util.find_spec("thresher._engine") is None:
        if os.environ.get("CI"):
            pytest.fail("the native extension is not installed")
        pytest.skip("the native extension is not installed")
    return name
