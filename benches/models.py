"""The schemas of the workloads as Pydantic models."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, field_validator

from examples.flights import Flight
from examples.orders import Order

__all__ = ["MODELS", "NULL_VALUES", "Flight", "Order", "Reading", "ValidatedOrder"]

DISPOSABLE = frozenset({"mail.example.invalid", "throwaway.example.com"})


class Reading(BaseModel):
    """One reading of a sensor."""

    record_id: str
    value: float
    is_valid: bool = True


class ValidatedOrder(Order):
    """An order of which one field has a validator in Python, as models of applications have."""

    @field_validator("customer_email")
    @classmethod
    def not_disposable(cls, email: str) -> str:
        """Refuse addresses that are thrown away; give the host in lower case."""
        name, _, host = email.rpartition("@")
        host = host.lower()
        if host in DISPOSABLE:
            raise ValueError(f"{host} gives addresses away")
        return f"{name}@{host}"


class Address(BaseModel):
    """Where an order goes."""

    street: Annotated[str, Field(max_length=80)]
    city: str
    postcode: Annotated[str, Field(pattern=r"^\d{5}$")]
    country: Literal["DE", "FR", "PL", "GB", "IT"]


class Item(BaseModel):
    """One line of an order."""

    sku: Annotated[str, Field(pattern=r"^SKU-\d{5}$")]
    quantity: Annotated[int, Field(ge=1, le=1000)]
    unit_price: Annotated[float, Field(gt=0)]
    discount: Annotated[float, Field(ge=0, le=1)] = 0.0


class NestedOrder(BaseModel):
    """An order with an address and a list of lines: JSON Lines."""

    order_id: Annotated[int, Field(ge=1)]
    customer_email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)]
    status: Literal["new", "paid", "shipped", "cancelled"]
    ordered_at: datetime
    address: Address
    lines: Annotated[list[Item], Field(min_length=1, max_length=100)]
    note: str | None = None


MODELS: dict[str, type[BaseModel]] = {
    "readings": Reading,
    "orders": Order,
    "validated": ValidatedOrder,
    "nested": NestedOrder,
    "flights": Flight,
}

NULL_VALUES: dict[str, tuple[str, ...]] = {**dict.fromkeys(MODELS, ("",)), "flights": ("NA",)}
"""Texts that make a cell of the workload null."""
