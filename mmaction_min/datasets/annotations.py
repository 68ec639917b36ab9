"""Annotation files: which videos a data set has, and their labels."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import DataError

Info = dict[str, Any]
"""What is known of a sample: its path, its label or labels, how many frames it has."""


class Format(NamedTuple):
    """What a line of an annotation file says.

    Attributes:
        columns: the names of the fields before the labels; the first is the path, the others are numbers.
        many: any number of labels, and not one.
        num_classes: if given, a label is below it.
    """

    columns: tuple[str, ...]
    many: bool = False
    num_classes: int | None = None

    @property
    def example(self) -> str:
        words = " ".join(("path", *self.columns[1:]))
        return f"`{words} label{' label ...' if self.many else ''}`"


def read_annotations(ann_file: str, form: Format) -> list[Info]:
    """Read an annotation file: lines of fields between spaces; or, if its name ends in `.json`, a list of dicts.

    Returns:
        A dict for each sample: its columns, and `label`, a number or (`many`) a list of them.

    Raises:
        DataError: the file cannot be read, or what is wrong in which line.
    """
    try:
        text = Path(ann_file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as e:
        raise DataError(
            f"the annotation file cannot be read: {getattr(e, 'strerror', None) or e}",
            ann_file,
            f"set ann_file to a text file of lines {form.example}",
        ) from e
    rows = _json_rows if ann_file.endswith(".json") else _text_rows
    infos = [_checked(info, form, where) for info, where in rows(text, form, ann_file)]
    if not infos:
        raise DataError("the annotation file has no videos", ann_file)
    return infos


def _text_rows(text: str, form: Format, ann_file: str) -> Iterator[tuple[Info, str]]:
    count = len(form.columns)
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{ann_file}:{number}"
        fields = line.split()
        if not fields:
            raise DataError("the line is empty", where, "delete it")
        fits = len(fields) > count if form.many else len(fields) == count + 1
        if not fits:
            raise DataError(
                f"the line has {len(fields)} fields, not {form.example}: {line!r}",
                where,
                f"write {form.example}; if a path has spaces, use a .json list of {{{', '.join(form.columns)}, label}}",
            )
        info: Info = dict(zip(form.columns, fields, strict=False))
        labels = fields[count:]
        yield {**info, "label": labels if form.many else labels[0]}, where


def _json_rows(text: str, form: Format, ann_file: str) -> Iterator[tuple[Info, str]]:
    example = ", ".join(f'"{name}": ...' for name in (*form.columns, "label"))
    try:
        items = json.loads(text)
        if not isinstance(items, list):
            raise TypeError(f"it is a {type(items).__name__}")
        for number, item in enumerate(items):
            missing = [
                name for name in (*form.columns, "label") if name not in dict(item)
            ]
            if missing:
                raise KeyError(f"item {number} has no {missing[0]!r}")
            yield item, f"{ann_file}, item {number}"
    except (ValueError, KeyError, TypeError) as e:
        raise DataError(
            f"the file is not a list of videos: {e.args[0]}",
            ann_file,
            f"write [{{{example}}}, ...]",
        ) from e


def _checked(info: Mapping[str, Any], form: Format, where: str) -> Info:
    """The fields in their types."""
    path, *numbers = form.columns
    values = {name: _number(name, info[name], where) for name in numbers}
    if values.get("total_frames", 1) < 1:
        raise DataError("total_frames is 0", where, "take the video out")
    # A list of one label is what upstream writes into .json for one too.
    given = info["label"] if isinstance(info["label"], list) else [info["label"]]
    labels = [_label(each, form.num_classes, where) for each in given]
    if not labels or (len(labels) > 1 and not form.many):
        raise DataError(
            f"there are {len(labels)} labels, not one",
            where,
            "say multi_class=True in the data set for more than one",
        )
    label = labels if form.many else labels[0]
    return {**info, path: str(info[path]), **values, "label": label}


def _number(name: str, text: object, where: str) -> int:
    try:
        number = int(str(text))
    except ValueError:
        raise DataError(
            f"the {name} is not an integer: {text!r}", where, "write a number"
        ) from None
    if number < 0:
        raise DataError(f"the {name} {number} is negative", where, "count from 0")
    return number


def _label(text: object, num_classes: int | None, where: str) -> int:
    try:
        label = int(str(text))
    except ValueError:
        raise DataError(
            f"the label is not an integer: {text!r}",
            where,
            "write the class's number, from 0",
        ) from None
    if label < 0:
        raise DataError(f"the label {label} is negative", where, "count from 0")
    if num_classes is not None and label >= num_classes:
        raise DataError(
            f"the label {label} is not below num_classes={num_classes}",
            where,
            "labels count from 0",
        )
    return label
