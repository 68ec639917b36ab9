"""Localizers: models that find when something happens."""
