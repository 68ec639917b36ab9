"""`scandir`: the files of a folder."""

from __future__ import annotations

from pathlib import Path

from mmaction_min.utils import scandir


def test_the_files_of_a_folder(tmp_path: Path) -> None:
    """By their endings, below it too; folders and hidden files are none."""
    for name in ("b.JSON", "a.json", "a.txt", ".hidden.json", "deep/c.json"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()

    assert list(scandir(tmp_path)) == ["a.json", "a.txt", "b.JSON"]
    assert list(scandir(tmp_path, ".json")) == ["a.json"]
    assert list(scandir(str(tmp_path), (".json", ".txt"), case_sensitive=False)) == [
        "a.json",
        "a.txt",
        "b.JSON",
    ]
    assert list(scandir(tmp_path, ".json", recursive=True)) == ["a.json", "deep/c.json"]
