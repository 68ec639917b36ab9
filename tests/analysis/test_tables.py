"""Tables and counts in words."""

from __future__ import annotations

import pytest

from mmaction_min.analysis.tables import format_table, in_units


def test_numbers_stand_at_the_right_and_empty_columns_are_left_out() -> None:
    """A line below the titles is as long as the longest row."""
    table = format_table(
        ("name", "n", "note"), [("conv", "12", ""), ("fully connected", "3", "")]
    )

    assert table.splitlines() == [
        "name              n",
        "-------------------",
        "conv             12",
        "fully connected   3",
    ]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 MACs"),
        (512, "512 MACs"),
        (65_500, "65.5 kMACs"),
        (999_900, "1 MMACs"),
        (3.3e10, "33 GMACs"),
    ],
)
def test_counts_have_three_digits_a_prefix_and_a_unit(number: float, text: str) -> None:
    """In a table, where the title says the unit, the prefix alone."""
    assert in_units(number, "MACs") == text
    assert in_units(number) == text.removesuffix("MACs").rstrip()
