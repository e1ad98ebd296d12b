"""The schemas of the workloads as Pydantic models."""

from __future__ import annotations

from pydantic import BaseModel

from examples.flights import Flight
from examples.orders import Order

__all__ = ["MODELS", "NULL_VALUES", "Flight", "Order", "Reading"]


class Reading(BaseModel):
    """One reading of a sensor."""

    record_id: str
    value: float
    is_valid: bool = True


MODELS: dict[str, type[BaseModel]] = {"readings": Reading, "orders": Order, "flights": Flight}

NULL_VALUES: dict[str, tuple[str, ...]] = {"readings": ("",), "orders": ("",), "flights": ("NA",)}
"""Texts that make a cell of the workload null."""
