"""`scaffold explain`: an error's text -> its cause in this tree, and the command that mends it.

Known are the errors that a wrong name ends in: those of mmcv's and MMEngine's registries, of `mmaction_min`, and
Python's own about imports and arguments. A whole traceback may be given; its last known error counts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from ..errors import ScaffoldError
from ..kinds import Kind
from ..tree import Tree
from .arguments import arguments, missing, nameless_arguments, no_type
from .case import Case, Cause
from .imports import no_file, no_module, no_operators, not_importable
from .names import not_registered, registered_twice


def find_cause(tree: Tree, kinds: Mapping[str, Kind], text: str) -> Cause:
    """The cause of an error in this tree.

    Raises:
        ScaffoldError: the text holds no error that is known.
    """
    found = [
        (match.end(), -order, match, explainer)
        for order, (pattern, explainer) in enumerate(_KNOWN)
        for match in re.finditer(pattern, text)
    ]
    if not found:
        raise ScaffoldError(
            "this error is not one that scaffold can explain",
            hint="`scaffold check` shows what does not agree in the tree",
        )
    *_, match, explainer = max(found, key=lambda f: f[:2])
    case = Case(tree, kinds)
    cause = explainer(case, **match.groupdict())
    if case.home and cause.path.startswith(f"{case.engine}/"):
        return replace(cause, path=os.path.join(case.home.folder, cause.path))
    return cause


_NAME = r"['\"`]?(?P<name>\w+(?:\.\w+)*)['\"`]?"
# Not the `.py` of a file, nor Python's own word before a message that names no class.
_OF_CLASS = (
    r"\b(?!TypeError\b)(?P<name>\w+)(?<!\.py)(?::(?: __init__\(\))?|\.__init__\(\)) "
)
_IN_FILE = r"class `(?P<name>\w+)` in \S+: __init__\(\) "
_ARGUMENT = r"['\"`](?P<argument>\w+)['\"`]"
_KNOWN: tuple[tuple[str, Callable[..., Cause]], ...] = (
    (rf"{_NAME} is not in the (?P<registry>[\w :-]+?) registry", not_registered),
    (rf"{_NAME} is not registered in (?P<registry>[A-Z]+)", not_registered),
    (rf"no (?P<registry>hook) is registered as {_NAME}", not_registered),
    (rf"{_NAME} is already registered (?:in|as)\b", registered_twice),
    # mmaction_min says which class the config names, where a base class refuses what went through **kwargs.
    (
        rf"\b(?!\w*[Ee]rror\b)(?P<name>\w+)(?<!\.py): \w+\.__init__\(\) got an unexpected keyword argument {_ARGUMENT}",
        arguments,
    ),
    (rf"{_OF_CLASS}got an unexpected keyword argument {_ARGUMENT}", arguments),
    (rf"{_OF_CLASS}missing \d+ required [\w-]+ arguments?: {_ARGUMENT}", missing),
    (rf"{_OF_CLASS}missing a required (?:[\w-]+ )?argument: {_ARGUMENT}", missing),
    (rf"{_IN_FILE}got an unexpected keyword argument {_ARGUMENT}", arguments),
    (rf"{_IN_FILE}missing \d+ required [\w-]+ arguments?: {_ARGUMENT}", missing),
    (
        rf"TypeError: __init__\(\) got an unexpected keyword argument {_ARGUMENT}",
        nameless_arguments,
    ),
    (r"No such file or directory: ['\"](?P<path>[^'\"]+\.py)['\"]", no_file),
    (r"(?m)(?P<path>[^\s:]+\.py): the config cannot be read \(No such file", no_file),
    (r"file [\"'](?P<path>[^'\"]+\.py)[\"'] does not exist", no_file),
    (
        rf"cannot import name {_NAME} from (?:partially initialized module )?['\"](?P<module>[\w.]+)['\"]",
        not_importable,
    ),
    (r"module '(?P<module>[\w.]+)' has no attribute '(?P<name>\w+)'", not_importable),
    (r"No module named ['\"]mmcv\._ext['\"]", no_operators),
    (r"No module named ['\"](?P<module>[\w.]+)['\"]", no_module),
    (r"must contain the key [\"']type[\"']|needs a `type`", no_type),
)
