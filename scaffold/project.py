"""init -> Plan: a project of one's own, outside the framework, in which every scaffold command works."""

from __future__ import annotations

import keyword
import os
import re
import sys
from collections.abc import Iterator

from .errors import ScaffoldError
from .layouts import BUNDLED
from .plan import Change, Plan
from .tree import CONFIGS, Tree

TEMPLATE = os.path.join(BUNDLED, "_project")
# Beside the bundled kinds, in a checkout as in an installed wheel.
BASES = os.path.join(os.path.dirname(BUNDLED), CONFIGS, "_base_")
RUNTIME = f"{CONFIGS}/_base_/default_runtime.py"
CUSTOM_IMPORTS = 'custom_imports = dict(imports=["{}"], allow_failed_imports=False)\n'
# A package of this name would hide what the project needs.
TAKEN = {"mmaction_min", "scaffold", "torch", "torchvision", CONFIGS, "tests"}


def package_name(folder: str, name: str | None) -> str:
    """The name of a project's package: the given one, or the folder's.

    Raises:
        ScaffoldError: Python could not import it, or it would hide another package.
    """
    package = name or re.sub(r"[\s.-]+", "_", os.path.basename(folder).lower())
    hint = "give another with --name, in small letters"
    where = "--name" if name else folder
    if not re.fullmatch(r"[a-z][a-z0-9_]*", package) or keyword.iskeyword(package):
        raise ScaffoldError(f"{package!a} is no name for a package", where, hint)
    if package in TAKEN or package in sys.stdlib_module_names:
        raise ScaffoldError(f"a package {package} would hide another", where, hint)
    return package


def plan_init(tree: Tree, package: str) -> Plan:
    """The plan that makes a project in an empty folder.

    The package's own `__init__.py` comes last: before it, the folder is no tree in which a command would work.

    Raises:
        ScaffoldError: the folder is not empty.
    """
    found = sorted({*os.listdir(tree.folder)} - {".git"})
    if found:
        raise ScaffoldError(
            f"the folder is not empty: it has {', '.join(found[:3])}",
            tree.folder,
            "give a new one",
        )
    files = dict(_files(package))
    files[RUNTIME] += CUSTOM_IMPORTS.format(package).encode()
    last = f"{package}/__init__.py"
    paths = sorted(files, key=lambda path: (path == last, path))
    return Plan(tuple(Change(path, None, files[path]) for path in paths))


def _files(package: str) -> Iterator[tuple[str, bytes]]:
    """What the project is made of: the template with the package's name, and the bundled `_base_` configs."""
    for path, text in _read(TEMPLATE, ".jinja"):
        path = re.sub(r"^package/", f"{package}/", path)
        path = re.sub(r"^gitignore$", ".gitignore", path)
        yield path, text.replace(b"{{ package }}", package.encode())
    for path, text in _read(BASES, ""):
        yield f"{CONFIGS}/_base_/{path}", text


def _read(top: str, ending: str) -> Iterator[tuple[str, bytes]]:
    for folder, _, names in os.walk(top):
        for name in names:
            if name.endswith(ending or ".py"):
                place = os.path.join(folder, name)
                path = os.path.relpath(place, top)
                with open(place, "rb") as file:
                    yield path.removesuffix(ending), file.read()
