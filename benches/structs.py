"""The schemas of the workloads as msgspec Structs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

__all__ = ["STRUCTS", "Order", "Reading"]

# The same as in examples/orders.py, which is not imported: the figures of msgspec must not hold the memory of Pydantic.
EMAIL = r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$"
SKU = r"^SKU-\d{5}$"


class Reading(Struct):
    """One reading of a sensor."""

    record_id: str
    value: float
    is_valid: bool = True


class Order(Struct):
    """One order of a shop."""

    order_id: Annotated[int, Meta(ge=1)]
    customer_email: Annotated[str, Meta(max_length=254, pattern=EMAIL)]
    sku: Annotated[str, Meta(pattern=SKU)]
    quantity: Annotated[int, Meta(ge=1, le=1000)]
    unit_price: Annotated[float, Meta(gt=0)]
    currency: Literal["EUR", "USD", "GBP", "JPY"]
    status: Literal["new", "paid", "shipped", "cancelled"]
    ordered_at: datetime
    ship_date: date | None = None
    discount: Annotated[float, Meta(ge=0, le=1)] = 0.0
    note: str | None = None
    gift: bool = False


STRUCTS: dict[str, type[Struct]] = {"readings": Reading, "orders": Order}
