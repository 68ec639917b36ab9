"""Localizers: models that find when something happens."""

from .bmn import BMN
from .bsn import PEM, TEM
from .ssn import SSN

__all__ = ["BMN", "PEM", "SSN", "TEM"]
