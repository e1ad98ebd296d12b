"""A pipeline over the raw Palmer penguins table: from what was written down on the ice to what an analysis wants.

``thresher.toml`` beside this file says the same in configuration, and gives the same bytes.
"""

from typing import Annotated

from pydantic import BaseModel, Field

import thresher
from examples.penguins import Penguin


class Measured(BaseModel):
    """One bird of a complete clutch."""

    bird: Annotated[str, thresher.From("f'{study}-{bird}'")]
    species: Annotated[str, thresher.From("species.split(' ')[0]")]
    island: str
    season: Annotated[int, Field(ge=2007, le=2009), thresher.From("first_egg.year")]
    female: Annotated[bool, thresher.From("sex == 'FEMALE'")]
    body_mass_kg: Annotated[float, thresher.From("body_mass / 1000")]
    culmen_ratio: Annotated[float, Field(lt=3.55), thresher.From("round(culmen_length / culmen_depth, 3)")]


pipeline = thresher.Pipeline(
    Penguin,
    Measured,
    where="full_clutch",
    checks=[
        thresher.Check("sex is not None", "the sex was not determined"),
        thresher.Check("flipper_length > 3 * culmen_length"),
    ],
    null_values=("NA",),
)
