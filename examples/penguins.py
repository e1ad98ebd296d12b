"""A model for the raw Palmer penguins table (see README.md beside this file). Its null value is ``NA``.

Bounds are those of the birds; whatever is outside of them was mistyped. Three things in the table are odd, and the
model finds them: birds that were listed without being measured, isotope ratios with the digits of a binary fraction,
and ratios from blood that was not taken.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator


class Penguin(BaseModel):
    """One bird, as it was found on its nest."""

    study: Annotated[Literal["PAL0708", "PAL0809", "PAL0910"], Field(alias="studyName")]
    sample: Annotated[int, Field(alias="Sample Number", ge=1)]
    species: Annotated[
        Literal[
            "Adelie Penguin (Pygoscelis adeliae)",
            "Chinstrap penguin (Pygoscelis antarctica)",
            "Gentoo penguin (Pygoscelis papua)",
        ],
        Field(alias="Species"),
    ]
    island: Annotated[Literal["Biscoe", "Dream", "Torgersen"], Field(alias="Island")]
    bird: Annotated[str, Field(alias="Individual ID", pattern=r"^N\d+A[12]$")]
    full_clutch: Annotated[bool, Field(alias="Clutch Completion")]
    first_egg: Annotated[date, Field(alias="Date Egg", ge=date(2007, 11, 1), le=date(2009, 12, 31))]
    culmen_length: Annotated[float, Field(alias="Culmen Length (mm)", ge=30, le=60)]
    culmen_depth: Annotated[float, Field(alias="Culmen Depth (mm)", ge=13, le=22)]
    flipper_length: Annotated[int, Field(alias="Flipper Length (mm)", ge=170, le=235)]
    body_mass: Annotated[int, Field(alias="Body Mass (g)", ge=2500, le=6500)]
    sex: Annotated[Literal["MALE", "FEMALE"] | None, Field(alias="Sex")]
    delta_15_n: Annotated[Decimal | None, Field(alias="Delta 15 N (o/oo)", decimal_places=5)]
    delta_13_c: Annotated[Decimal | None, Field(alias="Delta 13 C (o/oo)", decimal_places=5)]
    comments: Annotated[str | None, Field(alias="Comments")]

    @model_validator(mode="after")
    def blood_was_taken(self) -> Self:
        """Refuse isotope ratios, which are measured in blood, where the comment says that there was none."""
        if self.delta_15_n is not None and "No blood" in (self.comments or ""):
            raise ValueError("isotope ratios without a blood sample")
        return self
