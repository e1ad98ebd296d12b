"""The names that the type expressions of the conformance cases use."""
# ruff: noqa: F401, F403, UP035

import collections
import datetime
import decimal
import enum
import fractions
import ipaddress
import math
import pathlib
import re
import typing
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from pathlib import Path
from typing import *
from uuid import UUID

import annotated_types
import pydantic
from pydantic import *
from pydantic_core import MultiHostUrl, Url
from typing_extensions import Annotated, Literal, NotRequired, Required, TypedDict

NAMES = {name: value for name, value in globals().items() if not name.startswith("__")}
NAMES |= {"__name__": "__main__", "inf": math.inf, "nan": math.nan}
