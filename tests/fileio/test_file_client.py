"""ObjectStore: whole files at URLs; fsspec's store in memory stands for a service."""

from __future__ import annotations

import pytest

from mmaction_min.errors import ConfigError
from mmaction_min.fileio import ObjectStore, PetrelBackend, is_url


def test_a_file_is_written_read_and_removed() -> None:
    """By mmcv's names, over what is there."""
    store, url = PetrelBackend(), "memory://files/a/b.pth"
    assert not store.isfile(url)

    store.put(b"old", url)
    store.put(b"new", url)

    assert store.isfile(url)
    assert store.get(url) == b"new"
    store.remove(url)
    assert not store.isfile(url)


def test_a_service_that_cannot_be_reached_is_named() -> None:
    """An unknown scheme here; a missing library gets fsspec's own words too, which name it."""
    with pytest.raises(
        ConfigError, match=r"nowhere://a: cannot write there: .*nowhere"
    ):
        ObjectStore().put(b"", "nowhere://a")


@pytest.mark.parametrize(
    ("path", "expected"), [("s3://a", True), ("/a/b", False), ("C:/a", False)]
)
def test_an_url_has_a_scheme(path: str, expected: bool) -> None:
    """All else is a path."""
    assert is_url(path) is expected
