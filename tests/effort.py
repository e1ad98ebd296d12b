"""Effort: how much the differential tests try, which engines there are, and marks that all of them have.

``THRESHER_PROFILE=long`` makes them try more than 100,000 records each.
"""

from __future__ import annotations

import importlib.util
import os

import pytest
from hypothesis import HealthCheck, settings

__all__ = ["ENGINES", "LONG", "QUIET", "TIMEOUT", "tries"]

LONG = "long" in (os.environ.get("THRESHER_PROFILE"), os.environ.get("HYPOTHESIS_PROFILE"))

ENGINES = ["python"] if importlib.util.find_spec("thresher._engine") is None else ["rust", "python"]
"""The engines that are installed, for tests that compare them with each other in one go."""

TIMEOUT = pytest.mark.timeout(3600 if LONG else 120)

QUIET = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
"""Pydantic warns where it writes a default of another type than its field."""


def tries(examples: int) -> settings:
    """Return the settings of a test that Hypothesis is to run so many times, however long each takes."""
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
