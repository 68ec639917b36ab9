"""Localizers: models that find when something happens."""

from .bmn import BMN
from .bsn import PEM, TEM

__all__ = ["BMN", "PEM", "TEM"]
