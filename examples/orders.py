"""A model for the orders of a shop, as in ``defects.csv`` and in the benchmarks."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field


class Order(BaseModel):
    """One order."""

    order_id: Annotated[int, Field(ge=1)]
    customer_email: Annotated[str, Field(max_length=254, pattern=r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$")]
    sku: Annotated[str, Field(pattern=r"^SKU-\d{5}$")]
    quantity: Annotated[int, Field(ge=1, le=1000)]
    unit_price: Annotated[float, Field(gt=0)]
    currency: Literal["EUR", "USD", "GBP", "JPY"]
    status: Literal["new", "paid", "shipped", "cancelled"]
    ordered_at: datetime
    ship_date: date | None = None
    discount: Annotated[float, Field(ge=0, le=1)] = 0.0
    note: str | None = None
    gift: bool = False
