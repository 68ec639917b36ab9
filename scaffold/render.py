"""A template and its context -> Python text in black's form, or yapf's. The only module that imports these three."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .errors import ScaffoldError

# What a template that did not come with scaffold may take.
SECONDS, MEMORY, SIZE = 5, 512 << 20, 1 << 20
_TAKEN = (
    "choose another name for the --arg; `reserved` of the kind should have this one"
)


def render(
    template: str,
    context: Mapping[str, Any],
    *,
    where: str,
    line_length: int,
    is_formatted: bool = False,
    yapf: str = "",
    is_trusted: bool = True,
) -> str:
    """The text of a file that scaffold creates.

    Args:
        template: Jinja; it runs in the sandbox, and a name that the context lacks is an error.
        context: text, numbers, and lists and dicts of these: an object would be a way out of the sandbox.
        where: the template's name, for messages.
        line_length: for black.
        is_formatted: the template writes black's form itself as long as every line fits; then black, which takes as
            long to import as all else, is not called.
        is_trusted: the template came with scaffold; another one runs in a process of its own, with limits.
        yapf: a style of yapf, which then puts the text into form instead of black.

    Raises:
        ScaffoldError: the template does not render, or not to Python.
    """
    text = (_fill if is_trusted else _fill_apart)(template, context, where)
    try:
        compile(text, where, "exec", dont_inherit=True)
        if yapf:
            return _yapf(text, yapf)
        if is_formatted and _fits(text, line_length):
            return text
        return _black(text, line_length)
    except (SyntaxError, ValueError) as e:
        hint = "" if "duplicate argument" not in str(e) else _TAKEN
        raise ScaffoldError(f"the template gives no Python: {e}", where, hint) from e


def _fill(template: str, context: Mapping[str, Any], where: str) -> str:
    """What a template gives; it can include and import nothing, for the environment has no loader."""
    import jinja2
    import jinja2.sandbox

    environment = jinja2.sandbox.SandboxedEnvironment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    try:
        return environment.from_string(template).render(context)
    except jinja2.TemplateSyntaxError as e:
        raise ScaffoldError(f"{e.message}", f"{where}:{e.lineno}") from e
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError) as e:
        raise ScaffoldError(f"the template does not render: {e}", where) from e


def _fill_apart(template: str, context: Mapping[str, Any], where: str) -> str:
    """`_fill` in a process that ends by itself when the template takes too long, or too much memory."""
    import json
    import os
    import subprocess
    import sys

    package = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    code = f"import sys; sys.path.insert(0, {package!r}); from scaffold import render; render.answer()"
    try:
        result = subprocess.run(
            [sys.executable, "-I", "-c", code],
            input=json.dumps([template, context, where]).encode(),
            capture_output=True,
            timeout=SECONDS,
        )
        text, refusal = json.loads(result.stdout)
    except (subprocess.TimeoutExpired, ValueError) as e:
        raise ScaffoldError(
            f"the template takes more than {SECONDS} seconds, or {MEMORY >> 20} MiB",
            where,
        ) from e
    if refusal:
        raise ScaffoldError(*refusal)
    return str(text)


def answer() -> None:
    """The other end of `_fill_apart`: a template on standard input, what it gives or why it does not on the output."""
    import json
    import resource
    import sys

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    text, refusal = "", None
    try:
        text = _fill(*json.load(sys.stdin))
        if len(text) > SIZE:
            refusal = (f"the template gives more than {SIZE >> 20} MiB", "")
    except ScaffoldError as e:
        refusal = (e.what, e.where)
    print(json.dumps(["" if refusal else text, refusal]))


def _fits(text: str, line_length: int) -> bool:
    """No line of code is too long; what is not ASCII may be wider than it is long.

    Comments and docstrings may be of any length: black does not split them.
    """
    code = re.sub(r'(?m)^ *(#.*|"""(?s:.*?)"""$)', "", text)
    return code.isascii() and max(map(len, code.splitlines())) <= line_length


def _black(text: str, line_length: int) -> str:
    from black import format_str
    from black.mode import Mode, TargetVersion
    from black.parsing import InvalidInput

    mode = Mode(line_length=line_length, target_versions={TargetVersion.PY310})
    try:
        return format_str(text, mode=mode)
    except InvalidInput as e:  # what CPython takes, and black does not
        raise ValueError(str(e)) from e


def _yapf(text: str, style: str) -> str:
    from yapf.yapflib.yapf_api import FormatCode

    for _ in range(3):  # what yapf has split, it may join anew
        before, (text, _) = text, FormatCode(text, style_config=style)
        if text == before:
            break
    return text
