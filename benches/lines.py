"""The output schemas of the workloads: where each value comes from, in thresher's own expressions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel

from thresher import From

__all__ = ["LINES"]


class ReadingLine(BaseModel):
    """A reading in degrees Fahrenheit."""

    record_id: str
    processed_value: Annotated[float, From("value * 1.8 + 32")]


class OrderLine(BaseModel):
    """An order with its total."""

    order_id: int
    customer_email: Annotated[str, From("customer_email.lower()")]
    total: Annotated[float, From("quantity * unit_price * (1 - discount)")]
    ordered_at: datetime
    status: str


LINES: dict[str, type[BaseModel]] = {"readings": ReadingLine, "orders": OrderLine, "validated": OrderLine}
